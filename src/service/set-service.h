/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "bus/bus.h"
#include "service/job-service.h"

G_BEGIN_DECLS

/**
 * set_service_connect:
 * @bus: answers the methods from now on
 * @jobs: outlives it
 *
 * What changes snapshot sets and reference points: ApplySnapshot, DestroySnapshot,
 * CreateReferencePoint, DestroyReferencePoint.
 */
void set_service_connect(BusCollectionSnapshotService *bus, JobService *jobs);

G_END_DECLS
