/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include <libvirt/libvirt.h>

#include "util/error.h"

G_BEGIN_DECLS

/* Where QEMU puts what it makes while disks are captured: its socket, and files with what the
 * domain overwrites. libvirt's QEMU usually runs as a user of its own, who cannot reach everything
 * that we can. */

/**
 * libvirt_scratch_make:
 * @directory: absolute path, preferred because there is room in it
 *
 * Makes a directory that belongs to the user of the running @domain's QEMU, and that nobody else
 * but root can enter: in @directory if QEMU runs as who we are, else below libvirt's own
 * directory. Returns: its path, to be given to libvirt_scratch_remove().
 */
char *libvirt_scratch_make(virDomainPtr domain, const char *directory, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/** libvirt_scratch_remove: Removes it with all in it, and frees the path. NULL is fine. */
void libvirt_scratch_remove(char *path);

G_END_DECLS
