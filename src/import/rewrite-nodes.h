/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include <glib.h>
#include <libxml/tree.h>

G_BEGIN_DECLS

/* Changing a document in place. */

/** node_remove: Takes @node out of its document, and frees it with all in it. */
void node_remove(xmlNode *node);

/** nodes_remove: The same for all that the XPath @path selects below @below. */
void nodes_remove(xmlNode *below, const char *path);

/** node_set: Gives @node the attribute @name with @value, whether it has one or not. */
void node_set(xmlNode *node, const char *name, const char *value);

/** node_unset: Takes the attribute @name from @node, if it has one. */
void node_unset(xmlNode *node, const char *name);

/** node_set_text: All that is in @node is @text afterwards. */
void node_set_text(xmlNode *node, const char *text);

/** node_need_child: Returns: the first child @name of @parent, made where there is none. */
xmlNode *node_need_child(xmlNode *parent, const char *name);

/** node_replace_text: The only child @name of @parent afterwards is one with @text; a NULL @text
 * leaves what there is. */
void node_replace_text(xmlNode *parent, const char *name, const char *text);

G_END_DECLS
