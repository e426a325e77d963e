/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <glib/gi18n.h>

#include "archive/export-protect.h"
#include "archive/prune-variant.h"
#include "bus/bus-path.h"
#include "cli/output.h"
#include "cli/prune.h"
#include "cli/service.h"
#include "util/format.h"
#include "util/path.h"

/* --- what came of it -------------------------------------------------------- */

static JsonObject *
item_json(const PruneItem *item)
{
    JsonObject *object = json_object_new();
    g_autofree char *created = item->created != 0 ? format_time(item->created) : NULL;

    json_set_text(object, "export", item->path);
    json_set_text(object, "collection", item->collection);
    json_set_text(object, "snapshot", item->snapshot);
    json_set_text(object, "created", created);
    if (item->fate == PRUNE_KEEP)
        json_set_texts(object, "reasons", item->reasons);
    if (item->fate == PRUNE_REMOVE)
        json_set_size(object, "freed", item->freed);
    if (item->problem)
        json_set_text(object, "problem", item->problem);

    return object;
}

static JsonObject *
report_json(const PruneReport *report, gboolean dry_run)
{
    static const char *const names[] = {
        [PRUNE_KEEP] = "kept", [PRUNE_REMOVE] = "removed", [PRUNE_LEAVE] = "left",
        [PRUNE_FAIL] = "failed"};
    JsonArray *arrays[G_N_ELEMENTS(names)];
    JsonObject *result = json_object_new();

    json_object_set_int_member(result, "result",
                               report->failed > 0 ? VIRT_SNAP_ERROR_FAILED : 0);
    json_object_set_boolean_member(result, "dry_run", dry_run);
    for (gsize i = 0; i < G_N_ELEMENTS(names); i++)
        arrays[i] = json_array_new();
    for (guint i = 0; i < report->items->len; i++) {
        const PruneItem *item = g_ptr_array_index(report->items, i);

        json_array_add_object_element(arrays[item->fate], item_json(item));
    }
    for (gsize i = 0; i < G_N_ELEMENTS(names); i++)
        json_object_set_array_member(result, names[i], arrays[i]);
    json_set_size(result, "freed", report->freed);

    return result;
}

/* Warns about an item for which something other than the rules has decided. */
static void
warn_of_unpruned(const PruneItem *item)
{
    if (item->fate == PRUNE_LEAVE)
        cli_warning(_("'%s' was left alone: %s"), item->path, item->problem);
    else if (item->fate == PRUNE_FAIL)
        cli_warning(_("'%s' could not be removed; the next export-prune tries it again: %s"),
                    item->path, item->problem);
    else if (item->fate == PRUNE_KEEP && item->problem)
        cli_warning(_("'%s' was kept: %s"), item->path, item->problem);
}

static void
add_row(Table *table, const PruneItem *item, gboolean dry_run)
{
    g_autofree char *created = item->created != 0 ? format_time(item->created) : NULL;
    g_autofree char *freed = item->fate == PRUNE_REMOVE ? format_bytes(item->freed) : NULL;
    g_autofree char *reasons = NULL;
    const char *fate = item->fate == PRUNE_KEEP ? _("keep") : dry_run ? _("remove") : _("removed");

    if (item->fate != PRUNE_KEEP && item->fate != PRUNE_REMOVE)
        return;
    g_ptr_array_add(item->reasons, NULL);
    reasons = g_strjoinv(", ", (char **)item->reasons->pdata);
    table_add(table, fate, created ? created : "-", *reasons ? reasons : "-", freed ? freed : "-",
              item->path, NULL);
}

static void
show_pruning(CliContext *cli, const PruneReport *report, gboolean dry_run)
{
    g_autoptr(Table) table =
        table_new("", _("Exported"), _("Kept for"), _("Freed"), _("Directory"), NULL);
    g_autofree char *freed = format_bytes(report->freed);

    for (guint i = 0; i < report->items->len; i++)
        warn_of_unpruned(g_ptr_array_index(report->items, i));
    if (cli->globals.json) {
        cli_result(cli, report_json(report, dry_run));
        return;
    }
    for (guint i = 0; i < report->items->len; i++)
        add_row(table, g_ptr_array_index(report->items, i), dry_run);
    if (!cli->globals.quiet)
        table_print(table, TRUE);
    if (dry_run)
        cli_message(cli, _("Exports that would be removed: %u, space: %s"), report->removed, freed);
    else
        cli_message(cli, _("Exports removed: %u, space freed: %s"), report->removed, freed);
}

/* --- export-prune ----------------------------------------------------------- */

/* Has the service do it. Returns: owned by the caller; NULL with an error. */
static PruneReport *
prune_by_service(CliContext *cli, const PruneOrder *order, GError **error)
{
    g_autoptr(GVariant) answer = cli_service_call(
        cli, BUS_SERVICE_PATH, "CollectionSnapshotService", "PruneExports",
        g_variant_new("(s@a{sv})", order->directory, prune_order_format(order)),
        G_VARIANT_TYPE("(a{sv})"), error);
    g_autoptr(GVariant) report = answer ? g_variant_get_child_value(answer, 0) : NULL;

    return report ? prune_report_parse(report) : NULL;
}

static PruneReport *
prune_here(const PruneOrder *order, GError **error)
{
    g_autoptr(Control) control = control_new();

    return export_prune(order, control, error);
}

static gboolean
read_rules(const PruneOptions *options, KeepRules *rules, GError **error)
{
    for (int rule = 0; rule < KEEP_RULES; rule++) {
        if (options->keep[rule] &&
            !keep_rules_parse(rules, (KeepRule)rule, options->keep[rule], error))
            return FALSE;
    }

    return TRUE;
}

int
run_export_prune(CliContext *cli, const CommandLine *line)
{
    const PruneOptions *options = line->options;
    g_autofree char *directory = path_canonical(line->args[0]);
    PruneOrder order = {.directory = directory,
                        .collection = options->collection,
                        .dry_run = options->dry_run};
    g_autoptr(PruneReport) report = NULL;
    g_autoptr(GError) error = NULL;

    if (!read_rules(options, &order.rules, &error))
        return cli_fail_options(cli, error);
    if (!keep_rules_any(&order.rules))
        return cli_usage(cli, _("export-prune: no --keep option says which exports are kept; give "
                                "one at least, as --keep-daily 7"));
    report = cli->globals.service ? prune_by_service(cli, &order, &error)
                                  : prune_here(&order, &error);
    if (!report)
        return cli_fail(cli, error);
    show_pruning(cli, report, order.dry_run);

    return report->failed == 0 ? CLI_DONE : CLI_FAILED;
}

/* --- export-protect, export-unprotect --------------------------------------- */

/* Has the service do it. */
static gboolean
protect_by_service(CliContext *cli, const char *path, gboolean protect, GError **error)
{
    g_autoptr(GVariant) answer = NULL;

    if (!path_check(path, error))
        return FALSE;
    answer = cli_service_call(cli, BUS_SERVICE_PATH, "CollectionSnapshotService", "ProtectExport",
                              g_variant_new("(sb)", path, protect), G_VARIANT_TYPE_UNIT, error);

    return answer != NULL;
}

static int
set_protected(CliContext *cli, const char *named, gboolean protect)
{
    g_autofree char *path = path_canonical(named);
    g_autofree char *where = text_printable(named);
    g_autoptr(GError) error = NULL;
    gboolean done = cli->globals.service ? protect_by_service(cli, path, protect, &error)
                                         : export_set_protected(path, protect, &error);

    if (!done)
        return cli_fail(cli, error);
    if (protect)
        cli_message(cli, _("'%s' is protected: export-prune keeps it"), where);
    else
        cli_message(cli, _("'%s' is not protected any more"), where);

    return CLI_DONE;
}

int
run_export_protect(CliContext *cli, const CommandLine *line)
{
    return set_protected(cli, line->args[0], TRUE);
}

int
run_export_unprotect(CliContext *cli, const CommandLine *line)
{
    return set_protected(cli, line->args[0], FALSE);
}
