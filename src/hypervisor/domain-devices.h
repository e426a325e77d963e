/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include <glib.h>
#include <libxml/tree.h>

G_BEGIN_DECLS

/**
 * domain_devices_parse:
 * @domain: a <domain>
 *
 * Finds the devices of the host that are handed to the guest (<hostdev>) and may hold its data:
 * SCSI and iSCSI devices, virtual host bus adapters, and PCI devices unless this host knows them to
 * be something else than storage. Source: libvirt's formatdomain page.
 *
 * Returns: (transfer full) (element-type utf8): a name for messages of each.
 */
GPtrArray *domain_devices_parse(xmlNode *domain) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
