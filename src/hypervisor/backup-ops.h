/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "util/error.h"

G_BEGIN_DECLS

/* What is asked of a hypervisor about disks of running domains: to hold them as they are at one
 * moment and serve that over NBD, while the domain writes on (libvirt: a pull backup). */

typedef struct Hypervisor Hypervisor;
typedef struct HypervisorBackupOps HypervisorBackupOps;

/** What is to be held of one domain. */
typedef struct {
    const char *domain;
    GPtrArray *targets;  /* char*: of its disks, as "vda" */
    const char *scratch; /* a directory for what the domain overwrites meanwhile, absolute; NULL:
                          * below the hypervisor's own */
} HypervisorBackupRequest;

/** Disks of a running domain as they were at one moment: an NBD server, which has each disk as an
 * export named for the disk's target. */
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

    /* Holds the disks as they are now, all of them at the same moment. */
    gboolean (*begin)(HypervisorBackup *backup, GError **error);

    /* Returns: TRUE if it was begun and has ended by itself, as when the domain is shut off: what
     * was read last need not be of that moment. */
    gboolean (*has_ended)(HypervisorBackup *backup);

    /* Ends and frees @backup. Returns: FALSE with INVALID_STATE if it had ended by itself; with any
     * other error it held until now but could not be ended, as when libvirt does not answer: that
     * is for clean_up() to do, later. */
    gboolean (*end)(HypervisorBackup *backup, GError **error);
};

G_END_DECLS
