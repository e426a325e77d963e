/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "settings/settings-api.h"

G_BEGIN_DECLS

/* The members of export settings. */

/** BackupIntent. */
typedef enum {
    VIRT_SNAP_BACKUP_INTENT_PRESERVE_CHAIN = 1, /* each layer of a chain is copied as it is */
    VIRT_SNAP_BACKUP_INTENT_MERGE = 2,          /* each disk is merged into one image */
} VirtSnapBackupIntent;

/** CopySnapshotConfiguration. */
typedef enum {
    VIRT_SNAP_SNAPSHOTS_ALL = 0,  /* metadata and layers of the whole snapshot tree */
    VIRT_SNAP_SNAPSHOTS_NONE = 1, /* no snapshots, only configuration and disks */
    VIRT_SNAP_SNAPSHOTS_ONE = 2,  /* the exported one */
} VirtSnapSnapshots;

/** CaptureLiveState. */
typedef enum {
    VIRT_SNAP_LIVE_NO = -1,
    VIRT_SNAP_LIVE_CRASH_CONSISTENT = 0,
    VIRT_SNAP_LIVE_MEMORY = 1,
    VIRT_SNAP_LIVE_APPLICATION_CONSISTENT = 2,
} VirtSnapLiveState;

/** A disk that is excluded or included by name. */
typedef struct {
    char *domain;
    char *target; /* "vda" */
} VirtSnapExclude;

struct VirtSnapExportSettings {
    gboolean storage;   /* copy the disks (default yes) */
    VirtSnapBackupIntent intent; /* default: preserve the chain */
    gboolean intent_given;       /* it was said: a live export merges without being told */
    char *base;         /* path of an earlier export, or a snapshot collection; NULL: none */
    gboolean subdirectory; /* export into DIR/collection/snapshot (default yes) */
    gboolean memory;    /* export memory states (default yes) */
    VirtSnapSnapshots snapshots; /* default: only the exported snapshot */
    VirtSnapLiveState live;      /* default: no */
    char *scratch;      /* where a live export has QEMU keep what is overwritten meanwhile: an
                         * absolute path; NULL: below libvirt's own directory */
    char *reference_point; /* which a live export makes of its moment; NULL: none, or one of its own
                            * with a base */
    guint keep_reference_points; /* how many of its own it leaves, 1..100 (default 1) */
    gboolean strict;    /* a reference point of the base that is of no use is an error, and so is a
                         * saved domain */
    GPtrArray *exclude; /* VirtSnapExclude */
    GPtrArray *include; /* VirtSnapExclude: disks that would only be recorded otherwise */
    guint64 bandwidth;  /* bytes a second; 0: no limit (default) */
    guint parallel;     /* simultaneous transfers, 1..64; 0: chosen for the machine (default) */
    char *compression;  /* "zstd:LEVEL"; NULL: none (default) */
    gboolean digest;    /* compute the fs-verity digest of each file (default yes) */
    gboolean security_info; /* include passwords in the domain XML (default no) */
};

/** export_settings_pull: Returns: whether the present state of running domains is asked for, in
 * which they serve their disks themselves. */
gboolean export_settings_pull(const VirtSnapExportSettings *self);

/** export_settings_need_set: Returns: whether the present state is asked for with what only a
 * snapshot set can give, the memory or the layers of the disks. */
gboolean export_settings_need_set(const VirtSnapExportSettings *self);

G_END_DECLS
