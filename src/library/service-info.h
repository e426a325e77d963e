/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "library/service.h"

G_BEGIN_DECLS

/**
 * virt_snap_service_get_snapshots:
 * @self: a service
 * @collection: in the default #VirtSnapCollectionStore
 * @error: NOT_FOUND, SYSTEM_NOT_AVAILABLE
 *
 * Tells what snapshots a collection has, whoever has made them, also those that some of its domains
 * lack, as `virtsnap snapshot-list` does. It asks the hypervisor, which can take long; see
 * virt_snap_service_get_snapshots_async().
 *
 * Returns: (transfer full): aa{sv}: each with "name", "status" (s): "complete" or "partial",
 * "consistency" (s): the weakest of its members, "taken" (x, seconds since the epoch) if it is
 * known, "adopted" (b): virtsnap has no record of it, and "unfinished" (b); with a record also
 * "made" (x), "by" (s), "window_ms" (u), "reference-point" (b), and "converting" (b) if that is so
 */
GVariant *virt_snap_service_get_snapshots(VirtSnapService *self, const char *collection,
                                          GError **error) G_GNUC_WARN_UNUSED_RESULT;

/**
 * virt_snap_service_get_snapshots_async:
 * @self: a service
 * @collection: in the default #VirtSnapCollectionStore
 * @cancellable: (nullable): cancels the operation
 * @callback: (scope async): called when the operation has finished
 * @user_data: for @callback
 *
 * The same without blocking.
 */
void virt_snap_service_get_snapshots_async(VirtSnapService *self, const char *collection,
                                           GCancellable *cancellable,
                                           GAsyncReadyCallback callback, gpointer user_data);

/**
 * virt_snap_service_get_snapshots_finish:
 * @self: a service
 * @result: that the callback got
 * @error: as virt_snap_service_get_snapshots() has it, or G_IO_ERROR_CANCELLED
 *
 * Ends virt_snap_service_get_snapshots_async().
 *
 * Returns: (transfer full): the snapshots
 */
GVariant *virt_snap_service_get_snapshots_finish(VirtSnapService *self, GAsyncResult *result,
                                                 GError **error) G_GNUC_WARN_UNUSED_RESULT;

/**
 * virt_snap_service_get_snapshot_info:
 * @self: a service
 * @collection: in the default #VirtSnapCollectionStore
 * @snapshot: name of a snapshot that some of its domains have
 * @error: NOT_FOUND, SYSTEM_NOT_AVAILABLE
 *
 * Tells what there is of a snapshot of a collection, and whether its images still are what they
 * were, as `virtsnap snapshot-info` does. It asks the hypervisor and looks at the images, which can
 * take long; see virt_snap_service_get_snapshot_info_async().
 *
 * Returns: (transfer full): a{sv}: what virt_snap_service_get_snapshots() has of it, "status" also
 * "changed"; "changes" (as): what was written to since, merged, or is gone; "unseen" (s): why the
 * images could not be looked at, if so; and "members" (aa{sv}): each with "domain", "consistency"
 * (s), "there" (b), of those of the record "asked", "reason" (s) if less was reached, and
 * "frozen_ms" (u), and where it is there "uuid", "kind", "state", "parent", "memory" (s), "taken"
 * (x) and "disks" (aa{sv}: "target", "device", "type", "snapshot", "source" (s))
 */
GVariant *virt_snap_service_get_snapshot_info(VirtSnapService *self, const char *collection,
                                              const char *snapshot, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/**
 * virt_snap_service_get_snapshot_info_async:
 * @self: a service
 * @collection: in the default #VirtSnapCollectionStore
 * @snapshot: name of a snapshot that some of its domains have
 * @cancellable: (nullable): cancels the operation
 * @callback: (scope async): called when the operation has finished
 * @user_data: for @callback
 *
 * The same without blocking.
 */
void virt_snap_service_get_snapshot_info_async(VirtSnapService *self, const char *collection,
                                               const char *snapshot, GCancellable *cancellable,
                                               GAsyncReadyCallback callback, gpointer user_data);

/**
 * virt_snap_service_get_snapshot_info_finish:
 * @self: a service
 * @result: that the callback got
 * @error: as virt_snap_service_get_snapshot_info() has it, or G_IO_ERROR_CANCELLED
 *
 * Ends virt_snap_service_get_snapshot_info_async().
 *
 * Returns: (transfer full): what there is of it
 */
GVariant *virt_snap_service_get_snapshot_info_finish(VirtSnapService *self, GAsyncResult *result,
                                                     GError **error) G_GNUC_WARN_UNUSED_RESULT;

/**
 * virt_snap_service_get_reference_points:
 * @self: a service
 * @collection: in the default #VirtSnapCollectionStore
 * @error: NOT_FOUND, SYSTEM_NOT_AVAILABLE
 *
 * Tells what reference points the domains of a collection have, also those that are not whole, as
 * `virtsnap reference-point-list` does. It asks the hypervisor, which can take long; see
 * virt_snap_service_get_reference_points_async().
 *
 * Returns: (transfer full): aa{sv}: each with "name" (s), "whole" (b): whether what has changed
 * since is known of all domains, as far as can be told, and "members" (aa{sv}): each with
 * "domain", "state" (s): "whole", "unknown", "broken" or "missing", "created" (x, seconds since the
 * epoch) where it is there, and "reason" (s) of a broken one; one that an export made also with the
 * path "export" and "export-state" (s): "found", "not found" or "unknown"
 */
GVariant *virt_snap_service_get_reference_points(VirtSnapService *self, const char *collection,
                                                 GError **error) G_GNUC_WARN_UNUSED_RESULT;

/**
 * virt_snap_service_get_reference_points_async:
 * @self: a service
 * @collection: in the default #VirtSnapCollectionStore
 * @cancellable: (nullable): cancels the operation
 * @callback: (scope async): called when the operation has finished
 * @user_data: for @callback
 *
 * The same without blocking.
 */
void virt_snap_service_get_reference_points_async(VirtSnapService *self, const char *collection,
                                                  GCancellable *cancellable,
                                                  GAsyncReadyCallback callback,
                                                  gpointer user_data);

/**
 * virt_snap_service_get_reference_points_finish:
 * @self: a service
 * @result: that the callback got
 * @error: as virt_snap_service_get_reference_points() has it, or G_IO_ERROR_CANCELLED
 *
 * Ends virt_snap_service_get_reference_points_async().
 *
 * Returns: (transfer full): the reference points
 */
GVariant *virt_snap_service_get_reference_points_finish(VirtSnapService *self,
                                                        GAsyncResult *result, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/**
 * virt_snap_service_list_exports:
 * @self: a service
 * @directory: (type filename): that was exported into
 * @error: NOT_FOUND, ACCESS_DENIED
 *
 * Lists the exports in a directory, as `virtsnap export-list` does. It reads their manifests, which
 * can take long; see virt_snap_service_list_exports_async().
 *
 * Returns: (transfer full): aa{sv}: each with "export" (s): its path, "complete", "protected" (b),
 * "problem" (s) if it is not complete, and where its manifest can be read "collection", "snapshot",
 * "host", "base", "base-snapshot" (s) if there are such, "created" (x, seconds since the epoch) if
 * it is known, "domains" (u), "consistency" (s): the weakest of its domains, "bytes" (t): the size
 * of its files, and "own" and "shared" (t): what they take on the disk, alone and together with
 * other exports
 */
GVariant *virt_snap_service_list_exports(VirtSnapService *self, const char *directory,
                                         GError **error) G_GNUC_WARN_UNUSED_RESULT;

/**
 * virt_snap_service_list_exports_async:
 * @self: a service
 * @directory: (type filename): that was exported into
 * @cancellable: (nullable): cancels the operation
 * @callback: (scope async): called when the operation has finished
 * @user_data: for @callback
 *
 * The same without blocking.
 */
void virt_snap_service_list_exports_async(VirtSnapService *self, const char *directory,
                                          GCancellable *cancellable,
                                          GAsyncReadyCallback callback, gpointer user_data);

/**
 * virt_snap_service_list_exports_finish:
 * @self: a service
 * @result: that the callback got
 * @error: as virt_snap_service_list_exports() has it, or G_IO_ERROR_CANCELLED
 *
 * Ends virt_snap_service_list_exports_async().
 *
 * Returns: (transfer full): the exports
 */
GVariant *virt_snap_service_list_exports_finish(VirtSnapService *self, GAsyncResult *result,
                                                GError **error) G_GNUC_WARN_UNUSED_RESULT;

/**
 * virt_snap_service_get_export_info:
 * @self: a service
 * @directory: (type filename): of an export
 * @error: NOT_FOUND, ACCESS_DENIED, CORRUPT if its manifest is not one
 *
 * Tells what an export holds, as `virtsnap export-info` does. It believes the manifest; what the
 * files are virt_snap_service_verify() finds out.
 *
 * Returns: (transfer full): a{sv}: "collection", "snapshot", "host", "base" (s), "created" (x) and
 * "bytes" (t) as virt_snap_service_list_exports() has them; "warnings" (as); "domains" (aa{sv}):
 * each with "name", "uuid", "directory" (s) and "snapshots" (aa{sv}: "name", "kind", "consistency",
 * "reason" (s), "created" (x), "memory" (b) and "disks" (aa{sv}: "target", "device", "layer",
 * "internal", "recorded", "source", "checkpoint" (s))); and "files" (aa{sv}): each with "path",
 * "role" (s), "bytes" (t), "digest" (s), and of an image "format", "backing", "source" (s),
 * "capacity" (t), "flattened", "linked" (b)
 */
GVariant *virt_snap_service_get_export_info(VirtSnapService *self, const char *directory,
                                            GError **error) G_GNUC_WARN_UNUSED_RESULT;

/**
 * virt_snap_service_get_export_info_async:
 * @self: a service
 * @directory: (type filename): of an export
 * @cancellable: (nullable): cancels the operation
 * @callback: (scope async): called when the operation has finished
 * @user_data: for @callback
 *
 * The same without blocking.
 */
void virt_snap_service_get_export_info_async(VirtSnapService *self, const char *directory,
                                             GCancellable *cancellable,
                                             GAsyncReadyCallback callback, gpointer user_data);

/**
 * virt_snap_service_get_export_info_finish:
 * @self: a service
 * @result: that the callback got
 * @error: as virt_snap_service_get_export_info() has it, or G_IO_ERROR_CANCELLED
 *
 * Ends virt_snap_service_get_export_info_async().
 *
 * Returns: (transfer full): what it holds
 */
GVariant *virt_snap_service_get_export_info_finish(VirtSnapService *self, GAsyncResult *result,
                                                   GError **error) G_GNUC_WARN_UNUSED_RESULT;

/**
 * virt_snap_service_protect_export:
 * @self: a service
 * @directory: (type filename): of an export
 * @protect: FALSE: not any more
 * @error: NOT_FOUND, ACCESS_DENIED, CORRUPT if its manifest is not one, IN_USE or INVALID_STATE if
 * it is being removed
 *
 * Protects an export from virt_snap_service_prune(), or lifts that, durably, as
 * `virtsnap export-protect` and `virtsnap export-unprotect` do. It is no error if that is so
 * already.
 *
 * Returns: whether it is done
 */
gboolean virt_snap_service_protect_export(VirtSnapService *self, const char *directory,
                                          gboolean protect, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/**
 * virt_snap_service_protect_export_async:
 * @self: a service
 * @directory: (type filename): of an export
 * @protect: FALSE: not any more
 * @cancellable: (nullable): stops waiting; it is done even so
 * @callback: (scope async): called when the operation has finished
 * @user_data: for @callback
 *
 * The same without blocking.
 */
void virt_snap_service_protect_export_async(VirtSnapService *self, const char *directory,
                                            gboolean protect, GCancellable *cancellable,
                                            GAsyncReadyCallback callback, gpointer user_data);

/**
 * virt_snap_service_protect_export_finish:
 * @self: a service
 * @result: that the callback got
 * @error: as virt_snap_service_protect_export() has it, or G_IO_ERROR_CANCELLED
 *
 * Ends virt_snap_service_protect_export_async().
 *
 * Returns: whether it is done
 */
gboolean virt_snap_service_protect_export_finish(VirtSnapService *self, GAsyncResult *result,
                                                 GError **error) G_GNUC_WARN_UNUSED_RESULT;

/**
 * virt_snap_service_plan_export:
 * @self: a service
 * @collection: in the default #VirtSnapCollectionStore
 * @snapshot: (nullable): as virt_snap_service_export() has it
 * @directory: (type filename): the target directory
 * @settings: (nullable): NULL: the defaults
 * @error: what would make the export fail from the start
 *
 * Tells what virt_snap_service_export() would do now, and writes nothing, as
 * `virtsnap export --dry-run` does. It asks the hypervisor and looks at the images, which can take
 * long; see virt_snap_service_plan_export_async().
 *
 * Returns: (transfer full): a{sv}: "export" (s): the directory that it would have, "collection",
 * "snapshot", "base" (s), "bytes" (t): what would be copied, "warnings" (as), "domains" (aa{sv}):
 * each with "name", "uuid" (s) and "snapshots" (aa{sv}: "name", "kind", "consistency", "reason"
 * (s), "created" (x), "memory" (b) and "disks" (aa{sv}: "target", "device", "snapshot", "layer",
 * "image", "internal", "recorded", "source", "checkpoint" (s))), "layers" (aa{sv}): each with
 * "file", "way", "format", "source", "backing", "since" (s), "capacity", "bytes" (t) and "users"
 * (u), and "files" (aa{sv}: "path", "role", "source" (s), "bytes" (t))
 */
GVariant *virt_snap_service_plan_export(VirtSnapService *self, const char *collection,
                                        const char *snapshot, const char *directory,
                                        VirtSnapExportSettings *settings, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/**
 * virt_snap_service_plan_export_async:
 * @self: a service
 * @collection: in the default #VirtSnapCollectionStore
 * @snapshot: (nullable): as virt_snap_service_export() has it
 * @directory: (type filename): the target directory
 * @settings: (nullable): NULL: the defaults
 * @cancellable: (nullable): cancels the operation
 * @callback: (scope async): called when the operation has finished
 * @user_data: for @callback
 *
 * The same without blocking.
 */
void virt_snap_service_plan_export_async(VirtSnapService *self, const char *collection,
                                         const char *snapshot, const char *directory,
                                         VirtSnapExportSettings *settings,
                                         GCancellable *cancellable, GAsyncReadyCallback callback,
                                         gpointer user_data);

/**
 * virt_snap_service_plan_export_finish:
 * @self: a service
 * @result: that the callback got
 * @error: as virt_snap_service_plan_export() has it, or G_IO_ERROR_CANCELLED
 *
 * Ends virt_snap_service_plan_export_async().
 *
 * Returns: (transfer full): the plan
 */
GVariant *virt_snap_service_plan_export_finish(VirtSnapService *self, GAsyncResult *result,
                                               GError **error) G_GNUC_WARN_UNUSED_RESULT;

/**
 * virt_snap_service_plan_import:
 * @self: a service
 * @path: (type filename): of an export
 * @directory: (type filename): below which its files would come to be
 * @settings: (nullable): an importsettings document; NULL: the defaults
 * @error: what would make the import fail from the start
 *
 * Tells what virt_snap_service_import() would do now, and how the domains fit this host, as
 * `virtsnap import --dry-run` does. It writes nothing. It asks the hypervisor, which can take long;
 * see virt_snap_service_plan_import_async().
 *
 * Returns: (transfer full): a{sv}: "directory", "collection", "pool", "pool-path" (s), "domains"
 * (aa{sv}: "name", "uuid", "from" (s), "disks" (aa{sv}: "target", "path", "format" (s)),
 * "snapshots" (as), "memory" (b)), "bytes" (t): what would be copied, "files" (aa{sv}: "path",
 * "backing" (s), "bytes" (t), "shared" (b)), "overlays" (aa{sv}: "path", "backing" (s)): new
 * images, "in-place" (b): these are above those of the export, "warnings" (as), and "host" (aa{sv}:
 * "member", "kind", "what", "have", "would_do", "option" (s), "blocks" (b)): what does not fit this
 * host, what would be done about it, and which option helps
 */
GVariant *virt_snap_service_plan_import(VirtSnapService *self, const char *path,
                                        const char *directory, const char *settings,
                                        GError **error) G_GNUC_WARN_UNUSED_RESULT;

/**
 * virt_snap_service_plan_import_async:
 * @self: a service
 * @path: (type filename): of an export
 * @directory: (type filename): below which its files would come to be
 * @settings: (nullable): an importsettings document; NULL: the defaults
 * @cancellable: (nullable): cancels the operation
 * @callback: (scope async): called when the operation has finished
 * @user_data: for @callback
 *
 * The same without blocking.
 */
void virt_snap_service_plan_import_async(VirtSnapService *self, const char *path,
                                         const char *directory, const char *settings,
                                         GCancellable *cancellable, GAsyncReadyCallback callback,
                                         gpointer user_data);

/**
 * virt_snap_service_plan_import_finish:
 * @self: a service
 * @result: that the callback got
 * @error: as virt_snap_service_plan_import() has it, or G_IO_ERROR_CANCELLED
 *
 * Ends virt_snap_service_plan_import_async().
 *
 * Returns: (transfer full): the plan
 */
GVariant *virt_snap_service_plan_import_finish(VirtSnapService *self, GAsyncResult *result,
                                               GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
