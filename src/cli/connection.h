/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "cli/context.h"
#include "hypervisor/hypervisor.h"

G_BEGIN_DECLS

/**
 * cli_connection:
 *
 * Opens the hypervisor that -c names, else libvirt's default (which LIBVIRT_DEFAULT_URI sets), at
 * the first call. So commands that need no hypervisor work without libvirt.
 *
 * Returns: (transfer none): the hypervisor; @cli closes it at the end.
 */
Hypervisor *cli_connection(CliContext *cli, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/**
 * cli_domain_names:
 * @words: (nullable): names, ids or UUIDs of domains, terminated by NULL
 * @known: (nullable) (element-type utf8): words that are known to be names
 *
 * Looks up words that are numbers or UUIDs, as virsh does; any other word is the name of a domain,
 * which need not exist. Returns: the names of the domains, owned by the caller; NULL with an error.
 */
char **cli_domain_names(CliContext *cli, char *const *words, GPtrArray *known, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
