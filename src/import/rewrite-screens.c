/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include "import/rewrite-nodes.h"
#include "import/rewrite-screens.h"
#include "util/xml.h"

static void
set_attributes(xmlNode *domain, const char *path, const char *name, const char *value)
{
    g_autoptr(GPtrArray) nodes = xml_nodes(domain, path);

    for (guint i = 0; i < nodes->len; i++)
        node_set(g_ptr_array_index(nodes, i), name, value);
}

void
rewrite_video(xmlNode *domain, const char *model)
{
    g_autoptr(GPtrArray) nodes = xml_nodes(domain, "./devices/video/model[@type != 'none']");

    for (guint i = 0; model && i < nodes->len; i++) {
        xmlNode *video = ((xmlNode *)g_ptr_array_index(nodes, i))->parent;

        nodes_remove(video, "./model | ./driver");
        node_set(xml_add(video, "model", NULL), "type", model);
    }
}

void
rewrite_spice(xmlNode *domain)
{
    g_autoptr(GPtrArray) nodes = xml_nodes(domain, "./devices/graphics[@type='spice']");

    nodes_remove(domain, "./devices/channel[@type='spicevmc' or @type='spiceport'] | "
                         "./devices/redirdev[@type='spicevmc'] | "
                         "./devices/smartcard[@type='spicevmc']");
    set_attributes(domain, "./devices/audio[@type='spice']", "type", "none");
    for (guint i = 0; i < nodes->len; i++) {
        xmlNode *graphics = g_ptr_array_index(nodes, i);

        nodes_remove(graphics, "./*[not(self::listen)]");
        node_unset(graphics, "tlsPort");
        node_unset(graphics, "defaultMode");
        node_set(graphics, "type", "vnc");
    }
}
