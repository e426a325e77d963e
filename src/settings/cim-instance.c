/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <glib/gi18n-lib.h>

#include "settings/cim-instance.h"
#include "util/xml.h"

/* WMI puts system properties into every text that it writes: __PATH, __CLASS, __DERIVATION and
 * their like, of the class ___SYSTEM. No class of anybody else's may have names that begin so. */
gboolean
cim_property_is_system(xmlNode *node, const char *name)
{
    g_autofree char *origin = xml_attr(node, "CLASSORIGIN");

    return g_str_has_prefix(name, "__") &&
           (!origin || g_ascii_strcasecmp(origin, "___SYSTEM") == 0);
}

/* The only child of @node that says more than where the instance lives, or what qualifiers mean;
 * NULL if there is none, or more than one. */
static xmlNode *
only_child(xmlNode *node)
{
    static const char *const places[] = {
        "INSTANCENAME",  "INSTANCEPATH",          "LOCALINSTANCEPATH", "LOCALNAMESPACEPATH",
        "NAMESPACEPATH", "QUALIFIER.DECLARATION", NULL};
    xmlNode *only = NULL;

    for (xmlNode *child = xmlFirstElementChild(node); child;
         child = xmlNextElementSibling(child)) {
        if (g_strv_contains(places, (const char *)child->name))
            continue;
        if (only)
            return NULL;
        only = child;
    }

    return only;
}

static gboolean
check_class(xmlNode *instance, const char *wanted, GError **error)
{
    g_autofree char *class_name = xml_attr(instance, "CLASSNAME");

    if (class_name && g_ascii_strcasecmp(class_name, wanted) == 0)
        return TRUE;
    g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_INVALID_PARAMETER,
                _("The instance is of the class '%s', not %s"), class_name ? class_name : "?",
                wanted);

    return FALSE;
}

xmlNode *
cim_instance_find(xmlNode *root, const char *class_name, const char *native, GError **error)
{
    static const char *const wrappers[] = {
        "CIM",          "DECLARATION",         "DECLGROUP",
        "DECLGROUP.WITHNAME", "DECLGROUP.WITHPATH",  "VALUE.OBJECT",
        "VALUE.NAMEDOBJECT",  "VALUE.NAMEDINSTANCE", "VALUE.OBJECTWITHPATH",
        "VALUE.INSTANCEWITHPATH", "VALUE.OBJECTWITHLOCALPATH", NULL};

    /* Down through what may stand around an instance, which must be alone in it. */
    for (xmlNode *node = root; node; node = only_child(node)) {
        if (g_str_equal(node->name, "INSTANCE"))
            return check_class(node, class_name, error) ? node : NULL;
        if (!g_strv_contains(wrappers, (const char *)node->name))
            break;
    }
    g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_INVALID_PARAMETER,
                _("<%s> is neither <%s> nor holds one CIM-XML <INSTANCE>"), root->name, native);

    return NULL;
}
