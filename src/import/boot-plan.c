/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <glib/gi18n-lib.h>
#include <string.h>

#include "import/boot-plan.h"
#include "import/host-compare.h"
#include "import/import-planner.h"
#include "util/name.h"
#include "util/strings.h"
#include "util/xml.h"

#define TIMEOUT_SECONDS 120

/* --- settings ----------------------------------------------------------------- */

BootSettings *
boot_settings_new(void)
{
    BootSettings *self = g_new0(BootSettings, 1);

    self->timeout = TIMEOUT_SECONDS;
    self->trust = g_ptr_array_new_with_free_func(g_free);

    return self;
}

gboolean
boot_settings_check(const BootSettings *self, GError **error)
{
    g_autoptr(GError) why = NULL;
    g_autoptr(GRegex) regex =
        self->expect ? g_regex_new(self->expect, G_REGEX_RAW | G_REGEX_MULTILINE, 0, &why) : NULL;

    if (!self->expect || regex)
        return TRUE;
    g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_INVALID_PARAMETER,
                _("'%s' is no regular expression: %s"), self->expect, why->message);

    return FALSE;
}

void
boot_settings_free(BootSettings *self)
{
    if (!self)
        return;
    g_free(self->expect);
    g_free(self->scratch);
    g_ptr_array_unref(self->trust);
    g_free(self);
}

/* --- the import that it is ------------------------------------------------------ */

static ImportSettings *
boot_import_settings(const BootSettings *settings, const Manifest *manifest, const char *prefix)
{
    ImportSettings *self = import_settings_new();

    self->new_uuid = TRUE;
    self->force_host = TRUE;
    strings_append(self->trust, settings->trust);
    for (guint i = 0; i < manifest->domains->len; i++) {
        const ManifestDomain *domain = g_ptr_array_index(manifest->domains, i);

        g_hash_table_replace(self->renames, g_strdup(domain->name),
                             g_strdup_printf("%s%u", prefix, i));
    }

    return self;
}

/* Removes the findings about networks: the trial domains are connected to none. */
static void
forget_networks(GPtrArray *findings)
{
    for (guint i = findings->len; i-- > 0;) {
        const HostFinding *finding = g_ptr_array_index(findings, i);

        if (g_str_equal(finding->kind, "network") || g_str_equal(finding->kind, "bridge"))
            g_ptr_array_remove_index(findings, i);
    }
}

static void
warn_of_boot_host(BootPlan *self)
{
    GPtrArray *findings = import_host_findings(self->host);

    for (guint i = 0; i < findings->len; i++) {
        g_autofree char *text = host_finding_to_string(g_ptr_array_index(findings, i));

        import_plan_warn(self->plan, "%s", text);
    }
}

static gboolean
plan_import(BootPlan *self, Hypervisor *hypervisor, const BootSettings *settings,
            const char *prefix, const char *directory, GError **error)
{
    g_autoptr(ImportSettings) import =
        boot_import_settings(settings, import_source_manifest(self->source), prefix);

    self->host = import_host_new(hypervisor, TRUE, error);
    if (!self->host)
        return FALSE;
    import_host_unplug(self->host);
    self->plan = import_plan_make(self->source, import, directory, self->host, error);
    if (!self->plan)
        return FALSE;
    forget_networks(import_host_findings(self->host));
    if (!import_host_pass(self->host, error))
        return FALSE;
    warn_of_boot_host(self);

    return TRUE;
}

/* --- what is written: copies of small files, and images above those of the export --- */

static char *
export_path(const BootPlan *self, const char *path)
{
    return g_build_filename(import_source_path(self->source), path, NULL);
}

/* Leaves only small files in the plan to be copied, but for states of TPMs, and those images whose
 * state is an internal snapshot: only a copy can be reverted. */
static void
keep_small_files(BootPlan *self)
{
    ImportPlan *plan = self->plan;

    plan->bytes = 0;
    for (guint i = 0; i < plan->files->len;) {
        ImportFile *file = g_ptr_array_index(plan->files, i);

        if (file->head || file->state || (file->from->format && !file->snapshot)) {
            g_ptr_array_remove_index(plan->files, i);
            continue;
        }
        if (file->backing) {
            g_free(file->backing);
            file->backing = export_path(self, file->from->backing);
        }
        plan->bytes += file->from->bytes;
        i++;
    }
    g_ptr_array_set_size(plan->overlays, 0);
}

static const ImportFile *
find_copy(const BootPlan *self, const ManifestFile *from)
{
    for (guint i = 0; i < self->plan->files->len; i++) {
        const ImportFile *file = g_ptr_array_index(self->plan->files, i);

        if (file->from == from)
            return file;
    }

    return NULL;
}

/* --- disks ------------------------------------------------------------------------ */

static void
add_overlay(BootPlan *self, const BootMember *member, BootDisk *disk, const ManifestFile *top)
{
    g_autofree char *component = name_to_component(disk->target);
    g_autofree char *name = g_strconcat(component, ".qcow2", NULL);
    g_autofree char *path = NULL;
    ImportOverlay *overlay = g_new0(ImportOverlay, 1);

    overlay->path = g_build_filename(member->domain->directory, name, NULL);
    overlay->backing = export_path(self, top->path);
    overlay->format = top->format;
    overlay->capacity = top->capacity;
    g_ptr_array_add(self->plan->overlays, overlay);
    path = import_plan_path(self->plan, overlay->path);
    boot_disk_add(disk, path, "qcow2", NULL);
}

static void
add_below(BootPlan *self, BootMember *member, BootDisk *disk, const ManifestFile *file)
{
    const Manifest *manifest = import_source_manifest(self->source);

    for (; file; file = file->backing ? manifest_file(manifest, file->backing) : NULL) {
        g_autofree char *path = export_path(self, file->path);
        BootFile open = {g_strdup_printf("virtsnap-%u", member->files->len),
                         import_source_fd(self->source, file)};

        boot_disk_add(disk, path, file->format, open.group);
        g_array_append_val(member->files, open);
    }
}

static BootDisk *
plan_boot_disk(BootPlan *self, BootMember *member, const ManifestDisk *from)
{
    const Manifest *manifest = import_source_manifest(self->source);
    const ManifestFile *top = manifest_file(manifest, from->layer);
    const ImportFile *copy = find_copy(self, top);
    BootDisk *disk = boot_disk_new(from->target);

    if (copy) {
        g_autofree char *path = import_plan_path(self->plan, copy->path);

        boot_disk_add(disk, path, top->format, NULL);
        top = top->backing ? manifest_file(manifest, top->backing) : NULL;
    } else {
        add_overlay(self, member, disk, top);
    }
    add_below(self, member, disk, top);

    return disk;
}

/* An image above an encrypted one would not be encrypted. */
static gboolean
check_encrypted(const BootPlan *self, const BootMember *member, xmlNode *domain, GError **error)
{
    const ManifestDomain *from = member->domain->from;
    const ManifestSnapshot *first = g_ptr_array_index(from->snapshots, 0);

    for (guint i = 0; i < first->disks->len; i++) {
        const ManifestDisk *disk = g_ptr_array_index(first->disks, i);

        if (!disk->layer || !domain_encrypts(domain, disk->target) ||
            find_copy(self, manifest_file(import_source_manifest(self->source), disk->layer)))
            continue;
        g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_NOT_SUPPORTED,
                    _("Domain '%s', disk '%s': it is encrypted, and whether such a domain boots "
                      "cannot be tried: it would start from a new image above it, which would not "
                      "be; 'virtsnap verify' without --boot compares its files"),
                    from->name, disk->target);
        return FALSE;
    }

    return TRUE;
}

static GPtrArray *
plan_disks(BootPlan *self, BootMember *member)
{
    const ManifestSnapshot *first = g_ptr_array_index(member->domain->from->snapshots, 0);
    GPtrArray *disks = g_ptr_array_new_with_free_func((GDestroyNotify)boot_disk_free);

    for (guint i = 0; i < first->disks->len; i++) {
        const ManifestDisk *disk = g_ptr_array_index(first->disks, i);

        if (disk->layer)
            g_ptr_array_add(disks, plan_boot_disk(self, member, disk));
    }

    return disks;
}

/* --- members ------------------------------------------------------------------------ */

static void
boot_file_clear(gpointer data)
{
    g_free(((BootFile *)data)->group);
}

static void
boot_member_free(gpointer data)
{
    BootMember *member = data;

    g_free(member->xml);
    g_free(member->console);
    g_array_unref(member->files);
    g_free(member);
}

/* Puts the name that the user knows into the warnings, in place of the name of the trial domain. */
static void
name_in_warnings(BootPlan *self, const ImportDomain *domain)
{
    g_autofree char *now = g_strdup_printf("'%s'", domain->name);
    g_autofree char *then = g_strdup_printf("'%s'", domain->from->name);

    for (guint i = 0; i < self->plan->warnings->len; i++) {
        char **warning = (char **)&g_ptr_array_index(self->plan->warnings, i);
        g_auto(GStrv) parts = g_strsplit(*warning, now, -1);

        g_free(*warning);
        *warning = g_strjoinv(then, parts);
    }
}

static void
warn_of_member(BootPlan *self, const BootMember *member)
{
    const char *name = member->domain->from->name;

    if (member->domain->memory)
        import_plan_warn(self->plan, _("Domain '%s': its memory state is not tried: it boots from "
                                       "its disks"),
                         name);
    if (member->signs.tpm)
        import_plan_warn(self->plan, _("Domain '%s': it is tried without its TPM"), name);
}

static gboolean
write_member(BootPlan *self, BootMember *member, GError **error)
{
    const char *text = member->domain->xml;
    g_autoptr(GPtrArray) disks = plan_disks(self, member);
    g_autofree char *directory = import_plan_path(self->plan, member->domain->directory);
    g_autofree char *nvram = g_build_filename(directory, "nvram.fd", NULL);
    g_autoptr(xmlDoc) doc = xml_parse(text, strlen(text), member->domain->from->name, error);
    BootPlace place = {disks, NULL, nvram};

    if (!doc || !check_encrypted(self, member, xmlDocGetRootElement(doc), error))
        return FALSE;
    member->console = g_build_filename(directory, "console.log", NULL);
    place.console = member->console;
    boot_domain(xmlDocGetRootElement(doc), &place, &member->signs);
    member->memory = host_domain_memory(xmlDocGetRootElement(doc));
    member->xml = xml_node_to_string(xmlDocGetRootElement(doc));
    warn_of_member(self, member);

    return TRUE;
}

static gboolean
add_boot_members(BootPlan *self, GError **error)
{
    for (guint i = 0; i < self->plan->domains->len; i++) {
        BootMember *member = g_new0(BootMember, 1);

        g_ptr_array_add(self->members, member);
        member->domain = g_ptr_array_index(self->plan->domains, i);
        member->files = g_array_new(FALSE, FALSE, sizeof(BootFile));
        g_array_set_clear_func(member->files, boot_file_clear);
        name_in_warnings(self, member->domain);
        if (!write_member(self, member, error))
            return FALSE;
    }

    return TRUE;
}

BootPlan *
boot_plan_new(Hypervisor *hypervisor, const char *path, const BootSettings *settings,
              const char *prefix, const char *directory, GError **error)
{
    g_autoptr(BootPlan) self = g_new0(BootPlan, 1);

    self->members = g_ptr_array_new_with_free_func(boot_member_free);
    self->source = import_source_open(path, error);
    if (!self->source ||
        !plan_import(self, hypervisor, settings, prefix, directory, error))
        return NULL;
    keep_small_files(self);
    if (!add_boot_members(self, error))
        return NULL;

    return g_steal_pointer(&self);
}

void
boot_plan_free(BootPlan *self)
{
    if (!self)
        return;
    g_ptr_array_unref(self->members);
    g_clear_pointer(&self->plan, import_plan_free);
    g_clear_pointer(&self->host, import_host_free);
    g_clear_pointer(&self->source, import_source_free);
    g_free(self);
}
