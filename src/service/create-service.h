/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "bus/bus.h"
#include "service/job-service.h"

G_BEGIN_DECLS

/**
 * create_service_connect:
 * @bus: answers the method from now on
 * @jobs: outlives it
 *
 * Snapshot sets that are made: CreateSnapshot.
 */
void create_service_connect(BusCollectionSnapshotService *bus, JobService *jobs);

G_END_DECLS
