/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "bus/bus.h"
#include "cli/context.h"

G_BEGIN_DECLS

/* The client side of virtsnapd for commands. The service is on the system bus for root and on the
 * session bus for other users, as with libvirt's system and session daemons; such a URI with -c
 * selects the bus as well. VIRTSNAP_BUS ("system" or "session") has precedence. */

/**
 * cli_service_bus:
 * Returns: (transfer none): the bus of the service; NULL with SYSTEM_NOT_AVAILABLE if there is no
 * bus.
 */
GDBusConnection *cli_service_bus(CliContext *cli, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/**
 * cli_service_call:
 * @path: path of the object
 * @interface: name of the interface without "org.virtsnap1."
 * @parameters: (transfer floating) (nullable): a tuple
 * @reply: (nullable): the type that the answer must have
 *
 * Returns: the answer, owned by the caller; NULL with the error that the service returned.
 */
GVariant *cli_service_call(CliContext *cli, const char *path, const char *interface,
                           const char *method, GVariant *parameters, const GVariantType *reply,
                           GError **error) G_GNUC_WARN_UNUSED_RESULT;

/** Tells what would be done, as text or JSON. @plan: a{sv}: from job_work_plan() of this process or
 * of the service. Returns: the exit status. */
typedef int (*PlanTell)(CliContext *cli, GVariant *plan);

/**
 * cli_service_plan:
 * @method: of CollectionSnapshotService, which answers with a plan
 * @parameters: (transfer floating): a tuple
 *
 * Has @tell tell what the service answers. Returns: the exit status; errors have been printed.
 */
int cli_service_plan(CliContext *cli, const char *method, GVariant *parameters, PlanTell tell)
    G_GNUC_WARN_UNUSED_RESULT;

/** cli_service_job: Finds a job. @job: its number, as "3", or its path. Returns: owned by the
 * caller; NULL with NOT_FOUND naming it. */
BusJob *cli_service_job(CliContext *cli, const char *job, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/** cli_service_add_details: Updates the properties of @job that not everybody may see on the system
 * bus, if this user may. cli_service_job() has done that already. */
void cli_service_add_details(BusJob *job);

/** cli_service_jobs: Returns: (element-type BusJob): all jobs, sorted by number. */
GPtrArray *cli_service_jobs(CliContext *cli, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/** cli_service_collections: Returns: (element-type BusCollection): all collections, sorted by
 * name. */
GPtrArray *cli_service_collections(CliContext *cli, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/**
 * cli_service_request:
 * @request: a JobRequest
 * @error: INVALID_STATE or INVALID_PARAMETER if RequestStateChange refused the request
 */
gboolean cli_service_request(CliContext *cli, BusJob *job, guint request, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
