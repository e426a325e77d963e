/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "snapshot/domain-locks.h"

G_BEGIN_DECLS

/**
 * set_recover:
 * @domains: (element-type utf8): names of domains
 * @held: the locks of @domains
 * @warnings: (element-type utf8): gets texts about what was done
 *
 * Brings into order what killed processes have left of snapshot collections with any of @domains:
 * one whose making was interrupted is undone, and so is a way back to one; temporary ones of
 * live exports are removed (temporary-set.h). IN_USE while another
 * process is at it.
 */
gboolean set_recover(Hypervisor *hypervisor, GPtrArray *domains, const DomainLocks *held,
                     GPtrArray *warnings, GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
