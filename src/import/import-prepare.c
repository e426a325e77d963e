/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <glib/gi18n-lib.h>

#include "import/import-free.h"
#include "import/import-in-place.h"
#include "import/import-planner.h"
#include "import/import-prepare.h"
#include "import/import-recover.h"
#include "import/import-tpm.h"
#include "import/import-volumes-free.h"
#include "import/import-volumes.h"
#include "import/own-record.h"

ExportPlace *
import_place(const char *directory, const Manifest *manifest, const ImportSettings *settings)
{
    g_autofree char *name = import_plan_name(manifest, settings);
    ExportPlace *place = export_place_new(directory, name, manifest->snapshot, TRUE);

    /* The default directory is below that of virtsnap's state, which may not be there yet. */
    place->deep = settings->pool != NULL;

    return place;
}

static gboolean
recover_import(Hypervisor *hypervisor, const ImportSubject *subject, const char *path, char **said,
               GError **error)
{
    return own_record_ready(error) && import_recover(path, hypervisor, said, error) &&
           (subject->resume || import_volumes_recover(path, hypervisor, error));
}

/* That something is where the import is to go is one of all the things that are in the way, which
 * are told together; nothing is written to such a target. */
static gboolean
take_target(const ExportPlace *place, ImportPrepared *prepared, GError **error)
{
    g_autoptr(GError) why = NULL;

    prepared->target = target_new(place, &why);
    if (prepared->target)
        return TRUE;
    if (!g_error_matches(why, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_ALREADY_EXISTS)) {
        g_propagate_error(error, g_steal_pointer(&why));
        return FALSE;
    }
    prepared->target = target_left_at(place);
    g_set_error(&prepared->taken, why->domain, why->code,
                _("'%s' exists already, and nothing is ever overwritten; name another directory "
                  "with --to, or remove it first"),
                target_path(prepared->target));

    return TRUE;
}

static gboolean
open_import_target(Hypervisor *hypervisor, const ImportSubject *subject, gboolean look,
                   ImportPrepared *prepared, char **said, GError **error)
{
    g_autoptr(ExportPlace) place =
        import_place(subject->directory, import_source_manifest(prepared->source),
                     subject->settings);
    /* target_new() would refuse the place because of what a killed import has left there. */
    g_autofree char *path = target_path_of(place);

    if (!look && !recover_import(hypervisor, subject, path, said, error))
        return FALSE;
    if (!take_target(place, prepared, error))
        return FALSE;
    target_set_import(prepared->target);

    return TRUE;
}

/* Warns about changes that are made without --force-host. */
static void
warn_of_host(ImportPlan *plan, GPtrArray *findings, gboolean force)
{
    for (guint i = 0; i < findings->len; i++) {
        const HostFinding *finding = g_ptr_array_index(findings, i);
        g_autofree char *text = host_finding_to_string(finding);

        if (!finding->blocks || force)
            import_plan_warn(plan, "%s", text);
    }
}

/* Adds what @one says to @all. What cannot be looked at at all is in it, too. */
static void
collect_problem(GError **all, GError *one)
{
    g_autoptr(GError) before = *all;
    g_autoptr(GError) added = one;

    if (!before || !added)
        *all = before ? g_steal_pointer(&before) : g_steal_pointer(&added);
    else
        *all = g_error_new(before->domain, before->code, "%s\n%s", before->message,
                           added->message);
}

/* Whoever has helped one thing is not to be told the next one then: all that is in the way, with
 * the code of the first. */
static gboolean
check_all(Hypervisor *hypervisor, const ImportPrepared *prepared, gboolean look, GError **error)
{
    g_autoptr(GError) all = NULL;
    GError *why = NULL;

    if (prepared->taken)
        collect_problem(&all, g_error_copy(prepared->taken));
    if (!import_check_free(hypervisor, prepared->plan, &why))
        collect_problem(&all, g_steal_pointer(&why));
    if (prepared->plan->pool && !import_volumes_check_free(prepared->plan, &why))
        collect_problem(&all, g_steal_pointer(&why));
    if (!look && prepared->plan->settings->define && !import_host_pass(prepared->host, &why))
        collect_problem(&all, g_steal_pointer(&why));
    if (!import_tpm_check(hypervisor, prepared->plan, &why))
        collect_problem(&all, g_steal_pointer(&why));
    if (prepared->plan->export &&
        !import_in_place_check(hypervisor, prepared->plan, prepared->source, &why))
        collect_problem(&all, g_steal_pointer(&why));
    if (!import_check_reachable(hypervisor, prepared->plan, &why))
        collect_problem(&all, g_steal_pointer(&why));
    if (!import_check_space(prepared->plan, prepared->source, prepared->target, &why))
        collect_problem(&all, g_steal_pointer(&why));
    if (!all)
        return TRUE;
    g_propagate_error(error, g_steal_pointer(&all));

    return FALSE;
}

static gboolean
plan_all(Hypervisor *hypervisor, const ImportSubject *subject, gboolean look,
         ImportPrepared *prepared, GError **error)
{
    gboolean force = subject->settings->force_host;

    prepared->host = import_host_new(hypervisor, force, error);
    if (!prepared->host)
        return FALSE;
    prepared->plan = import_plan_make(prepared->source, subject->settings,
                                      target_path(prepared->target), prepared->host, error);
    if (!prepared->plan || !check_all(hypervisor, prepared, look, error))
        return FALSE;
    if (prepared->plan->pool)
        import_volumes_warn_left(prepared->plan);
    if (!look)
        warn_of_host(prepared->plan, import_host_findings(prepared->host), force);

    return TRUE;
}

gboolean
import_prepare(Hypervisor *hypervisor, const ImportSubject *subject, gboolean look,
               Control *control, ImportPrepared *prepared, GError **error)
{
    g_autofree char *said = NULL;

    *prepared = (ImportPrepared){0};
    if (!hypervisor->ops->sees(hypervisor, NULL, error))
        return FALSE;
    prepared->source = import_source_open(subject->path, error);
    if (!prepared->source || !control_pass(control, 0, error) ||
        !import_plan_check(prepared->source, subject->settings, error) ||
        !open_import_target(hypervisor, subject, look, prepared, &said, error) ||
        !plan_all(hypervisor, subject, look, prepared, error))
        return FALSE;
    if (said)
        import_plan_warn(prepared->plan, "%s", said);

    return control_pass(control, 0, error);
}

void
import_prepared_clear(ImportPrepared *prepared)
{
    g_clear_pointer(&prepared->plan, import_plan_free);
    g_clear_pointer(&prepared->host, import_host_free);
    g_clear_pointer(&prepared->target, target_free);
    g_clear_error(&prepared->taken);
    g_clear_pointer(&prepared->source, import_source_free);
}
