/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include <libxml/tree.h>

#include "util/error.h"

G_BEGIN_DECLS

/* The findings of the gate, and which of them the user trusts. */

/** Something in the XML of the export that is refused. */
typedef struct {
    char *member;       /* the domain's name in the export */
    char *document;     /* document in which it was found first: "domain.xml", "snapshots/s1.xml" */
    char *path;         /* "devices/hostdev", "devices/serial[2]/source/@path"; for elements of the
                         * snapshot itself "domainsnapshot/memory" */
    char *value;        /* value of the attribute, or the element on one line, shortened if it is
                         * long */
    const char *reason; /* translated, owned by the gate */
    char *trust;        /* argument for --trust: "web1:devices/hostdev"; NULL: it cannot be
                         * trusted */
} GateFinding;

/* Maximal number of findings of a member that are listed, so that the message stays readable. */
#define GATE_FINDINGS_MOST 200

/** gate_node_name: Returns: the name of @node with the usual prefix of its namespace, as
 * "qemu:arg", whatever prefix the document uses; owned by the caller. */
char *gate_node_name(const xmlNode *node);

/**
 * gate_node_path:
 * @node: an element, at or below a <domain> or <domainsnapshot>
 * @attribute: (nullable): name of one of its attributes
 *
 * Returns: "devices/serial[2]/source/@path", the path below the innermost <domain>, with a number
 * for each element that has siblings of the same name; owned by the caller.
 */
char *gate_node_path(const xmlNode *node, const char *attribute);

/**
 * gate_findings_add:
 * @findings: the list
 * @node: the element; not owned
 * @attribute: (nullable): the attribute that is refused
 * @value: (nullable): value to show; NULL: the whole element
 * @reason: translated, not owned
 *
 * Returns: FALSE if the list of this member is full.
 */
gboolean gate_findings_add(GPtrArray *findings, const char *member, const char *document,
                           xmlNode *node, const char *attribute, const char *value,
                           const char *reason);

/** gate_findings_new: Returns: an empty list of GateFinding, which owns its elements; owned by the
 * caller. */
GPtrArray *gate_findings_new(void);

/**
 * domain_gate_trust:
 * @findings: the findings of all members
 * @words: (nullable): what the user trusts, terminated by NULL
 *
 * Removes the findings that @words trust. A word is the @trust or @path of a finding, its path
 * without numbers ("devices/hostdev"), or the last name of the path ("hostdev",
 * "qemu:commandline"). It trusts one element of one member in all documents of that member.
 *
 * Returns: FALSE with INVALID_PARAMETER if a word matches no finding, or several; the error lists
 * the words that distinguish them.
 */
gboolean domain_gate_trust(GPtrArray *findings, const char *const *words, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/**
 * domain_gate_pass:
 *
 * Returns: FALSE with ACCESS_DENIED if there are any findings; the error lists all of them with
 * member, path, value, reason and the option that trusts them.
 */
gboolean domain_gate_pass(GPtrArray *findings, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/** gate_finding_to_string: Returns: @finding as one translated line, owned by the caller. */
char *gate_finding_to_string(const GateFinding *finding);

/** gate_finding_free: Frees @finding, which may be NULL. */
void gate_finding_free(GateFinding *finding);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(GateFinding, gate_finding_free)

G_END_DECLS
