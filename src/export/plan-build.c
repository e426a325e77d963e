/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <glib/gi18n-lib.h>

#include "collection/set-store.h"
#include "export/plan-build.h"
#include "export/plan-choice.h"
#include "export/plan-files.h"
#include "export/plan-frozen.h"
#include "export/plan-internal.h"
#include "export/plan-layers.h"
#include "export/plan-live.h"
#include "export/plan-saved.h"
#include "export/plan-tpm.h"

/* --- disks ---------------------------------------------------------------- */

/* Why the content of the disk is not copied; NULL if it is. */
static const char *
reason_to_record(PlanBuilder *builder, const PlanDomain *domain, const DiskDef *disk)
{
    gboolean excluded = plan_choice_excludes(builder, domain->name, disk->target);
    gboolean included = plan_choice_includes(builder, domain->name, disk->target);

    if (disk_def_is_empty(disk))
        return "empty";
    if (!included && (g_str_equal(disk->device, "cdrom") || disk->read_only))
        return "read-only";
    if (!included && g_str_equal(disk->device, "floppy"))
        return "removable";
    if (excluded)
        return "excluded";
    if (!included && disk->location == SNAPSHOT_LOCATION_NO)
        return "no-snapshot";
    if (!builder->plan->settings->storage)
        return "no-storage";

    return NULL;
}

static gboolean
check_snapshot_kind(const DiskDef *disk, GError **error)
{
    if (disk->location == SNAPSHOT_LOCATION_MANUAL) {
        g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_NOT_SUPPORTED,
                    _("its snapshot was taken by the storage (snapshot='manual'), which is not "
                      "supported; leave it out with --exclude"));
        return FALSE;
    }

    return storage_def_check(disk->storage, error);
}

static gboolean
has_encrypted_layer(const Layer *top)
{
    for (const Layer *layer = top; layer; layer = layer->backing) {
        if (layer->encrypted)
            return TRUE;
    }

    return FALSE;
}

/* Checks a disk that is included by name. It is not part of the snapshot, so its present content is
 * exported. */
static gboolean
check_included(PlanBuilder *builder, const PlanDomain *domain, const DiskDef *disk, GError **error)
{
    if (disk->read_only || g_str_equal(disk->device, "cdrom"))
        return TRUE;
    if (domain->active) {
        g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_IN_USE,
                    _("it is no part of the snapshot, and the running domain writes to it; shut "
                      "the domain down, or do without --include"));
        return FALSE;
    }
    plan_warn(builder->plan,
              _("Domain '%s': the disk '%s' is no part of the snapshot; it is exported as it is "
                "now"),
              domain->name, disk->target);

    return TRUE;
}

static gboolean
plan_external(PlanBuilder *builder, const PlanDomain *domain, const SnapshotDef *def,
              PlanDisk *disk, const Layer *top, GPtrArray *present, GError **error)
{
    if (disk->def->location == SNAPSHOT_LOCATION_NO
            ? !check_included(builder, domain, disk->def, error)
            : !plan_frozen_check(present, top, error))
        return FALSE;
    plan_frozen_warn(builder, domain, def, top);
    if (builder->plan->settings->intent == VIRT_SNAP_BACKUP_INTENT_PRESERVE_CHAIN) {
        disk->top = plan_layers_copy(builder, top);
        return TRUE;
    }
    if (has_encrypted_layer(top)) {
        g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_NOT_SUPPORTED,
                    _("the chain of '%s' is encrypted and cannot be merged without its secret; "
                      "export with the chain preserved"),
                    top->path);
        return FALSE;
    }
    disk->top = plan_layers_flatten(builder, top, NULL, FALSE);

    return TRUE;
}

/* Warns if a disk to which the guest writes is not copied and was not excluded on purpose; only
 * once for all snapshots. */
static void
warn_if_disk_left(PlanBuilder *builder, const PlanDomain *domain, const PlanDisk *disk)
{
    if (g_strcmp0(disk->recorded, "no-snapshot") != 0 || !builder->plan->settings->storage ||
        domain->snapshots->len > 1)
        return;
    plan_warn(builder->plan,
              _("Domain '%s': the disk '%s' ('%s') is no part of the snapshot and is not "
                "exported; ask for it with --include"),
              domain->name, disk->def->target, disk->def->storage->label);
}

static gboolean
plan_disk(PlanBuilder *builder, const PlanDomain *domain, const SnapshotDef *def, PlanDisk *disk,
          GPtrArray *present, GError **error)
{
    Layer *top;

    disk->recorded = reason_to_record(builder, domain, disk->def);
    if (disk->recorded) {
        warn_if_disk_left(builder, domain, disk);
        return TRUE;
    }
    if (!check_snapshot_kind(disk->def, error))
        return FALSE;
    top = storage_def_resolve(disk->def->storage, builder->plan->chains, error);
    if (!top)
        return FALSE;
    if (plan_is_live(builder->plan) || disk->def->location == SNAPSHOT_LOCATION_LIVE)
        return plan_live_disk(builder, domain, disk, top, error);
    if (disk->def->location == SNAPSHOT_LOCATION_INTERNAL)
        return plan_internal_disk(builder, domain, def, disk, top, error);

    return plan_external(builder, domain, def, disk, top, present, error);
}

/* --- snapshots ------------------------------------------------------------ */

static const char *
consistency_of(const PlanDomain *domain, const SnapshotDef *def)
{
    /* libvirt says of a snapshot of a saved domain that it was shut off. */
    if (g_strcmp0(def->state, "shutoff") == 0)
        return domain->saved ? "unknown" : "offline";
    if (def->memory != SNAPSHOT_LOCATION_NO)
        return "memory";

    /* For a disk-only snapshot of a running domain libvirt does not record whether the guest was
     * quiesced. */
    return "unknown";
}

/* For a snapshot that virtsnap made, its record has the consistency. */
static void
take_recorded(const PlanBuilder *builder, const PlanDomain *domain, PlanSnapshot *snapshot)
{
    const SetRecord *record =
        builder->sets ? set_records_find(builder->sets, domain->uuid, snapshot->def->name,
                                         snapshot->def->creation_time)
                      : NULL;
    const SetMember *member = record ? set_record_member(record, domain->uuid) : NULL;

    if (!member)
        return;
    snapshot->consistency = consistency_name(member->consistency);
    snapshot->reason = consistency_reason_name(member->reason);
}

static gboolean
plan_snapshot_disks(PlanBuilder *builder, const PlanDomain *domain, PlanSnapshot *snapshot,
                    GPtrArray *present, GError **error)
{
    for (guint i = 0; i < snapshot->def->disks->len; i++) {
        PlanDisk *disk = g_new0(PlanDisk, 1);

        g_ptr_array_add(snapshot->disks, disk);
        disk->def = g_ptr_array_index(snapshot->def->disks, i);
        if (!plan_disk(builder, domain, snapshot->def, disk, present, error)) {
            g_prefix_error(error, _("Domain '%s', snapshot '%s', disk '%s': "), domain->name,
                           snapshot->def->name, disk->def->target);
            return FALSE;
        }
    }

    return TRUE;
}

static SnapshotDef *
parse_plan_snapshot(const char *xml, const char *what, GPtrArray *volumes, GError **error)
{
    SnapshotDef *def = snapshot_def_parse(xml, what, error);

    if (def && volumes)
        snapshot_def_find_volumes(def, volumes);

    return def;
}

static gboolean
plan_snapshot(PlanBuilder *builder, PlanDomain *domain, const SnapshotRecord *record,
              GPtrArray *present, GPtrArray *volumes, GError **error)
{
    g_autofree char *what =
        g_strdup_printf(_("Domain '%s', snapshot '%s'"), domain->name, record->name);
    PlanSnapshot *snapshot;
    SnapshotDef *def = parse_plan_snapshot(record->xml, what, volumes, error);
    gboolean first = domain->snapshots->len == 0;

    if (!def)
        return FALSE;
    snapshot = plan_snapshot_new(domain, def);
    snapshot->consistency = plan_is_passing(builder->plan)
                                ? plan_live_consistency(builder->plan, domain)
                                : consistency_of(domain, def);
    if (!plan_is_passing(builder->plan))
        take_recorded(builder, domain, snapshot);
    if (!plan_snapshot_disks(builder, domain, snapshot, present, error))
        return FALSE;
    if (!plan_files_memory(builder->plan, domain, snapshot, first, error)) {
        g_prefix_error(error, "%s: ", what);
        return FALSE;
    }

    return TRUE;
}

/* --- domains -------------------------------------------------------------- */

/* Adds the snapshots in @records to the tree. One that cannot be parsed is ignored here; if it is
 * to be exported, planning it fails. */
static void
add_to_snapshot_tree(PlanDomain *domain, GPtrArray *records, GPtrArray *volumes)
{
    for (guint i = 0; records && i < records->len; i++) {
        const SnapshotRecord *record = g_ptr_array_index(records, i);
        SnapshotDef *def = parse_plan_snapshot(record->xml, record->name, volumes, NULL);

        if (def)
            g_ptr_array_add(domain->tree, def);
    }
}

static gboolean
plan_domain(PlanBuilder *builder, const DomainRecord *record, GError **error)
{
    g_autoptr(GPtrArray) present = domain_image_paths(record->xml, record->volumes, error);
    PlanDomain *domain;

    if (!present)
        return FALSE;
    domain = plan_domain_new(builder->plan, record->name, record->uuid);
    domain->active = record->active;
    domain->saved = record->saved;
    add_to_snapshot_tree(domain, record->snapshots, record->volumes);
    add_to_snapshot_tree(domain, record->others, record->volumes);
    for (guint i = 0; i < record->snapshots->len; i++) {
        if (!plan_snapshot(builder, domain, g_ptr_array_index(record->snapshots, i), present,
                           record->volumes, error))
            return FALSE;
    }
    if (!plan_saved_check(builder->plan, domain, error))
        return FALSE;
    plan_files_configuration(builder->plan, domain, record);
    plan_files_tpm(builder, domain);

    return plan_files_host(builder, domain,
                           ((PlanSnapshot *)g_ptr_array_index(domain->snapshots, 0))->def, error);
}

Plan *
plan_build(const char *collection, const char *collection_xml, const char *snapshot,
           const VirtSnapExportSettings *settings, GPtrArray *records, HostInfo *host,
           GError **error)
{
    g_autoptr(Plan) plan = plan_new(collection, snapshot, settings, host);
    g_autoptr(PlanBuilder) builder = plan_builder_new(plan);
    g_autofree char *settings_xml = virt_snap_export_settings_format(plan->settings);

    if (collection_xml)
        plan_add_text(plan, NULL, "collection.xml", "collection", collection_xml);
    plan_add_text(plan, NULL, "settings.xml", "settings", settings_xml);
    for (guint i = 0; i < records->len; i++) {
        if (!plan_domain(builder, g_ptr_array_index(records, i), error))
            return NULL;
    }
    if (!plan_choice_check(builder, error))
        return NULL;

    return g_steal_pointer(&plan);
}
