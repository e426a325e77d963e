/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include <libxml/tree.h>

#include "hypervisor/hypervisor.h"
#include "import/host-finding.h"
#include "import/rewrite-values.h"

G_BEGIN_DECLS

/* The firmware of a host that can start a domain of another host. */

/** What there is of firmware, here and in the export. */
typedef struct {
    GPtrArray *descriptors; /* Firmware (firmware.h): that of this host; NULL: none is described */
    Hypervisor *hypervisor; /* whose files are looked at; NULL: it has those of this process */
    const char *loader;     /* path, on the host of the export, of an image that is in the export;
                             * NULL: none is */
    gboolean has_variables; /* the export has the variables */
    guint64 variables;      /* their size in bytes; 0: there are none, or it cannot be told */
} HostFlash;

/** A domain whose firmware is compared. */
typedef struct {
    xmlNode *domain;     /* a <domain> or <inactiveDomain> */
    const char *member;  /* its name in the export */
    const char *arch;    /* as libvirt calls it */
    const char *machine; /* the type that it will have here, no alias; NULL: not known */
    xmlNode *offered;    /* the <domainCapabilities> */
} HostBooted;

/**
 * host_compare_firmware:
 * @findings: (element-type HostFinding): findings are added, each once
 * @loaders: (element-type RewriteLoader): what replaces the image that the domain names is added,
 * if there is any
 *
 * Compares the firmware of a domain with that of the host. What can replace it is found by the
 * descriptors of the host's firmware, as libvirt does: the same kind, machine and features, and
 * variables of the size that the export has. Where a host has no descriptors the names that libvirt
 * offers are compared. Source: libvirt's formatdomain page, «BIOS bootloader».
 */
void host_compare_firmware(const HostBooted *booted, const HostFlash *flash, GPtrArray *findings,
                           GPtrArray *loaders);

/** host_flash_size: Returns: how many bytes the guest sees of the flash image open as @fd, which is
 * called @what and has the format "raw" or "qcow2"; 0 if that cannot be told. */
guint64 host_flash_size(int fd, const char *format, const char *what);

G_END_DECLS
