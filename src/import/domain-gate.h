/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "import/gate-findings.h"
#include "import/gate-value.h"

G_BEGIN_DECLS

/* The domain XML of an export may be a stranger's. What of libvirt's <domain>, <domainsnapshot> and
 * the XML in a saved memory state is taken from it is in a table (gate-table.h); everything else is
 * found here and refused by its name, unless the user trusts that very element. Whatever of the
 * host the table lets pass is replaced or removed by domain_rewrite(), which uses the same table:
 * nothing that names a file, a socket or a device of this host comes from the export. */

/**
 * domain_gate_check:
 * @root: a <domain>, <inactiveDomain> or <domainsnapshot>, parsed by xml_parse()
 * @member: the domain's name in the export
 * @document: its file name there, for the answer
 * @findings: (element-type GateFinding): what is found is added; what is in there already with
 * the same path of the same member is not added twice
 *
 * Looks at every element and attribute once. What libvirt 9.0 to 11.3 writes for guests that use
 * nothing of their host but what every guest does is not found. More than 200 findings of one
 * member are not listed: one says so then, and nothing lets that pass.
 */
void domain_gate_check(xmlNode *root, const char *member, const char *document,
                       const GateRules *rules, GPtrArray *findings);

G_END_DECLS
