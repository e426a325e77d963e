/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <fcntl.h>
#include <glib/gi18n-lib.h>

#include "archive/origin.h"
#include "export/plan-base.h"
#include "export/plan-layers.h"
#include "qcow2/renewed-map.h"
#include "util/fd.h"

/* The longest chain that is built. libvirt and QEMU open up to 200 layers; long chains are slow,
 * and some releases of libvirt do not start them. */
#define DEPTH_MAX 100

typedef struct {
    Plan *plan;
    ExportBase *base;
    gboolean near;       /* the base is on the file system that the export goes to */
    GPtrArray *linked;   /* PlanLayer: new ones, of the base, each behind what it is based on; */
    GPtrArray *changes;  /* and those of changes above them */
    GHashTable *names;   /* char*: of layers that are taken */
    GHashTable *seen;    /* PlanLayer -> what was found out of it, OriginMatch + 1 */
} BasePlanner;

/* --- is it the same ------------------------------------------------------------- */

/* The same file may be read in another format, which is a matter of the domain's XML. A base whose
 * manifest does not have the formats yet has to show its content. */
static OriginMatch
match_format(const Origin *origin, const Layer *layer)
{
    if (!origin->format)
        return ORIGIN_LIKELY;

    return g_str_equal(origin->format, layer->format) ? ORIGIN_SAME : ORIGIN_OTHER;
}

static OriginMatch
match_image(const BasePlanner *self, const Origin *origin, const Layer *layer)
{
    OriginMatch match = match_format(origin, layer);
    struct stat st;
    auto_fd fd = -1;

    if (layer->block || match == ORIGIN_OTHER || !g_str_equal(origin->path, layer->path))
        return ORIGIN_OTHER;
    fd = fd_open_data(AT_FDCWD, layer->path, 0, &st);
    if (fd < 0)
        return ORIGIN_OTHER;

    return MIN(match, origin_match(origin, self->base->manifest->boot, fd));
}

/* Compares the origins of @file with the present state of @top, and of the layers below it if
 * the whole chain went into the file. */
static OriginMatch
match_origins(const BasePlanner *self, const ManifestFile *file, const Layer *top,
              gboolean whole_chain)
{
    OriginMatch match = ORIGIN_SAME;
    const Layer *layer = top;

    if (file->origins->len != (whole_chain ? chain_depth(top) : 1))
        return ORIGIN_OTHER;
    for (guint i = 0; i < file->origins->len && match != ORIGIN_OTHER; i++) {
        match = MIN(match, match_image(self, g_ptr_array_index(file->origins, i), layer));
        layer = layer->backing;
    }

    return match;
}

/* Returns: (nullable): the layer of the base that has the same name, was made in the same way, and
 * certainly is what it was. */
static const ManifestFile *
counterpart(const BasePlanner *self, const PlanLayer *layer)
{
    const ManifestFile *file = manifest_file(self->base->manifest, layer->file);
    const char *backing = layer->backing ? layer->backing->file : NULL;

    if (!file || !file->format || !export_base_vouches_for(self->base, file) ||
        !g_str_equal(file->format, layer->format) ||
        g_strcmp0(file->source, layer->source->path) != 0 ||
        g_strcmp0(file->backing, backing) != 0 ||
        file->flattened != (layer->way == PLAN_WAY_FLATTEN))
        return NULL;

    return file;
}

/* Returns: whether timestamps tell the state of the layer. They do not where a running domain
 * writes to it, nor for an internal snapshot, which is only a part of its image. */
static gboolean
has_origins(const PlanLayer *layer)
{
    return !layer->live && !layer->snapshot && layer->way != PLAN_WAY_PULL;
}

static OriginMatch
match_layer(const BasePlanner *self, const PlanLayer *layer, const ManifestFile *file)
{
    if (!has_origins(layer) || file->capacity != layer->capacity ||
        (self->plan->settings->digest && !file->has_digest))
        return ORIGIN_OTHER;

    return match_origins(self, file, layer->source, layer->way == PLAN_WAY_FLATTEN);
}

static void
link_layer(const BasePlanner *self, PlanLayer *layer, const ManifestFile *file)
{
    layer->made = layer->way;
    layer->way = PLAN_WAY_LINK;
    layer->base = file;
    layer->bytes = self->near ? 0 : file->bytes;
}

/* Returns: whether the contents can be compared. The result of compressing cannot: it would have
 * to be compressed again for that. */
static gboolean
can_compare(const PlanLayer *layer, const ManifestFile *file)
{
    return file->has_digest && layer->level == 0 && layer->way != PLAN_WAY_COMPRESS;
}

static void
take_layer(BasePlanner *self, PlanLayer *layer)
{
    const ManifestFile *file = counterpart(self, layer);
    OriginMatch match = file ? match_layer(self, layer, file) : ORIGIN_OTHER;

    if (file)
        g_hash_table_insert(self->seen, layer, GINT_TO_POINTER(match + 1));
    if (match == ORIGIN_SAME)
        link_layer(self, layer, file);
    else if (match == ORIGIN_LIKELY && can_compare(layer, file))
        layer->base = file;
}

/* --- disks ------------------------------------------------------------------------ */

/* Returns: (nullable): the top layer of the same disk in the base, if the guest's view of it is
 * the disk's state. */
static const ManifestFile *
find_disk(const BasePlanner *self, const PlanDomain *domain, const PlanDisk *disk)
{
    const Manifest *manifest = self->base->manifest;
    const ManifestDisk *before = manifest_disk(manifest, domain->uuid, disk->def->target);

    return before && before->layer && !before->internal ? manifest_file(manifest, before->layer)
                                                        : NULL;
}

static guint
depth_of(const BasePlanner *self, const ManifestFile *top)
{
    guint depth = 0;

    for (const ManifestFile *file = top; file; file = export_base_below(self->base, file))
        depth++;

    return depth;
}

/* Returns: whether a layer of the base below @top was merged from several. */
static gboolean
is_flattened(const BasePlanner *self, const ManifestFile *top)
{
    for (const ManifestFile *file = top; file; file = export_base_below(self->base, file)) {
        if (file->flattened)
            return TRUE;
    }

    return FALSE;
}

static gboolean
is_taken(const PlanLayer *layer)
{
    return layer->way == PLAN_WAY_LINK || layer->base;
}

static gboolean
all_taken(const PlanLayer *top)
{
    for (const PlanLayer *layer = top; layer; layer = layer->backing) {
        if (!is_taken(layer))
            return FALSE;
    }

    return TRUE;
}

/* Returns: whether the base has the layer with another content. */
static gboolean
is_rewritten(const BasePlanner *self, const PlanLayer *top)
{
    for (const PlanLayer *layer = top; layer; layer = layer->backing) {
        if (!is_taken(layer) && g_hash_table_contains(self->seen, layer))
            return TRUE;
    }

    return FALSE;
}

static gboolean
is_encrypted(const Layer *top)
{
    for (const Layer *layer = top; layer; layer = layer->backing) {
        if (layer->encrypted)
            return TRUE;
    }

    return FALSE;
}

/* Returns: whether only the changes of the disk are to be exported. Not for an encrypted image,
 * which cannot be compared, and an internal snapshot, whose image is kept for its other
 * snapshots. */
static gboolean
wants_changes(const BasePlanner *self, const PlanDisk *disk, const ManifestFile *top)
{
    const PlanLayer *layer = disk->top;

    if (disk->internal || all_taken(layer) || is_encrypted(layer->source) ||
        (self->plan->settings->digest && !top->has_digest))
        return FALSE;

    return layer->way == PLAN_WAY_FLATTEN || layer->domain || is_flattened(self, top) ||
           is_rewritten(self, layer);
}

/* --- the base's layers ------------------------------------------------------------ */

static Layer *
resolve_files(BasePlanner *self, const ManifestFile *top, GError **error)
{
    g_autoptr(GPtrArray) paths = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GArray) images = g_array_new(FALSE, TRUE, sizeof(ChainImage));

    for (const ManifestFile *file = top; file; file = export_base_below(self->base, file)) {
        char *path = g_build_filename(self->base->path, file->path, NULL);
        ChainImage image = {.path = path, .format = file->format, .on = IMAGE_ON_FILE};
        auto_fd fd = export_base_open_layer(self->base, file, error);

        g_ptr_array_add(paths, path);
        g_array_append_val(images, image);
        if (fd < 0)
            return NULL;
    }

    return chain_resolve(self->plan->chains, (const ChainImage *)images->data, images->len, TRUE,
                         error);
}

/* Returns: whether the layer links @file, and all below it links what is below that. An overlay may
 * be what it was while the image below it is not: then the two belong to different chains. */
static gboolean
links_chain(const BasePlanner *self, const PlanLayer *layer, const ManifestFile *file)
{
    for (; layer && file; layer = layer->backing, file = export_base_below(self->base, file)) {
        if (layer->way != PLAN_WAY_LINK || layer->base != file)
            return FALSE;
    }

    return !layer && !file;
}

/* Returns: (nullable): the layer among @layers that links @file and all below it already. */
static PlanLayer *
find_linked(const BasePlanner *self, const GPtrArray *layers, const ManifestFile *file)
{
    for (guint i = 0; i < layers->len; i++) {
        PlanLayer *layer = g_ptr_array_index(layers, i);

        if (links_chain(self, layer, file))
            return layer;
    }

    return NULL;
}

/* Adds the chain of @file to the plan, or counts one more user of it. @source: the layer that
 * @file was made from. Returns: (transfer none): its layer in the plan. */
static PlanLayer *
take_chain(BasePlanner *self, const ManifestFile *file, const Layer *source)
{
    const ManifestFile *next = export_base_below(self->base, file);
    PlanLayer *backing = next ? take_chain(self, next, source->backing) : NULL;
    PlanLayer *layer = find_linked(self, self->linked, file);

    if (!layer)
        layer = find_linked(self, self->plan->layers, file);
    if (!layer) {
        layer = g_new0(PlanLayer, 1);
        layer->file = g_strdup(file->path);
        layer->format = source->format;
        layer->source = source;
        layer->of_base = TRUE;
        layer->way = PLAN_WAY_LINK;
        layer->backing = backing;
        layer->capacity = file->capacity;
        link_layer(self, layer, file);
        g_ptr_array_add(self->linked, layer);
    }
    layer->users++;

    return layer;
}

/* Returns: whether the plan has another layer under the name of one in the chain of @top. */
static gboolean
has_clash(const BasePlanner *self, const ManifestFile *top)
{
    for (const ManifestFile *file = top; file; file = export_base_below(self->base, file)) {
        for (guint i = 0; i < self->plan->layers->len; i++) {
            const PlanLayer *layer = g_ptr_array_index(self->plan->layers, i);

            if (layer->users > 0 && g_str_equal(layer->file, file->path) &&
                !links_chain(self, layer, file))
                return TRUE;
        }
    }

    return FALSE;
}

/* Adds @n, which may be negative, to the users of every layer of a chain. */
static void
count_users(PlanLayer *top, gint n)
{
    for (PlanLayer *layer = top; layer; layer = layer->backing)
        layer->users = (guint)((gint)layer->users + n);
}

/* --- disks on the base's layers ---------------------------------------------------- */

/* A disk that is to have the base's layers below it. */
typedef struct {
    PlanDisk *disk;
    const ManifestFile *top; /* of the base */
    const Layer *source;     /* the same */
    gboolean same;           /* nothing has changed */
} Wish;

static gboolean
is_same_disk(const BasePlanner *self, const PlanDisk *disk, const ManifestFile *top)
{
    return has_origins(disk->top) && top->flattened && top->capacity == disk->top->capacity &&
           export_base_vouches_for_chain(self->base, top) &&
           match_origins(self, top, disk->top->source, TRUE) == ORIGIN_SAME;
}

/* Returns: whether the image that the base has of the disk may be made the new one, by what is
 * known to have changed. */
static gboolean
may_renew(const BasePlanner *self, const PlanLayer *layer, const ManifestFile *top)
{
    return layer->since && layer->level == 0 && !top->backing && top->flattened && top->nodes &&
           self->plan->settings->digest && g_str_equal(top->format, "qcow2");
}

/* Has the disk made of the base's image of it, if that can be. */
static gboolean
renew_layer(BasePlanner *self, PlanLayer *layer, const ManifestFile *top, GError **error)
{
    auto_fd fd = -1;

    if (!may_renew(self, layer, top))
        return TRUE;
    fd = export_base_open_layer(self->base, top, error);
    if (fd < 0)
        return FALSE;
    if (!renewed_map_suits(fd, top->path))
        return TRUE;
    layer->before = resolve_files(self, top, error);
    if (!layer->before)
        return FALSE;
    layer->way = PLAN_WAY_RENEW;
    layer->base = top;
    layer->bytes = top->bytes;

    return TRUE;
}

/* Returns: whether a layer may be put on those that the base has of the disk. A chain that has
 * become too long ends with a night that takes much longer than others and needs more space, so
 * it is said why. */
static gboolean
has_room_above(const BasePlanner *self, const PlanDomain *domain, const PlanDisk *disk,
               const ManifestFile *top)
{
    guint depth = depth_of(self, top);

    if (depth < DEPTH_MAX)
        return TRUE;
    plan_warn(self->plan,
              _("Domain '%s', disk '%s': the base has it in %u layers, and no chain is made "
                "longer; the whole disk is exported, which begins a new one"),
              domain->name, disk->def->target, depth);

    return FALSE;
}

static gboolean
note_wish(BasePlanner *self, const PlanDomain *domain, PlanDisk *disk, GArray *wishes,
          GError **error)
{
    const ManifestFile *top = disk->top ? find_disk(self, domain, disk) : NULL;
    gboolean merge = self->plan->single;
    Wish one = {disk, top, NULL, FALSE};

    if (!top || !wants_changes(self, disk, top))
        return TRUE;
    one.same = is_same_disk(self, disk, top);
    if (merge && !one.same)
        return renew_layer(self, disk->top, top, error);
    if (merge ? top->backing != NULL : !one.same && !has_room_above(self, domain, disk, top))
        return TRUE;
    one.source = resolve_files(self, top, error);
    if (!one.source)
        return FALSE;
    if (is_encrypted(one.source))
        return TRUE;
    count_users(disk->top, -1);
    g_array_append_val(wishes, one);

    return TRUE;
}

static gboolean
find_wishes(BasePlanner *self, GArray *wishes, GError **error)
{
    for (guint i = 0; i < self->plan->domains->len; i++) {
        const PlanDomain *domain = g_ptr_array_index(self->plan->domains, i);
        const PlanSnapshot *snapshot = g_ptr_array_index(domain->snapshots, 0);

        for (guint j = 0; j < snapshot->disks->len; j++) {
            if (!note_wish(self, domain, g_ptr_array_index(snapshot->disks, j), wishes, error))
                return FALSE;
        }
    }

    return TRUE;
}

/* Drops the wishes that clash. A disk that is refused gets layers of its own again, which may
 * clash with other wishes; so it is repeated until none does. */
static void
refuse_clashes(BasePlanner *self, GArray *wishes)
{
    for (guint i = 0; i < wishes->len;) {
        const Wish *one = &g_array_index(wishes, Wish, i);

        if (!has_clash(self, one->top)) {
            i++;
            continue;
        }
        count_users(one->disk->top, 1);
        g_array_remove_index(wishes, i);
        i = 0;
    }
}

/* Puts a layer with the changes of the disk on the base's layers, or none if nothing has
 * changed. */
static void
grant_wish(BasePlanner *self, const Wish *one)
{
    PlanLayer *layer = take_chain(self, one->top, one->source);

    if (one->same) {
        layer->believed = one->disk->top->source;
    } else {
        layer = plan_layers_changes(self->plan, self->names, one->disk->top, layer);
        g_ptr_array_add(self->changes, layer);
    }
    one->disk->top = layer;
}

static gboolean
take_disks(BasePlanner *self, GError **error)
{
    g_autoptr(GArray) wishes = g_array_new(FALSE, FALSE, sizeof(Wish));

    if (!find_wishes(self, wishes, error))
        return FALSE;
    refuse_clashes(self, wishes);
    for (guint i = 0; i < wishes->len; i++)
        grant_wish(self, &g_array_index(wishes, Wish, i));

    return TRUE;
}

/* --- the plan ------------------------------------------------------------------------ */

/* What is pulled as a whole needs no bitmap. */
static void
forget_since(Plan *plan)
{
    for (guint i = 0; i < plan->layers->len; i++) {
        PlanLayer *layer = g_ptr_array_index(plan->layers, i);

        if (layer->way == PLAN_WAY_PULL)
            g_clear_pointer(&layer->since, g_free);
    }
}

static void
name_all(BasePlanner *self)
{
    for (guint i = 0; i < self->plan->layers->len; i++)
        g_hash_table_add(self->names,
                         ((PlanLayer *)g_ptr_array_index(self->plan->layers, i))->file);
    for (guint i = 0; i < self->base->manifest->files->len; i++)
        g_hash_table_add(self->names,
                         ((ManifestFile *)g_ptr_array_index(self->base->manifest->files, i))->path);
}

/* Who left a disk out once may not expect that the next export takes longer because of that. */
static void
warn_of_left_out(const BasePlanner *self, const PlanDomain *domain)
{
    const PlanSnapshot *snapshot = g_ptr_array_index(domain->snapshots, 0);

    for (guint i = 0; i < snapshot->disks->len; i++) {
        const PlanDisk *disk = g_ptr_array_index(snapshot->disks, i);
        const ManifestDisk *before =
            disk->top ? manifest_disk(self->base->manifest, domain->uuid, disk->def->target) : NULL;

        if (before && manifest_disk_is_left_out(before))
            plan_warn(self->plan,
                      _("Domain '%s', disk '%s': the base '%s' was made without it; the whole "
                        "disk is exported"),
                      domain->name, disk->def->target, self->base->path);
    }
}

gboolean
plan_base_apply(Plan *plan, ExportBase *base, guint64 device, GError **error)
{
    g_autoptr(GPtrArray) linked = g_ptr_array_new();
    g_autoptr(GPtrArray) changes = g_ptr_array_new();
    g_autoptr(GHashTable) names = g_hash_table_new(g_str_hash, g_str_equal);
    g_autoptr(GHashTable) seen = g_hash_table_new(NULL, NULL);
    BasePlanner self = {plan, base, base->device == device, linked, changes, names, seen};
    gboolean done;

    plan->base = base;
    name_all(&self);
    for (guint i = 0; i < plan->domains->len; i++)
        warn_of_left_out(&self, g_ptr_array_index(plan->domains, i));
    for (guint i = 0; i < plan->layers->len; i++)
        take_layer(&self, g_ptr_array_index(plan->layers, i));
    done = plan->settings->snapshots == VIRT_SNAP_SNAPSHOTS_ALL || take_disks(&self, error);
    plan_layers_arrange(plan, linked, changes);
    forget_since(plan);

    return done;
}
