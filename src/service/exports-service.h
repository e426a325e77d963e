/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "bus/bus.h"
#include "service/service-config.h"

G_BEGIN_DECLS

/* The methods ListExports, GetExportInfo and ProtectExport. They answer at once and start no job:
 * of an export they read no more than its manifest. */

typedef struct ExportsService ExportsService;

/**
 * exports_service_new:
 * @bus: skeleton of the interface
 * @config: must stay valid
 * @session: whether the service is on a session bus
 */
ExportsService *exports_service_new(BusCollectionSnapshotService *bus,
                                    const ServiceConfig *config, gboolean session);

void exports_service_free(ExportsService *self);

G_END_DECLS
