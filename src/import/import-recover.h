/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "hypervisor/hypervisor.h"

G_BEGIN_DECLS

/**
 * import_recover:
 * @directory: absolute path of the final directory of an import
 * @said: (out): a text about what was undone, or NULL; owned by the caller
 *
 * Undoes what a killed import has left there. A domain without an image that shows whose it is
 * stays, and is named in @said. Returns: FALSE with IN_USE if the import is still running,
 * INVALID_STATE if what it left was used since then and must not be lost, ACCESS_DENIED if it was
 * none of this host's, so that nothing is known of it, or why that could not be found out.
 */
gboolean import_recover(const char *directory, Hypervisor *hypervisor, char **said,
                        GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
