/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <sys/stat.h>

#include "archive/night-left.h"
#include "archive/target.h"
#include "util/path.h"
#include "util/record-dir.h"

#define DIRECTORY "nights"
#define PATH_BYTES_MAX 4096

/* --- notes -------------------------------------------------------------------- */

/* A note is a file in the configuration's directory that is named after the night and contains the
 * path of its export. */
static RecordDir *
open_notes(const char *config, RecordDirUse use, GError **error)
{
    g_autofree char *all = path_state(DIRECTORY);
    g_autofree char *path = g_build_filename(all, config, NULL);

    return record_dir_open(path, use, error);
}

gboolean
night_left_note(const char *config, const ExportPlace *place, GError **error)
{
    g_autoptr(RecordDir) dir = open_notes(config, RECORD_DIR_CREATE, error);
    g_autofree char *path = export_place_path(place);
    const RecordChange change = {place->snapshot, path};

    return dir && record_dir_write(dir, &change, 1, error);
}

static gboolean
drop_note(RecordDir *dir, const char *night, GError **error)
{
    const RecordChange change = {night, NULL};

    return record_dir_write(dir, &change, 1, error);
}

/* Returns: the place that the note names, owned by the caller. */
static ExportPlace *
read_note(RecordDir *dir, const char *night, GError **error)
{
    g_autoptr(GBytes) bytes = record_dir_read(dir, night, PATH_BYTES_MAX, error);
    g_autofree char *path =
        bytes ? g_strndup(g_bytes_get_data(bytes, NULL), g_bytes_get_size(bytes)) : NULL;

    return path ? export_place_new(path, NULL, night, FALSE) : NULL;
}

/* --- what is there ------------------------------------------------------------ */

static gboolean
has_left(const ExportPlace *place)
{
    g_autoptr(Target) target = target_left_at(place);

    return target_has_left(target);
}

static gboolean
is_complete(const ExportPlace *place)
{
    g_autofree char *path = export_place_path(place);
    struct stat st;

    return lstat(path, &st) == 0;
}

/* A partial export that somebody has resumed is locked, and what an import has left is no export.
 * Freeing the target removes any other. */
static gboolean
remove_left(const ExportPlace *place, GError **error)
{
    g_autoptr(Target) target = target_left_at(place);
    g_autoptr(GError) why = NULL;

    if (target_begin(target, FALSE, &why) ||
        g_error_matches(why, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_IN_USE) ||
        g_error_matches(why, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_INVALID_STATE))
        return TRUE;
    g_propagate_error(error, g_steal_pointer(&why));

    return FALSE;
}

static gboolean
tidy_noted(RecordDir *dir, const char *night, GError **error)
{
    g_autoptr(ExportPlace) place = read_note(dir, night, error);
    gboolean found;

    if (!place)
        return FALSE;
    found = has_left(place);
    if (found && !remove_left(place, error))
        return FALSE;
    if (has_left(place) || (!found && !is_complete(place)))
        return TRUE;

    return drop_note(dir, night, error);
}

void
night_left_forget(const char *config, const ExportPlace *place)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(RecordDir) dir = open_notes(config, RECORD_DIR_CHANGE, &error);

    if (!dir || (record_dir_has(dir, place->snapshot) && !has_left(place) &&
                 !drop_note(dir, place->snapshot, &error)))
        g_debug("%s", error->message);
}

gboolean
night_left_tidy(const char *config, GError **error)
{
    g_autoptr(RecordDir) dir = open_notes(config, RECORD_DIR_CHANGE, error);
    g_autoptr(GPtrArray) nights = dir ? record_dir_list(dir, error) : NULL;
    g_autoptr(GError) first = NULL;

    for (guint i = 0; nights && i < nights->len; i++) {
        g_autoptr(GError) why = NULL;

        if (!tidy_noted(dir, g_ptr_array_index(nights, i), &why) && !first)
            first = g_steal_pointer(&why);
    }
    if (!first)
        return nights != NULL;
    g_propagate_error(error, g_steal_pointer(&first));

    return FALSE;
}
