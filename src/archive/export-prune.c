/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <fcntl.h>
#include <glib/gi18n-lib.h>

#include "archive/export-links.h"
#include "archive/export-list.h"
#include "archive/export-lock.h"
#include "archive/export-parts.h"
#include "archive/export-prune.h"
#include "archive/export-protect.h"
#include "archive/export-remove.h"
#include "util/fd.h"

/* By how much the clock of another host may be ahead of this one, in seconds. */
#define FUTURE_SECONDS ((gint64)24 * 60 * 60)

static void
item_free(gpointer data)
{
    PruneItem *item = data;

    g_free(item->path);
    g_free(item->below);
    g_free(item->collection);
    g_free(item->snapshot);
    g_free(item->host);
    g_ptr_array_unref(item->reasons);
    g_clear_pointer(&item->parts, g_hash_table_unref);
    g_free(item->problem);
    g_free(item);
}

PruneReport *
prune_report_new(void)
{
    PruneReport *report = g_new0(PruneReport, 1);

    report->items = g_ptr_array_new_with_free_func(item_free);

    return report;
}

void
prune_report_free(PruneReport *report)
{
    if (!report)
        return;
    g_ptr_array_unref(report->items);
    g_free(report);
}

static PruneItem *
item_new(const char *path, const char *below)
{
    PruneItem *item = g_new0(PruneItem, 1);

    item->path = g_strdup(path);
    item->below = g_strdup(below);
    item->reasons = g_ptr_array_new_with_free_func(g_free);

    return item;
}

/* --- what there is ---------------------------------------------------------- */

/* Returns: the list of members, which stands for the name of an unnamed collection. */
static char *
members_of(const Manifest *manifest)
{
    g_autoptr(GString) names = g_string_new(NULL);

    for (guint i = 0; i < manifest->domains->len; i++) {
        const ManifestDomain *domain = g_ptr_array_index(manifest->domains, i);

        g_string_append_printf(names, "%s%s", i > 0 ? "\n" : "", domain->name);
    }

    return g_string_free(g_steal_pointer(&names), FALSE);
}

/* The exports to which one set of rules applies, with the key that they have in common. */
typedef struct {
    char *key;
    GPtrArray *items;    /* PruneItem, not owned */
    GHashTable *members; /* UUIDs of their domains */
} Row;

static void
row_free(gpointer data)
{
    Row *row = data;

    g_free(row->key);
    g_ptr_array_unref(row->items);
    g_hash_table_unref(row->members);
    g_free(row);
}

static char *
row_key(const Manifest *manifest)
{
    g_autofree char *members = manifest->collection ? NULL : members_of(manifest);

    return g_strdup_printf("%s\n%s\n%s", manifest->collection ? "c" : "d",
                           manifest->collection ? manifest->collection : members, manifest->host);
}

/* Hosts of the same name may have collections of the same name, but no domain is on both. Members
 * come and go, so that one that two exports share suffices. */
static gboolean
row_takes(const Row *row, const char *key, const Manifest *manifest)
{
    if (!g_str_equal(row->key, key))
        return FALSE;
    for (guint i = 0; i < manifest->domains->len; i++) {
        const ManifestDomain *domain = g_ptr_array_index(manifest->domains, i);

        if (g_hash_table_contains(row->members, domain->uuid))
            return TRUE;
    }

    return manifest->domains->len == 0;
}

static void
merge_row(Row *row, Row *other)
{
    GHashTableIter iter;
    gpointer uuid;

    g_ptr_array_extend(row->items, other->items, NULL, NULL);
    g_hash_table_iter_init(&iter, other->members);
    while (g_hash_table_iter_next(&iter, &uuid, NULL)) {
        g_hash_table_iter_steal(&iter);
        g_hash_table_add(row->members, uuid);
    }
}

static Row *
find_row(GPtrArray *rows, const Manifest *manifest)
{
    g_autofree char *key = row_key(manifest);
    Row *row = g_new0(Row, 1);

    row->items = g_ptr_array_new();
    row->members = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    for (guint i = 0; i < manifest->domains->len; i++) {
        const ManifestDomain *domain = g_ptr_array_index(manifest->domains, i);

        g_hash_table_add(row->members, g_strdup(domain->uuid));
    }
    for (guint i = rows->len; i-- > 0;) {
        if (!row_takes(g_ptr_array_index(rows, i), key, manifest))
            continue;
        merge_row(row, g_ptr_array_index(rows, i));
        g_ptr_array_remove_index(rows, i);
    }
    row->key = g_steal_pointer(&key);
    g_ptr_array_add(rows, row);

    return row;
}

static PruneItem *
item_from(const FoundExport *found)
{
    PruneItem *item = item_new(found->path, found->below);

    item->created = found->created;
    item->stamp = found->stamp;
    item->problem = g_strdup(found->problem);
    if (found->manifest) {
        item->collection = g_strdup(found->manifest->collection);
        item->snapshot = g_strdup(found->manifest->snapshot);
        item->host = g_strdup(found->manifest->host);
        item->parts = export_parts_new(found->manifest);
    }
    if (found->manifest && !found->problem && found->created == 0)
        item->problem = g_strdup(_("when it was made cannot be told"));
    if (item->problem)
        item->fate = PRUNE_LEAVE;
    if (found->is_protected)
        g_ptr_array_add(item->reasons, g_strdup(PRUNE_PROTECTED));

    return item;
}

static gboolean
is_asked_for(const PruneOrder *order, const FoundExport *found)
{
    return !order->collection ||
           (found->manifest && g_strcmp0(found->manifest->collection, order->collection) == 0);
}

/* Adds an export to the row that it belongs to. Exports that the rules do not apply to belong to
 * none. */
static void
take_found(const PruneOrder *order, const FoundExport *found, PruneReport *report, GPtrArray *rows)
{
    PruneItem *item;

    if (!is_asked_for(order, found))
        return;
    item = item_from(found);
    g_ptr_array_add(report->items, item);
    if (item->fate != PRUNE_LEAVE)
        g_ptr_array_add(find_row(rows, found->manifest)->items, item);
}

/* --- what is kept ----------------------------------------------------------- */

static gint
newest_first(gconstpointer a, gconstpointer b)
{
    const PruneItem *one = *(PruneItem *const *)a;
    const PruneItem *other = *(PruneItem *const *)b;

    if (one->created != other->created)
        return one->created < other->created ? 1 : -1;
    if (one->stamp.written != other->stamp.written)
        return one->stamp.written < other->stamp.written ? 1 : -1;

    return -g_strcmp0(one->path, other->path);
}

/* Compares items by collection and then by time, the newest first. */
static gint
for_people(gconstpointer a, gconstpointer b)
{
    const PruneItem *one = *(PruneItem *const *)a;
    const PruneItem *other = *(PruneItem *const *)b;
    int order = g_strcmp0(one->collection, other->collection);

    if (order == 0)
        order = g_strcmp0(one->host, other->host);

    return order != 0 ? order : newest_first(a, b);
}

void
prune_report_sort(PruneReport *report)
{
    g_ptr_array_sort(report->items, for_people);
}

/* Returns: the number of exports, the newest first, whose times lie in the future. A wrong clock
 * dated them; they must not push out others and are not counted. */
static guint
skip_future(GPtrArray *items, gint64 now)
{
    guint i = 0;

    for (; i < items->len; i++) {
        PruneItem *item = g_ptr_array_index(items, i);

        if (item->created <= now + FUTURE_SECONDS)
            break;
        g_ptr_array_add(item->reasons, g_strdup(PRUNE_FUTURE));
    }

    return i;
}

static void
add_reasons(PruneItem *item, guint kept)
{
    if (kept & KEEP_ONLY_HERE)
        g_ptr_array_add(item->reasons, g_strdup(PRUNE_ONLY_HERE));
    for (guint rule = 0; rule < KEEP_RULES; rule++) {
        if (kept & (1u << rule))
            g_ptr_array_add(item->reasons, g_strdup(keep_rule_name(rule)));
    }
}

static void
judge_row(const KeepRules *rules, GPtrArray *items, GTimeZone *zone, gint64 now)
{
    g_autofree KeepExport *exports = g_new(KeepExport, items->len);
    g_autofree guint *kept = g_new0(guint, items->len);
    guint first;

    g_ptr_array_sort(items, newest_first);
    first = skip_future(items, now);
    for (guint i = first; i < items->len; i++) {
        const PruneItem *item = g_ptr_array_index(items, i);

        exports[i] = (KeepExport){item->created, item->parts};
    }
    export_parts_keep(rules, exports + first, items->len - first, zone, kept + first);
    for (guint i = 0; i < items->len; i++) {
        PruneItem *item = g_ptr_array_index(items, i);

        if (i == first) {
            g_ptr_array_insert(item->reasons, 0, g_strdup(PRUNE_NEWEST));
            kept[i] &= ~KEEP_ONLY_HERE;
        }
        add_reasons(item, kept[i]);
        item->fate = item->reasons->len > 0 ? PRUNE_KEEP : PRUNE_REMOVE;
    }
}

static PruneReport *
judge_exports(const PruneOrder *order, GPtrArray *exports)
{
    PruneReport *report = prune_report_new();
    g_autoptr(GPtrArray) rows = g_ptr_array_new_with_free_func(row_free);
    g_autoptr(GTimeZone) zone = g_time_zone_new_local();
    gint64 now = g_get_real_time() / G_USEC_PER_SEC;

    for (guint i = 0; i < exports->len; i++)
        take_found(order, g_ptr_array_index(exports, i), report, rows);
    for (guint i = 0; i < rows->len; i++)
        judge_row(&order->rules, ((Row *)g_ptr_array_index(rows, i))->items, zone, now);
    prune_report_sort(report);

    return report;
}

/* --- what is removed -------------------------------------------------------- */

typedef struct {
    const PruneOrder *order;
    int fd; /* of the directory */
    PruneReport *report;
    Control *control;
    ExportLinks *links; /* with dry_run: of all that would go */
} Pruning;

static void
set_problem(PruneItem *item, PruneFate fate, const GError *error)
{
    g_free(item->problem);
    item->problem = g_strdup(error->message);
    item->fate = fate;
}

/* Notes why an item is kept: it has been read, used or protected meanwhile, or could not be
 * removed for another reason. */
static void
set_kept(Pruning *self, PruneItem *item, const GError *error)
{
    auto_fd fd = fd_open_inside(self->fd, item->below, O_RDONLY | O_DIRECTORY, NULL);
    gboolean in_use = g_error_matches(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_IN_USE);
    gboolean protected = fd >= 0 && export_is_protected(fd);

    set_problem(item, in_use || protected ? PRUNE_KEEP : PRUNE_LEAVE, error);
    if (item->fate == PRUNE_KEEP)
        g_ptr_array_add(item->reasons, g_strdup(in_use ? PRUNE_IN_USE : PRUNE_PROTECTED));
}

static void
set_result(Pruning *self, PruneItem *item, RemoveResult result, const GError *error)
{
    if (result == REMOVE_KEPT) {
        set_kept(self, item, error);
    } else if (result == REMOVE_REPLACED) {
        set_problem(item, PRUNE_KEEP, error);
        g_ptr_array_add(item->reasons, g_strdup(PRUNE_REPLACED));
    } else if (result == REMOVE_FAILED) {
        set_problem(item, PRUNE_FAIL, error);
        self->report->failed++;
    } else {
        item->fate = PRUNE_REMOVE;
        self->report->freed += item->freed;
        self->report->removed++;
    }
}

static void
imagine_pruning(Pruning *self, PruneItem *item)
{
    guint64 before = export_links_own(self->links);
    g_autoptr(GError) error = NULL;
    ExportRef export = {self->fd, item->below, item->path, &item->stamp};
    RemoveResult result = export_remove_check(&export, self->links, &error);

    if (result == REMOVE_DONE)
        item->freed = export_links_own(self->links) - before;
    set_result(self, item, result, error);
}

static void
carry_out_pruning(Pruning *self, PruneItem *item)
{
    g_autoptr(GError) error = NULL;
    guint64 freed;
    ExportRef export = {self->fd, item->below, item->path, &item->stamp};
    RemoveResult result = export_remove(&export, self->control, &freed, &error);

    item->freed = result == REMOVE_DONE ? freed : 0;
    set_result(self, item, result, error);
}

/* Removes the items, the oldest first, so that the newer ones are left when it is interrupted. */
static gboolean
remove_items(Pruning *self, GError **error)
{
    for (guint i = self->report->items->len; i > 0; i--) {
        PruneItem *item = g_ptr_array_index(self->report->items, i - 1);

        if (item->fate != PRUNE_REMOVE)
            continue;
        if (!control_pass(self->control, 0, error))
            return FALSE;
        if (self->order->dry_run)
            imagine_pruning(self, item);
        else
            carry_out_pruning(self, item);
    }

    return TRUE;
}

static void
finish_left(Pruning *self, const char *below)
{
    g_autofree char *path = g_build_filename(self->order->directory, below, NULL);
    PruneItem *item = item_new(path, below);
    ExportRef export = {self->fd, below, path, NULL};
    g_autoptr(GError) error = NULL;
    guint64 freed = 0;
    RemoveResult result = REMOVE_DONE;

    if (!self->order->dry_run)
        result = export_remove_left(&export, self->control, &freed, &error);
    item->freed = result == REMOVE_DONE ? freed : 0;
    g_ptr_array_add(self->report->items, item);
    set_result(self, item, result, error);
}

/* Removes what interrupted removals have left, of every collection: it is no export any more. */
static gboolean
finish_all_left(Pruning *self, GPtrArray *left, GError **error)
{
    for (guint i = 0; i < left->len; i++) {
        if (!control_pass(self->control, 0, error))
            return FALSE;
        finish_left(self, g_ptr_array_index(left, i));
    }

    return TRUE;
}

/* --- all of it -------------------------------------------------------------- */

static gboolean
check_order(const PruneOrder *order, GPtrArray *exports, GError **error)
{
    if (!keep_rules_any(&order->rules)) {
        g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_INVALID_PARAMETER,
                    _("No rule says which exports are kept; name one at least, as keep-last"));
        return FALSE;
    }
    if (exports->len != 1 ||
        !g_str_equal(((const FoundExport *)g_ptr_array_index(exports, 0))->below, "."))
        return TRUE;
    g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_INVALID_PARAMETER,
                _("'%s' is an export; name the directory that exports are made into"),
                order->directory);

    return FALSE;
}

PruneReport *
export_prune(const PruneOrder *order, Control *control, GError **error)
{
    auto_fd fd = fd_open(AT_FDCWD, order->directory, O_RDONLY | O_DIRECTORY, 0, error);
    g_autoptr(GPtrArray) exports = fd < 0 ? NULL : export_list(order->directory, error);
    g_autoptr(GPtrArray) left = exports ? export_list_left(fd, error) : NULL;
    g_autoptr(PruneReport) report = NULL;
    g_autoptr(ExportLinks) links = export_links_new();
    Pruning self = {order, fd, NULL, control, links};

    if (!left || !check_order(order, exports, error))
        return NULL;
    self.report = report = judge_exports(order, exports);
    if (!remove_items(&self, error) || !finish_all_left(&self, left, error))
        return NULL;

    return g_steal_pointer(&report);
}
