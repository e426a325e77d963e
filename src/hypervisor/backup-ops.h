/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "util/error.h"

G_BEGIN_DECLS

/* What is asked of a hypervisor about disks of running domains: to hold them as they are at one
 * moment and serve that over NBD, while the domain writes on (libvirt: a pull backup). */

typedef struct Hypervisor Hypervisor;
typedef struct HypervisorBackupOps HypervisorBackupOps;

/** What is to be known of one domain: which parts of its disks change from now on. */
typedef struct {
    const char *domain;
    const char *name;
    const char *id;       /* what tells it from a later one of that name, or NULL */
    GPtrArray *tracked;   /* char*: disks, as "vda", of which that is to be known */
    GPtrArray *untracked; /* char*: all others that it has */
} HypervisorCheckpointRequest;

/** What is to be held of one domain. */
typedef struct {
    const char *domain;
    GPtrArray *targets;  /* char*: of its disks, as "vda" */
    GPtrArray *since;    /* char*: for each of them the checkpoint since which its changes are asked
                          * for, or NULL */
    const char *scratch; /* a directory for what the domain overwrites meanwhile, absolute; NULL:
                          * below the hypervisor's own */
    const HypervisorCheckpointRequest *checkpoint; /* is made of the same moment; NULL: none */
} HypervisorBackupRequest;

/** What a checkpoint knows of a disk. */
typedef struct {
    char *target;  /* as "vda" */
    gboolean whole; /* every change since then is known, */
    guint64 bytes;  /* and that many bytes have changed */
} HypervisorCheckpointDisk;

/** A checkpoint: what has changed since then is known. */
typedef struct {
    char *name;
    char *id;             /* see HypervisorCheckpointRequest; NULL: it has none */
    gint64 creation_time; /* seconds since the epoch */
    GPtrArray *disks;     /* HypervisorCheckpointDisk: those that it knows of, if the domain runs */
    gboolean broken;      /* it is not known any more, */
    char *reason;         /* for this reason, in words; NULL: it is, as far as can be told now */
} HypervisorCheckpoint;

static inline void
hypervisor_checkpoint_disk_free(HypervisorCheckpointDisk *self)
{
    g_free(self->target);
    g_free(self);
}

static inline void
hypervisor_checkpoint_free(HypervisorCheckpoint *self)
{
    if (!self)
        return;
    g_free(self->name);
    g_free(self->id);
    g_clear_pointer(&self->disks, g_ptr_array_unref);
    g_free(self->reason);
    g_free(self);
}

/** Disks of a running domain as they were at one moment: an NBD server, which has each disk as an
 * export named for the disk's target. What has changed of one since a checkpoint is the dirty
 * bitmap of that name, too. */
typedef struct {
    char *socket;  /* absolute path, on which it listens once it is begun */
    char *scratch; /* the directory that grows as the domain writes */
} HypervisorBackup;


struct HypervisorBackupOps {
    /* Ends what processes that are no more have left: backup jobs of domains, and the directories
     * for them below @scratch (NULL: the hypervisor's own only). Returns: (element-type utf8): a
     * line for each job that was ended; owned by the caller. */
    GPtrArray *(*clean_up)(Hypervisor *hypervisor, const char *scratch);

    /* Does all that takes its time before the moment: looks at the domain (INVALID_STATE if it does
     * not run, IN_USE if it has a job) and makes the directory for QEMU. Nothing is held yet.
     * Returns: to be given to end, whatever happens. */
    HypervisorBackup *(*prepare)(Hypervisor *hypervisor, const HypervisorBackupRequest *request,
                                 GError **error);

    /* Holds the disks as they are now, all of them at the same moment, and makes the checkpoint. If
     * that fails there may be one even so, which is for the caller to take away. */
    gboolean (*begin)(HypervisorBackup *backup, GError **error);

    /* Returns: TRUE if it was begun and has ended by itself, as when the domain is shut off: what
     * was read last need not be of that moment. */
    gboolean (*has_ended)(HypervisorBackup *backup);

    /* Ends and frees @backup. Returns: FALSE with INVALID_STATE if it had ended by itself; with any
     * other error it held until now but could not be ended, as when libvirt does not answer: that
     * is for clean_up() to do, later. */
    gboolean (*end)(HypervisorBackup *backup, GError **error);

    /* Returns: (element-type HypervisorCheckpoint): those of @domain, whoever made them, the oldest
     * first; owned by the caller. Whether they are broken is known of a domain that runs only. */
    GPtrArray *(*checkpoints)(Hypervisor *hypervisor, const char *domain, GError **error);

    /* Looks at the checkpoint @name. Returns: owned by the caller; NOT_FOUND if there is none. */
    HypervisorCheckpoint *(*find_checkpoint)(Hypervisor *hypervisor, const char *domain,
                                             const char *name, GError **error);

    /* Makes one of a running domain, now. */
    gboolean (*create_checkpoint)(Hypervisor *hypervisor,
                                  const HypervisorCheckpointRequest *request, GError **error);

    /* Takes one away; one that is not there is fine. @forgotten: (out): TRUE if the hypervisor
     * could not take away what is in the images, and only what it knew of it is gone. */
    gboolean (*delete_checkpoint)(Hypervisor *hypervisor, const char *domain, const char *name,
                                  gboolean *forgotten, GError **error);

    /* Returns: what tells the run of the domain with that UUID from earlier and later ones, as long
     * as the host is not restarted, owned by the caller; NULL if that cannot be told. What changes
     * on a disk within one run the hypervisor knows, between two runs anybody may write to it. */
    char *(*find_run)(Hypervisor *hypervisor, const char *uuid);
};

G_DEFINE_AUTOPTR_CLEANUP_FUNC(HypervisorCheckpoint, hypervisor_checkpoint_free)

G_END_DECLS
