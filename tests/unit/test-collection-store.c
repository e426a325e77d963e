/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/unit/store-fixture.h"
#include "util/fd.h"

#define ASSERT_FAILS(call, error, expected)                                                       \
    do {                                                                                          \
        g_assert_false(call);                                                                     \
        g_assert_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_##expected);                       \
    } while (0)

static void
assert_says(GError **error, const char *text)
{
    if (!strstr((*error)->message, text))
        g_error("'%s' does not say '%s'", (*error)->message, text);
    g_clear_error(error);
}

static void
test_names(StoreFixture *f, gconstpointer data)
{
    g_autofree char *longest = g_strnfill(255, '/');
    const char *const names[] = {
        "shop", "-n",  "--all", " ",     "a b", "a\"b'c&<d>]]>", "señal",  "日本", "a/b",
        "..",   ".",   ".lock", "%",     "~",   "a%2Fb",         "a.xml",  "A",    "a",
        "*",    "$x ", "\\n",   longest, "#",   "\xc2\xa0",      ".x.tmp",
    };

    for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(VirtSnapCollection) loaded = NULL;

        store_put(f, names[i], names[i], NULL);
        loaded = virt_snap_collection_store_load(f->store, names[i], &error);
        g_assert_no_error(error);
        g_assert_cmpstr(loaded->name, ==, names[i]);
        g_assert_cmpstr(g_ptr_array_index(loaded->domains, 0), ==, names[i]);
    }
    g_assert_cmpuint(store_count(f), ==, G_N_ELEMENTS(names));
    for (gsize i = 0; i < G_N_ELEMENTS(names); i++)
        g_assert_true(virt_snap_collection_store_undefine(f->store, names[i], NULL));
    g_assert_cmpuint(store_count(f), ==, 0);
}

static void
test_bad_names(StoreFixture *f, gconstpointer data)
{
    static const char *const names[] = {"", "a\nb", "\xff", "\xef\xbf\xbf"};

    store_put(f, "shop", NULL, NULL);
    for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
        g_autoptr(GError) error = NULL;
        char *const one[] = {(char *)names[i], NULL};

        ASSERT_FAILS(virt_snap_collection_store_load(f->store, names[i], &error), error,
                     INVALID_PARAMETER);
        g_clear_error(&error);
        ASSERT_FAILS(virt_snap_collection_store_undefine(f->store, names[i], &error), error,
                     INVALID_PARAMETER);
        g_clear_error(&error);
        ASSERT_FAILS(virt_snap_collection_store_rename(f->store, "shop", names[i], &error), error,
                     INVALID_PARAMETER);
        g_clear_error(&error);
        ASSERT_FAILS(virt_snap_collection_store_add(f->store, "shop", one, NULL, &error), error,
                     INVALID_PARAMETER);
    }
}

static void
test_define_and_create(StoreFixture *f, gconstpointer data)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(VirtSnapCollection) second = virt_snap_collection_new("shop", &error);
    struct stat st;

    store_put(f, "shop", "web", NULL);
    g_assert_cmpint(stat(f->path, &st), ==, 0);
    g_assert_cmpint(st.st_mode & 07777, ==, 0700);

    ASSERT_FAILS(virt_snap_collection_store_create(f->store, second, &error), error,
                 ALREADY_EXISTS);
    assert_says(&error, "'shop'");
    store_assert_resolves(f, "shop", "web");
    g_assert_true(virt_snap_collection_store_define(f->store, second, &error));
    store_assert_resolves(f, "shop", "");
}

/* A store that does not exist is not created by reading it. */
static void
test_absent(StoreFixture *f, gconstpointer data)
{
    g_autoptr(GError) error = NULL;
    char *const web[] = {(char *)"web", NULL};

    g_assert_cmpuint(store_count(f), ==, 0);
    ASSERT_FAILS(virt_snap_collection_store_load(f->store, "shop", &error), error, NOT_FOUND);
    assert_says(&error, "'shop'");
    ASSERT_FAILS(virt_snap_collection_store_resolve(f->store, "shop", &error), error, NOT_FOUND);
    assert_says(&error, "'shop'");
    ASSERT_FAILS(virt_snap_collection_store_add(f->store, "shop", web, NULL, &error), error,
                 NOT_FOUND);
    assert_says(&error, "'shop'");
    ASSERT_FAILS(virt_snap_collection_store_undefine(f->store, "shop", &error), error, NOT_FOUND);
    assert_says(&error, "'shop'");
    ASSERT_FAILS(virt_snap_collection_store_rename(f->store, "shop", "a", &error), error,
                 NOT_FOUND);
    assert_says(&error, "'shop'");
    g_assert_false(g_file_test(f->path, G_FILE_TEST_EXISTS));
}

static void
test_members(StoreFixture *f, gconstpointer data)
{
    g_autoptr(GError) error = NULL;
    char *const some[] = {(char *)"c", (char *)"b", NULL};
    char *const mixed[] = {(char *)"d", (char *)"c", NULL};
    char *const office[] = {(char *)"office", NULL};

    store_put(f, "office", "z", NULL);
    store_put(f, "shop", "a", NULL);
    g_assert_true(virt_snap_collection_store_add(f->store, "shop", some, office, &error));
    store_assert_resolves(f, "shop", "a b c z");

    /* All members are added or removed, or none. */
    ASSERT_FAILS(virt_snap_collection_store_add(f->store, "shop", mixed, NULL, &error), error,
                 ALREADY_EXISTS);
    assert_says(&error, "'c'");
    ASSERT_FAILS(virt_snap_collection_store_remove(f->store, "shop", mixed, NULL, &error), error,
                 NOT_FOUND);
    assert_says(&error, "'d'");
    ASSERT_FAILS(virt_snap_collection_store_add(f->store, "shop", mixed + 1, office, &error),
                 error, ALREADY_EXISTS);
    g_clear_error(&error);
    store_assert_resolves(f, "shop", "a b c z");

    g_assert_true(virt_snap_collection_store_remove(f->store, "shop", some, office, &error));
    store_assert_resolves(f, "shop", "a");
}

static void
test_cycles(StoreFixture *f, gconstpointer data)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(VirtSnapCollection) self = virt_snap_collection_new("self", &error);
    g_autoptr(VirtSnapCollection) again = virt_snap_collection_new("c", &error);
    char *const a[] = {(char *)"a", NULL};

    g_assert_true(virt_snap_collection_add(self, VIRT_SNAP_MEMBER_COLLECTION, "self", &error));
    ASSERT_FAILS(virt_snap_collection_store_define(f->store, self, &error), error,
                 INVALID_PARAMETER);
    assert_says(&error, "'self' -> 'self'");

    store_put(f, "c", "z", NULL);
    store_put(f, "b", "y", "c");
    store_put(f, "a", "x", "b");
    ASSERT_FAILS(virt_snap_collection_store_add(f->store, "c", NULL, a, &error), error,
                 INVALID_PARAMETER);
    assert_says(&error, "'c' -> 'a' -> 'b' -> 'c'");
    g_assert_true(virt_snap_collection_add(again, VIRT_SNAP_MEMBER_COLLECTION, "a", &error));
    ASSERT_FAILS(virt_snap_collection_store_define(f->store, again, &error), error,
                 INVALID_PARAMETER);
    assert_says(&error, "'c' -> 'a' -> 'b' -> 'c'");
    store_assert_resolves(f, "a", "x y z");

    /* A circle that somebody wrote by hand: the collection that is asked for is not part of it. */
    store_put_text(f, "c.xml",
                   "<collection><name>c</name><collection>b</collection></collection>");
    ASSERT_FAILS(virt_snap_collection_store_resolve(f->store, "a", &error), error,
                 INVALID_PARAMETER);
    assert_says(&error, ": 'b' -> 'c' -> 'b'");
}

static void
test_member_collections(StoreFixture *f, gconstpointer data)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(VirtSnapCollection) shop = virt_snap_collection_new("shop", &error);
    char *const office[] = {(char *)"office", NULL};

    g_assert_true(virt_snap_collection_add(shop, VIRT_SNAP_MEMBER_COLLECTION, "office", &error));
    ASSERT_FAILS(virt_snap_collection_store_create(f->store, shop, &error), error, NOT_FOUND);
    assert_says(&error, "'office'");
    g_assert_cmpuint(store_count(f), ==, 0);

    /* A member that somebody removed by hand is reported as missing, and can be removed from the
     * collection. */
    store_put(f, "office", "a", NULL);
    g_assert_true(virt_snap_collection_store_create(f->store, shop, &error));
    store_remove_file(f, "office.xml");
    ASSERT_FAILS(virt_snap_collection_store_resolve(f->store, "shop", &error), error, NOT_FOUND);
    assert_says(&error, "'office'");
    g_assert_true(virt_snap_collection_store_remove(f->store, "shop", NULL, office, &error));
    store_assert_resolves(f, "shop", "");
}

static void
test_resolve(StoreFixture *f, gconstpointer data)
{
    /* Two paths to the same collection are no circle. */
    store_put(f, "bottom", "m", NULL);
    store_put(f, "left", "a", "bottom");
    store_put(f, "right", "z", "bottom");
    store_put(f, "top", "m", "left");
    g_assert_true(virt_snap_collection_store_add(
        f->store, "top", (char *[]){(char *)"Z", (char *)"ä", (char *)"-", NULL},
        (char *[]){(char *)"right", (char *)"bottom", NULL}, NULL));
    store_assert_resolves(f, "top", "- Z a m z ä");
}

/* This holds at any depth. */
static void
test_deep(StoreFixture *f, gconstpointer data)
{
    const guint depth = 3000;
    g_autofree char *last = g_strdup_printf("c%u.xml", depth);
    g_autofree char *text = g_strdup_printf("<collection><name>c%u</name><domain>d</domain>"
                                            "</collection>", depth);

    g_assert_cmpint(g_mkdir_with_parents(f->path, 0700), ==, 0);
    store_put_text(f, last, text);
    for (guint i = 0; i < depth; i++) {
        g_autofree char *file = g_strdup_printf("c%u.xml", i);
        g_autofree char *one = g_strdup_printf("<collection><name>c%u</name><collection>c%u"
                                               "</collection></collection>", i, i + 1);

        store_put_text(f, file, one);
    }
    store_assert_resolves(f, "c0", "d");
}

static void
test_rename(StoreFixture *f, gconstpointer data)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(VirtSnapCollection) renamed = NULL;

    store_put(f, "shop", "a", NULL);
    store_put(f, "one", "b", "shop");
    store_put(f, "two", "c", "shop");
    store_put(f, "other", "d", NULL);

    ASSERT_FAILS(virt_snap_collection_store_rename(f->store, "shop", "other", &error), error,
                 ALREADY_EXISTS);
    assert_says(&error, "'other'");
    ASSERT_FAILS(virt_snap_collection_store_rename(f->store, "shop", "shop", &error), error,
                 ALREADY_EXISTS);
    g_clear_error(&error);
    ASSERT_FAILS(virt_snap_collection_store_rename(f->store, "nothing", "x", &error), error,
                 NOT_FOUND);
    g_clear_error(&error);

    g_assert_true(virt_snap_collection_store_rename(f->store, "shop", "-new/name", &error));
    renamed = virt_snap_collection_store_load(f->store, "-new/name", &error);
    g_assert_cmpstr(renamed->name, ==, "-new/name");
    g_assert_cmpuint(store_count(f), ==, 4);
    store_assert_resolves(f, "one", "a b");
    store_assert_resolves(f, "two", "a c");
    g_assert_true(virt_snap_collection_store_undefine(f->store, "one", &error));
    ASSERT_FAILS(virt_snap_collection_store_undefine(f->store, "-new/name", &error), error,
                 IN_USE);
    assert_says(&error, "'two'");
}

/* Renaming a collection makes it no member of another one. */
static void
test_rename_to_missing_member(StoreFixture *f, gconstpointer data)
{
    static const char *const holders[] = {"shop", "other"};

    store_put(f, "shop", "a", NULL);
    for (gsize i = 0; i < G_N_ELEMENTS(holders); i++) {
        g_autoptr(GError) error = NULL;
        g_autofree char *file = g_strconcat(holders[i], ".xml", NULL);
        g_autofree char *text = g_strdup_printf(
            "<collection><name>%s</name><collection>gone</collection></collection>", holders[i]);

        store_put_text(f, file, text);
        ASSERT_FAILS(virt_snap_collection_store_rename(f->store, "shop", "gone", &error), error,
                     ALREADY_EXISTS);
        assert_says(&error, "'gone'");
        store_remove_file(f, file);
        store_put(f, "shop", "a", NULL);
    }
}

static void
test_undefine(StoreFixture *f, gconstpointer data)
{
    g_autoptr(GError) error = NULL;

    store_put(f, "shop", "a", NULL);
    store_put(f, "all", "b", "shop");
    ASSERT_FAILS(virt_snap_collection_store_undefine(f->store, "shop", &error), error, IN_USE);
    assert_says(&error, "'all'");
    g_assert_true(virt_snap_collection_store_undefine(f->store, "all", &error));
    g_assert_true(virt_snap_collection_store_undefine(f->store, "shop", &error));
    g_assert_cmpuint(store_count(f), ==, 0);
}

typedef void (*Damage)(const char *path);

static void
damage_text(const char *path)
{
    g_assert_true(g_file_set_contents(path, "<collection><name>shop</name><dom", -1, NULL));
}

static void
damage_empty(const char *path)
{
    g_assert_true(g_file_set_contents(path, "", 0, NULL));
}

static void
damage_other_name(const char *path)
{
    g_assert_true(g_file_set_contents(
        path, "<collection><name>Shop</name></collection>", -1, NULL));
}

static void
damage_large(const char *path)
{
    g_assert_cmpint(truncate(path, (off_t)VIRT_SNAP_COLLECTION_TEXT_MAX + 1), ==, 0);
}

static void
damage_link(const char *path)
{
    g_assert_cmpint(unlink(path), ==, 0);
    g_assert_cmpint(symlink("/etc/passwd", path), ==, 0);
}

static void
damage_fifo(const char *path)
{
    g_assert_cmpint(unlink(path), ==, 0);
    g_assert_cmpint(mkfifo(path, 0600), ==, 0);
}

static void
check_damage(StoreFixture *f, Damage damage)
{
    g_autofree char *path = g_build_filename(f->path, "shop.xml", NULL);
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) problems = NULL;
    g_autoptr(GPtrArray) list = NULL;

    store_put(f, "shop", "a", NULL);
    damage(path);
    ASSERT_FAILS(virt_snap_collection_store_load(f->store, "shop", &error), error, CORRUPT);
    assert_says(&error, path);
    ASSERT_FAILS(virt_snap_collection_store_resolve(f->store, "all", &error), error, CORRUPT);
    assert_says(&error, path);

    /* It may have had the others as members. */
    ASSERT_FAILS(virt_snap_collection_store_undefine(f->store, "other", &error), error, CORRUPT);
    assert_says(&error, path);
    ASSERT_FAILS(virt_snap_collection_store_rename(f->store, "other", "x", &error), error,
                 CORRUPT);
    assert_says(&error, path);

    list = virt_snap_collection_store_list(f->store, &problems, &error);
    g_assert_no_error(error);
    g_assert_cmpuint(list->len, ==, 2);
    g_assert_cmpuint(problems->len, ==, 1);
    g_assert_nonnull(strstr(g_ptr_array_index(problems, 0), path));

    /* It is usable again after it was defined anew. */
    store_put(f, "shop", "a", NULL);
    store_assert_resolves(f, "all", "a b");
}

static void
test_damage(StoreFixture *f, gconstpointer data)
{
    static const Damage table[] = {
        damage_text, damage_empty, damage_other_name, damage_large, damage_link, damage_fifo,
    };
    g_autofree char *path = g_build_filename(f->path, "shop.xml", NULL);

    store_put(f, "shop", "a", NULL);
    store_put(f, "other", "a", NULL);
    store_put(f, "all", "b", "shop");
    for (gsize i = 0; i < G_N_ELEMENTS(table); i++)
        check_damage(f, table[i]);

    /* A damaged one can be removed. */
    g_assert_true(virt_snap_collection_store_undefine(f->store, "all", NULL));
    damage_text(path);
    g_assert_true(virt_snap_collection_store_undefine(f->store, "shop", NULL));
}

/* Other files in the directory are ignored. */
static void
test_other_files(StoreFixture *f, gconstpointer data)
{
    store_put(f, "shop", "a", NULL);
    store_put_text(f, "README", "not XML");
    store_put_text(f, "shop.xml~", "not XML");
    store_put_text(f, ".hidden.xml", "not XML");
    g_assert_cmpuint(store_count(f), ==, 1);
    g_assert_true(virt_snap_collection_store_undefine(f->store, "shop", NULL));
    store_remove_file(f, "README");
    store_remove_file(f, "shop.xml~");
    store_remove_file(f, ".hidden.xml");
}

/* A collection that is too large to be read again is not written. */
static void
test_too_many(StoreFixture *f, gconstpointer data)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(VirtSnapCollection) large = virt_snap_collection_new("large", &error);
    g_autofree char *filler = g_strnfill(240, '&');
    char *const one[] = {(char *)"one", NULL};

    /* The members are added to the array directly, because virt_snap_collection_add() searches all
     * of it each time. */
    for (gsize bytes = 0; bytes < VIRT_SNAP_COLLECTION_TEXT_MAX; bytes += 5 * 240) {
        g_ptr_array_add(large->domains,
                        g_strdup_printf("%s%u", filler, large->domains->len));
    }
    store_put(f, "large", "one", NULL);
    ASSERT_FAILS(virt_snap_collection_store_define(f->store, large, &error), error,
                 INVALID_PARAMETER);
    assert_says(&error, "too many members");
    store_assert_resolves(f, "large", "one");
    g_assert_true(virt_snap_collection_store_remove(f->store, "large", one, NULL, &error));
}

/* @bytes: of text, nearly. */
static VirtSnapCollection *
large_one(const char *name, gsize bytes)
{
    VirtSnapCollection *large = virt_snap_collection_new(name, NULL);
    g_autofree char *filler = g_strnfill(200, 'x');

    for (gsize i = 0; i * 225 < bytes; i++)
        g_ptr_array_add(large->domains, g_strdup_printf("%s%04zu", filler, i));

    return large;
}

/* All collections together are no more than the service can send in one message. */
static void
test_too_much_together(StoreFixture *f, gconstpointer data)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(VirtSnapCollection) one = large_one("one", 3 << 20);
    g_autoptr(VirtSnapCollection) two = large_one("two", 3 << 20);
    g_autoptr(VirtSnapCollection) three = large_one("three", 3 << 20);
    g_autofree char *text = NULL;

    g_assert_true(virt_snap_collection_store_define(f->store, one, &error));
    g_assert_true(virt_snap_collection_store_define(f->store, two, &error));
    ASSERT_FAILS(virt_snap_collection_store_define(f->store, three, &error), error, NO_SPACE);
    assert_says(&error, f->path);
    ASSERT_FAILS(virt_snap_collection_store_create(f->store, three, &error), error, NO_SPACE);
    g_clear_error(&error);
    store_put(f, "small", "a", NULL);
    g_assert_true(virt_snap_collection_store_define(f->store, two, &error));
    /* A store that is too large, because somebody wrote into it by hand, can be made smaller. */
    text = virt_snap_collection_format(three);
    store_put_text(f, "three.xml", text);
    ASSERT_FAILS(virt_snap_collection_store_add(f->store, "small", (char *[]){(char *)"b", NULL},
                                                NULL, &error),
                 error, NO_SPACE);
    g_clear_error(&error);
    g_ptr_array_remove_range(three->domains, 10, three->domains->len - 10);
    g_assert_true(virt_snap_collection_store_define(f->store, three, &error));
    g_assert_true(virt_snap_collection_store_undefine(f->store, "two", &error));
    store_put(f, "small", "b", NULL);
}

#define ADD(name, test)                                                                           \
    g_test_add("/collection-store/" name, StoreFixture, NULL, store_set_up, test, store_tear_down)

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    ADD("names", test_names);
    ADD("bad-names", test_bad_names);
    ADD("define-and-create", test_define_and_create);
    ADD("absent", test_absent);
    ADD("members", test_members);
    ADD("cycles", test_cycles);
    ADD("member-collections", test_member_collections);
    ADD("resolve", test_resolve);
    ADD("deep", test_deep);
    ADD("rename", test_rename);
    ADD("rename-to-missing-member", test_rename_to_missing_member);
    ADD("undefine", test_undefine);
    ADD("damage", test_damage);
    ADD("other-files", test_other_files);
    ADD("too-many", test_too_many);
    ADD("too-much-together", test_too_much_together);

    return g_test_run();
}
