/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "import/gate-findings.h"
#include "import/gate-value.h"

G_BEGIN_DECLS

/* The gate for domain XML, which comes from an untrusted export. A table (gate-table.h) lists
 * everything that is accepted in libvirt's <domain>, <domainsnapshot> and the XML in a saved memory
 * state. Anything else is found here and refused by its name, unless the user trusts exactly that
 * element. What the table accepts although it belongs to the exporting host is replaced or removed
 * by domain_rewrite(), which uses the same table. So nothing that names a file, a socket or a
 * device of this host comes from the export. */

/**
 * domain_gate_check:
 * @root: a <domain>, <inactiveDomain> or <domainsnapshot>, parsed by xml_parse()
 * @member: the domain's name in the export
 * @document: its file name in the export, for messages
 * @findings: (element-type GateFinding): findings are added; a path that it has already for the
 * same member is not added again
 *
 * Checks every element and attribute. For guests that use nothing special of their host, the XML of
 * libvirt 9.0 to 11.3 has no findings. At most 200 findings of a member are listed; if there are
 * more, a last one that cannot be trusted says so.
 */
void domain_gate_check(xmlNode *root, const char *member, const char *document,
                       const GateRules *rules, GPtrArray *findings);

G_END_DECLS
