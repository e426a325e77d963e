/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include <libvirt/libvirt.h>

#include "util/error.h"

G_BEGIN_DECLS

/* Determines whether the domains of a connection have their files on this host. libvirt returns
 * paths, which lead to the same files in this process only if the driver runs on this host with the
 * same file system. For a driver in this process the URI shows that; for a daemon on a unix socket
 * the kernel tells which process listens (SO_PEERCRED), whose root directory is compared with that
 * of this process. With any other transport the domains may be on another host, whatever its name
 * is. */

typedef struct LibvirtPlace LibvirtPlace;

/**
 * libvirt_uri_is_embedded:
 * @uri: (nullable)
 *
 * Returns: TRUE if @uri means a driver that runs in this process with a root directory of its own:
 * "qemu:///embed?root=…". The query of the URI is ignored.
 */
gboolean libvirt_uri_is_embedded(const char *uri);

/**
 * libvirt_place_sockets:
 * Returns: the set of sockets that this process has open, for libvirt_place_new(); owned by the
 * caller.
 */
GHashTable *libvirt_place_sockets(void);

/**
 * libvirt_place_new:
 * @before: the sockets that were open before @connection was opened
 *
 * Determines the place of the domains of a connection that was just opened. Returns: owned by the
 * caller.
 */
LibvirtPlace *libvirt_place_new(virConnectPtr connection, GHashTable *before);

/** Returns: libvirt_uri_is_embedded() of the actual URI of the connection. */
gboolean libvirt_place_is_embedded(const LibvirtPlace *self);

/**
 * libvirt_place_sees:
 * @path: (nullable): absolute path; NULL to check only whether files can be the same at all
 *
 * Returns: TRUE if @path leads the domains of @connection and this process to the same file, as far
 * as that can be determined; FALSE with SYSTEM_NOT_AVAILABLE naming the host if not.
 */
gboolean libvirt_place_sees(const LibvirtPlace *self, virConnectPtr connection, const char *path,
                            GError **error);

/** libvirt_place_free: Frees @self, which may be NULL. */
void libvirt_place_free(LibvirtPlace *self);

G_END_DECLS
