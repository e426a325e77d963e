/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <glib/gi18n-lib.h>

#include "export/manifest-format.h"
#include "export/plan-points.h"
#include "util/format.h"
#include "util/xml.h"

#define FORMAT_VERSION 1
/* Maximal size of all digest nodes in a manifest; the digest shows that a file is damaged, the
 * nodes also in which segment. The nodes of 128 TiB take half of the maximal size of a manifest. */
#define NODES_BYTES_MAX ((gsize)64 << 20)

static void
add_creator(xmlNode *root, const Plan *plan)
{
    xmlNode *creator = xml_add(root, "creator", NULL);
    g_autofree char *now = format_time(g_get_real_time() / G_USEC_PER_SEC);
    g_autofree char *boot = origin_boot();

    xml_set(creator, "program", PACKAGE);
    xml_set(creator, "version", VERSION);
    xml_set(creator, "libvirt", plan->host->libvirt_version);
    xml_set(creator, "hypervisor", plan->host->type);
    xml_set(creator, "hypervisorVersion", plan->host->version);
    xml_set(creator, "host", plan->host->host);
    xml_set(creator, "time", now);
    xml_set(creator, "boot", boot);
}

static void
add_base(xmlNode *root, const ExportBase *base)
{
    xmlNode *node = xml_add(root, "base", NULL);

    xml_set(node, "path", base->path);
    xml_set(node, "snapshot", base->manifest->snapshot);
    xml_set(node, "time", base->manifest->created);
}

static void
set_time(xmlNode *node, const char *name, const OriginTime *time)
{
    g_autofree char *text = origin_time_format(time);

    xml_set(node, name, text);
}

static void
add_checkpoint(xmlNode *parent, const ManifestCheckpoint *checkpoint)
{
    xmlNode *node = xml_add(parent, "checkpoint", NULL);

    xml_set(node, "name", checkpoint->name);
    xml_set(node, "id", checkpoint->id);
    xml_set(node, "image", checkpoint->image->path);
    xml_set_uint(node, "device", checkpoint->image->device);
    xml_set_uint(node, "inode", checkpoint->image->inode);
    if (checkpoint->image->born.seconds != 0)
        set_time(node, "born", &checkpoint->image->born);
    xml_set(node, "run", checkpoint->run);
    if (checkpoint->creation_time > 0)
        xml_set_uint(node, "creationTime", (guint64)checkpoint->creation_time);
}

static void
add_manifest_disk(xmlNode *parent, const Plan *plan, const PlanDisk *disk)
{
    g_autoptr(ManifestCheckpoint) checkpoint = plan_points_describe(plan, disk);
    xmlNode *node = xml_add(parent, "disk", NULL);

    xml_set(node, "target", disk->def->target);
    xml_set(node, "device", disk->def->device);
    xml_set(node, "snapshot", snapshot_location_name(disk->def->location));
    if (disk->top)
        xml_set(node, "layer", disk->top->file);
    xml_set(node, "internal", disk->internal);
    xml_set(node, "recorded", disk->recorded);
    xml_set(node, "source", disk->def->storage->label);
    if (checkpoint)
        add_checkpoint(node, checkpoint);
}

static void
add_manifest_snapshot(xmlNode *parent, const Plan *plan, const PlanSnapshot *snapshot)
{
    xmlNode *node = xml_add(parent, "snapshot", NULL);
    g_autofree char *created = g_strdup_printf("%" G_GINT64_FORMAT, snapshot->def->creation_time);

    xml_set(node, "name", snapshot->def->name);
    xml_set(node, "kind", snapshot_def_kind(snapshot->def));
    xml_set(node, "creationTime", created);
    xml_set(node, "consistency", snapshot->consistency);
    xml_set(node, "reason", snapshot->reason);
    xml_set(node, "memory", snapshot->memory_kept ? "yes" : "no");
    for (guint i = 0; i < snapshot->disks->len; i++)
        add_manifest_disk(node, plan, g_ptr_array_index(snapshot->disks, i));
}

static void
add_manifest_domain(xmlNode *parent, const Plan *plan, const PlanDomain *domain)
{
    xmlNode *node = xml_add(parent, "domain", NULL);

    xml_set(node, "name", domain->name);
    xml_set(node, "uuid", domain->uuid);
    xml_set(node, "directory", domain->directory);
    for (guint i = 0; i < domain->snapshots->len; i++)
        add_manifest_snapshot(node, plan, g_ptr_array_index(domain->snapshots, i));
}

static void
add_origin(xmlNode *parent, const Origin *origin)
{
    xmlNode *node = xml_add(parent, "origin", NULL);

    xml_set(node, "path", origin->path);
    xml_set(node, "format", origin->format);
    xml_set_uint(node, "device", origin->device);
    xml_set_uint(node, "inode", origin->inode);
    xml_set_uint(node, "bytes", origin->bytes);
    set_time(node, "modified", &origin->modified);
    set_time(node, "changed", &origin->changed);
    if (origin->born.seconds != 0)
        set_time(node, "born", &origin->born);
}

static void
add_manifest_nodes(xmlNode *parent, GBytes *nodes)
{
    gsize length;
    const guint8 *data = g_bytes_get_data(nodes, &length);
    g_autofree char *text = g_base64_encode(data, length);

    xml_add(parent, "nodes", text);
}

/* Adds a file. @room: (inout): bytes left for nodes in the manifest. */
static void
add_manifest_file(xmlNode *parent, const ManifestFile *file, gsize *room)
{
    gsize nodes = file->nodes ? g_bytes_get_size(file->nodes) : 0;
    gboolean layer = file->format != NULL;
    xmlNode *node = xml_add(parent, layer ? "layer" : "file", NULL);
    g_autofree char *digest = file->has_digest ? digest_to_string(file->digest) : NULL;

    xml_set(node, "path", file->path);
    if (!layer)
        xml_set(node, "role", file->role);
    xml_set_uint(node, "bytes", file->bytes);
    xml_set(node, "digest", digest);
    if (!layer)
        return;
    xml_set(node, "format", file->format);
    xml_set_uint(node, "capacity", file->capacity);
    xml_set(node, "backing", file->backing);
    xml_set(node, "source", file->source);
    xml_set(node, "flattened", file->flattened ? "yes" : NULL);
    xml_set(node, "linked", file->linked ? "yes" : NULL);
    if (file->written.seconds != 0)
        set_time(node, "written", &file->written);
    for (guint i = 0; i < file->origins->len; i++)
        add_origin(node, g_ptr_array_index(file->origins, i));
    if (nodes == 0 || nodes > *room)
        return;
    *room -= nodes;
    add_manifest_nodes(node, file->nodes);
}

char *
manifest_format(const Plan *plan, GPtrArray *files, GPtrArray *warnings)
{
    g_autoptr(xmlDoc) doc = xmlNewDoc(BAD_CAST "1.0");
    xmlNode *root = xmlNewNode(NULL, BAD_CAST "manifest");
    xmlNode *domains;
    xmlNode *contents;
    gsize room = NODES_BYTES_MAX;

    xmlDocSetRootElement(doc, root);
    xml_set_uint(root, "version", FORMAT_VERSION);
    if (plan->collection)
        xml_add(root, "collection", plan->collection);
    xml_add(root, "snapshot", plan->snapshot);
    add_creator(root, plan);
    if (plan->base)
        add_base(root, plan->base);
    domains = xml_add(root, "domains", NULL);
    for (guint i = 0; i < plan->domains->len; i++)
        add_manifest_domain(domains, plan, g_ptr_array_index(plan->domains, i));
    contents = xml_add(root, "files", NULL);
    for (guint i = 0; i < files->len; i++)
        add_manifest_file(contents, g_ptr_array_index(files, i), &room);
    for (guint i = 0; i < warnings->len; i++)
        xml_add(root, "warning", g_ptr_array_index(warnings, i));

    return xml_doc_to_string(doc);
}
