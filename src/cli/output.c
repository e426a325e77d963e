/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <glib/gi18n.h>
#include <stdio.h>
#include <string.h>

#include "cli/output.h"
#include "util/dictionary.h"

/* Number of blanks between two columns, as in virsh. */
#define COLUMN_GAP 3

struct Table {
    gsize columns;
    GPtrArray *cells; /* char *, row by row; the first row has the headings */
};

static gsize
char_width(gunichar c)
{
    if (g_unichar_iszerowidth(c))
        return 0;

    return g_unichar_iswide(c) ? 2 : 1;
}

gsize
text_width(const char *text)
{
    gsize width = 0;

    for (const char *c = text; *c; c = g_utf8_next_char(c))
        width += char_width(g_utf8_get_char(c));

    return width;
}

/* Whether the character changes the direction of text. Such characters can make one name look like
 * another, so they are escaped. */
static gboolean
turns_direction(gunichar c)
{
    return c == 0x200e || c == 0x200f || c == 0x061c || (c >= 0x202a && c <= 0x202e) ||
           (c >= 0x2066 && c <= 0x2069);
}

char *
text_printable(const char *text)
{
    g_autofree char *valid = g_utf8_make_valid(text, -1);
    g_autoptr(GString) out = g_string_sized_new(strlen(valid));

    for (const char *c = valid; *c; c = g_utf8_next_char(c)) {
        gunichar character = g_utf8_get_char(c);

        if (g_unichar_iscntrl(character))
            g_string_append_printf(out, "\\x%02X", character);
        else if (turns_direction(character) || character == 0x2028 || character == 0x2029)
            g_string_append_printf(out, "\\u{%X}", character);
        else
            g_string_append_unichar(out, character);
    }

    return g_string_free(g_steal_pointer(&out), FALSE);
}

static void
print_spaces(gsize count)
{
    printf("%*s", (int)count, "");
}

static void
wrap_paragraph(const char *paragraph, gsize indent, gsize width)
{
    g_auto(GStrv) words = g_strsplit(paragraph, " ", -1);
    gsize column = 0;

    for (char **word = words; *word; word++) {
        gsize length = text_width(*word);

        if (column > 0 && column + 1 + length > width) {
            putchar('\n');
            column = 0;
        }
        if (column == 0)
            print_spaces(indent);
        else
            putchar(' ');
        column = (column == 0 ? indent : column + 1) + length;
        fputs(*word, stdout);
    }
    putchar('\n');
}

void
text_wrap(const char *text, gsize indent, gsize width)
{
    g_auto(GStrv) paragraphs = g_strsplit(text, "\n", -1);

    for (char **paragraph = paragraphs; *paragraph; paragraph++)
        wrap_paragraph(*paragraph, indent, width);
}

static gsize
add_cells(Table *table, const char *first, va_list more)
{
    gsize n = 0;

    for (const char *cell = first; cell; cell = va_arg(more, const char *), n++)
        g_ptr_array_add(table->cells, text_printable(cell));

    return n;
}

Table *
table_new(const char *heading, ...)
{
    Table *table = g_new0(Table, 1);
    va_list more;

    table->cells = g_ptr_array_new_with_free_func(g_free);
    va_start(more, heading);
    table->columns = add_cells(table, heading, more);
    va_end(more);

    return table;
}

void
table_add(Table *table, const char *cell, ...)
{
    gsize n;
    va_list more;

    va_start(more, cell);
    n = add_cells(table, cell, more);
    va_end(more);
    for (; n < table->columns; n++)
        g_ptr_array_add(table->cells, g_strdup("-"));
}

static void
print_table_row(Table *table, gsize row, const gsize *widths)
{
    putchar(' ');
    for (gsize i = 0; i < table->columns; i++) {
        const char *cell = g_ptr_array_index(table->cells, row * table->columns + i);

        fputs(cell, stdout);
        /* The last cell is not padded, so that there are no blanks at the end of a line. */
        if (i + 1 < table->columns)
            print_spaces(widths[i] - text_width(cell) + COLUMN_GAP);
    }
    putchar('\n');
}

static void
print_rule(const gsize *widths, gsize columns)
{
    gsize length = 2;

    for (gsize i = 0; i < columns; i++)
        length += widths[i] + (i + 1 < columns ? COLUMN_GAP : 0);
    while (length-- > 0)
        putchar('-');
    putchar('\n');
}

void
table_print(Table *table, gboolean headings)
{
    g_autofree gsize *widths = g_new0(gsize, table->columns);
    gsize rows = table->cells->len / table->columns;

    for (gsize i = headings ? 0 : table->columns; i < table->cells->len; i++) {
        gsize width = text_width(g_ptr_array_index(table->cells, i));

        widths[i % table->columns] = MAX(widths[i % table->columns], width);
    }

    if (headings) {
        print_table_row(table, 0, widths);
        print_rule(widths, table->columns);
    }
    for (gsize row = 1; row < rows; row++)
        print_table_row(table, row, widths);
}

void
table_free(Table *table)
{
    if (!table)
        return;
    g_ptr_array_unref(table->cells);
    g_free(table);
}

void
json_set_text(JsonObject *object, const char *member, const char *text)
{
    g_autofree char *valid = text ? g_utf8_make_valid(text, -1) : NULL;

    if (valid)
        json_object_set_string_member(object, member, valid);
    else
        json_object_set_null_member(object, member);
}

void
json_copy_texts(JsonObject *object, GVariant *dictionary, const char *const *keys)
{
    for (; *keys; keys++)
        json_set_text(object, *keys, dictionary_text(dictionary, *keys));
}

void
json_set_size(JsonObject *object, const char *member, guint64 size)
{
    json_object_set_int_member(object, member, (gint64)MIN(size, (guint64)G_MAXINT64));
}

void
json_set_texts(JsonObject *object, const char *member, GPtrArray *texts)
{
    JsonArray *array = json_array_new();

    for (guint i = 0; texts && i < texts->len; i++) {
        g_autofree char *valid = g_utf8_make_valid(g_ptr_array_index(texts, i), -1);

        json_array_add_string_element(array, valid);
    }
    json_object_set_array_member(object, member, array);
}

char *
json_object_to_line(JsonObject *object)
{
    g_autoptr(JsonNode) root = json_node_new(JSON_NODE_OBJECT);

    json_node_set_object(root, object);

    return json_to_string(root, FALSE);
}
