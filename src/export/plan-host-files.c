/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <glib/gi18n-lib.h>
#include <sys/stat.h>

#include "export/plan-choice.h"
#include "export/plan-files.h"
#include "image/qcow2-header.h"
#include "qcow2/image-end.h"
#include "util/fd.h"

typedef struct {
    PlanBuilder *builder;
    const PlanDomain *domain;
    const SnapshotDef *def;
} HostFiles;

static gboolean
refuse_host_file(GError **error, const HostFiles *self, const DomainFile *file, const char *why)
{
    g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_NOT_SUPPORTED,
                _("the firmware's variables '%s' (<%s>) cannot be exported: %s; leave them out "
                  "with --exclude '%s:%s'"),
                file->source, file->element, why, self->domain->name, PLAN_TARGET_NVRAM);

    return FALSE;
}

/* --- firmware variables ------------------------------------------------------- */

/* Whether the domain may never have been started. If the snapshot is of a running domain, or the
 * domain runs now, libvirt has created its files. */
static gboolean
never_started(const HostFiles *self)
{
    return !self->domain->active && g_strcmp0(self->def->state, "shutoff") == 0;
}

/* Warns if a file was written to after the snapshot. libvirt's external snapshots do not include
 * these files, so the present ones are exported. The creation time of a snapshot has whole
 * seconds. */
static void
warn_of_file_age(const HostFiles *self, const DomainFile *file, const struct stat *st)
{
    /* A live export is to have the present files. */
    if (plan_is_live(self->builder->plan))
        return;
    if (S_ISBLK(st->st_mode))
        plan_warn(self->builder->plan,
                  _("Domain '%s': whether '%s' (<%s>) was changed after the snapshot cannot be "
                    "told of a device; it is exported as it is now"),
                  self->domain->name, file->source, file->element);
    else if (st->st_mtim.tv_sec > self->def->creation_time)
        plan_warn(self->builder->plan,
                  _("Domain '%s': '%s' (<%s>) was changed after the snapshot; it is exported as "
                    "it is now"),
                  self->domain->name, file->path, file->element);
    else if (st->st_mtim.tv_sec == self->def->creation_time)
        plan_warn(self->builder->plan,
                  _("Domain '%s': '%s' (<%s>) was changed in the second in which the snapshot was "
                    "taken; whether before or after cannot be told, it is exported as it is now"),
                  self->domain->name, file->path, file->element);
}

/* Checks that a qcow2 image has no backing file and no external data file, so that its copy is
 * complete. */
static gboolean
check_qcow2_standalone(const HostFiles *self, const DomainFile *file, GError **error)
{
    auto_fd fd = fd_open(AT_FDCWD, file->path, O_RDONLY | O_NONBLOCK, 0, error);
    g_autoptr(Qcow2Header) header = fd < 0 ? NULL : qcow2_header_read(fd, file->path, error);
    guint64 bytes;

    if (!header || !qcow2_header_check(header, file->path, error))
        return FALSE;
    if (header->backing_name)
        return refuse_host_file(error, self, file, _("it is an image on top of another one"));
    if (!self->domain->active && fd_size(fd, &bytes) &&
        !image_end_check(fd, bytes, file->path, error))
        return FALSE;
    if (self->domain->active)
        plan_warn(self->builder->plan,
                  _("Domain '%s': its firmware variables '%s' are a qcow2 image that the running "
                    "domain writes to; a change of them while they are read may be missing"),
                  self->domain->name, file->path);

    return TRUE;
}

static gboolean
check_file_kind(const HostFiles *self, const DomainFile *file, const struct stat *st,
                GError **error)
{
    if (!S_ISREG(st->st_mode) && !S_ISBLK(st->st_mode))
        return refuse_host_file(error, self, file,
                                _("it is neither a regular file nor a block device"));
    if (file->strange) {
        g_autofree char *why =
            g_strdup_printf(_("its <source> has <%s>, which is not supported"), file->strange);

        return refuse_host_file(error, self, file, why);
    }
    if (!file->format || g_str_equal(file->format, "raw"))
        return TRUE;
    if (g_str_equal(file->format, "qcow2"))
        return check_qcow2_standalone(self, file, error);

    return refuse_host_file(error, self, file, _("only the formats raw and qcow2 are supported"));
}

static gboolean
plan_state_file(const HostFiles *self, const DomainFile *file, GError **error)
{
    struct stat st;

    if (plan_choice_excludes(self->builder, self->domain->name, PLAN_TARGET_NVRAM)) {
        plan_warn(self->builder->plan, _("Domain '%s': '%s' (<%s>) is left out as asked for"),
                  self->domain->name, file->source, file->element);
        return TRUE;
    }
    if (!file->path)
        return refuse_host_file(error, self, file, _("they are not on this host's file system"));
    if (stat(file->path, &st) < 0) {
        if (errno != ENOENT || !file->created || !never_started(self)) {
            virt_snap_error_set_errno(error, errno, _("Cannot look at '%s' (<%s>)"), file->path,
                                      file->element);
            return FALSE;
        }
        plan_warn(self->builder->plan,
                  _("Domain '%s': no firmware variables are exported, there is no '%s': it was "
                    "never started, or they were deleted; libvirt makes new ones when it starts"),
                  self->domain->name, file->path);
        return TRUE;
    }
    if (!check_file_kind(self, file, &st, error))
        return FALSE;
    warn_of_file_age(self, file, &st);

    return plan_files_add_copy(self->builder->plan, self->domain->directory, file->name, file->role,
                               file->path, error);
}

/* --- other files -------------------------------------------------------------- */

static void
warn_of_host_file(const HostFiles *self, const DomainFile *file, const char *why)
{
    plan_warn(self->builder->plan, _("Domain '%s': '%s' (<%s>) is not exported: %s"),
              self->domain->name, file->source, file->element, why);
}

/* Why the file is not copied, or NULL. A file that a running guest has mapped would change while it
 * is read. */
static const char *
reason_to_leave(const HostFiles *self, const DomainFile *file)
{
    struct stat st;

    if (!file->path || stat(file->path, &st) < 0)
        return _("it cannot be found");
    if (!S_ISREG(st.st_mode))
        return _("it is not a regular file");
    if (file->shared && self->domain->active)
        return _("the running domain writes to it");

    return NULL;
}

static gboolean
plan_copied_file(const HostFiles *self, const DomainFile *file, guint number, GError **error)
{
    const char *why = reason_to_leave(self, file);
    g_autofree char *name = g_strdup_printf("%s-%u", file->name, number);
    struct stat st;

    if (why) {
        warn_of_host_file(self, file, why);
        return TRUE;
    }
    if (stat(file->path, &st) == 0)
        warn_of_file_age(self, file, &st);

    return plan_files_add_copy(self->builder->plan, self->domain->directory,
                               file->shared || number > 0 ? name : file->name, file->role,
                               file->path, error);
}

/* How many files before the one at @index have the same name. */
static guint
count_same_name(GPtrArray *files, guint index)
{
    const DomainFile *file = g_ptr_array_index(files, index);
    guint number = 0;

    for (guint i = 0; i < index; i++) {
        if (g_strcmp0(((const DomainFile *)g_ptr_array_index(files, i))->name, file->name) == 0)
            number++;
    }

    return number;
}

static gboolean
plan_host_file(const HostFiles *self, guint index, GError **error)
{
    const DomainFile *file = g_ptr_array_index(self->def->files, index);

    if (file->fate == DOMAIN_FILE_STATE)
        return plan_state_file(self, file, error);
    /* Files that the configuration names are not needed if only the configuration is exported. */
    if (!self->builder->plan->settings->storage)
        return TRUE;
    if (file->fate == DOMAIN_FILE_COPIED)
        return plan_copied_file(self, file, count_same_name(self->def->files, index), error);
    warn_of_host_file(self, file,
                      _("files of the host are not, but for those that it starts from"));

    return TRUE;
}

gboolean
plan_files_host(PlanBuilder *builder, const PlanDomain *domain, const SnapshotDef *def,
                GError **error)
{
    HostFiles self = {builder, domain, def};

    if (def->arguments && builder->plan->settings->storage)
        plan_warn(builder->plan,
                  _("Domain '%s': QEMU gets arguments of its own (<qemu:commandline>: %s); no file "
                    "or disk that they name is exported"),
                  domain->name, def->arguments);
    for (guint i = 0; builder->plan->settings->storage && i < def->devices->len; i++)
        plan_warn(builder->plan,
                  _("Domain '%s': the device '%s' of the host (<hostdev>) is not exported, and "
                    "nothing that the guest keeps on it"),
                  domain->name, (const char *)g_ptr_array_index(def->devices, i));
    for (guint i = 0; i < def->files->len; i++) {
        if (!plan_host_file(&self, i, error)) {
            g_prefix_error(error, _("Domain '%s': "), domain->name);
            return FALSE;
        }
    }

    return TRUE;
}
