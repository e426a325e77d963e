/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "hypervisor/domain-survey.h"

G_BEGIN_DECLS

/**
 * set_others_find:
 * @domains: (element-type DomainSurvey): of the host
 * @names: (element-type utf8): the members of @collection
 * @needs: (element-type utf8): gets a sentence for each that is found
 *
 * Finds the sets of the name @snapshot of other collections that are complete, and would not be any
 * more without the snapshots of @names. One whose members all are in @names goes with them.
 */
gboolean set_others_find(GPtrArray *domains, const char *collection, const char *snapshot,
                         GPtrArray *names, GPtrArray *needs, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
