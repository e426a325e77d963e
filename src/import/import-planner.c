/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <errno.h>
#include <glib/gi18n-lib.h>
#include <inttypes.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "import/import-collections.h"
#include "import/import-domain.h"
#include "import/import-planner.h"
#include "import/import-tpm.h"
#include "util/name.h"
#include "util/strings.h"

/* --- names ------------------------------------------------------------------ */

static gboolean
has_domain(const Manifest *manifest, const char *name)
{
    for (guint i = 0; i < manifest->domains->len; i++) {
        if (g_str_equal(((const ManifestDomain *)g_ptr_array_index(manifest->domains, i))->name,
                        name))
            return TRUE;
    }

    return FALSE;
}

static gboolean
not_there(const char *name, GError **error)
{
    g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_NOT_FOUND,
                _("The export has no '%s'; 'virtsnap export-info' shows what it has"), name);

    return FALSE;
}

/* A mistyped name is an error, because otherwise the domain would be imported under its old
 * name. */
gboolean
import_plan_check(const ImportSource *source, const ImportSettings *settings, GError **error)
{
    const Manifest *manifest = import_source_manifest(source);
    GHashTableIter iter;
    gpointer old;

    for (guint i = 0; i < settings->domains->len; i++) {
        const char *name = g_ptr_array_index(settings->domains, i);

        if (!has_domain(manifest, name))
            return not_there(name, error);
    }
    g_hash_table_iter_init(&iter, settings->renames);
    while (g_hash_table_iter_next(&iter, &old, NULL)) {
        if (!has_domain(manifest, old) && !import_collections_has(source, old))
            return not_there(old, error);
    }

    return TRUE;
}

static gboolean
add_planned_domain(ImportPlan *self, const ManifestDomain *from, GError **error)
{
    ImportDomain *domain = import_domain_new();
    g_autofree char *component = NULL;

    g_ptr_array_add(self->domains, domain);
    domain->from = from;
    domain->name = import_settings_name(self->settings, from->name);
    domain->uuid =
        self->settings->new_uuid ? g_uuid_string_random() : g_strdup(from->uuid);
    component = name_to_component(domain->name);
    domain->directory = g_build_filename("domains", component, NULL);

    return name_check(domain->name, _("domain"), error);
}

static gboolean
add_once(GHashTable *known, const char *what, GError **error)
{
    if (g_hash_table_add(known, (gpointer)what))
        return TRUE;
    g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_INVALID_PARAMETER,
                _("Two of the domains would have '%s'; give them names of their own with "
                  "--rename, and UUIDs with --new-uuid"),
                what);

    return FALSE;
}

static gboolean
add_planned_domains(ImportPlan *self, const Manifest *manifest, GError **error)
{
    g_autoptr(GHashTable) known = g_hash_table_new(g_str_hash, g_str_equal);

    for (guint i = 0; i < manifest->domains->len; i++) {
        const ManifestDomain *from = g_ptr_array_index(manifest->domains, i);
        const ImportDomain *domain;

        if (!import_settings_wants(self->settings, from->name))
            continue;
        if (!add_planned_domain(self, from, error))
            return FALSE;
        domain = g_ptr_array_index(self->domains, self->domains->len - 1);
        if (!add_once(known, domain->name, error) || !add_once(known, domain->uuid, error))
            return FALSE;
    }

    return TRUE;
}

/* --- members ---------------------------------------------------------------- */

static GPtrArray *
read_import_members(ImportPlan *self, const ImportSource *source, gsize *room, GError **error)
{
    g_autoptr(GPtrArray) members =
        g_ptr_array_new_with_free_func((GDestroyNotify)import_member_free);

    for (guint i = 0; i < self->domains->len; i++) {
        ImportMember *member = import_member_new(g_ptr_array_index(self->domains, i), source,
                                                 self->settings->with_snapshots, room, error);

        if (!member)
            return NULL;
        g_ptr_array_add(members, member);
        if (!import_tpm_find(member, error))
            return NULL;
    }

    return g_steal_pointer(&members);
}

/* Passes all members through the gate, so that one error has the findings of all of them. */
static gboolean
pass_gate(const ImportPlan *self, GPtrArray *members, const GateRules *rules, GError **error)
{
    g_autoptr(GPtrArray) findings = gate_findings_new();
    g_auto(GStrv) words = strings_to_strv(self->settings->trust);

    for (guint i = 0; i < members->len; i++)
        import_member_gate(g_ptr_array_index(members, i), rules, findings);

    return domain_gate_trust(findings, (const char *const *)words, error) &&
           domain_gate_pass(findings, error);
}

static gboolean
write_import_members(ImportPlan *self, const ImportSource *source, GPtrArray *members,
                     ImportHost *host, GError **error)
{
    g_autoptr(ImportLayers) layers =
        import_layers_new(self, import_source_manifest(source));

    for (guint i = 0; i < members->len; i++) {
        ImportMember *member = g_ptr_array_index(members, i);
        HostFlash flash = import_member_flash(member);
        g_autoptr(GPtrArray) domains = import_member_domains(member);
        DomainRewrite to = {0};

        if (!import_host_adapt(host, domains, member->to->from->name, &flash, &to, error) ||
            !import_member_write(member, self, layers, &to, error))
            return FALSE;
    }

    return TRUE;
}

/* Checks that no two files have the same path. Paths are made from names in the export, which is
 * not trusted. */
static gboolean
check_paths(const ImportPlan *self, GError **error)
{
    g_autoptr(GHashTable) known = g_hash_table_new(g_str_hash, g_str_equal);
    const char *twice = NULL;

    for (guint i = 0; i < self->files->len; i++) {
        const char *path = ((const ImportFile *)g_ptr_array_index(self->files, i))->path;

        if (!g_hash_table_add(known, (gpointer)path))
            twice = path;
    }
    for (guint i = 0; i < self->overlays->len; i++) {
        const char *path = ((const ImportOverlay *)g_ptr_array_index(self->overlays, i))->path;

        if (!g_hash_table_add(known, (gpointer)path))
            twice = path;
    }
    if (!twice)
        return TRUE;
    g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_CORRUPT,
                _("Two files of the export would become '%s'"), twice);

    return FALSE;
}

static void
warn_of_digests(ImportPlan *self)
{
    for (guint i = 0; i < self->files->len; i++) {
        const ImportFile *file = g_ptr_array_index(self->files, i);

        if (file->from->has_digest)
            continue;
        import_plan_warn(self, _("The export was made without digests: whether its files are what "
                                 "was exported cannot be told"));
        return;
    }
}

/* Without a digest another export of the same name and size looks like the one of which an
 * interrupted import has copied a part. */
static gboolean
identify_files(ImportPlan *self, const ImportSource *source, GError **error)
{
    for (guint i = 0; i < self->files->len; i++) {
        ImportFile *file = g_ptr_array_index(self->files, i);
        struct stat st;

        if (file->from->has_digest)
            continue;
        if (fstat(import_source_fd(source, file->from), &st) < 0) {
            virt_snap_error_set_errno(error, errno, _("Cannot look at '%s'"), file->from->path);
            return FALSE;
        }
        file->identity = g_strdup_printf("%" PRIu64 ":%" PRIu64 " %" PRIi64 ".%09ld",
                                         (guint64)st.st_dev, (guint64)st.st_ino,
                                         (gint64)st.st_mtim.tv_sec, st.st_mtim.tv_nsec);
    }

    return TRUE;
}

static gboolean
find_pool_directory(ImportPlan *self, ImportHost *host, GError **error)
{
    if (!self->settings->pool)
        return TRUE;
    self->pool = import_host_pool(host, self->settings->pool, error);

    return self->pool != NULL;
}

/* libvirt gets paths without symbolic links, which may lead elsewhere another day. */
static gboolean
place_images(ImportPlan *self, const ImportSource *source, GError **error)
{
    const char *path = import_source_path(source);
    char *resolved = self->settings->in_place ? realpath(path, NULL) : NULL;

    self->export = g_strdup(resolved);
    free(resolved);
    if (self->export || !self->settings->in_place)
        return TRUE;
    virt_snap_error_set_errno(error, errno, _("Cannot look at '%s'"), path);

    return FALSE;
}

ImportPlan *
import_plan_make(const ImportSource *source, const ImportSettings *settings, const char *directory,
                 ImportHost *host, GError **error)
{
    const GateRules rules = import_host_rules(host);
    g_autoptr(ImportPlan) self = import_plan_new(settings, directory);
    gsize room = IMPORT_MEMBERS_BYTES;
    g_autoptr(GPtrArray) members = NULL;

    if (!import_settings_check(settings, error) || !place_images(self, source, error) ||
        !find_pool_directory(self, host, error) ||
        !import_plan_check(source, settings, error) ||
        !add_planned_domains(self, import_source_manifest(source), error))
        return NULL;
    self->tpm_states = g_strdup(import_host_tpm_states(host));
    self->kept = g_strdup(import_host_kept(host));
    members = read_import_members(self, source, &room, error);
    if (!members || !pass_gate(self, members, &rules, error) ||
        !write_import_members(self, source, members, host, error) ||
        !import_collections_write(self, source, error) || !check_paths(self, error) ||
        !identify_files(self, source, error))
        return NULL;
    warn_of_digests(self);
    if (self->export)
        import_plan_warn(self, _("The images of the export were not compared with their digests; "
                                 "'virtsnap verify' does that"));

    return g_steal_pointer(&self);
}
