/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include "import/rewrite-values.h"

static void
rewrite_image_free(gpointer data)
{
    RewriteImage *image = data;

    g_free(image->path);
    g_free(image->format);
    g_free(image);
}

RewriteDisk *
rewrite_disk_new(const char *target, RewriteDiskFate fate)
{
    RewriteDisk *disk = g_new0(RewriteDisk, 1);

    disk->target = g_strdup(target);
    disk->fate = fate;
    disk->images = g_ptr_array_new_with_free_func(rewrite_image_free);

    return disk;
}

void
rewrite_disk_add(RewriteDisk *disk, const char *path, const char *format)
{
    RewriteImage *image = g_new0(RewriteImage, 1);

    image->path = g_strdup(path);
    image->format = g_strdup(format);
    g_ptr_array_add(disk->images, image);
}

void
rewrite_disk_keep(RewriteDisk *disk, gboolean kept)
{
    ((RewriteImage *)g_ptr_array_index(disk->images, disk->images->len - 1))->kept = kept;
}

void
rewrite_disk_free(RewriteDisk *disk)
{
    if (!disk)
        return;
    g_free(disk->target);
    g_ptr_array_unref(disk->images);
    g_free(disk);
}

RewriteLoader *
rewrite_loader_new(const char *was, const char *path, const char *template,
                   const char *template_format)
{
    RewriteLoader *loader = g_new0(RewriteLoader, 1);

    loader->was = g_strdup(was);
    loader->path = g_strdup(path);
    loader->template = g_strdup(template);
    loader->template_format = g_strdup(template_format);

    return loader;
}

void
rewrite_loader_free(RewriteLoader *loader)
{
    if (!loader)
        return;
    g_free(loader->was);
    g_free(loader->path);
    g_free(loader->template);
    g_free(loader->template_format);
    g_free(loader);
}

const RewriteLoader *
rewrite_loader_find(GPtrArray *loaders, const char *was)
{
    for (guint i = 0; loaders && was && i < loaders->len; i++) {
        const RewriteLoader *loader = g_ptr_array_index(loaders, i);

        if (g_str_equal(loader->was, was))
            return loader;
    }

    return NULL;
}

RewriteFile *
rewrite_file_new(const char *element, const char *path, const char *format)
{
    RewriteFile *file = g_new0(RewriteFile, 1);

    file->element = g_strdup(element);
    file->path = g_strdup(path);
    file->format = g_strdup(format);

    return file;
}

void
rewrite_file_free(RewriteFile *file)
{
    if (!file)
        return;
    g_free(file->element);
    g_free(file->path);
    g_free(file->was);
    g_free(file->format);
    g_free(file);
}

const RewriteDisk *
rewrite_disk_find(GPtrArray *disks, const char *target)
{
    for (guint i = 0; disks && target && i < disks->len; i++) {
        const RewriteDisk *disk = g_ptr_array_index(disks, i);

        if (g_str_equal(disk->target, target))
            return disk;
    }

    return NULL;
}
