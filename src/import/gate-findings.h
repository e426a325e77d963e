/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "import/domain-gate.h"

G_BEGIN_DECLS

/* How many findings of one member are listed: an answer is for people. */
#define GATE_FINDINGS_MOST 200

/** gate_node_name: Returns: the name of @node with the prefix of its namespace, "qemu:arg": that
 * which is known for it, whatever prefix the document uses; owned by the caller. */
char *gate_node_name(const xmlNode *node);

/**
 * gate_node_path:
 * @node: an element, at or below a <domain> or <domainsnapshot>
 * @attribute: (nullable): one of it
 *
 * Returns: "devices/serial[2]/source/@path", with a number where an element has others of its name
 * beside it, beginning at the innermost <domain>; owned by the caller.
 */
char *gate_node_path(const xmlNode *node, const char *attribute);

/**
 * gate_findings_add:
 * @findings: to add to
 * @node: the element; not owned
 * @attribute: (nullable): that of it which is refused
 * @value: (nullable): of it; NULL: all of @node
 * @reason: translated, not owned
 *
 * Returns: FALSE if there are so many that no more are listed.
 */
gboolean gate_findings_add(GPtrArray *findings, const char *member, const char *document,
                           xmlNode *node, const char *attribute, const char *value,
                           const char *reason);

G_END_DECLS
