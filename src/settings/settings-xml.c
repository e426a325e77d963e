/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <glib/gi18n-lib.h>
#include <stdlib.h>

#include "settings/settings-private.h"
#include "util/fd.h"
#include "util/xml.h"

#define TEXT_BYTES_MAX ((gsize)1 << 20)

static gboolean
parse_settings_element(VirtSnapExportSettings *self, xmlNode *node, GHashTable *seen,
                       GError **error)
{
    const char *name = (const char *)node->name;
    const Setting *setting = settings_find(name);
    g_autofree char *text = xml_text(node, ".");

    if (!setting || node->ns) {
        g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_INVALID_PARAMETER,
                    _("Line %ld: there is no setting '%s'"), xmlGetLineNo(node), name);
        return FALSE;
    }
    if (!g_hash_table_add(seen, (gpointer)setting) && !setting->list) {
        g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_INVALID_PARAMETER,
                    _("Line %ld: the setting '%s' is given twice"), xmlGetLineNo(node), name);
        return FALSE;
    }
    if (node->properties || xmlChildElementCount(node) > 0) {
        g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_INVALID_PARAMETER,
                    _("Line %ld: the setting '%s' has no attributes and no elements of its own"),
                    xmlGetLineNo(node), name);
        return FALSE;
    }

    /* White space is stripped except from strings, since a domain's name may begin or end with a
     * blank. */
    if (!g_str_equal(setting->cim_type, "string"))
        g_strstrip(text);

    return setting->parse(self, name, text, error);
}

/* Checks that the document has nothing but known settings. Anything else is refused instead of
 * being ignored. */
static gboolean
check_settings_root(xmlNode *root, GError **error)
{
    gboolean plain = !root->ns && !root->properties;

    for (xmlNode *node = root->children; plain && node; node = node->next)
        plain = (node->type != XML_TEXT_NODE && node->type != XML_CDATA_SECTION_NODE) ||
                xmlIsBlankNode(node);
    if (!plain)
        g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_INVALID_PARAMETER,
                    _("<exportsettings> has neither attributes nor text nor a namespace"));

    return plain;
}

gboolean
settings_parse_native(VirtSnapExportSettings *self, xmlNode *root, GError **error)
{
    g_autoptr(GHashTable) seen = g_hash_table_new(NULL, NULL);

    if (!check_settings_root(root, error))
        return FALSE;
    for (xmlNode *node = xmlFirstElementChild(root); node; node = xmlNextElementSibling(node)) {
        if (!parse_settings_element(self, node, seen, error))
            return FALSE;
    }

    return TRUE;
}

VirtSnapExportSettings *
virt_snap_export_settings_parse(const char *text, gsize length, GError **error)
{
    g_return_val_if_fail(text != NULL || length == 0, NULL);
    g_return_val_if_fail(error == NULL || *error == NULL, NULL);

    g_autoptr(VirtSnapExportSettings) self = virt_snap_export_settings_new();
    g_autoptr(xmlDoc) doc = NULL;
    xmlNode *root;

    if (length > TEXT_BYTES_MAX) {
        g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_INVALID_PARAMETER,
                    _("Export settings have at most %zu bytes, not %zu"),
                    TEXT_BYTES_MAX, length);
        return NULL;
    }
    doc = xml_parse(text, length, _("export settings"), error);
    if (!doc)
        return NULL;
    root = xmlDocGetRootElement(doc);
    if (!(g_str_equal(root->name, "exportsettings") ? settings_parse_native(self, root, error)
                                                    : settings_parse_cim(self, root, error)))
        return NULL;

    return g_steal_pointer(&self);
}

VirtSnapExportSettings *
virt_snap_export_settings_load_file(const char *path, GError **error)
{
    g_return_val_if_fail(path != NULL, NULL);
    g_return_val_if_fail(error == NULL || *error == NULL, NULL);

    /* The settings file may be a symbolic link, so the path is resolved first: file_read_at()
     * follows none. */
    g_autofree char *canonical = realpath(path, NULL);
    g_autoptr(GBytes) bytes = NULL;
    VirtSnapExportSettings *self;

    if (!canonical) {
        virt_snap_error_set_errno(error, errno, _("Cannot open the settings file '%s'"), path);
        return NULL;
    }
    bytes = file_read_at(AT_FDCWD, canonical, TEXT_BYTES_MAX, error);
    if (!bytes)
        return NULL;
    self = virt_snap_export_settings_parse(g_bytes_get_data(bytes, NULL), g_bytes_get_size(bytes),
                                           error);
    if (!self)
        g_prefix_error(error, _("Settings file '%s': "), path);

    return self;
}

char *
virt_snap_export_settings_format(const VirtSnapExportSettings *self)
{
    g_return_val_if_fail(self != NULL, NULL);

    g_autoptr(xmlDoc) doc = xmlNewDoc(BAD_CAST "1.0");
    xmlNode *root = xmlNewNode(NULL, BAD_CAST "exportsettings");

    xmlDocSetRootElement(doc, root);
    for (const Setting *setting = settings_table; setting->name; setting++) {
        char *text;

        for (guint i = 0; (text = setting->format(self, i)); i++) {
            xml_add(root, setting->name, text);
            g_free(text);
        }
    }

    return xml_doc_to_string(doc);
}
