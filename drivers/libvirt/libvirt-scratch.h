/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include <libvirt/libvirt.h>

#include "hypervisor/hypervisor.h"

G_BEGIN_DECLS

/* The directory of the files that QEMU creates while disks are captured: scratch files with the
 * data that the domain overwrites. libvirt usually runs QEMU as a user of its own,
 * who cannot access every directory. Each capture has a directory of its own, which is locked as
 * long as the process lives that made it: so the next one can tell what is left from what is in
 * use. */

typedef struct LibvirtScratch LibvirtScratch;

/**
 * libvirt_scratch_make:
 * @directory: (nullable): absolute path; NULL: libvirt's own directory for QEMU
 *
 * Makes a directory in @directory that belongs to the user of the running @domain's QEMU, and that
 * nobody else but root can enter. Returns: owned by the caller; ACCESS_DENIED if that user cannot
 * come as far as @directory.
 */
LibvirtScratch *libvirt_scratch_make(virDomainPtr domain, const char *directory, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/** libvirt_scratch_path: Returns: (transfer none): the directory. */
const char *libvirt_scratch_path(const LibvirtScratch *self);

/** libvirt_scratch_socket: Returns: (transfer none): the path of the socket that QEMU is to make,
 * in the directory or in the one that libvirt has for the domain. It may be too long for one. */
const char *libvirt_scratch_socket(const LibvirtScratch *self);

/** libvirt_scratch_free: Removes the directory with everything in it and frees @self, which may be
 * NULL. */
void libvirt_scratch_free(LibvirtScratch *self);

/** libvirt_scratch_leave: Frees @self, and leaves the directory to libvirt_scratch_sweep(), from
 * now on. */
void libvirt_scratch_leave(LibvirtScratch *self);

/** A directory that a process which is no more has left. */
typedef struct {
    const char *path;
    const char *uuid;   /* of its domain */
    const char *origin; /* at which driver and host it was made; NULL: by an earlier version, which
                         * did not write that down */
    gboolean here;      /* at those of the connection */
} LibvirtScratchLeft;

/** Ends what is in @left. Returns: FALSE if it has to stay. */
typedef gboolean (*LibvirtScratchFunc)(const LibvirtScratchLeft *left, virConnectPtr connection,
                                       GPtrArray *said);

/**
 * libvirt_scratch_sweep:
 * @hypervisor: nothing is touched that it does not see
 * @directory: (nullable): looked into beside libvirt's own
 * @func: called for each that processes which are no more have left, before it is removed
 */
void libvirt_scratch_sweep(Hypervisor *hypervisor, const char *directory,
                           LibvirtScratchFunc func, GPtrArray *said);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(LibvirtScratch, libvirt_scratch_free)

G_END_DECLS
