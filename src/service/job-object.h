/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "bus/bus.h"
#include "job/job-info.h"

G_BEGIN_DECLS

/**
 * job_object_update:
 * @stay: seconds for which the job stays after its end; G_MAXUINT64: for ever
 * @details: include the properties that not everybody may see
 *
 * Sets all properties of @bus to the values of @info, of which clients are told at once and
 * together.
 */
void job_object_update(BusJob *bus, const JobInfo *info, guint64 stay, gboolean details);

/** job_object_details: Returns: (transfer floating): the answer of GetDetails. */
GVariant *job_object_details(const JobInfo *info);

/** job_object_report: Returns: (transfer floating): the answer of GetReport. */
GVariant *job_object_report(const JobInfo *info);

G_END_DECLS
