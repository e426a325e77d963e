/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <glib/gi18n-lib.h>
#include <string.h>

#include "collection/collection-private.h"
#include "util/error-private.h"
#include "util/name.h"

#define FILE_SUFFIX ".xml"

/* --- one collection and its file --------------------------------------------- */

char *
collection_file(const char *name)
{
    g_autofree char *component = name_to_component(name);

    return g_strconcat(component, FILE_SUFFIX, NULL);
}

gboolean
collection_not_found(const char *name, GError **error)
{
    g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_NOT_FOUND,
                _("There is no collection '%s'; see which there are with collection-list"), name);

    return FALSE;
}

/* Turns an invalid parameter into a corrupt file, because the text was read from the store. */
static void
blame_file(RecordDir *dir, const char *file, GError **error)
{
    if (error_recode(error, VIRT_SNAP_ERROR_INVALID_PARAMETER, VIRT_SNAP_ERROR_CORRUPT))
        g_prefix_error(error, _("The file '%s/%s' holds no collection, repair or remove it: "),
                       record_dir_path(dir), file);
    else
        g_prefix_error(error, _("In the directory '%s': "), record_dir_path(dir));
}

static VirtSnapCollection *
parse_collection_file(const char *file, GBytes *bytes, GError **error)
{
    g_autoptr(VirtSnapCollection) collection =
        virt_snap_collection_parse(g_bytes_get_data(bytes, NULL), g_bytes_get_size(bytes), error);
    g_autofree char *own_file = collection ? collection_file(collection->name) : NULL;

    if (!collection)
        return NULL;
    if (!g_str_equal(own_file, file)) {
        g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_INVALID_PARAMETER,
                    _("the file of the collection '%s' would be '%s'"), collection->name,
                    own_file);
        return NULL;
    }

    return g_steal_pointer(&collection);
}

VirtSnapCollection *
collection_load_file(RecordDir *dir, const char *file, GError **error)
{
    g_autoptr(GError) cause = NULL;
    g_autoptr(GBytes) bytes = record_dir_read(dir, file, VIRT_SNAP_COLLECTION_TEXT_MAX, &cause);
    VirtSnapCollection *collection = bytes ? parse_collection_file(file, bytes, &cause) : NULL;

    if (!collection) {
        blame_file(dir, file, &cause);
        g_propagate_error(error, g_steal_pointer(&cause));
    }

    return collection;
}

VirtSnapCollection *
collection_load(RecordDir *dir, const char *name, GError **error)
{
    g_autofree char *file = NULL;

    if (!name_check(name, _("collection"), error))
        return NULL;
    file = collection_file(name);
    if (!record_dir_has(dir, file) && !collection_not_found(name, error))
        return NULL;

    return collection_load_file(dir, file, error);
}

/* Lists files by their suffix, whether they are valid or not. */
GPtrArray *
collection_list_files(RecordDir *dir, GError **error)
{
    g_autoptr(GPtrArray) files = record_dir_list(dir, error);

    if (!files)
        return NULL;
    for (guint i = files->len; i > 0; i--) {
        if (!g_str_has_suffix(g_ptr_array_index(files, i - 1), FILE_SUFFIX))
            g_ptr_array_remove_index(files, i - 1);
    }

    return g_steal_pointer(&files);
}

/* Loads all collections except the one in @except, which may be damaged. */
GPtrArray *
collection_load_others(RecordDir *dir, const char *except, GError **error)
{
    g_autoptr(GPtrArray) others =
        g_ptr_array_new_with_free_func((GDestroyNotify)virt_snap_collection_free);
    g_autoptr(GPtrArray) files = collection_list_files(dir, error);

    if (!files)
        return NULL;
    for (guint i = 0; i < files->len; i++) {
        const char *file = g_ptr_array_index(files, i);
        VirtSnapCollection *other;

        if (g_str_equal(file, except))
            continue;
        other = collection_load_file(dir, file, error);
        if (!other)
            return NULL;
        g_ptr_array_add(others, other);
    }

    return g_steal_pointer(&others);
}

/* --- member collections ------------------------------------------------------- */

/* A collection on the current path, and the index of its next member collection to visit. */
typedef struct {
    const VirtSnapCollection *collection;
    guint next;
} Step;

/* Whether @name is already on the current path; then the error describes the cycle. */
static gboolean
is_cycle(GArray *way, const char *name, GError **error)
{
    g_autoptr(GString) text = g_string_new(NULL);

    for (guint i = 0; i < way->len; i++) {
        const char *step = g_array_index(way, Step, i).collection->name;

        if (text->len > 0 || g_str_equal(step, name))
            g_string_append_printf(text, "'%s' -> ", step);
    }
    if (text->len == 0)
        return FALSE;
    g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_INVALID_PARAMETER,
                _("A collection cannot be a member of itself, directly or through others: "
                  "%s'%s'"),
                text->str, name);

    return TRUE;
}

static void
push_collection(GArray *way, GHashTable *domains, const VirtSnapCollection *collection)
{
    Step step = {collection, 0};

    g_array_append_val(way, step);
    for (guint i = 0; i < collection->domains->len; i++)
        g_hash_table_add(domains, g_strdup(g_ptr_array_index(collection->domains, i)));
}

/* Visits the next member of the last collection on @way. @known: the collections loaded so far. */
static gboolean
visit_member(RecordDir *dir, GArray *way, GHashTable *known,
             GHashTable *domains, const char *name, GError **error)
{
    const char *above = g_array_index(way, Step, way->len - 1).collection->name;
    VirtSnapCollection *collection;

    if (is_cycle(way, name, error))
        return FALSE;
    if (g_hash_table_contains(known, name))
        return TRUE;
    collection = collection_load(dir, name, error);
    if (!collection) {
        g_prefix_error(error, _("A member of the collection '%s': "), above);
        return FALSE;
    }
    g_hash_table_insert(known, collection->name, collection);
    push_collection(way, domains, collection);

    return TRUE;
}

/* Collects the domains with an explicit stack instead of recursion, so that deep nesting cannot
 * overflow the stack. */
GHashTable *
collection_walk(RecordDir *dir, const VirtSnapCollection *collection,
     GError **error)
{
    g_autoptr(GHashTable) domains =
        g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    g_autoptr(GHashTable) known = g_hash_table_new_full(
        g_str_hash, g_str_equal, NULL, (GDestroyNotify)virt_snap_collection_free);
    g_autoptr(GArray) way = g_array_new(FALSE, FALSE, sizeof(Step));

    push_collection(way, domains, collection);
    while (way->len > 0) {
        Step *step = &g_array_index(way, Step, way->len - 1);
        const GPtrArray *below = step->collection->collections;

        if (step->next == below->len)
            g_array_set_size(way, way->len - 1);
        else if (!visit_member(dir, way, known, domains, g_ptr_array_index(below, step->next++),
                               error))
            return NULL;
    }

    return g_steal_pointer(&domains);
}
