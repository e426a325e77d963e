/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include <libvirt/libvirt.h>

#include "util/error.h"

G_BEGIN_DECLS

/**
 * libvirt_keep_quiet:
 * Keeps libvirt from printing errors, for the whole process: what a program may want, but no
 * library for it. Our own connections are quiet anyway. Source: virSetErrorFunc().
 */
void libvirt_keep_quiet(void);

/** libvirt_start: Starts libvirt's client library and the event loop that it needs, once a process.
 * Source: virInitialize. */
gboolean libvirt_start(GError **error);

/**
 * libvirt_connect:
 * @uri: (nullable): NULL for libvirt's default
 *
 * Returns: owned by the caller; SYSTEM_NOT_AVAILABLE if nobody answers there. Source:
 * virConnectOpenAuth.
 */
virConnectPtr libvirt_connect(const char *uri, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/** libvirt_await_embedded: Waits until the embedded driver has found its running domains again. */
void libvirt_await_embedded(virConnectPtr connection);

G_END_DECLS
