/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "archive/origin.h"

G_BEGIN_DECLS

/* What is written down of the volumes of an import into a storage pool, as an XML document
 * (volumes.rng). What it names is removed if the import is not complete; so a document that does
 * not say all of it exactly is not taken. */

typedef struct {
    char *path;    /* absolute */
    guint64 bytes; /* size when it was made */
    OriginId id;   /* which file it is; its inode is 0: not made yet, as far as is known */
} RecordedVolume;

typedef struct {
    char *id; /* the name under which it was written (own-record.h); NULL: it was not yet */
    char *directory; /* that the import makes, absolute; NULL: not known */
    char *pool;
    char *boot;     /* the run of the system that numbered the devices, or NULL */
    GPtrArray *all; /* RecordedVolume; all in one directory, each once */
} VolumeRecord;

/** volume_record_new: Returns: the record of no volume of @pool, owned by the caller. */
VolumeRecord *volume_record_new(const char *pool);

/** volume_record_add: Adds a volume that is not made yet. */
void volume_record_add(VolumeRecord *self, const char *path, guint64 bytes);

/** volume_record_format: Returns: the document, owned by the caller. */
char *volume_record_format(const VolumeRecord *self);

/**
 * volume_record_parse:
 * Returns: what volume_record_format() wrote, owned by the caller; NULL with CORRUPT if @text is
 * anything else.
 */
VolumeRecord *volume_record_parse(const char *text, gsize length, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

void volume_record_free(VolumeRecord *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(VolumeRecord, volume_record_free)

G_END_DECLS
