/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <glib/gi18n-lib.h>

#include "hypervisor/domain-files.h"
#include "import/import-domain.h"
#include "import/import-memory.h"
#include "import/import-snapshots.h"
#include "import/import-tpm.h"
#include "util/xml.h"

/* --- the gate --------------------------------------------------------------- */

/* An emulated TPM whose state is not in the export is a finding, because a guest that keeps its
 * keys there would not start. */
static void
find_tpm(const ImportMember *self, GPtrArray *findings)
{
    const char *name = self->to->from->name;
    GateFinding *finding;

    if (!self->tpm || self->states->len > 0)
        return;
    finding = g_new0(GateFinding, 1);
    finding->member = g_strdup(name);
    finding->document = g_strdup("domain.xml");
    finding->path = g_strdup("devices/tpm");
    finding->value = g_strdup("");
    finding->reason = _("the export has no state of the TPM; trusted, it begins with an empty one, "
                        "and what the guest keeps there is lost");
    finding->trust = g_strconcat(name, ":devices/tpm", NULL);
    g_ptr_array_add(findings, finding);
}

/* @index: the snapshot whose disks the document has. Those of another one would not be replaced in
 * it. */
static void
gate_document(const ImportMember *self, xmlDoc *doc, guint index, const char *document,
              const GateRules *host, GPtrArray *findings)
{
    g_autofree const char **targets = import_member_targets(self, index);
    GateRules rules = *host;

    rules.disks = targets;
    rules.files = self->elements;
    domain_gate_check(xmlDocGetRootElement(doc), self->to->from->name, document, &rules, findings);
}

void
import_member_gate(const ImportMember *self, const GateRules *host, GPtrArray *findings)
{
    gate_document(self, self->xml, 0, "domain.xml", host, findings);
    for (guint i = 0; i < self->snapshots->len; i++) {
        g_autofree char *document = import_snapshot_file(self->to->from, i);

        gate_document(self, g_ptr_array_index(self->snapshots, i), i, document, host, findings);
    }
    for (guint i = 0; i < self->memories->len; i++) {
        xmlDoc *doc = g_ptr_array_index(self->memories, i);
        g_autofree char *document = import_memory_name(self, i);

        if (doc)
            gate_document(self, doc, i, document, host, findings);
    }
    find_tpm(self, findings);
}

/* --- planning --------------------------------------------------------------- */

static gboolean
is_removable_disk_def(const ManifestDisk *disk)
{
    return g_str_equal(disk->device, "cdrom") || g_str_equal(disk->device, "floppy");
}

static RewriteDisk *
without_image(const ImportMember *self, ImportPlan *plan, const ManifestDisk *disk)
{
    gboolean removable = is_removable_disk_def(disk);

    if (g_strcmp0(disk->recorded, "empty") != 0)
        import_plan_warn(plan,
                         removable ? _("Domain '%s': the drive '%s' is empty now: its medium '%s' "
                                       "was not exported (%s)")
                                   : _("Domain '%s': the disk '%s' is left out: its image '%s' was "
                                       "not exported (%s)"),
                         self->to->name, disk->target, disk->source ? disk->source : "-",
                         disk->recorded ? disk->recorded : "-");

    return rewrite_disk_new(disk->target,
                            removable ? REWRITE_DISK_EMPTY : REWRITE_DISK_LEFT_OUT);
}

/* libvirt lets nobody share a qcow2 image. One domain can have it for itself; where several of
 * those that are imported write to it, each would see only what it has written. */
static gboolean
end_sharing(const ImportMember *self, ImportPlan *plan, const ImportLayers *layers,
            const ManifestDisk *disk, GError **error)
{
    if (!import_layers_has_several(layers, disk)) {
        import_plan_warn(plan,
                         _("Domain '%s': the disk '%s' was shared with other machines "
                           "(<shareable/>), and is not any more: its image is qcow2, which "
                           "libvirt does not share"),
                         self->to->name, disk->target);
        return TRUE;
    }
    g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_NOT_SUPPORTED,
                _("Domain '%s': the disk '%s' is shared with another domain of the export "
                  "(<shareable/>), and each would get an image of its own; import one of them, "
                  "with --domain"),
                self->to->from->name, disk->target);

    return FALSE;
}

static gboolean
is_sharing_over(const ImportMember *self, const ManifestDisk *disk, const RewriteDisk *to)
{
    const RewriteImage *top = to->images->len > 0 ? g_ptr_array_index(to->images, 0) : NULL;

    return top && !g_str_equal(top->format, "raw") &&
           domain_shares(xmlDocGetRootElement(self->xml), disk->target);
}

static gboolean
plan_import_disks(const ImportMember *self, ImportPlan *plan, ImportLayers *layers,
                  GPtrArray *disks, GError **error)
{
    const ManifestSnapshot *first = import_member_first(self);
    gboolean frozen = self->snapshots->len > 0;
    xmlNode *root = xmlDocGetRootElement(self->xml);

    for (guint i = 0; i < first->disks->len; i++) {
        const ManifestDisk *disk = g_ptr_array_index(first->disks, i);
        RewriteDisk *rewrite =
            disk->layer ? import_layers_present(layers, self->to, disk, frozen,
                                                domain_encrypts(root, disk->target), error)
                        : without_image(self, plan, disk);

        if (!rewrite)
            return FALSE;
        g_ptr_array_add(disks, rewrite);
        if (is_sharing_over(self, disk, rewrite) &&
            !end_sharing(self, plan, layers, disk, error))
            return FALSE;
    }

    return TRUE;
}

static ImportFile *
add_import_file(const ImportMember *self, ImportPlan *plan, const ManifestFile *from)
{
    ImportFile *file = g_new0(ImportFile, 1);
    g_autofree char *name = g_path_get_basename(from->path);

    file->from = from;
    file->path = g_build_filename(self->to->directory, name, NULL);
    file->writable = TRUE;
    plan->bytes += from->bytes;
    g_ptr_array_add(plan->files, file);

    return file;
}

/* A flash that the firmware writes to is opened by QEMU as an image of its format. */
static gboolean
plan_import_file(const ImportMember *self, ImportPlan *plan, const DomainFile *file,
                 const ManifestFile *from, GPtrArray *files, GError **error)
{
    const char *format = file->format ? file->format : "raw";
    ImportFile *copy = add_import_file(self, plan, from);
    g_autofree char *path = import_plan_path(plan, copy->path);
    RewriteFile *to;

    if (file->fate == DOMAIN_FILE_STATE) {
        copy->flash = g_intern_string(format);
        if (!import_check_flash(from, format, import_source_fd(self->source, from), error))
            return FALSE;
    }
    to = rewrite_file_new(file->element, path, file->format);
    to->was = g_strdup(file->path);
    g_ptr_array_add(files, to);

    return TRUE;
}

static gboolean
plan_import_files(const ImportMember *self, ImportPlan *plan, GPtrArray *files, GError **error)
{
    for (guint i = 0; i < self->files->len; i++) {
        const DomainFile *file = g_ptr_array_index(self->files, i);
        const ManifestFile *from = import_member_copy(self, i);

        if (!from && g_str_equal(file->element, "nvram"))
            import_plan_warn(plan,
                             _("Domain '%s': its firmware variables were not exported; libvirt "
                               "makes new ones when it starts"),
                             self->to->name);
        if (from && !plan_import_file(self, plan, file, from, files, error))
            return FALSE;
    }

    return TRUE;
}

static void
plan_revert(const ImportMember *self, ImportPlan *plan)
{
    const ManifestSnapshot *first = import_member_first(self);

    /* What has no file of its own is inside an image. */
    if (!first->memory || import_member_memory(self, 0))
        return;
    if (self->snapshots->len > 0)
        self->to->revert = g_strdup(first->name);
    else
        import_plan_warn(plan,
                         _("Domain '%s': its memory state is inside its image, and the domain "
                           "boots without it; import with --with-snapshots to go on with it"),
                         self->to->name);
}

/* A snapshot of a running domain also has what it will be at its next start. */
static void
add_snapshot_macs(xmlDoc *doc, GHashTable *macs)
{
    static const char *const names[] = {"domain", "inactiveDomain"};

    for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
        xmlNode *domain = xml_child(xmlDocGetRootElement(doc), names[i], NULL);

        if (domain)
            rewrite_macs_add(domain, macs);
    }
}

static GHashTable *
new_macs(const ImportMember *self)
{
    GHashTable *macs = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);

    rewrite_macs_add(xmlDocGetRootElement(self->xml), macs);
    for (guint i = 0; i < self->snapshots->len; i++)
        add_snapshot_macs(g_ptr_array_index(self->snapshots, i), macs);

    return macs;
}

/* libvirt makes variables of firmware for a domain that names none, if there are none of its
 * name. */
static char *
find_variables(const ImportMember *self, const ImportPlan *plan)
{
    xmlNode *os = xml_node(xmlDocGetRootElement(self->xml),
                           "./os[@firmware='efi' or loader[@type='pflash']]");
    g_autofree char *path = os ? xml_text(os, "./nvram") : NULL;

    if (!os || (path && *path) ||
        xml_node(os, "./loader[@stateless='yes' or (@type='pflash' and @readonly='no')]"))
        return NULL;

    return g_strconcat(plan->kept, "/nvram/", self->to->name, "_VARS", NULL);
}

static void
plan_kept(const ImportMember *self, const ImportPlan *plan)
{
    if (!plan->kept)
        return;
    self->to->variables = find_variables(self, plan);
    self->to->saved = g_strconcat(plan->kept, "/save/", self->to->name, ".save", NULL);
}

static gboolean
write_with(ImportMember *self, ImportPlan *plan, ImportLayers *layers, const DomainRewrite *to,
           GError **error)
{
    xmlNode *root = xmlDocGetRootElement(self->xml);

    if (!import_memory_plan(self, plan, 0, to, &self->to->memory, error) ||
        !import_snapshots_write(self, plan, layers, to, error) ||
        !domain_rewrite(root, to, error))
        return FALSE;
    self->to->xml = xml_node_to_string(root);
    plan_kept(self, plan);
    plan_revert(self, plan);

    return TRUE;
}

static void
warn_of_name(const ImportMember *self, ImportPlan *plan)
{
    g_autofree char *name = xml_text(xmlDocGetRootElement(self->xml), "./name");

    if (name && !g_str_equal(name, self->to->from->name))
        import_plan_warn(plan,
                         _("Domain '%s': in its domain.xml it is called '%s': it was renamed after "
                           "its snapshot was taken, or the manifest was changed"),
                         self->to->from->name, name);
}

gboolean
import_member_write(ImportMember *self, ImportPlan *plan, ImportLayers *layers,
                    const DomainRewrite *host, GError **error)
{
    g_autoptr(GPtrArray) disks =
        g_ptr_array_new_with_free_func((GDestroyNotify)rewrite_disk_free);
    g_autoptr(GPtrArray) files =
        g_ptr_array_new_with_free_func((GDestroyNotify)rewrite_file_free);
    g_autoptr(GHashTable) macs = plan->settings->new_mac ? new_macs(self) : NULL;
    g_autofree char *genid = g_uuid_string_random();
    DomainRewrite to = host ? *host : (DomainRewrite){0};

    to.name = self->to->name;
    to.uuid = self->to->uuid;
    to.genid = genid;
    to.disks = disks;
    to.files = files;
    to.macs = macs;
    warn_of_name(self, plan);
    if (!plan_import_disks(self, plan, layers, disks, error) ||
        !plan_import_files(self, plan, files, error))
        return FALSE;
    import_tpm_plan(self, plan);

    return write_with(self, plan, layers, &to, error);
}
