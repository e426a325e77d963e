/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "util/error.h"

G_BEGIN_DECLS

/* The interface to a hypervisor for pull backups and checkpoints of running domains. A pull backup
 * serves the content that disks have at one moment over NBD, while the domain continues to write. A
 * checkpoint records which parts of the disks change from its creation on. */

typedef enum {
    HYPERVISOR_BACKUP_HOLDS, /* or was not begun */
    HYPERVISOR_BACKUP_ENDS,  /* the domain does not answer any more, and is probably ending */
    HYPERVISOR_BACKUP_ENDED,
} HypervisorBackupState;

typedef struct Hypervisor Hypervisor;
typedef struct HypervisorBackupOps HypervisorBackupOps;

/** The parameters of a checkpoint of one domain. */
typedef struct {
    const char *domain;
    const char *name;
    const char *id;       /* distinguishes it from a later one of that name; or NULL */
    const char *export;   /* path of the export of its moment; or NULL. It is stored only with an
                           * id. */
    GPtrArray *tracked;   /* char*: targets of disks that get a dirty bitmap: "vda" */
    GPtrArray *untracked; /* char*: targets of all other disks of the domain */
} HypervisorCheckpointRequest;

/** The parameters of a backup of one domain. */
typedef struct {
    const char *domain;
    GPtrArray *targets;  /* char*: targets of its disks: "vda" */
    GPtrArray *since;    /* char*: for each of them the checkpoint whose dirty bitmap is exported
                          * with it, or NULL */
    const char *scratch; /* absolute path of the directory for the scratch files, which take
                          * what the domain overwrites during the backup; NULL: the hypervisor's
                          * default */
    const HypervisorCheckpointRequest *checkpoint; /* created at the same moment; NULL: none */
} HypervisorBackupRequest;

/** The state of a checkpoint for one disk. */
typedef struct {
    char *target;  /* as "vda" */
    gboolean whole; /* every change since its creation is recorded */
    guint64 bytes;  /* number of bytes that have changed */
} HypervisorCheckpointDisk;

/** A checkpoint of a domain. */
typedef struct {
    char *name;
    char *id;             /* see HypervisorCheckpointRequest; NULL: it has none */
    char *export;         /* see HypervisorCheckpointRequest; NULL: it has none */
    gint64 creation_time; /* seconds since the epoch */
    GPtrArray *disks;     /* HypervisorCheckpointDisk: its disks, if the domain is running */
    gboolean broken;      /* it cannot be used any more */
    char *reason;         /* why it is broken, translated; NULL: nothing speaks against it */
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
    g_free(self->export);
    g_clear_pointer(&self->disks, g_ptr_array_unref);
    g_free(self->reason);
    g_free(self);
}

/** A pull backup of a running domain: an NBD server that exports each disk under the disk's target,
 * with the dirty bitmap of the checkpoint that was asked for. */
typedef struct {
    char *socket;  /* absolute path of the socket, on which it listens after begin */
    char *scratch; /* absolute path of the directory of the scratch files */
} HypervisorBackup;


struct HypervisorBackupOps {
    /* Ends backup jobs whose process has died, and removes their directories in the hypervisor's
     * default directory and below @scratch (nullable). Returns: (element-type utf8): a translated
     * text for each job that was ended; owned by the caller. */
    GPtrArray *(*clean_up)(Hypervisor *hypervisor, const char *scratch);

    /* Does in advance everything that takes time: checks the domain (INVALID_STATE if it is not
     * running, IN_USE if it has a job) and creates the directory for QEMU. Returns: the backup,
     * not begun yet, which must be passed to end in any case. */
    HypervisorBackup *(*prepare)(Hypervisor *hypervisor, const HypervisorBackupRequest *request,
                                 GError **error);

    /* Begins the backup of all disks at the same moment, and creates the checkpoint. If this fails,
     * the checkpoint may exist nevertheless, and the caller has to delete it. Source:
     * virDomainBackupBegin. */
    gboolean (*begin)(HypervisorBackup *backup, GError **error);

    /* Returns: whether the backup that was begun still holds its moment. Once it has ended by
     * itself, for example because the domain was shut off, the data that were read last may not be
     * those of its moment. */
    HypervisorBackupState (*state)(HypervisorBackup *backup);

    /* Ends and frees @backup. Returns: FALSE with INVALID_STATE if it had ended by itself. With any
     * other error the data that were read are right, but the job could not be ended, for example
     * because libvirt does not answer; clean_up() ends it later. */
    gboolean (*end)(HypervisorBackup *backup, GError **error);

    /* Returns: (element-type HypervisorCheckpoint): all checkpoints of @domain, those of other
     * programs included, the oldest first; owned by the caller. Broken ones are only recognised
     * while the domain is running. */
    GPtrArray *(*checkpoints)(Hypervisor *hypervisor, const char *domain, GError **error);

    /* Returns: the checkpoint @name of @domain, owned by the caller; NOT_FOUND if it does not
     * exist. */
    HypervisorCheckpoint *(*find_checkpoint)(Hypervisor *hypervisor, const char *domain,
                                             const char *name, GError **error);

    /* Creates a checkpoint of a running domain. Source: virDomainCheckpointCreateXML. */
    gboolean (*create_checkpoint)(Hypervisor *hypervisor,
                                  const HypervisorCheckpointRequest *request, GError **error);

    /* Deletes a checkpoint; it is no error if it does not exist. @forgotten: (out): TRUE if only
     * its metadata were deleted, because the hypervisor could not remove the bitmaps from the
     * images. Source: virDomainCheckpointDelete. */
    gboolean (*delete_checkpoint)(Hypervisor *hypervisor, const char *domain, const char *name,
                                  gboolean *forgotten, GError **error);

    /* Returns: what tells the run of the domain with that UUID from earlier and later ones, as long
     * as the host is not restarted, owned by the caller; NULL if that cannot be told. What changes
     * on a disk within one run the hypervisor knows, between two runs anybody may write to it. */
    char *(*find_run)(Hypervisor *hypervisor, const char *uuid);
};

G_DEFINE_AUTOPTR_CLEANUP_FUNC(HypervisorCheckpoint, hypervisor_checkpoint_free)

G_END_DECLS
