/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/** What a row says about an attribute or about the text of an element. */
typedef struct {
    char *rule;       /* NULL: no rule */
    gboolean removed; /* domain_rewrite() removes it */
    gboolean decides; /* the whole element is refused if the rule does not accept the value */
} GateValue;

typedef struct {
    char *path;
    gboolean repeated;      /* there may be several of it below one parent */
    GHashTable *attributes; /* char* → GateValue */
    GateValue text;         /* rule for the text; a NULL rule accepts no text */
    gboolean removed;       /* the whole element is removed */
    gboolean metadata;
    gboolean image;
} GateElement;

/**
 * gate_table_find:
 * @path: path of an element
 *
 * Returns: (transfer none) (nullable): what is accepted of it; NULL if it is not in the table. May
 * be called from any thread.
 */
const GateElement *gate_table_find(const char *path);

/**
 * gate_table_below:
 * @path: path of an element; "" for a <domain>
 * @name: name of a child element
 *
 * Returns: the path that the child would have in the table, whether there is such a row or not;
 * owned by the caller. The path of a <domain> in a snapshot is "".
 */
char *gate_table_below(const char *path, const char *name);

/** gate_table_attribute: Returns: (transfer none) (nullable): what is accepted for the attribute
 * @name; NULL if it is not in the table. */
const GateValue *gate_table_attribute(const GateElement *element, const char *name);

G_END_DECLS
