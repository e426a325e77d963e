/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <glib/gi18n-lib.h>
#include <inttypes.h>
#include <string.h>

#include "import/import-settings.h"
#include "util/name.h"
#include "util/xml.h"

#define WHAT _("the import settings")

/* --- reading a document that is valid against the schema ---------------------- */

static guint64
read_settings_number(xmlNode *root, const char *path)
{
    g_autofree char *text = xml_text(root, path);

    return text ? g_ascii_strtoull(g_strstrip(text), NULL, 10) : 0;
}

static void
add_settings_texts(GPtrArray *to, xmlNode *root, const char *name)
{
    for (xmlNode *node = NULL; (node = xml_child(root, name, node));)
        g_ptr_array_add(to, xml_text(node, "."));
}

static gboolean
add_renames(ImportSettings *self, xmlNode *root, GError **error)
{
    for (xmlNode *node = NULL; (node = xml_child(root, "rename", node));) {
        g_autofree char *from = xml_attr(node, "from");
        g_autofree char *to = xml_attr(node, "to");

        if (!name_check(to, _("domain"), error))
            return FALSE;
        if (g_hash_table_contains(self->renames, from)) {
            g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_INVALID_PARAMETER,
                        _("The domain '%s' is renamed twice; give it one name"), from);
            return FALSE;
        }
        g_hash_table_insert(self->renames, g_steal_pointer(&from), g_steal_pointer(&to));
    }

    return TRUE;
}

static gboolean
read_root(ImportSettings *self, xmlNode *root, GError **error)
{
    g_autofree char *mac = xml_text(root, "./mac");

    add_settings_texts(self->domains, root, "domain");
    add_settings_texts(self->trust, root, "trust");
    self->pool = xml_text(root, "./pool");
    self->suffix = xml_text(root, "./suffix");
    self->new_uuid = xml_is_yes(root, "./newUuid", FALSE);
    self->new_mac = mac && g_str_equal(g_strstrip(mac), "new");
    self->with_snapshots = xml_is_yes(root, "./snapshots", FALSE);
    self->start = xml_is_yes(root, "./start", FALSE);
    self->define = xml_is_yes(root, "./define", TRUE);
    self->force_host = xml_is_yes(root, "./forceHost", FALSE);
    self->in_place = xml_is_yes(root, "./inPlace", FALSE);
    self->bandwidth = read_settings_number(root, "./bandwidth");
    self->parallel = (guint)read_settings_number(root, "./parallel");

    return add_renames(self, root, error) && import_settings_check(self, error);
}

ImportSettings *
import_settings_parse(const char *text, GError **error)
{
    g_autoptr(ImportSettings) self = import_settings_new();
    g_autoptr(xmlDoc) doc = NULL;

    if (!text || *text == '\0')
        return g_steal_pointer(&self);
    doc = xml_parse(text, strlen(text), WHAT, error);
    if (!doc || !xml_validate(doc, "importsettings.rng", WHAT, error) ||
        !read_root(self, xmlDocGetRootElement(doc), error))
        return NULL;

    return g_steal_pointer(&self);
}

/* --- writing ------------------------------------------------------------------ */

static void
add_settings_number(xmlNode *root, const char *name, guint64 value)
{
    g_autofree char *text = g_strdup_printf("%" PRIu64, value);

    if (value > 0)
        xml_add(root, name, text);
}

static void
add_choice(xmlNode *root, const char *name, gboolean is, const char *text)
{
    if (is)
        xml_add(root, name, text);
}

static void
add_lists(xmlNode *root, const ImportSettings *self)
{
    GHashTableIter iter;
    gpointer from, to;

    for (guint i = 0; i < self->domains->len; i++)
        xml_add(root, "domain", g_ptr_array_index(self->domains, i));
    g_hash_table_iter_init(&iter, self->renames);
    while (g_hash_table_iter_next(&iter, &from, &to)) {
        xmlNode *node = xml_add(root, "rename", NULL);

        xml_set(node, "from", from);
        xml_set(node, "to", to);
    }
    for (guint i = 0; i < self->trust->len; i++)
        xml_add(root, "trust", g_ptr_array_index(self->trust, i));
}

char *
import_settings_format(const ImportSettings *self)
{
    g_autoptr(xmlDoc) doc = xmlNewDoc(BAD_CAST "1.0");
    xmlNode *root = xmlNewNode(NULL, BAD_CAST "importsettings");

    xmlDocSetRootElement(doc, root);
    add_lists(root, self);
    add_choice(root, "pool", self->pool != NULL, self->pool);
    add_choice(root, "suffix", self->suffix != NULL, self->suffix);
    add_choice(root, "newUuid", self->new_uuid, "yes");
    add_choice(root, "mac", self->new_mac, "new");
    add_choice(root, "snapshots", self->with_snapshots, "yes");
    add_choice(root, "start", self->start, "yes");
    add_choice(root, "define", !self->define, "no");
    add_choice(root, "forceHost", self->force_host, "yes");
    add_choice(root, "inPlace", self->in_place, "yes");
    add_settings_number(root, "bandwidth", self->bandwidth);
    add_settings_number(root, "parallel", self->parallel);

    return xml_doc_to_string(doc);
}
