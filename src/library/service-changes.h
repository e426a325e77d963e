/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "library/service.h"

G_BEGIN_DECLS

/* What changes of snapshots, reference points and imported domains would do. */

/**
 * virt_snap_service_plan_create_snapshot:
 * @self: a service
 * @collection: in the default #VirtSnapCollectionStore
 * @snapshot: (nullable): as virt_snap_service_create_snapshot() has it
 * @settings: (nullable): likewise
 * @type: likewise
 * @error: what would make it fail from the start
 *
 * Tells what virt_snap_service_create_snapshot() would do now, and changes nothing, as `virtsnap
 * snapshot-create-as --dry-run` does. It asks the hypervisor, which can take long; see
 * virt_snap_service_plan_create_snapshot_async().
 *
 * Returns: (transfer full): a{sv}: "collection", "snapshot" (s), "warnings" (as) and "members"
 * (aa{sv}): each with "domain", "state", "kind", "asked" (s), "memory" (s), if there is such a
 * file, and "disks" (aa{sv}: "target", "source", "overlay" (s), "followed" (b))
 */
GVariant *virt_snap_service_plan_create_snapshot(VirtSnapService *self, const char *collection,
                                                 const char *snapshot, const char *settings,
                                                 guint type, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/**
 * virt_snap_service_plan_create_snapshot_async:
 * @self: a service
 * @collection: in the default #VirtSnapCollectionStore
 * @snapshot: (nullable): as virt_snap_service_create_snapshot() has it
 * @settings: (nullable): likewise
 * @type: likewise
 * @cancellable: (nullable): cancels the operation
 * @callback: (scope async): called when the operation has finished
 * @user_data: for @callback
 *
 * The same without blocking.
 */
void virt_snap_service_plan_create_snapshot_async(VirtSnapService *self, const char *collection,
                                                  const char *snapshot, const char *settings,
                                                  guint type, GCancellable *cancellable,
                                                  GAsyncReadyCallback callback, gpointer user_data)
   ;

/**
 * virt_snap_service_plan_create_snapshot_finish:
 * @self: a service
 * @result: that the callback got
 * @error: as virt_snap_service_plan_create_snapshot() has it, or G_IO_ERROR_CANCELLED
 *
 * Ends virt_snap_service_plan_create_snapshot_async().
 *
 * Returns: (transfer full): the plan
 */
GVariant *virt_snap_service_plan_create_snapshot_finish(VirtSnapService *self,
                                                        GAsyncResult *result, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/**
 * virt_snap_service_plan_delete_snapshot:
 * @self: a service
 * @collection: in the default #VirtSnapCollectionStore
 * @snapshot: of its domains
 * @metadata: as virt_snap_service_delete_snapshot() has it
 * @error: what would make it fail from the start
 *
 * Tells what virt_snap_service_delete_snapshot() would do now, and changes nothing, as `virtsnap
 * snapshot-delete --dry-run` does. It asks the hypervisor, which can take long; see
 * virt_snap_service_plan_delete_snapshot_async().
 *
 * Returns: (transfer full): a{sv}: "collection", "snapshot" (s), "warnings" (as) and "members"
 * (aa{sv}): each with "domain", "kind" (s), "memory" (s), if there is such a file, and "disks"
 * (aa{sv}: "target", "method", "from", "into" (s), "bytes" (t): what is merged at most)
 */
GVariant *virt_snap_service_plan_delete_snapshot(VirtSnapService *self, const char *collection,
                                                 const char *snapshot, gboolean metadata,
                                                 GError **error) G_GNUC_WARN_UNUSED_RESULT;

/**
 * virt_snap_service_plan_delete_snapshot_async:
 * @self: a service
 * @collection: in the default #VirtSnapCollectionStore
 * @snapshot: of its domains
 * @metadata: as virt_snap_service_delete_snapshot() has it
 * @cancellable: (nullable): cancels the operation
 * @callback: (scope async): called when the operation has finished
 * @user_data: for @callback
 *
 * The same without blocking.
 */
void virt_snap_service_plan_delete_snapshot_async(VirtSnapService *self, const char *collection,
                                                  const char *snapshot, gboolean metadata,
                                                  GCancellable *cancellable,
                                                  GAsyncReadyCallback callback, gpointer user_data)
   ;

/**
 * virt_snap_service_plan_delete_snapshot_finish:
 * @self: a service
 * @result: that the callback got
 * @error: as virt_snap_service_plan_delete_snapshot() has it, or G_IO_ERROR_CANCELLED
 *
 * Ends virt_snap_service_plan_delete_snapshot_async().
 *
 * Returns: (transfer full): the plan
 */
GVariant *virt_snap_service_plan_delete_snapshot_finish(VirtSnapService *self,
                                                        GAsyncResult *result, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/**
 * virt_snap_service_plan_apply_snapshot:
 * @self: a service
 * @collection: in the default #VirtSnapCollectionStore
 * @snapshot: that all its domains have
 * @discard: as virt_snap_service_apply_snapshot() has it
 * @start: likewise
 * @paused: likewise
 * @error: what would make it fail from the start
 *
 * Tells what virt_snap_service_apply_snapshot() would do now, and changes nothing, as `virtsnap
 * snapshot-apply --dry-run` does. It asks the hypervisor, which can take long; see
 * virt_snap_service_plan_apply_snapshot_async().
 *
 * Returns: (transfer full): a{sv}: "collection", "snapshot", "before" (s): what would keep the
 * present state, if it is kept, "warnings" (as) and "members" (aa{sv}): each with "domain", "kind",
 * "method" (s) and "disks" (aa{sv}: "target", "frozen", "present", "overlay" (s))
 */
GVariant *virt_snap_service_plan_apply_snapshot(VirtSnapService *self, const char *collection,
                                                const char *snapshot, gboolean discard,
                                                gboolean start, gboolean paused, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/**
 * virt_snap_service_plan_apply_snapshot_async:
 * @self: a service
 * @collection: in the default #VirtSnapCollectionStore
 * @snapshot: that all its domains have
 * @discard: as virt_snap_service_apply_snapshot() has it
 * @start: likewise
 * @paused: likewise
 * @cancellable: (nullable): cancels the operation
 * @callback: (scope async): called when the operation has finished
 * @user_data: for @callback
 *
 * The same without blocking.
 */
void virt_snap_service_plan_apply_snapshot_async(VirtSnapService *self, const char *collection,
                                                 const char *snapshot, gboolean discard,
                                                 gboolean start, gboolean paused,
                                                 GCancellable *cancellable,
                                                 GAsyncReadyCallback callback, gpointer user_data);

/**
 * virt_snap_service_plan_apply_snapshot_finish:
 * @self: a service
 * @result: that the callback got
 * @error: as virt_snap_service_plan_apply_snapshot() has it, or G_IO_ERROR_CANCELLED
 *
 * Ends virt_snap_service_plan_apply_snapshot_async().
 *
 * Returns: (transfer full): the plan
 */
GVariant *virt_snap_service_plan_apply_snapshot_finish(VirtSnapService *self, GAsyncResult *result,
                                                       GError **error) G_GNUC_WARN_UNUSED_RESULT;

/**
 * virt_snap_service_plan_create_reference_point:
 * @self: a service
 * @collection: in the default #VirtSnapCollectionStore
 * @name: (nullable): as virt_snap_service_create_reference_point() has it
 * @error: what would make it fail from the start
 *
 * Tells what virt_snap_service_create_reference_point() would do now, and changes nothing, as
 * `virtsnap reference-point-create --dry-run` does. It asks the hypervisor, which can take long;
 * see virt_snap_service_plan_create_reference_point_async().
 *
 * Returns: (transfer full): a{sv}: "collection", "referencePoint" (s), "warnings" (as) and
 * "members" (aa{sv}): each with "domain", "checkpoint" (s) and "disks" (as): those whose changes
 * would be known
 */
GVariant *virt_snap_service_plan_create_reference_point(VirtSnapService *self,
                                                        const char *collection, const char *name,
                                                        GError **error) G_GNUC_WARN_UNUSED_RESULT;

/**
 * virt_snap_service_plan_create_reference_point_async:
 * @self: a service
 * @collection: in the default #VirtSnapCollectionStore
 * @name: (nullable): as virt_snap_service_create_reference_point() has it
 * @cancellable: (nullable): cancels the operation
 * @callback: (scope async): called when the operation has finished
 * @user_data: for @callback
 *
 * The same without blocking.
 */
void virt_snap_service_plan_create_reference_point_async(VirtSnapService *self,
                                                         const char *collection, const char *name,
                                                         GCancellable *cancellable,
                                                         GAsyncReadyCallback callback,
                                                         gpointer user_data);

/**
 * virt_snap_service_plan_create_reference_point_finish:
 * @self: a service
 * @result: that the callback got
 * @error: as virt_snap_service_plan_create_reference_point() has it, or G_IO_ERROR_CANCELLED
 *
 * Ends virt_snap_service_plan_create_reference_point_async().
 *
 * Returns: (transfer full): the plan
 */
GVariant *virt_snap_service_plan_create_reference_point_finish(VirtSnapService *self,
                                                               GAsyncResult *result,
                                                               GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/**
 * virt_snap_service_plan_delete_reference_point:
 * @self: a service
 * @collection: in the default #VirtSnapCollectionStore
 * @name: of the reference point
 * @error: what would make it fail from the start
 *
 * Tells what virt_snap_service_delete_reference_point() would do now, and changes nothing, as
 * `virtsnap reference-point-delete --dry-run` does. It asks the hypervisor, which can take long;
 * see virt_snap_service_plan_delete_reference_point_async().
 *
 * Returns: (transfer full): what virt_snap_service_plan_create_reference_point() has, without
 * "disks"
 */
GVariant *virt_snap_service_plan_delete_reference_point(VirtSnapService *self,
                                                        const char *collection, const char *name,
                                                        GError **error) G_GNUC_WARN_UNUSED_RESULT;

/**
 * virt_snap_service_plan_delete_reference_point_async:
 * @self: a service
 * @collection: in the default #VirtSnapCollectionStore
 * @name: of the reference point
 * @cancellable: (nullable): cancels the operation
 * @callback: (scope async): called when the operation has finished
 * @user_data: for @callback
 *
 * The same without blocking.
 */
void virt_snap_service_plan_delete_reference_point_async(VirtSnapService *self,
                                                         const char *collection, const char *name,
                                                         GCancellable *cancellable,
                                                         GAsyncReadyCallback callback,
                                                         gpointer user_data);

/**
 * virt_snap_service_plan_delete_reference_point_finish:
 * @self: a service
 * @result: that the callback got
 * @error: as virt_snap_service_plan_delete_reference_point() has it, or G_IO_ERROR_CANCELLED
 *
 * Ends virt_snap_service_plan_delete_reference_point_async().
 *
 * Returns: (transfer full): the plan
 */
GVariant *virt_snap_service_plan_delete_reference_point_finish(VirtSnapService *self,
                                                               GAsyncResult *result,
                                                               GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/**
 * virt_snap_service_plan_convert_to_reference_point:
 * @self: a service
 * @collection: in the default #VirtSnapCollectionStore
 * @snapshot: of its domains, made with a reference point
 * @error: what would make it fail from the start
 *
 * Tells what virt_snap_service_convert_to_reference_point() would do now, and changes nothing, as
 * `virtsnap reference-point-convert --dry-run` does. It asks the hypervisor, which can take long;
 * see virt_snap_service_plan_convert_to_reference_point_async().
 *
 * Returns: (transfer full): what virt_snap_service_plan_delete_snapshot() has, and "referencePoint"
 * (s)
 */
GVariant *virt_snap_service_plan_convert_to_reference_point(VirtSnapService *self,
                                                            const char *collection,
                                                            const char *snapshot, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/**
 * virt_snap_service_plan_convert_to_reference_point_async:
 * @self: a service
 * @collection: in the default #VirtSnapCollectionStore
 * @snapshot: of its domains, made with a reference point
 * @cancellable: (nullable): cancels the operation
 * @callback: (scope async): called when the operation has finished
 * @user_data: for @callback
 *
 * The same without blocking.
 */
void virt_snap_service_plan_convert_to_reference_point_async(VirtSnapService *self,
                                                             const char *collection,
                                                             const char *snapshot,
                                                             GCancellable *cancellable,
                                                             GAsyncReadyCallback callback,
                                                             gpointer user_data);

/**
 * virt_snap_service_plan_convert_to_reference_point_finish:
 * @self: a service
 * @result: that the callback got
 * @error: as virt_snap_service_plan_convert_to_reference_point() has it, or G_IO_ERROR_CANCELLED
 *
 * Ends virt_snap_service_plan_convert_to_reference_point_async().
 *
 * Returns: (transfer full): the plan
 */
GVariant *virt_snap_service_plan_convert_to_reference_point_finish(VirtSnapService *self,
                                                                   GAsyncResult *result,
                                                                   GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/**
 * virt_snap_service_plan_detach_import:
 * @self: a service
 * @domain: name or UUID of a domain that was imported in place
 * @error: what would make it fail from the start
 *
 * Tells what virt_snap_service_detach_import() would do now, and changes nothing, as `virtsnap
 * import-detach --dry-run` does. It asks the hypervisor, which can take long; see
 * virt_snap_service_plan_detach_import_async().
 *
 * Returns: (transfer full): a{sv}: "domain" (s), and "disks" (aa{sv}): each that needs the export
 * with "target", "path", "method" (s) and "bytes" (t): what is copied at most
 */
GVariant *virt_snap_service_plan_detach_import(VirtSnapService *self, const char *domain,
                                               GError **error) G_GNUC_WARN_UNUSED_RESULT;

/**
 * virt_snap_service_plan_detach_import_async:
 * @self: a service
 * @domain: name or UUID of a domain that was imported in place
 * @cancellable: (nullable): cancels the operation
 * @callback: (scope async): called when the operation has finished
 * @user_data: for @callback
 *
 * The same without blocking.
 */
void virt_snap_service_plan_detach_import_async(VirtSnapService *self, const char *domain,
                                                GCancellable *cancellable,
                                                GAsyncReadyCallback callback, gpointer user_data);

/**
 * virt_snap_service_plan_detach_import_finish:
 * @self: a service
 * @result: that the callback got
 * @error: as virt_snap_service_plan_detach_import() has it, or G_IO_ERROR_CANCELLED
 *
 * Ends virt_snap_service_plan_detach_import_async().
 *
 * Returns: (transfer full): the plan
 */
GVariant *virt_snap_service_plan_detach_import_finish(VirtSnapService *self, GAsyncResult *result,
                                                      GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
