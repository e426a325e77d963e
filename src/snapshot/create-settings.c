/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <glib/gi18n-lib.h>
#include <string.h>

#include "settings/cim-instance.h"
#include "snapshot/create-settings.h"
#include "util/name.h"
#include "util/xml.h"

#define SCHEMA "snapshotsettings.rng"
#define CLASS_NAME "Msvm_VirtualSystemSnapshotSettingData"
#define TEXT_BYTES_MAX ((gsize)64 * 1024)

/* The settings that are read from a text, and the name that the text gives to the snapshot. */
typedef struct {
    CreateSettings settings;
    char *name;
} Parsed;

static void
take_snapshot_name(Parsed *self, char *name)
{
    g_free(self->name);
    self->name = name;
}

static gboolean
wrong_setting(const char *name, const char *text, GError **error)
{
    g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_INVALID_PARAMETER,
                _("Snapshot settings: '%s' cannot be '%s'"), name, text ? text : "");

    return FALSE;
}

/* --- our own form -------------------------------------------------------------------------- */

static void
take_consistency(Parsed *self, xmlNode *root)
{
    g_autofree char *level = xml_text(root, "./consistency");

    if (!level)
        return;
    g_strstrip(level);
    create_settings_choose(&self->settings, g_str_equal(level, "application") ? MOMENT_FREEZE
                                            : g_str_equal(level, "crash")     ? MOMENT_PAUSE
                                                                              : MOMENT_NONE);
}

static gboolean
parse_native(Parsed *self, xmlDoc *doc, GError **error)
{
    xmlNode *root = xmlDocGetRootElement(doc);
    g_autofree char *timeout = NULL;

    if (!xml_validate(doc, SCHEMA, _("snapshot settings"), error))
        return FALSE;
    take_consistency(self, root);
    timeout = xml_text(root, "./timeout");
    take_snapshot_name(self, xml_text(root, "./name"));
    self->settings.best_effort = xml_is_yes(root, "./bestEffort", FALSE);
    self->settings.internal = xml_is_yes(root, "./internal", FALSE);
    self->settings.reference_point = xml_is_yes(root, "./referencePoint", FALSE);
    self->settings.timeout = timeout ? g_ascii_strtoull(timeout, NULL, 10) : 0;

    return TRUE;
}

/* --- CIM-XML --------------------------------------------------------------------------------- */

/* 0 is Hyper-V's "unknown", which is no choice. */
static gboolean
take_level(Parsed *self, const char *name, const char *text, GError **error)
{
    if (g_str_equal(text, "1"))
        create_settings_choose(&self->settings, MOMENT_FREEZE);
    else if (g_str_equal(text, "2"))
        create_settings_choose(&self->settings, MOMENT_PAUSE);
    else if (!g_str_equal(text, "0"))
        return wrong_setting(name, text, error);

    return TRUE;
}

static gboolean
take_element_name(Parsed *self, const char *name, const char *text, GError **error)
{
    take_snapshot_name(self, *text ? g_strdup(text) : NULL);

    return TRUE;
}

/* Refuses IgnoreNonSnapshottableDisks: disks are left out by snapshot='no' in the domain's XML
 * only. */
static gboolean
refuse_ignoring(Parsed *self, const char *name, const char *text, GError **error)
{
    if (g_ascii_strcasecmp(text, "false") == 0)
        return TRUE;
    if (g_ascii_strcasecmp(text, "true") != 0)
        return wrong_setting(name, text, error);
    g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_NOT_SUPPORTED,
                _("Snapshot settings: '%s' is not supported; snapshot='no' in the domain's XML "
                  "leaves a disk out"),
                name);

    return FALSE;
}

/* Refuses a kind of backup, because QEMU's guest agent does not know any. */
static gboolean
refuse_backup_type(Parsed *self, const char *name, const char *text, GError **error)
{
    if (g_str_equal(text, "0"))
        return TRUE;
    g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_NOT_SUPPORTED,
                _("Snapshot settings: '%s' is not supported; leave it out, or give 0"), name);

    return FALSE;
}

static gboolean
take_flag(gboolean *flag, const char *name, const char *text, GError **error)
{
    *flag = g_ascii_strcasecmp(text, "true") == 0;

    return *flag || g_ascii_strcasecmp(text, "false") == 0 || wrong_setting(name, text, error);
}

static gboolean
take_best_effort(Parsed *self, const char *name, const char *text, GError **error)
{
    return take_flag(&self->settings.best_effort, name, text, error);
}

static gboolean
take_internal(Parsed *self, const char *name, const char *text, GError **error)
{
    return take_flag(&self->settings.internal, name, text, error);
}

static gboolean
take_reference_point(Parsed *self, const char *name, const char *text, GError **error)
{
    return take_flag(&self->settings.reference_point, name, text, error);
}

static gboolean
take_timeout(Parsed *self, const char *name, const char *text, GError **error)
{
    guint64 value;

    if (!g_ascii_string_to_unsigned(text, 10, 1, MOMENT_TIMEOUT_MAX, &value, NULL))
        return wrong_setting(name, text, error);
    self->settings.timeout = (guint)value;

    return TRUE;
}

static gboolean
ignore_property(Parsed *self, const char *name, const char *text, GError **error)
{
    return TRUE;
}

static const struct {
    const char *name;
    const char *type;
    gboolean (*take)(Parsed *self, const char *name, const char *text, GError **error);
} properties[] = {
    {"ConsistencyLevel", "uint8", take_level},
    {"IgnoreNonSnapshottableDisks", "boolean", refuse_ignoring},
    {"GuestBackupType", "uint8", refuse_backup_type},
    {"ElementName", "string", take_element_name},
    {"InstanceID", "string", ignore_property},
    {"Caption", "string", ignore_property},
    {"Description", "string", ignore_property},
    /* What the class does not have, with the names of our own form. */
    {"bestEffort", "boolean", take_best_effort},
    {"internal", "boolean", take_internal},
    {"referencePoint", "boolean", take_reference_point},
    {"timeout", "uint32", take_timeout},
};

static gboolean
parse_create_property(Parsed *self, xmlNode *node, GError **error)
{
    g_autofree char *name = xml_attr(node, "NAME");
    g_autofree char *type = xml_attr(node, "TYPE");
    g_autofree char *text = xml_text(node, "./VALUE");

    if (name && cim_property_is_system(node, name))
        return TRUE;
    for (gsize i = 0; name && i < G_N_ELEMENTS(properties); i++) {
        if (g_ascii_strcasecmp(properties[i].name, name) != 0)
            continue;
        if (g_strcmp0(properties[i].type, type) != 0)
            return wrong_setting(name, type, error);
        /* A property without a value keeps its default. */
        return !text || properties[i].take(self, name, text, error);
    }
    g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_INVALID_PARAMETER,
                _("Snapshot settings: the class has no property '%s'"), name ? name : "?");

    return FALSE;
}

static gboolean
parse_cim(Parsed *self, xmlNode *root, GError **error)
{
    xmlNode *instance = cim_instance_find(root, CLASS_NAME, "snapshotsettings", error);

    if (!instance)
        return FALSE;
    for (xmlNode *node = xmlFirstElementChild(instance); node;
         node = xmlNextElementSibling(node)) {
        gboolean property = g_str_equal(node->name, "PROPERTY");

        if (g_str_equal(node->name, "QUALIFIER"))
            continue;
        if (!property && !g_str_has_prefix((const char *)node->name, "PROPERTY."))
            return wrong_setting("INSTANCE", (const char *)node->name, error);
        if (!parse_create_property(self, node, error))
            return FALSE;
    }

    return TRUE;
}

/* --- the whole --------------------------------------------------------------------- */

static gboolean
parse_text(Parsed *self, const char *text, GError **error)
{
    g_autoptr(xmlDoc) doc = NULL;
    xmlNode *root;

    if (strlen(text) > TEXT_BYTES_MAX) {
        g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_INVALID_PARAMETER,
                    _("Snapshot settings have at most %zu bytes"), TEXT_BYTES_MAX);
        return FALSE;
    }
    doc = xml_parse(text, strlen(text), _("snapshot settings"), error);
    if (!doc)
        return FALSE;
    root = xmlDocGetRootElement(doc);

    return g_str_equal(root->name, "snapshotsettings") ? parse_native(self, doc, error)
                                                       : parse_cim(self, root, error);
}

static gboolean
take_type(Parsed *self, guint type, GError **error)
{
    if (type != CREATE_TYPE_STANDARD && type != CREATE_TYPE_RECOVERY) {
        g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_INVALID_PARAMETER,
                    _("The type of a snapshot is 1 (standard, with memory) or 2 (recovery, disks "
                      "only), not %u"),
                    type);
        return FALSE;
    }
    self->settings.memory = type == CREATE_TYPE_STANDARD;

    return create_settings_check(&self->settings, error);
}

gboolean
create_settings_parse(const char *text, guint type, CreateSettings *settings, char **name,
                      GError **error)
{
    Parsed self = {0};
    gboolean ok;

    create_settings_default(&self.settings);
    ok = (!*text || parse_text(&self, text, error)) && take_type(&self, type, error) &&
         (!self.name || name_check(self.name, _("snapshot"), error));
    if (ok && name)
        *name = g_steal_pointer(&self.name);
    g_free(self.name);
    *settings = self.settings;

    return ok;
}
