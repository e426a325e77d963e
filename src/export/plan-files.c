/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <glib/gi18n-lib.h>
#include <unistd.h>

#include "export/plan-files.h"
#include "hypervisor/drivers.h"
#include "util/fd.h"
#include "util/name.h"
#include "util/path.h"

gboolean
plan_files_add_copy(Plan *plan, const char *directory, const char *name, const char *role,
                    const char *source, GError **error)
{
    struct stat st;
    auto_fd fd = -1;
    guint64 bytes;

    if (!path_check(source, error))
        return FALSE;
    fd = fd_open_data(AT_FDCWD, source, 0, &st);
    if (fd < 0 || !fd_size(fd, &bytes)) {
        virt_snap_error_set_errno(error, errno, _("Cannot look at the %s file '%s'"), role,
                                  source);
        return FALSE;
    }
    plan_add_file(plan, directory, name, role, bytes)->source = g_strdup(source);

    return TRUE;
}

Source *
plan_files_open(const PlanFile *file, GError **error)
{
    int fd;

    if (file->fd < 0)
        return drivers_get()->open_file(AT_FDCWD, file->source, error);
    fd = fcntl(file->fd, F_DUPFD_CLOEXEC, 0);
    if (fd >= 0)
        return drivers_get()->wrap_file(fd, file->source, error);
    virt_snap_error_set_errno(error, errno, _("Cannot read '%s'"), file->source);

    return NULL;
}

static const DiskDef *
find_disk_by_target(GPtrArray *disks, const char *target)
{
    for (guint i = 0; i < disks->len; i++) {
        const DiskDef *disk = g_ptr_array_index(disks, i);

        if (g_str_equal(disk->target, target))
            return disk;
    }

    return NULL;
}

/* Removable media are not compared, because changing a medium is normal. */
static gboolean
is_removable_disk(const DiskDef *disk)
{
    return g_str_equal(disk->device, "cdrom") || g_str_equal(disk->device, "floppy");
}

/* Warns if domain.xml, with which the domain would be started, has other disks than the running
 * domain had at the snapshot. */
static void
warn_of_other_disks(Plan *plan, const PlanDomain *domain, const SnapshotDef *def)
{
    for (guint i = 0; i < def->disks->len; i++) {
        const DiskDef *disk = g_ptr_array_index(def->disks, i);
        const DiskDef *other = find_disk_by_target(def->inactive_disks, disk->target);

        if (is_removable_disk(disk) ||
            (other && g_strcmp0(disk->storage->label, other->storage->label) == 0))
            continue;
        plan_warn(plan,
                  _("Domain '%s': its disk '%s' was '%s' when the snapshot was taken, but is '%s' "
                    "in the persistent definition that is exported as domain.xml; a restored "
                    "domain.xml must be given the exported image"),
                  domain->name, disk->target, disk->storage->label ? disk->storage->label : "-",
                  other && other->storage->label ? other->storage->label : "-");
    }
    for (guint i = 0; i < def->inactive_disks->len; i++) {
        const DiskDef *disk = g_ptr_array_index(def->inactive_disks, i);

        if (is_removable_disk(disk) || find_disk_by_target(def->disks, disk->target))
            continue;
        plan_warn(plan,
                  _("Domain '%s': the persistent definition that is exported as domain.xml has the "
                    "disk '%s' ('%s'), which the running domain had not; that one is not exported"),
                  domain->name, disk->target, disk->storage->label ? disk->storage->label : "-");
    }
}

void
plan_files_configuration(Plan *plan, const PlanDomain *domain, const DomainRecord *record)
{
    const PlanSnapshot *first = g_ptr_array_index(domain->snapshots, 0);

    if (g_strcmp0(first->def->domain_name, domain->name) != 0)
        plan_warn(plan,
                  _("Domain '%s': it was called '%s' when the snapshot was taken, and so is it in "
                    "domain.xml"),
                  domain->name, first->def->domain_name ? first->def->domain_name : "-");
    plan_add_text(plan, domain->directory, "domain.xml", "domain", first->def->domain_xml);
    if (first->def->inactive_disks && plan->settings->storage)
        warn_of_other_disks(plan, domain, first->def);
    if (plan->settings->snapshots == VIRT_SNAP_SNAPSHOTS_NONE || plan_is_live(plan))
        return;
    for (guint i = 0; i < record->snapshots->len; i++) {
        const SnapshotRecord *one = g_ptr_array_index(record->snapshots, i);
        g_autofree char *component = name_to_component(one->name);
        g_autofree char *name = g_strdup_printf("snapshots/%04u-%s.xml", i, component);

        if (i == 0)
            plan_add_text(plan, domain->directory, "snapshot.xml", "snapshot", one->xml);
        else
            plan_add_text(plan, domain->directory, name, "snapshot", one->xml);
    }
}
