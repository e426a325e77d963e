/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "bus/bus.h"
#include "service/job-service.h"
#include "service/service-config.h"

G_BEGIN_DECLS

/* The methods ImportExport, PlanImport and DetachImport on the bus. */

typedef struct ImportService ImportService;

/**
 * import_service_new:
 * @bus: its methods are handled from now on; must stay valid
 * @session: whether the service is on a session bus
 * @uri: (nullable): URI of the hypervisor
 *
 * Returns: owned by the caller, who must free it before @jobs and @config.
 */
ImportService *import_service_new(BusCollectionSnapshotService *bus, JobService *jobs,
                                  const ServiceConfig *config, gboolean session, const char *uri);
void import_service_free(ImportService *self);

G_END_DECLS
