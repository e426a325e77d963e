/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <glib/gi18n-lib.h>
#include <string.h>
#include <sys/stat.h>

#include "archive/journal.h"
#include "archive/target-foreign.h"
#include "export/export-images.h"
#include "export/export-items.h"
#include "export/export-link.h"
#include "export/export-watch.h"
#include "export/export.h"
#include "export/live.h"
#include "export/live-points.h"
#include "export/manifest-format.h"
#include "export/plan-identity.h"
#include "util/fd.h"
#include "util/strings.h"

/* --- directories ---------------------------------------------------------- */

/* The set of all directories of the export, sorted so that each comes after its parent. */
static GTree *
export_directories_of(const Plan *plan)
{
    GTree *set = parent_directories_new();

    for (guint i = 0; i < plan->files->len; i++)
        parent_directories_add(set, ((const PlanFile *)g_ptr_array_index(plan->files, i))->path);
    for (guint i = 0; i < plan->layers->len; i++)
        parent_directories_add(set, ((const PlanLayer *)g_ptr_array_index(plan->layers, i))->file);

    return set;
}

static gboolean
create_export_directories(GTree *directories, int dirfd, GError **error)
{
    for (GTreeNode *node = g_tree_node_first(directories); node; node = g_tree_node_next(node)) {
        const char *name = g_tree_node_key(node);
        g_autoptr(GError) why = NULL;
        auto_fd fd = dir_create_at(dirfd, name, &why);

        /* The directory of the layers may exist from an earlier run. */
        if (fd < 0 && !(g_str_equal(name, TARGET_LAYERS) && errno == EEXIST)) {
            if (foreign_name_error(errno, name, error))
                g_propagate_error(error, g_steal_pointer(&why));
            return FALSE;
        }
    }

    return TRUE;
}

/* Checks before the copy, which may take hours, that the file system can store all names. */
static gboolean
check_export_names(const Plan *plan, GTree *directories, int dirfd, GError **error)
{
    g_autoptr(GPtrArray) files = g_ptr_array_new();

    for (guint i = 0; i < plan->files->len; i++)
        g_ptr_array_add(files, ((const PlanFile *)g_ptr_array_index(plan->files, i))->path);
    for (guint i = 0; i < plan->layers->len; i++)
        g_ptr_array_add(files, ((const PlanLayer *)g_ptr_array_index(plan->layers, i))->file);

    return foreign_check_tree(dirfd, directories, files, error);
}

static gboolean
sync_export_directories(GTree *directories, int dirfd, GError **error)
{
    for (GTreeNode *node = g_tree_node_first(directories); node; node = g_tree_node_next(node)) {
        const char *name = g_tree_node_key(node);
        auto_fd fd = fd_open_dir(dirfd, name, error);

        if (fd < 0 || !fd_sync(fd, name, error))
            return FALSE;
    }

    return TRUE;
}

/* --- execution ------------------------------------------------------------ */

static GPtrArray *
make_export_items(const Plan *plan, int dirfd, Journal *journal, LiveExport *live)
{
    GPtrArray *items = g_ptr_array_new_with_free_func((GDestroyNotify)export_item_free);
    gboolean digest = plan->settings->digest;

    for (guint i = 0; i < plan->files->len; i++)
        g_ptr_array_add(items, export_item_new_file(g_ptr_array_index(plan->files, i), dirfd,
                                                    digest));
    for (guint i = 0; i < plan->layers->len; i++) {
        ExportItem *item = export_item_new_layer(g_ptr_array_index(plan->layers, i), i, dirfd,
                                                 digest, journal);

        export_item_set_live(item, live);
        if (plan->single && export_item_layer(item)->domain)
            export_item_keep_parts(item);
        g_ptr_array_add(items, item);
    }

    return items;
}

static gboolean
move_export_items(const Plan *plan, GPtrArray *items, Control *control, EngineStats *stats,
                  GError **error)
{
    /* The engine sorts its own array; the manifest keeps the order of the plan. */
    g_autoptr(GPtrArray) engine_items = g_ptr_array_new();

    for (guint i = 0; i < items->len; i++) {
        ExportItem *item = g_ptr_array_index(items, i);

        if (!export_item_is_linked(item))
            g_ptr_array_add(engine_items, export_item_engine(item));
    }

    return engine_run(engine_items, plan->settings->parallel, control, stats, error);
}

/* Reads the manifest back before it is written: an export whose manifest is invalid must fail. */
static gboolean
check_export_manifest(const char *text, GError **error)
{
    g_autoptr(GError) why = NULL;
    g_autoptr(Manifest) manifest = manifest_parse(text, strlen(text), &why);

    if (manifest)
        return TRUE;
    g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_NOT_SUPPORTED,
                _("The manifest of this export could not be read again, so the export is not made "
                  "(is there a name that XML cannot hold?): %s"),
                why->message);

    return FALSE;
}

static gboolean
write_manifest(const Plan *plan, GPtrArray *items, int dirfd, ExportResult *result,
               GError **error)
{
    g_autoptr(GPtrArray) files =
        g_ptr_array_new_with_free_func((GDestroyNotify)manifest_file_free);
    g_autofree char *text = NULL;

    for (guint i = 0; i < items->len; i++) {
        ManifestFile *file;

        if (export_item_is_dropped(g_ptr_array_index(items, i)))
            continue;
        file = export_item_manifest(g_ptr_array_index(items, i));
        result->layers += file->format ? 1 : 0;
        result->bytes += file->bytes;
        g_ptr_array_add(files, file);
    }
    text = manifest_format(plan, files, result->warnings);
    result->bytes += strlen(text);

    return check_export_manifest(text, error) &&
           file_create_at(dirfd, MANIFEST_FILE, text, strlen(text), error);
}

static GPtrArray *
take_parts(const Plan *plan, GPtrArray *items)
{
    GPtrArray *all = g_ptr_array_new_with_free_func((GDestroyNotify)part_cache_free);

    for (guint i = 0; i < items->len; i++) {
        ExportItem *item = g_ptr_array_index(items, i);
        PartCache *parts[] = {export_item_take_parts(item),
                              export_item_take_contents(item, plan->base)};

        for (gsize k = 0; k < G_N_ELEMENTS(parts); k++) {
            if (parts[k])
                g_ptr_array_add(all, parts[k]);
        }
    }

    return all;
}

static void
keep_parts(ExportResult *result)
{
    for (guint i = 0; i < result->parts->len; i++)
        part_cache_keep(g_ptr_array_index(result->parts, i));
    g_clear_pointer(&result->parts, g_ptr_array_unref);
}

/* Moves the items while the events of the domains are watched. @warning: (nullable): warning about
 * the target. */
static gboolean
move_watched(Hypervisor *hypervisor, const Plan *plan, GPtrArray *items, Journal *journal,
             Control *control, const char *warning, ExportResult *result, EngineStats *stats,
             GError **error)
{
    g_autoptr(ExportWatch) watch = export_watch_new(hypervisor, plan, items, control);

    if (!export_link_layers(plan, items, journal, control, &result->linked, error) ||
        !export_link_find_changes(plan, items, control, &result->linked, error) ||
        !move_export_items(plan, items, control, stats, error))
        return FALSE;
    result->copied = stats->bytes_written;
    for (guint i = 0; i < items->len; i++)
        result->copied -= export_item_kept(g_ptr_array_index(items, i));
    result->warnings = export_watch_warnings(watch);
    if (warning)
        g_ptr_array_add(result->warnings, g_strdup(warning));

    return TRUE;
}

/* The set of files of those layers of which the journal has durable segments. */
static GHashTable *
known_files(const Plan *plan, Journal *journal)
{
    GHashTable *known = g_hash_table_new(g_str_hash, g_str_equal);

    for (guint i = 0; i < plan->layers->len; i++) {
        const PlanLayer *layer = g_ptr_array_index(plan->layers, i);

        if (journal_layer(journal, i)->segments->len > 0)
            g_hash_table_add(known, layer->file + strlen(TARGET_LAYERS "/"));
    }

    return known;
}

/* Removes all files in the directory of the layers except those in @known. The directory entries of
 * the known ones are written to the disk again, because the earlier run may have failed to make
 * them durable. */
static gboolean
remove_unknown_layers(int fd, GHashTable *known, GError **error)
{
    g_autoptr(GPtrArray) names = NULL;

    if (!dir_restore_entries(fd, error))
        return FALSE;
    names = dir_list_at(fd, ".", error);
    for (guint i = 0; names && i < names->len; i++) {
        const char *name = g_ptr_array_index(names, i);

        if (!(g_hash_table_contains(known, name) ? dir_rewrite_entry(fd, name, error)
                                                 : tree_remove_at(fd, name, error)))
            return FALSE;
    }

    /* The removals must be durable before a file of the same name is created anew. */
    return names && fd_sync(fd, TARGET_LAYERS, error);
}

/* Brings what an earlier run left into a known and durable state before anything new is written, so
 * that after a crash the journal and the files agree. */
static gboolean
settle_earlier(const Plan *plan, int dirfd, Journal *journal, GError **error)
{
    g_autoptr(GHashTable) known = known_files(plan, journal);
    auto_fd fd = openat(dirfd, TARGET_LAYERS, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

    if (fd < 0 && errno != ENOENT) {
        virt_snap_error_set_errno(error, errno, _("Cannot open the directory '%s'"),
                                  TARGET_LAYERS);
        return FALSE;
    }
    if (fd >= 0 && (!remove_unknown_layers(fd, known, error) ||
                    !dir_rewrite_entry(dirfd, TARGET_LAYERS, error)))
        return FALSE;

    return fd_sync(dirfd, ".", error);
}

/* Compares segments of an earlier run whose images may have changed (export_item_new_recheck()).
 * Without digests that is impossible, and such layers are copied anew. */
static gboolean
recheck_earlier(const Plan *plan, int dirfd, Journal *journal, Control *control, GError **error)
{
    g_autoptr(GPtrArray) items = g_ptr_array_new_with_free_func((GDestroyNotify)export_item_free);

    for (guint i = 0; plan->settings->digest && i < plan->layers->len; i++) {
        ExportItem *item = export_item_new_recheck(g_ptr_array_index(plan->layers, i), i, dirfd,
                                                   journal);

        if (item)
            g_ptr_array_add(items, item);
    }

    return items->len == 0 || move_export_items(plan, items, control, NULL, error);
}

/* All that can be done before the moment of a live export. */
static gboolean
make_ready(const Plan *plan, Target *target, GTree *directories, Control *control,
           Journal *journal, GError **error)
{
    int dirfd = target_fd(target);

    return control_pass(control, 0, error) && target_tidy(target, error) &&
           recheck_earlier(plan, dirfd, journal, control, error) &&
           settle_earlier(plan, dirfd, journal, error) &&
           create_export_directories(directories, dirfd, error) &&
           check_export_names(plan, directories, dirfd, error);
}

static gboolean
write_files(Hypervisor *hypervisor, const Plan *plan, Target *target, Control *control,
            Journal *journal, LiveExport *live, ExportResult *result, EngineStats *stats,
            GError **error)
{
    int dirfd = target_fd(target);
    g_autoptr(GPtrArray) items = make_export_items(plan, dirfd, journal, live);

    if (!move_watched(hypervisor, plan, items, journal, control, target_warning(target), result,
                      stats, error))
        return FALSE;
    if (live)
        live_export_warnings(live, result->warnings);
    result->parts = take_parts(plan, items);

    return write_manifest(plan, items, dirfd, result, error);
}

static gboolean
write_moment(Hypervisor *hypervisor, const Plan *plan, Target *target, Control *control,
             Journal *journal, LiveExport *live, ExportResult *result, EngineStats *stats,
             GError **error)
{
    g_autoptr(GError) why = NULL;

    if (!live_export_begin(live, error))
        return FALSE;
    if (write_files(hypervisor, plan, target, control, journal, live, result, stats, &why))
        return TRUE;
    g_propagate_error(error, live_export_explain(live, g_steal_pointer(&why)));

    return FALSE;
}

static gboolean
write_live(Hypervisor *hypervisor, Plan *plan, Target *target, Control *control,
           Journal *journal, ExportResult *result, EngineStats *stats, GError **error)
{
    g_autoptr(LiveExport) live = live_export_new(hypervisor, plan, control, error);
    g_autoptr(GError) why = NULL;

    if (!live || !control_pass(control, 0, error))
        return FALSE;
    if (write_moment(hypervisor, plan, target, control, journal, live, result, stats, &why))
        return TRUE;
    g_propagate_error(error, live_export_abandon(live, g_steal_pointer(&why)));

    return FALSE;
}

static gboolean
write_export(Hypervisor *hypervisor, Plan *plan, Target *target, Control *control,
             Journal *journal, ExportResult *result, EngineStats *stats, GError **error)
{
    g_autoptr(GTree) directories = export_directories_of(plan);

    if (!make_ready(plan, target, directories, control, journal, error) ||
        !(plan_is_live(plan)
              ? write_live(hypervisor, plan, target, control, journal, result, stats, error)
              : write_files(hypervisor, plan, target, control, journal, NULL, result, stats,
                            error)) ||
        !sync_export_directories(directories, target_fd(target), error))
        return FALSE;
    result->domains = plan->domains->len;

    return control_pass(control, 0, error);
}

void
export_result_clear(ExportResult *result)
{
    g_clear_pointer(&result->warnings, g_ptr_array_unref);
    g_clear_pointer(&result->parts, g_ptr_array_unref);
}

static gboolean
is_export_cancelled(Control *control)
{
    g_autoptr(GError) reason = NULL;

    return !control_pass_for(control, 0, 0, &(gboolean){FALSE}, &reason) &&
           g_error_matches(reason, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_CANCELLED);
}

/* Whether a failed export is kept to be resumed: always if it was interrupted; after a failure of
 * the target only if segments are done. A run that was itself a resumption never loses what there
 * was because of a temporary error as a lock or a full disk. */
static gboolean
is_export_resumable(Journal *journal, gboolean target_failed, const GError *error)
{
    if (g_error_matches(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_INTERRUPTED))
        return TRUE;
    if (journal_continues(journal))
        return !g_error_matches(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_CORRUPT);

    return (target_failed ||
            g_error_matches(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_NO_SPACE)) &&
           journal_n_segments(journal) > 0;
}

static void
end_failed_export(Target *target, Journal *journal, Control *control, gboolean passing,
                  gboolean target_failed, const GError *error, ExportResult *result)
{
    if (is_export_cancelled(control) || passing) {
        result->kept = FALSE;
        target_drop(target);
        return;
    }
    result->resumable = is_export_resumable(journal, target_failed, error);
    result->kept = result->resumable || journal_continues(journal);
    if (result->kept)
        target_keep(target);
}

static Journal *
open_export_journal(const Plan *plan, Target *target, gboolean resume, GError **error)
{
    guint made = target_made(target);
    g_autofree char *identity = plan_identity(plan);
    g_autoptr(GPtrArray) changed = plan_identity_changes(plan);
    g_autoptr(Journal) journal =
        journal_open(target_journal(target), identity, changed, resume, &made, error);

    if (!journal) {
        g_prefix_error(error, _("Export to '%s': "), target_path(target));
        return NULL;
    }
    target_set_made(target, made);
    /* An earlier run may have left a directory without a usable journal. */
    if (!journal_continues(journal))
        target_drop(target);

    return g_steal_pointer(&journal);
}

static gboolean
commit_export(Target *target, ExportResult *result, GError **error)
{
    if (!target_commit(target, error))
        return FALSE;
    if (target_moved_from(target))
        g_ptr_array_add(result->warnings,
                        g_strdup_printf(_("A directory was renamed while it was exported to: the "
                                          "export is not at '%s', but at '%s'"),
                                        target_moved_from(target), target_path(target)));

    return TRUE;
}

/* Another moment is another export: nothing of an earlier run can be used. */
static gboolean
begins_anew(Plan *plan, Target *target, gboolean resume)
{
    if (!plan_is_passing(plan))
        return !resume;
    if (resume && target_has_left(target))
        plan_warn(plan, _("The moment that an earlier run had captured is gone, and a later one is "
                          "exported: all was begun anew"));

    return TRUE;
}

guint64
export_weight(const Plan *plan)
{
    return plan->bytes + EXPORT_COMMIT_WEIGHT +
           (export_settings_need_set(plan->settings) ? EXPORT_SET_WEIGHT : 0);
}

gboolean
export_execute(Hypervisor *hypervisor, Plan *plan, Target *target, Control *control,
               gboolean resume, ExportResult *result, GError **error)
{
    g_autoptr(Journal) journal = NULL;
    g_autoptr(GError) why = NULL;
    EngineStats stats = {0};
    gboolean written;

    resume = !begins_anew(plan, target, resume);
    *result = (ExportResult){.kept = resume};
    control_set_end(control, export_weight(plan));
    if (!export_images_check(plan, control, error))
        return FALSE;
    if (!target_begin(target, resume, error))
        return FALSE;
    journal = open_export_journal(plan, target, resume, error);
    if (!journal)
        return FALSE;
    written = write_export(hypervisor, plan, target, control, journal, result, &stats, &why);
    if (written && commit_export(target, result, &why)) {
        result->kept = FALSE;
        keep_parts(result);
        live_points_drop_earlier(hypervisor, plan, result->warnings);
        control_advance(control, EXPORT_COMMIT_WEIGHT);
        return TRUE;
    }
    g_clear_pointer(&result->parts, g_ptr_array_unref);
    live_points_take_back(hypervisor, plan);
    end_failed_export(target, journal, control, plan_is_passing(plan), stats.sink_failed || written,
                      why,
                      result);
    if (!written)
        g_prefix_error(&why, _("Export to '%s': "), target_path(target));
    g_propagate_error(error, g_steal_pointer(&why));

    return FALSE;
}

gboolean
export_discard(Target *target, GError **error)
{
    if (!target_begin(target, TRUE, error))
        return FALSE;
    target_drop(target);
    target_set_made(target, MAX(target_made(target), journal_made(target_journal(target))));

    return TRUE;
}
