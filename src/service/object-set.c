/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include "service/object-set.h"

struct ObjectSet {
    GDBusObjectManagerServer *manager; /* owned */
    GHashTable *paths; /* of the exported objects, to the turn in which each was there last */
    guint turn;
};

ObjectSet *
object_set_new(GDBusObjectManagerServer *manager)
{
    ObjectSet *self = g_new0(ObjectSet, 1);

    self->manager = g_object_ref(manager);
    self->paths = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);

    return self;
}

void
object_set_begin(ObjectSet *self)
{
    self->turn++;
}

GDBusObject *
object_set_keep(ObjectSet *self, const char *path)
{
    if (!g_hash_table_contains(self->paths, path))
        return NULL;
    g_hash_table_replace(self->paths, g_strdup(path), GUINT_TO_POINTER(self->turn));

    return g_dbus_object_manager_get_object(G_DBUS_OBJECT_MANAGER(self->manager), path);
}

void
object_set_export(ObjectSet *self, GDBusObjectSkeleton *object)
{
    const char *path = g_dbus_object_get_object_path(G_DBUS_OBJECT(object));

    g_dbus_object_manager_server_export(self->manager, object);
    g_hash_table_replace(self->paths, g_strdup(path), GUINT_TO_POINTER(self->turn));
}

void
object_set_end(ObjectSet *self)
{
    GHashTableIter iter;
    gpointer path, turn;

    g_hash_table_iter_init(&iter, self->paths);
    while (g_hash_table_iter_next(&iter, &path, &turn)) {
        if (GPOINTER_TO_UINT(turn) == self->turn)
            continue;
        g_dbus_object_manager_server_unexport(self->manager, path);
        g_hash_table_iter_remove(&iter);
    }
}

void
object_set_free(ObjectSet *self)
{
    if (!self)
        return;
    g_hash_table_unref(self->paths);
    g_object_unref(self->manager);
    g_free(self);
}
