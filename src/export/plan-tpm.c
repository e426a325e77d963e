/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <glib/gi18n-lib.h>
#include <string.h>
#include <unistd.h>

#include "export/plan-choice.h"
#include "export/plan-tpm.h"
#include "util/fd.h"

#define ROLE "tpm"

typedef struct {
    PlanBuilder *builder;
    const PlanDomain *domain;
    const PlanSnapshot *snapshot;
    char *directory;  /* that has the state */
    GPtrArray *names; /* char*: files of it */
    GArray *fds;      /* int: for each, what is copied */
} TpmState;

static void
close_tpm_fd(gpointer fd)
{
    fd_clear(fd);
}

static void
tpm_state_clear(TpmState *self)
{
    g_free(self->directory);
    g_ptr_array_unref(self->names);
    g_array_unref(self->fds);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(TpmState, tpm_state_clear)

/* --- reading ------------------------------------------------------------------ */

/* Opens one file of a state. swtpm may run as a user of its own, so nobody else's file is to be
 * reached through a name in its directory. */
static int
open_state(int dirfd, const char *name, const char *path, struct stat *st, GError **error)
{
    auto_fd fd = fd_open_data(dirfd, name, O_NOFOLLOW, st);

    if (fd < 0 && errno != EMEDIUMTYPE) {
        virt_snap_error_set_errno(error, errno, _("Cannot open '%s'"), path);
        return -1;
    }
    if (fd >= 0 && S_ISREG(st->st_mode) && st->st_nlink <= 1 && st->st_size > 0 &&
        (guint64)st->st_size <= TPM_STATE_BYTES_MAX)
        return fd_steal(&fd);
    g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_NOT_SUPPORTED,
                _("'%s' is no state of a TPM: it is empty, larger than any, has other names, or "
                  "is no regular file"),
                path);

    return -1;
}

/* What lies beside the permanent state only means something to a TPM that goes on where it
 * stood, so while swtpm runs it is that of an earlier time. */
static gboolean
is_wanted(const TpmState *self, const char *name)
{
    return self->domain->active ? tpm_state_is_permanent(name) : tpm_state_version(name) != NULL;
}

static gboolean
take_state(TpmState *self, int dirfd, const char *name, GError **error)
{
    g_autofree char *path = g_build_filename(self->directory, name, NULL);
    struct stat st;
    int fd = open_state(dirfd, name, path, &st, error);

    if (fd < 0)
        return FALSE;
    g_array_append_val(self->fds, fd);
    g_ptr_array_add(self->names, g_strdup(name));

    return TRUE;
}

static void
warn_of_strange(const TpmState *self, const char *name)
{
    if (!tpm_state_version(name) && !tpm_state_is_passing(name))
        plan_warn(self->builder->plan,
                  _("Domain '%s': '%s' in the directory of its TPM is not exported: it is not "
                    "known what that is"),
                  self->domain->name, name);
}

static gboolean
read_states(TpmState *self, GError **error)
{
    auto_fd dirfd = fd_open_dir(AT_FDCWD, self->directory, error);
    g_autoptr(GPtrArray) names = dirfd < 0 ? NULL : dir_list_at(dirfd, ".", error);
    gboolean permanent = FALSE;

    for (guint i = 0; names && i < names->len; i++) {
        const char *name = g_ptr_array_index(names, i);

        if (is_wanted(self, name) && !take_state(self, dirfd, name, error))
            return FALSE;
        permanent = permanent || tpm_state_is_permanent(name);
    }
    if (!names)
        return FALSE;
    if (!permanent) {
        g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_NOT_FOUND,
                    _("There is none in '%s'"), self->directory);
        return FALSE;
    }
    for (guint i = 0; i < names->len; i++)
        warn_of_strange(self, g_ptr_array_index(names, i));

    return TRUE;
}

/* --- planning ----------------------------------------------------------------- */

/* The state inside a memory state that is exported, too, is of its moment, and the domain goes on
 * with that one. */
static gboolean
is_age_known(const TpmState *self)
{
    return plan_is_live(self->builder->plan) ||
           (self->snapshot->memory_kept && self->snapshot->def->memory_file);
}

/* The creation time of a snapshot has whole seconds. */
static void
warn_of_state_age(const TpmState *self, const struct stat *st)
{
    gint64 made = self->snapshot->def->creation_time;

    if (is_age_known(self) || st->st_mtim.tv_sec < made)
        return;
    plan_warn(self->builder->plan,
              st->st_mtim.tv_sec > made
                  ? _("Domain '%s': the state of its TPM was changed after the snapshot; it is "
                      "exported as it is now")
                  : _("Domain '%s': the state of its TPM was changed in the second in which the "
                      "snapshot was taken; whether before or after cannot be told, it is exported "
                      "as it is now"),
              self->domain->name);
}

static void
add_state(const TpmState *self, guint number)
{
    const char *name = g_ptr_array_index(self->names, number);
    int *fd = &g_array_index(self->fds, int, number);
    g_autofree char *path = g_build_filename("tpm", name, NULL);
    struct stat st = {0};
    PlanFile *file;

    if (fstat(*fd, &st) == 0 && tpm_state_is_permanent(name))
        warn_of_state_age(self, &st);
    file = plan_add_file(self->builder->plan, self->domain->directory, path, ROLE,
                         (guint64)st.st_size);
    file->source = g_build_filename(self->directory, name, NULL);
    file->fd = fd_steal(fd);
}

static char *
state_directory(const TpmDef *tpm, const Plan *plan, const PlanDomain *domain)
{
    const char *version = tpm_version_directory(tpm->version);
    g_autofree char *of_domain = NULL;

    if (tpm->source || !version || !plan->host->tpm_states)
        return tpm->single ? NULL : g_strdup(tpm->source);
    of_domain = tpm_domain_directory(plan->host->tpm_states, domain->uuid);

    return g_build_filename(of_domain, version, NULL);
}

static void
warn_of_no_state(const TpmState *self, const char *why)
{
    plan_warn(self->builder->plan,
              _("Domain '%s': the state of its TPM is not exported: %s"), self->domain->name,
              why);
}

static void
plan_state(TpmState *self, const TpmDef *tpm)
{
    g_autoptr(GError) why = NULL;

    self->directory = state_directory(tpm, self->builder->plan, self->domain);
    if (!self->directory) {
        warn_of_no_state(self, tpm->single ? _("a state in one file is not supported")
                                           : _("where it is cannot be told"));
        return;
    }
    if (!read_states(self, &why)) {
        warn_of_no_state(self, why->message);
        return;
    }
    for (guint i = 0; i < self->names->len; i++)
        add_state(self, i);
    if (tpm->encrypted)
        plan_warn(self->builder->plan,
                  _("Domain '%s': the state of its TPM is encrypted, and so it is exported: it is "
                    "of use only where libvirt has its secret"),
                  self->domain->name);
}

void
plan_files_tpm(PlanBuilder *builder, const PlanDomain *domain)
{
    const PlanSnapshot *snapshot = g_ptr_array_index(domain->snapshots, 0);
    g_auto(TpmState) self = {builder, domain, snapshot, NULL,
                             g_ptr_array_new_with_free_func(g_free),
                             g_array_new(FALSE, FALSE, sizeof(int))};

    g_array_set_clear_func(self.fds, close_tpm_fd);
    if (!snapshot->def->tpm)
        return;
    if (plan_choice_excludes(builder, domain->name, PLAN_TARGET_TPM))
        warn_of_no_state(&self, _("it is left out as asked for"));
    else
        plan_state(&self, snapshot->def->tpm);
}

/* --- the moment --------------------------------------------------------------- */

static gboolean
reopen_state(PlanFile *file, GError **error)
{
    struct stat st;
    int fd = open_state(AT_FDCWD, file->source, file->source, &st, error);

    if (fd < 0)
        return FALSE;
    fd_clear(&file->fd);
    file->fd = fd;

    return TRUE;
}

gboolean
plan_tpm_hold(const Plan *plan, const PlanDomain *domain, GError **error)
{
    g_autofree char *prefix = g_strconcat(domain->directory, "/", NULL);

    for (guint i = 0; i < plan->files->len; i++) {
        PlanFile *file = g_ptr_array_index(plan->files, i);

        if (g_str_equal(file->role, ROLE) && g_str_has_prefix(file->path, prefix) &&
            !reopen_state(file, error))
            return FALSE;
    }

    return TRUE;
}
