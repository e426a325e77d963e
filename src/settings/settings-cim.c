/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <glib/gi18n-lib.h>
#include <string.h>

#include "settings/cim-instance.h"
#include "settings/settings-private.h"
#include "util/xml.h"

/* CIM-XML (DMTF DSP0201): an <INSTANCE CLASSNAME="…"> with elements <PROPERTY NAME="…"
 * TYPE="…"><VALUE>…. The case of class and property names does not matter, and clients may wrap the
 * instance in other elements. */

#define CLASS_NAME "Msvm_CollectionSnapshotExportSettingData"

/* Properties that are inherited from CIM_SettingData. They describe the instance, not the export,
 * and are ignored. */
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

/* Whether an attribute, as some clients write it, says that the value is an embedded instance. */
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
wrong_property(GError **error, xmlNode *node, const char *name, const char *complaint)
{
    g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_INVALID_PARAMETER,
                _("Line %ld: property '%s': %s"), xmlGetLineNo(node), name, complaint);
    return FALSE;
}

/* Checks that the type of the property and the form of its value match. For a setting with words
 * the CIM form must be the number: "merge" is not a uint16. */
static gboolean
check_property_type(const Setting *setting, xmlNode *node, const char *name, const char *text,
                    GError **error)
{
    gsize digits = strspn(text, "0123456789");

    if (g_str_has_prefix(setting->cim_type, "uint") && (digits == 0 || text[digits] != '\0'))
        return wrong_property(error, node, name, _("its value is not a number"));
    if (g_str_equal(setting->cim_type, "boolean") && g_ascii_strcasecmp(text, "true") != 0 &&
        g_ascii_strcasecmp(text, "false") != 0)
        return wrong_property(error, node, name, _("its value is neither TRUE nor FALSE"));

    return TRUE;
}

static gboolean
set_cim_value(VirtSnapExportSettings *self, const Setting *setting, xmlNode *node, const char *name,
              GError **error)
{
    g_autofree char *text = xml_text(node, ".");

    if (xmlChildElementCount(node) > 0)
        return wrong_property(error, node, name, _("its value is an element"));
    if (!check_property_type(setting, node, name, text, error))
        return FALSE;
    if (g_str_equal(setting->cim_type, "boolean")) {
        g_autofree char *lower = g_ascii_strdown(text, -1);

        return setting->parse(self, name, lower, error);
    }
    /* Some clients send an empty string for a value that is not set. */
    if (*text == '\0' && g_str_equal(setting->cim_type, "string"))
        return TRUE;

    return setting->parse(self, name, text, error);
}

/* Finds the element @kind in @node; *@found is NULL if there is none. FALSE if there is any other
 * element, or more than one @kind without @many. With @many, elements VALUE.NULL are allowed and
 * ignored. */
static gboolean
find_cim_child(xmlNode *node, const char *kind, gboolean many, const char *name, xmlNode **found,
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
        return wrong_property(error, child, name, complaint);
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
        return wrong_property(error, property, name,
                              array ? _("it is not an array")
                                    : _("it is an array (PROPERTY.ARRAY)"));
    if (array && !find_cim_child(property, "VALUE.ARRAY", FALSE, name, &values, error))
        return FALSE;
    /* A property without a value is NULL in CIM and leaves the default. */
    if (!values)
        return TRUE;
    if (!find_cim_child(values, "VALUE", array, name, &first, error))
        return FALSE;
    if (first && is_embedded(property))
        return wrong_property(error, property, name, _("its value is an embedded object"));
    for (xmlNode *node = first; node; node = xml_child(values, "VALUE", node)) {
        if (!set_cim_value(self, setting, node, name, error))
            return FALSE;
    }

    return TRUE;
}

static gboolean
parse_cim_property(VirtSnapExportSettings *self, xmlNode *node, GHashTable *seen, GError **error)
{
    g_autofree char *name = xml_attr(node, "NAME");
    g_autofree char *type = xml_attr(node, "TYPE");
    const Setting *setting = name ? settings_find_cim(name) : NULL;

    if (!name)
        return wrong_property(error, node, "?", _("it has no NAME"));
    if (cim_property_is_system(node, name) || (!setting && is_inherited(name)))
        return TRUE;
    if (!setting)
        return wrong_property(error, node, name, _("the class has no such property"));
    if (!g_hash_table_add(seen, (gpointer)setting))
        return wrong_property(error, node, name, _("it is given twice"));
    if (g_strcmp0(type, setting->cim_type) != 0) {
        g_autofree char *complaint =
            g_strdup_printf(_("its type is %s, not %s"), setting->cim_type, type ? type : "?");

        return wrong_property(error, node, name, complaint);
    }

    return parse_values(self, setting, node, name, error);
}

static gboolean
parse_instance(VirtSnapExportSettings *self, xmlNode *instance, GError **error)
{
    static const char *const properties[] = {"PROPERTY", "PROPERTY.ARRAY", "PROPERTY.REFERENCE",
                                             NULL};
    g_autoptr(GHashTable) seen = g_hash_table_new(NULL, NULL);

    for (xmlNode *node = xmlFirstElementChild(instance); node;
         node = xmlNextElementSibling(node)) {
        if (g_str_equal(node->name, "QUALIFIER"))
            continue;
        if (!g_strv_contains(properties, (const char *)node->name))
            return wrong_property(error, node, (const char *)node->name,
                                  _("no such element is expected"));
        if (!parse_cim_property(self, node, seen, error))
            return FALSE;
    }

    return TRUE;
}

gboolean
settings_parse_cim(VirtSnapExportSettings *self, xmlNode *root, GError **error)
{
    xmlNode *instance = cim_instance_find(root, CLASS_NAME, "exportsettings", error);

    return instance && parse_instance(self, instance, error);
}
