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

#include "collection/collection-store.h"
#include "hypervisor/snapshot-def.h"
#include "import/import-times.h"
#include "import/import-undo-record.h"
#include "import/import-undo.h"
#include "import/import-volumes.h"
#include "import/own-record.h"
#include "util/fd.h"

/* Name of the mark until it is complete, in the partial directory. */
#define STAGED ".import"

static void
undo_domain_free(gpointer data)
{
    UndoDomain *domain = data;

    g_free(domain->name);
    g_free(domain->uuid);
    g_free(domain->tpm);
    g_free(domain);
}

static void
undo_collection_free(gpointer data)
{
    UndoCollection *collection = data;

    g_free(collection->name);
    g_free(collection->xml);
    g_free(collection);
}

void
import_undo_free(ImportUndo *self)
{
    if (!self)
        return;
    fd_clear(&self->fd);
    fd_clear(&self->parent_fd);
    fd_clear(&self->dir_fd);
    volume_record_free(self->volumes);
    g_clear_pointer(&self->times, g_hash_table_unref);
    g_ptr_array_unref(self->left);
    g_ptr_array_unref(self->domains);
    g_ptr_array_unref(self->collections);
    g_free(self->directory);
    g_free(self->parent);
    g_free(self->name);
    g_free(self->mark);
    g_free(self->id);
    g_free(self);
}

static ImportUndo *
undo_new(const char *directory)
{
    ImportUndo *self = g_new0(ImportUndo, 1);

    self->directory = g_strdup(directory);
    self->parent = g_path_get_dirname(directory);
    self->name = g_path_get_basename(directory);
    self->mark = g_strdup_printf(".%s.import", self->name);
    self->parent_fd = self->fd = self->dir_fd = -1;
    self->left = g_ptr_array_new_with_free_func(g_free);
    self->domains = g_ptr_array_new_with_free_func(undo_domain_free);
    self->collections = g_ptr_array_new_with_free_func(undo_collection_free);

    return self;
}

static gboolean
set_import_in_use(const ImportUndo *self, GError **error)
{
    g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_IN_USE,
                _("Another import into '%s' is under way; wait for it or end it"),
                self->directory);

    return FALSE;
}

/* --- writing ---------------------------------------------------------------- */

static void
take_undo_plan(ImportUndo *self, const ImportPlan *plan)
{
    for (guint i = 0; plan->settings->define && i < plan->domains->len; i++) {
        const ImportDomain *domain = g_ptr_array_index(plan->domains, i);

        undo_record_add_domain(self, domain->name, domain->uuid, domain->tpm);
    }
    for (guint i = 0; i < plan->collections->len; i++) {
        const VirtSnapCollection *one = g_ptr_array_index(plan->collections, i);

        undo_record_add_collection(self, g_strdup(virt_snap_collection_get_name(one)),
                            virt_snap_collection_format(one));
    }
}

static gboolean
name_undo_mark(const ImportUndo *self, int fd, GError **error)
{
    if (linkat(fd, STAGED, self->parent_fd, self->mark, 0) == 0) {
        if (fd_sync(self->parent_fd, self->parent, error))
            return TRUE;
        unlinkat(self->parent_fd, self->mark, 0);
        return FALSE;
    }
    if (errno == EEXIST)
        return set_import_in_use(self, error);
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

ImportUndo *
import_undo_begin(const ImportPlan *plan, int fd, GError **error)
{
    g_autoptr(ImportUndo) self = undo_new(plan->directory);
    struct stat st;

    take_undo_plan(self, plan);
    if (fstat(fd, &st) < 0) {
        virt_snap_error_set_errno(error, errno, _("Cannot look at '%s'"), plan->directory);
        return NULL;
    }
    self->device = st.st_dev;
    self->inode = st.st_ino;
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

    return TRUE;
}

/* --- undo ------------------------------------------------------------------- */

typedef enum {
    DOMAIN_OF_IMPORT,
    DOMAIN_OF_OTHERS,
    DOMAIN_UNKNOWN, /* it has no image by which to tell: none at all, or volumes, or remote ones */
} DomainOwner;

/* Whether a domain with the recorded UUID was defined by this import, or in another way. */
static DomainOwner
whose_domain(const ImportUndo *self, const DomainRecord *record)
{
    g_autoptr(GPtrArray) paths = domain_image_paths(record->xml, NULL, NULL);
    g_autofree char *prefix = g_strconcat(self->directory, "/", NULL);

    if (!paths || paths->len == 0)
        return DOMAIN_UNKNOWN;
    for (guint i = 0; i < paths->len; i++) {
        const char *path = g_ptr_array_index(paths, i);

        if (g_str_has_prefix(path, prefix) ||
            (self->volumes && import_volumes_has(self->volumes, path)))
            return DOMAIN_OF_IMPORT;
    }

    return DOMAIN_OF_OTHERS;
}

/* Whether the domain is to be undefined. One that this process has defined itself is known. */
static gboolean
is_domain_to_go(ImportUndo *self, const UndoDomain *domain, const DomainRecord *record)
{
    DomainOwner owner;

    if (!record || !g_str_equal(record->name, domain->name))
        return FALSE;
    owner = whose_domain(self, record);
    if (owner == DOMAIN_UNKNOWN && self->found)
        g_ptr_array_add(self->left, g_strdup(record->name));

    return owner == DOMAIN_OF_IMPORT || (owner == DOMAIN_UNKNOWN && !self->found);
}

static gboolean
undefine_domain(ImportUndo *self, Hypervisor *hypervisor, const UndoDomain *domain,
                GError **error)
{
    g_autoptr(GError) why = NULL;
    gboolean running = FALSE;
    g_autoptr(DomainRecord) record =
        domain->made ? hypervisor->ops->describe(hypervisor, domain->uuid, &running, &why) : NULL;

    if (why) {
        g_propagate_error(error, g_steal_pointer(&why));
        return FALSE;
    }
    if (!is_domain_to_go(self, domain, record))
        return TRUE;

    return hypervisor->ops->undefine(hypervisor, domain->uuid, error);
}

/* Removes the state of the TPM, unless there is still a domain with that UUID, whose it is then. */
static gboolean
remove_state(const UndoDomain *domain, Hypervisor *hypervisor, GError **error)
{
    g_autoptr(GError) why = NULL;
    gboolean running = FALSE;
    g_autoptr(DomainRecord) record = NULL;

    if (!domain->made_state || !domain->tpm)
        return TRUE;
    record = hypervisor->ops->describe(hypervisor, domain->uuid, &running, &why);
    if (!why)
        return record || tree_remove_at(AT_FDCWD, domain->tpm, error);
    g_propagate_error(error, g_steal_pointer(&why));

    return FALSE;
}

static gboolean
take_back_domain(ImportUndo *self, Hypervisor *hypervisor, const UndoDomain *domain,
                 GError **error)
{
    return undefine_domain(self, hypervisor, domain, error) &&
           remove_state(domain, hypervisor, error);
}

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
    struct stat st;

    return fstatat(self->parent_fd, self->name, &st, AT_SYMLINK_NOFOLLOW) < 0 ||
           st.st_dev != self->device || st.st_ino != self->inode ||
           tree_remove_at(self->parent_fd, self->name, error);
}

gboolean
import_undo_revert(ImportUndo *self, Hypervisor *hypervisor, GError **error)
{
    gboolean ok = TRUE;

    for (guint i = self->domains->len; ok && i-- > 0;)
        ok = take_back_domain(self, hypervisor, g_ptr_array_index(self->domains, i), error);
    ok = ok && undefine_collections(self, error) &&
         (self->dir_fd < 0 || import_volumes_remove(self->dir_fd, hypervisor, error)) &&
         remove_import_directory(self, error) && import_undo_done(self, error);
    if (!ok)
        g_prefix_error(error, _("What was imported into '%s' cannot be taken back: "),
                       self->directory);

    return ok;
}

gboolean
import_undo_is_there(const char *directory)
{
    g_autoptr(ImportUndo) self = undo_new(directory);
    g_autofree char *path = g_build_filename(self->parent, self->mark, NULL);
    struct stat st;

    return lstat(path, &st) == 0 || (errno != ENOENT && errno != ENOTDIR);
}

/* --- recovery --------------------------------------------------------------- */

/* Refuses what runs. A domain that cannot be told from one of the import could be one. */
static gboolean
check_domain_unused(const ImportUndo *self, Hypervisor *hypervisor, const UndoDomain *domain,
                    gboolean *used, GError **error)
{
    g_autoptr(GError) why = NULL;
    gboolean running = FALSE;
    g_autoptr(DomainRecord) record =
        hypervisor->ops->describe(hypervisor, domain->uuid, &running, &why);

    if (why) {
        g_propagate_error(error, g_steal_pointer(&why));
        return FALSE;
    }
    *used = *used || (record && running && whose_domain(self, record) != DOMAIN_OF_OTHERS);

    return TRUE;
}

/* @used: (out): whether anything of the import was used since. Returns: FALSE if that cannot be
 * found out. */
static gboolean
look_for_use(const ImportUndo *self, Hypervisor *hypervisor, gboolean *used, GError **error)
{
    g_autoptr(GHashTable) now = import_times_take(self->dir_fd, self->volumes, error);

    if (!now)
        return FALSE;
    *used = !self->times || !import_times_hold(self->times, now);
    for (guint i = 0; i < self->domains->len; i++) {
        if (!check_domain_unused(self, hypervisor, g_ptr_array_index(self->domains, i), used,
                                 error))
            return FALSE;
    }

    return TRUE;
}

/* Returns: FALSE with INVALID_STATE if the import was used since it was interrupted. */
static gboolean
check_unused_import(const ImportUndo *self, Hypervisor *hypervisor, GError **error)
{
    gboolean used = FALSE;

    if (!look_for_use(self, hypervisor, &used, error)) {
        g_prefix_error(error, _("Whether what an interrupted import into '%s' left was used "
                                "since then cannot be found out: "),
                       self->directory);
        return FALSE;
    }
    if (!used)
        return TRUE;
    g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_INVALID_STATE,
                _("An import into '%s' was interrupted, and what it left was used since then; "
                  "to keep it, remove '%s/%s', and import to another directory; to be rid of "
                  "it, undefine its domains and remove that directory"),
                self->directory, self->parent, self->mark);

    return FALSE;
}

/* Opens the directory of the import, also while it is a partial one, and reads which volumes
 * belong to it. */
static gboolean
find_undo_volumes(ImportUndo *self, GError **error)
{
    g_autofree char *partial = g_strdup_printf(".%s.partial", self->name);
    const char *const names[] = {self->name, partial, NULL};

    for (const char *const *name = names; *name; name++) {
        auto_fd fd = openat(self->parent_fd, *name,
                            O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        struct stat st;

        if (fd < 0 || fstat(fd, &st) < 0 || st.st_dev != self->device ||
            st.st_ino != self->inode)
            continue;
        self->dir_fd = fd_steal(&fd);
        return import_volumes_read(self->dir_fd, &self->volumes, error);
    }

    return TRUE;
}

/* Locks the mark and reads its record. FALSE without an error if there is none. */
static gboolean
open_undo_record(ImportUndo *self, GError **error)
{
    self->parent_fd = open(self->parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (self->parent_fd < 0)
        return FALSE;
    self->fd = openat(self->parent_fd, self->mark,
                      O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (self->fd < 0 && errno != ENOENT)
        virt_snap_error_set_errno(error, errno, _("Cannot open '%s/%s'"), self->parent,
                                  self->mark);
    if (self->fd < 0)
        return FALSE;
    if (flock(self->fd, LOCK_EX | LOCK_NB) < 0)
        return set_import_in_use(self, error);

    return undo_record_read(self, error) && find_undo_volumes(self, error);
}

static char *
tell_recovered(const ImportUndo *self)
{
    g_autoptr(GString) said = g_string_new(NULL);

    g_string_printf(said,
                    _("An earlier import into '%s' was interrupted; what it had left was "
                      "removed (domains: %u)"),
                    self->directory, self->domains->len - self->left->len);
    for (guint i = 0; i < self->left->len; i++)
        g_string_append_printf(said,
                               _("; the domain '%s' is left, because none of its images tells "
                                 "whose it is; undefine it if it is of that import"),
                               (const char *)g_ptr_array_index(self->left, i));

    return g_string_free(g_steal_pointer(&said), FALSE);
}

gboolean
import_undo_recover(const char *directory, Hypervisor *hypervisor, char **said, GError **error)
{
    g_autoptr(ImportUndo) self = undo_new(directory);
    g_autoptr(GError) why = NULL;

    *said = NULL;
    if (!open_undo_record(self, &why)) {
        if (!why)
            return TRUE;
        g_propagate_error(error, g_steal_pointer(&why));
        return FALSE;
    }
    if (!check_unused_import(self, hypervisor, error))
        return FALSE;
    self->found = TRUE;
    /* None of these existed when the record was written, so any that exists was defined by the
     * import. */
    for (guint i = 0; i < self->domains->len; i++)
        import_undo_made(self, i);
    for (guint i = 0; i < self->collections->len; i++)
        import_undo_made_collection(self, i);
    if (!import_undo_revert(self, hypervisor, error))
        return FALSE;
    *said = tell_recovered(self);

    return TRUE;
}
