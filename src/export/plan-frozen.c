/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <fcntl.h>
#include <glib/gi18n-lib.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "export/plan-files.h"
#include "export/plan-frozen.h"

#define SECOND ((gint64)G_USEC_PER_SEC)
/* How long after its overlay was made a running domain usually still writes to a layer: QEMU writes
 * back what it has of it and changes to the overlay, which takes hundredths of a second, or some
 * tenths on a busy host. */
#define SWITCH_TIME SECOND
/* A commit that ends within that time looks the same and cannot be told from it: the guest is not
 * paused for a snapshot of disks alone, the last write before the switch is as legitimate as it is
 * late, and nobody records when the switch was: libvirt has the snapshot's begin in whole seconds,
 * qcow2 headers have no times, and the overlay's own mtime is that of its last write, not of its
 * first. */
/* How long that may take at most. */
#define SWITCH_TIME_MAX (2 * SECOND)
/* An overlay that is made later than this after the snapshot began (or after its memory was saved)
 * may have been made anew for another one. */
#define PROMPT_TIME (2 * SECOND)
/* How long taking a snapshot may last, from its beginning (a state of the memory that is saved
 * first not counted): a guest that is asked to write everything back may take its time. */
#define SNAPSHOT_TIME (60 * SECOND)

/* What is known of the time at which a layer was frozen, in microseconds since the epoch. */
typedef struct {
    gint64 earliest; /* what was written up to then was written before */
    gint64 latest;   /* what was written after that was written too late */
} FreezeTime;

/* When the overlays of a snapshot were made. */
typedef struct {
    gint64 last; /* -1: nothing tells */
    gboolean same_clock; /* as that of the layer: all are on its file system */
} OverlaysMade;

/* A frozen image that the domain writes to (or would, once started) is not frozen any more. */
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

/* When the file was made, or -1 if its file system does not tell, it is gone, or a device. */
static gint64
birth_of(const char *path, guint64 *device)
{
    struct statx st;

    if (statx(AT_FDCWD, path, 0, STATX_BTIME | STATX_TYPE, &st) < 0 ||
        !(st.stx_mask & STATX_BTIME) || !S_ISREG(st.stx_mode))
        return -1;
    *device = makedev(st.stx_dev_major, st.stx_dev_minor);

    return st.stx_btime.tv_sec * SECOND + st.stx_btime.tv_nsec / 1000;
}

static gint64
mtime_of(const char *path)
{
    struct stat st;

    if (!path || stat(path, &st) < 0)
        return -1;

    return st.st_mtim.tv_sec * SECOND + st.st_mtim.tv_nsec / 1000;
}

static const SnapshotDef *
find_in_tree(const PlanDomain *domain, const char *name)
{
    for (guint i = 0; i < domain->tree->len; i++) {
        const SnapshotDef *def = g_ptr_array_index(domain->tree, i);

        if (g_str_equal(def->name, name))
            return def;
    }

    return NULL;
}

/* Whether @other is above @def in the tree. Each step leads to another snapshot, so that a tree
 * that runs in a circle ends, too. */
static gboolean
is_ancestor(const PlanDomain *domain, const SnapshotDef *def, const SnapshotDef *other)
{
    for (guint i = 0; i < domain->tree->len && def && def->parent; i++) {
        if (g_str_equal(def->parent, other->name))
            return TRUE;
        def = find_in_tree(domain, def->parent);
    }

    return FALSE;
}

/* The times are in whole seconds, and many snapshots can be taken in one. */
static gboolean
is_later(const PlanDomain *domain, const SnapshotDef *def, const SnapshotDef *other)
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
is_reused(const PlanDomain *domain, const SnapshotDef *def, const char *overlay)
{
    for (guint i = 0; i < domain->tree->len; i++) {
        const SnapshotDef *other = g_ptr_array_index(domain->tree, i);

        if (is_later(domain, def, other) && has_overlay(other, overlay))
            return TRUE;
    }

    return FALSE;
}

/* Whether @def froze @layer, or put a state into it: a disk had it on top then. */
static gboolean
has_top(const SnapshotDef *def, const Layer *layer)
{
    for (guint i = 0; i < def->disks->len; i++) {
        const DiskDef *disk = g_ptr_array_index(def->disks, i);
        const char *path = disk->read_only ? NULL : disk->storage->path;

        if (path && disk->location != SNAPSHOT_LOCATION_NO && layer_is_at(layer, path))
            return TRUE;
    }

    return FALSE;
}

/* What a later snapshot had on top had been given back to the domain before. */
static gboolean
was_given_back(const PlanDomain *domain, const SnapshotDef *def, const Layer *layer)
{
    for (guint i = 0; i < domain->tree->len; i++) {
        const SnapshotDef *other = g_ptr_array_index(domain->tree, i);

        if (is_later(domain, def, other) && has_top(other, layer))
            return TRUE;
    }

    return FALSE;
}

/* libvirt saves the memory, makes all overlays, and then has every disk change to its overlay at
 * once (qemuSnapshotCreateActiveExternal()): the last one made is the closest. One that was there
 * before (--reuse-external), or was put there much later, or was made anew for a later snapshot,
 * says nothing. */
static OverlaysMade
overlays_made(const PlanDomain *domain, const SnapshotDef *def, const Layer *layer, gint64 saved)
{
    OverlaysMade made = {-1, TRUE};

    for (guint i = 0; i < def->disks->len; i++) {
        const DiskDef *disk = g_ptr_array_index(def->disks, i);
        guint64 device = 0;
        gint64 birth = disk->overlay ? birth_of(disk->overlay, &device) : -1;

        if (birth < def->creation_time * SECOND || birth > saved + SNAPSHOT_TIME ||
            is_reused(domain, def, disk->overlay))
            continue;
        made.last = MAX(made.last, birth);
        made.same_clock = made.same_clock && device == layer->device;
    }

    return made;
}

/* The top layer, which the domain wrote to until then. Nobody writes to that of a domain that is
 * shut off while its overlay is made. */
static FreezeTime
freeze_time(const PlanDomain *domain, const SnapshotDef *def, const Layer *layer)
{
    gint64 begun = def->creation_time * SECOND;
    gint64 saved = MAX(begun, mtime_of(def->memory_file));
    /* The time of the snapshot is in whole seconds. */
    gint64 prompt = MAX(begun + SECOND, saved);
    FreezeTime time = {prompt + SECOND, saved + SNAPSHOT_TIME};
    OverlaysMade made = overlays_made(domain, def, layer, saved);
    gboolean off = g_strcmp0(def->state, "shutoff") == 0;

    if (made.last < 0)
        return time;
    time.latest = made.last + (off && made.same_clock ? 0 : SWITCH_TIME_MAX);
    if (made.last <= prompt + PROMPT_TIME)
        time.earliest = made.last + (off ? 0 : SWITCH_TIME);

    return time;
}

/* What is below the top layer, nobody had written to for long when the snapshot began. */
static FreezeTime
freeze_time_below(const SnapshotDef *def)
{
    gint64 begun = (def->creation_time + 1) * SECOND;

    /* An image on a server has the server's time. */
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
is_news(PlanBuilder *builder, const SnapshotDef *def, const Layer *layer)
{
    g_autofree char *key = g_strdup_printf("%p %p", (const void *)layer, (const void *)def);

    /* Once for each snapshot, however many of its disks have the layer. */
    return g_hash_table_add(builder->written, g_steal_pointer(&key));
}

/* A device has no time at which it was written to last. */
static void
check_device(PlanBuilder *builder, const PlanDomain *domain, const SnapshotDef *def,
             const Layer *layer)
{
    gboolean sure = was_given_back(domain, def, layer);

    if (!is_news(builder, def, layer))
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
check_layer(PlanBuilder *builder, const PlanDomain *domain, const SnapshotDef *def,
            const Layer *layer, FreezeTime frozen)
{
    gint64 written = layer->mtime * SECOND + layer->mtime_ns / 1000;
    gboolean sure;

    if (layer->block) {
        check_device(builder, domain, def, layer);
        return;
    }
    sure = written > frozen.latest || (written > def->creation_time * SECOND &&
                                       was_given_back(domain, def, layer));
    if ((sure || written > frozen.earliest) && is_news(builder, def, layer))
        warn_of_layer(builder, domain, def, layer, sure);
}

void
plan_frozen_warn(PlanBuilder *builder, const PlanDomain *domain, const SnapshotDef *def,
                 const Layer *top)
{
    check_layer(builder, domain, def, top, freeze_time(domain, def, top));
    plan_frozen_warn_below(builder, domain, def, top);
}

void
plan_frozen_warn_below(PlanBuilder *builder, const PlanDomain *domain, const SnapshotDef *def,
                       const Layer *top)
{
    if (def->creation_time <= 0)
        return;
    for (const Layer *layer = top->backing; layer; layer = layer->backing)
        check_layer(builder, domain, def, layer, freeze_time_below(def));
}
