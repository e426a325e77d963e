/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <string.h>

#include "import/domain-gate.h"
#include "import/domain-rewrite.h"
#include "tests/fuzz/fuzz.h"
#include "util/xml.h"

const char *const fuzz_corpora[] = {"domain/ordinary", "domain/snapshots", "domain/hostile", NULL};

/* What may name a file after rewriting: what packages have, and devices that every host has. */
static gboolean
may_stay(const char *value)
{
    static const char *const prefixes[] = {
        "/usr/", "/bin/", "/run/libvirt/nix-ovmf/", "/dev/urandom", "/dev/random", "/dev/hwrng",
        "/dev/net/tun", "/dev/vhost-net", NULL};

    for (const char *const *prefix = prefixes; *prefix; prefix++) {
        if (g_str_has_prefix(value, *prefix))
            return TRUE;
    }

    return FALSE;
}

/* Texts for people and for the guest, and what other programs keep, may be anything. */
static void
assert_no_host_paths(xmlNode *root)
{
    g_autoptr(GPtrArray) nodes = xml_nodes(
        root, ".//@*[not(ancestor::metadata or name() = 'passwd' or name() = 'appid' or "
              "parent::entry)] | "
              ".//text()[not(ancestor::metadata or parent::description or parent::title or "
              "parent::name or parent::cmdline or parent::entry or parent::serial or "
              "parent::vendor or parent::product)]");

    for (guint i = 0; i < nodes->len; i++) {
        g_autofree char *value = xml_text(g_ptr_array_index(nodes, i), ".");

        g_assert_true(*g_strstrip(value) != '/' || may_stay(value));
    }
}

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
    assert_no_host_paths(root);
}

/* What passes with nothing trusted and no disk of its own names nothing of the host afterwards. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const GateRules rules = {NULL, NULL, NULL, NULL};
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
