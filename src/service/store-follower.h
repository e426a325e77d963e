/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* Follows a directory of records, whichever process changes it: reads it in a thread at the
 * beginning and after each change, and shows in the main loop what was read. To be used from the
 * main loop. */

typedef struct StoreFollower StoreFollower;

/** How the records of one kind are read and shown. */
typedef struct {
    const char *what; /* what they are of, in warnings: "collections" */
    /* Called in a thread. Returns: (transfer full): what there is; NULL with an error. */
    gpointer (*read)(gpointer owner, GError **error);
    /* Called in the main loop with what read() has returned. */
    void (*show)(gpointer owner, gpointer content);
    void (*free)(gpointer content);
} StoreFollowerOps;

/**
 * store_follower_new:
 * @directory: absolute path; if it cannot be watched, changes by other processes are not noticed
 * @ready: called with @data when what there is at the beginning has been shown, or could not be
 * read
 *
 * Returns: owned by the caller, who must not free it before work_is_idle() is TRUE.
 */
StoreFollower *store_follower_new(const char *directory, const StoreFollowerOps *ops,
                                  gpointer owner, void (*ready)(gpointer data), gpointer data);

/**
 * store_follower_answer:
 * @value: (transfer floating): the answer to @invocation, which has changed the records
 *
 * Answers when what is on the bus corresponds to the answer.
 */
void store_follower_answer(StoreFollower *self, GDBusMethodInvocation *invocation,
                           GVariant *value);

/** store_follower_free: Frees @self, which may be NULL. */
void store_follower_free(StoreFollower *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(StoreFollower, store_follower_free)

G_END_DECLS
