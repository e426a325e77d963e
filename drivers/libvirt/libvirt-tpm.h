/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * libvirt_tpm_states:
 * @uri: (nullable): the actual URI of a connection
 *
 * Returns: the directory in which its driver keeps the states of emulated TPMs, owned by the
 * caller; NULL if it is not known. libvirt itself tells nobody. Source: virQEMUDriverConfigNew() in
 * libvirt's qemu_conf.c.
 */
char *libvirt_tpm_states(const char *uri);

G_END_DECLS
