/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <glib/gi18n-lib.h>
#include <string.h>

#include "hypervisor/pool-ops.h"
#include "import/firmware.h"
#include "import/host-ask.h"
#include "import/import-host.h"
#include "util/xml.h"

struct ImportHost {
    Hypervisor *hypervisor; /* not owned */
    gboolean force;
    gboolean unplugged; /* no network card will be connected to anything */
    HostFacts *facts;
    GPtrArray *firmware;  /* Firmware; NULL: this host's files are not to be seen */
    GPtrArray *emulators; /* char*, terminated by NULL */
    GPtrArray *adaptions; /* HostAdaption for every domain */
    GPtrArray *findings;  /* HostFinding */
};

static gboolean
find_emulators(ImportHost *self, GError **error)
{
    const char *text = self->facts->capabilities;
    g_autoptr(xmlDoc) doc = xml_parse(text, strlen(text), _("the host's capabilities"), error);
    g_autoptr(GPtrArray) nodes =
        doc ? xml_nodes(xmlDocGetRootElement(doc), "./guest/arch//emulator") : NULL;

    for (guint i = 0; nodes && i < nodes->len; i++) {
        char *path = xml_text(g_ptr_array_index(nodes, i), ".");

        if (path)
            g_ptr_array_add(self->emulators, path);
    }
    g_ptr_array_add(self->emulators, NULL);

    return doc != NULL;
}

static GPtrArray *
find_firmware(const ImportHost *self)
{
    g_auto(GStrv) directories = firmware_directories(self->facts->session);

    if (!self->hypervisor->ops->sees(self->hypervisor, NULL, NULL))
        return NULL;

    return firmware_list((const char *const *)directories);
}

ImportHost *
import_host_new(Hypervisor *hypervisor, gboolean force, GError **error)
{
    g_autoptr(ImportHost) self = g_new0(ImportHost, 1);

    self->hypervisor = hypervisor;
    self->force = force;
    self->emulators = g_ptr_array_new_with_free_func(g_free);
    self->adaptions = g_ptr_array_new_with_free_func((GDestroyNotify)host_adaption_free);
    self->findings = host_findings_new();
    self->facts = hypervisor->ops->host_facts(hypervisor, error);
    if (!self->facts || !find_emulators(self, error))
        return NULL;
    self->firmware = find_firmware(self);

    return g_steal_pointer(&self);
}

char *
import_host_pool(ImportHost *self, const char *pool, GError **error)
{
    const HypervisorPoolOps *pools = self->hypervisor->ops->pools;

    if (pools)
        return pools->directory(self->hypervisor, pool, error);
    g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_NOT_SUPPORTED,
                _("There are no storage pools here, so nothing can be imported into '%s'; import "
                  "into a directory with --to"),
                pool);

    return NULL;
}

GateRules
import_host_rules(const ImportHost *self)
{
    GateRules rules = {.emulators = (const char *const *)self->emulators->pdata,
                       .user_cards = self->facts->session || self->unplugged};

    return rules;
}

void
import_host_unplug(ImportHost *self)
{
    self->unplugged = TRUE;
}

gboolean
import_host_adapt(ImportHost *self, GPtrArray *domains, const char *member,
                  const HostFlash *flash, DomainRewrite *to, GError **error)
{
    xmlNode *domain = g_ptr_array_index(domains, 0);
    HostFlash both = *flash;
    g_autoptr(HostOffer) offer = NULL;
    HostAdaption *adaption;

    both.descriptors = self->firmware;
    offer = host_offer_ask(self->hypervisor, self->facts, &both, domain, error);
    if (!offer)
        return FALSE;
    adaption = host_adaption_new();
    g_ptr_array_add(self->adaptions, adaption);
    if (!host_compare(domains, member, offer, self->findings, adaption, error))
        return FALSE;
    host_adaption_apply(adaption, self->force, to);

    return TRUE;
}

const char *
import_host_tpm_states(const ImportHost *self)
{
    return self->facts->tpm_states;
}

const char *
import_host_kept(const ImportHost *self)
{
    return self->facts->kept;
}

GPtrArray *
import_host_findings(const ImportHost *self)
{
    return self->findings;
}

gboolean
import_host_pass(const ImportHost *self, GError **error)
{
    return host_findings_pass(self->findings, self->force, error);
}

void
import_host_free(ImportHost *self)
{
    if (!self)
        return;
    host_facts_free(self->facts);
    g_clear_pointer(&self->firmware, g_ptr_array_unref);
    g_ptr_array_unref(self->emulators);
    g_ptr_array_unref(self->adaptions);
    g_ptr_array_unref(self->findings);
    g_free(self);
}
