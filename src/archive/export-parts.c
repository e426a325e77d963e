/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <string.h>

#include "archive/export-parts.h"

/* --- what an export has ------------------------------------------------------- */

/* What it has of a part, as one letter of the history of that. */
typedef enum {
    PART_UNKNOWN = '-', /* there was no such part, or no more than a drive for it */
    PART_LEFT_OUT = 'l',
    PART_HELD = 'h',
} PartState;

static PartState
disk_state(const ManifestDisk *disk)
{
    if (disk->layer)
        return PART_HELD;

    return manifest_disk_is_left_out(disk) ? PART_LEFT_OUT : PART_UNKNOWN;
}

/* The disks of the exported state: the first snapshot is that. */
static const GPtrArray *
disks_of(const ManifestDomain *domain)
{
    return ((const ManifestSnapshot *)g_ptr_array_index(domain->snapshots, 0))->disks;
}

ExportParts *
export_parts_new(const Manifest *manifest)
{
    GHashTable *parts = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);

    for (guint i = 0; i < manifest->domains->len; i++) {
        const ManifestDomain *domain = g_ptr_array_index(manifest->domains, i);
        const GPtrArray *disks = disks_of(domain);

        g_hash_table_insert(parts, g_strdup(domain->uuid), GINT_TO_POINTER(PART_HELD));
        for (guint j = 0; j < disks->len; j++) {
            const ManifestDisk *disk = g_ptr_array_index(disks, j);

            g_hash_table_insert(parts, g_strdup_printf("%s %s", domain->uuid, disk->target),
                                GINT_TO_POINTER(disk_state(disk)));
        }
    }

    return parts;
}

gboolean
export_parts_only_left_out(const Manifest *manifest)
{
    gboolean left_out = FALSE;

    for (guint i = 0; i < manifest->domains->len; i++) {
        const GPtrArray *disks = disks_of(g_ptr_array_index(manifest->domains, i));

        for (guint j = 0; j < disks->len; j++) {
            PartState state = disk_state(g_ptr_array_index(disks, j));

            if (state == PART_HELD)
                return FALSE;
            left_out = left_out || state == PART_LEFT_OUT;
        }
    }

    return left_out;
}

/* --- what is kept ------------------------------------------------------------- */

typedef struct {
    const KeepRules *rules;
    const KeepExport *exports;
    gsize n;
    GTimeZone *zone;
    guint *kept;
    GHashTable *histories; /* char*: those to which the rules were applied */
} Keeping;

/* Returns: a letter for each export, the newest first: what it has of @part. */
static char *
history_of(const Keeping *self, const char *part)
{
    char *history = g_strnfill(self->n, PART_UNKNOWN);

    for (gsize i = 0; i < self->n; i++) {
        gpointer state = g_hash_table_lookup(self->exports[i].parts, part);

        if (state)
            history[i] = (char)GPOINTER_TO_INT(state);
    }

    return history;
}

/* Applies the rules to the exports that did not leave the part out. Of those that have nothing of
 * it, because it came later or has gone, none is kept for it; but they count. */
static void
apply_rules(Keeping *self, const char *history)
{
    g_autofree gint64 *times = g_new(gint64, self->n);
    g_autofree guint *kept = g_new(guint, self->n);
    gsize counted = 0;

    for (gsize i = 0; i < self->n; i++) {
        if (history[i] != PART_LEFT_OUT)
            times[counted++] = self->exports[i].time;
    }
    keep_rules_apply(self->rules, times, counted, self->zone, kept);
    for (gsize i = self->n; i-- > 0;) {
        if (history[i] != PART_LEFT_OUT)
            counted--;
        if (history[i] == PART_HELD)
            self->kept[i] |= kept[counted];
    }
}

/* Most parts have been in the same exports, which then are judged once. */
static void
keep_history(Keeping *self, char *history)
{
    const char *newest = memchr(history, PART_HELD, self->n);

    if (newest)
        self->kept[newest - history] |= KEEP_ONLY_HERE;
    if (g_hash_table_contains(self->histories, history)) {
        g_free(history);
        return;
    }
    apply_rules(self, history);
    g_hash_table_add(self->histories, history);
}

/* Judges the parts that no newer export than the one of that index has told of. */
static void
keep_parts_of(Keeping *self, gsize index, GHashTable *seen)
{
    GHashTableIter iter;
    gpointer part;

    g_hash_table_iter_init(&iter, self->exports[index].parts);
    while (g_hash_table_iter_next(&iter, &part, NULL)) {
        if (g_hash_table_add(seen, part))
            keep_history(self, history_of(self, part));
    }
}

void
export_parts_keep(const KeepRules *rules, const KeepExport *exports, gsize n, GTimeZone *zone,
                  guint *kept)
{
    g_autoptr(GHashTable) histories =
        g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);
    Keeping self = {rules, exports, n, zone, kept, histories};

    for (gsize i = 0; i < n; i++)
        kept[i] = 0;
    /* The collection itself is a part that each export has. */
    keep_history(&self, g_strnfill(n, PART_HELD));
    for (gsize i = 0; i < n; i++)
        keep_parts_of(&self, i, seen);
}
