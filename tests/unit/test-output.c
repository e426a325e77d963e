/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <stdio.h>

#include "cli/output.h"

static void
test_width(void)
{
    g_assert_cmpuint(text_width(""), ==, 0);
    g_assert_cmpuint(text_width("abc"), ==, 3);
    g_assert_cmpuint(text_width("señal"), ==, 5);
    g_assert_cmpuint(text_width("sen\xcc\x83" "al"), ==, 5);
    g_assert_cmpuint(text_width("日本"), ==, 4);
}

static void
test_printable(void)
{
    static const struct {
        const char *text, *shown;
    } cases[] = {
        {"plain 'text' & <more>", "plain 'text' & <more>"},
        {"Übergröße 日本", "Übergröße 日本"},
        {"a\nb\tc", "a\\x0Ab\\x09c"},
        {"\033[2J", "\\x1B[2J"},
        {"\xc2\x9b" "2J", "\\x9B2J"},
        {"a\xe2\x80\xae" "b", "a\\u{202E}b"},
        {"\xff!", "\xef\xbf\xbd!"},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *shown = text_printable(cases[i].text);

        g_assert_cmpstr(shown, ==, cases[i].shown);
    }
}

static void
print_table(gboolean headings)
{
    g_autoptr(Table) table = table_new("Name", "Size", "State", NULL);

    table_add(table, "日本", "1", "on", NULL);
    table_add(table, "señal larga", "22", NULL);
    table_add(table, "x", "", "a\nb", NULL);
    table_print(table, headings);
}

static void
print_with_headings(void)
{
    print_table(TRUE);
}

static void
print_without(void)
{
    print_table(FALSE);
}

static void
print_empty(void)
{
    g_autoptr(Table) table = table_new("Name", "Members", NULL);

    table_print(table, TRUE);
}

static void
print_wrapped(void)
{
    text_wrap("one two three four\nfive sechsundsechzig", 2, 12);
}

/* Runs @print in a process of its own and compares what it wrote. */
static void
check_printed(const char *path, const char *wanted)
{
    g_test_trap_subprocess(path, 0, 0);
    g_test_trap_assert_passed();
    g_test_trap_assert_stdout(wanted);
}

static void
test_print(void)
{
    check_printed("/output/print/subprocess/headings",
                  "* Name          Size   State\n"
                  "-----------------------------\n"
                  " 日本          1      on\n"
                  " señal larga   22     -\n"
                  " x                    a\\x0Ab\n*");
    check_printed("/output/print/subprocess/without",
                  "* 日本          1    on\n"
                  " señal larga   22   -\n*");
    check_printed("/output/print/subprocess/empty", "* Name   Members\n----------------\n*");
    check_printed("/output/print/subprocess/wrapped",
                  "*  one two\n  three four\n  five\n  sechsundsechzig\n*");
}

static void
test_json(void)
{
    g_autoptr(JsonObject) object = json_object_new();
    g_autoptr(GPtrArray) texts = g_ptr_array_new();
    g_autofree char *line = NULL;

    g_ptr_array_add(texts, (gpointer) "a\"b");
    g_ptr_array_add(texts, (gpointer) "\xff");
    json_set_text(object, "none", NULL);
    json_set_text(object, "text", "a\n\xff");
    json_set_size(object, "size", G_MAXUINT64);
    json_set_texts(object, "texts", texts);
    json_set_texts(object, "empty", NULL);
    line = json_object_to_line(object);
    g_assert_cmpstr(line, ==,
                    "{\"none\":null,\"text\":\"a\\n\xef\xbf\xbd\",\"size\":9223372036854775807,"
                    "\"texts\":[\"a\\\"b\",\"\xef\xbf\xbd\"],\"empty\":[]}");
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/output/width", test_width);
    g_test_add_func("/output/printable", test_printable);
    g_test_add_func("/output/print", test_print);
    g_test_add_func("/output/print/subprocess/headings", print_with_headings);
    g_test_add_func("/output/print/subprocess/without", print_without);
    g_test_add_func("/output/print/subprocess/empty", print_empty);
    g_test_add_func("/output/print/subprocess/wrapped", print_wrapped);
    g_test_add_func("/output/json", test_json);

    return g_test_run();
}
