/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include <libxml/tree.h>

#include "hypervisor/host-facts.h"
#include "import/domain-rewrite.h"
#include "import/host-finding.h"
#include "import/host-firmware.h"

G_BEGIN_DECLS

/* Compares a domain of an export with this host before anything is changed. The functions only work
 * on values and do not query the hypervisor. */

/** What the host offers to one domain. */
typedef struct {
    const HostFacts *facts;
    char *offer;   /* <domainCapabilities> for its machine type, or for the one that can replace it;
                    * NULL: there are none */
    char *problem; /* what the host's processor lacks; NULL: nothing */
    gboolean unknown; /* the hypervisor does not report what it offers, so that is not compared */
    HostFlash flash; /* firmware, here and in the export */
} HostOffer;

/** Changes that make a domain fit this host. NULL: no change. */
typedef struct {
    char *type;
    char *emulator;
    char *machine;
    char *cpu;
    GPtrArray *loaders;  /* RewriteLoader */
    gboolean no_choice;  /* see DomainRewrite */
    char *video;         /* model */
    gboolean no_spice;   /* SPICE is replaced by VNC, and its channels are removed, because the host
                          * has no SPICE */
    GHashTable *networks; /* char* → char* */
} HostAdaption;

/**
 * host_compare:
 * @domains: (element-type xmlNode): the <domain> of domain.xml, which has passed the gate; then
 * others of the same domain, of which only the firmware is compared
 * @member: its name in the export
 * @findings: (element-type HostFinding): findings are added
 * @adaption: set to the changes that --force-host makes and those that are always made
 *
 * Compares type, machine, emulator, processor, firmware, memory, number of processors, devices,
 * networks, secrets, and elements that this version of libvirt does not know and would drop. A
 * domain that fits has no findings. FALSE with FAILED if the XML of the host is invalid.
 */
gboolean host_compare(GPtrArray *domains, const char *member, const HostOffer *offer,
                      GPtrArray *findings, HostAdaption *adaption, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/** host_domain_memory: Returns: the memory that the <domain> @domain has, in bytes. */
guint64 host_domain_memory(xmlNode *domain);

/**
 * host_adaption_apply:
 * @force: whether --force-host is given; without it only the changes that are always made
 *
 * Copies the changes of @adaption to @to; strings remain owned by @adaption.
 */
void host_adaption_apply(const HostAdaption *adaption, gboolean force, DomainRewrite *to);

/** Create or free a HostAdaption or HostOffer; NULL can be freed. */
HostAdaption *host_adaption_new(void);
void host_adaption_free(HostAdaption *adaption);
void host_offer_free(HostOffer *offer);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(HostAdaption, host_adaption_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HostOffer, host_offer_free)

G_END_DECLS
