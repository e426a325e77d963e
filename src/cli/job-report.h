/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include <json-glib/json-glib.h>

#include "bus/bus.h"

G_BEGIN_DECLS

/* The report of a job of the service: what it warns of, and the figures of an export. */

/**
 * job_report_ask:
 *
 * Returns: (nullable): what GetReport answers, a{sv}, owned by the caller; NULL if this user may
 * not have it, or the service cannot be asked. If the job has warnings then, one says so.
 */
GVariant *job_report_ask(BusJob *job);

/** job_report_warnings: Returns: (transfer full) (element-type utf8): the warnings in @report,
 * which may be NULL. */
GPtrArray *job_report_warnings(GVariant *report);

/** job_report_warn: Prints the warnings in @report, which may be NULL, on standard error. */
void job_report_warn(GVariant *report);

/** job_report_add: Adds to @object what --json has of @report, which may be NULL: "warnings", and
 * of an export, an import, or the making of a snapshot collection that is complete what the command
 * has of it without the service. */
void job_report_add(JsonObject *object, GVariant *report);

G_END_DECLS
