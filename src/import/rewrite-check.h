/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include <libxml/tree.h>

#include "import/rewrite-values.h"
#include "util/error.h"

G_BEGIN_DECLS

/**
 * rewrite_check:
 * @domain: a <domain> that domain_rewrite() has rewritten to @to
 *
 * Looks for what the gate lets pass because it is always replaced: the firmware's variables, and
 * whatever @to has another path for.
 *
 * Returns: FALSE with ACCESS_DENIED naming a path that is still there.
 */
gboolean rewrite_check(xmlNode *domain, const DomainRewrite *to, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
