/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include "import/rewrite-nodes.h"
#include "util/xml.h"

void
node_remove(xmlNode *node)
{
    xmlUnlinkNode(node);
    xmlFreeNode(node);
}

void
nodes_remove(xmlNode *below, const char *path)
{
    g_autoptr(GPtrArray) nodes = xml_nodes(below, path);

    for (guint i = 0; i < nodes->len; i++)
        node_remove(g_ptr_array_index(nodes, i));
}

void
node_set(xmlNode *node, const char *name, const char *value)
{
    xmlSetProp(node, BAD_CAST name, BAD_CAST value);
}

void
node_unset(xmlNode *node, const char *name)
{
    xmlUnsetProp(node, BAD_CAST name);
}

void
node_set_text(xmlNode *node, const char *text)
{
    xmlNode *child;

    while ((child = node->children))
        node_remove(child);
    xmlNodeAddContent(node, BAD_CAST text);
}

xmlNode *
node_need_child(xmlNode *parent, const char *name)
{
    xmlNode *child = xml_child(parent, name, NULL);

    return child ? child : xml_add(parent, name, NULL);
}

void
node_replace_text(xmlNode *parent, const char *name, const char *text)
{
    g_autofree char *others = g_strdup_printf("./%s[position() > 1]", name);

    if (!text)
        return;
    nodes_remove(parent, others);
    node_set_text(node_need_child(parent, name), text);
}
