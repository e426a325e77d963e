/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include <libxml/tree.h>

#include "util/error.h"

G_BEGIN_DECLS

/* The domain XML of an export may be a stranger's. What of libvirt's <domain>, <domainsnapshot> and
 * the XML in a saved memory state is taken from it is in a table (gate-table.h); everything else is
 * found here and refused by its name, unless the user trusts that very element. Whatever of the
 * host the table lets pass is replaced or removed by domain_rewrite(), which uses the same table:
 * nothing that names a file, a socket or a device of this host comes from the export. */

/** What an export may name of this host, and what of it is replaced in any case. */
typedef struct {
    const char *const *emulators; /* absolute paths, from the host's capabilities; NULL: none */
    const char *const *firmware;  /* absolute paths that the host itself offers as <loader> or NVRAM
                                   * template, beside the directories of firmware packages; NULL:
                                   * none */
    const char *const *disks; /* targets ("vda") whose source and chain are replaced by images of
                               * the export, or that are left out; NULL: none */
    const char *const *files; /* elements of <os> whose file is replaced by one of the export:
                               * "kernel", "initrd", "dtb", "shim", "loader"; NULL: none. NVRAM
                               * always is */
} GateRules;

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
