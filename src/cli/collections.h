/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "cli/context.h"
#include "collection/collection-store.h"
#include "collection/collection.h"

G_BEGIN_DECLS

/* The collections of a command: those of the store, or with --service those of the service. Each
 * function is its namesake virt_snap_collection_store_*(). */

gboolean collections_define(CliContext *cli, const VirtSnapCollection *collection, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;
gboolean collections_create(CliContext *cli, const VirtSnapCollection *collection, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;
GPtrArray *collections_list(CliContext *cli, GPtrArray **problems, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;
VirtSnapCollection *collections_load(CliContext *cli, const char *name, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;
gboolean collections_rename(CliContext *cli, const char *name, const char *to, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;
gboolean collections_add(CliContext *cli, const char *name, char *const *domains,
                         char *const *collections, GError **error) G_GNUC_WARN_UNUSED_RESULT;
gboolean collections_remove(CliContext *cli, const char *name, char *const *domains,
                            char *const *collections, GError **error) G_GNUC_WARN_UNUSED_RESULT;
gboolean collections_undefine(CliContext *cli, const char *name, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
