/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <glib/gi18n-lib.h>
#include <json-glib/json-glib.h>
#include <string.h>

#include "image/backing-reference.h"
#include "util/json-text.h"

#define FILE_PREFIX "file:"
#define JSON_PREFIX "json:"

/* The supported keys of a "json:" reference, nested objects written in QEMU's flattened form
 * ("file.driver"). */
enum { KEY_DRIVER, KEY_FILE_DRIVER, KEY_FILE_FILENAME, KEY_FILENAME, N_KEYS };

static const char *const key_names[N_KEYS] = {
    [KEY_DRIVER] = "driver",
    [KEY_FILE_DRIVER] = "file.driver",
    [KEY_FILE_FILENAME] = "file.filename",
    [KEY_FILENAME] = "filename",
};

typedef struct {
    const char *values[N_KEYS]; /* owned by the JSON document; NULL: not given */
    const char *what;
} Description;

void
backing_reference_free(BackingReference *reference)
{
    if (!reference)
        return;
    g_free(reference->path);
    g_free(reference->format);
    g_free(reference);
}

static BackingReference *
reference_new(const char *path, const char *format)
{
    BackingReference *reference = g_new0(BackingReference, 1);

    reference->path = g_strdup(path);
    reference->format = g_strdup(format);

    return reference;
}

/* QEMU's rule: a colon before the first slash makes it a protocol. */
static gboolean
is_protocol(const char *name)
{
    return name[strcspn(name, ":/")] == ':';
}

static void
refuse_reference(const char *text, const char *what, GError **error)
{
    g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_NOT_SUPPORTED,
                _("'%s' names '%s' as its backing image, which is no local path; only local "
                  "files are supported"),
                what, text);
}

static gboolean
refuse_key(const char *key, const char *what, GError **error)
{
    g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_NOT_SUPPORTED,
                _("'%s' describes its backing image by json:, and '%s' in it is not supported; "
                  "only the path of a local qcow2 or raw file is"),
                what, key);
    return FALSE;
}

/* --- file: ------------------------------------------------------------------ */

/* QEMU takes everything behind "file:" as a path. Refused are "file://HOST/path", which other
 * programs read as a URL with a host, and relative paths, which QEMU would resolve against its own
 * working directory. */
static BackingReference *
parse_file_url(const char *text, const char *what, GError **error)
{
    const char *path = text + strlen(FILE_PREFIX);

    if (*path == '/' && (path[1] != '/' || path[2] == '/'))
        return reference_new(path, NULL);
    refuse_reference(text, what, error);

    return NULL;
}

/* --- json: ------------------------------------------------------------------ */

static gboolean
take_json_value(Description *self, const char *key, JsonNode *node, GError **error)
{
    for (guint i = 0; i < N_KEYS; i++) {
        if (!g_str_equal(key, key_names[i]))
            continue;
        if (self->values[i] || !JSON_NODE_HOLDS_VALUE(node) ||
            json_node_get_value_type(node) != G_TYPE_STRING)
            break;
        self->values[i] = json_node_get_string(node);
        return TRUE;
    }

    return refuse_key(key, self->what, error);
}

static gboolean
take_members(Description *self, const char *prefix, JsonObject *object, GError **error)
{
    g_autoptr(GList) names = json_object_get_members(object);

    for (GList *one = names; one; one = one->next) {
        g_autofree char *key = g_strconcat(prefix, one->data, NULL);
        JsonNode *node = json_object_get_member(object, one->data);
        gboolean nested = g_str_equal(key, "file") && JSON_NODE_HOLDS_OBJECT(node);

        if (nested ? !take_members(self, "file.", json_node_get_object(node), error)
                   : !take_json_value(self, key, node, error))
            return FALSE;
    }

    return TRUE;
}

/* The drivers with which QEMU opens local files and block devices. */
static gboolean
is_local_driver(const char *driver)
{
    return g_str_equal(driver, "file") || g_str_equal(driver, "host_device");
}

/* Makes a reference of the description if it is either a format driver on top of a file driver or a
 * file driver alone. QEMU would open any other combination differently, or not at all. */
static BackingReference *
compose_reference(const Description *self, GError **error)
{
    const char *driver = self->values[KEY_DRIVER];
    const char *below = self->values[KEY_FILE_DRIVER];
    gboolean alone = self->values[KEY_FILENAME] != NULL;
    const char *path = self->values[alone ? KEY_FILENAME : KEY_FILE_FILENAME];
    gboolean format = driver && (g_str_equal(driver, "qcow2") || g_str_equal(driver, "raw"));
    const char *wrong = NULL;
    BackingReference *reference;

    if (driver && !format && !(alone && is_local_driver(driver)))
        wrong = key_names[KEY_DRIVER];
    else if (alone && (format || below || self->values[KEY_FILE_FILENAME]))
        wrong = key_names[KEY_FILENAME];
    else if (below && !is_local_driver(below))
        wrong = key_names[KEY_FILE_DRIVER];
    else if (!path || !g_path_is_absolute(path))
        wrong = key_names[alone ? KEY_FILENAME : KEY_FILE_FILENAME];
    if (wrong) {
        refuse_key(wrong, self->what, error);
        return NULL;
    }

    reference = reference_new(path, format ? driver : NULL);
    reference->device = g_strcmp0(alone ? driver : below, "host_device") == 0;

    return reference;
}

/* @parser: owns what is returned, NULL if @text is not a single object. */
static JsonObject *
load_json(JsonParser *parser, const char *text)
{
    const char *json = text + strlen(JSON_PREFIX);
    JsonNode *root;

    /* An escaped zero byte would truncate the path. */
    if (strstr(json, "\\u0000") || !json_text_is_object(json) ||
        !json_parser_load_from_data(parser, json, -1, NULL))
        return NULL;
    root = json_parser_get_root(parser);

    return root && JSON_NODE_HOLDS_OBJECT(root) ? json_node_get_object(root) : NULL;
}

static BackingReference *
parse_json(const char *text, const char *what, GError **error)
{
    g_autoptr(JsonParser) parser = json_parser_new();
    JsonObject *object = load_json(parser, text);
    Description self = {.what = what};

    if (!object) {
        refuse_reference(text, what, error);
        return NULL;
    }
    if (!take_members(&self, "", object, error))
        return NULL;

    return compose_reference(&self, error);
}

/* --- what is elsewhere ------------------------------------------------------ */

/* QEMU's drivers of images that other servers have. "nbd" and "ssh" may lead back to this host, but
 * then a server has the image open. */
static gboolean
is_remote_driver(const char *driver)
{
    static const char *const remote[] = {"ftp", "ftps", "gluster", "http",     "https", "iscsi",
                                         "nbd", "nfs",  "rbd",     "sheepdog", "ssh",   "vxhs",
                                         NULL};

    return g_strv_contains(remote, driver);
}

static const char *
get_string(JsonObject *object, const char *key)
{
    JsonNode *node = json_object_get_member(object, key);

    return node && JSON_NODE_HOLDS_VALUE(node) && json_node_get_value_type(node) == G_TYPE_STRING
               ? json_node_get_string(node)
               : NULL;
}

/* Whether the description itself gives another image that is needed, instead of what the header on
 * the server says. */
static gboolean
gives_other_image(JsonObject *object)
{
    g_autoptr(GList) names = json_object_get_members(object);

    for (GList *one = names; one; one = one->next) {
        if (g_str_has_prefix(one->data, "backing") || g_str_has_prefix(one->data, "data-file"))
            return TRUE;
    }

    return FALSE;
}

/* Whether the description is a network driver, or a format driver directly on top of one. */
static gboolean
is_remote_object(JsonObject *object)
{
    JsonNode *file = json_object_get_member(object, "file");
    const char *driver = get_string(object, "driver");
    const char *below = get_string(object, "file.driver");

    if (driver && is_remote_driver(driver))
        return TRUE;
    if (driver && !g_str_equal(driver, "raw") && !g_str_equal(driver, "qcow2"))
        return FALSE;
    if (gives_other_image(object))
        return FALSE;
    if (file && JSON_NODE_HOLDS_OBJECT(file))
        below = get_string(json_node_get_object(file), "driver");

    return below && is_remote_driver(below);
}

gboolean
backing_reference_is_remote(const char *text)
{
    g_autoptr(JsonParser) parser = json_parser_new();
    g_autofree char *protocol = g_strndup(text, strcspn(text, ":+"));
    JsonObject *object;

    if (!is_protocol(text))
        return FALSE;
    if (!g_str_has_prefix(text, JSON_PREFIX))
        return is_remote_driver(protocol);
    object = load_json(parser, text);

    return object && is_remote_object(object);
}

/* --- the whole ---------------------------------------------------------------- */

char *
backing_reference_locate(const char *referrer, const char *path)
{
    g_autofree char *directory = NULL;

    if (g_path_is_absolute(path))
        return g_strdup(path);
    directory = g_path_get_dirname(referrer);

    return g_build_filename(directory, path, NULL);
}

BackingReference *
backing_reference_parse(const char *text, const char *what, GError **error)
{
    if (!is_protocol(text))
        return reference_new(text, NULL);
    if (g_str_has_prefix(text, FILE_PREFIX))
        return parse_file_url(text, what, error);
    if (g_str_has_prefix(text, JSON_PREFIX))
        return parse_json(text, what, error);
    refuse_reference(text, what, error);

    return NULL;
}
