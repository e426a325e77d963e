/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "bus/bus.h"
#include "cli/context.h"

G_BEGIN_DECLS

/* virtsnapd, as a command sees it: on the system bus or, for who is not root, on the session's, as
 * libvirt chooses between its system and session daemons; their URIs with -c choose too.
 * VIRTSNAP_BUS ("system" or "session") comes before all that. */

/**
 * cli_service_bus:
 * Returns: (transfer none): the bus that the service is on; SYSTEM_NOT_AVAILABLE if there is none.
 */
GDBusConnection *cli_service_bus(CliContext *cli, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/**
 * cli_service_call:
 * @path: of the object
 * @interface: without "org.virtsnap1."
 * @parameters: (transfer floating) (nullable): a tuple
 * @reply: (nullable): the type that the answer must have
 *
 * Returns: the answer, owned by the caller; what the service refused is an error with its code.
 */
GVariant *cli_service_call(CliContext *cli, const char *path, const char *interface,
                           const char *method, GVariant *parameters, const GVariantType *reply,
                           GError **error) G_GNUC_WARN_UNUSED_RESULT;

/** cli_service_job: @job: "3", or a path. Returns: owned by the caller; NOT_FOUND naming it. */
BusJob *cli_service_job(CliContext *cli, const char *job, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/** cli_service_add_details: Gives the properties of @job that the system bus does not show to
 * everybody their values of now, if the service tells this user. cli_service_job() has done it. */
void cli_service_add_details(BusJob *job);

/** cli_service_jobs: Returns: (element-type BusJob): all, in the order of their numbers. */
GPtrArray *cli_service_jobs(CliContext *cli, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/** cli_service_collections: Returns: (element-type BusCollection): all, by name. */
GPtrArray *cli_service_collections(CliContext *cli, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/**
 * cli_service_request:
 * @request: a JobRequest
 * @error: what RequestStateChange refused says so: INVALID_STATE, INVALID_PARAMETER
 */
gboolean cli_service_request(CliContext *cli, BusJob *job, guint request, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
