/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "tests/unit/store-fixture.h"
#include "util/fd.h"

void
store_set_up(StoreFixture *f, gconstpointer data)
{
    g_autoptr(GError) error = NULL;

    f->root = g_dir_make_tmp("virtsnap-store-XXXXXX", &error);
    g_assert_no_error(error);
    f->path = g_build_filename(f->root, "virtsnap", "collections", NULL);
    f->store = virt_snap_collection_store_new(f->path);
    g_assert_cmpstr(virt_snap_collection_store_get_directory(f->store), ==, f->path);
}

void
store_tear_down(StoreFixture *f, gconstpointer data)
{
    g_autofree char *files = store_files(f);
    g_auto(GStrv) names = g_strsplit(files, " ", -1);

    for (char **name = names; *name && **name; name++) {
        if (**name == '.')
            g_error("a file was left: '%s'", *name);
    }
    g_assert_true(tree_remove_at(AT_FDCWD, f->root, NULL));
    virt_snap_collection_store_free(f->store);
    g_free(f->path);
    g_free(f->root);
}

void
store_put(StoreFixture *f, const char *name, const char *domain, const char *collection)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(VirtSnapCollection) new = virt_snap_collection_new(name, &error);

    g_assert_no_error(error);
    g_assert_true(!domain || virt_snap_collection_add(new, VIRT_SNAP_MEMBER_DOMAIN, domain, NULL));
    g_assert_true(!collection || virt_snap_collection_add(new, VIRT_SNAP_MEMBER_COLLECTION,
                                                          collection, NULL));
    if (!virt_snap_collection_store_define(f->store, new, &error))
        g_error("%s", error->message);
}

void
store_fill(StoreFixture *f)
{
    store_put(f, "shop", "a", NULL);
    store_put(f, "other", "z", NULL);
    store_put(f, "one", "b", "shop");
    store_put(f, "two", "c", "shop");
}

void
store_put_text(StoreFixture *f, const char *file, const char *text)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *path = g_build_filename(f->path, file, NULL);

    g_file_set_contents(path, text, -1, &error);
    g_assert_no_error(error);
}

void
store_remove_file(StoreFixture *f, const char *file)
{
    g_autofree char *path = g_build_filename(f->path, file, NULL);

    g_assert_cmpint(unlink(path), ==, 0);
}

static GPtrArray *
list(StoreFixture *f)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) problems = NULL;
    GPtrArray *collections = virt_snap_collection_store_list(f->store, &problems, &error);

    if (!collections)
        g_error("%s", error->message);
    if (problems->len > 0)
        g_error("%s", (char *)g_ptr_array_index(problems, 0));

    return collections;
}

guint
store_count(StoreFixture *f)
{
    g_autoptr(GPtrArray) collections = list(f);

    return collections->len;
}

char *
store_state(StoreFixture *f)
{
    g_autoptr(GPtrArray) collections = list(f);
    g_autoptr(GString) text = g_string_new(NULL);

    for (guint i = 0; i < collections->len; i++) {
        g_autofree char *one = virt_snap_collection_format(g_ptr_array_index(collections, i));

        g_string_append(text, one);
    }

    return g_string_free(g_steal_pointer(&text), FALSE);
}

char *
store_files(StoreFixture *f)
{
    g_autoptr(GPtrArray) names = dir_list_at(AT_FDCWD, f->path, NULL);
    guint place;

    if (!names)
        return g_strdup("");
    if (g_ptr_array_find_with_equal_func(names, ".lock", g_str_equal, &place))
        g_ptr_array_remove_index(names, place);
    g_ptr_array_add(names, NULL);

    return g_strjoinv(" ", (char **)names->pdata);
}

void
store_assert_resolves(StoreFixture *f, const char *name, const char *domains)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) names = virt_snap_collection_store_resolve(f->store, name, &error);
    g_autofree char *joined = NULL;

    if (!names)
        g_error("%s", error->message);
    g_ptr_array_add(names, NULL);
    joined = g_strjoinv(" ", (char **)names->pdata);
    g_assert_cmpstr(joined, ==, domains);
}
