/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <glib/gi18n-lib.h>

#include "drivers/libvirt/libvirt-error.h"
#include "drivers/libvirt/libvirt-lists.h"
#include "drivers/libvirt/libvirt-survey.h"
#include "drivers/libvirt/libvirt-volumes.h"

static SnapshotRecord *
snapshot_record_new(const char *name, char *xml)
{
    SnapshotRecord *record = g_new0(SnapshotRecord, 1);

    record->name = g_strdup(name);
    record->xml = xml;

    return record;
}

static gboolean
read_snapshot(DomainSurvey *survey, virDomainSnapshotPtr snapshot, GError **error)
{
    const char *name = virDomainSnapshotGetName(snapshot);
    char *xml = virDomainSnapshotGetXMLDesc(snapshot, VIR_DOMAIN_SNAPSHOT_XML_SECURE);

    if (!xml && virGetLastErrorCode() == VIR_ERR_NO_DOMAIN_SNAPSHOT)
        return TRUE;
    if (!xml) {
        libvirt_error_set(error, _("Cannot read the snapshot '%s' of the domain '%s'"), name,
                          survey->name);
        return FALSE;
    }
    g_ptr_array_add(survey->snapshots, snapshot_record_new(name, libvirt_take_string(xml)));
    if (virDomainSnapshotIsCurrent(snapshot, 0) == 1) {
        g_free(survey->current);
        survey->current = g_strdup(name);
    }

    return TRUE;
}

/* A driver without support for snapshots has no snapshots. */
static gboolean
survey_snapshots(DomainSurvey *survey, virDomainPtr domain, GError **error)
{
    g_auto(SnapshotList) snapshots = NULL;

    survey->snapshots = g_ptr_array_new_with_free_func((GDestroyNotify)snapshot_record_free);
    if (virDomainListAllSnapshots(domain, &snapshots, VIR_DOMAIN_SNAPSHOT_LIST_TOPOLOGICAL) < 0) {
        if (virGetLastErrorCode() == VIR_ERR_NO_SUPPORT)
            return TRUE;
        libvirt_error_set(error, _("Cannot list the snapshots of the domain '%s'"), survey->name);
        return FALSE;
    }
    for (SnapshotList next = snapshots; *next; next++) {
        if (!read_snapshot(survey, *next, error))
            return FALSE;
    }

    return TRUE;
}

/* Finds the volumes that the documents of the domain name. */
static void
find_volumes(DomainSurvey *survey, virConnectPtr connection)
{
    g_autoptr(GPtrArray) others =
        g_ptr_array_new_with_free_func((GDestroyNotify)snapshot_record_free);
    DomainRecord record = {.xml = survey->xml, .snapshots = survey->snapshots, .others = others};

    if (survey->persistent)
        g_ptr_array_add(others, snapshot_record_new("", g_strdup(survey->persistent)));
    libvirt_volumes_find(connection, &record);
    survey->volumes = record.volumes;
}

static gboolean
survey_state(DomainSurvey *survey, virDomainPtr domain)
{
    int state = VIR_DOMAIN_NOSTATE;
    char uuid[VIR_UUID_STRING_BUFLEN] = "";
    int persistent = virDomainIsPersistent(domain);
    int checkpoints;

    if (persistent < 0 || virDomainGetState(domain, &state, NULL, 0) < 0 ||
        virDomainGetUUIDString(domain, uuid) < 0)
        return FALSE;
    survey->uuid = g_strdup(uuid);
    survey->active = state != VIR_DOMAIN_SHUTOFF && state != VIR_DOMAIN_CRASHED;
    survey->running = survey->active && state != VIR_DOMAIN_PAUSED;
    survey->xml = libvirt_take_string(virDomainGetXMLDesc(domain, VIR_DOMAIN_XML_SECURE));
    if (!survey->xml)
        return FALSE;
    survey->saved = virDomainHasManagedSaveImage(domain, 0) == 1;
    checkpoints = virDomainListAllCheckpoints(domain, NULL, 0);
    survey->checkpoints = checkpoints > 0 ? (guint)checkpoints : 0;
    if (!persistent)
        return TRUE;
    survey->persistent = libvirt_take_string(
        virDomainGetXMLDesc(domain, VIR_DOMAIN_XML_SECURE | VIR_DOMAIN_XML_INACTIVE));

    return survey->persistent != NULL;
}

/* Surveys one domain. @gone: the domain was undefined meanwhile, which is no error. */
static DomainSurvey *
read_domain(virDomainPtr domain, gboolean *gone, GError **error)
{
    g_autoptr(DomainSurvey) survey = g_new0(DomainSurvey, 1);

    *gone = FALSE;
    survey->name = g_strdup(virDomainGetName(domain));
    if (!survey_state(survey, domain)) {
        *gone = virGetLastErrorCode() == VIR_ERR_NO_DOMAIN;
        if (!*gone)
            libvirt_error_set(error, _("Cannot read the domain '%s'"), survey->name);
        return NULL;
    }
    if (!survey_snapshots(survey, domain, error))
        return NULL;
    find_volumes(survey, virDomainGetConnect(domain));

    return g_steal_pointer(&survey);
}

GPtrArray *
libvirt_survey(virConnectPtr connection, GError **error)
{
    g_autoptr(GPtrArray) surveys =
        g_ptr_array_new_with_free_func((GDestroyNotify)domain_survey_free);
    g_auto(DomainList) domains = NULL;

    if (virConnectListAllDomains(connection, &domains, 0) < 0) {
        libvirt_error_set(error, _("Cannot list the domains"));
        return NULL;
    }
    for (DomainList next = domains; *next; next++) {
        gboolean gone;
        DomainSurvey *survey = read_domain(*next, &gone, error);

        if (survey)
            g_ptr_array_add(surveys, survey);
        else if (!gone)
            return NULL;
    }

    return g_steal_pointer(&surveys);
}
