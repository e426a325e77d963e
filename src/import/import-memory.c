/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <glib/gi18n-lib.h>
#include <string.h>

#include "image/save-image.h"
#include "import/import-memory.h"
#include "util/xml.h"

char *
import_memory_name(const ImportMember *self, guint index)
{
    const ManifestDomain *from = self->to->from;
    g_autofree char *path = manifest_memory_path(from, index);

    return g_strdup(path + strlen(from->directory) + 1);
}

/* The copy has the name that the state has in the export: a snapshot that is called "memory" has
 * another file than the exported one. */
static ImportFile *
add_memory_file(const ImportMember *self, ImportPlan *plan, guint index, const ManifestFile *from)
{
    g_autofree char *name = import_memory_name(self, index);
    ImportFile *file = g_new0(ImportFile, 1);

    file->from = from;
    file->path = g_build_filename(self->to->directory, name, NULL);
    file->writable = TRUE;
    plan->bytes += from->bytes;
    g_ptr_array_add(plan->files, file);

    return file;
}

/* A guest has its MAC addresses in its memory, too. */
static gboolean
check_macs(const ImportMember *self, guint index, const DomainRewrite *to, GError **error)
{
    const ManifestDomain *from = self->to->from;

    if (!to->macs)
        return TRUE;
    if (index == 0)
        g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_NOT_SUPPORTED,
                    _("Domain '%s': a guest that goes on where it stood knows its MAC addresses; "
                      "import with --mac keep"),
                    from->name);
    else
        g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_NOT_SUPPORTED,
                    _("Domain '%s': the guest in the memory state of the snapshot '%s' knows its "
                      "MAC addresses; import with --mac keep, or without --with-snapshots"),
                    from->name,
                    ((const ManifestSnapshot *)g_ptr_array_index(from->snapshots, index))->name);

    return FALSE;
}

/* Returns: (nullable): the target of a disk that the domain loses. */
static const char *
lost_disk(const DomainRewrite *to)
{
    for (guint i = 0; to->disks && i < to->disks->len; i++) {
        const RewriteDisk *disk = g_ptr_array_index(to->disks, i);

        if (disk->fate == REWRITE_DISK_LEFT_OUT)
            return disk->target;
    }

    return NULL;
}

/* QEMU restores a state only into the devices that it is of. */
static gboolean
is_usable(const ImportMember *self, ImportPlan *plan, guint index, const DomainRewrite *to)
{
    const ManifestSnapshot *snapshot = g_ptr_array_index(self->to->from->snapshots, index);
    const char *lost = lost_disk(to);

    if (lost)
        import_plan_warn(plan,
                         _("Domain '%s': the memory state of the snapshot '%s' is left out: its "
                           "guest has the disk '%s', which was not exported"),
                         self->to->name, snapshot->name, lost);

    return !lost;
}

gboolean
import_memory_plan(const ImportMember *self, ImportPlan *plan, guint index,
                   const DomainRewrite *to, char **path, GError **error)
{
    const ManifestFile *from = import_member_memory(self, index);
    xmlDoc *doc = g_ptr_array_index(self->memories, index);
    g_autofree char *text = NULL;
    ImportFile *file;

    *path = NULL;
    if (!doc || !is_usable(self, plan, index, to))
        return TRUE;
    if (!check_macs(self, index, to, error) ||
        !domain_rewrite(xmlDocGetRootElement(doc), to, error))
        return FALSE;
    file = add_memory_file(self, plan, index, from);
    text = xml_node_to_string(xmlDocGetRootElement(doc));
    file->head = save_image_patch(import_source_fd(self->source, from), text, from->path, error);
    *path = import_plan_path(plan, file->path);

    return file->head &&
           import_member_take(self, from->path, g_bytes_get_size(file->head), error);
}
