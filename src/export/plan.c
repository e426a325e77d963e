/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <glib/gi18n-lib.h>

#include "export/plan-choice.h"
#include "export/plan-files.h"
#include "export/plan-frozen.h"
#include "export/plan-internal.h"
#include "export/plan-layers.h"
#include "export/plan.h"
#include "util/name.h"

static void
plan_disk_free(PlanDisk *disk)
{
    g_free(disk->internal);
    g_free(disk);
}

static void
plan_snapshot_free(PlanSnapshot *snapshot)
{
    snapshot_def_free(snapshot->def);
    g_ptr_array_unref(snapshot->disks);
    g_free(snapshot);
}

static void
plan_domain_free(PlanDomain *domain)
{
    g_free(domain->name);
    g_free(domain->uuid);
    g_free(domain->directory);
    g_ptr_array_unref(domain->snapshots);
    g_ptr_array_unref(domain->tree);
    g_free(domain);
}

void
plan_free(Plan *plan)
{
    if (!plan)
        return;
    g_free(plan->collection);
    g_free(plan->snapshot);
    virt_snap_export_settings_free(plan->settings);
    host_info_free(plan->host);
    g_ptr_array_unref(plan->domains);
    g_ptr_array_unref(plan->layers);
    g_ptr_array_unref(plan->files);
    g_ptr_array_unref(plan->warnings);
    g_hash_table_unref(plan->by_key);
    g_hash_table_unref(plan->names);
    g_hash_table_unref(plan->excluded);
    g_hash_table_unref(plan->written);
    chain_cache_free(plan->chains);
    g_free(plan);
}

/* --- disks ---------------------------------------------------------------- */

/* Why the disk's content is not copied, or NULL if it is. */
static const char *
reason_to_record(Plan *plan, const PlanDomain *domain, const DiskDef *disk)
{
    gboolean excluded = plan_choice_excludes(plan, domain->name, disk->target);
    gboolean included = plan_choice_includes(plan, domain->name, disk->target);

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
    if (!plan->settings->storage)
        return "no-storage";

    return NULL;
}

static gboolean
check_kind(const DiskDef *disk, GError **error)
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
has_encrypted(const Layer *top)
{
    for (const Layer *layer = top; layer; layer = layer->backing) {
        if (layer->encrypted)
            return TRUE;
    }

    return FALSE;
}

/* A disk that was asked for is not frozen by the snapshot: it is as it is now. */
static gboolean
check_included(Plan *plan, const PlanDomain *domain, const DiskDef *disk, GError **error)
{
    if (disk->read_only || g_str_equal(disk->device, "cdrom"))
        return TRUE;
    if (domain->active) {
        g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_IN_USE,
                    _("it is no part of the snapshot, and the running domain writes to it; shut "
                      "the domain down, or do without --include"));
        return FALSE;
    }
    plan_warn(plan,
              _("Domain '%s': the disk '%s' is no part of the snapshot; it is exported as it is "
                "now"),
              domain->name, disk->target);

    return TRUE;
}

static gboolean
plan_external(Plan *plan, const PlanDomain *domain, const SnapshotDef *def, PlanDisk *disk,
              const Layer *top, GPtrArray *present, GError **error)
{
    if (disk->def->location == SNAPSHOT_LOCATION_NO
            ? !check_included(plan, domain, disk->def, error)
            : !plan_frozen_check(present, top, error))
        return FALSE;
    plan_frozen_warn(plan, domain, def, top);
    if (plan->settings->intent == VIRT_SNAP_BACKUP_INTENT_PRESERVE_CHAIN) {
        disk->top = plan_layers_copy(plan, top);
        return TRUE;
    }
    if (has_encrypted(top)) {
        g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_NOT_SUPPORTED,
                    _("the chain of '%s' is encrypted and cannot be merged without its secret; "
                      "export with the chain preserved"),
                    top->path);
        return FALSE;
    }
    disk->top = plan_layers_flatten(plan, top, NULL, FALSE);

    return TRUE;
}

/* A disk that the guest writes to is missed, unless it was left out on purpose. Once, however many
 * snapshots there are. */
static void
warn_if_left(Plan *plan, const PlanDomain *domain, const PlanDisk *disk)
{
    if (g_strcmp0(disk->recorded, "no-snapshot") != 0 || !plan->settings->storage ||
        domain->snapshots->len > 1)
        return;
    plan_warn(plan,
              _("Domain '%s': the disk '%s' ('%s') is no part of the snapshot and is not "
                "exported; ask for it with --include"),
              domain->name, disk->def->target, disk->def->storage->label);
}

static gboolean
plan_disk(Plan *plan, const PlanDomain *domain, const SnapshotDef *def, PlanDisk *disk,
          GPtrArray *present, GError **error)
{
    Layer *top;

    disk->recorded = reason_to_record(plan, domain, disk->def);
    if (disk->recorded) {
        warn_if_left(plan, domain, disk);
        return TRUE;
    }
    if (!check_kind(disk->def, error))
        return FALSE;
    top = storage_def_resolve(disk->def->storage, plan->chains, error);
    if (!top)
        return FALSE;
    if (disk->def->location == SNAPSHOT_LOCATION_INTERNAL)
        return plan_internal_disk(plan, domain, def, disk, top, error);

    return plan_external(plan, domain, def, disk, top, present, error);
}

/* --- snapshots ------------------------------------------------------------ */

static const char *
consistency_of(const SnapshotDef *def)
{
    if (g_strcmp0(def->state, "shutoff") == 0)
        return "offline";
    if (def->memory != SNAPSHOT_LOCATION_NO)
        return "memory";

    /* A disk-only snapshot of a running domain: libvirt does not say whether it was quiesced. */
    return "unknown";
}

static gboolean
plan_disks(Plan *plan, const PlanDomain *domain, PlanSnapshot *snapshot, GPtrArray *present,
           GError **error)
{
    for (guint i = 0; i < snapshot->def->disks->len; i++) {
        PlanDisk *disk = g_new0(PlanDisk, 1);

        g_ptr_array_add(snapshot->disks, disk);
        disk->def = g_ptr_array_index(snapshot->def->disks, i);
        if (!plan_disk(plan, domain, snapshot->def, disk, present, error)) {
            g_prefix_error(error, _("Domain '%s', snapshot '%s', disk '%s': "), domain->name,
                           snapshot->def->name, disk->def->target);
            return FALSE;
        }
    }

    return TRUE;
}

static SnapshotDef *
parse_snapshot(const char *xml, const char *what, GPtrArray *volumes, GError **error)
{
    SnapshotDef *def = snapshot_def_parse(xml, what, error);

    if (def && volumes)
        snapshot_def_find_volumes(def, volumes);

    return def;
}

static gboolean
plan_snapshot(Plan *plan, PlanDomain *domain, const SnapshotRecord *record, GPtrArray *present,
              GPtrArray *volumes, GError **error)
{
    g_autofree char *what =
        g_strdup_printf(_("Domain '%s', snapshot '%s'"), domain->name, record->name);
    PlanSnapshot *snapshot;
    SnapshotDef *def = parse_snapshot(record->xml, what, volumes, error);
    gboolean first = domain->snapshots->len == 0;

    if (!def)
        return FALSE;
    snapshot = g_new0(PlanSnapshot, 1);
    snapshot->def = def;
    snapshot->consistency = consistency_of(def);
    snapshot->disks = g_ptr_array_new_with_free_func((GDestroyNotify)plan_disk_free);
    g_ptr_array_add(domain->snapshots, snapshot);
    if (!plan_disks(plan, domain, snapshot, present, error))
        return FALSE;
    if (!plan_files_memory(plan, domain, snapshot, first, error)) {
        g_prefix_error(error, "%s: ", what);
        return FALSE;
    }

    return TRUE;
}

/* --- domains -------------------------------------------------------------- */

/* One that cannot be read tells nothing; if it is exported, that is refused where it is planned. */
static void
add_to_tree(PlanDomain *domain, GPtrArray *records, GPtrArray *volumes)
{
    for (guint i = 0; records && i < records->len; i++) {
        const SnapshotRecord *record = g_ptr_array_index(records, i);
        SnapshotDef *def = parse_snapshot(record->xml, record->name, volumes, NULL);

        if (def)
            g_ptr_array_add(domain->tree, def);
    }
}

static gboolean
plan_domain(Plan *plan, const DomainRecord *record, GError **error)
{
    g_autoptr(GPtrArray) present = domain_image_paths(record->xml, record->volumes, error);
    g_autofree char *component = name_to_component(record->name);
    PlanDomain *domain;

    if (!present)
        return FALSE;
    domain = g_new0(PlanDomain, 1);
    domain->name = g_strdup(record->name);
    domain->uuid = g_strdup(record->uuid);
    domain->directory = g_build_filename("domains", component, NULL);
    domain->active = record->active;
    domain->snapshots = g_ptr_array_new_with_free_func((GDestroyNotify)plan_snapshot_free);
    domain->tree = g_ptr_array_new_with_free_func((GDestroyNotify)snapshot_def_free);
    add_to_tree(domain, record->snapshots, record->volumes);
    add_to_tree(domain, record->others, record->volumes);
    g_ptr_array_add(plan->domains, domain);
    for (guint i = 0; i < record->snapshots->len; i++) {
        if (!plan_snapshot(plan, domain, g_ptr_array_index(record->snapshots, i), present,
                           record->volumes, error))
            return FALSE;
    }
    plan_files_configuration(plan, domain, record);

    return plan_files_host(plan, domain,
                           ((PlanSnapshot *)g_ptr_array_index(domain->snapshots, 0))->def, error);
}

static Plan *
new_empty(const char *collection, const char *snapshot, const VirtSnapExportSettings *settings,
          HostInfo *host)
{
    Plan *plan = g_new0(Plan, 1);

    plan->collection = g_strdup(collection);
    plan->snapshot = g_strdup(snapshot);
    plan->settings = virt_snap_export_settings_copy(settings);
    plan->host = host;
    plan->chains = chain_cache_new();
    plan->domains = g_ptr_array_new_with_free_func((GDestroyNotify)plan_domain_free);
    plan->layers = g_ptr_array_new_with_free_func((GDestroyNotify)plan_layer_free);
    plan->files = g_ptr_array_new_with_free_func((GDestroyNotify)plan_file_free);
    plan->warnings = g_ptr_array_new_with_free_func(g_free);
    plan->by_key = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    plan->names = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    plan->excluded = g_hash_table_new(NULL, NULL);
    plan->written = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);

    return plan;
}

void
plan_add_collection(Plan *plan, const char *name, const char *xml)
{
    g_autofree char *component = name_to_component(name);
    g_autofree char *file = g_strconcat(component, ".xml", NULL);

    plan_files_add_text(plan, "collections", file, "collection", xml);
}

Plan *
plan_new(const char *collection, const char *collection_xml, const char *snapshot,
         const VirtSnapExportSettings *settings, GPtrArray *records, HostInfo *host,
         GError **error)
{
    g_autoptr(Plan) plan = new_empty(collection, snapshot, settings, host);
    g_autofree char *settings_xml = virt_snap_export_settings_format(settings);

    if (collection_xml)
        plan_files_add_text(plan, NULL, "collection.xml", "collection", collection_xml);
    plan_files_add_text(plan, NULL, "settings.xml", "settings", settings_xml);
    for (guint i = 0; i < records->len; i++) {
        if (!plan_domain(plan, g_ptr_array_index(records, i), error))
            return NULL;
    }
    if (!plan_choice_check(plan, error))
        return NULL;

    return g_steal_pointer(&plan);
}
