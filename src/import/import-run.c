/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <glib/gi18n-lib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "hypervisor/pool-ops.h"
#include "import/import-define.h"
#include "import/import-files.h"
#include "import/import-free.h"
#include "import/import-in-place.h"
#include "import/import-items.h"
#include "import/import-run.h"
#include "import/import-tpm.h"
#include "import/import-undo.h"
#include "import/import-volumes.h"
#include "util/format.h"
#include "util/strings.h"

/* Space for directories, new images and metadata of the file system. */
#define SPACE_EXTRA ((guint64)4 << 20)

typedef struct {
    Hypervisor *hypervisor;
    ImportPlan *plan;
    const ImportSource *source;
    Target *target;
    Control *control;
    ImportJournal *journal;
    ImportUndo *undo;
    ImportResult *result;
    gboolean target_failed;
    gboolean volumes_kept; /* those of an earlier run are resumed */
} Run;

void
import_result_clear(ImportResult *result)
{
    g_clear_pointer(&result->warnings, g_ptr_array_unref);
}

/* --- space ------------------------------------------------------------------ */

static guint64
get_file_needs(const ImportFile *file, const ImportSource *source, const TargetSpace *space)
{
    struct stat st;

    if (fstat(import_source_fd(source, file->from), &st) < 0)
        return file->from->bytes;
    if (space->clones && st.st_dev == space->device)
        return 0;

    return MIN(file->from->bytes, (guint64)st.st_blocks * 512);
}

/* What a volume has that an earlier run has left. */
static guint64
get_volume_has(const char *path)
{
    struct stat st;

    return lstat(path, &st) == 0 ? (guint64)st.st_blocks * 512 : 0;
}

/* What is to be written, as volumes or as other files. */
static guint64
get_needs(const ImportPlan *plan, const ImportSource *source, const TargetSpace *space,
          gboolean volumes)
{
    guint64 bytes = SPACE_EXTRA;

    for (guint i = 0; i < plan->files->len; i++) {
        const ImportFile *file = g_ptr_array_index(plan->files, i);
        guint64 needs = get_file_needs(file, source, space);

        if (import_plan_is_volume(plan, file->path) != volumes)
            continue;
        bytes += volumes ? needs - MIN(needs, get_volume_has(file->path)) : needs;
    }

    return bytes;
}

static gboolean
check_import_room(guint64 bytes, const TargetSpace *space, const char *path, GError **error)
{
    g_autofree char *needed = NULL;
    g_autofree char *there = NULL;

    if (bytes <= space->free)
        return TRUE;
    needed = format_bytes(bytes);
    there = format_bytes(space->free);
    g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_NO_SPACE,
                _("The import into '%s' needs %s, and the file system has %s left; make room or "
                  "import into another directory"),
                path, needed, there);

    return FALSE;
}

gboolean
import_check_space(const ImportPlan *plan, const ImportSource *source, const Target *target,
                   GError **error)
{
    TargetSpace space;
    TargetSpace pool;

    if (!target_space(target, &space, error) ||
        !check_import_room(get_needs(plan, source, &space, FALSE), &space, plan->directory, error))
        return FALSE;

    return !plan->pool || (target_space_at(plan->pool, plan->pool, &pool, error) &&
                           check_import_room(get_needs(plan, source, &pool, TRUE), &pool,
                                             plan->pool, error));
}

/* --- files ------------------------------------------------------------------ */

/* Makes the parent directories that Target created with mode 0700 passable, so that QEMU can reach
 * the files. */
static void
open_parent_directories(const Run *self)
{
    guint made = target_made(self->target);
    g_autofree char *parent = g_path_get_dirname(self->plan->directory);
    g_autofree char *above = g_path_get_dirname(parent);

    if (made >= 1)
        chmod(parent, 0711);
    if (made >= 2)
        chmod(above, 0711);
}

/* With a pool there may be no other file that QEMU opens. */
static gboolean
are_files_reachable(const ImportPlan *plan, const HypervisorOwner *owner, GError **error)
{
    gboolean others = !plan->pool;
    g_autofree char *volume = plan->pool ? g_build_filename(plan->pool, "volume", NULL) : NULL;

    for (guint i = 0; i < plan->files->len; i++) {
        const ImportFile *file = g_ptr_array_index(plan->files, i);

        others = others || !import_plan_is_volume(plan, file->path);
    }

    return (!others || import_files_reachable(plan->directory, owner, error)) &&
           (!volume || import_files_reachable(volume, owner, error));
}

gboolean
import_check_reachable(Hypervisor *hypervisor, const ImportPlan *plan, GError **error)
{
    HypervisorOwner owner;
    gboolean given;

    return import_files_owner(hypervisor, &owner, &given, error) &&
           (!given || are_files_reachable(plan, &owner, error));
}

static gboolean
write_import_files(Run *self, GError **error)
{
    int dirfd = target_fd(self->target);
    HypervisorOwner owner;
    gboolean given;
    EngineStats stats = {0};
    gboolean moved;

    if (!import_files_owner(self->hypervisor, &owner, &given, error) ||
        !import_files_directories(self->plan, dirfd, error) ||
        (!self->volumes_kept &&
         !import_volumes_make(self->hypervisor, self->plan, dirfd, error)))
        return FALSE;
    moved = import_items_move(self->plan, self->source, dirfd, self->journal, self->control,
                              &stats, error);
    self->result->copied = stats.bytes_written;
    self->target_failed = stats.sink_failed;

    return moved && import_files_images(self->plan, dirfd, error) &&
           import_files_close(self->plan, dirfd, given ? &owner : NULL, error) &&
           control_pass(self->control, 0, error);
}

/* --- definitions -------------------------------------------------------------- */

/* What has been written into volumes libvirt does not know yet. */
static gboolean
show_volumes(const Run *self, GError **error)
{
    const HypervisorPoolOps *pools = self->hypervisor->ops->pools;
    g_autofree char *path =
        self->plan->pool
            ? pools->directory(self->hypervisor, self->plan->settings->pool, error)
            : NULL;

    if (!self->plan->pool)
        return TRUE;
    if (!path)
        return FALSE;
    if (g_str_equal(path, self->plan->pool))
        return import_volumes_check(self->plan, target_fd(self->target), error);
    g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_INVALID_STATE,
                _("The storage pool '%s' was at '%s' and is at '%s' now; try again"),
                self->plan->settings->pool, self->plan->pool, path);

    return FALSE;
}

/* A daemon may have been restarted while files were copied, as by an update of the host. */
static gboolean
commit_import(Run *self, GError **error)
{
    if (!self->hypervisor->ops->revive(self->hypervisor, error))
        return FALSE;
    /* Checks again that all names are free, because others may have created something during the
     * copy; an undo would remove everything in the record. */
    if (!import_check_free(self->hypervisor, self->plan, error) || !show_volumes(self, error))
        return FALSE;
    self->undo =
        import_undo_begin(self->plan, self->hypervisor, target_fd(self->target), error);
    if (!self->undo || !target_commit(self->target, error))
        return FALSE;
    if (target_moved_from(self->target)) {
        g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_NOT_FOUND,
                    _("A directory above '%s' was renamed while it was imported into"),
                    self->plan->directory);
        return FALSE;
    }

    return (!self->plan->export ||
            import_in_place_protect(self->plan, self->source, self->undo, error)) &&
           import_tpm_install(self->plan, target_fd(self->target), self->undo, error) &&
           import_define(self->hypervisor, self->plan, self->undo, self->control, error) &&
           import_undo_done(self->undo, error);
}

/* What cannot be taken back is the next import's to do, which finds the record. */
static void
undo_import(Run *self, GError **why)
{
    g_autoptr(GError) failed = *why;
    g_autoptr(GError) error = NULL;

    *why = NULL;
    if (self->hypervisor->ops->revive(self->hypervisor, &error) &&
        import_undo_revert(self->undo, self->hypervisor, &error)) {
        *why = g_steal_pointer(&failed);
        return;
    }
    self->result->kept = TRUE;
    *why = g_error_new(failed->domain, failed->code,
                       _("%s; what was made of it cannot be taken back now (%s): the next import "
                         "of the same does that"),
                       failed->message, error->message);
}

/* --- public functions --------------------------------------------------------- */

static gboolean
is_import_resumable(const Run *self, const GError *error)
{
    if (g_error_matches(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_CANCELLED) ||
        g_error_matches(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_CORRUPT))
        return FALSE;
    /* Half of a volume would fill the pool, under the name that it is to have. */
    if (self->plan->pool && g_error_matches(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_NO_SPACE))
        return FALSE;
    if (g_error_matches(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_INTERRUPTED) ||
        import_journal_continues(self->journal))
        return TRUE;

    return (self->target_failed ||
            g_error_matches(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_SYSTEM_NOT_AVAILABLE) ||
            g_error_matches(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_NO_SPACE)) &&
           import_journal_has(self->journal);
}

/* The volumes go first: the record of them is in the directory. */
static void
drop_import(Run *self, GError **why)
{
    g_autoptr(GError) failed = NULL;
    g_autoptr(GError) error = NULL;

    if (import_volumes_remove(target_fd(self->target), self->hypervisor, &error))
        return;
    failed = *why;
    self->result->kept = TRUE;
    *why = g_error_new(failed->domain, failed->code,
                       _("%s; what was made of it cannot be taken back now (%s): the next import "
                         "of the same does that"),
                       failed->message, error->message);
}

static void
end_failed_import(Run *self, GError **error)
{
    if (self->undo) {
        undo_import(self, error);
        return;
    }
    self->result->resumable = is_import_resumable(self, *error);
    self->result->kept = self->result->resumable;
    if (!self->result->kept)
        drop_import(self, error);
    if (self->result->kept)
        target_keep(self->target);
    else
        target_drop(self->target);
}

static gboolean
run_import_steps(Run *self, gboolean resume, GError **error)
{
    g_autoptr(GError) why = NULL;
    gboolean written;

    if (!target_begin(self->target, resume, error))
        return FALSE;
    open_parent_directories(self);
    if (!import_volumes_keep(self->plan, target_fd(self->target), resume, &self->volumes_kept,
                             error))
        return FALSE;
    self->journal = import_journal_open(target_journal(self->target), self->plan,
                                        resume && self->volumes_kept, error);
    if (!self->journal || (!import_journal_continues(self->journal) &&
                           !import_files_clear(target_fd(self->target), error)))
        return FALSE;
    written = write_import_files(self, &why);
    if (written && commit_import(self, &why)) {
        import_volumes_done(target_fd(self->target));
        self->result->kept = FALSE;
        control_advance(self->control, IMPORT_COMMIT_WEIGHT);
        import_start(self->hypervisor, self->plan, self->result->warnings);
        return TRUE;
    }
    end_failed_import(self, &why);
    g_propagate_prefixed_error(error, g_steal_pointer(&why), _("Import into '%s': "),
                               self->plan->directory);

    return FALSE;
}

gboolean
import_execute(Hypervisor *hypervisor, ImportPlan *plan, const ImportSource *source,
               Target *target, Control *control, gboolean resume, ImportResult *result,
               GError **error)
{
    Run self = {
        .hypervisor = hypervisor,
        .plan = plan,
        .source = source,
        .target = target,
        .control = control,
        .result = result,
    };
    gboolean ok;

    *result = (ImportResult){.kept = resume, .warnings = strings_copy(plan->warnings)};
    control_set_end(control, plan->bytes + IMPORT_COMMIT_WEIGHT);
    ok = run_import_steps(&self, resume, error);
    import_undo_free(self.undo);
    import_journal_free(self.journal);

    return ok;
}
