/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include <libvirt/libvirt.h>

#include "util/error.h"

G_BEGIN_DECLS

/**
 * libvirt_keep_quiet:
 * Keeps libvirt from printing errors, for the whole process. Only a program may call this, not the
 * library; connections opened here never print errors anyway. Source: virSetErrorFunc().
 */
void libvirt_keep_quiet(void);

/** libvirt_start: Initialises libvirt's client library and the event loop that it needs, once in a
 * process. Source: virInitialize. */
gboolean libvirt_start(GError **error);

/**
 * libvirt_connect:
 * @uri: (nullable): connection URI; NULL for libvirt's default
 *
 * Returns: a connection, owned by the caller; NULL with SYSTEM_NOT_AVAILABLE if it cannot be
 * opened. Source: virConnectOpenAuth.
 */
virConnectPtr libvirt_connect(const char *uri, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/**
 * libvirt_connect_within:
 * @us: microseconds
 *
 * Does the same and waits no longer than that: a daemon that hangs answers never. Returns: owned by
 * the caller, or NULL.
 */
virConnectPtr libvirt_connect_within(const char *uri, gint64 us);

/** libvirt_await_embedded: Waits until the embedded driver has reconnected to its running
 * domains. */
void libvirt_await_embedded(virConnectPtr connection);

G_END_DECLS
