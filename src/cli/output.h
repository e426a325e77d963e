/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include <json-glib/json-glib.h>

#include "util/error.h"

G_BEGIN_DECLS

/** text_width: Returns: how many columns of a terminal the UTF-8 @text takes. */
gsize text_width(const char *text);

/**
 * text_printable:
 *
 * Returns: @text as one line that a terminal shows as it is, owned by the caller: control
 * characters and those that change the direction of text become \xHH or \u{H}, invalid UTF-8
 * becomes the replacement character.
 */
char *text_printable(const char *text);

/** text_wrap: Prints @text to standard output, lines indented by @indent and broken at @width. */
void text_wrap(const char *text, gsize indent, gsize width);

/** A table of text whose columns are aligned by display width. */
typedef struct Table Table;

/** table_new: @...: the headings, ended by NULL; they must outlive the table. */
Table *table_new(const char *heading, ...) G_GNUC_NULL_TERMINATED;

/** table_add: Appends a row of cells (copied), ended by NULL; the ones left out become "-". */
void table_add(Table *table, const char *cell, ...) G_GNUC_NULL_TERMINATED;

/** table_print: Prints to standard output, as virsh does; the headings only if @headings. */
void table_print(Table *table, gboolean headings);

void table_free(Table *table);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Table, table_free)

/** json_set_text: A string member of any bytes: NULL is null, what is not UTF-8 is replaced. */
void json_set_text(JsonObject *object, const char *member, const char *text);

/** json_copy_texts: The texts @keys (ended by NULL) of @dictionary (a{sv}), null where there is
 * none. */
void json_copy_texts(JsonObject *object, GVariant *dictionary, const char *const *keys);

/** json_set_size: A number member; JSON readers take at most 2^63-1. */
void json_set_size(JsonObject *object, const char *member, guint64 size);

/** json_set_texts: An array of strings. @texts: (element-type utf8) (nullable). */
void json_set_texts(JsonObject *object, const char *member, GPtrArray *texts);

/** json_object_to_line: Returns: @object in one line, without the line's end. */
char *json_object_to_line(JsonObject *object);

G_END_DECLS
