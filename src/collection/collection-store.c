/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <glib/gi18n-lib.h>
#include <string.h>
#include <unistd.h>

#include "collection/collection-private.h"
#include "collection/collection-store-private.h"
#include "util/name.h"
#include "util/path.h"
#include "util/strings.h"

struct VirtSnapCollectionStore {
    char *directory;
};

G_DEFINE_BOXED_TYPE(VirtSnapCollectionStore, virt_snap_collection_store,
                    virt_snap_collection_store_copy, virt_snap_collection_store_free)

static char *
default_directory(void)
{
    g_autofree char *user = NULL;
    const char *dir = g_getenv("VIRTSNAP_CONFIG_DIR");

    if (dir && *dir)
        return g_build_filename(dir, "collections", NULL);
    if (geteuid() == 0)
        return g_build_filename(PKGSYSCONFDIR, "collections", NULL);
    user = path_user_config();

    return g_build_filename(user, "virtsnap", "collections", NULL);
}

VirtSnapCollectionStore *
virt_snap_collection_store_new(const char *directory)
{
    VirtSnapCollectionStore *self = g_new0(VirtSnapCollectionStore, 1);

    self->directory = directory ? g_strdup(directory) : default_directory();

    return self;
}

VirtSnapCollectionStore *
virt_snap_collection_store_copy(const VirtSnapCollectionStore *self)
{
    g_return_val_if_fail(self != NULL, NULL);

    return virt_snap_collection_store_new(self->directory);
}

void
virt_snap_collection_store_free(VirtSnapCollectionStore *self)
{
    if (!self)
        return;
    g_free(self->directory);
    g_free(self);
}

const char *
virt_snap_collection_store_get_directory(const VirtSnapCollectionStore *self)
{
    g_return_val_if_fail(self != NULL, NULL);

    return self->directory;
}

/* --- changes ------------------------------------------------------------------ */

static char *
format_within_limit(const VirtSnapCollection *collection, GError **error)
{
    g_autofree char *text = virt_snap_collection_format(collection);
    gsize length = strlen(text);

    if (length > VIRT_SNAP_COLLECTION_TEXT_MAX) {
        g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_INVALID_PARAMETER,
                    _("The collection '%s' has too many members: its text would have %zu bytes, "
                      "and %zu are allowed; part it into several"),
                    collection->name, length, VIRT_SNAP_COLLECTION_TEXT_MAX);
        return NULL;
    }

    return g_steal_pointer(&text);
}

/* Checks that the store stays within its limits when @change replaces the present content of its
 * file. */
static gboolean
check_collection_room(RecordDir *dir, const RecordChange *change, GError **error)
{
    g_autoptr(GPtrArray) files = collection_list_files(dir, error);
    gsize count = 1;
    gsize bytes = strlen(change->text);

    if (!files)
        return FALSE;
    for (guint i = 0; i < files->len; i++) {
        const char *file = g_ptr_array_index(files, i);

        if (g_str_equal(file, change->file))
            continue;
        bytes += record_dir_size(dir, file);
        count++;
    }
    if (bytes <= VIRT_SNAP_COLLECTIONS_BYTES_MAX && count <= VIRT_SNAP_COLLECTIONS_MAX)
        return TRUE;
    /* A store that exceeds the limits already, because files were written by hand, may still be
     * made smaller. */
    if (strlen(change->text) <= record_dir_size(dir, change->file))
        return TRUE;
    g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_NO_SPACE,
                _("The collections in '%s' would be %zu with %zu bytes together, and %u with %zu "
                  "are allowed; remove members, or collections that are not needed"),
                record_dir_path(dir), count, bytes, VIRT_SNAP_COLLECTIONS_MAX,
                VIRT_SNAP_COLLECTIONS_BYTES_MAX);

    return FALSE;
}

static gboolean
store_collection(RecordDir *dir, const VirtSnapCollection *collection, gboolean larger,
                 GError **error)
{
    g_autofree char *file = collection_file(collection->name);
    g_autofree char *text = format_within_limit(collection, error);
    const RecordChange change = {file, text};

    return text && (!larger || check_collection_room(dir, &change, error)) &&
           record_dir_write(dir, &change, 1, error);
}

/* Stores @collection after checking that its member collections exist and that it does not contain
 * itself. */
static gboolean
check_and_store(RecordDir *dir, const VirtSnapCollection *collection, GError **error)
{
    g_autoptr(GHashTable) domains = collection_walk(dir, collection, error);

    return domains && store_collection(dir, collection, TRUE, error);
}

gboolean
virt_snap_collection_store_define(VirtSnapCollectionStore *self,
                                  const VirtSnapCollection *collection, GError **error)
{
    g_return_val_if_fail(self != NULL, FALSE);
    g_return_val_if_fail(collection != NULL, FALSE);
    g_return_val_if_fail(error == NULL || *error == NULL, FALSE);

    g_autoptr(RecordDir) dir = record_dir_open(self->directory, RECORD_DIR_CREATE, error);

    return dir && check_and_store(dir, collection, error);
}

static gboolean
check_name_unused(RecordDir *dir, const char *name, GError **error)
{
    g_autofree char *file = NULL;

    if (!name_check(name, _("collection"), error))
        return FALSE;
    file = collection_file(name);
    if (!record_dir_has(dir, file))
        return TRUE;
    g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_ALREADY_EXISTS,
                _("There is a collection '%s' already; choose another name, or undefine that "
                  "one first"),
                name);

    return FALSE;
}

gboolean
virt_snap_collection_store_create(VirtSnapCollectionStore *self,
                                  const VirtSnapCollection *collection, GError **error)
{
    g_return_val_if_fail(self != NULL, FALSE);
    g_return_val_if_fail(collection != NULL, FALSE);
    g_return_val_if_fail(error == NULL || *error == NULL, FALSE);

    g_autoptr(RecordDir) dir = record_dir_open(self->directory, RECORD_DIR_CREATE, error);

    return dir && check_name_unused(dir, collection->name, error) &&
           check_and_store(dir, collection, error);
}

typedef gboolean (*Change)(VirtSnapCollection *self, VirtSnapMember kind, char *const *names,
                           GError **error);

static gboolean
change_stored_members(VirtSnapCollection *collection, Change change, char *const *domains,
                      char *const *collections, GError **error)
{
    return change(collection, VIRT_SNAP_MEMBER_DOMAIN, domains, error) &&
           change(collection, VIRT_SNAP_MEMBER_COLLECTION, collections, error);
}

gboolean
virt_snap_collection_store_add(VirtSnapCollectionStore *self, const char *name,
                               char *const *domains, char *const *collections, GError **error)
{
    g_return_val_if_fail(self != NULL, FALSE);
    g_return_val_if_fail(name != NULL, FALSE);
    g_return_val_if_fail(error == NULL || *error == NULL, FALSE);

    g_autoptr(RecordDir) dir = record_dir_open(self->directory, RECORD_DIR_CHANGE, error);
    g_autoptr(VirtSnapCollection) collection = dir ? collection_load(dir, name, error) : NULL;

    return collection &&
           change_stored_members(collection, collection_add_all, domains, collections, error) &&
           check_and_store(dir, collection, error);
}

gboolean
virt_snap_collection_store_remove(VirtSnapCollectionStore *self, const char *name,
                                  char *const *domains, char *const *collections, GError **error)
{
    g_return_val_if_fail(self != NULL, FALSE);
    g_return_val_if_fail(name != NULL, FALSE);
    g_return_val_if_fail(error == NULL || *error == NULL, FALSE);

    g_autoptr(RecordDir) dir = record_dir_open(self->directory, RECORD_DIR_CHANGE, error);
    g_autoptr(VirtSnapCollection) collection = dir ? collection_load(dir, name, error) : NULL;

    /* The remaining members are not checked, because removing members is how a collection with
     * missing members or a cycle is repaired. */
    return collection &&
           change_stored_members(collection, collection_remove_all, domains, collections, error) &&
           store_collection(dir, collection, FALSE, error);
}

static gboolean
undefine_stored_collection(RecordDir *dir, const char *name, GError **error)
{
    g_autofree char *file = collection_file(name);
    g_autoptr(GPtrArray) others = NULL;

    if (!record_dir_has(dir, file))
        return collection_not_found(name, error);
    others = collection_load_others(dir, file, error);
    if (!others)
        return FALSE;
    for (guint i = 0; i < others->len; i++) {
        const VirtSnapCollection *other = g_ptr_array_index(others, i);

        if (!virt_snap_collection_has(other, VIRT_SNAP_MEMBER_COLLECTION, name))
            continue;
        g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_IN_USE,
                    _("The collection '%s' is a member of the collection '%s'; remove it from "
                      "there first"),
                    name, other->name);
        return FALSE;
    }

    return record_dir_write(dir, &(RecordChange){file, NULL}, 1, error);
}

gboolean
virt_snap_collection_store_undefine(VirtSnapCollectionStore *self, const char *name,
                                    GError **error)
{
    g_return_val_if_fail(self != NULL, FALSE);
    g_return_val_if_fail(name != NULL, FALSE);
    g_return_val_if_fail(error == NULL || *error == NULL, FALSE);

    g_autoptr(RecordDir) dir = NULL;

    if (!name_check(name, _("collection"), error))
        return FALSE;
    dir = record_dir_open(self->directory, RECORD_DIR_CHANGE, error);

    return dir && undefine_stored_collection(dir, name, error);
}

/* --- renaming ----------------------------------------------------------------- */

static void
file_change_clear(gpointer data)
{
    RecordChange *change = data;

    g_free((char *)change->file);
    g_free((char *)change->text);
}

/* Adds a change of the file of @name. @text: (transfer full) (nullable): NULL to remove the
 * file. */
static void
add_file_change(GArray *changes, const char *name, char *text)
{
    RecordChange change = {collection_file(name), text};

    g_array_append_val(changes, change);
}

/* Checks that @to is not a member of @collection yet. A member that does not exist, which only a
 * file written by hand can have, must not begin to exist because another collection is renamed. */
static gboolean
check_no_member(const VirtSnapCollection *collection, const char *to, GError **error)
{
    if (!virt_snap_collection_has(collection, VIRT_SNAP_MEMBER_COLLECTION, to))
        return TRUE;
    g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_ALREADY_EXISTS,
                _("The collection '%s' has a member '%s' already; choose another name, or remove "
                  "that member first"),
                collection->name, to);

    return FALSE;
}

/* Replaces the member @name of @other by @to, if @other has that member. */
static gboolean
rename_member(GArray *changes, VirtSnapCollection *other, const char *name, const char *to,
              GError **error)
{
    char *text;
    guint place;

    if (!check_no_member(other, to, error))
        return FALSE;
    if (!g_ptr_array_find_with_equal_func(other->collections, name, g_str_equal, &place))
        return TRUE;

    g_free(g_ptr_array_index(other->collections, place));
    g_ptr_array_index(other->collections, place) = g_strdup(to);
    text = format_within_limit(other, error);
    if (!text)
        return FALSE;
    add_file_change(changes, other->name, text);

    return TRUE;
}

/* Fills @changes with all changes of files that are needed to rename @collection. */
static gboolean
plan_rename(RecordDir *dir, VirtSnapCollection *collection, const char *to, GArray *changes,
            GError **error)
{
    g_autofree char *name = g_strdup(collection->name);
    g_autofree char *file = collection_file(name);
    g_autoptr(GPtrArray) others = collection_load_others(dir, file, error);
    char *text;

    if (!others || !check_no_member(collection, to, error))
        return FALSE;
    g_free(collection->name);
    collection->name = g_strdup(to);
    text = format_within_limit(collection, error);
    if (!text)
        return FALSE;
    add_file_change(changes, to, text);
    add_file_change(changes, name, NULL);
    for (guint i = 0; i < others->len; i++) {
        if (!rename_member(changes, g_ptr_array_index(others, i), name, to, error))
            return FALSE;
    }

    return TRUE;
}

gboolean
virt_snap_collection_store_rename(VirtSnapCollectionStore *self, const char *name,
                                  const char *to, GError **error)
{
    g_return_val_if_fail(self != NULL, FALSE);
    g_return_val_if_fail(name != NULL, FALSE);
    g_return_val_if_fail(to != NULL, FALSE);
    g_return_val_if_fail(error == NULL || *error == NULL, FALSE);

    g_autoptr(RecordDir) dir = record_dir_open(self->directory, RECORD_DIR_CHANGE, error);
    g_autoptr(VirtSnapCollection) collection = dir ? collection_load(dir, name, error) : NULL;
    g_autoptr(GArray) changes = g_array_new(FALSE, FALSE, sizeof(RecordChange));

    g_array_set_clear_func(changes, file_change_clear);

    return collection && check_name_unused(dir, to, error) &&
           plan_rename(dir, collection, to, changes, error) &&
           record_dir_write(dir, (const RecordChange *)(gpointer)changes->data, changes->len,
                            error);
}

/* --- reading ------------------------------------------------------------------ */

static int
compare_collection_names(gconstpointer a, gconstpointer b)
{
    const VirtSnapCollection *const *first = a;
    const VirtSnapCollection *const *second = b;

    return strcmp((*first)->name, (*second)->name);
}

static GPtrArray *
load_all_collections(RecordDir *dir, GPtrArray *problems, GError **error)
{
    static const VirtSnapError of_one_file[] = {VIRT_SNAP_ERROR_CORRUPT,
                                                VIRT_SNAP_ERROR_ACCESS_DENIED};
    g_autoptr(GPtrArray) collections =
        g_ptr_array_new_with_free_func((GDestroyNotify)virt_snap_collection_free);
    g_autoptr(GPtrArray) files = collection_list_files(dir, error);

    if (!files)
        return NULL;
    for (guint i = 0; i < files->len; i++) {
        g_autoptr(GError) problem = NULL;
        VirtSnapCollection *collection =
            collection_load_file(dir, g_ptr_array_index(files, i), &problem);

        if (collection) {
            g_ptr_array_add(collections, collection);
        } else if (virt_snap_error_is(problem, of_one_file, G_N_ELEMENTS(of_one_file))) {
            g_ptr_array_add(problems, g_strdup(problem->message));
        } else {
            g_propagate_error(error, g_steal_pointer(&problem));
            return NULL;
        }
    }
    g_ptr_array_sort(collections, compare_collection_names);

    return g_steal_pointer(&collections);
}

GPtrArray *
virt_snap_collection_store_list(VirtSnapCollectionStore *self, GPtrArray **problems,
                                GError **error)
{
    g_return_val_if_fail(self != NULL, NULL);
    g_return_val_if_fail(problems != NULL, NULL);
    g_return_val_if_fail(error == NULL || *error == NULL, NULL);

    g_autoptr(RecordDir) dir = record_dir_open(self->directory, RECORD_DIR_READ, error);
    g_autoptr(GPtrArray) found = g_ptr_array_new_with_free_func(g_free);
    GPtrArray *collections = dir ? load_all_collections(dir, found, error) : NULL;

    if (collections)
        *problems = g_steal_pointer(&found);

    return collections;
}

VirtSnapCollection *
virt_snap_collection_store_load(VirtSnapCollectionStore *self, const char *name, GError **error)
{
    g_return_val_if_fail(self != NULL, NULL);
    g_return_val_if_fail(name != NULL, NULL);
    g_return_val_if_fail(error == NULL || *error == NULL, NULL);

    g_autoptr(RecordDir) dir = record_dir_open(self->directory, RECORD_DIR_READ, error);

    return dir ? collection_load(dir, name, error) : NULL;
}

static GPtrArray *
sorted_names(GHashTable *domains)
{
    GPtrArray *names = g_ptr_array_new_with_free_func(g_free);
    GHashTableIter iter;
    gpointer domain;

    g_hash_table_iter_init(&iter, domains);
    while (g_hash_table_iter_next(&iter, &domain, NULL)) {
        g_hash_table_iter_steal(&iter);
        g_ptr_array_add(names, domain);
    }
    strings_sort(names);

    return names;
}

GPtrArray *
virt_snap_collection_store_resolve(VirtSnapCollectionStore *self, const char *name,
                                   GError **error)
{
    g_return_val_if_fail(self != NULL, NULL);
    g_return_val_if_fail(name != NULL, NULL);
    g_return_val_if_fail(error == NULL || *error == NULL, NULL);

    g_autoptr(RecordDir) dir = record_dir_open(self->directory, RECORD_DIR_READ, error);
    g_autoptr(VirtSnapCollection) collection = dir ? collection_load(dir, name, error) : NULL;
    g_autoptr(GHashTable) domains = collection ? collection_walk(dir, collection, error) : NULL;

    return domains ? sorted_names(domains) : NULL;
}

/* Adds to @tree the member collections of the collection at index @i that are not in @tree yet. */
static gboolean
load_member_collections(RecordDir *dir, GPtrArray *tree, guint i, GHashTable *loaded,
                        GError **error)
{
    const VirtSnapCollection *above = g_ptr_array_index(tree, i);

    for (guint j = 0; j < above->collections->len; j++) {
        VirtSnapCollection *below;

        if (g_hash_table_contains(loaded, g_ptr_array_index(above->collections, j)))
            continue;
        below = collection_load(dir, g_ptr_array_index(above->collections, j), error);
        if (!below)
            return FALSE;
        g_ptr_array_add(tree, below);
        g_hash_table_add(loaded, below->name);
    }

    return TRUE;
}

/* Loads @collection (transfer full) and all its direct and indirect member collections. */
static GPtrArray *
load_collection_tree(RecordDir *dir, VirtSnapCollection *collection, GError **error)
{
    g_autoptr(GPtrArray) tree =
        g_ptr_array_new_with_free_func((GDestroyNotify)virt_snap_collection_free);
    g_autoptr(GHashTable) loaded = g_hash_table_new(g_str_hash, g_str_equal);

    g_ptr_array_add(tree, collection);
    g_hash_table_add(loaded, collection->name);
    for (guint i = 0; i < tree->len; i++) {
        if (!load_member_collections(dir, tree, i, loaded, error))
            return NULL;
    }

    return g_steal_pointer(&tree);
}

gboolean
collection_store_read_tree(VirtSnapCollectionStore *self, const char *name,
                           GPtrArray **collections, GPtrArray **domains, GError **error)
{
    g_autoptr(RecordDir) dir = record_dir_open(self->directory, RECORD_DIR_READ, error);
    g_autoptr(VirtSnapCollection) collection = dir ? collection_load(dir, name, error) : NULL;
    g_autoptr(GHashTable) names = collection ? collection_walk(dir, collection, error) : NULL;

    *collections = names ? load_collection_tree(dir, g_steal_pointer(&collection), error) : NULL;
    if (*collections)
        *domains = sorted_names(names);

    return *collections != NULL;
}
