/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "bus/bus.h"

G_BEGIN_DECLS

/* The collections on the bus: the methods to manage them, and an object for each collection. The
 * objects follow the content of the store, whoever changes it. */

typedef struct CollectionService CollectionService;

/**
 * collection_service_new:
 * @manager: exports the objects
 * @object: the service's object, which gets the interface CollectionManagementService
 * @uri: (nullable): URI of the hypervisor
 * @ready: called with @data when the objects of all collections are exported
 *
 * Returns: owned by the caller, who must not free it before work_is_idle() is TRUE.
 */
CollectionService *collection_service_new(GDBusObjectManagerServer *manager,
                                          BusObjectSkeleton *object, const char *uri,
                                          void (*ready)(gpointer data), gpointer data);

void collection_service_free(CollectionService *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(CollectionService, collection_service_free)

G_END_DECLS
