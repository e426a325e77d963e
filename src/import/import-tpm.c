/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <glib/gi18n-lib.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "import/import-tpm.h"
#include "import/rewrite-nodes.h"
#include "util/fd.h"
#include "util/xml.h"

/* As libvirt makes them: whoever swtpm runs as can go there, and gets what is below when its domain
 * starts, for libvirt then gives it the directory and its files. */
#define STATES_MODE 0711
#define STATE_MODE 0700

/* --- the export --------------------------------------------------------------- */

static gboolean
refuse_state(const ManifestFile *file, const char *why, GError **error)
{
    g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_CORRUPT,
                _("'%s' is no state of the domain's TPM: %s"), file->path, why);

    return FALSE;
}

/* The version of the TPM follows from the names, and swtpm would take one for the other. */
static gboolean
check_state(const ImportMember *self, const ManifestFile *file, const char *name, GError **error)
{
    const char *version = tpm_state_version(name);

    if (!version)
        return refuse_state(file, _("no TPM has a file of this name"), error);
    if (file->bytes == 0 || file->bytes > TPM_STATE_BYTES_MAX)
        return refuse_state(file, _("it is empty, or larger than any"), error);
    if (self->tpm && self->tpm->version && !g_str_equal(self->tpm->version, version))
        return refuse_state(file, _("it is of another version of TPM"), error);

    return TRUE;
}

static gboolean
take_states(ImportMember *self, gboolean *permanent, GError **error)
{
    GPtrArray *files = import_source_manifest(self->source)->files;
    g_autofree char *prefix = g_build_filename(self->to->from->directory, "tpm/", NULL);

    for (guint i = 0; i < files->len; i++) {
        const ManifestFile *file = g_ptr_array_index(files, i);
        const char *name = file->path + strlen(prefix);

        if (!g_str_equal(file->role, "tpm") || !g_str_has_prefix(file->path, prefix))
            continue;
        if (!check_state(self, file, name, error))
            return FALSE;
        *permanent = *permanent || tpm_state_is_permanent(name);
        g_ptr_array_add(self->states, (gpointer)file);
    }

    return TRUE;
}

/* The place is libvirt's own here, and which version it is of has to be said where the export does
 * not say it. */
static void
forget_place(xmlNode *domain, const char *version)
{
    xmlNode *backend = xml_node(domain, "./devices/tpm/backend[@type='emulator']");

    nodes_remove(domain, "./devices/tpm/backend[@type='emulator']/source");
    if (backend)
        node_set(backend, "version", version);
}

static void
forget_places(const ImportMember *self)
{
    const ManifestFile *first = g_ptr_array_index(self->states, 0);
    g_autofree char *name = g_path_get_basename(first->path);
    const char *version = tpm_state_version(name);

    forget_place(xmlDocGetRootElement(self->xml), version);
    for (guint i = 0; i < self->memories->len; i++) {
        xmlDoc *memory = g_ptr_array_index(self->memories, i);

        if (memory)
            forget_place(xmlDocGetRootElement(memory), version);
    }
    for (guint i = 0; i < self->snapshots->len; i++) {
        xmlNode *snapshot = xmlDocGetRootElement(g_ptr_array_index(self->snapshots, i));
        g_autoptr(GPtrArray) domains = xml_nodes(snapshot, "./domain | ./inactiveDomain");

        for (guint j = 0; j < domains->len; j++)
            forget_place(g_ptr_array_index(domains, j), version);
    }
}

gboolean
import_tpm_find(ImportMember *self, GError **error)
{
    gboolean permanent = FALSE;

    self->tpm = tpm_def_parse(xmlDocGetRootElement(self->xml));
    if (!take_states(self, &permanent, error))
        return FALSE;
    /* A TPM that begins with these would begin with an empty state. */
    if (!self->tpm || !permanent)
        g_ptr_array_set_size(self->states, 0);
    if (self->states->len > 0)
        forget_places(self);

    return TRUE;
}

/* --- the plan ----------------------------------------------------------------- */

static void
add_state_file(const ImportMember *self, ImportPlan *plan, const ManifestFile *from)
{
    g_autofree char *name = g_path_get_basename(from->path);
    ImportFile *file = g_new0(ImportFile, 1);

    file->from = from;
    file->path = g_build_filename(self->to->directory, "tpm", name, NULL);
    file->state = TRUE;
    plan->bytes += from->bytes;
    g_ptr_array_add(plan->files, file);
    g_ptr_array_add(self->to->states, file);
}

void
import_tpm_plan(const ImportMember *self, ImportPlan *plan)
{
    ImportDomain *to = self->to;

    for (guint i = 0; i < self->states->len; i++)
        add_state_file(self, plan, g_ptr_array_index(self->states, i));
    if (self->tpm && plan->tpm_states && (self->states->len > 0 || !self->tpm->source))
        to->tpm = tpm_domain_directory(plan->tpm_states, to->uuid);
    if (to->states->len > 0 && !plan->settings->define)
        import_plan_warn(plan,
                         _("Domain '%s': the state of its TPM is in '%s/%s/tpm'; put it where "
                           "libvirt looks for it before the domain is defined and started"),
                         to->name, plan->directory, to->directory);
}

/* --- the host ----------------------------------------------------------------- */

static gboolean
has_states(const ImportPlan *plan)
{
    gboolean found = FALSE;

    for (guint i = 0; plan->settings->define && i < plan->domains->len; i++)
        found = found || ((const ImportDomain *)g_ptr_array_index(plan->domains, i))->states->len;

    return found;
}

/* Returns: @path, or the directory above it that is there; owned by the caller. */
static char *
find_there(const char *path)
{
    char *at = g_strdup(path);

    while (!g_file_test(at, G_FILE_TEST_EXISTS)) {
        char *above = g_path_get_dirname(at);

        g_free(at);
        at = above;
    }

    return at;
}

gboolean
import_tpm_check(Hypervisor *hypervisor, const ImportPlan *plan, GError **error)
{
    g_autofree char *there = NULL;

    if (!has_states(plan))
        return TRUE;
    if (!plan->tpm_states) {
        g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_NOT_SUPPORTED,
                    _("Where the host keeps the states of TPMs is not known; import with "
                      "--no-define, and put them there"));
        return FALSE;
    }
    there = find_there(plan->tpm_states);
    if (!hypervisor->ops->sees(hypervisor, there, error))
        return FALSE;
    if (access(there, W_OK | X_OK) == 0)
        return TRUE;
    virt_snap_error_set_errno(error, errno,
                              _("The state of a TPM cannot be put into '%s', where libvirt looks "
                                "for it; import as root, or with --no-define"),
                              there);

    return FALSE;
}

/* --- the move ----------------------------------------------------------------- */

static gboolean
copy_state(const ImportFile *file, int from, int to, GError **error)
{
    g_autofree char *name = g_path_get_basename(file->path);
    auto_fd fd = fd_open(from, file->path, O_RDONLY | O_NOFOLLOW, 0, error);
    g_autofree guint8 *data = g_malloc(file->from->bytes);

    return fd >= 0 && fd_pread_all(fd, data, file->from->bytes, 0, file->path, error) &&
           file_create_at(to, name, data, file->from->bytes, error);
}

/* Makes @name in @dirfd, which must not be there. */
static int
make_tpm_directory(int dirfd, const char *name, mode_t mode, GError **error)
{
    auto_fd fd = dir_create_at(dirfd, name, error);

    if (fd < 0)
        return -1;
    if (fchmod(fd, mode) < 0) {
        virt_snap_error_set_errno(error, errno, _("Cannot set the permissions of '%s'"), name);
        return -1;
    }

    return fd_steal(&fd);
}

static int
open_states(const char *path, GError **error)
{
    if (g_mkdir_with_parents(path, STATES_MODE) == 0)
        return fd_open_dir(AT_FDCWD, path, error);
    virt_snap_error_set_errno(error, errno, _("Cannot create the directory '%s'"), path);

    return -1;
}

static gboolean
fill_state(const ImportDomain *domain, int dirfd, int to, GError **error)
{
    const ImportFile *first = g_ptr_array_index(domain->states, 0);
    g_autofree char *name = g_path_get_basename(first->path);
    const char *version = tpm_version_directory(tpm_state_version(name));
    auto_fd fd = make_tpm_directory(to, version, STATE_MODE, error);

    if (fd < 0)
        return FALSE;
    for (guint i = 0; i < domain->states->len; i++) {
        if (!copy_state(g_ptr_array_index(domain->states, i), dirfd, fd, error))
            return FALSE;
    }

    return fd_sync(fd, version, error) && fd_sync(to, domain->tpm, error);
}

static gboolean
install_state(const ImportPlan *plan, guint number, int dirfd, ImportUndo *undo, GError **error)
{
    const ImportDomain *domain = g_ptr_array_index(plan->domains, number);
    g_autofree char *name = g_path_get_basename(domain->tpm);
    g_autofree char *copies = g_build_filename(domain->directory, "tpm", NULL);
    auto_fd states = open_states(plan->tpm_states, error);
    auto_fd fd = states < 0 ? -1 : make_tpm_directory(states, name, STATES_MODE, error);

    if (fd < 0)
        return FALSE;
    import_undo_made_state(undo, number);

    return fill_state(domain, dirfd, fd, error) && fd_sync(states, plan->tpm_states, error) &&
           tree_remove_at(dirfd, copies, error);
}

gboolean
import_tpm_install(const ImportPlan *plan, int dirfd, ImportUndo *undo, GError **error)
{
    for (guint i = 0; plan->settings->define && i < plan->domains->len; i++) {
        const ImportDomain *domain = g_ptr_array_index(plan->domains, i);

        if (domain->states->len > 0 && !install_state(plan, i, dirfd, undo, error)) {
            g_prefix_error(error, _("Domain '%s': "), domain->name);
            return FALSE;
        }
    }

    return TRUE;
}
