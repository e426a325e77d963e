/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Where libvirt's driver of QEMU keeps what it makes by itself. libvirt tells nobody. Source:
 * virQEMUDriverConfigNew() in its qemu_conf.c. In all functions @uri is the actual URI of a
 * connection, or NULL; they return NULL where it is not known. What they return the caller owns. */

/** libvirt_is_session: Returns: TRUE if its guests run as the user of the connection, and the
 * driver has no more rights than that user. */
gboolean libvirt_is_session(const char *uri);

/** libvirt_tpm_states: Returns: the directory with the states of emulated TPMs. */
char *libvirt_tpm_states(const char *uri);

/** libvirt_kept: Returns: the directory with what it finds by the name of a domain: the variables
 * of its firmware as "nvram/NAME_VARS.fd", the state from which it starts next as
 * "save/NAME.save". */
char *libvirt_kept(const char *uri);

G_END_DECLS
