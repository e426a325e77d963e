/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include "import/record-id.h"
#include "util/xml.h"

void
record_id_set(xmlNode *node, const OriginId *id)
{
    g_autofree char *born = origin_time_format(&id->born);

    xml_set_uint(node, "device", id->device);
    xml_set_uint(node, "inode", id->inode);
    if (id->born.seconds != 0)
        xml_set(node, "born", born);
}

static gboolean
get_number(xmlNode *node, const char *name, guint64 *value)
{
    g_autofree char *text = xml_attr(node, name);

    return text && g_ascii_string_to_unsigned(text, 10, 0, G_MAXUINT64, value, NULL);
}

gboolean
record_id_get(xmlNode *node, OriginId *id)
{
    g_autofree char *born = xml_attr(node, "born");

    id->born = origin_time_parse(born);

    return get_number(node, "device", &id->device) && get_number(node, "inode", &id->inode);
}
