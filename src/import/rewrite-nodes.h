/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include <glib.h>
#include <libxml/tree.h>

G_BEGIN_DECLS

/* Functions to change a document in place. */

/** node_remove: Removes @node from its document and frees it with its children. */
void node_remove(xmlNode *node);

/** nodes_remove: Removes all nodes that the XPath @path selects below @below. */
void nodes_remove(xmlNode *below, const char *path);

/** node_set: Sets the attribute @name of @node to @value, replacing an existing value. */
void node_set(xmlNode *node, const char *name, const char *value);

/** node_unset: Removes the attribute @name of @node, if it has one. */
void node_unset(xmlNode *node, const char *name);

/** node_set_text: Replaces the content of @node by @text. */
void node_set_text(xmlNode *node, const char *text);

/** node_need_child: Returns: (transfer none): the first child @name of @parent, which is created if
 * there is none. */
xmlNode *node_need_child(xmlNode *parent, const char *name);

/** node_replace_text: Replaces all children @name of @parent by one with @text. With NULL for @text
 * nothing is changed. */
void node_replace_text(xmlNode *parent, const char *name, const char *text);

G_END_DECLS
