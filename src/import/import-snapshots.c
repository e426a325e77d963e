/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <glib/gi18n-lib.h>

#include "import/import-memory.h"
#include "import/import-snapshots.h"
#include "util/xml.h"

typedef struct {
    const ImportMember *member;
    ImportPlan *plan;
    ImportLayers *layers;
    const DomainRewrite *to;
} Writer;

/* --- order ------------------------------------------------------------------ */

static char *
parent_of(const ImportMember *member, guint index)
{
    xmlDoc *doc = g_ptr_array_index(member->snapshots, index);

    return xml_text(xmlDocGetRootElement(doc), "./parent/name");
}

static gboolean
is_member(const ImportMember *member, const char *name)
{
    for (guint i = 0; i < member->snapshots->len; i++) {
        const ManifestSnapshot *one = g_ptr_array_index(member->to->from->snapshots, i);

        if (g_str_equal(one->name, name))
            return TRUE;
    }

    return FALSE;
}

/* Removes a parent that was not exported, because libvirt refuses a snapshot with an unknown
 * parent. */
static void
forget_parent(const Writer *self, guint index)
{
    xmlDoc *doc = g_ptr_array_index(self->member->snapshots, index);
    xmlNode *node = xml_child(xmlDocGetRootElement(doc), "parent", NULL);
    const ManifestSnapshot *one =
        g_ptr_array_index(self->member->to->from->snapshots, index);
    g_autofree char *parent = parent_of(self->member, index);

    if (!node || (parent && is_member(self->member, parent)))
        return;
    import_plan_warn(self->plan,
                     _("Domain '%s': the snapshot '%s' comes to be without its parent '%s', which "
                       "was not exported"),
                     self->member->to->name, one->name, parent ? parent : "-");
    xmlUnlinkNode(node);
    xmlFreeNode(node);
}

/* Returns: (element-type guint): the indexes of the snapshots, parents first; NULL with an error if
 * they form a cycle. */
static GArray *
order_of(const ImportMember *member, GError **error)
{
    g_autoptr(GArray) order = g_array_new(FALSE, FALSE, sizeof(guint));
    g_autoptr(GHashTable) placed = g_hash_table_new(g_str_hash, g_str_equal);
    guint before;

    do {
        before = order->len;
        for (guint i = 0; i < member->snapshots->len; i++) {
            const ManifestSnapshot *one = g_ptr_array_index(member->to->from->snapshots, i);
            g_autofree char *parent = parent_of(member, i);

            if (g_hash_table_contains(placed, one->name) ||
                (parent && !g_hash_table_contains(placed, parent)))
                continue;
            g_hash_table_add(placed, one->name);
            g_array_append_val(order, i);
        }
    } while (order->len > before);
    if (order->len == member->snapshots->len)
        return g_steal_pointer(&order);
    g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_CORRUPT,
                _("The snapshots of '%s' are parents of one another in a circle, or two have one "
                  "name"),
                member->to->from->name);

    return NULL;
}

/* --- one snapshot ----------------------------------------------------------- */

static GPtrArray *
disk_list(void)
{
    return g_ptr_array_new_with_free_func((GDestroyNotify)rewrite_disk_free);
}

static const RewriteDisk *
find_manifest_disk(const GPtrArray *disks, const char *target)
{
    for (guint i = 0; i < disks->len; i++) {
        const RewriteDisk *disk = g_ptr_array_index(disks, i);

        if (g_str_equal(disk->target, target))
            return disk;
    }

    return NULL;
}

static void
add_frozen(const Writer *self, GPtrArray *disks, const ManifestDisk *disk)
{
    gboolean removable = g_str_equal(disk->device, "cdrom") || g_str_equal(disk->device, "floppy");

    g_ptr_array_add(disks, disk->layer ? import_layers_frozen(self->layers, disk)
                                       : rewrite_disk_new(disk->target,
                                                          removable ? REWRITE_DISK_EMPTY
                                                                    : REWRITE_DISK_LEFT_OUT));
}

/* The <disk> for @target in the <disks> of a <domainsnapshot>. */
static xmlNode *
find_snapshot_disk(xmlNode *root, const char *target)
{
    xmlNode *disks = xml_child(root, "disks", NULL);

    for (xmlNode *node = NULL; disks && (node = xml_child(disks, "disk", node));) {
        g_autofree char *name = xml_attr(node, "name");

        if (g_strcmp0(name, target) == 0)
            return node;
    }

    return NULL;
}

/* Adds the overlay of a disk. The overlay of the exported snapshot is the image to which the domain
 * will write. */
static void
add_snapshot_overlay(const Writer *self, guint index, xmlNode *root, GPtrArray *overlays,
                     const ManifestDisk *disk)
{
    const ManifestSnapshot *snapshot =
        g_ptr_array_index(self->member->to->from->snapshots, index);
    xmlNode *node = find_snapshot_disk(root, disk->target);
    g_autofree char *kind = node ? xml_attr(node, "snapshot") : NULL;
    g_autofree char *source = node ? xml_text(node, "./source/@file") : NULL;
    const RewriteDisk *present = find_manifest_disk(self->to->disks, disk->target);
    RewriteDisk *overlay;

    if (!disk->layer || disk->internal || g_strcmp0(kind, "external") != 0)
        return;
    if (index > 0 || !present) {
        g_ptr_array_add(overlays, import_layers_overlay(self->layers, self->member->to,
                                                        snapshot->name, disk, source));
        return;
    }
    overlay = rewrite_disk_new(disk->target, REWRITE_DISK_IMAGES);
    rewrite_disk_add(overlay, ((const RewriteImage *)g_ptr_array_index(present->images, 0))->path,
                     "qcow2");
    g_ptr_array_add(overlays, overlay);
}

/* Plans the memory state of a snapshot. The exported one is that with which the domain resumes, and
 * is planned; the guests of others go on with the images as these were. */
static gboolean
add_memory(const Writer *self, guint index, const DomainRewrite *domain, char **path,
           GError **error)
{
    xmlDoc *doc = g_ptr_array_index(self->member->snapshots, index);
    const ManifestSnapshot *from = g_ptr_array_index(self->member->to->from->snapshots, index);

    if (index > 0 && !import_memory_plan(self->member, self->plan, index, domain, path, error))
        return FALSE;
    if (!import_member_memory(self->member, index) &&
        xml_node(xmlDocGetRootElement(doc), "./memory[@snapshot='external']"))
        import_plan_warn(self->plan,
                         _("Domain '%s': the snapshot '%s' comes to be without its memory state, "
                           "which was not exported"),
                         self->member->to->name, from->name);

    return TRUE;
}

static gboolean
write_snapshot(const Writer *self, guint index, GError **error)
{
    xmlDoc *doc = g_ptr_array_index(self->member->snapshots, index);
    xmlNode *root = xmlDocGetRootElement(doc);
    const ManifestSnapshot *from = g_ptr_array_index(self->member->to->from->snapshots, index);
    g_autoptr(GPtrArray) frozen = disk_list();
    g_autoptr(GPtrArray) overlays = disk_list();
    DomainRewrite domain = *self->to;
    SnapshotRewrite to = {.domain = &domain, .overlays = overlays};
    ImportSnapshot *snapshot;
    g_autofree char *memory = NULL;

    domain.disks = frozen;
    for (guint i = 0; i < from->disks->len; i++) {
        add_frozen(self, frozen, g_ptr_array_index(from->disks, i));
        add_snapshot_overlay(self, index, root, overlays, g_ptr_array_index(from->disks, i));
    }
    if (!add_memory(self, index, &domain, &memory, error))
        return FALSE;
    to.memory = index == 0 ? self->member->to->memory : memory;
    if (!snapshot_rewrite(root, &to, error))
        return FALSE;
    snapshot = g_new0(ImportSnapshot, 1);
    snapshot->name = g_strdup(from->name);
    snapshot->xml = xml_node_to_string(root);
    snapshot->memory = g_steal_pointer(&memory);
    snapshot->current = index == 0;
    g_ptr_array_add(self->member->to->snapshots, snapshot);

    return TRUE;
}

gboolean
import_snapshots_write(const ImportMember *member, ImportPlan *plan, ImportLayers *layers,
                       const DomainRewrite *to, GError **error)
{
    Writer self = {member, plan, layers, to};
    g_autoptr(GArray) order = NULL;

    for (guint i = 0; i < member->snapshots->len; i++)
        forget_parent(&self, i);
    order = order_of(member, error);
    for (guint i = 0; order && i < order->len; i++) {
        if (!write_snapshot(&self, g_array_index(order, guint, i), error))
            return FALSE;
    }

    return order != NULL;
}
