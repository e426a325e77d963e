/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <string.h>

#include "import/host-ask.h"
#include "import/host-machine.h"
#include "util/xml.h"

/** The parameters of a query for a domain. */
typedef struct {
    char *arch;
    char *machine; /* machine type of the domain, or the one that can replace it */
    char *type;    /* type of the domain; "qemu" if the host has no KVM */
} Wanted;

static void
wanted_clear(Wanted *wanted)
{
    g_free(wanted->arch);
    g_free(wanted->machine);
    g_free(wanted->type);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Wanted, wanted_clear)

static void
wanted_read(Wanted *wanted, xmlNode *domain, xmlNode *capabilities)
{
    g_autofree char *machine = xml_text(domain, "./os/type/@machine");
    g_autofree char *type = NULL;

    wanted->arch = xml_text(domain, "./os/type/@arch");
    if (!wanted->arch)
        wanted->arch = xml_text(capabilities, "./host/cpu/arch");
    type = xml_attr(domain, "type");
    if (machine && wanted->arch)
        wanted->machine = host_machine_choose(capabilities, wanted->arch, machine);
    if (type && wanted->arch && host_has_type(capabilities, wanted->arch, type))
        wanted->type = g_steal_pointer(&type);
    else
        wanted->type = g_strdup("qemu");
}

/* Compares the processor. Only a <cpu> with a model can be compared; the other modes use the
 * processor of the host. */
static gboolean
ask_cpu(Hypervisor *hypervisor, const Wanted *wanted, xmlNode *domain, HostOffer *offer,
        GError **error)
{
    xmlNode *cpu = xml_node(domain, "./cpu[@mode='custom' or not(@mode)][model]");
    g_autofree char *text = cpu ? xml_node_to_string(cpu) : NULL;

    return !text || hypervisor->ops->compare_cpu(hypervisor, wanted->arch, wanted->machine,
                                                 wanted->type, text, &offer->problem, error);
}

/* Queries the domain capabilities. libvirt's test driver does not have them. Nothing is queried for
 * an architecture that the host does not have, which host_compare() reports. */
static gboolean
ask_offer(Hypervisor *hypervisor, const Wanted *wanted, xmlNode *capabilities, HostOffer *offer,
          GError **error)
{
    gboolean known = wanted->arch && host_has_arch(capabilities, wanted->arch);
    g_autoptr(GError) why = NULL;

    offer->offer = hypervisor->ops->domain_capabilities(
        hypervisor, known ? wanted->arch : NULL, known ? wanted->machine : NULL,
        known ? wanted->type : NULL, &why);
    offer->unknown = g_error_matches(why, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_NOT_SUPPORTED);
    if (!offer->offer && !offer->unknown) {
        g_propagate_error(error, g_steal_pointer(&why));
        return FALSE;
    }
    if (!known)
        g_clear_pointer(&offer->offer, g_free);

    return TRUE;
}

HostOffer *
host_offer_ask(Hypervisor *hypervisor, const HostFacts *facts, const HostFlash *flash,
               xmlNode *domain, GError **error)
{
    g_autoptr(HostOffer) offer = g_new0(HostOffer, 1);
    g_autoptr(xmlDoc) doc =
        xml_parse(facts->capabilities, strlen(facts->capabilities), "capabilities", error);
    g_auto(Wanted) wanted = {NULL, NULL, NULL};

    if (!doc)
        return NULL;
    offer->facts = facts;
    offer->flash = *flash;
    offer->flash.hypervisor = hypervisor;
    wanted_read(&wanted, domain, xmlDocGetRootElement(doc));
    if (!ask_offer(hypervisor, &wanted, xmlDocGetRootElement(doc), offer, error) ||
        (offer->offer && !ask_cpu(hypervisor, &wanted, domain, offer, error)))
        return NULL;

    return g_steal_pointer(&offer);
}
