/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "hypervisor/layer-ops.h"
#include "hypervisor/snapshot-ops.h"
#include "tests/unit/chain-fixture.h"

G_BEGIN_DECLS

/* A hypervisor that has the domains that a test names. It pauses and resumes them, and cannot take
 * snapshots. */

#define LAYERS_DISK                                                                                \
    "<disk type='file'><driver type='%s'/><source file='%s/%s'/><target dev='%s'/></disk>"

typedef struct FakeLayers FakeLayers;
struct FakeLayers {
    Hypervisor parent;
    GPtrArray *domains; /* DomainSurvey */
    guint job;          /* a block job of that type runs */
    gboolean reverts;   /* it goes back to external snapshots by itself */
    void (*surveyed)(FakeLayers *host, guint n); /* before it is for the @n-th time, or NULL */
    guint n_surveys;
    GString *calls; /* what was done: a letter and the domain's number, each */
    char *dir;
};

/** layers_new: Returns: a hypervisor that has the domain "a", shut off, with the snapshot "s1" of
 * base.img, which writes to a.s1; owned by the caller. */
FakeLayers *layers_new(ChainFixture *f);
void layers_free(FakeLayers *host);

/** layers_add_domain: @disks: (transfer full): of the domain. Returns: (transfer none). */
DomainSurvey *layers_add_domain(FakeLayers *host, const char *name, char *disks);

/** layers_disk: Returns: the disk "vda" with the image @file; owned by the caller. */
char *layers_disk(const FakeLayers *host, const char *format, const char *file);

/** layers_add_snapshot: Gives the domain the snapshot @name, for which it went from @base to
 * @overlay. */
void layers_add_snapshot(FakeLayers *host, DomainSurvey *domain, const char *name,
                         const char *base, const char *overlay);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(FakeLayers, layers_free)

/** layers_assert_says: @words: NULL-terminated; the error has to have each of them. */
void layers_assert_says(const GError *error, const char *const words[]);

G_END_DECLS
