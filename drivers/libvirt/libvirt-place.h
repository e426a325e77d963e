/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include <libvirt/libvirt.h>

#include "util/error.h"

G_BEGIN_DECLS

/* Where the domains of a connection have their files. libvirt tells paths, and a path means a file
 * of this process only if who answers is on this host and sees the same file system. The URI says
 * so where the driver runs within this process; where a daemon answers on a unix socket, the
 * kernel says which process listens there (SO_PEERCRED), and its root directory is compared with
 * ours. Whatever else a connection goes through, another host may be at the end of it, whatever
 * name it has. */

typedef struct LibvirtPlace LibvirtPlace;

/**
 * libvirt_uri_is_embedded:
 * @uri: (nullable)
 *
 * Returns: whether a driver answers that runs within this process and has a directory of its own:
 * "qemu:///embed?root=…". What stands in the URI's query does not count.
 */
gboolean libvirt_uri_is_embedded(const char *uri);

/**
 * libvirt_place_sockets:
 * Returns: the sockets that this process has now, to be given to libvirt_place_new(); owned by
 * the caller.
 */
GHashTable *libvirt_place_sockets(void);

/**
 * libvirt_place_new:
 * @before: the sockets that there were before @connection was opened
 *
 * Finds out who is at the other end of the connection just opened. Returns: owned by the caller.
 */
LibvirtPlace *libvirt_place_new(virConnectPtr connection, GHashTable *before);

/** Returns: libvirt_uri_is_embedded() of what the URI turned out to be. */
gboolean libvirt_place_is_embedded(const LibvirtPlace *self);

/**
 * libvirt_place_sees:
 * @path: (nullable): absolute; NULL asks only whether files can be the same at all
 *
 * Returns: whether the file at @path is the same one for the domains of @connection as for this
 * process, as far as can be seen; SYSTEM_NOT_AVAILABLE, naming the host, if it is not.
 */
gboolean libvirt_place_sees(const LibvirtPlace *self, virConnectPtr connection, const char *path,
                            GError **error);

/** libvirt_place_free: NULL is fine. */
void libvirt_place_free(LibvirtPlace *self);

G_END_DECLS
