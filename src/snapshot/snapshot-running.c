/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <glib/gi18n-lib.h>
#include <string.h>

#include "snapshot/snapshot-running.h"
#include "util/xml.h"

gboolean
snapshot_mark_running(Hypervisor *hypervisor, const char *domain, const char *snapshot,
                      GError **error)
{
    g_autoptr(DomainRecord) record =
        hypervisor->ops->resolve(hypervisor, domain, snapshot, FALSE, TRUE, error);
    const SnapshotRecord *found = record ? g_ptr_array_index(record->snapshots, 0) : NULL;
    g_autoptr(xmlDoc) doc =
        found ? xml_parse(found->xml, strlen(found->xml), _("snapshot XML"), error) : NULL;
    xmlNode *state = doc ? xml_node(xmlDocGetRootElement(doc), "./state") : NULL;
    g_autofree char *xml = NULL;

    if (!state) {
        if (doc)
            g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_CORRUPT,
                        _("The snapshot '%s' of the domain '%s' has no state"), snapshot, domain);
        return FALSE;
    }
    xmlNodeSetContent(state, BAD_CAST "running");
    xml = xml_doc_to_string(doc);

    return hypervisor->ops->redefine_snapshot(hypervisor, domain, xml, TRUE, error);
}
