/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "service/service-config.h"
#include "virtsnap/job.h"

G_BEGIN_DECLS

/* What a job of the service does first, in its own thread. */

typedef struct JobPreparation JobPreparation;

/**
 * job_preparation_new:
 * @uri: (nullable): the hypervisor's URI
 * @subject: copied: what to export
 *
 * Returns: for job_prepare(), owned by the caller.
 */
JobPreparation *job_preparation_new(const ServiceConfig *config, const char *uri,
                                    const JobSubject *subject);

void job_preparation_free(gpointer preparation);

/** job_prepare: The JobPrepare of an export; @preparation is a JobPreparation. */
gboolean job_prepare(gpointer preparation, Control *control, Hypervisor **hypervisor, Plan **plan,
                     Target **target, GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
