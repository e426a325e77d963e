/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <glib/gi18n-lib.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include "snapshot/create-look.h"
#include "util/format.h"
#include "util/name.h"

#define NAME_BYTES_MAX 255

void
create_problem(CreateLook *look, int code, const char *format, ...)
{
    CreateProblems *problems = look->problems;
    g_autofree char *text = NULL;
    va_list args;

    va_start(args, format);
    text = g_strdup_vprintf(format, args);
    va_end(args);
    if (problems->texts->len == 0)
        problems->code = code;
    g_ptr_array_add(problems->texts,
                    g_strdup_printf(_("domain '%s': %s"), look->look->name, text));
}

/* --- files --------------------------------------------------------------------------------- */

/* Counts @bytes as taken in @directory. Returns: FALSE if the file system has not that much
 * space left. */
static gboolean
reserve_room(CreateLook *look, const char *directory, guint64 bytes)
{
    struct statvfs fs;
    struct stat st;
    guint64 *sum;
    guint64 device;

    if (stat(directory, &st) < 0 || statvfs(directory, &fs) < 0)
        return TRUE;
    device = st.st_dev;
    sum = g_hash_table_lookup(look->needed, &device);
    if (!sum) {
        sum = g_new0(guint64, 1);
        g_hash_table_insert(look->needed, g_memdup2(&device, sizeof device), sum);
    }
    *sum += bytes;

    return (guint64)fs.f_bavail * fs.f_frsize >= *sum;
}

static gboolean
is_there(const char *path)
{
    struct stat st;

    return lstat(path, &st) == 0;
}

/* Returns: (transfer full): the path of @name in @directory, with a number behind it where
 * another overlay of the plan has that path: two images may differ in their suffix only. */
static char *
free_in_plan(CreateLook *look, const char *directory, const char *name)
{
    char *path = g_build_filename(directory, name, NULL);

    for (guint i = 2; g_hash_table_contains(look->taken, path); i++) {
        g_autofree char *other = g_strdup_printf("%s-%u", name, i);

        g_free(path);
        path = g_build_filename(directory, other, NULL);
    }

    return path;
}

char *
create_new_file(CreateLook *look, const char *beside, const char *name, guint64 bytes)
{
    g_autofree char *directory = g_path_get_dirname(beside);
    g_autofree char *path = free_in_plan(look, directory, name);
    g_autofree char *size = format_bytes(bytes);

    if (strlen(name) > NAME_BYTES_MAX - 4) {
        create_problem(look, VIRT_SNAP_ERROR_INVALID_PARAMETER,
                       _("the file name '%s' would be too long; choose a shorter name"), name);
        return NULL;
    }
    if (is_there(path)) {
        create_problem(look, VIRT_SNAP_ERROR_ALREADY_EXISTS,
                       _("there is a file '%s' already; choose another name, or move it away"),
                       path);
        return NULL;
    }
    if (!reserve_room(look, directory, bytes)) {
        create_problem(look, VIRT_SNAP_ERROR_NO_SPACE,
                       _("there is no room for '%s' (%s); free some"), path, size);
        return NULL;
    }
    g_hash_table_add(look->taken, g_strdup(path));

    return g_steal_pointer(&path);
}
