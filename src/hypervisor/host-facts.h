/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* What a host has, before a domain comes to it. */

/** A network. */
typedef struct {
    char *name;
    gboolean active;
} HostThing;

typedef struct HostFacts HostFacts;
struct HostFacts {
    char *capabilities;    /* <capabilities>, as virConnectGetCapabilities gives it */
    char *libvirt_version; /* "9.0.0" */
    guint64 memory;        /* bytes */
    GPtrArray *networks;   /* HostThing; NULL: this connection cannot tell */
    GPtrArray *secrets;    /* char*, their UUIDs; NULL: this connection cannot tell */
    GPtrArray *bridges;    /* char*: interfaces, which a network card can be plugged into by name;
                            * NULL: cannot be told from here */
};

/** host_facts_new: Returns: empty facts, whose lists all are there; owned by the caller. */
HostFacts *host_facts_new(void);

/** host_thing_new: Returns: owned by the caller; @name is copied. */
HostThing *host_thing_new(const char *name, gboolean active);

/** host_thing_find: Returns: (nullable): what has @name among @things, which may be NULL. */
const HostThing *host_thing_find(GPtrArray *things, const char *name);

/** Free what the name says. NULL is fine. */
void host_thing_free(HostThing *thing);
void host_facts_free(HostFacts *facts);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(HostFacts, host_facts_free)

G_END_DECLS
