/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "collection/collection-api.h"

G_BEGIN_DECLS

/* The members of a collection object, and limits. */

/** The maximal length of a <collection> document in bytes, enough for more than ten thousand
 * members with the longest names. */
#define VIRT_SNAP_COLLECTION_TEXT_MAX ((gsize)4 << 20)

/** The maximal size of all documents of a store in bytes. virtsnapd sends all of them, twice, in
 * one D-Bus message, and the bus disconnects a sender whose message exceeds 32 MiB. */
#define VIRT_SNAP_COLLECTIONS_BYTES_MAX ((gsize)8 << 20)
#define VIRT_SNAP_COLLECTIONS_MAX 10000u

struct VirtSnapCollection {
    char *name;
    GPtrArray *domains;     /* char *: names, in the order in which they were added */
    GPtrArray *collections; /* char *: likewise */
};

/**
 * collection_add_all:
 * @names: (nullable) (array zero-terminated=1): names of new members
 *
 * Does virt_snap_collection_add() for each of @names, in time proportional to their number. On
 * error some of them may have been added.
 */
gboolean collection_add_all(VirtSnapCollection *self, VirtSnapMember kind, char *const *names,
                            GError **error) G_GNUC_WARN_UNUSED_RESULT;

/** collection_remove_all: Does virt_snap_collection_remove() for each of @names, in time
 * proportional to their number. On error some of them may have been removed. */
gboolean collection_remove_all(VirtSnapCollection *self, VirtSnapMember kind, char *const *names,
                               GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
