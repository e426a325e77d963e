/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include "hypervisor/domain-survey.h"

const DomainSurvey *
domain_survey_find(GPtrArray *domains, const char *name)
{
    for (guint i = 0; i < domains->len; i++) {
        const DomainSurvey *domain = g_ptr_array_index(domains, i);

        if (g_str_equal(domain->name, name))
            return domain;
    }

    return NULL;
}

const DomainSurvey *
domain_survey_find_uuid(GPtrArray *domains, const char *uuid)
{
    for (guint i = 0; i < domains->len; i++) {
        const DomainSurvey *domain = g_ptr_array_index(domains, i);

        if (g_str_equal(domain->uuid, uuid))
            return domain;
    }

    return NULL;
}

const SnapshotRecord *
domain_survey_snapshot(const DomainSurvey *self, const char *name)
{
    for (guint i = 0; i < self->snapshots->len; i++) {
        const SnapshotRecord *snapshot = g_ptr_array_index(self->snapshots, i);

        if (g_str_equal(snapshot->name, name))
            return snapshot;
    }

    return NULL;
}

void
domain_survey_free(DomainSurvey *self)
{
    if (!self)
        return;
    g_free(self->name);
    g_free(self->uuid);
    g_free(self->xml);
    g_free(self->persistent);
    g_free(self->current);
    g_clear_pointer(&self->snapshots, g_ptr_array_unref);
    g_clear_pointer(&self->volumes, g_ptr_array_unref);
    g_free(self);
}
