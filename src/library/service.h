/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "library/job.h"
#include "library/verify-result.h"
#include "settings/settings-api.h"

G_BEGIN_DECLS

#define VIRT_SNAP_TYPE_SERVICE (virt_snap_service_get_type())

/**
 * VirtSnapService:
 *
 * Where exports begin: what Msvm_CollectionSnapshotService is to a hypervisor. It holds no
 * connection; each call opens one, so any thread may use it, and a hypervisor that goes away is
 * noticed by the next call only.
 *
 * libvirt knows one event loop in a process, the first that is registered with it. Unless there is
 * one when the first call comes, the library registers one, which runs in a thread of its own. A
 * program that brings its own (virEventRegisterImpl(), virEventRegisterDefaultImpl()) registers it
 * before that and runs it, in another thread than one that waits for a call of the library.
 */
G_DECLARE_FINAL_TYPE(VirtSnapService, virt_snap_service, VIRT_SNAP, SERVICE, GObject)

/**
 * VirtSnapService:uri: (getter get_uri)
 *
 * The libvirt URI of the hypervisor; NULL: libvirt's default.
 */

/**
 * virt_snap_service_new:
 * @uri: (nullable): VirtSnapService:uri
 *
 * Nothing is connected to yet.
 *
 * Returns: (transfer full): a service
 */
VirtSnapService *virt_snap_service_new(const char *uri);

/**
 * virt_snap_service_get_uri: (get-property uri)
 * @self: a service
 *
 * Tells which hypervisor it is for.
 *
 * Returns: (transfer none) (nullable): VirtSnapService:uri
 */
const char *virt_snap_service_get_uri(VirtSnapService *self);

/**
 * virt_snap_service_export:
 * @self: a service
 * @collection: in the default #VirtSnapCollectionStore
 * @snapshot: (nullable): that all domains of @collection have; of a live export the name that it
 * shall have, the time if it is NULL
 * @directory: (type filename): where to; its parent must be there
 * @settings: (nullable): NULL: the defaults
 * @error: NOT_FOUND, INVALID_STATE if it has no members, INVALID_PARAMETER, NOT_SUPPORTED naming
 * a setting
 *
 * Begins to export a snapshot of a collection, as ExportSnapshot does. What can be wrong beyond
 * the parameters is the job's error.
 *
 * Returns: (transfer full): the job
 */
VirtSnapJob *virt_snap_service_export(VirtSnapService *self, const char *collection,
                                      const char *snapshot, const char *directory,
                                      VirtSnapExportSettings *settings, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/**
 * virt_snap_service_export_domains:
 * @self: a service
 * @domains: (array zero-terminated=1): names, as a collection without a name
 * @snapshot: (nullable): that all of them have; of a live export the name that it shall have, the
 * time if it is NULL
 * @directory: (type filename): where to; its parent must be there
 * @settings: (nullable): NULL: the defaults
 * @error: as virt_snap_service_export() has it
 *
 * Begins to export a snapshot of domains.
 *
 * Returns: (transfer full): the job
 */
VirtSnapJob *virt_snap_service_export_domains(VirtSnapService *self, char *const *domains,
                                              const char *snapshot, const char *directory,
                                              VirtSnapExportSettings *settings, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/**
 * virt_snap_service_export_async:
 * @self: a service
 * @collection: in the default #VirtSnapCollectionStore
 * @snapshot: (nullable): that all domains of @collection have; of a live export the name that it
 * shall have, the time if it is NULL
 * @directory: (type filename): where to; its parent must be there
 * @settings: (nullable): NULL: the defaults
 * @cancellable: (nullable): ends it before the job is started
 * @callback: (scope async): called when the job can be started
 * @user_data: for @callback
 *
 * Begins to export a snapshot of a collection without blocking: virt_snap_service_export() waits
 * for whoever changes collections. virt_snap_service_export_finish() starts the job.
 */
void virt_snap_service_export_async(VirtSnapService *self, const char *collection,
                                    const char *snapshot, const char *directory,
                                    VirtSnapExportSettings *settings, GCancellable *cancellable,
                                    GAsyncReadyCallback callback, gpointer user_data);

/**
 * virt_snap_service_export_finish:
 * @self: a service
 * @result: that the callback got
 * @error: as virt_snap_service_export() has it, or G_IO_ERROR_CANCELLED
 *
 * Ends virt_snap_service_export_async(), and starts the job.
 *
 * Returns: (transfer full): the job
 */
VirtSnapJob *virt_snap_service_export_finish(VirtSnapService *self, GAsyncResult *result,
                                             GError **error) G_GNUC_WARN_UNUSED_RESULT;

/**
 * virt_snap_service_create_snapshot:
 * @self: a service
 * @collection: in the default #VirtSnapCollectionStore
 * @snapshot: (nullable): the name that the snapshots of all members get; NULL: that in @settings,
 * or else the present time, as the name of the job tells
 * @settings: (nullable): a snapshotsettings document, or a CIM-XML instance of
 * Msvm_VirtualSystemSnapshotSettingData; NULL: the defaults
 * @type: 1 standard, with the memory of members that run, or 2 recovery, disks only
 * @error: NOT_FOUND, INVALID_STATE if it has no members, INVALID_PARAMETER, NOT_SUPPORTED
 *
 * Begins to take a snapshot of every member at one moment, of all or of none, as CreateSnapshot
 * does. What can be wrong beyond the parameters is the job's error.
 *
 * Returns: (transfer full): the job
 */
VirtSnapJob *virt_snap_service_create_snapshot(VirtSnapService *self, const char *collection,
                                               const char *snapshot, const char *settings,
                                               guint type, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/**
 * virt_snap_service_create_snapshot_async:
 * @self: a service
 * @collection: in the default #VirtSnapCollectionStore
 * @snapshot: (nullable): as virt_snap_service_create_snapshot() has it
 * @settings: (nullable): likewise
 * @type: likewise
 * @cancellable: (nullable): ends it before the job is started
 * @callback: (scope async): called when the job can be started
 * @user_data: for @callback
 *
 * The same without blocking: virt_snap_service_create_snapshot() waits for whoever changes
 * collections. virt_snap_service_create_snapshot_finish() starts the job.
 */
void virt_snap_service_create_snapshot_async(VirtSnapService *self, const char *collection,
                                             const char *snapshot, const char *settings,
                                             guint type, GCancellable *cancellable,
                                             GAsyncReadyCallback callback, gpointer user_data);

/**
 * virt_snap_service_create_snapshot_finish:
 * @self: a service
 * @result: that the callback got
 * @error: as virt_snap_service_create_snapshot() has it, or G_IO_ERROR_CANCELLED
 *
 * Starts the job.
 *
 * Returns: (transfer full): the job
 */
VirtSnapJob *virt_snap_service_create_snapshot_finish(VirtSnapService *self,
                                                      GAsyncResult *result, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/**
 * virt_snap_service_import:
 * @self: a service
 * @path: (type filename): of an export
 * @directory: (type filename): below which its files come to be; it must be there, or its parent
 * @settings: (nullable): an importsettings document; NULL: the defaults
 * @error: INVALID_PARAMETER naming what is wrong with @settings
 *
 * Begins to make the domains of an export again. What can be wrong beyond @settings is the job's
 * error.
 *
 * Returns: (transfer full): the job
 */
VirtSnapJob *virt_snap_service_import(VirtSnapService *self, const char *path,
                                      const char *directory, const char *settings,
                                      GError **error) G_GNUC_WARN_UNUSED_RESULT;

/**
 * virt_snap_service_import_async:
 * @self: a service
 * @path: (type filename): of an export
 * @directory: (type filename): below which its files come to be; it must be there, or its parent
 * @settings: (nullable): an importsettings document; NULL: the defaults
 * @cancellable: (nullable): ends it before the job is started
 * @callback: (scope async): called when the job can be started
 * @user_data: for @callback
 *
 * Begins to make the domains of an export again without blocking: virt_snap_service_import() reads
 * the schema of @settings. virt_snap_service_import_finish() starts the job.
 */
void virt_snap_service_import_async(VirtSnapService *self, const char *path,
                                    const char *directory, const char *settings,
                                    GCancellable *cancellable, GAsyncReadyCallback callback,
                                    gpointer user_data);

/**
 * virt_snap_service_import_finish:
 * @self: a service
 * @result: that the callback got
 * @error: as virt_snap_service_import() has it, or G_IO_ERROR_CANCELLED
 *
 * Ends virt_snap_service_import_async(), and starts the job.
 *
 * Returns: (transfer full): the job
 */
VirtSnapJob *virt_snap_service_import_finish(VirtSnapService *self, GAsyncResult *result,
                                             GError **error) G_GNUC_WARN_UNUSED_RESULT;

/**
 * virt_snap_service_apply_snapshot:
 * @self: a service
 * @collection: in the default #VirtSnapCollectionStore
 * @snapshot: that all its domains have
 * @discard: do not keep the present state
 * @start: let all domains run afterwards, also those whose snapshot has no memory state
 * @error: none so far
 *
 * Begins to have all domains of a collection go back to a snapshot, as ApplySnapshot does. Their
 * present state is kept as a snapshot collection named before-@snapshot. It does not block; what
 * can be wrong is the job's error, and then what was changed is put back.
 *
 * Returns: (transfer full): the job
 */
VirtSnapJob *virt_snap_service_apply_snapshot(VirtSnapService *self, const char *collection,
                                              const char *snapshot, gboolean discard,
                                              gboolean start, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/**
 * virt_snap_service_delete_snapshot:
 * @self: a service
 * @collection: in the default #VirtSnapCollectionStore
 * @snapshot: of its domains
 * @metadata: only have libvirt forget the snapshots, and touch no image
 * @error: none so far
 *
 * Begins to remove a snapshot of a collection, as DestroySnapshot does: what the domains have
 * written since is merged into the layers that it froze. It does not block; what can be wrong is
 * the job's error. A job that was interrupted leaves the domains with all their data, and another
 * one goes on.
 *
 * Returns: (transfer full): the job
 */
VirtSnapJob *virt_snap_service_delete_snapshot(VirtSnapService *self, const char *collection,
                                               const char *snapshot, gboolean metadata,
                                               GError **error) G_GNUC_WARN_UNUSED_RESULT;

/**
 * virt_snap_service_list_snapshots:
 * @self: a service
 * @collection: in the default #VirtSnapCollectionStore
 * @error: NOT_FOUND, SYSTEM_NOT_AVAILABLE
 *
 * Asks the hypervisor for the snapshots that can be exported. It can take long; see
 * virt_snap_service_list_snapshots_async().
 *
 * Returns: (transfer full) (array zero-terminated=1): the names of those that all domains of
 * @collection have, parents before children
 */
char **virt_snap_service_list_snapshots(VirtSnapService *self, const char *collection,
                                        GError **error) G_GNUC_WARN_UNUSED_RESULT;

/**
 * virt_snap_service_list_snapshots_async:
 * @self: a service
 * @collection: in the default #VirtSnapCollectionStore
 * @cancellable: (nullable): ends it
 * @callback: (scope async): called when it is over
 * @user_data: for @callback
 *
 * The same without blocking.
 */
void virt_snap_service_list_snapshots_async(VirtSnapService *self, const char *collection,
                                            GCancellable *cancellable,
                                            GAsyncReadyCallback callback, gpointer user_data);

/**
 * virt_snap_service_list_snapshots_finish:
 * @self: a service
 * @result: that the callback got
 * @error: as virt_snap_service_list_snapshots() has it, or G_IO_ERROR_CANCELLED
 *
 * Ends virt_snap_service_list_snapshots_async().
 *
 * Returns: (transfer full) (array zero-terminated=1): names
 */
char **virt_snap_service_list_snapshots_finish(VirtSnapService *self, GAsyncResult *result,
                                               GError **error) G_GNUC_WARN_UNUSED_RESULT;

/**
 * virt_snap_service_verify:
 * @self: a service
 * @directory: (type filename): of an export
 * @deep: also have QEMU check every qcow2 image
 * @cancellable: (nullable): ends it
 * @error: only if nothing can be said: NOT_FOUND, ACCESS_DENIED, G_IO_ERROR_CANCELLED
 *
 * Proves that an export is complete and unchanged. It reads all of it; see
 * virt_snap_service_verify_async().
 *
 * Returns: (transfer full): what was found
 */
VirtSnapVerifyResult *virt_snap_service_verify(VirtSnapService *self, const char *directory,
                                               gboolean deep, GCancellable *cancellable,
                                               GError **error) G_GNUC_WARN_UNUSED_RESULT;

/**
 * virt_snap_service_verify_async:
 * @self: a service
 * @directory: (type filename): of an export
 * @deep: also have QEMU check every qcow2 image
 * @cancellable: (nullable): ends it
 * @callback: (scope async): called when it is over
 * @user_data: for @callback
 *
 * The same without blocking.
 */
void virt_snap_service_verify_async(VirtSnapService *self, const char *directory, gboolean deep,
                                    GCancellable *cancellable, GAsyncReadyCallback callback,
                                    gpointer user_data);

/**
 * virt_snap_service_verify_finish:
 * @self: a service
 * @result: that the callback got
 * @error: as virt_snap_service_verify() has it
 *
 * Ends virt_snap_service_verify_async().
 *
 * Returns: (transfer full): what was found
 */
VirtSnapVerifyResult *virt_snap_service_verify_finish(VirtSnapService *self,
                                                      GAsyncResult *result, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/**
 * virt_snap_service_prune:
 * @self: a service
 * @directory: (type filename): that was exported into
 * @options: (nullable): a{sv}: "collection" (s): only the exports of this one; "keep-last",
 * "keep-daily", "keep-weekly", "keep-monthly", "keep-yearly" (u): rules, of which one at least is
 * needed; "dry-run" (b): nothing is touched
 * @cancellable: (nullable): ends it between two files
 * @error: INVALID_PARAMETER naming an option, NOT_FOUND, G_IO_ERROR_CANCELLED
 *
 * Removes old exports by rules, as the command export-prune does; see virtsnap(1).
 *
 * Returns: (transfer full): a{sv}: "freed" (t), bytes on the disk, and "kept", "removed", "left"
 * and "failed" (aa{sv}), each with "export" (s) and what is known of it
 */
GVariant *virt_snap_service_prune(VirtSnapService *self, const char *directory, GVariant *options,
                                  GCancellable *cancellable, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/**
 * virt_snap_service_prune_async:
 * @self: a service
 * @directory: (type filename): that was exported into
 * @options: (nullable): as virt_snap_service_prune() has them
 * @cancellable: (nullable): ends it between two files
 * @callback: (scope async): called when it is over
 * @user_data: for @callback
 *
 * The same without blocking.
 */
void virt_snap_service_prune_async(VirtSnapService *self, const char *directory, GVariant *options,
                                   GCancellable *cancellable, GAsyncReadyCallback callback,
                                   gpointer user_data);

/**
 * virt_snap_service_prune_finish:
 * @self: a service
 * @result: that the callback got
 * @error: as virt_snap_service_prune() has it
 *
 * Ends virt_snap_service_prune_async().
 *
 * Returns: (transfer full): what was done
 */
GVariant *virt_snap_service_prune_finish(VirtSnapService *self, GAsyncResult *result,
                                         GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
