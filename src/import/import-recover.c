/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <glib/gi18n-lib.h>
#include <sys/file.h>
#include <sys/stat.h>

#include "import/import-recover.h"
#include "import/import-times.h"
#include "import/import-undo-domain.h"
#include "import/import-undo.h"
#include "import/import-volumes.h"
#include "util/fd.h"

/* --- use ---------------------------------------------------------------------- */

/* Refuses what runs. A domain that cannot be told from one of the import could be one. */
static gboolean
check_domain_unused(const ImportUndo *self, Hypervisor *hypervisor, const UndoDomain *domain,
                    gboolean *used, GError **error)
{
    g_autoptr(DomainRecord) record = NULL;
    gboolean running;

    if (!undo_domain_describe(domain, hypervisor, &record, &running, error))
        return FALSE;
    *used = *used || (record && running && undo_domain_owner(self, record) != DOMAIN_OF_OTHERS);

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

/* --- the directory ------------------------------------------------------------ */

/* Opens the directory of the import, also while it is a partial one, and reads which volumes
 * belong to it. */
static gboolean
find_undo_directory(ImportUndo *self, GError **error)
{
    g_autofree char *partial = g_strdup_printf(".%s.partial", self->name);
    const char *const names[] = {self->name, partial, NULL};

    for (const char *const *name = names; *name; name++) {
        auto_fd fd = openat(self->parent_fd, *name,
                            O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        OriginId now;

        if (fd < 0 || !origin_id_of(fd, "", &now) ||
            !origin_id_same(&self->place, self->boot, &now))
            continue;
        self->dir_fd = fd_steal(&fd);
        return import_volumes_read(self->dir_fd, &self->volumes, error);
    }

    return TRUE;
}

static gboolean
refuse_other_directory(const ImportUndo *self, GError **error)
{
    g_autoptr(GString) names = g_string_new(NULL);

    for (guint i = 0; i < self->domains->len; i++) {
        const UndoDomain *domain = g_ptr_array_index(self->domains, i);

        g_string_append_printf(names, "%s'%s'", i > 0 ? ", " : "", domain->name);
    }
    g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_INVALID_STATE,
                _("An import into '%s' was interrupted, and whether what is there now is what it "
                  "made cannot be found out; if it is, undefine its domains (%s), and remove it "
                  "and then '%s/%s'; if it is not, remove only that file"),
                self->directory, self->domains->len > 0 ? names->str : "-", self->parent,
                self->mark);

    return FALSE;
}

static gboolean
refuse_domain(const ImportUndo *self, const DomainRecord *record, GError **error)
{
    g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_INVALID_STATE,
                _("An import into '%s' was interrupted, and whether the domain '%s' is of it "
                  "cannot be found out, because that directory is not there any more; undefine "
                  "the domain if it is, and remove '%s/%s'"),
                self->directory, record->name, self->parent, self->mark);

    return FALSE;
}

static gboolean
check_domain_gone(const ImportUndo *self, Hypervisor *hypervisor, const UndoDomain *domain,
                  GError **error)
{
    g_autoptr(GError) why = NULL;
    gboolean running;
    g_autoptr(DomainRecord) record =
        hypervisor->ops->describe(hypervisor, domain->uuid, &running, &why);

    if (record)
        return refuse_domain(self, record, error);
    if (!why)
        return TRUE;
    g_propagate_error(error, g_steal_pointer(&why));

    return FALSE;
}

/* Only the directory tells which volumes are of the import, and whether its domains have run:
 * without it nothing of them is taken back. */
static gboolean
check_found(const ImportUndo *self, Hypervisor *hypervisor, GError **error)
{
    struct stat st;

    if (self->dir_fd >= 0)
        return !self->volumes || import_volumes_known(self->volumes, error);
    if (fstatat(self->parent_fd, self->name, &st, AT_SYMLINK_NOFOLLOW) == 0 || errno != ENOENT)
        return refuse_other_directory(self, error);
    for (guint i = 0; i < self->domains->len; i++) {
        if (!check_domain_gone(self, hypervisor, g_ptr_array_index(self->domains, i), error))
            return FALSE;
    }

    return TRUE;
}

/* --- the hypervisor ------------------------------------------------------------- */

/* Another one knows nothing of the domains, which would be left without their disks. */
static gboolean
check_hypervisor(const ImportUndo *self, Hypervisor *hypervisor, GError **error)
{
    g_autoptr(HostInfo) info = NULL;

    if (self->domains->len == 0)
        return TRUE;
    info = hypervisor->ops->host_info(hypervisor, error);
    if (!info || g_strcmp0(info->uri, self->uri) == 0)
        return info != NULL;
    g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_INVALID_STATE,
                _("An import into '%s' was interrupted, whose domains are those of '%s', not of "
                  "'%s'; repeat it with that connection, which takes it back, or import to "
                  "another directory"),
                self->directory, self->uri ? self->uri : "-", info->uri);

    return FALSE;
}

/* --- recovery ----------------------------------------------------------------- */

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
        return undo_record_in_use(self, error);

    return undo_record_read(self, error) && find_undo_directory(self, error);
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
import_recover(const char *directory, Hypervisor *hypervisor, char **said, GError **error)
{
    g_autoptr(ImportUndo) self = undo_record_new(directory);
    g_autoptr(GError) why = NULL;

    *said = NULL;
    if (!open_undo_record(self, &why)) {
        if (!why)
            return TRUE;
        g_propagate_error(error, g_steal_pointer(&why));
        return FALSE;
    }
    if (!check_hypervisor(self, hypervisor, error) || !check_found(self, hypervisor, error) ||
        !check_unused_import(self, hypervisor, error))
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
