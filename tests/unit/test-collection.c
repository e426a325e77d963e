/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <string.h>

#include "collection/collection.h"
#include "util/error.h"

/* Set, the forms that the valid texts are expected to be written in are written anew. */
#define REGENERATE "VIRTSNAP_TEST_REGENERATE"

static char *
corpus(const char *folder)
{
    return g_build_filename(g_getenv("abs_top_srcdir"), "tests/data/collection", folder, NULL);
}

typedef void (*EachFile)(const char *name, const char *text, gsize length);

static guint
walk_corpus(const char *folder, EachFile each)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *path = corpus(folder);
    g_autoptr(GDir) dir = g_dir_open(path, 0, &error);
    const char *name;
    guint n = 0;

    g_assert_no_error(error);
    for (; (name = g_dir_read_name(dir)); n++) {
        g_autofree char *file = g_build_filename(path, name, NULL);
        g_autofree char *text = NULL;
        gsize length;

        g_file_get_contents(file, &text, &length, &error);
        g_assert_no_error(error);
        g_test_message("%s", name);
        each(name, text, length);
    }

    return n;
}

static void
check_valid(const char *name, const char *text, gsize length)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(VirtSnapCollection) parsed = virt_snap_collection_parse(text, length, &error);
    g_autoptr(VirtSnapCollection) again = NULL;
    g_autofree char *folder = corpus("canonical");
    g_autofree char *path = g_build_filename(folder, name, NULL);
    g_autofree char *wanted = NULL;
    g_autofree char *written = NULL;
    g_autofree char *rewritten = NULL;

    g_assert_no_error(error);
    written = virt_snap_collection_format(parsed);
    if (g_getenv(REGENERATE))
        g_assert_true(g_file_set_contents(path, written, -1, NULL));
    g_file_get_contents(path, &wanted, NULL, &error);
    g_assert_no_error(error);
    g_assert_cmpstr(written, ==, wanted);

    again = virt_snap_collection_parse(written, strlen(written), &error);
    g_assert_no_error(error);
    rewritten = virt_snap_collection_format(again);
    g_assert_cmpstr(rewritten, ==, written);
}

static void
test_valid(void)
{
    g_assert_cmpuint(walk_corpus("valid", check_valid), >=, 8);
}

static void
check_invalid(const char *name, const char *text, gsize length)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(VirtSnapCollection) parsed = virt_snap_collection_parse(text, length, &error);

    g_assert_null(parsed);
    g_assert_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_INVALID_PARAMETER);
    g_test_message("  %s", error->message);
}

static void
test_invalid(void)
{
    g_assert_cmpuint(walk_corpus("invalid", check_invalid), >=, 30);
}

/* The message says what is wrong, and where. */
static void
test_complaints(void)
{
    static const struct {
        const char *text;
        const char *says;
    } table[] = {
        {"<collection>\n<name>a</name>\n<disk/>\n</collection>", "disk"},
        {"<collection>\n<name>a</name>\n<domain>b</domain>\n<domain>b</domain>\n</collection>",
         "Line 4: <domain> names 'b' a second time"},
        {"<collection><name>a\nb</name></collection>", "control characters"},
        {"<collection><name>", "line 1"},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(table); i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(VirtSnapCollection) parsed =
            virt_snap_collection_parse(table[i].text, strlen(table[i].text), &error);

        g_assert_null(parsed);
        g_assert_nonnull(strstr(error->message, table[i].says));
    }
}

static void
test_members(void)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(VirtSnapCollection) shop = virt_snap_collection_new("shop", &error);

    g_assert_no_error(error);
    g_assert_true(virt_snap_collection_add(shop, VIRT_SNAP_MEMBER_DOMAIN, "web", &error));
    g_assert_true(virt_snap_collection_add(shop, VIRT_SNAP_MEMBER_COLLECTION, "web", &error));
    g_assert_false(virt_snap_collection_add(shop, VIRT_SNAP_MEMBER_DOMAIN, "web", &error));
    g_assert_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_ALREADY_EXISTS);
    g_clear_error(&error);
    g_assert_false(virt_snap_collection_add(shop, VIRT_SNAP_MEMBER_DOMAIN, "a\nb", &error));
    g_assert_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_INVALID_PARAMETER);
    g_clear_error(&error);

    g_assert_false(virt_snap_collection_remove(shop, VIRT_SNAP_MEMBER_DOMAIN, "\xff", &error));
    g_assert_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_NOT_FOUND);
    g_assert_true(g_utf8_validate(error->message, -1, NULL));
    g_clear_error(&error);
    g_assert_true(virt_snap_collection_remove(shop, VIRT_SNAP_MEMBER_DOMAIN, "web", &error));
    g_assert_false(virt_snap_collection_has(shop, VIRT_SNAP_MEMBER_DOMAIN, "web"));
    g_assert_true(virt_snap_collection_has(shop, VIRT_SNAP_MEMBER_COLLECTION, "web"));
}

static void
test_names(void)
{
    static const char *const refused[] = {"", "a\nb", "\xff", "x\xef\xbf\xbfy", "\xef\xbf\xbe"};

    for (gsize i = 0; i < G_N_ELEMENTS(refused); i++) {
        g_autoptr(GError) error = NULL;

        g_assert_null(virt_snap_collection_new(refused[i], &error));
        g_assert_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_INVALID_PARAMETER);
        g_assert_true(g_utf8_validate(error->message, -1, NULL));
    }
}

/* A hundred thousand members, and more text than is allowed. */
/* Returns: microseconds. */
static gint64
time_to_parse(guint n)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GString) text = g_string_new("<collection><name>large</name>");
    g_autoptr(VirtSnapCollection) large = NULL;
    gint64 start;

    for (guint i = 0; i < n; i++)
        g_string_append_printf(text, "<domain>d%u</domain>", i);
    g_string_append(text, "</collection>");
    start = g_get_monotonic_time();
    large = virt_snap_collection_parse(text->str, text->len, &error);
    g_assert_no_error(error);
    g_assert_cmpuint(large->domains->len, ==, n);

    return MAX(g_get_monotonic_time() - start, 1);
}

/* Eight times as many members take eight times as long; they would take 64 times if each were
 * compared with every other. */
static void
test_large(void)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GString) text = g_string_new("<collection>");
    gint64 some = G_MAXINT64;
    gint64 many = G_MAXINT64;

    /* One undisturbed measurement is enough. */
    for (int i = 0; i < 1 || (i < 100 && many / some >= 30); i++) {
        some = MIN(some, time_to_parse(12500));
        many = MIN(many, time_to_parse(100000));
    }
    g_test_message("parsed in %" G_GINT64_FORMAT " and %" G_GINT64_FORMAT " us", some, many);
    g_assert_cmpint(many / some, <, 30);

    while (text->len <= VIRT_SNAP_COLLECTION_TEXT_MAX)
        g_string_append(text, "                                                               ");
    g_assert_null(virt_snap_collection_parse(text->str, text->len, &error));
    g_assert_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_INVALID_PARAMETER);
}

/* Members that are added at once are the same as those that are added one by one. */
static void
test_all_at_once(void)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(VirtSnapCollection) shop = virt_snap_collection_new("shop", &error);
    g_auto(GStrv) many = g_new0(char *, 50001);
    char *twice[] = {(char *)"n1", (char *)"n1", NULL};
    char *bad[] = {(char *)"fine", (char *)"", NULL};

    for (guint i = 0; i < 50000; i++)
        many[i] = g_strdup_printf("n%u", i);
    g_assert_true(collection_add_all(shop, VIRT_SNAP_MEMBER_DOMAIN, NULL, &error));
    g_assert_true(collection_add_all(shop, VIRT_SNAP_MEMBER_DOMAIN, many, &error));
    g_assert_cmpuint(shop->domains->len, ==, 50000);
    g_assert_cmpstr(g_ptr_array_index(shop->domains, 49999), ==, "n49999");
    g_assert_false(collection_add_all(shop, VIRT_SNAP_MEMBER_DOMAIN, twice, &error));
    g_assert_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_ALREADY_EXISTS);
    g_clear_error(&error);
    g_assert_false(collection_add_all(shop, VIRT_SNAP_MEMBER_COLLECTION, twice, &error));
    g_assert_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_ALREADY_EXISTS);
    g_clear_error(&error);
    g_assert_false(collection_add_all(shop, VIRT_SNAP_MEMBER_DOMAIN, bad, &error));
    g_assert_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_INVALID_PARAMETER);
    g_clear_error(&error);
    g_assert_false(collection_remove_all(shop, VIRT_SNAP_MEMBER_DOMAIN, twice, &error));
    g_assert_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_NOT_FOUND);
    g_clear_error(&error);
    g_assert_true(collection_remove_all(shop, VIRT_SNAP_MEMBER_DOMAIN, many + 1, &error));
    g_assert_cmpuint(shop->domains->len, ==, 2);
    g_assert_cmpstr(g_ptr_array_index(shop->domains, 0), ==, "n0");
    g_assert_cmpstr(g_ptr_array_index(shop->domains, 1), ==, "fine");
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/collection/valid", test_valid);
    g_test_add_func("/collection/invalid", test_invalid);
    g_test_add_func("/collection/complaints", test_complaints);
    g_test_add_func("/collection/members", test_members);
    g_test_add_func("/collection/all-at-once", test_all_at_once);
    g_test_add_func("/collection/names", test_names);
    g_test_add_func("/collection/large", test_large);

    return g_test_run();
}
