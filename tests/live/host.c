/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <stdio.h>
#include <string.h>

#include "drivers/register.h"
#include "hypervisor/drivers.h"
#include "hypervisor/host-facts.h"
#include "import/domain-gate.h"
#include "import/host-ask.h"
#include "util/xml.h"

/* usage: host URI [FILE]...
 *
 * Compares the domains in the files, or all domains of the host, with the host at URI, and prints a
 * line for each finding: "DOMAIN KIND WHAT: …". Domains of the host go through the gate, too, with
 * all of their disks replaced, and what they have is claimed once more. The status is 1 if that
 * cannot be done. */

static void
print_findings(GPtrArray *findings)
{
    for (guint i = 0; i < findings->len; i++) {
        g_autofree char *line = host_finding_to_string(g_ptr_array_index(findings, i));

        printf("%s\n", line);
    }
}

static gboolean
compare(Hypervisor *hypervisor, const HostFacts *facts, const char *name, const char *xml,
        GError **error)
{
    g_autoptr(xmlDoc) doc = xml_parse(xml, strlen(xml), name, error);
    g_autoptr(GPtrArray) findings = host_findings_new();
    g_autoptr(HostAdaption) adaption = host_adaption_new();
    g_autoptr(HostOffer) offer = NULL;
    HostFlash none = {0};
    g_autoptr(GPtrArray) domains = g_ptr_array_new();

    if (!doc)
        return FALSE;
    g_ptr_array_add(domains, xmlDocGetRootElement(doc));
    offer = host_offer_ask(hypervisor, facts, &none, xmlDocGetRootElement(doc), error);
    if (!offer ||
        !host_compare(domains, name, offer, findings, adaption, error))
        return FALSE;
    print_findings(findings);

    return TRUE;
}

static gboolean
pass_gate(const DomainRecord *record, GError **error)
{
    static const char *const files[] = {"kernel", "initrd", NULL};
    g_autoptr(xmlDoc) doc = xml_parse(record->xml, strlen(record->xml), record->name, error);
    g_autoptr(GPtrArray) nodes =
        doc ? xml_nodes(xmlDocGetRootElement(doc), "./devices/disk/target/@dev") : NULL;
    g_autoptr(GPtrArray) targets = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GPtrArray) findings = gate_findings_new();
    GateRules rules = {.files = files, .user_cards = TRUE};

    if (!doc)
        return FALSE;
    for (guint i = 0; i < nodes->len; i++)
        g_ptr_array_add(targets, xml_text(g_ptr_array_index(nodes, i), "."));
    g_ptr_array_add(targets, NULL);
    rules.disks = (const char *const *)targets->pdata;
    domain_gate_check(xmlDocGetRootElement(doc), record->name, "domain.xml", &rules, findings);
    for (guint i = 0; i < findings->len; i++) {
        const GateFinding *finding = g_ptr_array_index(findings, i);

        printf("%s gate %s\n", finding->member, finding->path);
    }

    return TRUE;
}

static gboolean
look_at_domains(Hypervisor *hypervisor, const HostFacts *facts, GError **error)
{
    g_autoptr(GPtrArray) names = hypervisor->ops->list_domains(hypervisor, error);

    if (!names)
        return FALSE;
    for (guint i = 0; i < names->len; i++) {
        gboolean running;
        g_autoptr(DomainRecord) record = hypervisor->ops->describe(
            hypervisor, g_ptr_array_index(names, i), &running, error);

        if (!record || !pass_gate(record, error) ||
            !compare(hypervisor, facts, record->name, record->xml, error))
            return FALSE;
    }

    return TRUE;
}

static gboolean
look_at_files(Hypervisor *hypervisor, const HostFacts *facts, char **files, GError **error)
{
    for (; *files; files++) {
        g_autofree char *name = g_path_get_basename(*files);
        g_autofree char *xml = NULL;

        if (!g_file_get_contents(*files, &xml, NULL, error) ||
            !compare(hypervisor, facts, name, xml, error))
            return FALSE;
    }

    return TRUE;
}

int
main(int argc, char **argv)
{
    g_autoptr(Hypervisor) hypervisor = NULL;
    g_autoptr(HostFacts) facts = NULL;
    g_autoptr(GError) error = NULL;

    if (argc < 2)
        g_error("usage: host URI [FILE]...");
    register_drivers();
    hypervisor = drivers_get()->open_hypervisor(argv[1], &error);
    if (hypervisor)
        facts = hypervisor->ops->host_facts(hypervisor, &error);
    if (!facts || !(argc > 2 ? look_at_files(hypervisor, facts, argv + 2, &error)
                             : look_at_domains(hypervisor, facts, &error))) {
        fprintf(stderr, "%u: %s\n", virt_snap_error_result_code(error), error->message);
        return 1;
    }

    return 0;
}
