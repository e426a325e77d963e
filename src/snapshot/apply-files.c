/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <glib/gi18n-lib.h>
#include <sys/stat.h>

#include "hypervisor/layer-ops.h"
#include "snapshot/apply-files.h"
#include "snapshot/layer-blank.h"
#include "snapshot/layer-remove.h"

/* What the disks of domains and snapshots name, layer_is_needed() knows; a memory state only its
 * snapshot names. */
static gboolean
is_memory_of_snapshot(const ImageUsers *users, const Layer *file)
{
    for (guint i = 0; i < users->snapshots->len; i++) {
        const ImageSnapshot *snapshot = g_ptr_array_index(users->snapshots, i);

        if (snapshot->def->memory_file && layer_is_at(file, snapshot->def->memory_file))
            return TRUE;
    }

    return FALSE;
}

typedef struct {
    GPtrArray *domains;
    ImageUsers *users;
    gboolean blank; /* only those without data, and without a word of those that are needed */
    GPtrArray *warnings;
} Removal;

static void
say_left(const Removal *self, const char *path, const char *why)
{
    g_ptr_array_add(self->warnings, g_strdup_printf(_("'%s' is left: %s"), path, why));
}

static gboolean
is_file_needed(const Removal *self, const Layer *file)
{
    const LayerException nobody = {NULL, NULL};

    return layer_is_needed(self->domains, self->users, &nobody, file) ||
           is_memory_of_snapshot(self->users, file);
}

static void
remove_unneeded(const Removal *self, const char *path)
{
    g_autoptr(GError) error = NULL;
    /* Whatever is in it, also half an image: here it is only a file. */
    const Layer *file = image_users_resolve(self->users, path, "raw", &error);
    /* Where it is an image, its internal snapshots are looked for. */
    const Layer *image = image_users_resolve(self->users, path, "qcow2", NULL);
    gboolean needed = file && is_file_needed(self, file);

    if (!file)
        say_left(self, path, error->message);
    else if (needed && !self->blank)
        say_left(self, path, _("a domain or a snapshot needs it"));
    else if (!needed && self->blank && !apply_file_is_blank(path))
        say_left(self, path, _("there are data in it, though no domain needs it"));
    else if (!needed)
        layer_remove(image ? image : file, self->warnings);
}

static void
remove_files(Hypervisor *hypervisor, GPtrArray *paths, gboolean blank, GPtrArray *warnings)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) domains = hypervisor->ops->layers->survey(hypervisor, &error);
    g_autoptr(ImageUsers) users = domains ? image_users_find(domains, &error) : NULL;
    gboolean seen = users && image_users_check(users, NULL, NULL, &error);
    const Removal self = {domains, users, blank, warnings};

    for (guint i = 0; i < paths->len; i++) {
        const char *path = g_ptr_array_index(paths, i);

        if (!g_file_test(path, G_FILE_TEST_EXISTS))
            continue;
        if (seen)
            remove_unneeded(&self, path);
        else
            say_left(&self, path, error->message);
    }
}

gboolean
apply_file_is_blank(const char *path)
{
    struct stat st;

    return (stat(path, &st) == 0 && st.st_size == 0) || layer_path_is_blank(path);
}

void
apply_files_remove(Hypervisor *hypervisor, GPtrArray *paths, GPtrArray *warnings)
{
    remove_files(hypervisor, paths, FALSE, warnings);
}

void
apply_files_remove_blank(Hypervisor *hypervisor, GPtrArray *paths, GPtrArray *warnings)
{
    remove_files(hypervisor, paths, TRUE, warnings);
}
