/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "bus/bus.h"

G_BEGIN_DECLS

/* The collections on the bus: the service's methods for them, and an object for each, which
 * follow what the store holds, whoever changes it. */

typedef struct CollectionService CollectionService;

/**
 * collection_service_new:
 * @manager: where the objects go
 * @object: the service's object, which gets the interface CollectionManagementService
 * @uri: (nullable): the hypervisor's URI
 * @ready: called with @data when the objects of all collections are there
 *
 * Returns: owned by the caller, who does not free it while work_is_idle() says no.
 */
CollectionService *collection_service_new(GDBusObjectManagerServer *manager,
                                          BusObjectSkeleton *object, const char *uri,
                                          void (*ready)(gpointer data), gpointer data);

void collection_service_free(CollectionService *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(CollectionService, collection_service_free)

G_END_DECLS
