/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "hypervisor/snapshot-ops.h"
#include "transfer/control.h"

G_BEGIN_DECLS

/* A hypervisor that does as it is told, with the domains of a test. */

typedef struct {
    const char *name;
    DomainState state;
    gboolean no_agent;
    ConsistencyReason refuses; /* to freeze, for that */
    gboolean follows;  /* it freezes all the same, later */
    gboolean nothing;  /* can be frozen in it */
    gboolean no_pause; /* it cannot be paused */
    gboolean no_resume; /* nor resumed */
    gboolean thaws_early;
    guint bad_thaws;   /* so many fail first */
    guint hangs_s;     /* before it freezes */
    gboolean starts;   /* or is resumed by somebody, while the others stand still */
    const char *job;   /* that has begun since it was looked at */
    gboolean loses;    /* the connection, while it freezes, or is paused */
    gboolean changes;  /* its state, once that was asked for */
    DomainState then;
    guint leaves;      /* it is undefined, or gone, once its state was asked for so often; 0: not */
    /* What came of it: */
    gboolean frozen;
    gboolean paused;
    guint thaws;
    gboolean seen_still; /* in its function */
    guint resumes;
    guint looks;         /* its state was asked for */
    /* Its snapshot: */
    const char *memory; /* the file of it, for it has one */
    gboolean saves;     /* its memory, without an end; otherwise it is made at once */
    gboolean waits;     /* for the job of another program, as long as others save theirs */
    int aborts;         /* atomic: how often its job was ended */
} FakeDomain;

typedef struct {
    Hypervisor parent;
    FakeDomain *domains;
    guint n;
    const char *fails; /* the member whose function does */
    gboolean lost;     /* the connection */
    gboolean exclusive; /* nobody else can be connected, so no guard can resume it */
    GMutex lock;      /* of the calls */
    GString *calls;   /* what was done, each with the number of its domain; or NULL */
    Control *control; /* for a test's own use */
    int saving;       /* atomic: memory states that were begun to be written */
    int aborted;      /* atomic: that were ended */
} FakeHost;

#define FAKE_HOST(array) {.parent.ops = &fake_ops, .domains = array, .n = G_N_ELEMENTS(array)}

extern const HypervisorOps fake_ops;

/** fake_uuid: Returns: the UUID of domain @i, owned by the caller. */
char *fake_uuid(guint i);

/** fake_note: Adds @what was done to the domain with @uuid to the calls. */
void fake_note(Hypervisor *hypervisor, const char *what, const char *uuid);

/** fake_is_there: Returns: FALSE with NOT_FOUND if the domain with @uuid is gone. */
gboolean fake_is_there(Hypervisor *hypervisor, const char *uuid, GError **error);

/** fake_find: Returns: (transfer none): the domain with @uuid, which there is. */
FakeDomain *fake_find(Hypervisor *hypervisor, const char *uuid);

G_END_DECLS
