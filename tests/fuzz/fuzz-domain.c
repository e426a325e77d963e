/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include "import/domain-gate.h"
#include "import/domain-rewrite.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/host-paths.h"
#include "util/xml.h"

const char *const fuzz_corpora[] = {"domain/ordinary", "domain/snapshots", "domain/hostile", NULL};

static void
assert_found(GPtrArray *findings)
{
    g_autoptr(GError) error = NULL;

    g_assert_cmpuint(findings->len, <=, 201);
    g_assert_false(domain_gate_pass(findings, &error));
    g_assert_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_ACCESS_DENIED);
    g_assert_true(g_utf8_validate(error->message, -1, NULL));
}

static void
rewrite(xmlNode *root)
{
    const DomainRewrite domain = {.name = "new", .emulator = "/usr/bin/kvm"};
    const SnapshotRewrite snapshot = {&domain, NULL, NULL, NULL, NULL};
    g_autoptr(GError) error = NULL;

    if (!g_str_equal(root->name, "domainsnapshot"))
        g_assert_true(domain_rewrite(root, &domain, &error));
    else if (!snapshot_rewrite(root, &snapshot, &error))
        return;
    host_paths_assert_none(root, NULL);
}

/* A domain that passes although nothing is trusted and no disk is its own names no file of the host
 * after rewriting. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const GateRules rules = {NULL};
    g_autoptr(GError) error = NULL;
    g_autoptr(xmlDoc) doc = xml_parse((const char *)data, size, "fuzz", &error);
    g_autoptr(GPtrArray) findings = gate_findings_new();

    if (!doc)
        return 0;
    domain_gate_check(xmlDocGetRootElement(doc), "fuzz", "fuzz", &rules, findings);
    if (findings->len > 0)
        assert_found(findings);
    else
        rewrite(xmlDocGetRootElement(doc));

    return 0;
}
