/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <glib/gi18n-lib.h>
#include <string.h>
#include <unistd.h>

#include "archive/verify-match.h"
#include "hypervisor/domain-files.h"
#include "image/qcow2-header.h"
#include "image/save-image.h"
#include "import/import-member.h"
#include "util/error-private.h"
#include "util/format.h"
#include "util/name.h"
#include "util/xml.h"

/* The marks of one document (xml-bounds.h), so that it is refused before it takes memory. The gate
 * lets pass 20000 elements, which have far fewer attributes than this. */
#define DOCUMENT_MARKS_MAX ((gsize)1 << 19)

/* The names are those of plan_files_configuration(). */
char *
import_snapshot_file(const ManifestDomain *domain, guint index)
{
    const ManifestSnapshot *snapshot = g_ptr_array_index(domain->snapshots, index);
    g_autofree char *component = name_to_component(snapshot->name);

    return index == 0 ? g_strdup("snapshot.xml")
                      : g_strdup_printf("snapshots/%04u-%s.xml", index, component);
}

static char *
get_member_path(const ImportMember *self, const char *name)
{
    return g_build_filename(self->to->from->directory, name, NULL);
}

gboolean
import_member_take(const ImportMember *self, const char *path, gsize bytes, GError **error)
{
    g_autofree char *all = NULL;

    if (bytes <= *self->room) {
        *self->room -= bytes;
        return TRUE;
    }
    all = format_bytes(IMPORT_MEMBERS_BYTES);
    g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_NOT_SUPPORTED,
                _("'%s': with it the documents of the export would take more than %s of memory; "
                  "import some of its domains at a time, or without their snapshots"),
                path, all);

    return FALSE;
}

static xmlDoc *
parse_document(const ImportMember *self, const char *text, const char *path, GError **error)
{
    gsize length = strlen(text);
    gsize marks = DOCUMENT_MARKS_MAX;
    g_autoptr(xmlDoc) doc = xml_parse_within(text, length, path, &marks, error);

    /* Invalid XML means that the export is corrupt, not that a parameter is invalid. */
    if (!doc)
        error_recode(error, VIRT_SNAP_ERROR_INVALID_PARAMETER, VIRT_SNAP_ERROR_CORRUPT);
    if (!doc || !import_member_take(self, path, length + marks * XML_MARK_BYTES, error))
        return NULL;

    return g_steal_pointer(&doc);
}

static xmlDoc *
read_document(const ImportMember *self, const char *name, GError **error)
{
    g_autofree char *path = get_member_path(self, name);
    g_autofree char *text = import_source_text(self->source, path, error);

    return text ? parse_document(self, text, path, error) : NULL;
}

const ManifestSnapshot *
import_member_first(const ImportMember *self)
{
    return g_ptr_array_index(self->to->from->snapshots, 0);
}

const ManifestFile *
import_member_file(const ImportMember *self, const char *name)
{
    g_autofree char *path = get_member_path(self, name);

    return manifest_file(import_source_manifest(self->source), path);
}

const ManifestFile *
import_member_memory(const ImportMember *self, guint index)
{
    const ManifestSnapshot *snapshot = g_ptr_array_index(self->to->from->snapshots, index);
    g_autofree char *path = manifest_memory_path(self->to->from, index);

    return snapshot->memory ? manifest_file(import_source_manifest(self->source), path) : NULL;
}

static xmlDoc *
read_memory_document(const ImportMember *self, const ManifestFile *file, GError **error)
{
    g_autofree char *xml =
        save_image_xml(import_source_fd(self->source, file), file->path, error);

    return xml ? parse_document(self, xml, file->path, error) : NULL;
}

static gboolean
read_memory_documents(ImportMember *self, guint n, GError **error)
{
    for (guint i = 0; i < n; i++) {
        const ManifestFile *file = import_member_memory(self, i);
        xmlDoc *doc = file ? read_memory_document(self, file, error) : NULL;

        if (file && !doc)
            return FALSE;
        g_ptr_array_add(self->memories, doc);
    }

    return TRUE;
}

static gboolean
read_snapshot_documents(ImportMember *self, GError **error)
{
    GPtrArray *snapshots = self->to->from->snapshots;

    if (!import_member_file(self, "snapshot.xml")) {
        g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_NOT_FOUND,
                    _("The export has no description of the snapshot of '%s'; import without "
                      "--with-snapshots"),
                    self->to->from->name);
        return FALSE;
    }
    for (guint i = 0; i < snapshots->len; i++) {
        g_autofree char *name = import_snapshot_file(self->to->from, i);
        xmlDoc *doc = read_document(self, name, error);

        if (!doc)
            return FALSE;
        g_ptr_array_add(self->snapshots, doc);
    }

    return TRUE;
}

/* The name that plan_files_host() gives to the copy of the file at @index. */
static char *
get_exported_name(const GPtrArray *files, guint index)
{
    const DomainFile *file = g_ptr_array_index(files, index);
    guint number = 0;

    for (guint i = 0; i < index; i++)
        number +=
            g_strcmp0(((const DomainFile *)g_ptr_array_index(files, i))->name, file->name) == 0;
    if (file->fate == DOMAIN_FILE_COPIED && (file->shared || number > 0))
        return g_strdup_printf("%s-%u", file->name, number);

    return g_strdup(file->name);
}

const ManifestFile *
import_member_copy(const ImportMember *self, guint index)
{
    const DomainFile *file = g_ptr_array_index(self->files, index);
    g_autofree char *name = file->name ? get_exported_name(self->files, index) : NULL;

    return name ? import_member_file(self, name) : NULL;
}

static gboolean
is_qcow2(int fd)
{
    char magic[4];

    return pread(fd, magic, sizeof magic, 0) == sizeof magic &&
           memcmp(magic, QCOW2_MAGIC, sizeof magic) == 0;
}

static gboolean
names_variables(GPtrArray *files)
{
    for (guint i = 0; i < files->len; i++) {
        if (g_str_equal(((const DomainFile *)g_ptr_array_index(files, i))->element, "nvram"))
            return TRUE;
    }

    return FALSE;
}

/* Where libvirt chooses firmware whenever the domain starts, as before 9.2, only the running domain
 * names its variables. domain.xml is what the domain has when it is off. */
static void
find_variables(ImportMember *self)
{
    const ManifestFile *copy = import_member_file(self, "nvram.fd");

    if (copy && !names_variables(self->files) &&
        xml_node(xmlDocGetRootElement(self->xml), "./os[@firmware='efi' or loader/@type='pflash']"))
        domain_files_add_variables(
            self->files, is_qcow2(import_source_fd(self->source, copy)) ? "qcow2" : "raw");
}

static void
add_flash(const ImportMember *self, const DomainFile *file, const ManifestFile *copy,
          HostFlash *flash)
{
    flash->has_variables = TRUE;
    flash->variables = host_flash_size(import_source_fd(self->source, copy),
                                       file->format ? file->format : "raw", copy->path);
}

HostFlash
import_member_flash(const ImportMember *self)
{
    HostFlash flash = {0};

    for (guint i = 0; i < self->files->len; i++) {
        const DomainFile *file = g_ptr_array_index(self->files, i);
        const ManifestFile *copy = import_member_copy(self, i);

        if (copy && g_str_equal(file->element, "loader"))
            flash.loader = file->path;
        else if (copy && g_str_equal(file->element, "nvram"))
            add_flash(self, file, copy, &flash);
    }

    return flash;
}

static void
add_inner(GPtrArray *domains, xmlNode *document)
{
    static const char *const names[] = {"domain", "inactiveDomain"};

    for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
        xmlNode *domain = xml_child(document, names[i], NULL);

        if (domain)
            g_ptr_array_add(domains, domain);
    }
}

GPtrArray *
import_member_domains(const ImportMember *self)
{
    GPtrArray *domains = g_ptr_array_new();

    g_ptr_array_add(domains, xmlDocGetRootElement(self->xml));
    for (guint i = 0; i < self->snapshots->len; i++)
        add_inner(domains, xmlDocGetRootElement(g_ptr_array_index(self->snapshots, i)));
    for (guint i = 0; i < self->memories->len; i++) {
        if (g_ptr_array_index(self->memories, i))
            g_ptr_array_add(domains,
                            xmlDocGetRootElement(g_ptr_array_index(self->memories, i)));
    }

    return domains;
}

static void
find_elements(ImportMember *self)
{
    self->elements = g_new0(const char *, self->files->len + 1);
    for (guint i = 0, n = 0; i < self->files->len; i++) {
        if (import_member_copy(self, i))
            self->elements[n++] = ((const DomainFile *)g_ptr_array_index(self->files, i))->element;
    }
}

const char **
import_member_targets(const ImportMember *self, guint index)
{
    const ManifestSnapshot *snapshot = g_ptr_array_index(self->to->from->snapshots, index);
    const char **targets = g_new0(const char *, snapshot->disks->len + 1);

    for (guint i = 0; i < snapshot->disks->len; i++)
        targets[i] = ((const ManifestDisk *)g_ptr_array_index(snapshot->disks, i))->target;

    return targets;
}

static gboolean
read_domain(ImportMember *self, GError **error)
{
    g_autoptr(VerifyReport) report = verify_report_new();

    self->xml = read_document(self, "domain.xml", error);
    if (!self->xml)
        return FALSE;
    /* The gate tells of other disks, which may be trusted. */
    verify_match_domain(import_source_manifest(self->source), self->to->from,
                        xmlDocGetRootElement(self->xml), FALSE, report);

    return import_source_match(report, error);
}

ImportMember *
import_member_new(ImportDomain *to, const ImportSource *source, gboolean with_snapshots,
                  gsize *room, GError **error)
{
    g_autoptr(ImportMember) self = g_new0(ImportMember, 1);

    self->to = to;
    self->source = source;
    self->room = room;
    self->snapshots = g_ptr_array_new_with_free_func((GDestroyNotify)xmlFreeDoc);
    self->memories = g_ptr_array_new_with_free_func((GDestroyNotify)xmlFreeDoc);
    self->states = g_ptr_array_new();
    if (!read_domain(self, error) || (with_snapshots && !read_snapshot_documents(self, error)) ||
        !read_memory_documents(self, with_snapshots ? to->from->snapshots->len : 1, error))
        return NULL;
    self->files = domain_files_parse(xmlDocGetRootElement(self->xml));
    find_variables(self);
    find_elements(self);

    return g_steal_pointer(&self);
}

void
import_member_free(ImportMember *self)
{
    if (!self)
        return;
    g_clear_pointer(&self->xml, xmlFreeDoc);
    g_ptr_array_unref(self->snapshots);
    g_ptr_array_unref(self->memories);
    tpm_def_free(self->tpm);
    g_ptr_array_unref(self->states);
    g_clear_pointer(&self->files, g_ptr_array_unref);
    g_free(self->elements);
    g_free(self);
}
