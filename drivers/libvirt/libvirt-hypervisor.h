/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "hypervisor/hypervisor.h"

G_BEGIN_DECLS

/**
 * libvirt_hypervisor_open:
 * @uri: (nullable): connection URI; NULL is libvirt's default, which LIBVIRT_DEFAULT_URI sets
 *
 * Connects to libvirt (virConnectOpen()). Returns: the hypervisor, owned by the caller; NULL with
 * SYSTEM_NOT_AVAILABLE, ACCESS_DENIED or another error of libvirt.
 */
Hypervisor *libvirt_hypervisor_open(const char *uri, GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
