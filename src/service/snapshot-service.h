/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "bus/bus.h"
#include "service/job-service.h"

G_BEGIN_DECLS

/* The methods of CollectionSnapshotService. They check what callers send before they create a
 * job. */

typedef struct SnapshotService SnapshotService;

/**
 * snapshot_service_new:
 * @object: the service's object, which gets the interface
 * @jobs: the jobs of the service; not owned, like @config
 * @session: whether the service is on a session bus
 *
 * Returns: owned by the caller.
 */
SnapshotService *snapshot_service_new(BusObjectSkeleton *object, JobService *jobs,
                                      const ServiceConfig *config, gboolean session);

void snapshot_service_free(SnapshotService *self);

G_END_DECLS
