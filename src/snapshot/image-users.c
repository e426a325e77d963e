/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <glib/gi18n-lib.h>
#include <string.h>

#include "snapshot/image-users.h"
#include "util/xml.h"

/* --- layers ------------------------------------------------------------------ */

gboolean
layer_is_same(const Layer *one, const Layer *other)
{
    return one->block == other->block && one->device == other->device &&
           one->inode == other->inode;
}

const Layer *
layer_in(const Layer *top, const Layer *layer)
{
    for (; top; top = top->backing) {
        if (layer_is_same(top, layer))
            return top;
    }

    return NULL;
}

const Layer *
layer_above(const Layer *top, const Layer *layer)
{
    for (; top && top->backing; top = top->backing) {
        if (layer_is_same(top->backing, layer))
            return top;
    }

    return NULL;
}

/* --- looking at them ---------------------------------------------------------- */

static void
image_user_free(gpointer data)
{
    ImageUser *user = data;

    g_free(user->target);
    g_free(user);
}

static void
image_snapshot_free(gpointer data)
{
    ImageSnapshot *snapshot = data;

    snapshot_def_free(snapshot->def);
    g_free(snapshot);
}

char *
image_user_describe(const ImageUser *user)
{
    if (user->snapshot)
        return g_strdup_printf(_("the snapshot '%s' of the domain '%s'"), user->snapshot,
                               user->domain->name);

    return g_strdup_printf(_("the domain '%s'"), user->domain->name);
}

/* Returns: whether an image that cannot be opened for this reason cannot stand on a local one
 * either: it is missing, not local or of a kind that is not handled. One that may not be read
 * could. */
static gboolean
is_harmless(const GError *error)
{
    return !g_error_matches(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_ACCESS_DENIED);
}

/* Returns: the image's chain as the headers have it, or where they do not as the XML has it. */
static const Layer *
resolve_used_image(ImageUsers *self, const StorageDef *storage, GError **error)
{
    const ChainImage image = {storage->path, storage->format, storage->encryption != NULL,
                              IMAGE_ON_ANY};
    g_autoptr(GError) ignored = NULL;
    const Layer *top = chain_resolve(self->chains, &image, 1, FALSE, &ignored);

    return top ? top : storage_def_resolve(storage, self->chains, error);
}

static gboolean
add_user(ImageUsers *self, const ImageUser *model, const char *target, const StorageDef *storage,
         GError **error)
{
    g_autoptr(GError) problem = NULL;
    g_autofree char *who = NULL;
    const Layer *top;
    ImageUser *user;

    if (!storage->path)
        return TRUE;
    top = resolve_used_image(self, storage, &problem);
    if (top) {
        user = g_memdup2(model, sizeof *model);
        user->target = g_strdup(target);
        user->top = top;
        g_ptr_array_add(self->users, user);
        return TRUE;
    }
    who = image_user_describe(model);
    if (!is_harmless(problem)) {
        g_propagate_prefixed_error(error, g_steal_pointer(&problem),
                                   _("Cannot see which layers %s needs: "), who);
        return FALSE;
    }
    if (!g_error_matches(problem, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_NOT_FOUND))
        g_ptr_array_add(self->warnings,
                        g_strdup_printf(_("Which layers %s needs could not be seen: %s"), who,
                                        problem->message));

    return TRUE;
}

static gboolean
add_document(ImageUsers *self, const ImageUser *model, const char *xml, GError **error)
{
    g_autoptr(xmlDoc) doc = xml_parse(xml, strlen(xml), _("domain XML"), error);
    g_autoptr(GPtrArray) disks =
        doc ? xml_nodes(xmlDocGetRootElement(doc), "./devices/disk") : NULL;

    if (!doc)
        return FALSE;
    for (guint i = 0; i < disks->len; i++) {
        xmlNode *disk = g_ptr_array_index(disks, i);
        g_autoptr(StorageDef) storage = storage_def_parse(disk);
        g_autofree char *target = xml_text(disk, "./target/@dev");

        if (model->domain->volumes)
            storage_def_find_volumes(storage, model->domain->volumes);
        if (!add_user(self, model, target ? target : "?", storage, error))
            return FALSE;
    }

    return TRUE;
}

static gboolean
add_user_disks(ImageUsers *self, const ImageUser *model, GPtrArray *disks, GError **error)
{
    for (guint i = 0; disks && i < disks->len; i++) {
        const DiskDef *disk = g_ptr_array_index(disks, i);

        if (!add_user(self, model, disk->target, disk->storage, error))
            return FALSE;
    }

    return TRUE;
}

/* Adds the images of one domain. An image that cannot be read has no chain that could be found. */
static gboolean
add_user_snapshot(ImageUsers *self, const DomainSurvey *domain, const SnapshotRecord *record,
                  GError **error)
{
    const ImageUser model = {.domain = domain, .snapshot = record->name};
    g_autoptr(GError) problem = NULL;
    SnapshotDef *def = snapshot_def_parse(record->xml, record->name, &problem);
    ImageSnapshot *snapshot;

    if (!def) {
        g_ptr_array_add(self->warnings, g_strdup(problem->message));
        return TRUE;
    }
    if (domain->volumes)
        snapshot_def_find_volumes(def, domain->volumes);
    snapshot = g_new0(ImageSnapshot, 1);
    snapshot->domain = domain;
    snapshot->def = def;
    g_ptr_array_add(self->snapshots, snapshot);

    return add_user_disks(self, &model, def->disks, error) &&
           add_user_disks(self, &model, def->inactive_disks, error);
}

static gboolean
add_user_domain(ImageUsers *self, const DomainSurvey *domain, GError **error)
{
    const ImageUser now = {.domain = domain};
    const ImageUser next = {.domain = domain, .persistent = TRUE};

    if (!add_document(self, &now, domain->xml, error) ||
        (domain->persistent && !add_document(self, &next, domain->persistent, error)))
        return FALSE;
    for (guint i = 0; i < domain->snapshots->len; i++) {
        if (!add_user_snapshot(self, domain, g_ptr_array_index(domain->snapshots, i), error))
            return FALSE;
    }

    return TRUE;
}

ImageUsers *
image_users_find(GPtrArray *domains, GError **error)
{
    g_autoptr(ImageUsers) self = g_new0(ImageUsers, 1);

    self->chains = chain_cache_new();
    self->users = g_ptr_array_new_with_free_func(image_user_free);
    self->snapshots = g_ptr_array_new_with_free_func(image_snapshot_free);
    self->warnings = g_ptr_array_new_with_free_func(g_free);
    for (guint i = 0; i < domains->len; i++) {
        if (!add_user_domain(self, g_ptr_array_index(domains, i), error))
            return NULL;
    }

    return g_steal_pointer(&self);
}

void
image_users_free(ImageUsers *self)
{
    if (!self)
        return;
    chain_cache_free(self->chains);
    g_ptr_array_unref(self->users);
    g_ptr_array_unref(self->snapshots);
    g_ptr_array_unref(self->warnings);
    g_free(self);
}

/* --- questions ----------------------------------------------------------------- */

const SnapshotDef *
image_users_snapshot(const ImageUsers *self, const DomainSurvey *domain, const char *name)
{
    for (guint i = 0; i < self->snapshots->len; i++) {
        const ImageSnapshot *snapshot = g_ptr_array_index(self->snapshots, i);

        if (snapshot->domain == domain && g_str_equal(snapshot->def->name, name))
            return snapshot->def;
    }

    return NULL;
}

const Layer *
image_users_resolve(const ImageUsers *self, const char *path, const char *format, GError **error)
{
    const ChainImage image = {path, format, FALSE, IMAGE_ON_ANY};

    return chain_resolve(self->chains, &image, 1, FALSE, error);
}
