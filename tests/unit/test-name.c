/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <string.h>

#include "util/name.h"

static void
test_check(void)
{
    g_autofree char *longest = g_strnfill(255, 'a');
    g_autofree char *too_long = g_strnfill(256, 'a');
    const struct {
        const char *name;
        gboolean ok;
    } table[] = {
        {"shop", TRUE},   {"-n", TRUE},      {"a b", TRUE},    {"a\"b'c&<d>", TRUE},
        {"señal", TRUE},  {"a/b", TRUE},     {"..", TRUE},     {longest, TRUE},
        {"", FALSE},      {"a\nb", FALSE},   {"\x7f", FALSE},  {"\xff\xfe", FALSE},
        {too_long, FALSE}, {"a\xef\xbf\xbe", FALSE}, {"\xef\xbf\xbf", FALSE},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(table); i++) {
        g_autoptr(GError) error = NULL;

        g_assert_cmpint(name_check(table[i].name, "collection", &error), ==, table[i].ok);
        if (!table[i].ok)
            g_assert_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_INVALID_PARAMETER);
    }
}

static void
test_component(void)
{
    static const struct {
        const char *name;
        const char *component;
    } table[] = {
        {"shop", "shop"},       {"-n", "-n"},          {"a b", "a b"},     {"señal", "señal"},
        {"a/b", "a%2Fb"},       {"..", "%2E."},        {".hidden", "%2Ehidden"},
        {"50%", "50%25"},       {"a%2Fb", "a%252Fb"},  {"a~b", "a%7Eb"},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(table); i++) {
        g_autofree char *component = name_to_component(table[i].name);
        g_autofree char *back = name_from_component(component);

        g_assert_cmpstr(component, ==, table[i].component);
        g_assert_cmpstr(back, ==, table[i].name);
    }
    g_assert_null(name_from_component("a%2fb"));
    g_assert_null(name_from_component("%zz"));
    g_assert_null(name_from_component("%FF%FE/"));
}

static void
test_long_component(void)
{
    g_autoptr(GString) a = g_string_new(NULL);
    g_autofree char *one = NULL;
    g_autofree char *two = NULL;

    for (int i = 0; i < 85; i++)
        g_string_append(a, "/é");
    one = name_to_component(a->str);
    g_string_append_c(a, 'x');
    two = name_to_component(a->str);

    g_assert_cmpuint(strlen(one), <=, 240);
    g_assert_true(g_utf8_validate(one, -1, NULL));
    g_assert_cmpstr(one, !=, two);
    g_assert_null(strchr(one, '/'));
    g_assert_null(name_from_component(one));
}

static void
test_text(void)
{
    static const struct {
        const char *text;
        const char *held;
    } table[] = {
        {"", ""},
        {"a\tb\r\nñ<&>", "a\tb\r\nñ<&>"},
        {"a\001b\033[1m", "a\uFFFDb\uFFFD[1m"},
        {"\xff\xc3", "\uFFFD\uFFFD"},
        {"\xef\xbf\xbe\xef\xbf\xbf\xef\xbf\xbd", "\uFFFD\uFFFD\uFFFD"},
        {"\xf0\x9f\x90\xa7", "\xf0\x9f\x90\xa7"},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(table); i++) {
        g_autofree char *held = text_for_xml(table[i].text);

        g_assert_cmpstr(held, ==, table[i].held);
        g_assert_true(text_fits_xml(held));
        g_assert_true(text_fits_xml(table[i].text) == g_str_equal(table[i].text, held));
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/name/check", test_check);
    g_test_add_func("/name/component", test_component);
    g_test_add_func("/name/long", test_long_component);
    g_test_add_func("/name/text", test_text);
    return g_test_run();
}
