/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <string.h>

#include "import/import-plan.h"

/* --- values ----------------------------------------------------------------- */

static void
import_file_free(gpointer data)
{
    ImportFile *file = data;

    g_free(file->path);
    g_free(file->backing);
    g_free(file->snapshot);
    g_free(file->identity);
    g_clear_pointer(&file->head, g_bytes_unref);
    g_free(file);
}

static void
import_overlay_free(gpointer data)
{
    ImportOverlay *overlay = data;

    g_free(overlay->path);
    g_free(overlay->backing);
    g_free(overlay);
}

static void
import_disk_free(gpointer data)
{
    ImportDisk *disk = data;

    g_free(disk->target);
    g_free(disk->path);
    g_free(disk);
}

static void
import_snapshot_free(gpointer data)
{
    ImportSnapshot *snapshot = data;

    g_free(snapshot->name);
    g_free(snapshot->xml);
    g_free(snapshot->memory);
    g_free(snapshot);
}

ImportDomain *
import_domain_new(void)
{
    ImportDomain *domain = g_new0(ImportDomain, 1);

    domain->disks = g_ptr_array_new_with_free_func(import_disk_free);
    domain->snapshots = g_ptr_array_new_with_free_func(import_snapshot_free);
    domain->states = g_ptr_array_new();

    return domain;
}

static void
import_domain_free(gpointer data)
{
    ImportDomain *domain = data;

    g_free(domain->name);
    g_free(domain->uuid);
    g_free(domain->directory);
    g_free(domain->xml);
    g_ptr_array_unref(domain->disks);
    g_ptr_array_unref(domain->snapshots);
    g_free(domain->memory);
    g_free(domain->tpm);
    g_free(domain->variables);
    g_free(domain->saved);
    g_ptr_array_unref(domain->states);
    g_free(domain->revert);
    g_free(domain);
}

void
import_plan_free(ImportPlan *self)
{
    if (!self)
        return;
    import_settings_free(self->settings);
    g_free(self->directory);
    g_free(self->export);
    g_free(self->pool);
    g_free(self->tpm_states);
    g_free(self->kept);
    g_free(self->collection);
    g_ptr_array_unref(self->collections);
    g_ptr_array_unref(self->files);
    g_ptr_array_unref(self->overlays);
    g_ptr_array_unref(self->domains);
    g_ptr_array_unref(self->warnings);
    g_free(self);
}

char *
import_plan_path(const ImportPlan *self, const char *path)
{
    return g_path_is_absolute(path) ? g_strdup(path)
                                    : g_build_filename(self->directory, path, NULL);
}

/* Returns: what the names of the volumes of an import begin with, made from the name of its
 * directory, as "shop.snap1." for "…/shop/snap1"; owned by the caller. */
static char *
volume_prefix(const char *directory)
{
    g_autofree char *name = g_path_get_basename(directory);
    g_autofree char *above = g_path_get_dirname(directory);
    g_autofree char *collection = g_path_get_basename(above);

    return g_strdup_printf("%s.%s.", collection, name);
}

/* A pool has no directories: "domains/web/vda.qcow2" becomes "shop.snap1.web-vda.qcow2", and
 * "layers/base-1a2b3c4d.qcow2" "shop.snap1.base-1a2b3c4d.qcow2". */
char *
import_plan_image(const ImportPlan *self, const char *path)
{
    g_autofree char *prefix = self->pool ? volume_prefix(self->directory) : NULL;
    const char *slash = strchr(path, '/');
    g_autofree char *name = g_strdelimit(g_strdup(slash ? slash + 1 : path), "/", '-');
    g_autofree char *volume = prefix ? g_strconcat(prefix, name, NULL) : NULL;

    return volume ? g_build_filename(self->pool, volume, NULL) : g_strdup(path);
}

gboolean
import_plan_is_volume(const ImportPlan *self, const char *path)
{
    return self->pool && g_path_is_absolute(path);
}

char *
import_plan_layer(const ImportPlan *self, const ManifestFile *file)
{
    g_autofree char *path = import_plan_image(self, file->path);

    return self->export ? g_build_filename(self->export, file->path, NULL)
                        : import_plan_path(self, path);
}

void
import_plan_warn(ImportPlan *self, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    g_ptr_array_add(self->warnings, g_strdup_vprintf(format, args));
    va_end(args);
}

char *
import_plan_name(const Manifest *manifest, const ImportSettings *settings)
{
    g_autoptr(GString) name = g_string_new(NULL);

    if (manifest->collection)
        return import_settings_name(settings, manifest->collection);
    for (guint i = 0; i < manifest->domains->len; i++) {
        const ManifestDomain *domain = g_ptr_array_index(manifest->domains, i);
        g_autofree char *new = import_settings_name(settings, domain->name);

        if (import_settings_wants(settings, domain->name))
            g_string_append_printf(name, "%s%s", name->len > 0 ? "+" : "", new);
    }

    return g_string_free(g_steal_pointer(&name), FALSE);
}

ImportPlan *
import_plan_new(const ImportSettings *settings, const char *directory)
{
    ImportPlan *self = g_new0(ImportPlan, 1);

    self->settings = import_settings_copy(settings);
    self->directory = g_strdup(directory);
    self->collections =
        g_ptr_array_new_with_free_func((GDestroyNotify)virt_snap_collection_free);
    self->files = g_ptr_array_new_with_free_func(import_file_free);
    self->overlays = g_ptr_array_new_with_free_func(import_overlay_free);
    self->domains = g_ptr_array_new_with_free_func(import_domain_free);
    self->warnings = g_ptr_array_new_with_free_func(g_free);

    return self;
}
