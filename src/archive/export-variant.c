/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <fcntl.h>
#include <glib/gi18n-lib.h>

#include "archive/export-variant.h"
#include "util/dictionary.h"
#include "util/fd.h"

static void
add_identity(GVariantBuilder *value, const Manifest *manifest)
{
    gint64 created = manifest_created(manifest);

    dictionary_add_text(value, "collection", manifest->collection);
    dictionary_add_text(value, "snapshot", manifest->snapshot);
    if (created != 0)
        dictionary_add_time(value, "created", created);
    dictionary_add_text(value, "host", manifest->host);
    dictionary_add_text(value, "base", manifest->base);
    dictionary_add_size(value, "bytes", manifest_bytes(manifest));
}

/* --- a list of exports ---------------------------------------------------------- */

/* Returns: the weakest consistency of the members, because "mixed" would not tell what can be
 * relied on. */
static const char *
weakest_consistency(const Manifest *manifest)
{
    static const char *const order[] = {"unknown", "crash", "application", "memory", "offline"};
    gsize weakest = G_N_ELEMENTS(order);

    for (guint i = 0; i < manifest->domains->len; i++) {
        const ManifestDomain *domain = g_ptr_array_index(manifest->domains, i);
        const ManifestSnapshot *first = g_ptr_array_index(domain->snapshots, 0);

        for (gsize j = 0; j < weakest; j++) {
            if (g_str_equal(first->consistency, order[j]))
                weakest = j;
        }
    }

    return weakest < G_N_ELEMENTS(order) ? order[weakest] : order[0];
}

static GVariant *
found_format(gconstpointer element, G_GNUC_UNUSED gconstpointer data)
{
    const FoundExport *found = element;
    const Manifest *manifest = found->manifest;
    GVariantBuilder value;

    g_variant_builder_init(&value, G_VARIANT_TYPE_VARDICT);
    dictionary_add_text(&value, "export", found->path);
    dictionary_add_text(&value, "problem", found->problem);
    dictionary_add_flag(&value, "complete", !found->problem);
    dictionary_add_flag(&value, "protected", found->is_protected);
    if (!manifest)
        return g_variant_builder_end(&value);
    add_identity(&value, manifest);
    dictionary_add_text(&value, "base-snapshot", manifest->base_snapshot);
    dictionary_add_text(&value, "consistency", weakest_consistency(manifest));
    g_variant_builder_add(&value, "{sv}", "domains", g_variant_new_uint32(manifest->domains->len));
    dictionary_add_size(&value, "own", found->own);
    dictionary_add_size(&value, "shared", found->shared);

    return g_variant_builder_end(&value);
}

GVariant *
export_list_format(const GPtrArray *exports)
{
    return dictionaries_new(exports, found_format, NULL);
}

/* --- what one holds ------------------------------------------------------------- */

static GVariant *
disk_format(gconstpointer element, G_GNUC_UNUSED gconstpointer data)
{
    const ManifestDisk *disk = element;
    GVariantBuilder value;

    g_variant_builder_init(&value, G_VARIANT_TYPE_VARDICT);
    dictionary_add_text(&value, "target", disk->target);
    dictionary_add_text(&value, "device", disk->device);
    dictionary_add_text(&value, "layer", disk->layer);
    dictionary_add_text(&value, "internal", disk->internal);
    dictionary_add_text(&value, "recorded", disk->recorded);
    dictionary_add_text(&value, "source", disk->source);
    if (disk->checkpoint)
        dictionary_add_text(&value, "checkpoint", disk->checkpoint->name);

    return g_variant_builder_end(&value);
}

static GVariant *
snapshot_format(gconstpointer element, G_GNUC_UNUSED gconstpointer data)
{
    const ManifestSnapshot *snapshot = element;
    GVariantBuilder value;

    g_variant_builder_init(&value, G_VARIANT_TYPE_VARDICT);
    dictionary_add_text(&value, "name", snapshot->name);
    dictionary_add_text(&value, "kind", snapshot->kind);
    dictionary_add_text(&value, "consistency", snapshot->consistency);
    dictionary_add_text(&value, "reason", snapshot->reason);
    dictionary_add_time(&value, "created", snapshot->creation_time);
    dictionary_add_flag(&value, "memory", snapshot->memory);
    dictionary_add_list(&value, "disks", snapshot->disks, disk_format, NULL);

    return g_variant_builder_end(&value);
}

static GVariant *
domain_format(gconstpointer element, G_GNUC_UNUSED gconstpointer data)
{
    const ManifestDomain *domain = element;
    GVariantBuilder value;

    g_variant_builder_init(&value, G_VARIANT_TYPE_VARDICT);
    dictionary_add_text(&value, "name", domain->name);
    dictionary_add_text(&value, "uuid", domain->uuid);
    dictionary_add_text(&value, "directory", domain->directory);
    dictionary_add_list(&value, "snapshots", domain->snapshots, snapshot_format, NULL);

    return g_variant_builder_end(&value);
}

static GVariant *
file_format(gconstpointer element, G_GNUC_UNUSED gconstpointer data)
{
    const ManifestFile *file = element;
    g_autofree char *digest = file->has_digest ? digest_to_string(file->digest) : NULL;
    GVariantBuilder value;

    g_variant_builder_init(&value, G_VARIANT_TYPE_VARDICT);
    dictionary_add_text(&value, "path", file->path);
    dictionary_add_text(&value, "role", file->role);
    dictionary_add_size(&value, "bytes", file->bytes);
    dictionary_add_text(&value, "digest", digest);
    if (!file->format)
        return g_variant_builder_end(&value);
    dictionary_add_text(&value, "format", file->format);
    dictionary_add_size(&value, "capacity", file->capacity);
    dictionary_add_text(&value, "backing", file->backing);
    dictionary_add_text(&value, "source", file->source);
    dictionary_add_flag(&value, "flattened", file->flattened);
    dictionary_add_flag(&value, "linked", file->linked);

    return g_variant_builder_end(&value);
}

GVariant *
export_info_format(const Manifest *manifest)
{
    GVariantBuilder value;

    g_variant_builder_init(&value, G_VARIANT_TYPE_VARDICT);
    add_identity(&value, manifest);
    dictionary_add_list(&value, "domains", manifest->domains, domain_format, NULL);
    dictionary_add_list(&value, "files", manifest->files, file_format, NULL);
    dictionary_add_texts(&value, "warnings", manifest->warnings);

    return g_variant_builder_end(&value);
}

GVariant *
export_info_load(const char *path, GError **error)
{
    g_autoptr(Manifest) manifest = NULL;
    auto_fd dirfd = fd_open(AT_FDCWD, path, O_RDONLY | O_DIRECTORY, 0, error);

    if (dirfd >= 0)
        manifest = manifest_load(dirfd, error);
    if (!manifest) {
        g_prefix_error(error, _("Export '%s': "), path);
        return NULL;
    }

    return g_variant_ref_sink(export_info_format(manifest));
}
