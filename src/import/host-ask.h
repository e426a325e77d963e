/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "hypervisor/hypervisor.h"
#include "import/host-compare.h"

G_BEGIN_DECLS

/**
 * host_offer_ask:
 * @facts: must stay valid as long as the result, and so must the descriptors of @flash
 * @flash: the descriptors of the host's firmware, and what the export has of the domain's
 *
 * Queries what the hypervisor offers to @domain. Returns: owned by the caller.
 */
HostOffer *host_offer_ask(Hypervisor *hypervisor, const HostFacts *facts, const HostFlash *flash,
                          xmlNode *domain, GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
