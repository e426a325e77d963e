/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <fcntl.h>
#include <glib/gi18n-lib.h>
#include <json-glib/json-glib.h>
#include <string.h>

#include "import/firmware.h"
#include "util/fd.h"
#include "util/json-text.h"

/* Real descriptors have some dozen; the parser calls itself for each one inside another. */
#define BRACKETS 1000

/* --- values ------------------------------------------------------------------------ */

static void
target_free(gpointer data)
{
    FirmwareTarget *self = data;

    g_free(self->architecture);
    g_ptr_array_unref(self->machines);
    g_free(self);
}

static Firmware *
firmware_new(const char *descriptor)
{
    Firmware *self = g_new0(Firmware, 1);

    self->descriptor = g_strdup(descriptor);
    self->interfaces = g_ptr_array_new_with_free_func(g_free);
    self->targets = g_ptr_array_new_with_free_func(target_free);
    self->features = g_ptr_array_new_with_free_func(g_free);

    return self;
}

void
firmware_free(Firmware *self)
{
    if (!self)
        return;
    g_free(self->descriptor);
    g_ptr_array_unref(self->interfaces);
    g_free(self->device);
    g_free(self->mode);
    g_free(self->executable);
    g_free(self->format);
    g_free(self->variables);
    g_free(self->variables_format);
    g_ptr_array_unref(self->targets);
    g_ptr_array_unref(self->features);
    g_free(self);
}

static gboolean
has_word(GPtrArray *words, const char *word)
{
    return g_ptr_array_find_with_equal_func(words, word, g_str_equal, NULL);
}

gboolean
firmware_has_feature(const Firmware *self, const char *name)
{
    return has_word(self->features, name);
}

gboolean
firmware_has_interface(const Firmware *self, const char *name)
{
    return has_word(self->interfaces, name);
}

/* The descriptors have QEMU's names of architectures, and domains those of libvirt. */
static const char *
domain_arch(const char *name)
{
    if (g_str_equal(name, "i386"))
        return "i686";

    return g_str_equal(name, "arm") ? "armv7l" : name;
}

static gboolean
matches_any(GPtrArray *patterns, const char *machine)
{
    for (guint i = 0; i < patterns->len; i++) {
        if (g_pattern_match_simple(g_ptr_array_index(patterns, i), machine))
            return TRUE;
    }

    return FALSE;
}

gboolean
firmware_runs_on(const Firmware *self, const char *arch, const char *machine)
{
    for (guint i = 0; i < self->targets->len; i++) {
        const FirmwareTarget *target = g_ptr_array_index(self->targets, i);

        if (g_str_equal(domain_arch(target->architecture), arch) &&
            (!machine || matches_any(target->machines, machine)))
            return TRUE;
    }

    return FALSE;
}

/* --- JSON ---------------------------------------------------------------------------- */

static gboolean
refuse_member(const Firmware *self, const char *member, GError **error)
{
    g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_CORRUPT,
                _("'%s' does not describe firmware: its '%s' is missing or not as it has to be"),
                self->descriptor, member);

    return FALSE;
}

/* json-glib's own functions end the program where a member has another type. */
static JsonObject *
get_object(JsonObject *object, const char *member)
{
    JsonNode *node = object ? json_object_get_member(object, member) : NULL;

    return node && JSON_NODE_HOLDS_OBJECT(node) ? json_node_get_object(node) : NULL;
}

static const char *
get_string(JsonObject *object, const char *member)
{
    JsonNode *node = object ? json_object_get_member(object, member) : NULL;

    if (!node || !JSON_NODE_HOLDS_VALUE(node) || json_node_get_value_type(node) != G_TYPE_STRING)
        return NULL;

    return json_node_get_string(node);
}

static gboolean
take_strings(const Firmware *self, JsonObject *object, const char *member, GPtrArray *to,
             GError **error)
{
    JsonNode *node = json_object_get_member(object, member);
    JsonArray *array = node && JSON_NODE_HOLDS_ARRAY(node) ? json_node_get_array(node) : NULL;

    if (!array)
        return refuse_member(self, member, error);
    for (guint i = 0; i < json_array_get_length(array); i++) {
        JsonNode *element = json_array_get_element(array, i);

        if (!JSON_NODE_HOLDS_VALUE(element) || json_node_get_value_type(element) != G_TYPE_STRING)
            return refuse_member(self, member, error);
        g_ptr_array_add(to, g_strdup(json_node_get_string(element)));
    }

    return TRUE;
}

static gboolean
take_target(Firmware *self, JsonNode *node, GError **error)
{
    JsonObject *object = JSON_NODE_HOLDS_OBJECT(node) ? json_node_get_object(node) : NULL;
    const char *architecture = get_string(object, "architecture");
    FirmwareTarget *target;

    if (!architecture)
        return refuse_member(self, "targets", error);
    target = g_new0(FirmwareTarget, 1);
    target->architecture = g_strdup(architecture);
    target->machines = g_ptr_array_new_with_free_func(g_free);
    g_ptr_array_add(self->targets, target);

    return take_strings(self, object, "machines", target->machines, error);
}

static gboolean
take_targets(Firmware *self, JsonObject *root, GError **error)
{
    JsonNode *node = json_object_get_member(root, "targets");
    JsonArray *array = node && JSON_NODE_HOLDS_ARRAY(node) ? json_node_get_array(node) : NULL;

    if (!array)
        return refuse_member(self, "targets", error);
    for (guint i = 0; i < json_array_get_length(array); i++) {
        if (!take_target(self, json_array_get_element(array, i), error))
            return FALSE;
    }

    return TRUE;
}

/* A file with its format. */
static gboolean
take_file(const Firmware *self, JsonObject *mapping, const char *member, char **path,
          char **format, GError **error)
{
    JsonObject *object = get_object(mapping, member);
    const char *name = get_string(object, "filename");
    const char *kind = get_string(object, "format");

    if (!name || !g_path_is_absolute(name) || !kind)
        return refuse_member(self, member, error);
    *path = g_strdup(name);
    *format = g_strdup(kind);

    return TRUE;
}

/* Descriptors before QEMU 7.1 have no mode: all of them were split. */
static gboolean
take_flash(Firmware *self, JsonObject *mapping, GError **error)
{
    const char *mode = get_string(mapping, "mode");

    self->mode = g_strdup(mode ? mode : "split");
    if (!take_file(self, mapping, "executable", &self->executable, &self->format, error))
        return FALSE;

    return !g_str_equal(self->mode, "split") ||
           take_file(self, mapping, "nvram-template", &self->variables, &self->variables_format,
                     error);
}

static gboolean
take_memory(Firmware *self, JsonObject *mapping, GError **error)
{
    const char *path = get_string(mapping, "filename");

    if (!path || !g_path_is_absolute(path))
        return refuse_member(self, "filename", error);
    self->executable = g_strdup(path);
    self->format = g_strdup("raw");

    return TRUE;
}

static gboolean
take_mapping(Firmware *self, JsonObject *root, GError **error)
{
    JsonObject *mapping = get_object(root, "mapping");
    const char *device = get_string(mapping, "device");

    if (!device)
        return refuse_member(self, "mapping", error);
    self->device = g_strdup(device);
    if (g_str_equal(device, "flash"))
        return take_flash(self, mapping, error);
    if (g_str_equal(device, "memory"))
        return take_memory(self, mapping, error);

    /* A kernel, or what a later version of the format has. */
    return TRUE;
}

static gboolean
take_root(Firmware *self, JsonObject *root, GError **error)
{
    return take_strings(self, root, "interface-types", self->interfaces, error) &&
           take_strings(self, root, "features", self->features, error) &&
           take_targets(self, root, error) && take_mapping(self, root, error);
}

static gboolean
is_deep(const char *text, gsize length)
{
    gsize brackets = 0;

    for (gsize i = 0; i < length; i++)
        brackets += text[i] == '[' || text[i] == '{';

    return brackets > BRACKETS;
}

Firmware *
firmware_parse(const char *text, gsize length, const char *descriptor, GError **error)
{
    g_autoptr(Firmware) self = firmware_new(descriptor);
    g_autoptr(JsonParser) parser = json_parser_new();
    g_autofree char *json = g_strndup(text, MIN(length, FIRMWARE_BYTES));
    g_autoptr(GError) why = NULL;
    JsonNode *root;

    if (length > FIRMWARE_BYTES || is_deep(text, length) ||
        !g_utf8_validate_len(text, length, NULL) || !json_text_is_object(json)) {
        refuse_member(self, "JSON", error);
        return NULL;
    }
    if (!json_parser_load_from_data(parser, text, length, &why)) {
        g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_CORRUPT,
                    _("'%s' does not describe firmware: %s"), descriptor, why->message);
        return NULL;
    }
    root = json_parser_get_root(parser);
    if (!root || !JSON_NODE_HOLDS_OBJECT(root)) {
        refuse_member(self, "JSON", error);
        return NULL;
    }
    if (!take_root(self, json_node_get_object(root), error))
        return NULL;

    return g_steal_pointer(&self);
}

/* --- directories --------------------------------------------------------------------- */

char **
firmware_directories(gboolean session)
{
    char **directories = g_new0(char *, 4);

    directories[0] = g_strdup("/usr/share/qemu/firmware");
    directories[1] = g_strdup("/etc/qemu/firmware");
    if (session)
        directories[2] = g_build_filename(g_get_user_config_dir(), "qemu", "firmware", NULL);

    return directories;
}

/* The files by their names, the one of the last directory for each. */
static void
add_directory(GTree *paths, const char *directory)
{
    g_autoptr(GDir) dir = g_dir_open(directory, 0, NULL);
    const char *name;

    while (dir && (name = g_dir_read_name(dir)) != NULL) {
        if (*name != '.' && g_str_has_suffix(name, ".json"))
            g_tree_replace(paths, g_strdup(name), g_build_filename(directory, name, NULL));
    }
}

static char *
read_descriptor(const char *path, gsize *length)
{
    struct stat st;
    auto_fd fd = fd_open_data(AT_FDCWD, path, 0, &st);
    g_autofree char *text = NULL;

    if (fd < 0 || !S_ISREG(st.st_mode) || st.st_size == 0 || st.st_size > (off_t)FIRMWARE_BYTES)
        return NULL;
    *length = st.st_size;
    text = g_malloc(*length);
    if (!fd_pread_all(fd, text, *length, 0, path, NULL))
        return NULL;

    return g_steal_pointer(&text);
}

static gboolean
add_descriptor(gpointer key, gpointer value, gpointer data)
{
    gsize length = 0;
    g_autofree char *text = read_descriptor(value, &length);
    g_autoptr(GError) error = NULL;
    Firmware *firmware = text ? firmware_parse(text, length, value, &error) : NULL;

    (void)key;
    if (firmware)
        g_ptr_array_add(data, firmware);
    else if (error)
        g_debug("%s", error->message);

    return FALSE;
}

static int
compare_names(gconstpointer one, gconstpointer other, gpointer data)
{
    (void)data;

    return strcmp(one, other);
}

GPtrArray *
firmware_list(const char *const *directories)
{
    GPtrArray *list = g_ptr_array_new_with_free_func((GDestroyNotify)firmware_free);
    g_autoptr(GTree) paths = g_tree_new_full(compare_names, NULL, g_free, g_free);

    for (; *directories; directories++)
        add_directory(paths, *directories);
    g_tree_foreach(paths, add_descriptor, list);

    return list;
}
