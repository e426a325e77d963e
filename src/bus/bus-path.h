/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "util/error.h"

G_BEGIN_DECLS

/* D-Bus object paths made from names. An element of a path may only have letters, digits and '_',
 * so every other byte, and '_' itself, becomes '_' and two hexadecimal digits, as in systemd. */

#define BUS_NAME "org.virtsnap1"
#define BUS_ROOT "/org/virtsnap1"
#define BUS_SERVICE_PATH BUS_ROOT "/service"
#define BUS_COLLECTIONS BUS_ROOT "/collection"
#define BUS_SNAPSHOTS BUS_ROOT "/snapshot"
#define BUS_JOBS BUS_ROOT "/job"
/* The path that a method returns when there is no object. */
#define BUS_NO_OBJECT "/"

/** bus_path_escape: Returns: @name as one element of a path, owned by the caller. */
char *bus_path_escape(const char *name);

/** bus_path_unescape: Returns: the name that is escaped in @element, owned by the caller; NULL if
 * @element is not the escaped form of any name. */
char *bus_path_unescape(const char *element);

/** bus_path_collection: Returns: the path of the collection @name, owned by the caller. */
char *bus_path_collection(const char *name);

/** bus_path_snapshot: Returns: the path of a snapshot collection, owned by the caller. */
char *bus_path_snapshot(const char *collection, const char *snapshot);

/** bus_path_parse_collection: Returns: the name of the collection, owned by the caller; NULL with
 * INVALID_PARAMETER if @path is not the path of a collection. */
char *bus_path_parse_collection(const char *path, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/** bus_path_parse_snapshot: Stores the names of the collection and the snapshot, owned by the
 * caller. Returns: FALSE with INVALID_PARAMETER if @path is not the path of a snapshot. */
gboolean bus_path_parse_snapshot(const char *path, char **collection, char **snapshot,
                                 GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
