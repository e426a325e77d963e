/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "drivers/libvirt/libvirt-events.h"
#include "drivers/libvirt/libvirt-place.h"

G_BEGIN_DECLS

/* For the files that make up the hypervisor. */

typedef struct {
    Hypervisor parent;
    gint refs; /* atomic */
    char *uri; /* that was asked for; NULL: libvirt's default */
    virConnectPtr connection;
    LibvirtPlace *place;
    GMutex lock;           /* guards what follows */
    LibvirtEvents *events; /* NULL: nobody has watched */
} LibvirtHypervisor;

static inline virConnectPtr
libvirt_connection(Hypervisor *hypervisor)
{
    return ((LibvirtHypervisor *)hypervisor)->connection;
}

G_END_DECLS
