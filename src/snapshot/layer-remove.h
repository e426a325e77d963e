/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "snapshot/image-users.h"

G_BEGIN_DECLS

/** Who may name a layer and yet not need it: a snapshot that goes. */
typedef struct {
    const DomainSurvey *domain; /* NULL: nobody */
    const char *snapshot;
} LayerException;

/** layer_named_by: Returns: (transfer none) (nullable): a domain whose XML, or whose snapshot's but
 * for @except, names @layer, of which only the path and the identity are looked at. */
const DomainSurvey *layer_named_by(GPtrArray *domains, const LayerException *except,
                                   const Layer *layer);

/** layer_is_needed: Returns: TRUE if a domain or a snapshot, but for @except, has @layer in a
 * chain, or names it. */
gboolean layer_is_needed(GPtrArray *domains, const ImageUsers *users, const LayerException *except,
                         const Layer *layer);

/**
 * layer_remove:
 * @warnings: (element-type utf8): gets why it cannot be removed
 *
 * Removes the file of @layer, unless somebody writes to it, or it has internal snapshots. Devices
 * stay.
 */
void layer_remove(const Layer *layer, GPtrArray *warnings);

/** layer_remove_file: Removes the file @path durably; one that is not there is fine. */
void layer_remove_file(const char *path, GPtrArray *warnings);

/** layer_remove_unneeded: Looks at every domain of the host, and removes the file of @layer if
 * nobody needs it. Returns: FALSE if that cannot be found out. */
gboolean layer_remove_unneeded(Hypervisor *hypervisor, const Layer *layer, GPtrArray *warnings,
                               GError **error) G_GNUC_WARN_UNUSED_RESULT;

/** layer_hold: Takes QEMU's lock on the file of @layer, so that nobody begins to write to it.
 * Returns: a descriptor, owned by the caller, that holds it as long as it is open; or -1. */
int layer_hold(const Layer *layer, GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
