/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <glib/gi18n-lib.h>
#include <string.h>

#include "settings/settings-private.h"
#include "util/xml.h"

/* CIM-XML (DMTF DSP0201): <INSTANCE CLASSNAME="…"><PROPERTY NAME="…" TYPE="…"><VALUE>…, names of
 * classes and properties without regard to case, and around it what a client puts there. */

#define CLASS_NAME "Msvm_CollectionSnapshotExportSettingData"

/* Inherited from CIM_SettingData: they describe the instance, not the export. */
static const char *const inherited[] = {"InstanceID", "ElementName", "Caption", "Description"};

static gboolean
is_inherited(const char *name)
{
    for (gsize i = 0; i < G_N_ELEMENTS(inherited); i++) {
        if (g_ascii_strcasecmp(inherited[i], name) == 0)
            return TRUE;
    }

    return FALSE;
}

/* WMI puts system properties into every text that it writes: __PATH, __CLASS, __DERIVATION and
 * their like, of the class ___SYSTEM. No class of anybody else's may have names that begin so. */
static gboolean
is_system(xmlNode *node, const char *name)
{
    g_autofree char *origin = xml_attr(node, "CLASSORIGIN");

    return g_str_has_prefix(name, "__") &&
           (!origin || g_ascii_strcasecmp(origin, "___SYSTEM") == 0);
}

/* Some clients say by an attribute that the text of a value is an instance itself. */
static gboolean
is_embedded(xmlNode *property)
{
    for (const xmlAttr *attr = property->properties; attr; attr = attr->next) {
        if (g_ascii_strcasecmp((const char *)attr->name, "EmbeddedObject") == 0)
            return TRUE;
    }

    return FALSE;
}

static gboolean
wrong(GError **error, xmlNode *node, const char *name, const char *complaint)
{
    g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_INVALID_PARAMETER,
                _("Line %ld: property '%s': %s"), xmlGetLineNo(node), name, complaint);
    return FALSE;
}

/* A word's number only: in the CIM form "merge" is no uint16. */
static gboolean
check_type(const Setting *setting, xmlNode *node, const char *name, const char *text,
           GError **error)
{
    gsize digits = strspn(text, "0123456789");

    if (g_str_has_prefix(setting->cim_type, "uint") && (digits == 0 || text[digits] != '\0'))
        return wrong(error, node, name, _("its value is not a number"));
    if (g_str_equal(setting->cim_type, "boolean") && g_ascii_strcasecmp(text, "true") != 0 &&
        g_ascii_strcasecmp(text, "false") != 0)
        return wrong(error, node, name, _("its value is neither TRUE nor FALSE"));

    return TRUE;
}

static gboolean
set_value(VirtSnapExportSettings *self, const Setting *setting, xmlNode *node, const char *name,
          GError **error)
{
    g_autofree char *text = xml_text(node, ".");

    if (xmlChildElementCount(node) > 0)
        return wrong(error, node, name, _("its value is an element"));
    if (!check_type(setting, node, name, text, error))
        return FALSE;
    if (g_str_equal(setting->cim_type, "boolean")) {
        g_autofree char *lower = g_ascii_strdown(text, -1);

        return setting->parse(self, name, lower, error);
    }
    /* An empty string is how some clients say «none». */
    if (*text == '\0' && g_str_equal(setting->cim_type, "string"))
        return TRUE;

    return setting->parse(self, name, text, error);
}

/* The one element of kind @kind in @node, or NULL if there is none. FALSE if there is another, or
 * more than one and not @many; among many some may be NULL, which says nothing. */
static gboolean
find_child(xmlNode *node, const char *kind, gboolean many, const char *name, xmlNode **found,
           GError **error)
{
    *found = NULL;
    for (xmlNode *child = xmlFirstElementChild(node); child;
         child = xmlNextElementSibling(child)) {
        g_autofree char *complaint = NULL;

        if (g_str_equal(child->name, "QUALIFIER") ||
            (many && g_str_equal(child->name, "VALUE.NULL")))
            continue;
        if (g_str_equal(child->name, kind) && (many || !*found)) {
            *found = *found ? *found : child;
            continue;
        }
        complaint = g_strdup_printf(_("<%s> is not expected there"), child->name);
        return wrong(error, child, name, complaint);
    }

    return TRUE;
}

static gboolean
parse_values(VirtSnapExportSettings *self, const Setting *setting, xmlNode *property,
             const char *name, GError **error)
{
    gboolean array = g_str_equal(property->name, "PROPERTY.ARRAY");
    xmlNode *values = property;
    xmlNode *first = NULL;

    if (array != setting->list)
        return wrong(error, property, name,
                     array ? _("it is not an array") : _("it is an array (PROPERTY.ARRAY)"));
    if (array && !find_child(property, "VALUE.ARRAY", FALSE, name, &values, error))
        return FALSE;
    /* No value is NULL: the default stays. */
    if (!values)
        return TRUE;
    if (!find_child(values, "VALUE", array, name, &first, error))
        return FALSE;
    if (first && is_embedded(property))
        return wrong(error, property, name, _("its value is an embedded object"));
    for (xmlNode *node = first; node; node = xml_child(values, "VALUE", node)) {
        if (!set_value(self, setting, node, name, error))
            return FALSE;
    }

    return TRUE;
}

static gboolean
parse_property(VirtSnapExportSettings *self, xmlNode *node, GHashTable *seen, GError **error)
{
    g_autofree char *name = xml_attr(node, "NAME");
    g_autofree char *type = xml_attr(node, "TYPE");
    const Setting *setting = name ? settings_find_cim(name) : NULL;

    if (!name)
        return wrong(error, node, "?", _("it has no NAME"));
    if (is_system(node, name) || (!setting && is_inherited(name)))
        return TRUE;
    if (!setting)
        return wrong(error, node, name, _("the class has no such property"));
    if (!g_hash_table_add(seen, (gpointer)setting))
        return wrong(error, node, name, _("it stands there twice"));
    if (g_strcmp0(type, setting->cim_type) != 0) {
        g_autofree char *complaint =
            g_strdup_printf(_("its type is %s, not %s"), setting->cim_type, type ? type : "?");

        return wrong(error, node, name, complaint);
    }

    return parse_values(self, setting, node, name, error);
}

static gboolean
parse_instance(VirtSnapExportSettings *self, xmlNode *instance, GError **error)
{
    static const char *const properties[] = {"PROPERTY", "PROPERTY.ARRAY", "PROPERTY.REFERENCE",
                                             NULL};
    g_autoptr(GHashTable) seen = g_hash_table_new(NULL, NULL);
    g_autofree char *class_name = xml_attr(instance, "CLASSNAME");

    if (!class_name || g_ascii_strcasecmp(class_name, CLASS_NAME) != 0) {
        g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_INVALID_PARAMETER,
                    _("The instance is of the class '%s', not %s"),
                    class_name ? class_name : "?", CLASS_NAME);
        return FALSE;
    }
    for (xmlNode *node = xmlFirstElementChild(instance); node;
         node = xmlNextElementSibling(node)) {
        if (g_str_equal(node->name, "QUALIFIER"))
            continue;
        if (!g_strv_contains(properties, (const char *)node->name))
            return wrong(error, node, (const char *)node->name, _("no such element is expected"));
        if (!parse_property(self, node, seen, error))
            return FALSE;
    }

    return TRUE;
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

gboolean
settings_parse_cim(VirtSnapExportSettings *self, xmlNode *root, GError **error)
{
    static const char *const wrappers[] = {
        "CIM",          "DECLARATION",         "DECLGROUP",
        "DECLGROUP.WITHNAME", "DECLGROUP.WITHPATH",  "VALUE.OBJECT",
        "VALUE.NAMEDOBJECT",  "VALUE.NAMEDINSTANCE", "VALUE.OBJECTWITHPATH",
        "VALUE.INSTANCEWITHPATH", "VALUE.OBJECTWITHLOCALPATH", NULL};

    /* Down through what may stand around an instance, which must be alone in it. */
    for (xmlNode *node = root; node; node = only_child(node)) {
        if (g_str_equal(node->name, "INSTANCE"))
            return parse_instance(self, node, error);
        if (!g_strv_contains(wrappers, (const char *)node->name))
            break;
    }
    g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_INVALID_PARAMETER,
                _("<%s> is neither <exportsettings> nor holds one CIM-XML <INSTANCE>"),
                root->name);

    return FALSE;
}
