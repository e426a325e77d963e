/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "snapshot/create-plan.h"

G_BEGIN_DECLS

/* SnapshotSettings of CreateSnapshot, as text: <snapshotsettings>, whose schema is
 * xml-schemas/snapshotsettings.rng, or a CIM-XML instance of
 * Msvm_VirtualSystemSnapshotSettingData. */

/** SnapshotType of CreateSnapshot. */
#define CREATE_TYPE_STANDARD 1 /* with memory */
#define CREATE_TYPE_RECOVERY 2 /* disks only */

/**
 * create_settings_parse:
 * @text: empty: the defaults
 * @type: CREATE_TYPE_STANDARD or CREATE_TYPE_RECOVERY
 * @settings: (out): checked
 * @name: (out) (optional): of the set, owned by the caller; NULL: none is given
 *
 * Returns: FALSE with INVALID_PARAMETER or NOT_SUPPORTED, naming what is wrong.
 */
gboolean create_settings_parse(const char *text, guint type, CreateSettings *settings,
                               char **name, GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
