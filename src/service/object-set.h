/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* Objects of one kind on the bus, which follow what there is: between object_set_begin() and
 * object_set_end() each one that is still there is kept or exported, and the others go. */

typedef struct ObjectSet ObjectSet;

/** object_set_new: Returns: an empty set, owned by the caller. */
ObjectSet *object_set_new(GDBusObjectManagerServer *manager);

/** object_set_begin: From now on no object counts as being there. */
void object_set_begin(ObjectSet *self);

/** object_set_keep: Returns: (transfer full) (nullable): the object at @path, which is there; NULL:
 * none was exported yet. */
GDBusObject *object_set_keep(ObjectSet *self, const char *path);

/** object_set_export: Exports a new object. */
void object_set_export(ObjectSet *self, GDBusObjectSkeleton *object);

/** object_set_end: Unexports all that were neither kept nor exported since object_set_begin(). */
void object_set_end(ObjectSet *self);

/** object_set_free: Frees @self, which may be NULL; what it has exported stays exported. */
void object_set_free(ObjectSet *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(ObjectSet, object_set_free)

G_END_DECLS
