/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "cli/context.h"
#include "hypervisor/hypervisor.h"

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

/**
 * cli_domain_names:
 * @words: (nullable): what domains were named by; ended by NULL
 * @known: (nullable) (element-type utf8): names that are taken as they are
 *
 * A number or a UUID is looked up, as virsh would; any other word is a name, of a domain that need
 * not be there. Returns: their names, owned by the caller; NULL with an error.
 */
char **cli_domain_names(CliContext *cli, char *const *words, GPtrArray *known, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
