/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <json-glib/json-glib.h>

#include "drivers/qemu/qemu-image.h"

static void
describe_image_layer(JsonBuilder *json, const Layer *layer, gboolean lock)
{
    json_builder_begin_object(json);
    json_builder_set_member_name(json, "driver");
    json_builder_add_string_value(json, layer->format);
    json_builder_set_member_name(json, "file");
    json_builder_begin_object(json);
    json_builder_set_member_name(json, "driver");
    json_builder_add_string_value(json, layer->block ? "host_device" : "file");
    json_builder_set_member_name(json, "filename");
    json_builder_add_string_value(json, layer->path);
    json_builder_set_member_name(json, "locking");
    json_builder_add_string_value(json, lock ? "auto" : "off");
    json_builder_end_object(json);
    if (g_str_equal(layer->format, "qcow2")) {
        json_builder_set_member_name(json, "backing");
        /* A base has an explicit null, because otherwise QEMU would follow the reference in its
         * header. */
        if (layer->backing)
            describe_image_layer(json, layer->backing, lock);
        else
            json_builder_add_null_value(json);
    }
    json_builder_end_object(json);
}

char *
qemu_image_describe(const Layer *top, gboolean lock)
{
    g_autoptr(JsonBuilder) json = json_builder_new();
    g_autoptr(JsonNode) root = NULL;
    g_autofree char *text = NULL;

    describe_image_layer(json, top, lock);
    root = json_builder_get_root(json);
    text = json_to_string(root, FALSE);

    return g_strconcat("json:", text, NULL);
}
