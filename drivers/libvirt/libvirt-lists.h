/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include <glib.h>
#include <libvirt/libvirt.h>
#include <stdlib.h>

G_BEGIN_DECLS

/* Lists and strings that libvirt returns: allocated by malloc(), lists terminated by NULL. */

typedef virDomainPtr *DomainList;
typedef virDomainSnapshotPtr *SnapshotList;
typedef virDomainCheckpointPtr *CheckpointList;

static inline void
libvirt_domain_list_free(DomainList list)
{
    for (DomainList next = list; next && *next; next++)
        virDomainFree(*next);
    free(list);
}

static inline void
libvirt_snapshot_list_free(SnapshotList list)
{
    for (SnapshotList next = list; next && *next; next++)
        virDomainSnapshotFree(*next);
    free(list);
}

G_DEFINE_AUTO_CLEANUP_FREE_FUNC(DomainList, libvirt_domain_list_free, NULL)
static inline void
libvirt_checkpoint_list_free(CheckpointList list)
{
    for (CheckpointList next = list; next && *next; next++)
        virDomainCheckpointFree(*next);
    free(list);
}

G_DEFINE_AUTO_CLEANUP_FREE_FUNC(CheckpointList, libvirt_checkpoint_list_free, NULL)
G_DEFINE_AUTO_CLEANUP_FREE_FUNC(SnapshotList, libvirt_snapshot_list_free, NULL)

/** libvirt_take_string: Returns: a copy of @text (nullable) for g_free(); @text is freed. */
static inline char *
libvirt_take_string(char *text)
{
    char *copy = g_strdup(text);

    free(text);
    return copy;
}

G_END_DECLS
