/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <glib/gi18n.h>
#include <stdio.h>

#include "cli/output.h"
#include "cli/plan-show.h"
#include "util/format.h"

/* Called for every disk of the exported snapshot that has images. */
typedef void (*EachDisk)(const PlanDomain *domain, const PlanDisk *disk, gpointer data);

static void
for_each_disk(const Plan *plan, EachDisk each, gpointer data)
{
    for (guint i = 0; i < plan->domains->len; i++) {
        const PlanDomain *domain = g_ptr_array_index(plan->domains, i);
        const PlanSnapshot *snapshot = g_ptr_array_index(domain->snapshots, 0);

        for (guint j = 0; j < snapshot->disks->len; j++)
            each(domain, g_ptr_array_index(snapshot->disks, j), data);
    }
}

static void
count_disk(G_GNUC_UNUSED const PlanDomain *domain, const PlanDisk *disk, gpointer users)
{
    for (const Layer *layer = disk->top ? disk->top->source : NULL; layer;
         layer = layer->backing) {
        guint n = GPOINTER_TO_UINT(g_hash_table_lookup(users, layer));

        g_hash_table_insert(users, (gpointer)layer, GUINT_TO_POINTER(n + 1));
    }
}

/* Counts for each image the disks whose chains include it. */
static GHashTable *
count_layer_users(const Plan *plan)
{
    GHashTable *users = g_hash_table_new(NULL, NULL);

    for_each_disk(plan, count_disk, users);

    return users;
}

static guint
users_of(GHashTable *users, const Layer *layer)
{
    return GPOINTER_TO_UINT(g_hash_table_lookup(users, layer));
}

/* --- a tree --------------------------------------------------------------- */

static void
draw_layer(const Layer *layer, guint depth, GHashTable *users)
{
    guint n = users_of(users, layer);
    g_autofree char *path = text_printable(layer->path);
    g_autofree char *size = format_bytes(layer->allocated);
    g_autofree char *capacity = format_bytes(layer->capacity);

    printf("  %*s└─ %s, %s", (int)(depth * 3), "", path, layer->format);
    printf(_(", %s of %s"), size, capacity);
    if (layer->n_snapshots > 0)
        printf(ngettext(", %u internal snapshot", ", %u internal snapshots",
                        layer->n_snapshots),
               layer->n_snapshots);
    if (n > 1)
        printf(ngettext(", shared by %u disk", ", shared by %u disks", n), n);
    putchar('\n');
}

static void
draw_disk(const PlanDomain *domain, const PlanDisk *disk, gpointer users)
{
    g_autofree char *name = text_printable(domain->name);
    guint depth = 0;

    if (disk->recorded) {
        printf(_("%s, %s: recorded only (%s)\n"), name, disk->def->target, disk->recorded);
        return;
    }
    printf("%s, %s:\n", name, disk->def->target);
    for (const Layer *layer = disk->top->source; layer; layer = layer->backing)
        draw_layer(layer, depth++, users);
}

void
plan_show_chains(const Plan *plan)
{
    g_autoptr(GHashTable) users = count_layer_users(plan);

    for_each_disk(plan, draw_disk, users);
}

/* --- JSON ----------------------------------------------------------------- */

typedef struct {
    JsonArray *disks;
    GHashTable *users;
} ChainsJson;

static JsonObject *
layer_json(const Layer *layer, GHashTable *users)
{
    JsonObject *object = json_object_new();

    json_set_text(object, "path", layer->path);
    json_set_text(object, "format", layer->format);
    json_set_size(object, "capacity", layer->capacity);
    json_set_size(object, "allocated", layer->allocated);
    json_object_set_int_member(object, "internalSnapshots", layer->n_snapshots);
    json_object_set_int_member(object, "users", users_of(users, layer));

    return object;
}

static void
add_disk_json(const PlanDomain *domain, const PlanDisk *disk, gpointer data)
{
    ChainsJson *chains = data;
    JsonObject *object = json_object_new();
    JsonArray *layers = json_array_new();

    json_set_text(object, "domain", domain->name);
    json_set_text(object, "target", disk->def->target);
    json_set_text(object, "recorded", disk->recorded);
    for (const Layer *layer = disk->top ? disk->top->source : NULL; layer;
         layer = layer->backing)
        json_array_add_object_element(layers, layer_json(layer, chains->users));
    json_object_set_array_member(object, "layers", layers);
    json_array_add_object_element(chains->disks, object);
}

JsonObject *
plan_show_chains_json(const Plan *plan)
{
    g_autoptr(GHashTable) users = count_layer_users(plan);
    ChainsJson chains = {json_array_new(), users};
    JsonObject *object = json_object_new();

    for_each_disk(plan, add_disk_json, &chains);
    json_object_set_int_member(object, "result", 0);
    json_object_set_array_member(object, "disks", chains.disks);

    return object;
}

/* --- a graph -------------------------------------------------------------- */

/* Quotes @text for Graphviz, where only quotes and backslashes are special. */
static char *
dot_quote(const char *text)
{
    g_autofree char *printable = text_printable(text);
    GString *quoted = g_string_new("\"");

    for (const char *c = printable; *c; c++) {
        if (*c == '"' || *c == '\\')
            g_string_append_c(quoted, '\\');
        g_string_append_c(quoted, *c);
    }

    return g_string_free(g_string_append_c(quoted, '"'), FALSE);
}

static void
dot_edge(const char *from, const char *to)
{
    g_autofree char *quoted_from = dot_quote(from);
    g_autofree char *quoted_to = dot_quote(to);

    printf("  %s -> %s;\n", quoted_from, quoted_to);
}

static void
dot_layer(const Layer *layer, GHashTable *users)
{
    g_autofree char *size = format_bytes(layer->allocated);
    g_autofree char *base = g_path_get_basename(layer->path);
    g_autofree char *text = g_strdup_printf("%s (%s, %s)", base, layer->format, size);
    g_autofree char *label = dot_quote(text);
    g_autofree char *node = dot_quote(layer->path);

    printf("  %s [shape=box, label=%s%s];\n", node, label,
           users_of(users, layer) > 1 ? ", style=bold" : "");
    if (layer->backing)
        dot_edge(layer->path, layer->backing->path);
}

static void
dot_disk(const PlanDomain *domain, const PlanDisk *disk, gpointer data)
{
    g_autofree char *name = g_strdup_printf("%s %s", domain->name, disk->def->target);

    if (disk->top)
        dot_edge(name, disk->top->source->path);
}

static void
dot_each_layer(G_GNUC_UNUSED const PlanDomain *domain, const PlanDisk *disk, gpointer data)
{
    GHashTable *users = data;

    /* A shared image is printed only once. */
    for (const Layer *layer = disk->top ? disk->top->source : NULL;
         layer && users_of(users, layer) > 0; layer = layer->backing) {
        dot_layer(layer, users);
        g_hash_table_remove(users, layer);
    }
}

void
plan_show_dot(const Plan *plan)
{
    g_autoptr(GHashTable) users = count_layer_users(plan);

    puts("digraph chains {\n  rankdir=LR;");
    for_each_disk(plan, dot_disk, NULL);
    for_each_disk(plan, dot_each_layer, users);
    puts("}");
}
