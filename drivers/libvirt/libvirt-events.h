/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include <libvirt/libvirt.h>

#include "hypervisor/hypervisor.h"

G_BEGIN_DECLS

/* The events of one connection, for any number of watches: libvirt allows one close callback a
 * connection. What libvirt's event loop reports is handed to a thread of ours, so that nobody who
 * is told can hold up that loop, which keepalive depends on.
 *
 * That a block job begins is no event of libvirt (BLOCK_JOB_2 tells only of its end). QEMU tells,
 * with JOB_STATUS_CHANGE; where that is not to be had, the end has to do. */

typedef struct LibvirtEvents LibvirtEvents;

/**
 * libvirt_events_new:
 * @connection: gets a reference of its own
 *
 * Subscribes (virConnectRegisterCloseCallback, virConnectDomainEventRegisterAny,
 * virConnectDomainQemuMonitorEventRegister). libvirt's event loop must be running.
 * Returns: owned by the caller; libvirt's error if it refuses.
 */
LibvirtEvents *libvirt_events_new(virConnectPtr connection, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/**
 * libvirt_events_free:
 * Every watch must have ended. Gives back the connection, but waits only a second for a daemon
 * that does not answer: the rest is left to a thread. NULL is fine.
 */
void libvirt_events_free(LibvirtEvents *self);

/** As HypervisorOps has them. */
HypervisorWatch *libvirt_events_watch(LibvirtEvents *self, HypervisorWatchFunc func,
                                      gpointer data);
void libvirt_events_unwatch(LibvirtEvents *self, HypervisorWatch *watch);

G_END_DECLS
