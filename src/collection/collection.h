/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "collection/collection-api.h"

G_BEGIN_DECLS

/* What a collection is inside. */

/** What virt_snap_collection_parse() takes, in bytes: more than ten thousand of the longest
 * names. */
#define VIRT_SNAP_COLLECTION_TEXT_MAX ((gsize)4 << 20)

/** What a store takes, all texts together: virtsnapd has them all in one message on the bus, twice,
 * and a bus throws out whoever sends one of more than 32 MiB. */
#define VIRT_SNAP_COLLECTIONS_BYTES_MAX ((gsize)8 << 20)
#define VIRT_SNAP_COLLECTIONS_MAX 10000u

struct VirtSnapCollection {
    char *name;
    GPtrArray *domains;     /* char *: names, in the order in which they were added */
    GPtrArray *collections; /* char *: likewise */
};

/**
 * collection_add_all:
 * @names: (nullable) (array zero-terminated=1): any number, in a time that grows as that does
 *
 * virt_snap_collection_add() for each of @names. With an error some may have been added.
 */
gboolean collection_add_all(VirtSnapCollection *self, VirtSnapMember kind, char *const *names,
                            GError **error) G_GNUC_WARN_UNUSED_RESULT;

/** collection_remove_all: Likewise virt_snap_collection_remove() for each of @names. */
gboolean collection_remove_all(VirtSnapCollection *self, VirtSnapMember kind, char *const *names,
                               GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
