/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include <libvirt/libvirt.h>

#include "hypervisor/hypervisor.h"

G_BEGIN_DECLS

/* The events of one connection for any number of watches, because libvirt allows only one close
 * callback for each connection. Events from libvirt's event loop are passed to a thread, so that no
 * watch can block that loop, on which keepalive depends.
 *
 * libvirt has no event for the start of a block job (BLOCK_JOB_2 only reports its end). QEMU has
 * one, JOB_STATUS_CHANGE; where it is not available, only the end is reported. */

typedef struct LibvirtEvents LibvirtEvents;

/**
 * libvirt_events_new:
 * @connection: the connection, of which a reference is taken
 *
 * Registers for all events (virConnectRegisterCloseCallback(), virConnectDomainEventRegisterAny(),
 * virConnectDomainQemuMonitorEventRegister()). libvirt's event loop must be running.
 * Returns: owned by the caller; NULL with libvirt's error if that fails.
 */
LibvirtEvents *libvirt_events_new(virConnectPtr connection, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/**
 * libvirt_events_free:
 * Deregisters the events and drops the reference to the connection. All watches must have ended. If
 * the daemon does not answer within a second, that is left to the thread. NULL is allowed.
 */
void libvirt_events_free(LibvirtEvents *self);

/** Implement HypervisorOps.watch and unwatch. */
HypervisorWatch *libvirt_events_watch(LibvirtEvents *self, HypervisorWatchFunc func,
                                      gpointer data);
void libvirt_events_unwatch(LibvirtEvents *self, HypervisorWatch *watch);

G_END_DECLS
