/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include <libxml/tree.h>

#include "hypervisor/host-facts.h"
#include "import/domain-rewrite.h"
#include "import/host-finding.h"

G_BEGIN_DECLS

/* Whether a domain of an export fits to this host, before anything is changed. Pure: what the host
 * has and offers are values. */

/** What the host offers to one domain. */
typedef struct {
    const HostFacts *facts;
    char *offer;   /* <domainCapabilities> for its machine, or for the one that would do; NULL: the
                    * host offers nothing to it */
    char *problem; /* what the host's processor does not have of the domain's; NULL: nothing */
    gboolean unknown; /* the hypervisor does not say what it offers: that is not compared */
    gboolean loader; /* the domain's firmware is here */
} HostOffer;

/** What a domain is to have here to fit. NULL: as it is. */
typedef struct {
    char *type;
    char *emulator;
    char *machine;
    char *cpu;
    char *loader;
    char *video;         /* model */
    gboolean no_spice;   /* the host has none: VNC, and no channels of it */
    GHashTable *networks; /* char* → char* */
} HostAdaption;

/**
 * host_compare:
 * @domain: a <domain> of the export that has passed the gate
 * @member: its name in the export
 * @findings: (element-type HostFinding): what does not fit is added
 * @adaption: filled in with what --force-host would change, and with what needs none
 *
 * Compares type, machine, emulator, processor, firmware, memory, number of processors, devices,
 * networks, secrets, and elements that this version of libvirt does not know and would drop.
 * Nothing is added for a domain that fits. FALSE with FAILED if the host's own XML is none.
 */
gboolean host_compare(xmlNode *domain, const char *member, const HostOffer *offer,
                      GPtrArray *findings, HostAdaption *adaption, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/** host_domain_memory: Returns: the memory that the <domain> @domain has, in bytes. */
guint64 host_domain_memory(xmlNode *domain);

/**
 * host_adaption_apply:
 * @force: whether --force-host is given; without it only what import does by itself
 *
 * Sets in @to what @adaption has; strings stay owned by @adaption.
 */
void host_adaption_apply(const HostAdaption *adaption, gboolean force, DomainRewrite *to);

/** Free what the name says. NULL is fine. */
HostAdaption *host_adaption_new(void);
void host_adaption_free(HostAdaption *adaption);
void host_offer_free(HostOffer *offer);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(HostAdaption, host_adaption_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HostOffer, host_offer_free)

G_END_DECLS
