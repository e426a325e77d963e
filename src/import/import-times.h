/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "import/volume-record.h"
#include "util/xml.h"

G_BEGIN_DECLS

/* When the files of an import were written, as its record has it. A file that has any other time
 * later on was written to by somebody else. Which time is the later one says nothing, because the
 * clock may have been set back. */

/**
 * import_times_take:
 * @dirfd: the directory of the import; -1: there is none
 * @volumes: (nullable): that belong to it
 *
 * Returns: (element-type utf8 utf8): path -> time of all files, without those that are only there
 * as long as it is not complete; owned by the caller. NULL with an error if one cannot be looked
 * at.
 */
GHashTable *import_times_take(int dirfd, const VolumeRecord *volumes, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/** import_times_format: Adds @times to the record @root. */
void import_times_format(GHashTable *times, xmlNode *root);

/** import_times_parse: Returns: what import_times_format() added, owned by the caller; NULL: the
 * record was written by a version that noted no times. */
GHashTable *import_times_parse(xmlNode *root);

/** import_times_hold: Returns: TRUE if every file in @now is in @then with the same time. Files may
 * have gone. */
gboolean import_times_hold(GHashTable *then, GHashTable *now);

G_END_DECLS
