/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <glib/gi18n-lib.h>

#include "import/import-layers.h"
#include "util/name.h"

struct ImportLayers {
    ImportPlan *plan;
    const Manifest *manifest;
    GHashTable *users;  /* needed ManifestFile -> char*: "DOMAIN TARGET" of the disk that needs it,
                         * or "" if several do */
    GHashTable *below;  /* ManifestFile: the backing file of another needed one */
    GHashTable *tops;   /* ManifestFile -> char*: "DOMAIN TARGET" of the disk whose top image it is,
                         * or "" if of several */
    GHashTable *files;  /* ManifestFile -> ImportFile */
};

/* --- needed images ---------------------------------------------------------- */

/* Notes that @user needs @file. Returns: FALSE if that was noted before. */
static gboolean
note_user(GHashTable *users, const ManifestFile *file, const char *user)
{
    const char *known = g_hash_table_lookup(users, file);

    if (known && (*known == '\0' || g_str_equal(known, user)))
        return FALSE;
    g_hash_table_insert(users, (gpointer)file, g_strdup(known ? "" : user));

    return TRUE;
}

/* Notes that @user needs all images of a chain. It stops at an image for which that was noted
 * before, since its backing images are noted, too; so each image is visited at most twice. */
static void
note_chain(ImportLayers *self, const ManifestFile *top, const char *user)
{
    const ManifestFile *file = top;

    while (file && note_user(self->users, file, user)) {
        file = file->backing ? manifest_file(self->manifest, file->backing) : NULL;
        if (file)
            g_hash_table_add(self->below, (gpointer)file);
    }
}

static void
note_disk(ImportLayers *self, const ManifestDomain *domain, const ManifestDisk *disk)
{
    const ManifestFile *top = disk->layer ? manifest_file(self->manifest, disk->layer) : NULL;
    g_autofree char *user = g_strconcat(domain->directory, " ", disk->target, NULL);

    if (!top)
        return;
    note_user(self->tops, top, user);
    note_chain(self, top, user);
}

static void
note_domain(ImportLayers *self, const ManifestDomain *domain)
{
    guint n = self->plan->settings->with_snapshots ? domain->snapshots->len : 1;

    for (guint i = 0; i < n; i++) {
        const ManifestSnapshot *snapshot = g_ptr_array_index(domain->snapshots, i);

        for (guint j = 0; j < snapshot->disks->len; j++)
            note_disk(self, domain, g_ptr_array_index(snapshot->disks, j));
    }
}

static void
add_layer_file(ImportLayers *self, const ManifestFile *from)
{
    const ManifestFile *below = from->backing ? manifest_file(self->manifest, from->backing) : NULL;
    ImportFile *file = g_new0(ImportFile, 1);

    file->from = from;
    file->path = import_plan_image(self->plan, from->path);
    file->shared = *(const char *)g_hash_table_lookup(self->users, from) == '\0';
    if (below) {
        file->backing = import_plan_layer(self->plan, below);
        file->backing_format = below->format;
    }
    self->plan->bytes += from->bytes;
    g_hash_table_insert(self->files, (gpointer)from, file);
    g_ptr_array_add(self->plan->files, file);
}

ImportLayers *
import_layers_new(ImportPlan *plan, const Manifest *manifest)
{
    ImportLayers *self = g_new0(ImportLayers, 1);

    self->plan = plan;
    self->manifest = manifest;
    self->users = g_hash_table_new_full(NULL, NULL, NULL, g_free);
    self->below = g_hash_table_new(NULL, NULL);
    self->tops = g_hash_table_new_full(NULL, NULL, NULL, g_free);
    self->files = g_hash_table_new(NULL, NULL);
    for (guint i = 0; i < plan->domains->len; i++)
        note_domain(self, ((const ImportDomain *)g_ptr_array_index(plan->domains, i))->from);
    /* In the order of the manifest a backing file comes before its overlays. */
    for (guint i = 0; i < manifest->files->len; i++) {
        const ManifestFile *file = g_ptr_array_index(manifest->files, i);

        if (!plan->export && g_hash_table_contains(self->users, file))
            add_layer_file(self, file);
    }

    return self;
}

/* --- chains ----------------------------------------------------------------- */

static void
add_rewrite_chain(const ImportLayers *self, RewriteDisk *disk, const ManifestFile *top)
{
    for (const ManifestFile *file = top; file;
         file = file->backing ? manifest_file(self->manifest, file->backing) : NULL) {
        g_autofree char *path = import_plan_layer(self->plan, file);

        rewrite_disk_add(disk, path, file->format);
        rewrite_disk_keep(disk, self->plan->export != NULL);
    }
}

/* Adds a new overlay on top of @top. Returns: its absolute path, owned by the caller. */
static char *
add_new_overlay(ImportLayers *self, const ImportDomain *domain, const char *name,
                const ManifestFile *top)
{
    ImportOverlay *overlay = g_new0(ImportOverlay, 1);
    g_autofree char *path = g_build_filename(domain->directory, name, NULL);

    overlay->path = import_plan_image(self->plan, path);
    overlay->backing = import_plan_layer(self->plan, top);
    overlay->format = top->format;
    overlay->capacity = top->capacity;
    g_ptr_array_add(self->plan->overlays, overlay);

    return import_plan_path(self->plan, overlay->path);
}

static gboolean
is_shared(const ImportLayers *self, const ManifestFile *top)
{
    return g_hash_table_contains(self->below, top) ||
           *(const char *)g_hash_table_lookup(self->tops, top) == '\0';
}

static gboolean
take_internal(ImportLayers *self, const ImportDomain *domain, const ManifestDisk *disk,
              const ManifestFile *top, GError **error)
{
    ImportFile *file = g_hash_table_lookup(self->files, top);

    if (file && !is_shared(self, top)) {
        file->snapshot = g_strdup(disk->internal);
        file->writable = TRUE;
        return TRUE;
    }
    g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_NOT_SUPPORTED,
                file ? _("Domain '%s', disk '%s': its state is the internal snapshot '%s' of '%s', "
                         "which other disks need as well; export it with --merge")
                     : _("Domain '%s', disk '%s': its state is the internal snapshot '%s' of '%s', "
                         "on top of which no image can be; import it without --in-place"),
                domain->from->name, disk->target, disk->internal, top->path);

    return FALSE;
}

/* A new overlay is not encrypted, and libvirt would open it as if it were. */
static RewriteDisk *
refuse_encrypted(const ImportLayers *self, const ImportDomain *domain, const ManifestDisk *disk,
                 gboolean frozen, GError **error)
{
    const char *way = self->plan->export ? _("import it without --in-place")
                      : frozen           ? _("import it without --with-snapshots")
                                         : _("import the domains one by one, with --domain");

    g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_NOT_SUPPORTED,
                _("Domain '%s', disk '%s': it is encrypted, and the new image above it would not "
                  "be: the domain would not start; %s"),
                domain->from->name, disk->target, way);

    return NULL;
}

static void
add_import_disk(ImportDomain *domain, const ManifestDisk *disk, const RewriteDisk *rewrite,
                const ManifestFile *top)
{
    const RewriteImage *image = g_ptr_array_index(rewrite->images, 0);
    ImportDisk *added = g_new0(ImportDisk, 1);

    added->target = g_strdup(disk->target);
    added->path = g_strdup(image->path);
    added->format = g_intern_string(image->format);
    added->capacity = top->capacity;
    g_ptr_array_add(domain->disks, added);
}

RewriteDisk *
import_layers_present(ImportLayers *self, ImportDomain *domain, const ManifestDisk *disk,
                      gboolean frozen, gboolean encrypted, GError **error)
{
    const ManifestFile *top = manifest_file(self->manifest, disk->layer);
    g_autoptr(RewriteDisk) rewrite = rewrite_disk_new(disk->target, REWRITE_DISK_IMAGES);
    g_autofree char *component = name_to_component(disk->target);
    g_autofree char *name = g_strconcat(component, ".qcow2", NULL);
    g_autofree char *path = NULL;

    if (disk->internal) {
        if (!take_internal(self, domain, disk, top, error))
            return NULL;
    } else if (self->plan->export || frozen || is_shared(self, top)) {
        if (encrypted)
            return refuse_encrypted(self, domain, disk, frozen, error);
        path = add_new_overlay(self, domain, name, top);
        rewrite_disk_add(rewrite, path, "qcow2");
    } else {
        ((ImportFile *)g_hash_table_lookup(self->files, top))->writable = TRUE;
    }
    add_rewrite_chain(self, rewrite, top);
    add_import_disk(domain, disk, rewrite, top);

    return g_steal_pointer(&rewrite);
}

gboolean
import_layers_has_several(const ImportLayers *self, const ManifestDisk *disk)
{
    const ManifestFile *top = manifest_file(self->manifest, disk->layer);

    return *(const char *)g_hash_table_lookup(self->tops, top) == '\0';
}

RewriteDisk *
import_layers_frozen(const ImportLayers *self, const ManifestDisk *disk)
{
    RewriteDisk *rewrite = rewrite_disk_new(disk->target, REWRITE_DISK_IMAGES);

    add_rewrite_chain(self, rewrite, manifest_file(self->manifest, disk->layer));

    return rewrite;
}

/* --- overlays of snapshots --------------------------------------------------- */

static const ManifestFile *
find_source(const ImportLayers *self, const char *source)
{
    for (guint i = 0; source && i < self->manifest->files->len; i++) {
        const ManifestFile *file = g_ptr_array_index(self->manifest->files, i);

        if (g_strcmp0(file->source, source) == 0 && g_hash_table_contains(self->users, file))
            return file;
    }

    return NULL;
}

RewriteDisk *
import_layers_overlay(ImportLayers *self, const ImportDomain *domain, const char *snapshot,
                      const ManifestDisk *disk, const char *source)
{
    RewriteDisk *rewrite = rewrite_disk_new(disk->target, REWRITE_DISK_IMAGES);
    const ManifestFile *top = manifest_file(self->manifest, disk->layer);
    const ManifestFile *known = find_source(self, source);
    g_autofree char *words = g_strconcat(disk->target, "-", snapshot, NULL);
    g_autofree char *component = name_to_component(words);
    g_autofree char *name = g_strconcat(component, ".qcow2", NULL);
    g_autofree char *path = known && g_strcmp0(known->backing, top->path) == 0
                                ? import_plan_layer(self->plan, known)
                                : add_new_overlay(self, domain, name, top);

    rewrite_disk_add(rewrite, path, "qcow2");

    return rewrite;
}

void
import_layers_free(ImportLayers *self)
{
    if (!self)
        return;
    g_hash_table_unref(self->users);
    g_hash_table_unref(self->below);
    g_hash_table_unref(self->tops);
    g_hash_table_unref(self->files);
    g_free(self);
}
