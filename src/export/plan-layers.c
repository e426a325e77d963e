/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <glib/gi18n-lib.h>
#include <stdlib.h>
#include <string.h>

#include "export/plan-files.h"
#include "export/plan-layers.h"
#include "hypervisor/drivers.h"
#include "qcow2/layout.h"

/* Digits of the hash in the name of a layer; more are used if two names clash. */
#define IDENTITY_DIGITS 8
#define IDENTITY_DIGITS_MAX 32
#define STEM_BYTES_MAX 100
/* Size of a sector. The size of a qcow2 image is a multiple of it; a raw image may end within a
 * sector, which QEMU pads with zeros. */
#define SECTOR 512
/* Default level of zstd: compresses clusters to within 1 % of its own default 3, in less time. */
#define LEVEL_DEFAULT 1

/* The name of the source without its extension, reduced to characters that no tool treats
 * specially: QEMU takes a colon for the end of a protocol and a comma for the end of an option. */
static char *
make_stem(const char *path)
{
    static const char *const endings[] = {".qcow2", ".qcow", ".img", ".raw"};
    g_autofree char *base = g_path_get_basename(path);
    g_autofree char *valid = NULL;
    GString *stem = g_string_new(NULL);

    for (gsize i = 0; i < G_N_ELEMENTS(endings); i++) {
        if (g_str_has_suffix(base, endings[i]) && strlen(base) > strlen(endings[i]))
            base[strlen(base) - strlen(endings[i])] = '\0';
    }
    valid = g_utf8_make_valid(base, -1);
    for (const char *c = valid; *c && stem->len < STEM_BYTES_MAX; c = g_utf8_next_char(c)) {
        gunichar letter = g_utf8_get_char(c);
        gboolean inner = stem->len > 0 && (letter == '-' || letter == '.');
        gboolean plain = g_unichar_isalnum(letter) && letter != 0xfffd;

        g_string_append_unichar(stem, plain || inner || letter == '_' ? letter : '_');
    }

    return g_string_free(stem, FALSE);
}

/* Names a layer. The same source with the same backing chain gets the same name in every export, so
 * that a later export can find it. */
static char *
name_layer(GHashTable *names, const char *path, const char *key, const char *format)
{
    g_autofree char *stem = make_stem(path);
    g_autofree char *hash = g_compute_checksum_for_string(G_CHECKSUM_SHA256, key, -1);

    for (int digits = IDENTITY_DIGITS; digits <= IDENTITY_DIGITS_MAX; digits += IDENTITY_DIGITS) {
        g_autofree char *name =
            g_strdup_printf("layers/%s-%.*s.%s", stem, digits, hash, format);

        if (!g_hash_table_contains(names, name))
            return g_steal_pointer(&name);
    }

    return g_strdup_printf("layers/%s-%s.%s", stem, hash, format);
}

/* The level in "zstd:LEVEL", the default for "zstd"; 0 for no compression. */
static int
compression_level(const char *compression)
{
    const char *level = compression ? strchr(compression, ':') : NULL;

    if (level)
        return atoi(level + 1);

    return compression ? LEVEL_DEFAULT : 0;
}

static PlanLayer *
add_plan_layer(PlanBuilder *builder, const char *key, const Layer *source, const char *format,
               PlanWay way)
{
    PlanLayer *layer = g_new0(PlanLayer, 1);

    layer->number = builder->plan->layers->len;
    layer->file = name_layer(builder->names, source->path, key, format);
    g_hash_table_add(builder->names, g_strdup(layer->file));
    layer->format = format;
    layer->way = way;
    layer->source = source;
    layer->capacity = source->capacity;
    if (way != PLAN_WAY_COPY)
        layer->level = compression_level(builder->plan->settings->compression);
    if (way == PLAN_WAY_FLATTEN || way == PLAN_WAY_PULL)
        layer->capacity = (layer->capacity + SECTOR - 1) / SECTOR * SECTOR;
    if (way == PLAN_WAY_COPY && source->dirty)
        plan_warn(builder->plan,
                  _("The image '%s' was not closed cleanly (its reference counts are out of "
                    "date); it is exported as it is, and QEMU repairs it when it opens it for "
                    "writing"),
                  source->path);
    g_hash_table_insert(builder->by_key, g_strdup(key), layer);
    g_ptr_array_add(builder->plan->layers, layer);

    return layer;
}

/* Whether compressing only the data of the image loses nothing: it has no internal snapshots or the
 * like, and what it leaves to its backing image is at least as large as a cluster of a compressed
 * image. */
static gboolean
can_compress(const PlanBuilder *builder, const Layer *source)
{
    return builder->plan->settings->compression && g_str_equal(source->format, "qcow2") &&
           !source->encrypted && source->n_snapshots == 0 &&
           source->unit_bits >= WRITTEN_CLUSTER_BITS;
}

PlanLayer *
plan_layers_copy(PlanBuilder *builder, const Layer *source)
{
    PlanWay way = can_compress(builder, source) ? PLAN_WAY_COMPRESS : PLAN_WAY_COPY;
    PlanLayer *backing = source->backing ? plan_layers_copy(builder, source->backing) : NULL;
    g_autofree char *key =
        g_strdup_printf("%s:%s:%s%s%s", way == PLAN_WAY_COPY ? "copy" : "compress",
                        source->format, source->path, backing ? "\n" : "",
                        backing ? backing->file : "");
    PlanLayer *layer = g_hash_table_lookup(builder->by_key, key);

    if (!layer) {
        layer = add_plan_layer(builder, key, source, source->format, way);
        layer->backing = backing;
        layer->bytes = source->allocated;
        builder->plan->bytes += layer->bytes;
    }
    layer->users++;

    return layer;
}

/* The key of a flattened layer, which includes the chain and the internal snapshot, since one image
 * may be the top of several chains. */
static char *
make_flat_key(const Layer *source, const Qcow2Snapshot *snapshot)
{
    GString *key = g_string_new(NULL);

    g_string_printf(key, "flat:%s:%s:%s", source->format, source->path,
                    snapshot ? snapshot->name : "");
    for (const Layer *layer = source->backing; layer; layer = layer->backing)
        g_string_append_printf(key, "\n%s:%s", layer->format, layer->path);

    return g_string_free(key, FALSE);
}

/* An upper bound, because clusters that a layer above hides are counted too. */
static void
count_all(PlanBuilder *builder, PlanLayer *layer)
{
    for (const Layer *below = layer->source; below; below = below->backing)
        layer->bytes += below->allocated;
    layer->bytes = MIN(layer->bytes, layer->capacity);
    builder->plan->bytes += layer->bytes;
}

PlanLayer *
plan_layers_flatten(PlanBuilder *builder, const Layer *source, const Qcow2Snapshot *snapshot,
                    gboolean live)
{
    g_autofree char *key = make_flat_key(source, snapshot);
    PlanLayer *layer = g_hash_table_lookup(builder->by_key, key);

    if (!layer) {
        layer = add_plan_layer(builder, key, source, "qcow2", PLAN_WAY_FLATTEN);
        layer->snapshot = qcow2_snapshot_copy(snapshot);
        layer->live = live;
        count_all(builder, layer);
    }
    layer->users++;

    return layer;
}

PlanLayer *
plan_layers_pull(PlanBuilder *builder, const PlanDomain *domain, const char *target,
                 const Layer *source)
{
    g_autofree char *key = g_strdup_printf("pull:%s:%s", domain->uuid, target);
    PlanLayer *layer = add_plan_layer(builder, key, source, "qcow2", PLAN_WAY_PULL);

    layer->domain = domain;
    layer->target = g_strdup(target);
    count_all(builder, layer);
    layer->users++;

    return layer;
}

/* As much as is read to find out what has changed: no more than the chain has. */
static guint64
chain_bytes(const PlanLayer *chain)
{
    guint64 bytes = 0;

    for (const PlanLayer *layer = chain; layer; layer = layer->backing)
        bytes += layer->source->allocated;

    return MIN(bytes, chain->capacity);
}

/* What the domain has discarded or zeroed is in its bitmap as well, and there is nothing to copy of
 * it. */
static guint64
changes_bytes_of(const PlanLayer *chain)
{
    guint64 bytes =
        chain->way == PLAN_WAY_FLATTEN || chain->domain ? chain->bytes : chain_bytes(chain);

    return chain->since ? MIN(chain->since_bytes, bytes) : bytes;
}

PlanLayer *
plan_layers_changes(Plan *plan, GHashTable *names, const PlanLayer *chain, PlanLayer *backing)
{
    g_autofree char *flat = make_flat_key(chain->source, chain->snapshot);
    g_autofree char *key = g_strdup_printf("changes:%s\n%s", flat, backing->file);
    PlanLayer *layer = g_new0(PlanLayer, 1);

    layer->file = name_layer(names, chain->source->path, key, "qcow2");
    g_hash_table_add(names, layer->file);
    layer->format = "qcow2";
    layer->way = PLAN_WAY_CHANGES;
    layer->source = chain->source;
    layer->snapshot = qcow2_snapshot_copy(chain->snapshot);
    layer->live = chain->live;
    layer->domain = chain->domain;
    layer->target = g_strdup(chain->target);
    layer->since = g_strdup(chain->since);
    layer->since_bytes = chain->since_bytes;
    layer->backing = backing;
    layer->before = backing->source;
    layer->capacity = units_for(chain->capacity, SECTOR) * SECTOR;
    layer->bytes = changes_bytes_of(chain);
    layer->level = compression_level(plan->settings->compression);
    layer->users = 1;

    return layer;
}

/* --- their order ------------------------------------------------------------------- */

/* Appends @layer to the plan, after the layers that it is based on, unless it is there already. */
static void
put_layer(Plan *plan, GHashTable *there, PlanLayer *layer)
{
    if (!layer || !g_hash_table_add(there, layer))
        return;
    put_layer(plan, there, layer->backing);
    layer->number = plan->layers->len;
    plan->bytes += layer->bytes;
    g_ptr_array_add(plan->layers, layer);
}

static void
put_layers(Plan *plan, GHashTable *there, const GPtrArray *layers)
{
    for (guint i = 0; i < layers->len; i++) {
        PlanLayer *layer = g_ptr_array_index(layers, i);

        if (layer->users > 0)
            put_layer(plan, there, layer);
        else
            plan_layer_free(layer);
    }
}

void
plan_layers_arrange(Plan *plan, const GPtrArray *linked, const GPtrArray *changes)
{
    g_autoptr(GPtrArray) before = plan->layers;
    g_autoptr(GHashTable) there = g_hash_table_new(NULL, NULL);

    g_ptr_array_set_free_func(before, NULL);
    plan->layers = g_ptr_array_new_with_free_func((GDestroyNotify)plan_layer_free);
    plan->bytes = 0;
    for (guint i = 0; i < plan->files->len; i++)
        plan->bytes += ((PlanFile *)g_ptr_array_index(plan->files, i))->bytes;
    put_layers(plan, there, linked);
    put_layers(plan, there, before);
    put_layers(plan, there, changes);
}
