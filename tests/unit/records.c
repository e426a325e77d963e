/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include "tests/unit/records.h"

#define IN_2100 ((gint64)4102444800)

static const char *
or_nothing(const char *text)
{
    return text ? text : "";
}

static void
append_disk(GString *xml, const TestDisk *disk)
{
    g_autofree char *path = disk->path ? g_markup_escape_text(disk->path, -1) : NULL;

    g_string_append_printf(xml, "<disk %s>", or_nothing(disk->more));
    if (disk->format)
        g_string_append_printf(xml, "<driver name='qemu' type='%s'/>", disk->format);
    if (path)
        g_string_append_printf(xml, "<source %s='%s'/>",
                               disk->more && g_strrstr(disk->more, "block") ? "dev" : "file",
                               path);
    g_string_append_printf(xml, "<target dev='%s'/>%s</disk>", disk->target,
                           or_nothing(disk->children));
}

static void
append_overlay(GString *xml, const TestDisk *disk)
{
    g_string_append_printf(xml, "<disk name='%s' snapshot='%s'>", disk->target, disk->location);
    if (disk->overlay)
        g_string_append_printf(xml, "<source file='%s'/>", disk->overlay);
    g_string_append(xml, "</disk>");
}

/* An internal snapshot to which a test gives no time has none, because the time in its image is
 * that of the test's run. */
static gint64
created_of(const TestSnapshot *snapshot)
{
    for (const TestDisk *disk = snapshot->disks; disk->target && !snapshot->created; disk++) {
        if (g_strcmp0(disk->location, "internal") == 0)
            return 0;
    }

    return snapshot->created ? snapshot->created : IN_2100;
}

static char *
snapshot_xml(const TestSnapshot *snapshot, const char *domain)
{
    g_autofree char *name = g_markup_escape_text(snapshot->name, -1);
    g_autofree char *escaped = g_markup_escape_text(domain, -1);
    g_autoptr(GString) xml = g_string_new("<domainsnapshot>");

    g_string_append_printf(xml, "<name>%s</name><state>%s</state>"
                           "<creationTime>%" G_GINT64_FORMAT "</creationTime>",
                           name, snapshot->state ? snapshot->state : "disk-snapshot",
                           created_of(snapshot));
    g_string_append_printf(xml, "<memory %s/><disks>",
                           snapshot->memory ? snapshot->memory : "snapshot='no'");
    for (const TestDisk *disk = snapshot->disks; disk->target; disk++) {
        if (disk->location)
            append_overlay(xml, disk);
    }
    g_string_append_printf(xml, "</disks><domain type='kvm'><name>%s</name>%s<devices>", escaped,
                           or_nothing(snapshot->domain));
    for (const TestDisk *disk = snapshot->disks; disk->target; disk++)
        append_disk(xml, disk);
    g_string_append(xml, "</devices></domain>");
    if (snapshot->inactive)
        g_string_append_printf(xml, "<inactiveDomain>%s</inactiveDomain>", snapshot->inactive);
    g_string_append(xml, "</domainsnapshot>");

    return g_string_free(g_steal_pointer(&xml), FALSE);
}

DomainRecord *
test_record(const char *name, gboolean active, const char *present, const TestSnapshot *snapshots,
            gsize n)
{
    DomainRecord *record = g_new0(DomainRecord, 1);
    g_autofree char *path = present ? g_markup_escape_text(present, -1) : NULL;

    record->name = g_strdup(name);
    /* The UUID follows from the name, so a domain that is described again is the same. */
    record->uuid = g_strdup_printf("00000000-0000-4000-8000-%012x", g_str_hash(name));
    record->active = active;
    record->xml = path ? g_strdup_printf("<domain><devices><disk><source file='%s'/></disk>"
                                         "</devices></domain>",
                                         path)
                       : g_strdup("<domain/>");
    record->snapshots = g_ptr_array_new_with_free_func((GDestroyNotify)snapshot_record_free);
    for (gsize i = 0; i < n; i++) {
        SnapshotRecord *snapshot = g_new0(SnapshotRecord, 1);

        snapshot->name = g_strdup(snapshots[i].name);
        snapshot->xml = snapshot_xml(&snapshots[i], name);
        g_ptr_array_add(record->snapshots, snapshot);
    }

    return record;
}

HostInfo *
test_host(void)
{
    HostInfo *host = g_new0(HostInfo, 1);

    host->uri = g_strdup("qemu:///system");
    host->host = g_strdup("kvm1.example.org");
    host->type = g_strdup("QEMU");
    host->version = g_strdup("7.2.22");
    host->libvirt_version = g_strdup("9.0.0");
    host->tpm_states = g_strdup("states");

    return host;
}

Target *
target_at(const char *directory, const char *name, const char *snapshot, gboolean subdirectory,
          GError **error)
{
    g_autoptr(ExportPlace) place = export_place_new(directory, name, snapshot, subdirectory);

    return target_new(place, error);
}
