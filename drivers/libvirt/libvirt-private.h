/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "drivers/libvirt/libvirt-events.h"
#include "drivers/libvirt/libvirt-place.h"

G_BEGIN_DECLS

/* The hypervisor object, used only by the files of this driver. */

typedef struct {
    Hypervisor parent;
    gint refs; /* atomic */
    char *uri; /* that was asked for; NULL: libvirt's default */
    virConnectPtr connection;
    LibvirtPlace *place;
    GMutex lock;           /* guards the following member */
    LibvirtEvents *events; /* NULL: there was no watch yet */
} LibvirtHypervisor;

static inline virConnectPtr
libvirt_connection(Hypervisor *hypervisor)
{
    return ((LibvirtHypervisor *)hypervisor)->connection;
}

G_END_DECLS
