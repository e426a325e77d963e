/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "bus/bus.h"
#include "service/job-service.h"
#include "service/service-config.h"

G_BEGIN_DECLS

/* The methods ImportExport and DetachImport on the bus, and those that plan them. */

typedef struct ImportService ImportService;

/**
 * import_service_new:
 * @bus: its methods are handled from now on; must stay valid
 * @session: whether the service is on a session bus
 *
 * Returns: owned by the caller, who must free it before @jobs and @config.
 */
ImportService *import_service_new(BusCollectionSnapshotService *bus, JobService *jobs,
                                  const ServiceConfig *config, gboolean session);
void import_service_free(ImportService *self);

G_END_DECLS
