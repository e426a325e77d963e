/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <glib/gi18n.h>

#include "bus/bus-path.h"
#include "cli/job-started.h"
#include "cli/service.h"
#include "cli/snapshot-service.h"

/* What the result of a job has with --json beside the job. */
#define SET_NAMES(collection, what, name) \
    ((const char *const[]){"collection", collection, what, name, NULL})

/* @answer: (nullable): of a method. @which: which of its values is the job. Returns: the path of
 * the job, owned by the caller; NULL without an answer. */
static char *
job_of_answer(GVariant *answer, gsize which)
{
    char *job = NULL;

    if (answer)
        g_variant_get_child(answer, which, "o", &job);

    return job;
}

/* @options: a{sv}, floating. Returns: (transfer floating): what is sent of a snapshot set. */
static GVariant *
set_parameters(const char *collection, const char *snapshot, GVariant *options)
{
    g_autofree char *path = bus_path_snapshot(collection, snapshot);

    return g_variant_new("(o@a{sv})", path, options);
}

/* @parameters: floating. Returns: the path of the job, or NULL. */
static char *
start_set_job(CliContext *cli, const char *method, GVariant *parameters, GError **error)
{
    g_autoptr(GVariant) answer =
        cli_service_call(cli, BUS_SERVICE_PATH, "CollectionSnapshotService", method, parameters,
                         G_VARIANT_TYPE("(uo)"), error);

    return job_of_answer(answer, 1);
}

static GVariant *
delete_options_value(gboolean metadata)
{
    GVariantDict options;

    g_variant_dict_init(&options, NULL);
    if (metadata)
        g_variant_dict_insert(&options, "metadata", "b", TRUE);

    return g_variant_dict_end(&options);
}

int
snapshot_service_delete(CliContext *cli, const char *collection, const char *snapshot,
                        gboolean metadata, ProgressMode progress, PlanTell plan)
{
    GVariant *parameters =
        set_parameters(collection, snapshot, delete_options_value(metadata));
    g_autofree char *done =
        g_strdup_printf(_("Snapshot set '%s' of '%s' removed"), snapshot, collection);
    const JobStartedOptions started = {
        .progress = progress,
        .done = done,
        .names = SET_NAMES(collection, "snapshot", snapshot),
    };
    g_autoptr(GError) error = NULL;
    g_autofree char *job = NULL;

    if (plan)
        return cli_service_plan(cli, "PlanDestroySnapshot", parameters, plan);
    job = start_set_job(cli, "DestroySnapshot", parameters, &error);

    return job_started(cli, job, error, &started);
}

static GVariant *
apply_options_value(gboolean discard, gboolean start_all, gboolean paused)
{
    GVariantDict options;

    g_variant_dict_init(&options, NULL);
    if (discard)
        g_variant_dict_insert(&options, "discard", "b", TRUE);
    if (start_all)
        g_variant_dict_insert(&options, "start", "b", TRUE);
    if (paused)
        g_variant_dict_insert(&options, "paused", "b", TRUE);

    return g_variant_dict_end(&options);
}

int
snapshot_service_apply(CliContext *cli, const char *collection, const char *snapshot,
                       gboolean discard, gboolean start_all, gboolean paused,
                       ProgressMode progress, PlanTell plan)
{
    GVariant *parameters = set_parameters(collection, snapshot,
                                          apply_options_value(discard, start_all, paused));
    g_autofree char *done =
        g_strdup_printf(_("'%s' is as it was at '%s'"), collection, snapshot);
    const JobStartedOptions started = {
        .progress = progress,
        .done = done,
        .names = SET_NAMES(collection, "snapshot", snapshot),
    };
    g_autoptr(GError) error = NULL;
    g_autofree char *job = NULL;

    if (plan)
        return cli_service_plan(cli, "PlanApplySnapshot", parameters, plan);
    job = start_set_job(cli, "ApplySnapshot", parameters, &error);

    return job_started(cli, job, error, &started);
}

int
snapshot_service_create(CliContext *cli, const char *collection, const char *snapshot,
                        const char *settings, guint16 type, ProgressMode progress, PlanTell plan)
{
    g_autofree char *path = bus_path_collection(collection);
    GVariant *parameters = g_variant_new("(osq)", path, settings, type);
    g_autofree char *done = g_strdup_printf(_("Snapshot collection '%s' made"), snapshot);
    const JobStartedOptions started = {
        .progress = progress,
        .done = done,
        /* The last one is in the report if there is one. */
        .names = (const char *const[]){"collection", collection, "snapshot", snapshot,
                                       "referencePoint", NULL, NULL},
    };
    g_autoptr(GError) error = NULL;
    g_autoptr(GVariant) answer = NULL;
    g_autofree char *job = NULL;

    if (plan)
        return cli_service_plan(cli, "PlanCreateSnapshot", parameters, plan);
    answer = cli_service_call(cli, BUS_SERVICE_PATH, "CollectionSnapshotService", "CreateSnapshot",
                              parameters, G_VARIANT_TYPE("(uoo)"), &error);
    job = job_of_answer(answer, 2);

    return job_started(cli, job, error, &started);
}

int
reference_service_convert(CliContext *cli, const char *collection, const char *snapshot,
                          ProgressMode progress, PlanTell plan)
{
    GVariant *parameters = set_parameters(collection, snapshot, delete_options_value(FALSE));
    g_autofree char *done = g_strdup_printf(
        _("Snapshot set '%s' of '%s' is a reference point now"), snapshot, collection);
    const JobStartedOptions started = {
        .progress = progress,
        .done = done,
        .names = (const char *const[]){"collection", collection, "snapshot", snapshot,
                                       "referencePoint", snapshot, NULL},
    };
    g_autoptr(GError) error = NULL;
    g_autoptr(GVariant) answer = NULL;
    g_autofree char *job = NULL;

    if (plan)
        return cli_service_plan(cli, "PlanConvertToReferencePoint", parameters, plan);
    answer = cli_service_call(cli, BUS_SERVICE_PATH, "CollectionSnapshotService",
                              "ConvertToReferencePoint", parameters, G_VARIANT_TYPE("(uso)"),
                              &error);
    job = job_of_answer(answer, 2);

    return job_started(cli, job, error, &started);
}

int
reference_service_change(CliContext *cli, const char *method, const char *collection,
                         const char *name, const char *done, ProgressMode progress,
                         PlanTell plan)
{
    g_autofree char *path = bus_path_collection(collection);
    g_autofree char *planned = g_strconcat("Plan", method, NULL);
    GVariant *parameters = g_variant_new("(osa{sv})", path, name, NULL);
    const JobStartedOptions started = {
        .progress = progress,
        .done = done,
        .names = SET_NAMES(collection, "referencePoint", name),
    };
    g_autoptr(GError) error = NULL;
    g_autofree char *job = NULL;

    if (plan)
        return cli_service_plan(cli, planned, parameters, plan);
    job = start_set_job(cli, method, parameters, &error);

    return job_started(cli, job, error, &started);
}
