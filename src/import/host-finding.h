/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "util/error.h"

G_BEGIN_DECLS

/* Differences between an export and the host to which it is imported. */

typedef struct {
    char *member; /* name of the domain in the export; NULL: the whole export */
    const char *kind; /* "machine", "cpu", "network", "mac", …; never translated */
    char *what;   /* what the export has: "pc-q35-9.2" */
    char *have;   /* what this host has instead, or its message, translated */
    char *would_do; /* what import changes with --force-host, translated; NULL: nothing */
    char *option; /* an option or action that helps, translated; NULL: nothing helps */
    gboolean blocks; /* FALSE: import does what would_do says even without --force-host */
} HostFinding;

/** host_findings_new: Returns: an empty list of HostFinding, which owns its elements; owned by the
 * caller. */
GPtrArray *host_findings_new(void);

/**
 * host_findings_add:
 * @member: (nullable): copied
 * @kind: a constant string
 * @what: copied
 * @have: (transfer full)
 * @would_do: (transfer full) (nullable)
 * @option: (transfer full) (nullable)
 *
 * Adds a finding that blocks. Returns: (transfer none): the finding.
 */
HostFinding *host_findings_add(GPtrArray *findings, const char *member, const char *kind,
                               const char *what, char *have, char *would_do, char *option);

/** host_finding_to_string: Returns: @finding as one translated line, owned by the caller. */
char *host_finding_to_string(const HostFinding *finding);

/**
 * host_findings_pass:
 * @force: whether --force-host is given
 *
 * Returns: FALSE with INVALID_STATE if any finding blocks the import; the error lists all of them.
 * With @force only those block for which there is no change.
 */
gboolean host_findings_pass(GPtrArray *findings, gboolean force, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/** host_finding_free: Frees @finding, which may be NULL. */
void host_finding_free(HostFinding *finding);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(HostFinding, host_finding_free)

G_END_DECLS
