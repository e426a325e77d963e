/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "bus/bus.h"
#include "job/job-info.h"

G_BEGIN_DECLS

/** job_object_update: Gives all properties of @bus the values of @info, in one go. @details: also
 * those that are not for everybody. */
void job_object_update(BusJob *bus, const JobInfo *info, gboolean details);

/** job_object_details: Returns: (transfer floating): what GetDetails answers. */
GVariant *job_object_details(const JobInfo *info);

/** job_object_report: Returns: (transfer floating): what GetReport answers. */
GVariant *job_object_report(const JobInfo *info);

G_END_DECLS
