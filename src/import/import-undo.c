/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <glib/gi18n-lib.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "archive/export-protect.h"
#include "collection/collection-store.h"
#include "import/import-free.h"
#include "import/import-times.h"
#include "import/import-undo-domain.h"
#include "import/import-undo-record.h"
#include "import/import-undo.h"
#include "import/import-volumes.h"
#include "import/own-record.h"
#include "util/fd.h"

/* Name of the mark until it is complete, in the partial directory. */
#define STAGED ".import"

void
import_undo_free(ImportUndo *self)
{
    undo_record_free(self);
}

/* --- writing ---------------------------------------------------------------- */

static void
take_undo_plan(ImportUndo *self, const ImportPlan *plan)
{
    for (guint i = 0; plan->settings->define && i < plan->domains->len; i++) {
        const ImportDomain *domain = g_ptr_array_index(plan->domains, i);

        undo_record_add_domain(self, domain->name, domain->uuid, domain->tpm)->variables =
            import_makes_variables(domain);
    }
    for (guint i = 0; i < plan->collections->len; i++) {
        const VirtSnapCollection *one = g_ptr_array_index(plan->collections, i);

        undo_record_add_collection(self, g_strdup(virt_snap_collection_get_name(one)),
                            virt_snap_collection_format(one));
    }
}

/* A link would leave the open file below the directory, which no server of SMB then renames; but
 * not every file system knows a rename that replaces nothing. */
static int
move_mark(const ImportUndo *self, int fd)
{
    int result = renameat2(fd, STAGED, self->parent_fd, self->mark, RENAME_NOREPLACE);

    return result < 0 && (errno == EINVAL || errno == ENOSYS)
               ? linkat(fd, STAGED, self->parent_fd, self->mark, 0)
               : result;
}

static gboolean
name_undo_mark(const ImportUndo *self, int fd, GError **error)
{
    if (move_mark(self, fd) == 0) {
        if (fd_sync(self->parent_fd, self->parent, error))
            return TRUE;
        unlinkat(self->parent_fd, self->mark, 0);
        return FALSE;
    }
    if (errno == EEXIST)
        return undo_record_in_use(self, error);
    virt_snap_error_set_errno(error, errno, _("Cannot create '%s/%s'"), self->parent,
                              self->mark);

    return FALSE;
}

/* Makes the mark. It is created in the partial directory, with which it is removed if the import
 * fails, and locked before it gets its final name, so that nobody takes it for one that was
 * left. */
static gboolean
make_undo_mark(ImportUndo *self, int fd, GError **error)
{
    g_autofree char *text = own_record_mark(self->id);
    gboolean ok = FALSE;

    unlinkat(fd, STAGED, 0);
    self->fd = fd_open(fd, STAGED, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW, 0600, error);
    if (self->fd < 0)
        return FALSE;
    if (flock(self->fd, LOCK_EX | LOCK_NB) < 0)
        virt_snap_error_set_errno(error, errno, _("Cannot lock '%s/%s'"), self->parent,
                                  self->mark);
    else
        ok = fd_pwrite_all(self->fd, text, strlen(text), 0, self->mark, error) &&
             fd_sync(self->fd, self->mark, error) && name_undo_mark(self, fd, error);
    unlinkat(fd, STAGED, 0);

    return ok;
}

static gboolean
write_undo_record(const ImportUndo *self, GError **error)
{
    g_autofree char *text = undo_record_format(self);

    return own_record_write(self->id, text, error);
}

/* A mark without its record would be taken for a stranger's. */
static gboolean
begin_undo_record(ImportUndo *self, int fd, GError **error)
{
    self->id = own_record_new();
    if (!write_undo_record(self, error))
        return FALSE;
    if (make_undo_mark(self, fd, error))
        return TRUE;
    own_record_drop(self->id);

    return FALSE;
}

static gboolean
take_undo_place(ImportUndo *self, Hypervisor *hypervisor, int fd, GError **error)
{
    g_autoptr(HostInfo) info = hypervisor->ops->host_info(hypervisor, error);

    if (!info)
        return FALSE;
    self->uri = g_strdup(info->uri);
    self->boot = origin_boot();
    if (origin_id_of(fd, "", &self->place))
        return TRUE;
    virt_snap_error_set_errno(error, errno, _("Cannot look at '%s'"), self->directory);

    return FALSE;
}

ImportUndo *
import_undo_begin(const ImportPlan *plan, Hypervisor *hypervisor, int fd, GError **error)
{
    g_autoptr(ImportUndo) self = undo_record_new(plan->directory);

    take_undo_plan(self, plan);
    if (!take_undo_place(self, hypervisor, fd, error))
        return NULL;
    self->parent_fd = fd_open_dir(AT_FDCWD, self->parent, error);
    self->dir_fd = fcntl(fd, F_DUPFD_CLOEXEC, 0);
    if (self->parent_fd < 0 || !import_volumes_read(fd, &self->volumes, error))
        return NULL;
    self->times = import_times_take(fd, self->volumes, error);
    if (!self->times || !begin_undo_record(self, fd, error))
        return NULL;

    return g_steal_pointer(&self);
}

void
import_undo_made(ImportUndo *self, guint domain)
{
    ((UndoDomain *)g_ptr_array_index(self->domains, domain))->made = TRUE;
    import_undo_made_state(self, domain);
}

void
import_undo_made_state(ImportUndo *self, guint domain)
{
    ((UndoDomain *)g_ptr_array_index(self->domains, domain))->made_state = TRUE;
}

void
import_undo_made_collection(ImportUndo *self, guint collection)
{
    ((UndoCollection *)g_ptr_array_index(self->collections, collection))->made = TRUE;
}

/* If that is not possible, what the import has changed counts as changed by others, and stays. */
void
import_undo_touch(ImportUndo *self)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GHashTable) times = import_times_take(self->dir_fd, self->volumes, &error);

    if (times) {
        g_hash_table_unref(self->times);
        self->times = g_steal_pointer(&times);
        if (write_undo_record(self, &error))
            return;
    }
    g_debug("%s", error->message);
}

/* If that is not possible, a killed import leaves the export protected. */
void
import_undo_protected(ImportUndo *self, const char *path, const char *mark)
{
    g_autoptr(GError) error = NULL;

    self->export = g_strdup(path);
    self->protection = g_strdup(mark);
    if (!write_undo_record(self, &error))
        g_debug("%s", error->message);
}

gboolean
import_undo_done(ImportUndo *self, GError **error)
{
    if (unlinkat(self->parent_fd, self->mark, 0) < 0 && errno != ENOENT) {
        virt_snap_error_set_errno(error, errno, _("Cannot remove '%s/%s'"), self->parent,
                                  self->mark);
        return FALSE;
    }
    if (!fd_sync(self->parent_fd, self->parent, error))
        return FALSE;
    own_record_drop(self->id);
    /* Without the record nobody lifts the protection any more. */
    if (self->export)
        export_protect_keep(self->export, self->protection);

    return TRUE;
}

/* --- undo ------------------------------------------------------------------- */

/* Undefines a collection, unless somebody has changed or replaced it since. */
static gboolean
undefine_collection(VirtSnapCollectionStore *store, const UndoCollection *collection,
                    GError **error)
{
    g_autoptr(GError) why = NULL;
    g_autoptr(VirtSnapCollection) present =
        virt_snap_collection_store_load(store, collection->name, &why);
    g_autofree char *xml = present ? virt_snap_collection_format(present) : NULL;

    if (g_error_matches(why, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_NOT_FOUND) ||
        (xml && !g_str_equal(xml, collection->xml)))
        return TRUE;
    if (why) {
        g_propagate_error(error, g_steal_pointer(&why));
        return FALSE;
    }

    return virt_snap_collection_store_undefine(store, collection->name, error);
}

static gboolean
undefine_collections(const ImportUndo *self, GError **error)
{
    g_autoptr(VirtSnapCollectionStore) store = virt_snap_collection_store_new(NULL);

    for (guint i = self->collections->len; i-- > 0;) {
        const UndoCollection *collection = g_ptr_array_index(self->collections, i);

        if (collection->made && !undefine_collection(store, collection, error))
            return FALSE;
    }

    return TRUE;
}

/* Removes the directory of the import, unless another directory is at its place. */
static gboolean
remove_import_directory(const ImportUndo *self, GError **error)
{
    return !undo_record_is_at(self, self->name) ||
           tree_remove_at(self->parent_fd, self->name, error);
}

/* An export that is not there any more, or stays protected, is no reason to keep the record. */
static void
lift_import_protection(const ImportUndo *self)
{
    g_autoptr(GError) error = NULL;

    if (self->export && !export_protect_undo(self->export, self->protection, &error))
        g_debug("%s", error->message);
}

gboolean
import_undo_revert(ImportUndo *self, Hypervisor *hypervisor, GError **error)
{
    gboolean ok = TRUE;

    for (guint i = self->domains->len; ok && i-- > 0;)
        ok = undo_domain_take_back(self, hypervisor, g_ptr_array_index(self->domains, i), error);
    ok = ok && undefine_collections(self, error) &&
         (self->dir_fd < 0 || import_volumes_remove(self->dir_fd, hypervisor, error)) &&
         remove_import_directory(self, error);
    if (ok)
        lift_import_protection(self);
    ok = ok && import_undo_done(self, error);
    if (!ok)
        g_prefix_error(error, _("What was imported into '%s' cannot be taken back: "),
                       self->directory);

    return ok;
}

gboolean
import_undo_is_there(const char *directory)
{
    g_autoptr(ImportUndo) self = undo_record_new(directory);
    g_autofree char *path = g_build_filename(self->parent, self->mark, NULL);
    struct stat st;

    return lstat(path, &st) == 0 || (errno != ENOENT && errno != ENOTDIR);
}
