/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <json-glib/json-glib.h>

#include "drivers/qemu/qemu-image.h"

static void
describe_image_file(JsonBuilder *json, const Layer *layer, gboolean lock)
{
    json_builder_begin_object(json);
    json_builder_set_member_name(json, "driver");
    json_builder_add_string_value(json, layer->block ? "host_device" : "file");
    json_builder_set_member_name(json, "filename");
    json_builder_add_string_value(json, layer->path);
    json_builder_set_member_name(json, "locking");
    json_builder_add_string_value(json, lock ? "auto" : "off");
    json_builder_end_object(json);
}

static void
describe_limited_file(JsonBuilder *json, const Layer *layer, const char *group)
{
    json_builder_begin_object(json);
    json_builder_set_member_name(json, "driver");
    json_builder_add_string_value(json, "throttle");
    json_builder_set_member_name(json, "throttle-group");
    json_builder_add_string_value(json, group);
    json_builder_set_member_name(json, "file");
    describe_image_file(json, layer, TRUE);
    json_builder_end_object(json);
}

/* @group: (nullable): the throttle group of the top image. */
static void
describe_image_layer(JsonBuilder *json, const Layer *layer, gboolean lock, const char *group)
{
    json_builder_begin_object(json);
    json_builder_set_member_name(json, "driver");
    json_builder_add_string_value(json, layer->format);
    json_builder_set_member_name(json, "file");
    if (group)
        describe_limited_file(json, layer, group);
    else
        describe_image_file(json, layer, lock);
    if (g_str_equal(layer->format, "qcow2")) {
        json_builder_set_member_name(json, "backing");
        /* A base has an explicit null, because otherwise QEMU would follow the reference in its
         * header. */
        if (layer->backing)
            describe_image_layer(json, layer->backing, lock, NULL);
        else
            json_builder_add_null_value(json);
    }
    json_builder_end_object(json);
}

static char *
describe_image(const Layer *top, gboolean lock, const char *group)
{
    g_autoptr(JsonBuilder) json = json_builder_new();
    g_autoptr(JsonNode) root = NULL;
    g_autofree char *text = NULL;

    describe_image_layer(json, top, lock, group);
    root = json_builder_get_root(json);
    text = json_to_string(root, FALSE);

    return g_strconcat("json:", text, NULL);
}

char *
qemu_image_describe(const Layer *top, gboolean lock)
{
    return describe_image(top, lock, NULL);
}

char *
qemu_image_describe_for_writing(const Layer *top, const char *group)
{
    return describe_image(top, TRUE, group);
}
