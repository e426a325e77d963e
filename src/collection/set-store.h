/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "collection/set-record.h"

G_BEGIN_DECLS

/* The records of snapshot collections, in the directory "sets" in VIRTSNAP_STATE_DIR if that is
 * set, else in the system's state directory for root and in the user's state directory for
 * others. */

/** set_store_directory: Returns: the absolute path of the directory of the records, owned by the
 * caller; it is made if it can be, so that it can be watched. */
char *set_store_directory(void);

/** set_store_load: Returns: (element-type SetRecord): all records, complete or not, sorted by time;
 * owned by the caller. Records that cannot be read are skipped and logged. */
GPtrArray *set_store_load(GError **error) G_GNUC_WARN_UNUSED_RESULT;

/** set_store_save: Writes @self durably and replaces its earlier record atomically. */
gboolean set_store_save(const SetRecord *self, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/** set_store_remove: Removes the record with the id @id. It is no error if there is none. */
gboolean set_store_remove(const char *id, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/**
 * set_records_find:
 * @records: (element-type SetRecord): the result of set_store_load()
 * @uuid: UUID of a domain
 * @snapshot: name of a snapshot of the domain
 * @creation_time: creation time of that snapshot
 *
 * Returns: (transfer none) (nullable): the complete record of exactly this snapshot, not of an
 * earlier or later one with the same name.
 */
const SetRecord *set_records_find(GPtrArray *records, const char *uuid, const char *snapshot,
                                  gint64 creation_time);

/**
 * set_store_lock:
 * Locks the set with the id @id, which is being created, until the descriptor is closed or this
 * process ends. Returns: the descriptor, owned by the caller; -1 with IN_USE if another process has
 * locked it.
 */
int set_store_lock(const char *id, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/** set_store_lock_domain: Locks the domain with the UUID @uuid, whose snapshots are being changed,
 * likewise. Returns: the descriptor, for set_store_unlock_domain(); -1 with IN_USE. */
int set_store_lock_domain(const char *uuid, GError **error) G_GNUC_WARN_UNUSED_RESULT;
void set_store_unlock_domain(const char *uuid, int fd);

G_END_DECLS
