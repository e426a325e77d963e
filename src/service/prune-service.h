/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "bus/bus.h"
#include "service/service-config.h"

G_BEGIN_DECLS

/* The method PruneExports on the bus. */

typedef struct PruneService PruneService;

/**
 * prune_service_new:
 * @bus: its methods are handled from now on; must stay
 * @session: whether it is on a session bus
 *
 * Returns: owned by the caller, as long as @config is.
 */
PruneService *prune_service_new(BusCollectionSnapshotService *bus, const ServiceConfig *config,
                                gboolean session);
void prune_service_free(PruneService *self);

G_END_DECLS
