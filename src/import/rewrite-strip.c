/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include "import/gate-table.h"
#include "import/gate-value.h"
#include "import/rewrite-nodes.h"
#include "import/rewrite-strip.h"
#include "util/xml.h"

/* Whether the table accepts @attr. If not, it has passed because the user trusts it. */
static gboolean
is_attribute_allowed(xmlNode *node, const xmlAttr *attr, const GateValue *known)
{
    const GateRules nothing = {.user_cards = TRUE};
    const GateContext context = {&nothing, (const char *)node->name, TRUE};
    g_autofree char *value = xml_attr(node, (const char *)attr->name);

    return !attr->ns && known && value && gate_value_allowed(known->rule, value, &context);
}

static void
strip_attributes(xmlNode *node, const GateElement *element)
{
    xmlAttr *next;

    for (xmlAttr *attr = node->properties; attr; attr = next) {
        const GateValue *known = gate_table_attribute(element, (const char *)attr->name);

        next = attr->next;
        if (known && known->removed && is_attribute_allowed(node, attr, known))
            xmlRemoveProp(attr);
    }
}

/* Whether the table refuses @node as a whole, so that the user trusts all of its content. */
static gboolean
is_node_trusted(xmlNode *node, const GateElement *element)
{
    for (const xmlAttr *attr = node->properties; attr; attr = attr->next) {
        const GateValue *known = gate_table_attribute(element, (const char *)attr->name);

        if (!is_attribute_allowed(node, attr, known) &&
            (element->removed || (known && known->decides)))
            return TRUE;
    }

    return FALSE;
}

/* Elements that are not in the table are kept, since they have passed because the user trusts
 * them. */
void
rewrite_strip(xmlNode *node, const char *path)
{
    const GateElement *element = gate_table_find(path);
    xmlNode *next;

    if (!element || element->image || element->metadata || is_node_trusted(node, element))
        return;
    if (element->removed) {
        node_remove(node);
        return;
    }
    strip_attributes(node, element);
    for (xmlNode *child = xmlFirstElementChild(node); child; child = next) {
        g_autofree char *below = gate_table_below(path, (const char *)child->name);

        next = xmlNextElementSibling(child);
        if (!child->ns)
            rewrite_strip(child, below);
    }
}
