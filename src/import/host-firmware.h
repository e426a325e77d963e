/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include <libxml/tree.h>

#include "import/host-finding.h"

G_BEGIN_DECLS

/* The firmware of a host that can start a domain of another host. */

/** What there is of a domain's firmware, here and in the export. */
typedef struct {
    GPtrArray *descriptors; /* Firmware (firmware.h): that of this host; NULL: none is described */
    gboolean present;  /* the image that the domain names is on this host, or in the export */
    guint64 variables; /* size in bytes of the variables that the export has, which those of the
                        * host's firmware have to have, too; 0: it has none, or it is not known */
} HostFlash;

/** What replaces the firmware of a domain; each is NULL as long as nothing does. Free the strings
 * with g_free(). */
typedef struct {
    char *loader;          /* absolute path of the image */
    char *template;        /* absolute path of its variables, from which new ones are made */
    char *template_format; /* "raw", "qcow2" */
} HostLoader;

/**
 * host_compare_firmware:
 * @domain: a <domain>
 * @member: its name in the export
 * @machine: (nullable): the machine type that it will have here
 * @offered: (nullable): the <domainCapabilities>
 * @findings: (element-type HostFinding): findings are added
 * @to: (inout): gets what replaces the firmware, if there is any
 *
 * Compares the firmware of a domain with that of the host. What can replace it is found by the
 * descriptors of the host's firmware, as libvirt does: the same kind, machine and features, and
 * variables of the size that the export has. Where a host has no descriptors the names that libvirt
 * offers are compared. Source: libvirt's formatdomain page, «BIOS bootloader».
 */
void host_compare_firmware(xmlNode *domain, const char *member, const char *machine,
                           xmlNode *offered, const HostFlash *flash, GPtrArray *findings,
                           HostLoader *to);

/** host_flash_size: Returns: how many bytes the guest sees of the flash image open as @fd, which is
 * called @what and has the format "raw" or "qcow2"; 0 if that cannot be told. */
guint64 host_flash_size(int fd, const char *format, const char *what);

G_END_DECLS
