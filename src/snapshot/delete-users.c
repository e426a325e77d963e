/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include "hypervisor/drivers.h"
#include "snapshot/delete-users.h"

static gboolean
is_itself(const DeleteSite *self, const ImageUser *user)
{
    return user->domain == self->domain && g_strcmp0(user->snapshot, self->snapshot) == 0;
}

/* Returns: whether the snapshot @def of the member froze @layer, compared by the path that
 * stands in its XML. */
static gboolean
froze_layer(const SnapshotDef *def, const char *target, const Layer *layer)
{
    for (guint i = 0; i < def->disks->len; i++) {
        const DiskDef *one = g_ptr_array_index(def->disks, i);

        if (g_str_equal(one->target, target))
            return one->storage->path && layer_is_at(layer, one->storage->path);
    }

    return FALSE;
}

static const DiskDef *
find_deleted_disk(const SnapshotDef *def, const char *target)
{
    for (guint i = 0; i < def->disks->len; i++) {
        const DiskDef *disk = g_ptr_array_index(def->disks, i);

        if (g_str_equal(disk->target, target))
            return disk;
    }

    return NULL;
}

/* Returns: whether both layers have the same content, as a merge leaves them. A pull to the
 * layer above would have left the lower one as it was as well. */
static gboolean
is_merged(const DeleteSite *self)
{
    g_autoptr(GError) error = NULL;
    gboolean same = FALSE;

    if (!drivers_get()->compare_images(self->overlay, self->base, &same, &error))
        g_debug("%s", error->message);

    return same;
}

/* Returns: whether the snapshot's XML still names the upper layer, while its overlay stands on
 * the lower one already: a removal was interrupted after the headers and before the XML were
 * changed. */
static gboolean
is_stale_snapshot(const DeleteSite *self, const SnapshotDef *def)
{
    const DiskDef *other = find_deleted_disk(def, self->target);
    const Layer *above;

    if (!self->overlay || !other || !other->overlay ||
        !froze_layer(def, self->target, self->overlay))
        return FALSE;
    above = image_users_resolve(self->users, other->overlay, "qcow2", NULL);

    return above && above->backing && layer_is_same(above->backing, self->base) && is_merged(self);
}

/* Returns: whether the domain runs on the lower layer already, while its persistent XML still
 * names the upper one. */
static gboolean
is_stale_definition(const DeleteSite *self, const ImageUser *user)
{
    const GPtrArray *users = self->users->users;

    if (!user->persistent || !user->domain->active || user->domain != self->domain ||
        !self->overlay || !layer_is_same(user->top, self->overlay))
        return FALSE;
    for (guint i = 0; i < users->len; i++) {
        const ImageUser *now = g_ptr_array_index(users, i);

        if (now->domain == user->domain && !now->snapshot && !now->persistent &&
            g_str_equal(now->target, user->target))
            return layer_is_same(now->top, self->base);
    }

    return FALSE;
}

static gboolean
is_stale(const DeleteSite *self, const ImageUser *user)
{
    const SnapshotDef *def;

    if (user->domain != self->domain)
        return FALSE;
    if (!user->snapshot)
        return is_stale_definition(self, user);
    def = image_users_snapshot(self->users, user->domain, user->snapshot);

    return def && is_stale_snapshot(self, def);
}

void
delete_users_clear(DeleteUsers *users)
{
    g_clear_pointer(&users->tops, g_ptr_array_unref);
    g_clear_pointer(&users->foreign, g_ptr_array_unref);
    g_clear_pointer(&users->branches, g_ptr_array_unref);
}

static void
add_branch(DeleteUsers *users, const ImageUser *user, const Layer *base)
{
    const Layer *above = layer_above(user->top, base);

    for (guint i = 0; i < users->branches->len; i++) {
        const ImageUser *one = g_ptr_array_index(users->branches, i);

        if (layer_is_same(layer_above(one->top, base), above))
            return;
    }
    g_ptr_array_add(users->branches, (gpointer)user);
}

static void
sort_user(const DeleteSite *self, const ImageUser *user, DeleteUsers *users)
{
    if (self->overlay && layer_in(user->top, self->overlay))
        users->overlay_used = TRUE;
    if (!layer_in(user->top, self->base))
        return;
    if (user->domain != self->domain)
        g_ptr_array_add(users->foreign, (gpointer)user);
    else if (layer_is_same(user->top, self->base))
        g_ptr_array_add(users->tops, (gpointer)user);
    else
        add_branch(users, user, self->base);
}

void
delete_users_find(const DeleteSite *self, DeleteUsers *users)
{
    const GPtrArray *all = self->users->users;

    users->tops = g_ptr_array_new();
    users->foreign = g_ptr_array_new();
    users->branches = g_ptr_array_new();
    for (guint i = 0; i < all->len; i++) {
        const ImageUser *user = g_ptr_array_index(all, i);

        if (is_itself(self, user))
            continue;
        if (is_stale(self, user)) {
            users->stale = TRUE;
            users->running = users->running || user->persistent;
        } else {
            sort_user(self, user, users);
        }
    }
}
