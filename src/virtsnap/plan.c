/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <errno.h>
#include <glib/gi18n-lib.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "util/name.h"
#include "virtsnap/plan-layers.h"
#include "virtsnap/plan.h"

/* How long taking a snapshot may last: its time is that of its beginning, and a guest that is
 * asked to write everything back first may take its time. */
#define FREEZE_SECONDS 60

static void
plan_file_free(PlanFile *file)
{
    g_free(file->path);
    g_free(file->source);
    g_free(file->content);
    g_free(file);
}

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

static void
warn(Plan *plan, const char *format, ...) G_GNUC_PRINTF(2, 3);

static void
warn(Plan *plan, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    g_ptr_array_add(plan->warnings, g_strdup_vprintf(format, args));
    va_end(args);
}

static void
add_content(Plan *plan, const char *directory, const char *name, const char *role,
            const char *content)
{
    PlanFile *file = g_new0(PlanFile, 1);

    file->path = directory ? g_build_filename(directory, name, NULL) : g_strdup(name);
    file->role = role;
    file->content = g_strdup(content);
    file->bytes = strlen(content);
    plan->bytes += file->bytes;
    g_ptr_array_add(plan->files, file);
}

static gboolean
add_copy(Plan *plan, const char *directory, const char *name, const char *role,
         const char *source, GError **error)
{
    PlanFile *file;
    struct stat st;

    if (stat(source, &st) < 0) {
        virt_snap_error_set_errno(error, errno, _("Cannot look at the %s file '%s'"), role,
                                  source);
        return FALSE;
    }
    file = g_new0(PlanFile, 1);
    file->path = g_build_filename(directory, name, NULL);
    file->role = role;
    file->source = g_strdup(source);
    file->bytes = (guint64)st.st_size;
    plan->bytes += file->bytes;
    g_ptr_array_add(plan->files, file);

    return TRUE;
}

/* --- disks ---------------------------------------------------------------- */

static gboolean
is_excluded(Plan *plan, const char *domain, const char *target)
{
    gboolean found = FALSE;

    /* All of them: who names a disk twice means it, and neither is unknown. */
    for (guint i = 0; i < plan->settings->exclude->len; i++) {
        VirtSnapExclude *exclude = g_ptr_array_index(plan->settings->exclude, i);

        if (g_str_equal(exclude->domain, domain) && g_str_equal(exclude->target, target)) {
            g_hash_table_add(plan->excluded, exclude);
            found = TRUE;
        }
    }

    return found;
}

/* Why the disk's content is not copied, or NULL if it is. */
static const char *
reason_to_record(Plan *plan, const PlanDomain *domain, const DiskDef *disk)
{
    gboolean excluded = is_excluded(plan, domain->name, disk->target);

    if (disk_def_is_empty(disk))
        return "empty";
    if (g_str_equal(disk->device, "cdrom") || disk->read_only)
        return "read-only";
    if (g_str_equal(disk->device, "floppy"))
        return "removable";
    if (disk->location == SNAPSHOT_LOCATION_NO)
        return "no-snapshot";
    if (excluded)
        return "excluded";
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
    if (!g_str_equal(disk->type, "file") || !disk->path) {
        g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_NOT_SUPPORTED,
                    _("disks of the kind '%s' ('%s') are not supported yet; leave it out with "
                      "--exclude"),
                    disk->type, disk->source);
        return FALSE;
    }

    return TRUE;
}

static Layer *
resolve_chain(Plan *plan, const DiskDef *disk, GError **error)
{
    g_autoptr(GArray) hints = g_array_new(FALSE, FALSE, sizeof(LayerHint));

    for (guint i = 0; i < disk->backing->len; i++) {
        const ImageRef *image = g_ptr_array_index(disk->backing, i);
        LayerHint hint = {image->path, image->format};

        g_array_append_val(hints, hint);
    }

    return chain_resolve(plan->chains, disk->path, disk->format, (LayerHint *)hints->data,
                         hints->len, error);
}

/* A frozen image that the domain writes to (or would, once started) is not frozen any more. */
static gboolean
check_frozen(GPtrArray *present, const Layer *top, GError **error)
{
    for (guint i = 0; i < present->len; i++) {
        g_autofree char *canonical = realpath(g_ptr_array_index(present, i), NULL);

        if (!canonical || !g_str_equal(canonical, top->path))
            continue;
        g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_INVALID_STATE,
                    _("the image '%s' that the snapshot froze is the domain's present image again "
                      "(merged back, or the overlay was dropped), so it no longer holds that "
                      "state; take a new snapshot"),
                    top->path);
        return FALSE;
    }

    return TRUE;
}

static gboolean
plan_internal(Plan *plan, const PlanDomain *domain, const SnapshotDef *def, PlanDisk *disk,
              const Layer *top, GError **error)
{
    gboolean merge = plan->settings->intent == VIRT_SNAP_BACKUP_INTENT_MERGE;

    if (!layer_has_snapshot(top, def->name, error))
        return FALSE;
    /* Only an image that nobody writes to can be kept as it is. */
    if (!domain->active && !merge) {
        disk->top = plan_layers_copy(plan, top);
        disk->internal = g_strdup(def->name);
        return TRUE;
    }
    if (top->encrypted) {
        g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_NOT_SUPPORTED,
                    _("the image '%s' is encrypted and cannot be read without its secret; shut "
                      "the domain down and export with the chain preserved"),
                    top->path);
        return FALSE;
    }
    disk->top = plan_layers_flatten(plan, top, def->name, domain->active);

    return TRUE;
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

/* From when on the layers of a snapshot do not change any more: a state of the memory is saved
 * before the disks are frozen. */
static gint64
frozen_since(const SnapshotDef *def)
{
    struct stat st;

    if (def->memory_file && stat(def->memory_file, &st) == 0)
        return MAX(def->creation_time, st.st_mtim.tv_sec) + FREEZE_SECONDS;

    return def->creation_time + FREEZE_SECONDS;
}

/* A layer that was committed into, or written to in another way, holds another state than the
 * snapshot's. Its time stamp is all there is to see it by, and says no more than that. */
static void
warn_if_written(Plan *plan, const PlanDomain *domain, const SnapshotDef *def, const Layer *top)
{
    gint64 since = frozen_since(def);

    for (const Layer *layer = top; layer; layer = layer->backing) {
        if (layer->mtime <= since || !g_hash_table_add(plan->written, (gpointer)layer))
            continue;
        warn(plan,
             _("Domain '%s': the image '%s' was written to after the snapshot '%s' (by a block "
               "commit?), so what is exported may not be the snapshot's state"),
             domain->name, layer->path, def->name);
    }
}

static gboolean
plan_external(Plan *plan, const PlanDomain *domain, const SnapshotDef *def, PlanDisk *disk,
              const Layer *top, GPtrArray *present, GError **error)
{
    if (!check_frozen(present, top, error))
        return FALSE;
    warn_if_written(plan, domain, def, top);
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

static gboolean
plan_disk(Plan *plan, const PlanDomain *domain, const SnapshotDef *def, PlanDisk *disk,
          GPtrArray *present, GError **error)
{
    Layer *top;

    disk->recorded = reason_to_record(plan, domain, disk->def);
    if (disk->recorded)
        return TRUE;
    if (!check_kind(disk->def, error))
        return FALSE;
    top = resolve_chain(plan, disk->def, error);
    if (!top)
        return FALSE;
    if (disk->def->location == SNAPSHOT_LOCATION_INTERNAL)
        return plan_internal(plan, domain, def, disk, top, error);

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
plan_memory(Plan *plan, const PlanDomain *domain, PlanSnapshot *snapshot, gboolean first,
            GError **error)
{
    const SnapshotDef *def = snapshot->def;
    g_autofree char *component = name_to_component(def->name);
    g_autofree char *other = g_strdup_printf("snapshots/%s.save", component);

    if (def->memory == SNAPSHOT_LOCATION_NO || !plan->settings->memory ||
        !plan->settings->storage)
        return TRUE;
    if (def->memory == SNAPSHOT_LOCATION_INTERNAL) {
        for (guint i = 0; i < snapshot->disks->len; i++) {
            const PlanDisk *disk = g_ptr_array_index(snapshot->disks, i);

            if (disk->internal)
                snapshot->memory_kept = TRUE;
        }
        if (!snapshot->memory_kept)
            warn(plan,
                 _("Domain '%s': the memory state of the snapshot '%s' is inside an image that "
                   "could not be kept as it is; the disks are exported without it"),
                 domain->name, def->name);
        return TRUE;
    }
    if (!def->memory_file)
        return TRUE;
    snapshot->memory_kept = TRUE;

    return add_copy(plan, domain->directory, first ? "memory.save" : other, "memory",
                    def->memory_file, error);
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

static gboolean
plan_snapshot(Plan *plan, PlanDomain *domain, const SnapshotRecord *record, GPtrArray *present,
              GError **error)
{
    g_autofree char *what =
        g_strdup_printf(_("Domain '%s', snapshot '%s'"), domain->name, record->name);
    PlanSnapshot *snapshot;
    SnapshotDef *def = snapshot_def_parse(record->xml, what, error);
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
    if (!plan_memory(plan, domain, snapshot, first, error)) {
        g_prefix_error(error, "%s: ", what);
        return FALSE;
    }

    return TRUE;
}

/* --- domains -------------------------------------------------------------- */

/* libvirt's external snapshots leave the firmware's variables out: what there is are the present
 * ones, which are the snapshot's as long as nobody wrote to them since. */
static void
warn_if_newer(Plan *plan, const PlanDomain *domain, const SnapshotDef *def)
{
    struct stat st;

    if (stat(def->nvram, &st) == 0 && st.st_mtim.tv_sec > def->creation_time)
        warn(plan,
             _("Domain '%s': its firmware variables '%s' were changed after the snapshot; they are "
               "exported as they are now"),
             domain->name, def->nvram);
}

static gboolean
plan_firmware(Plan *plan, const PlanDomain *domain, const SnapshotDef *def, GError **error)
{
    if (def->tpm)
        warn(plan, _("Domain '%s': the state of its TPM is not exported"), domain->name);
    if (!def->nvram)
        return TRUE;
    if (!add_copy(plan, domain->directory, "nvram.fd", "nvram", def->nvram, error)) {
        g_prefix_error(error, _("Domain '%s': "), domain->name);
        return FALSE;
    }
    warn_if_newer(plan, domain, def);

    return TRUE;
}

static void
plan_configuration(Plan *plan, const PlanDomain *domain, const DomainRecord *record)
{
    const PlanSnapshot *first = g_ptr_array_index(domain->snapshots, 0);

    add_content(plan, domain->directory, "domain.xml", "domain", first->def->domain_xml);
    if (plan->settings->snapshots == VIRT_SNAP_SNAPSHOTS_NONE)
        return;
    for (guint i = 0; i < record->snapshots->len; i++) {
        const SnapshotRecord *one = g_ptr_array_index(record->snapshots, i);
        g_autofree char *component = name_to_component(one->name);
        g_autofree char *name = g_strdup_printf("snapshots/%04u-%s.xml", i, component);

        if (i == 0)
            add_content(plan, domain->directory, "snapshot.xml", "snapshot", one->xml);
        else
            add_content(plan, domain->directory, name, "snapshot", one->xml);
    }
}

static gboolean
plan_domain(Plan *plan, const DomainRecord *record, GError **error)
{
    g_autoptr(GPtrArray) present = domain_image_paths(record->xml, error);
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
    g_ptr_array_add(plan->domains, domain);
    for (guint i = 0; i < record->snapshots->len; i++) {
        if (!plan_snapshot(plan, domain, g_ptr_array_index(record->snapshots, i), present, error))
            return FALSE;
    }
    plan_configuration(plan, domain, record);

    return plan_firmware(plan, domain,
                         ((PlanSnapshot *)g_ptr_array_index(domain->snapshots, 0))->def, error);
}

static gboolean
check_excluded(Plan *plan, GError **error)
{
    for (guint i = 0; i < plan->settings->exclude->len; i++) {
        const VirtSnapExclude *exclude = g_ptr_array_index(plan->settings->exclude, i);

        if (g_hash_table_contains(plan->excluded, exclude))
            continue;
        g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_INVALID_PARAMETER,
                    _("exclude: no disk '%s' of a domain '%s' is in this collection"),
                    exclude->target, exclude->domain);
        return FALSE;
    }

    return TRUE;
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
    plan->written = g_hash_table_new(NULL, NULL);

    return plan;
}

void
plan_add_collection(Plan *plan, const char *name, const char *xml)
{
    g_autofree char *component = name_to_component(name);
    g_autofree char *file = g_strconcat(component, ".xml", NULL);

    add_content(plan, "collections", file, "collection", xml);
}

Plan *
plan_new(const char *collection, const char *collection_xml, const char *snapshot,
         const VirtSnapExportSettings *settings, GPtrArray *records, HostInfo *host,
         GError **error)
{
    g_autoptr(Plan) plan = new_empty(collection, snapshot, settings, host);
    g_autofree char *settings_xml = virt_snap_export_settings_format(settings);

    if (collection_xml)
        add_content(plan, NULL, "collection.xml", "collection", collection_xml);
    add_content(plan, NULL, "settings.xml", "settings", settings_xml);
    for (guint i = 0; i < records->len; i++) {
        if (!plan_domain(plan, g_ptr_array_index(records, i), error))
            return NULL;
    }
    if (!check_excluded(plan, error))
        return NULL;

    return g_steal_pointer(&plan);
}
