/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "cli/context.h"
#include "virtsnap/hypervisor.h"

G_BEGIN_DECLS

/**
 * cli_connection:
 *
 * The hypervisor that -c names, else libvirt's default (which LIBVIRT_DEFAULT_URI sets), opened
 * when a command first asks for it: a command that needs none works without libvirt.
 *
 * Returns: (transfer none): the hypervisor; @cli closes it at the end.
 */
Hypervisor *cli_connection(CliContext *cli, GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
