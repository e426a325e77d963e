/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "settings/settings-api.h"

G_BEGIN_DECLS

/* What export settings are inside. */

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

/** A disk that is left out, or asked for. */
typedef struct {
    char *domain;
    char *target; /* "vda" */
} VirtSnapExclude;

struct VirtSnapExportSettings {
    gboolean storage;   /* copy the disks (default yes) */
    VirtSnapBackupIntent intent; /* default: preserve the chain */
    gboolean intent_given;       /* it was said: a live export merges without being told */
    char *base;         /* an earlier export, or a snapshot collection; NULL: none */
    gboolean subdirectory; /* export into DIR/collection/snapshot (default yes) */
    gboolean memory;    /* keep memory states (default yes) */
    VirtSnapSnapshots snapshots; /* default: the exported one */
    VirtSnapLiveState live;      /* default: no */
    char *scratch;      /* where a live export has QEMU keep what is overwritten meanwhile: an
                         * absolute path; NULL: below libvirt's own directory */
    GPtrArray *exclude; /* VirtSnapExclude */
    GPtrArray *include; /* VirtSnapExclude: disks that are only recorded else */
    guint64 bandwidth;  /* bytes a second; 0: no limit (default) */
    guint parallel;     /* transfers at once, 1..64; 0: chosen for the machine (default) */
    char *compression;  /* "zstd:LEVEL"; NULL: none (default) */
    gboolean digest;    /* fs-verity digest of each file (default yes) */
    gboolean security_info; /* passwords in the domain XML (default no) */
};

G_END_DECLS
