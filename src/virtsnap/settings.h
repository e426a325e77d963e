/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "util/error.h"

G_BEGIN_DECLS

/* The ExportSettingData of the method: what is to be exported, and how. Text of it is either our
 * <exportsettings> document or a CIM-XML instance of Msvm_CollectionSnapshotExportSettingData. */

/** BackupIntent. */
typedef enum {
    VIRT_SNAP_BACKUP_INTENT_PRESERVE_CHAIN = 1, /* layers are copied as they are */
    VIRT_SNAP_BACKUP_INTENT_MERGE = 2,          /* each disk becomes one image */
} VirtSnapBackupIntent;

/** CopySnapshotConfiguration. */
typedef enum {
    VIRT_SNAP_SNAPSHOTS_ALL = 0,  /* the whole tree's metadata and layers */
    VIRT_SNAP_SNAPSHOTS_NONE = 1, /* configuration and disks only */
    VIRT_SNAP_SNAPSHOTS_ONE = 2,  /* the exported one */
} VirtSnapSnapshots;

/** CaptureLiveState. */
typedef enum {
    VIRT_SNAP_LIVE_NO = -1,
    VIRT_SNAP_LIVE_CRASH_CONSISTENT = 0,
    VIRT_SNAP_LIVE_MEMORY = 1,
    VIRT_SNAP_LIVE_APPLICATION_CONSISTENT = 2,
} VirtSnapLiveState;

/** A disk that is left out. */
typedef struct {
    char *domain;
    char *target; /* "vda" */
} VirtSnapExclude;

typedef struct {
    gboolean storage;   /* copy the disks (default yes) */
    VirtSnapBackupIntent intent; /* default: preserve the chain */
    char *base;         /* an earlier export, or a snapshot collection; NULL: none */
    gboolean subdirectory; /* export into DIR/collection/snapshot (default yes) */
    gboolean memory;    /* keep memory states (default yes) */
    VirtSnapSnapshots snapshots; /* default: the exported one */
    VirtSnapLiveState live;      /* default: no */
    GPtrArray *exclude; /* VirtSnapExclude */
    guint64 bandwidth;  /* bytes a second; 0: no limit (default) */
    guint parallel;     /* transfers at once, 1..64; 0: chosen for the machine (default) */
    char *compression;  /* "zstd:LEVEL"; NULL: none (default) */
    gboolean digest;    /* fs-verity digest of each file (default yes) */
    gboolean security_info; /* passwords in the domain XML (default no) */
} VirtSnapExportSettings;

/** virt_snap_export_settings_new: Returns: the defaults, owned by the caller. */
VirtSnapExportSettings *virt_snap_export_settings_new(void);
VirtSnapExportSettings *virt_snap_export_settings_copy(const VirtSnapExportSettings *self);
void virt_snap_export_settings_free(VirtSnapExportSettings *self);

/**
 * virt_snap_export_settings_parse:
 * @text: either form, of @length bytes, at most 1 MiB
 *
 * Returns: owned by the caller; INVALID_PARAMETER naming the element or property that is unknown,
 * twice there, of the wrong type or out of range.
 */
VirtSnapExportSettings *virt_snap_export_settings_parse(const char *text, gsize length,
                                                        GError **error) G_GNUC_WARN_UNUSED_RESULT;

/** virt_snap_export_settings_load_file: The same for the file at @path. */
VirtSnapExportSettings *virt_snap_export_settings_load_file(const char *path, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/** virt_snap_export_settings_format: Returns: the native form, owned by the caller. */
char *virt_snap_export_settings_format(const VirtSnapExportSettings *self);

/**
 * virt_snap_export_settings_set:
 * @name: a setting's native name, as "intent"
 * @text: its value in the native form; "DOMAIN:TARGET" is added to exclude
 */
gboolean virt_snap_export_settings_set(VirtSnapExportSettings *self, const char *name,
                                       const char *text, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/**
 * virt_snap_export_settings_check_supported:
 * Returns: FALSE with NOT_SUPPORTED naming a setting whose feature does not exist yet.
 */
gboolean virt_snap_export_settings_check_supported(const VirtSnapExportSettings *self,
                                                   GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_DEFINE_AUTOPTR_CLEANUP_FUNC(VirtSnapExportSettings, virt_snap_export_settings_free)

G_END_DECLS
