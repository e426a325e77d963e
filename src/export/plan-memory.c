/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <glib/gi18n-lib.h>
#include <sys/stat.h>

#include "export/plan-files.h"
#include "image/layer-snapshots.h"
#include "image/save-image.h"
#include "util/fd.h"
#include "util/name.h"

/* Seconds by which the memory file may be newer than the overlays. libvirt saves the memory before
 * it creates the first overlay, but timestamps of file systems lag a little. */
#define TOLERANCE 2

#define WAY_OUT _("leave memory states out with the setting 'memory' (<memory>no</memory>)")

/* --- memory inside an image --------------------------------------------------- */

/* Plans a memory state inside an image. Only one of the images has it, and that one may be
 * excluded. */
static void
plan_memory_inside(Plan *plan, const PlanDomain *domain, PlanSnapshot *snapshot)
{
    for (guint i = 0; i < snapshot->disks->len; i++) {
        const PlanDisk *disk = g_ptr_array_index(snapshot->disks, i);

        if (disk->internal && layer_has_memory(disk->top->source, disk->internal))
            snapshot->memory_kept = TRUE;
    }
    if (!snapshot->memory_kept)
        plan_warn(plan,
                  _("Domain '%s': the memory state of the snapshot '%s' is inside an image that "
                    "could not be kept as it is; the disks are exported without it"),
                  domain->name, snapshot->def->name);
}

/* --- memory in a file of its own ---------------------------------------------- */

static gboolean
check_memory_content(const PlanDomain *domain, const char *path, GError **error)
{
    g_autoptr(GError) cause = NULL;
    struct stat st;
    auto_fd fd = fd_open_data(AT_FDCWD, path, 0, &st);
    g_autofree char *uuid = NULL;

    if (fd < 0)
        virt_snap_error_set_errno(&cause, errno, _("Cannot open '%s'"), path);
    else
        uuid = save_image_uuid(fd, path, &cause);
    if (uuid && g_ascii_strcasecmp(uuid, domain->uuid) == 0)
        return TRUE;
    if (uuid)
        g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_CORRUPT,
                    _("'%s' is the memory state of another domain, with the UUID %s; %s"), path,
                    uuid, WAY_OUT);
    else
        g_set_error(error, VIRT_SNAP_ERROR, cause->code, "%s; %s", cause->message, WAY_OUT);

    return FALSE;
}

/* Checks that no other snapshot of the domain has the same memory file, which can only be the state
 * of one of them. */
static gboolean
check_memory_file_unique(const PlanDomain *domain, const SnapshotDef *def, GError **error)
{
    for (guint i = 0; i < domain->snapshots->len; i++) {
        const SnapshotDef *other =
            ((const PlanSnapshot *)g_ptr_array_index(domain->snapshots, i))->def;

        if (other == def || g_strcmp0(other->memory_file, def->memory_file) != 0)
            continue;
        g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_INVALID_STATE,
                    _("the memory state '%s' is that of the snapshot '%s' as well, so one of them "
                      "has been overwritten; export one snapshot by itself, or %s"),
                    def->memory_file, other->name, WAY_OUT);
        return FALSE;
    }

    return TRUE;
}

static gint64
get_birth_seconds(const char *path)
{
    struct statx st;

    if (statx(AT_FDCWD, path, 0, STATX_BTIME | STATX_TYPE, &st) < 0 ||
        !(st.stx_mask & STATX_BTIME) || !S_ISREG(st.stx_mode))
        return -1;

    return st.stx_btime.tv_sec;
}

/* When the last overlay was created, in seconds since the epoch, or -1. */
static gint64
get_last_overlay_time(const SnapshotDef *def)
{
    gint64 made = -1;

    for (guint i = 0; i < def->disks->len; i++) {
        const DiskDef *disk = g_ptr_array_index(def->disks, i);

        if (disk->overlay)
            made = MAX(made, get_birth_seconds(disk->overlay));
    }

    /* Overlays that existed before the snapshot are ignored. */
    return made < def->creation_time ? -1 : made;
}

static void
warn_of_memory_age(Plan *plan, const PlanDomain *domain, const SnapshotDef *def)
{
    gint64 made = get_last_overlay_time(def);
    struct stat st;

    if (made < 0 || stat(def->memory_file, &st) < 0 || st.st_mtim.tv_sec <= made + TOLERANCE)
        return;
    plan_warn(plan,
              _("Domain '%s': the memory state '%s' was written to after the snapshot '%s'; it may "
                "be another state than that of its disks"),
              domain->name, def->memory_file, def->name);
}

static gboolean
plan_memory_file(Plan *plan, const PlanDomain *domain, PlanSnapshot *snapshot, const char *name,
                 GError **error)
{
    const SnapshotDef *def = snapshot->def;

    if (!check_memory_file_unique(domain, def, error) ||
        !check_memory_content(domain, def->memory_file, error))
        return FALSE;
    warn_of_memory_age(plan, domain, def);
    snapshot->memory_kept = TRUE;

    return plan_files_add_copy(plan, domain->directory, name, "memory", def->memory_file, error);
}

gboolean
plan_files_memory(Plan *plan, const PlanDomain *domain, PlanSnapshot *snapshot, gboolean first,
                  GError **error)
{
    const SnapshotDef *def = snapshot->def;
    g_autofree char *component = name_to_component(def->name);
    g_autofree char *other = g_strdup_printf("snapshots/%s.save", component);

    if (def->memory == SNAPSHOT_LOCATION_NO || !plan->settings->memory ||
        !plan->settings->storage)
        return TRUE;
    if (def->memory == SNAPSHOT_LOCATION_INTERNAL) {
        plan_memory_inside(plan, domain, snapshot);
        return TRUE;
    }
    if (!def->memory_file)
        return TRUE;

    return plan_memory_file(plan, domain, snapshot, first ? "memory.save" : other, error);
}
