/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "hypervisor/hypervisor.h"

G_BEGIN_DECLS

/* What may keep QEMU from a file that others can open. */

/** host_has_security_model: Returns: TRUE if libvirt says that it confines domains by @model
 * ("apparmor", "selinux"). Source: its formatcaps, <secmodel>. */
gboolean host_has_security_model(Hypervisor *hypervisor, const char *model);

/**
 * host_explain_denied:
 * @directory: where the files of the domain are
 * @why: why QEMU did not do as it was told; its text is changed
 *
 * QEMU says only that a permission was denied. Adds what it may be denied by on this host, and what
 * to do about it. Other errors stay as they are.
 */
void host_explain_denied(Hypervisor *hypervisor, const char *directory, GError *why);

G_END_DECLS
