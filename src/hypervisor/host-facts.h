/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* What a host offers to a domain that will be imported. */

/** A network. */
typedef struct {
    char *name;
    gboolean active;
} HostThing;

typedef struct HostFacts HostFacts;
struct HostFacts {
    char *capabilities;    /* the <capabilities> of virConnectGetCapabilities() */
    char *libvirt_version; /* "9.0.0" */
    guint64 memory;        /* bytes */
    GPtrArray *networks;   /* HostThing; NULL: this connection does not report them */
    GPtrArray *secrets;    /* char*: UUIDs; NULL: this connection does not report them */
    char *tpm_states;      /* directory with the states of emulated TPMs (tpm-def.h); NULL: not
                            * known */
    char *kept;            /* directory with what libvirt finds by the name of a domain:
                            * "nvram/NAME_VARS.fd", "save/NAME.save"; NULL: not known */
    gboolean session;      /* its guests run as the user of the connection, and have no more rights
                            * than that user */
    GPtrArray *bridges;    /* char*: interfaces, which a network card can be plugged into by name;
                            * NULL: cannot be told from here */
};

/** host_facts_new: Returns: facts with empty lists and nothing else set, owned by the caller. */
HostFacts *host_facts_new(void);

/** host_thing_new: Returns: owned by the caller; @name is copied. */
HostThing *host_thing_new(const char *name, gboolean active);

/** host_thing_find: Returns: (transfer none) (nullable): the element of @things with the name
 * @name; @things may be NULL. */
const HostThing *host_thing_find(GPtrArray *things, const char *name);

/** Free a HostThing or HostFacts, which may be NULL. */
void host_thing_free(HostThing *thing);
void host_facts_free(HostFacts *facts);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(HostFacts, host_facts_free)

G_END_DECLS
