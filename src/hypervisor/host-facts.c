/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include "hypervisor/host-facts.h"
#include "hypervisor/hypervisor.h"

HostFacts *
host_facts_new(void)
{
    HostFacts *facts = g_new0(HostFacts, 1);

    facts->networks = g_ptr_array_new_with_free_func((GDestroyNotify)host_thing_free);
    facts->secrets = g_ptr_array_new_with_free_func(g_free);
    facts->bridges = g_ptr_array_new_with_free_func(g_free);

    return facts;
}

HostThing *
host_thing_new(const char *name, gboolean active)
{
    HostThing *thing = g_new0(HostThing, 1);

    thing->name = g_strdup(name);
    thing->active = active;

    return thing;
}

const HostThing *
host_thing_find(GPtrArray *things, const char *name)
{
    for (guint i = 0; things && i < things->len; i++) {
        const HostThing *thing = g_ptr_array_index(things, i);

        if (g_str_equal(thing->name, name))
            return thing;
    }

    return NULL;
}

void
host_thing_free(HostThing *thing)
{
    if (!thing)
        return;
    g_free(thing->name);
    g_free(thing);
}

void
host_facts_free(HostFacts *facts)
{
    if (!facts)
        return;
    g_free(facts->capabilities);
    g_free(facts->tpm_states);
    g_free(facts->kept);
    g_free(facts->libvirt_version);
    g_clear_pointer(&facts->networks, g_ptr_array_unref);
    g_clear_pointer(&facts->secrets, g_ptr_array_unref);
    g_clear_pointer(&facts->bridges, g_ptr_array_unref);
    g_free(facts);
}
