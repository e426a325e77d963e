/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <string.h>

#include "tests/unit/gate-fixture.h"
#include "tests/unit/gate-hostile.h"
#include "tests/unit/harness.h"

/* --- what passes ---------------------------------------------------------- */

static void
assert_passes(const char *file)
{
    g_autoptr(GBytes) bytes = read_file(file);
    g_autoptr(GError) error = NULL;
    g_autoptr(xmlDoc) doc =
        xml_parse(g_bytes_get_data(bytes, NULL), g_bytes_get_size(bytes), file, &error);
    g_autoptr(GPtrArray) targets = NULL;
    g_autoptr(GPtrArray) findings = NULL;

    g_assert_no_error(error);
    targets = gate_targets(xmlDocGetRootElement(doc));
    findings = gate_check(xmlDocGetRootElement(doc), targets);
    g_assert_true(domain_gate_pass(findings, &error));
    g_assert_no_error(error);
}

static void
test_ordinary(gconstpointer data)
{
    g_autoptr(GPtrArray) files = corpus(data);

    for (guint i = 0; i < files->len; i++) {
        g_test_message("%s", (char *)g_ptr_array_index(files, i));
        assert_passes(g_ptr_array_index(files, i));
    }
}

/* --- what does not -------------------------------------------------------- */

static xmlDoc *
add_to_base(const char *parent, const char *xml)
{
    g_autofree char *wrapped = g_strconcat("<w>", xml, "</w>", NULL);
    g_autoptr(xmlDoc) added = gate_parse(wrapped);
    xmlDoc *doc = gate_parse(GATE_BASE);
    xmlNode *node = xml_node(xmlDocGetRootElement(doc), parent);

    for (xmlNode *child = xmlDocGetRootElement(added)->children; child; child = child->next)
        xmlAddChild(node, xmlDocCopyNode(child, doc, 1));

    return doc;
}

static GPtrArray *
find(xmlDoc *doc)
{
    g_autoptr(GPtrArray) targets = g_ptr_array_new();

    g_ptr_array_add(targets, (gpointer) "vda");
    g_ptr_array_add(targets, NULL);

    return gate_check(xmlDocGetRootElement(doc), targets);
}

/* An element is named with its value and the word that accepts it; it is accepted by that word, and
 * by no other. */
static void
assert_refused(const GateHostile *test)
{
    g_autoptr(xmlDoc) doc = add_to_base(test->parent, test->xml);
    g_autoptr(GPtrArray) findings = find(doc);
    g_autofree char *trust = g_strconcat("web1:", test->path, NULL);
    const char *words[] = {trust, NULL};
    const char *others[] = {"web2:devices/hostdev", NULL};
    g_autoptr(GError) error = NULL;

    g_assert_false(domain_gate_pass(findings, &error));
    g_assert_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_ACCESS_DENIED);
    g_test_message("%s", error->message);
    g_assert_cmpuint(findings->len, ==, 1);
    g_assert_nonnull(strstr(error->message, test->path));
    g_assert_nonnull(strstr(error->message, test->value));
    g_assert_nonnull(strstr(error->message, "--trust 'web1:"));
    g_clear_error(&error);
    g_assert_false(domain_gate_trust(findings, others, &error));
    g_assert_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_INVALID_PARAMETER);
    g_clear_error(&error);
    g_assert_true(domain_gate_trust(findings, words, &error));
    g_assert_true(domain_gate_pass(findings, &error));
    g_assert_no_error(error);
}

static void
test_hostile(void)
{
    guint n = 0;

    for (const GateHostile *test = gate_hostile; test->xml; test++, n++) {
        g_test_message("%s", test->xml);
        assert_refused(test);
    }
    g_assert_cmpuint(n, >=, 80);
}

/* All of them are in one domain, and one error names each of them. */
static void
test_all_at_once(void)
{
    g_autoptr(xmlDoc) doc = gate_parse(GATE_BASE);
    g_autoptr(GPtrArray) findings = NULL;
    g_autoptr(GError) error = NULL;
    static const char *const names[] = {"hostdev", "filesystem", "shmem", "lease", NULL};

    for (const char *const *name = names; *name; name++)
        xml_add(xml_node(xmlDocGetRootElement(doc), "./devices"), *name, NULL);
    findings = find(doc);
    g_assert_cmpuint(findings->len, ==, 4);
    g_assert_false(domain_gate_pass(findings, &error));
    for (const char *const *name = names; *name; name++)
        g_assert_nonnull(strstr(error->message, *name));
}

/* --- trust ---------------------------------------------------------------- */

static void
test_trust(void)
{
    static const struct {
        const char *word;
        int left; /* -1: the word is refused */
    } table[] = {
        {"web1:devices/serial[2]", 2},
        {"devices/serial[2]", 2},
        {"devices/hostdev", 2},
        {"hostdev", 2},
        {"web1:devices/hostdev", 2},
        {"serial", -1},
        {"devices/serial", -1},
        {"@type", -1},
        {"devices", -1},
        {"web2:devices/hostdev", -1},
        {"", -1},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(table); i++) {
        g_autoptr(xmlDoc) doc = add_to_base(
            "./devices", "<hostdev/><serial type='file'/><serial type='pipe'/>");
        g_autoptr(GPtrArray) findings = find(doc);
        const char *words[] = {table[i].word, NULL};
        g_autoptr(GError) error = NULL;
        gboolean taken = domain_gate_trust(findings, words, &error);

        g_test_message("%s: %s", table[i].word, error ? error->message : "taken");
        g_assert_cmpint(taken ? (int)findings->len : -1, ==, table[i].left);
        if (!taken)
            g_assert_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_INVALID_PARAMETER);
    }
}

/* Equal values at the same place in several documents of a member are one finding; a different
 * value is shown as well, before anybody can trust it. */
static void
test_documents(void)
{
    static const char *const targets[] = {"vda", NULL};
    static const GateRules rules = {.disks = targets};
    static const char *const words[] = {"hostdev", NULL};
    g_autoptr(xmlDoc) one = add_to_base("./devices", "<hostdev a='1'/>");
    g_autoptr(xmlDoc) two = add_to_base("./devices", "<hostdev a='2'/>");
    g_autoptr(GPtrArray) findings = gate_findings_new();
    g_autoptr(GError) error = NULL;

    domain_gate_check(xmlDocGetRootElement(one), "web1", "domain.xml", &rules, findings);
    domain_gate_check(xmlDocGetRootElement(one), "web1", "snapshots/a.xml", &rules, findings);
    g_assert_cmpuint(findings->len, ==, 1);
    domain_gate_check(xmlDocGetRootElement(two), "web1", "snapshots/b.xml", &rules, findings);
    g_assert_cmpuint(findings->len, ==, 2);
    domain_gate_check(xmlDocGetRootElement(one), "web2", "domain.xml", &rules, findings);
    g_assert_cmpuint(findings->len, ==, 3);
    g_assert_false(domain_gate_trust(findings, words, &error));
    g_assert_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_INVALID_PARAMETER);
    g_assert_nonnull(strstr(error->message, "'web1:devices/hostdev', 'web2:devices/hostdev'"));
}

/* The guest of a user reaches what its user reaches; that of a host's administrator would reach
 * what listens for the programs of that host alone. */
static void
test_user_card(void)
{
    static const char *const targets[] = {"vda", NULL};
    g_autoptr(xmlDoc) doc = add_to_base("./devices", "<interface type='user'/>");

    for (guint i = 0; i < 2; i++) {
        const GateRules rules = {.disks = targets, .user_cards = i == 0};
        g_autoptr(GPtrArray) findings = gate_findings_new();

        domain_gate_check(xmlDocGetRootElement(doc), "web1", "domain.xml", &rules, findings);
        g_assert_cmpuint(findings->len, ==, i);
    }
}

/* --- snapshots ------------------------------------------------------------ */

static void
test_snapshot(void)
{
    static const struct {
        const char *xml;
        const char *path; /* NULL: passes */
    } table[] = {
        {"<domainsnapshot><name>s</name><domain type='kvm'><devices><hostdev/></devices></domain>"
         "</domainsnapshot>",
         "devices/hostdev"},
        {"<domainsnapshot><inactiveDomain type='kvm'><devices><emulator>/tmp/e</emulator></devices>"
         "</inactiveDomain></domainsnapshot>",
         "devices/emulator"},
        {"<domainsnapshot><inactive/></domainsnapshot>", "domainsnapshot/inactive"},
        {"<domainsnapshot><memory snapshot='manual'/></domainsnapshot>",
         "domainsnapshot/memory/@snapshot"},
        {"<domainsnapshot><disks><disk name='vda' snapshot='external'><source file='/a'>"
         "<slices/></source></disk></disks></domainsnapshot>",
         "domainsnapshot/disks/disk/source/slices"},
        {"<domainsnapshot><disks><disk name='/etc/shadow'/></disks></domainsnapshot>",
         "domainsnapshot/disks/disk/@name"},
        {"<domainsnapshot><cookie><devices><hostdev/></devices></cookie></domainsnapshot>",
         "domainsnapshot/cookie/devices"},
        {"<domainsnapshot><domain type='kvm'/><domain type='qemu'/></domainsnapshot>", "domain"},
        {"<domainsnapshot><inactiveDomain type='kvm'><os/><os><nvram>/x</nvram></os>"
         "</inactiveDomain></domainsnapshot>",
         "os[2]"},
        {"<domainsnapshot><disks/><disks/></domainsnapshot>", "domainsnapshot/disks[2]"},
        {"<domainsnapshot><cookie><cpu><evil/></cpu></cookie></domainsnapshot>",
         "domainsnapshot/cookie/cpu/evil"},
        {"<domainsnapshot><memory snapshot='external' file='/m'/></domainsnapshot>", NULL},
        {"<inactiveDomain type='kvm'><devices/></inactiveDomain>", NULL},
        {"<network><name>n</name></network>", "network"},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(table); i++) {
        g_autoptr(xmlDoc) doc = gate_parse(table[i].xml);
        g_autoptr(GPtrArray) findings = find(doc);

        g_test_message("%s", table[i].xml);
        g_assert_cmpuint(findings->len, ==, table[i].path ? 1 : 0);
        if (table[i].path)
            g_assert_cmpstr(((GateFinding *)g_ptr_array_index(findings, 0))->path, ==,
                            table[i].path);
    }
}

/* --- too much ------------------------------------------------------------- */

static void
add_many(xmlDoc *doc, const char *parent, const char *name, guint n)
{
    xmlNode *node = xml_node(xmlDocGetRootElement(doc), parent);

    for (guint i = 0; i < n; i++)
        xml_add(node, name, NULL);
}

static void
test_many_threads(void)
{
    g_autoptr(xmlDoc) doc = add_to_base(".", "<iothreadids/>");
    g_autoptr(GPtrArray) findings = NULL;

    add_many(doc, "./iothreadids", "iothread", 1000000);
    findings = find(doc);
    g_assert_cmpuint(findings->len, ==, 1);
    g_assert_cmpstr(((GateFinding *)g_ptr_array_index(findings, 0))->path, ==, "iothreadids");
    g_assert_cmpstr(((GateFinding *)g_ptr_array_index(findings, 0))->value, ==, "iothread");
}

/* An error is for people, so a document with a million strange elements gets a short one. */
static void
test_many_findings(void)
{
    static const char *const words[] = {"web1:devices/x[1]", NULL};
    g_autoptr(xmlDoc) doc = gate_parse(GATE_BASE);
    g_autoptr(GPtrArray) findings = NULL;
    g_autoptr(GError) error = NULL;
    const GateFinding *last;

    add_many(doc, "./devices", "x", 1000);
    findings = find(doc);
    g_assert_cmpuint(findings->len, ==, 201);
    last = g_ptr_array_index(findings, 200);
    g_assert_null(last->trust);
    g_assert_true(domain_gate_trust(findings, words, &error));
    g_assert_false(domain_gate_pass(findings, &error));
}

static void
test_many_elements(void)
{
    g_autoptr(xmlDoc) doc = add_to_base(".", "<cpu><numa/></cpu>");
    g_autoptr(GPtrArray) findings = NULL;

    for (guint i = 0; i < 100; i++) {
        xmlNode *cell = xml_add(xml_node(xmlDocGetRootElement(doc), "./cpu/numa"), "cell", NULL);
        xmlNode *distances = xml_add(cell, "distances", NULL);

        for (guint j = 0; j < 1000; j++)
            xml_add(distances, "sibling", NULL);
    }
    findings = find(doc);
    g_assert_cmpuint(findings->len, ==, 1);
    g_assert_nonnull(strstr(((GateFinding *)g_ptr_array_index(findings, 0))->reason, "20000"));
}

static void
test_metadata_bombs(void)
{
    g_autofree char *large = g_strnfill(300 * 1024, 'x');
    g_autofree char *small = g_strnfill(200 * 1024, 'x');
    GString *deep = g_string_new(NULL);
    GString *wide = g_string_new(NULL);
    struct {
        const char *content;
        guint findings;
    } table[] = {{small, 0}, {large, 1}, {NULL, 1}, {NULL, 1}};

    for (guint i = 0; i < 100; i++)
        g_string_append(deep, "<a>");
    for (guint i = 0; i < 100; i++)
        g_string_append(deep, "</a>");
    for (guint i = 0; i < 100000; i++)
        g_string_append(wide, "<abc/>");
    table[2].content = deep->str;
    table[3].content = wide->str;
    for (gsize i = 0; i < G_N_ELEMENTS(table); i++) {
        g_autofree char *xml =
            g_strdup_printf("<metadata><m xmlns='urn:m'>%s</m></metadata>", table[i].content);
        g_autoptr(xmlDoc) doc = add_to_base(".", xml);
        g_autoptr(GPtrArray) findings = find(doc);

        g_assert_cmpuint(findings->len, ==, table[i].findings);
    }
    g_string_free(deep, TRUE);
    g_string_free(wide, TRUE);
}

/* A long value is cut off, and values that differ behind the cut are distinguished. */
static void
test_long_values(void)
{
    g_autofree char *filler = g_strnfill(5000, 'y');
    g_autofree char *one = g_strdup_printf("<hostdev a='%s1'/><hostdev a='%s2'/>", filler, filler);
    g_autoptr(xmlDoc) doc = add_to_base("./devices", one);
    g_autoptr(GPtrArray) findings = find(doc);
    const GateFinding *first = g_ptr_array_index(findings, 0);
    const GateFinding *second = g_ptr_array_index(findings, 1);

    g_assert_cmpuint(findings->len, ==, 2);
    g_assert_cmpuint(strlen(first->value), <, 400);
    g_assert_cmpstr(first->value, !=, second->value);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_data_func("/domain-gate/ordinary", "domain/ordinary", test_ordinary);
    g_test_add_data_func("/domain-gate/snapshots", "domain/snapshots", test_ordinary);
    g_test_add_func("/domain-gate/hostile", test_hostile);
    g_test_add_func("/domain-gate/all-at-once", test_all_at_once);
    g_test_add_func("/domain-gate/trust", test_trust);
    g_test_add_func("/domain-gate/documents", test_documents);
    g_test_add_func("/domain-gate/user-card", test_user_card);
    g_test_add_func("/domain-gate/snapshot", test_snapshot);
    g_test_add_func("/domain-gate/many-threads", test_many_threads);
    g_test_add_func("/domain-gate/many-findings", test_many_findings);
    g_test_add_func("/domain-gate/many-elements", test_many_elements);
    g_test_add_func("/domain-gate/metadata-bombs", test_metadata_bombs);
    g_test_add_func("/domain-gate/long-values", test_long_values);

    return g_test_run();
}
