/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <fcntl.h>
#include <glib/gi18n-lib.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "export/plan-files.h"
#include "export/plan-frozen.h"
#include "snapshot/frozen-time.h"

#define SECOND ((gint64)G_USEC_PER_SEC)
/* How long a running domain usually still writes to a layer after its overlay was created: QEMU
 * flushes the layer and switches to the overlay, which takes hundredths of a second, or some tenths
 * on a busy host. */
#define SWITCH_TIME SECOND
/* A block commit that ends within that time cannot be distinguished from such a write: the guest is
 * not paused for a snapshot of its disks, so late writes before the switch are legitimate, and the
 * time of the switch is not recorded anywhere. libvirt records the beginning of the snapshot in
 * whole seconds, qcow2 headers have no times, and the mtime of the overlay is that of its last
 * write, not of its first. */
/* How long the switch may take at most. */
#define SWITCH_TIME_MAX (2 * SECOND)
/* An overlay that was created later than this after the beginning of the snapshot (or after its
 * memory was saved) may have been created for another snapshot. */
#define PROMPT_TIME (2 * SECOND)
/* How long a snapshot may take from its beginning, not counting the time to save the memory: a
 * guest that is quiesced may need long to flush its file systems. */
#define SNAPSHOT_TIME (60 * SECOND)

/* Bounds of the time at which a layer was frozen, in microseconds since the epoch. */
typedef struct {
    gint64 earliest; /* writes up to this time were before the freeze */
    gint64 latest;   /* writes after this time were after the freeze */
} FreezeTime;

/* When the overlays of a snapshot were created. */
typedef struct {
    gint64 last; /* time of the last one; -1: unknown */
    gboolean same_clock; /* all overlays are on the layer's file system and have the same clock */
} OverlaysMade;

/* An image to which the domain writes, or would write when started, is not frozen any more. */
gboolean
plan_frozen_check(GPtrArray *present, const Layer *top, GError **error)
{
    for (guint i = 0; i < present->len; i++) {
        if (!layer_is_at(top, g_ptr_array_index(present, i)))
            continue;
        g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_INVALID_STATE,
                    _("the image '%s' that the snapshot froze is the domain's present image again "
                      "(merged back, or the overlay was dropped), so it no longer holds that "
                      "state; take a new snapshot"),
                    top->path);
        return FALSE;
    }

    return TRUE;
}

/* The birth time of a file; -1 if the file system does not record it, or if @path is gone or a
 * device. */
static gint64
get_birth_time(const char *path, guint64 *device)
{
    struct statx st;

    if (statx(AT_FDCWD, path, 0, STATX_BTIME | STATX_TYPE, &st) < 0 ||
        !(st.stx_mask & STATX_BTIME) || !S_ISREG(st.stx_mode))
        return -1;
    *device = makedev(st.stx_dev_major, st.stx_dev_minor);

    return st.stx_btime.tv_sec * SECOND + st.stx_btime.tv_nsec / 1000;
}

static gint64
get_mtime(const char *path)
{
    struct stat st;

    if (!path || stat(path, &st) < 0)
        return -1;

    return st.st_mtim.tv_sec * SECOND + st.st_mtim.tv_nsec / 1000;
}

static const SnapshotDef *
find_in_snapshot_tree(const PlanDomain *domain, const char *name)
{
    for (guint i = 0; i < domain->tree->len; i++) {
        const SnapshotDef *def = g_ptr_array_index(domain->tree, i);

        if (g_str_equal(def->name, name))
            return def;
    }

    return NULL;
}

/* Whether @other is an ancestor of @def. The number of steps is bounded by that of the snapshots,
 * so a tree with a cycle ends, too. */
static gboolean
is_ancestor(const PlanDomain *domain, const SnapshotDef *def, const SnapshotDef *other)
{
    for (guint i = 0; i < domain->tree->len && def && def->parent; i++) {
        if (g_str_equal(def->parent, other->name))
            return TRUE;
        def = find_in_snapshot_tree(domain, def->parent);
    }

    return FALSE;
}

/* Whether @other was taken after @def. The times have whole seconds, in which several snapshots can
 * be taken; then the tree decides. */
static gboolean
is_later_snapshot(const PlanDomain *domain, const SnapshotDef *def, const SnapshotDef *other)
{
    return !g_str_equal(def->name, other->name) && other->creation_time >= def->creation_time &&
           !is_ancestor(domain, def, other);
}

static gboolean
has_overlay(const SnapshotDef *def, const char *path)
{
    for (guint i = 0; i < def->disks->len; i++) {
        const DiskDef *disk = g_ptr_array_index(def->disks, i);

        if (g_strcmp0(disk->overlay, path) == 0)
            return TRUE;
    }

    return FALSE;
}

static gboolean
is_overlay_reused(const PlanDomain *domain, const SnapshotDef *def, const char *overlay)
{
    for (guint i = 0; i < domain->tree->len; i++) {
        const SnapshotDef *other = g_ptr_array_index(domain->tree, i);

        if (is_later_snapshot(domain, def, other) && has_overlay(other, overlay))
            return TRUE;
    }

    return FALSE;
}

/* Whether @layer was the top image of a disk when @def was taken. */
static gboolean
has_as_top(const SnapshotDef *def, const Layer *layer)
{
    for (guint i = 0; i < def->disks->len; i++) {
        const DiskDef *disk = g_ptr_array_index(def->disks, i);
        const char *path = disk->read_only ? NULL : disk->storage->path;

        if (path && disk->location != SNAPSHOT_LOCATION_NO && layer_is_at(layer, path))
            return TRUE;
    }

    return FALSE;
}

/* Whether the domain wrote to @layer again after @def: a later snapshot had it as the top image of
 * a disk. */
static gboolean
was_top_again(const PlanDomain *domain, const SnapshotDef *def, const Layer *layer)
{
    for (guint i = 0; i < domain->tree->len; i++) {
        const SnapshotDef *other = g_ptr_array_index(domain->tree, i);

        if (is_later_snapshot(domain, def, other) && has_as_top(other, layer))
            return TRUE;
    }

    return FALSE;
}

/* When the overlays of @def were created. libvirt saves the memory, creates all overlays, and then
 * switches all disks at once (qemuSnapshotCreateActiveExternal()), so the last overlay is the
 * closest to the freeze. Overlays that existed before (--reuse-external), were put there much
 * later, or were created anew for a later snapshot are ignored. */
static OverlaysMade
find_overlay_times(const PlanDomain *domain, const SnapshotDef *def, const Layer *layer,
                   gint64 saved)
{
    OverlaysMade made = {-1, TRUE};

    for (guint i = 0; i < def->disks->len; i++) {
        const DiskDef *disk = g_ptr_array_index(def->disks, i);
        guint64 device = 0;
        gint64 birth = disk->overlay ? get_birth_time(disk->overlay, &device) : -1;

        if (birth < def->creation_time * SECOND || birth > saved + SNAPSHOT_TIME ||
            is_overlay_reused(domain, def, disk->overlay))
            continue;
        made.last = MAX(made.last, birth);
        made.same_clock = made.same_clock && device == layer->device;
    }

    return made;
}

/* When the top layer was frozen, to which a running domain wrote until then. Nobody writes to that
 * of a domain that is shut off. */
static FreezeTime
freeze_time(const PlanDomain *domain, const SnapshotDef *def, const Layer *layer)
{
    gint64 begun = def->creation_time * SECOND;
    gint64 saved = MAX(begun, get_mtime(def->memory_file));
    /* The creation time of a snapshot has whole seconds. */
    gint64 prompt = MAX(begun + SECOND, saved);
    FreezeTime time = {prompt + SECOND, saved + SNAPSHOT_TIME};
    OverlaysMade made = find_overlay_times(domain, def, layer, saved);
    gboolean off = g_strcmp0(def->state, "shutoff") == 0;

    if (made.last < 0)
        return time;
    time.latest = made.last + (off && made.same_clock ? 0 : SWITCH_TIME_MAX);
    if (made.last <= prompt + PROMPT_TIME)
        time.earliest = made.last + (off ? 0 : SWITCH_TIME);

    return time;
}

/* When the layers below the top one were frozen: at the latest when the snapshot began. */
static FreezeTime
freeze_time_below(const SnapshotDef *def)
{
    gint64 begun = (def->creation_time + 1) * SECOND;

    /* An image on a file server has times of the server's clock, which may differ a little. */
    return (FreezeTime){begun, begun + SECOND};
}

static void
warn_of_layer(PlanBuilder *builder, const PlanDomain *domain, const SnapshotDef *def,
              const Layer *layer, gboolean sure)
{
    if (sure)
        plan_warn_changed(
            builder->plan,
            g_strdup_printf(_("Domain '%s': the image '%s' was written to after the snapshot '%s' "
                              "(by a block commit?), so what is exported may not be the "
                              "snapshot's state"),
                            domain->name, layer->path, def->name));
    else
        plan_warn(builder->plan,
                  _("Domain '%s': the image '%s' was written to within a minute of the beginning "
                    "of the snapshot '%s'; whether before it was frozen or after cannot be told, "
                    "so what is exported may not be the snapshot's state"),
                  domain->name, layer->path, def->name);
}

static gboolean
mark_as_warned(PlanBuilder *builder, const SnapshotDef *def, const Layer *layer)
{
    g_autofree char *key = g_strdup_printf("%p %p", (const void *)layer, (const void *)def);

    /* One warning for each snapshot, however many of its disks have the layer. */
    return g_hash_table_add(builder->written, g_steal_pointer(&key));
}

/* Warns about a block device, for which no time of the last write is known. */
static void
warn_of_device(PlanBuilder *builder, const PlanDomain *domain, const SnapshotDef *def,
               const Layer *layer)
{
    gboolean sure = was_top_again(domain, def, layer);

    if (!mark_as_warned(builder, def, layer))
        return;
    if (!layer->state.counts)
        plan_warn(builder->plan,
                  _("Domain '%s': whether the block device '%s' is written to while it is exported "
                    "cannot be told: the kernel does not count that (its queue/iostats in /sys)"),
                  domain->name, layer->path);
    if (sure)
        warn_of_layer(builder, domain, def, layer, TRUE);
    else
        plan_warn(builder->plan,
                  _("Domain '%s': when the block device '%s' was last written to cannot be told, "
                    "nor whether that was after the snapshot '%s'; it is exported as it is now"),
                  domain->name, layer->path, def->name);
}

static void
check_layer_frozen(PlanBuilder *builder, const PlanDomain *domain, const SnapshotDef *def,
                   const Layer *layer, FreezeTime frozen)
{
    const OriginTime modified = {layer->mtime, layer->mtime_ns};
    const OriginTime last = frozen_time_of(layer->path, layer->inode, modified);
    gint64 written = last.seconds * SECOND + last.nanoseconds / 1000;
    gboolean sure;

    if (layer->block) {
        warn_of_device(builder, domain, def, layer);
        return;
    }
    sure = written > frozen.latest || (written > def->creation_time * SECOND &&
                                       was_top_again(domain, def, layer));
    if ((sure || written > frozen.earliest) && mark_as_warned(builder, def, layer))
        warn_of_layer(builder, domain, def, layer, sure);
}

void
plan_frozen_warn(PlanBuilder *builder, const PlanDomain *domain, const SnapshotDef *def,
                 const Layer *top)
{
    check_layer_frozen(builder, domain, def, top, freeze_time(domain, def, top));
    plan_frozen_warn_below(builder, domain, def, top);
}

void
plan_frozen_warn_below(PlanBuilder *builder, const PlanDomain *domain, const SnapshotDef *def,
                       const Layer *top)
{
    if (def->creation_time <= 0)
        return;
    for (const Layer *layer = top->backing; layer; layer = layer->backing)
        check_layer_frozen(builder, domain, def, layer, freeze_time_below(def));
}
