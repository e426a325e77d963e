/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/** strings_to_strv: Returns: a copy of @strings (char*), ended by NULL, owned by the caller. */
GStrv strings_to_strv(const GPtrArray *strings);

/** strings_copy: Returns: a copy of @strings (char*), owned by the caller. */
GPtrArray *strings_copy(GPtrArray *strings);

/** strings_append: Appends copies of @others (char*) to @strings, which frees its own. */
void strings_append(GPtrArray *strings, const GPtrArray *others);

/** strings_sort: Sorts @strings (char*) by their bytes. */
void strings_sort(GPtrArray *strings);

/** parent_directories_new: Returns: an empty set of paths, owned by the caller, whose order has a
 * directory after its parent. */
GTree *parent_directories_new(void);

/** parent_directories_add: Adds all directories above @path to a set, whatever they are relative
 * to. */
void parent_directories_add(GTree *set, const char *path);

G_END_DECLS
