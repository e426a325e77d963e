/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/** What a row says of an attribute, or of an element's text. */
typedef struct {
    char *rule;       /* NULL: none */
    gboolean removed; /* domain_rewrite() removes what the rule lets pass */
    gboolean decides; /* the whole element is refused where the rule does not let it pass */
} GateValue;

typedef struct {
    const char *path;
    GHashTable *attributes; /* char* → GateValue */
    GateValue text;         /* its rule is NULL: no text */
    gboolean removed;       /* the whole element */
    gboolean metadata;
    gboolean image;
} GateElement;

/**
 * gate_table_find:
 * @path: of an element
 *
 * Returns: (transfer none) (nullable): what is taken of it; NULL: it is not in the table. May be
 * called in any thread.
 */
const GateElement *gate_table_find(const char *path);

/**
 * gate_table_below:
 * @path: of an element; "" for a <domain>
 * @name: of a child
 *
 * Returns: the path that the child has in the table, whether there is a row or not; owned by the
 * caller. A <domain> in a snapshot begins anew.
 */
char *gate_table_below(const char *path, const char *name);

/** gate_table_attribute: Returns: (nullable): what is taken of @name; NULL: it is not in there. */
const GateValue *gate_table_attribute(const GateElement *element, const char *name);

G_END_DECLS
