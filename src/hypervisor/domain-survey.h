/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "hypervisor/hypervisor.h"

G_BEGIN_DECLS

/** All that libvirt knows of a domain and its disks, now and in its snapshots. */
typedef struct {
    char *name;
    char *uuid;
    gboolean active; /* running or paused */
    gboolean running; /* its processors do */
    gboolean saved;   /* it has a managed save, which it goes on from when it is started */
    guint checkpoints;
    char *xml;        /* <domain> as it is now */
    char *persistent; /* as it is when it is started next; NULL: it is transient */
    char *current;    /* name of the snapshot that it is based on, or NULL */
    GPtrArray *snapshots; /* SnapshotRecord, parents before children */
    GPtrArray *volumes;   /* VolumeDef: of pools, that all these documents name; NULL: none */
} DomainSurvey;

/** domain_survey_find: Returns: (transfer none) (nullable): the one with @name among @domains
 * (element-type DomainSurvey). */
const DomainSurvey *domain_survey_find(GPtrArray *domains, const char *name);

/** domain_survey_find_uuid: The same by its UUID. */
const DomainSurvey *domain_survey_find_uuid(GPtrArray *domains, const char *uuid);

/** domain_survey_snapshot: Returns: (transfer none) (nullable): its snapshot @name. */
const SnapshotRecord *domain_survey_snapshot(const DomainSurvey *self, const char *name);

/** domain_survey_free: NULL is fine. */
void domain_survey_free(DomainSurvey *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(DomainSurvey, domain_survey_free)

G_END_DECLS
