/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "util/error.h"

G_BEGIN_DECLS

/* Where an export and the host that it comes to do not agree. */

typedef struct {
    char *member; /* the domain's name in the export; NULL: the whole export */
    const char *kind; /* "machine", "cpu", "network", "mac", …: a word, never translated */
    char *what;   /* what the export has: "pc-q35-9.2" */
    char *have;   /* what this host has or says instead, translated */
    char *would_do; /* what import does about it with --force-host, translated; NULL: nothing */
    char *option; /* what to give or to do else, translated; NULL: nothing helps */
    gboolean blocks; /* FALSE: import does what @would_do says without being told to */
} HostFinding;

/** host_findings_new: Returns: an empty list for HostFinding, which frees them. */
GPtrArray *host_findings_new(void);

/**
 * host_findings_add:
 * @member: (nullable): copied
 * @kind: not copied
 * @what: copied
 * @have: (transfer full)
 * @would_do: (transfer full) (nullable)
 * @option: (transfer full) (nullable)
 *
 * Adds one that blocks. Returns: (transfer none): it.
 */
HostFinding *host_findings_add(GPtrArray *findings, const char *member, const char *kind,
                               const char *what, char *have, char *would_do, char *option);

/** host_finding_to_string: Returns: @finding as one line for people, owned by the caller. */
char *host_finding_to_string(const HostFinding *finding);

/**
 * host_findings_pass:
 * @force: whether --force-host is given
 *
 * Returns: FALSE with INVALID_STATE if something in @findings blocks an import: all of it is in
 * the error. With @force that is only what import can do nothing about.
 */
gboolean host_findings_pass(GPtrArray *findings, gboolean force, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/** host_finding_free: Frees @finding. NULL is fine. */
void host_finding_free(HostFinding *finding);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(HostFinding, host_finding_free)

G_END_DECLS
