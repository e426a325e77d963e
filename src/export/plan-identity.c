/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <inttypes.h>

#include "archive/journal-content.h"
#include "export/plan-identity.h"

static void
add_escaped_name(GString *text, const char *name)
{
    g_autofree char *escaped = g_uri_escape_string(name, "/", FALSE);

    g_string_append_printf(text, " %s", escaped);
}

/* The digest of the settings without those that only affect the speed. */
static char *
settings_digest(const VirtSnapExportSettings *settings)
{
    g_autoptr(VirtSnapExportSettings) copy = virt_snap_export_settings_copy(settings);
    g_autofree char *document = NULL;

    copy->bandwidth = 0;
    copy->parallel = 0;
    document = virt_snap_export_settings_format(copy);

    return g_compute_checksum_for_string(G_CHECKSUM_SHA256, document, -1);
}

/* Adds an image. The size and time of an image to which a running domain writes change all the
 * time, so they are left out. */
static void
add_identity_source(GString *text, const Layer *layer, gboolean live)
{
    g_string_append_printf(text,
                           "source %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRId64 ".%09" PRIu32,
                           layer->device, layer->inode, live ? 0 : layer->size,
                           live ? 0 : layer->mtime, live ? 0 : layer->mtime_ns);
    add_escaped_name(text, layer->path);
    g_string_append_c(text, '\n');
}

static void
add_identity_layer(GString *text, const PlanLayer *layer)
{
    static const char *const ways[] = {
        [PLAN_WAY_COPY] = "copy",         [PLAN_WAY_FLATTEN] = "flatten",
        [PLAN_WAY_COMPRESS] = "compress", [PLAN_WAY_CHANGES] = "changes",
        [PLAN_WAY_LINK] = "link",         [PLAN_WAY_PULL] = "pull",
        [PLAN_WAY_RENEW] = "renew"};
    /* Whether it is linked depends on times, which may be others the next time. */
    PlanWay way = layer->way == PLAN_WAY_LINK ? layer->made : layer->way;

    g_string_append(text, "layer");
    add_escaped_name(text, layer->file);
    g_string_append_printf(text, " %s", ways[way]);
    add_escaped_name(text, layer->backing ? layer->backing->file : "-");
    g_string_append_c(text, '\n');
    add_identity_source(text, layer->source, layer->live || layer->domain);
    if (!plan_layer_is_whole(layer))
        return;
    for (const Layer *below = layer->source->backing; below; below = below->backing)
        add_identity_source(text, below, FALSE);
}

char *
plan_identity(const Plan *plan)
{
    GString *text = g_string_new(JOURNAL_FIRST_LINE "\n");
    g_autofree char *settings = settings_digest(plan->settings);

    if (plan->collection) {
        g_string_append(text, "collection");
        add_escaped_name(text, plan->collection);
        g_string_append_c(text, '\n');
    }
    g_string_append(text, "snapshot");
    add_escaped_name(text, plan->snapshot);
    g_string_append_printf(text, "\nsettings %s\n", settings);
    for (guint i = 0; i < plan->domains->len; i++) {
        const PlanDomain *domain = g_ptr_array_index(plan->domains, i);

        g_string_append_printf(text, "domain %s", domain->uuid);
        add_escaped_name(text, domain->name);
        g_string_append_c(text, '\n');
    }
    for (guint i = 0; i < plan->layers->len; i++)
        add_identity_layer(text, g_ptr_array_index(plan->layers, i));

    return g_string_free(text, FALSE);
}

static char *
changes_of(const PlanLayer *layer)
{
    GString *text = g_string_new(NULL);

    for (const Layer *one = layer->source; one;
         one = plan_layer_is_whole(layer) ? one->backing : NULL)
        g_string_append_printf(text, "%s%" PRId64 ".%09" PRIu32, text->len > 0 ? "," : "",
                               one->ctime, one->ctime_ns);

    return g_string_free(text, FALSE);
}

GPtrArray *
plan_identity_changes(const Plan *plan)
{
    GPtrArray *changes = g_ptr_array_new_with_free_func(g_free);

    for (guint i = 0; i < plan->layers->len; i++)
        g_ptr_array_add(changes, changes_of(g_ptr_array_index(plan->layers, i)));

    return changes;
}
