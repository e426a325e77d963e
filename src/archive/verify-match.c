/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <glib/gi18n-lib.h>
#include <string.h>

#include "archive/verify-match.h"
#include "image/luks-header.h"
#include "util/error-private.h"
#include "util/fd.h"
#include "util/xml.h"

#define SECTOR ((guint64)512)
/* A limit far above the size of the XML of any domain. */
#define TEXT_BYTES_MAX ((guint64)16 << 20)

/* --- layers ----------------------------------------------------------------- */

/* Adds a chain, down to what is known already. */
static void
reach_chain(const Manifest *manifest, GHashTable *reached, const char *top)
{
    const ManifestFile *file = top ? manifest_file(manifest, top) : NULL;

    while (file && g_hash_table_add(reached, (gpointer)file))
        file = file->backing ? manifest_file(manifest, file->backing) : NULL;
}

static void
reach_domain(const Manifest *manifest, GHashTable *reached, const ManifestDomain *domain)
{
    for (guint i = 0; i < domain->snapshots->len; i++) {
        const ManifestSnapshot *snapshot = g_ptr_array_index(domain->snapshots, i);

        for (guint j = 0; j < snapshot->disks->len; j++)
            reach_chain(manifest, reached,
                        ((const ManifestDisk *)g_ptr_array_index(snapshot->disks, j))->layer);
    }
}

void
verify_match_layers(const Manifest *manifest, VerifyReport *report)
{
    g_autoptr(GHashTable) reached = g_hash_table_new(NULL, NULL);

    for (guint i = 0; i < manifest->domains->len; i++)
        reach_domain(manifest, reached, g_ptr_array_index(manifest->domains, i));
    for (guint i = 0; i < manifest->files->len; i++) {
        const ManifestFile *file = g_ptr_array_index(manifest->files, i);

        if (file->format && !g_hash_table_contains(reached, file))
            verify_report_add(report, file->path, _("is needed by no disk in the manifest"));
    }
}

guint64
verify_match_capacity(const ManifestFile *file, int fd)
{
    guint64 rest = file->bytes % SECTOR;
    guint64 payload;

    if (file->capacity == file->bytes ||
        (rest != 0 && file->capacity == file->bytes + (SECTOR - rest)))
        return file->capacity;
    if (luks_payload_offset(fd, file->path, &payload, NULL))
        return file->bytes - MIN(payload, file->bytes);

    return file->bytes;
}

/* --- domains ---------------------------------------------------------------- */

/* Whether a warning of the export names @what of the domain. */
static gboolean
is_told(const Manifest *manifest, const ManifestDomain *domain, const char *what)
{
    for (guint i = 0; i < manifest->warnings->len; i++) {
        const char *warning = g_ptr_array_index(manifest->warnings, i);

        if (strstr(warning, domain->name) && strstr(warning, what))
            return TRUE;
    }

    return FALSE;
}

/* Changing a medium is normal, and so is an empty drive more or less. */
static gboolean
is_drive(const char *device)
{
    return g_strcmp0(device, "cdrom") == 0 || g_strcmp0(device, "floppy") == 0;
}

/* The targets of the disks of the <domain>. */
static GHashTable *
targets_of(xmlNode *xml)
{
    GHashTable *targets = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    g_autoptr(GPtrArray) nodes = xml_nodes(xml, "./devices/disk/target");

    for (guint i = 0; i < nodes->len; i++) {
        xmlNode *node = g_ptr_array_index(nodes, i);
        g_autofree char *device = xml_attr(node->parent, "device");
        char *target = xml_attr(node, "dev");

        if (target)
            g_hash_table_insert(targets, target, GINT_TO_POINTER(is_drive(device)));
    }

    return targets;
}

/* Takes the disks of the manifest out of @targets, and reports those that are not there. */
static void
take_manifest_disks(const Manifest *manifest, const ManifestDomain *domain, GHashTable *targets,
                    const char *path, VerifyReport *report)
{
    const ManifestSnapshot *first = g_ptr_array_index(domain->snapshots, 0);

    for (guint i = 0; i < first->disks->len; i++) {
        const ManifestDisk *disk = g_ptr_array_index(first->disks, i);

        if (!g_hash_table_remove(targets, disk->target) && !is_drive(disk->device) &&
            !is_told(manifest, domain, disk->target))
            verify_report_add(report, path, _("has no disk '%s', which the manifest has"),
                              disk->target);
    }
}

static void
report_other_disks(const Manifest *manifest, const ManifestDomain *domain, GHashTable *targets,
                   const char *path, VerifyReport *report)
{
    GHashTableIter iter;
    gpointer target, drive;

    g_hash_table_iter_init(&iter, targets);
    while (g_hash_table_iter_next(&iter, &target, &drive)) {
        if (!GPOINTER_TO_INT(drive) && !is_told(manifest, domain, target))
            verify_report_add(report, path, _("has the disk '%s', which the manifest has not"),
                              (const char *)target);
    }
}

/* An export without storage says nothing of other disks in its warnings. */
static gboolean
has_storage(const Manifest *manifest)
{
    for (guint i = 0; i < manifest->files->len; i++) {
        if (((const ManifestFile *)g_ptr_array_index(manifest->files, i))->format)
            return TRUE;
    }

    return FALSE;
}

void
verify_match_domain(const Manifest *manifest, const ManifestDomain *domain, xmlNode *xml,
                    gboolean others, VerifyReport *report)
{
    g_autoptr(GHashTable) targets = targets_of(xml);
    g_autofree char *path = g_strconcat(domain->directory, "/domain.xml", NULL);
    g_autofree char *uuid = xml_text(xml, "./uuid");

    if (uuid && g_ascii_strcasecmp(uuid, domain->uuid) != 0)
        verify_report_add(report, path, _("has the UUID %s where the manifest says %s"), uuid,
                          domain->uuid);
    if (!has_storage(manifest))
        return;
    take_manifest_disks(manifest, domain, targets, path, report);
    if (others)
        report_other_disks(manifest, domain, targets, path, report);
}

static xmlDoc *
read_match_document(const ManifestFile *file, int fd, GError **error)
{
    g_autofree char *text = g_malloc(file->bytes + 1);
    xmlDoc *doc = NULL;

    if (fd_pread_all(fd, text, file->bytes, 0, file->path, error))
        doc = xml_parse(text, file->bytes, file->path, error);
    if (!doc)
        error_recode(error, VIRT_SNAP_ERROR_INVALID_PARAMETER, VIRT_SNAP_ERROR_CORRUPT);

    return doc;
}

void
verify_match_document(const Manifest *manifest, const ManifestFile *file, int fd,
                      VerifyReport *report)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(xmlDoc) doc = NULL;

    if (file->bytes > TEXT_BYTES_MAX) {
        verify_report_add(report, file->path, _("is larger than the XML of any domain"));
        return;
    }
    doc = read_match_document(file, fd, &error);
    if (!doc)
        verify_report_add_error(report, file->path, error);
    for (guint i = 0; doc && i < manifest->domains->len; i++) {
        const ManifestDomain *domain = g_ptr_array_index(manifest->domains, i);
        g_autofree char *path = g_strconcat(domain->directory, "/domain.xml", NULL);

        if (g_str_equal(path, file->path))
            verify_match_domain(manifest, domain, xmlDocGetRootElement(doc), TRUE, report);
    }
}
