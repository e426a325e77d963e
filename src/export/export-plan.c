/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <glib/gi18n-lib.h>
#include <string.h>

#include "export/export-sight.h"
#include "export/export.h"
#include "export/plan-build.h"
#include "export/plan-points.h"
#include "util/xml.h"

char *
export_name(const ExportSubject *subject)
{
    g_autoptr(GString) name = g_string_new(NULL);

    if (subject->collection)
        return g_strdup(subject->collection);
    for (guint i = 0; i < subject->domains->len; i++)
        g_string_append_printf(name, "%s%s", i > 0 ? "+" : "",
                               (const char *)g_ptr_array_index(subject->domains, i));

    return g_string_free(g_steal_pointer(&name), FALSE);
}

/* A snapshot of a temporary set is in the export as if it had the name of that, and no other of the
 * domain may have it. */
static gboolean
rename_snapshot(DomainRecord *record, const char *name, GError **error)
{
    SnapshotRecord *snapshot = g_ptr_array_index(record->snapshots, 0);
    g_autoptr(xmlDoc) doc = NULL;

    for (guint i = 0; record->others && i < record->others->len; i++) {
        const SnapshotRecord *other = g_ptr_array_index(record->others, i);

        if (!g_str_equal(other->name, name))
            continue;
        g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_ALREADY_EXISTS,
                    _("The domain '%s' has a snapshot '%s'; choose another name for the export"),
                    record->name, name);
        return FALSE;
    }
    doc = xml_parse(snapshot->xml, strlen(snapshot->xml), record->name, error);
    if (!doc)
        return FALSE;
    xmlNodeSetContent(xml_child(xmlDocGetRootElement(doc), "name", NULL), NULL);
    xmlNodeAddContent(xml_child(xmlDocGetRootElement(doc), "name", NULL), BAD_CAST name);
    g_free(snapshot->xml);
    snapshot->xml = xml_doc_to_string(doc);
    g_free(snapshot->name);
    snapshot->name = g_strdup(name);

    return TRUE;
}

/* In the present state of a domain all disks are captured, in a set only those that it is of. */
static gboolean
take_disks_of_set(DomainRecord *record, const SetRecord *set, GError **error)
{
    SnapshotRecord *snapshot = g_ptr_array_index(record->snapshots, 0);
    const SetMember *member = set_record_member(set, record->uuid);
    g_autoptr(xmlDoc) doc = xml_parse(snapshot->xml, strlen(snapshot->xml), record->name, error);
    g_autoptr(GPtrArray) disks =
        doc ? xml_nodes(xmlDocGetRootElement(doc), "./disks/disk") : NULL;

    if (!disks)
        return FALSE;
    for (guint i = 0; i < disks->len; i++) {
        xmlNode *disk = g_ptr_array_index(disks, i);
        g_autofree char *target = xml_attr(disk, "name");

        if (!member || !set_member_disk(member, target))
            xmlSetProp(disk, BAD_CAST "snapshot",
                       BAD_CAST snapshot_location_name(SNAPSHOT_LOCATION_NO));
    }
    g_free(snapshot->xml);
    snapshot->xml = xml_doc_to_string(doc);

    return TRUE;
}

static DomainRecord *
resolve_present(Hypervisor *hypervisor, const ExportSubject *subject, const char *domain,
                GError **error)
{
    g_autoptr(DomainRecord) record = hypervisor->ops->present(
        hypervisor, domain, subject->snapshot, subject->settings->security_info, error);

    if (!record || (subject->set && !take_disks_of_set(record, subject->set, error)))
        return NULL;

    return g_steal_pointer(&record);
}

static DomainRecord *
resolve_member(Hypervisor *hypervisor, const ExportSubject *subject, const char *domain,
               GError **error)
{
    const VirtSnapExportSettings *settings = subject->settings;
    g_autoptr(DomainRecord) record = NULL;

    if (settings->live != VIRT_SNAP_LIVE_NO && !(subject->set && subject->set->complete))
        return resolve_present(hypervisor, subject, domain, error);
    record = hypervisor->ops->resolve(hypervisor, domain,
                                      subject->set ? subject->set->snapshot : subject->snapshot,
                                      settings->snapshots == VIRT_SNAP_SNAPSHOTS_ALL,
                                      settings->security_info, error);
    if (!record || (subject->set && !rename_snapshot(record, subject->snapshot, error)))
        return NULL;

    return g_steal_pointer(&record);
}

GPtrArray *
export_resolve(Hypervisor *hypervisor, const ExportSubject *subject, Control *control,
               GError **error)
{
    g_autoptr(GPtrArray) records =
        g_ptr_array_new_with_free_func((GDestroyNotify)domain_record_free);

    for (guint i = 0; i < subject->domains->len; i++) {
        const char *name = g_ptr_array_index(subject->domains, i);
        DomainRecord *record;

        if (!control_pass(control, 0, error))
            return NULL;
        record = resolve_member(hypervisor, subject, name, error);
        if (!record)
            return NULL;
        g_ptr_array_add(records, record);
    }

    return g_steal_pointer(&records);
}

/* Stores the definitions of the member collections; the first element is the collection itself. */
static void
keep_collections(Plan *plan, GPtrArray *collections)
{
    for (guint i = 1; collections && i < collections->len; i++) {
        const VirtSnapCollection *collection = g_ptr_array_index(collections, i);
        g_autofree char *xml = virt_snap_collection_format(collection);

        plan_add_collection(plan, collection->name, xml);
    }
}

Plan *
export_plan(Hypervisor *hypervisor, const ExportSubject *subject, Control *control,
            GError **error)
{
    g_autoptr(GPtrArray) records = NULL;
    g_autofree char *xml = NULL;
    g_autoptr(Plan) plan = NULL;
    HostInfo *host;

    /* Checked before any path of the hypervisor is used. Without storage, files beside the
     * configuration are needed, too. */
    if (hypervisor->ops->sees(hypervisor, NULL, error))
        records = export_resolve(hypervisor, subject, control, error);
    if (!records)
        return NULL;
    host = hypervisor->ops->host_info(hypervisor, error);
    if (!host)
        return NULL;
    if (subject->collections)
        xml = virt_snap_collection_format(g_ptr_array_index(subject->collections, 0));
    plan = plan_build(subject->collection, xml, subject->snapshot, subject->settings, records, host,
                    error);
    if (!plan || !export_sees_files(hypervisor, plan, error))
        return NULL;
    if (subject->set && subject->set->complete)
        plan_take_set(plan, subject->set);
    if (!plan_is_passing(plan) && !plan_points_take(plan, error))
        return NULL;
    keep_collections(plan, subject->collections);

    return g_steal_pointer(&plan);
}
