/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include <libxml/tree.h>

#include "util/error.h"

G_BEGIN_DECLS

/* What the gate does not let pass, and what the user says to that. */

/** Something that is not taken from the export. */
typedef struct {
    char *member;       /* the domain's name in the export */
    char *document;     /* where it was found first: "domain.xml", "snapshots/s1.xml" */
    char *path;         /* "devices/hostdev", "devices/serial[2]/source/@path"; of a snapshot's
                         * own elements "domainsnapshot/memory" */
    char *value;        /* of the attribute, or the element as one line, cut off where it is long */
    const char *reason; /* in words, translated, owned by the gate */
    char *trust;        /* for --trust: "web1:devices/hostdev"; NULL: nothing lets it pass */
} GateFinding;

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

/** gate_findings_new: Returns: an empty list for GateFinding, which frees them. */
GPtrArray *gate_findings_new(void);

/**
 * domain_gate_trust:
 * @findings: of all members
 * @words: (nullable): what the user trusts, ended by NULL
 *
 * Takes out of @findings what @words let pass. A word is a finding's @trust or @path, the path
 * without its numbers ("devices/hostdev"), or the name at its end ("hostdev", "qemu:commandline");
 * it lets one element of one member pass, wherever that member's documents have it.
 *
 * Returns: FALSE with INVALID_PARAMETER if a word is the name of none, or of several: the error
 * lists the words that tell them apart.
 */
gboolean domain_gate_trust(GPtrArray *findings, const char *const *words, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/**
 * domain_gate_pass:
 *
 * Returns: FALSE with ACCESS_DENIED if anything is left in @findings: all of it is in the error,
 * each with its member, path, value, the reason and the option that lets it pass.
 */
gboolean domain_gate_pass(GPtrArray *findings, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/** gate_finding_to_string: Returns: @finding as one line for people, owned by the caller. */
char *gate_finding_to_string(const GateFinding *finding);

/** gate_finding_free: Frees @finding. NULL is fine. */
void gate_finding_free(GateFinding *finding);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(GateFinding, gate_finding_free)

G_END_DECLS
