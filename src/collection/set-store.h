/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "collection/set-record.h"

G_BEGIN_DECLS

/* Where the records of snapshot collections are: "sets" in VIRTSNAP_STATE_DIR if that is set, else
 * in the system's state directory for root, in the user's for others. */

/** set_store_load: Returns: (element-type SetRecord): all records, complete or not, by the time
 * they were made; owned by the caller. What cannot be read is left out, and said in the log. */
GPtrArray *set_store_load(GError **error) G_GNUC_WARN_UNUSED_RESULT;

/** set_store_save: Writes @self, durably, in the place of what it had before. */
gboolean set_store_save(const SetRecord *self, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/** set_store_remove: Takes the record with the id @id away; one that is not there is fine. */
gboolean set_store_remove(const char *id, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/**
 * set_records_find:
 * @records: (element-type SetRecord): of set_store_load()
 * @uuid: of a domain
 * @snapshot: the name of a snapshot of it
 * @creation_time: of that
 *
 * Returns: (transfer none) (nullable): the complete record that is of this very snapshot, and of no
 * other that had its name before or after it.
 */
const SetRecord *set_records_find(GPtrArray *records, const char *uuid, const char *snapshot,
                                  gint64 creation_time);

/**
 * set_store_lock:
 * Says that the set with the id @id is being made, until the descriptor is closed, or this process
 * ends. Returns: the descriptor, owned by the caller; -1 with IN_USE if somebody else is at it.
 */
int set_store_lock(const char *id, GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
