/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <glib/gi18n-lib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "export/export-bitmap.h"
#include "export/export-items-private.h"
#include "export/export-link.h"
#include "export/export-renew.h"
#include "export/live.h"
#include "hypervisor/drivers.h"
#include "util/fd.h"

typedef struct {
    const Plan *plan;
    Control *control;
    guint64 *linked;
} Linking;

static gboolean
run_engine(const Linking *self, EngineItem *item, GError **error)
{
    g_autoptr(GPtrArray) items = g_ptr_array_new();

    g_ptr_array_add(items, item);

    return engine_run(items, self->plan->settings->parallel, self->control, NULL, error);
}

/* --- is it the same --------------------------------------------------------------- */

/* The segment is another one: what follows needs not be read. */
static gboolean
compare_segment(EngineItem *engine, gsize index, GError **error)
{
    ExportItem *item = engine->user_data;
    GBytes *nodes = item->layer->base->nodes;
    const guint8 *before = nodes ? g_bytes_get_data(nodes, NULL) : NULL;

    if (!before || (index + 1) * DIGEST_BYTES > g_bytes_get_size(nodes) ||
        memcmp(before + index * DIGEST_BYTES, engine->nodes + index * DIGEST_BYTES,
               DIGEST_BYTES) == 0)
        return TRUE;
    item->differs = TRUE;
    g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_CORRUPT, "%s", item->layer->file);

    return FALSE;
}

/* Reads the layer as it would be copied. Its part of the progress is counted when it is linked or
 * copied. */
static gboolean
read_like_base(const Linking *self, const PlanLayer *layer, ExportItem *item, gboolean *same,
               GError **error)
{
    const ManifestFile *base = layer->base;
    PlanWay way = layer->way == PLAN_WAY_LINK ? layer->made : layer->way;
    g_autoptr(GError) why = NULL;
    ExportItem *probe = export_item_new_layer(layer, item->number, item->dirfd, TRUE, NULL);
    gboolean done;

    export_item_set_way(probe, way, NULL);
    probe->probing = TRUE;
    probe->engine.weight = probe->engine.part = 0;
    probe->engine.segment = compare_segment;
    done = run_engine(self, &probe->engine, &why);
    *same = done && memcmp(probe->engine.digest, base->digest, DIGEST_BYTES) == 0;
    if (*same) {
        g_ptr_array_unref(item->origins);
        item->origins = g_ptr_array_ref(probe->origins);
    }
    if (!done && !probe->differs)
        g_propagate_error(error, g_steal_pointer(&why));
    done = done || probe->differs;
    export_item_free(probe);

    return done;
}

/* What the base says of where it comes from holds as long as the system runs. */
static void
keep_origins(const Linking *self, ExportItem *item)
{
    const ManifestFile *base = item->layer->base;
    g_autofree char *boot = origin_boot();

    g_ptr_array_set_size(item->origins, 0);
    if (g_strcmp0(self->plan->base->manifest->boot, boot) != 0)
        return;
    for (guint i = 0; i < base->origins->len; i++)
        g_ptr_array_add(item->origins, origin_copy(g_ptr_array_index(base->origins, i)));
}

/* Under the lock, nobody is about to write to it. */
static gboolean
look_again(const Linking *self, ExportItem *item, gboolean *same, GError **error)
{
    const PlanLayer *layer = item->layer;
    const Layer *image = layer->of_base ? layer->believed : layer->source;
    const char *boot = self->plan->base->manifest->boot;

    *same = TRUE;
    for (guint i = 0; image && i < layer->base->origins->len && *same; i++) {
        auto_fd fd = layer_open_locked(image, error);

        if (fd < 0)
            return FALSE;
        *same = origin_match(g_ptr_array_index(layer->base->origins, i), boot, fd) == ORIGIN_SAME;
        image = image->backing;
    }

    return TRUE;
}

/* The plan has no other way to make such a layer. */
static gboolean
refuse_other(const PlanLayer *layer, GError **error)
{
    g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_IN_USE,
                _("The image '%s' was changed or replaced since it was planned to copy it; "
                  "start again"),
                layer->believed->path);

    return FALSE;
}

/* What an earlier run has copied in part is gone on with. */
static gboolean
is_begun(const ExportItem *item)
{
    return item->journal && journal_layer(item->journal, item->number)->segments->len > 0;
}

static gboolean
find_out(const Linking *self, ExportItem *item, gboolean *same, GError **error)
{
    const PlanLayer *layer = item->layer;

    *same = layer->way == PLAN_WAY_LINK;
    if (*same && !look_again(self, item, same, error))
        return FALSE;
    if (layer->of_base && !*same)
        return refuse_other(layer, error);
    *same = *same && (layer->of_base || export_base_vouches_for(self->plan->base, layer->base));
    if (*same) {
        keep_origins(self, item);
        return TRUE;
    }
    if (is_begun(item) || !layer->base->has_digest || layer->level > 0 ||
        layer->made == PLAN_WAY_COMPRESS)
        return TRUE;

    return read_like_base(self, layer, item, same, error);
}

/* --- linking ---------------------------------------------------------------------- */

typedef struct {
    EngineItem engine;
    const ManifestFile *file;
    int fd;
} BaseItem;

static gboolean
open_base_file(EngineItem *engine, GError **error)
{
    BaseItem *item = engine->user_data;

    engine->source = drivers_get()->wrap_file(fd_steal(&item->fd), item->file->path, error);

    return engine->source != NULL;
}

/* Reads the whole file: only the digest can tell. Without one, what is below changes is what the
 * disk was compared with, and nothing else is linked that its times do not vouch for. */
static gboolean
check_content(const Linking *self, const ManifestFile *file, int fd, GError **error)
{
    BaseItem item = {.file = file, .fd = -1};
    gboolean done;

    if (!file->has_digest)
        return TRUE;
    item.fd = fcntl(fd, F_DUPFD_CLOEXEC, 0);
    if (item.fd < 0) {
        virt_snap_error_set_errno(error, errno, _("Cannot read '%s'"), file->path);
        return FALSE;
    }
    item.engine.user_data = &item;
    item.engine.open = open_base_file;
    item.engine.want_digest = TRUE;
    done = run_engine(self, &item.engine, error);
    if (done && memcmp(item.engine.digest, file->digest, DIGEST_BYTES) != 0)
        done = export_base_damaged(self->plan->base, file, error);
    fd_clear(&item.fd);
    engine_item_clear(&item.engine);

    return done;
}

/* Whether that error says that a link is not to be had here, and not that nothing can be written:
 * another file system, too many links, none at all, a file that somebody else owns. */
static gboolean
is_refusal(int errsv)
{
    return errsv != ENOSPC && errsv != EDQUOT && errsv != EIO && errsv != EROFS;
}

/* Links the very file that is open as @fd. @linked: whether that was possible. */
static gboolean
make_link(const Linking *self, const ExportItem *item, int fd, gboolean *linked, GError **error)
{
    const char *path = item->layer->file;
    g_autofree char *open_file = g_strdup_printf("/proc/self/fd/%d", fd);
    struct stat from;
    struct stat to;

    *linked = FALSE;
    if (fstat(fd, &from) < 0 || fstat(item->dirfd, &to) < 0 || from.st_dev != to.st_dev)
        return TRUE;
    if (!export_base_is_untouched(item->layer->base, fd) &&
        !check_content(self, item->layer->base, fd, error))
        return FALSE;
    if (!tree_remove_at(item->dirfd, path, error))
        return FALSE;
    *linked = linkat(AT_FDCWD, open_file, item->dirfd, path, AT_SYMLINK_FOLLOW) == 0;
    if (*linked || is_refusal(errno))
        return !*linked || fd_sync(fd, path, error);
    virt_snap_error_set_errno(error, errno, _("Cannot link '%s'"), path);

    return FALSE;
}

/* --- copying from the base ---------------------------------------------------------- */

static gboolean
open_copy_of_base(EngineItem *engine, GError **error)
{
    ExportItem *item = engine->user_data;
    const char *path = item->layer->file;
    int fd = export_base_open_layer(item->base, item->layer->base, error);

    engine->source = fd < 0 ? NULL : drivers_get()->wrap_file(fd, path, error);

    return engine->source && tree_remove_at(item->dirfd, path, error) &&
           export_item_open_sink(item, path, LAYER_MODE, error);
}

static gboolean
check_copy_of_base(EngineItem *engine, GError **error)
{
    ExportItem *item = engine->user_data;
    const ManifestFile *file = item->layer->base;

    return !file->has_digest || memcmp(engine->digest, file->digest, DIGEST_BYTES) == 0 ||
           export_base_damaged(item->base, file, error);
}

/* A disk that a running domain has is read by then, and is not counted as read once more. */
static void
copy_from_base(const Linking *self, ExportItem *item)
{
    item->base = self->plan->base;
    item->engine.was_read = NULL;
    item->engine.open = open_copy_of_base;
    item->engine.finish = check_copy_of_base;
    item->engine.want_digest = item->layer->base->has_digest;
}

static gboolean
link_from_base(const Linking *self, ExportItem *item, GError **error)
{
    const ManifestFile *file = item->layer->base;
    auto_fd fd = export_base_open_layer(self->plan->base, file, error);

    if (fd < 0)
        return FALSE;
    export_item_set_way(item, PLAN_WAY_LINK, NULL);
    if (!make_link(self, item, fd, &item->linked, error))
        return FALSE;
    *self->linked += file->bytes;
    if (item->linked)
        control_advance_part(self->control, item->engine.part, item->engine.weight);
    else
        copy_from_base(self, item);

    return TRUE;
}

static gboolean
take_from_base(const Linking *self, ExportItem *item, Journal *journal, GError **error)
{
    gboolean same;

    if (!control_pass(self->control, 0, error) || !find_out(self, item, &same, error))
        return FALSE;
    if (same)
        return link_from_base(self, item, error);
    if (item->layer->way == PLAN_WAY_LINK)
        export_item_set_way(item, item->layer->made, journal);

    return TRUE;
}

gboolean
export_link_layers(const Plan *plan, GPtrArray *items, Journal *journal, Control *control,
                   guint64 *linked, GError **error)
{
    const Linking self = {plan, control, linked};

    for (guint i = 0; i < items->len; i++) {
        ExportItem *item = g_ptr_array_index(items, i);

        if (item->layer && item->layer->base && item->way != PLAN_WAY_RENEW &&
            !take_from_base(&self, item, journal, error))
            return FALSE;
    }

    return TRUE;
}

/* --- what has changed ----------------------------------------------------------------- */

typedef struct {
    EngineItem engine;
    ExportItem *item;
    const ExportBase *base;
    Control *control;
} Comparison;

static gboolean
open_comparison(EngineItem *engine, GError **error)
{
    Comparison *self = engine->user_data;
    ExportItem *item = self->item;
    const PlanLayer *layer = item->layer;
    Source *before;

    if (!export_item_hold(item, error))
        return FALSE;
    engine->source = export_item_open_guest(item, error);
    if (!engine->source)
        return FALSE;
    item->changes = changes_new(engine->source->size, layer->source->path, error);
    before = item->changes ? drivers_get()->open_guest(layer->before, NULL, FALSE, error)
                           : NULL;
    if (!before)
        return FALSE;
    export_item_note_contents(item, self->base, engine->source->size);
    engine->sink = changes_sink_new(item->changes, before, item->contents, self->control);

    return TRUE;
}

static Comparison *
comparison_new(ExportItem *item, const ExportBase *base, Control *control)
{
    Comparison *self = g_new0(Comparison, 1);
    EngineItem *engine = &self->engine;
    const PlanLayer *layer = item->layer;

    self->item = item;
    self->base = base;
    self->control = control;
    engine->user_data = self;
    engine->open = open_comparison;
    engine->weight = layer->bytes;
    engine->part = item->engine.part;
    engine->descriptors = 3 * chain_depth(layer->source) + 3 * chain_depth(layer->before);

    return self;
}

/* Where the bitmap is not to be believed, the disk is compared as if there were none. */
static gboolean
tell_wrong_bitmap(const Plan *plan, const ExportItem *item, GError **error)
{
    const PlanLayer *layer = item->layer;

    if (!plan->settings->strict) {
        live_export_warn(item->live,
                         g_strdup_printf(_("Domain '%s', disk '%s': the bitmap '%s' says that "
                                           "nothing has changed where something has; the whole "
                                           "disk is read"),
                                         layer->domain->name, layer->target, layer->since));
        return TRUE;
    }
    g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_INVALID_STATE,
                _("Domain '%s', disk '%s': the bitmap '%s' says that nothing has changed where "
                  "something has; export without --strict, and the whole disk is read"),
                layer->domain->name, layer->target, layer->since);

    return FALSE;
}

/* Whether QEMU knows what has changed. */
static gboolean
ask_for_changes(const Plan *plan, ExportItem *item, Control *control, gboolean *known,
                GError **error)
{
    *known = FALSE;
    if (!item->layer->since)
        return TRUE;
    if (!export_bitmap_find_changes(item, control, known, error))
        return FALSE;
    if (*known)
        return TRUE;
    g_clear_pointer(&item->changes, changes_unref);

    return tell_wrong_bitmap(plan, item, error);
}

/* --- nothing has changed ------------------------------------------------------------ */

/* Returns: whether a disk that was read from a running domain has not changed. The empty layer of
 * an image that nobody writes to is kept: it has the times by which the next export knows without
 * reading that the disk is the same. */
static gboolean
is_unchanged(const ExportItem *item)
{
    const PlanLayer *layer = item->layer;

    return layer->domain && changes_bytes(item->changes) == 0 &&
           layer->capacity == layer->before->capacity;
}

/* Every disk that has @layer on top has what is below it. */
static void
take_out(const Plan *plan, const PlanLayer *layer)
{
    for (guint i = 0; i < plan->domains->len; i++) {
        const PlanDomain *domain = g_ptr_array_index(plan->domains, i);
        const PlanSnapshot *snapshot = g_ptr_array_index(domain->snapshots, 0);

        for (guint k = 0; k < snapshot->disks->len; k++) {
            PlanDisk *disk = g_ptr_array_index(snapshot->disks, k);

            if (disk->top == layer)
                disk->top = layer->backing;
        }
    }
}

/* Leaves out a layer that would be empty, so that a disk that nobody writes to has as many after a
 * hundred exports as after one; one that would be the base's image is linked. */
static gboolean
settle_unchanged(const Linking *self, ExportItem *item, GError **error)
{
    if (item->way == PLAN_WAY_RENEW) {
        if (!link_from_base(self, item, error))
            return FALSE;
    } else {
        take_out(self->plan, item->layer);
        item->linked = item->dropped = TRUE;
        control_advance_part(self->control, item->engine.part, item->engine.weight);
    }
    g_atomic_int_set(&item->finished, TRUE);

    return live_export_read(item->live, item->layer, error);
}

static gboolean
settle_changes(const Linking *self, GPtrArray *items, GError **error)
{
    for (guint i = 0; i < items->len; i++) {
        ExportItem *item = g_ptr_array_index(items, i);
        guint64 made_of = 0;

        if (!item->layer || !item->changes)
            continue;
        if (is_unchanged(item) ? !settle_unchanged(self, item, error)
                               : item->way == PLAN_WAY_RENEW &&
                                     !export_renew_prepare(self->plan, item, self->control,
                                                           &made_of, error))
            return FALSE;
        *self->linked += made_of;
    }

    return TRUE;
}

gboolean
export_link_find_changes(const Plan *plan, GPtrArray *items, Control *control, guint64 *linked,
                         GError **error)
{
    const Linking self = {plan, control, linked};
    g_autoptr(GPtrArray) all = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GPtrArray) engine_items = g_ptr_array_new();
    gboolean done;

    for (guint i = 0; i < items->len; i++) {
        ExportItem *item = g_ptr_array_index(items, i);

        gboolean known;

        if (!item->layer || !item->layer->before)
            continue;
        if (!ask_for_changes(plan, item, control, &known, error))
            return FALSE;
        if (known)
            continue;
        g_ptr_array_add(all, comparison_new(item, plan->base, control));
        /* The reading is what takes the time, and is its part of the progress. */
        item->engine.weight = 0;
    }
    for (guint i = 0; i < all->len; i++)
        g_ptr_array_add(engine_items, &((Comparison *)g_ptr_array_index(all, i))->engine);
    done = all->len == 0 ||
           engine_run(engine_items, plan->settings->parallel, control, NULL, error);
    for (guint i = 0; i < all->len; i++)
        engine_item_clear(&((Comparison *)g_ptr_array_index(all, i))->engine);

    return done && settle_changes(&self, items, error);
}
