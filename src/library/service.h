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
 * Starts exports and imports, as Msvm_CollectionSnapshotService does. It keeps no connection: each
 * call opens one. So any thread may use it, and only the next call notices that a hypervisor has
 * gone away.
 *
 * libvirt uses one event loop in a process, the first one that is registered. If there is none at
 * the first call, the library registers one that runs in a thread of its own. A program that has an
 * event loop of its own (virEventRegisterImpl(), virEventRegisterDefaultImpl()) must register it
 * before that, and must run it in another thread than those that wait for calls of the library.
 */
G_DECLARE_FINAL_TYPE(VirtSnapService, virt_snap_service, VIRT_SNAP, SERVICE, GObject)

/**
 * VirtSnapService:uri: (getter get_uri)
 *
 * The libvirt URI of the hypervisor; NULL: libvirt's default.
 */

/**
 * VirtSnapService:resume: (getter get_resume) (setter set_resume)
 *
 * Whether exports and imports that are started go on with what an earlier one of the same has left,
 * also one of another process, if there is something. Otherwise they remove that, and begin anew.
 */

/**
 * virt_snap_service_new:
 * @uri: (nullable): VirtSnapService:uri
 *
 * Creates a service without connecting to the hypervisor.
 *
 * Returns: (transfer full): a service
 */
VirtSnapService *virt_snap_service_new(const char *uri);

/**
 * virt_snap_service_get_uri: (get-property uri)
 * @self: a service
 *
 * Gets the URI of the hypervisor.
 *
 * Returns: (transfer none) (nullable): VirtSnapService:uri
 */
const char *virt_snap_service_get_uri(VirtSnapService *self);

/**
 * virt_snap_service_get_resume: (get-property resume)
 * @self: a service
 *
 * Gets what virt_snap_service_set_resume() has set.
 *
 * Returns: VirtSnapService:resume
 */
gboolean virt_snap_service_get_resume(VirtSnapService *self);

/**
 * virt_snap_service_set_resume: (set-property resume)
 * @self: a service
 * @resume: VirtSnapService:resume
 *
 * Sets whether exports and imports that are started from now on go on with what an earlier one has
 * left. If that is of something else, as of a snapshot that has been taken anew under the same
 * name, the job fails, and says so.
 */
void virt_snap_service_set_resume(VirtSnapService *self, gboolean resume);

/**
 * virt_snap_service_export:
 * @self: a service
 * @collection: name of a collection in the default #VirtSnapCollectionStore
 * @snapshot: (nullable): name of a snapshot that all domains of @collection have; of a live export
 * the name that it shall have, the time if it is NULL
 * @directory: (type filename): the target directory, whose parent must exist
 * @settings: (nullable): NULL: the defaults
 * @error: NOT_FOUND, INVALID_STATE if the collection has no members, INVALID_PARAMETER,
 * NOT_SUPPORTED naming a setting
 *
 * Starts to export a snapshot of a collection, as ExportSnapshot does. @error only reports wrong
 * parameters; any later failure is the error of the job.
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
 * @domains: (array zero-terminated=1): names of domains, which are exported like a collection
 * without a name
 * @snapshot: (nullable): name of a snapshot that all of them have; of a live export the name that
 * it shall have, the time if it is NULL
 * @directory: (type filename): the target directory, whose parent must exist
 * @settings: (nullable): NULL: the defaults
 * @error: as for virt_snap_service_export()
 *
 * Starts to export a snapshot of domains.
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
 * @collection: name of a collection in the default #VirtSnapCollectionStore
 * @snapshot: (nullable): name of a snapshot that all domains of @collection have; of a live export
 * the name that it shall have, the time if it is NULL
 * @directory: (type filename): the target directory, whose parent must exist
 * @settings: (nullable): NULL: the defaults
 * @cancellable: (nullable): cancels the operation before the job is started
 * @callback: (scope async): called when the job can be started
 * @user_data: for @callback
 *
 * Starts to export a snapshot of a collection without blocking, whereas virt_snap_service_export()
 * waits while others change collections. virt_snap_service_export_finish() starts the job.
 */
void virt_snap_service_export_async(VirtSnapService *self, const char *collection,
                                    const char *snapshot, const char *directory,
                                    VirtSnapExportSettings *settings, GCancellable *cancellable,
                                    GAsyncReadyCallback callback, gpointer user_data);

/**
 * virt_snap_service_export_finish:
 * @self: a service
 * @result: the result passed to the callback
 * @error: as for virt_snap_service_export(), or G_IO_ERROR_CANCELLED
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
 * Msvm_VirtualSystemSnapshotSettingData; NULL: the defaults, by which all members are of one
 * moment, as if the power had failed
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
 * @cancellable: (nullable): cancels the operation before the job is started
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
 * @result: the result passed to the callback
 * @error: as virt_snap_service_import() has it, or G_IO_ERROR_CANCELLED
 *
 * Ends virt_snap_service_import_async(), and starts the job.
 *
 * Returns: (transfer full): the job
 */
VirtSnapJob *virt_snap_service_import_finish(VirtSnapService *self, GAsyncResult *result,
                                             GError **error) G_GNUC_WARN_UNUSED_RESULT;

/**
 * virt_snap_service_detach_import:
 * @self: a service
 * @domain: name or UUID of a domain that was imported in place
 * @error: none so far
 *
 * Begins to copy what a domain has in images of an export into its own, while it runs or when it is
 * shut off. It does not block; what can be wrong is the job's error. Whatever ends the job, the
 * domain has all its data, and another one goes on.
 *
 * Returns: (transfer full): the job
 */
VirtSnapJob *virt_snap_service_detach_import(VirtSnapService *self, const char *domain,
                                             GError **error) G_GNUC_WARN_UNUSED_RESULT;

/**
 * virt_snap_service_apply_snapshot:
 * @self: a service
 * @collection: in the default #VirtSnapCollectionStore
 * @snapshot: that all its domains have
 * @discard: do not keep the present state
 * @start: let all domains run afterwards, also those whose snapshot has no memory state
 * @paused: start all domains, and leave them paused
 * @error: #VIRT_SNAP_ERROR_INVALID_PARAMETER for @start and @paused
 *
 * Begins to have all domains of a collection go back to a snapshot, as ApplySnapshot does. Their
 * present state is kept as a snapshot collection named before-@snapshot. It does not block; what
 * can be wrong is the job's error, and then what was changed is put back.
 *
 * Returns: (transfer full): the job
 */
VirtSnapJob *virt_snap_service_apply_snapshot(VirtSnapService *self, const char *collection,
                                              const char *snapshot, gboolean discard,
                                              gboolean start, gboolean paused, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/**
 * virt_snap_service_delete_snapshot:
 * @self: a service
 * @collection: name of a collection in the default #VirtSnapCollectionStore
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
 * virt_snap_service_create_reference_point:
 * @self: a service
 * @collection: in the default #VirtSnapCollectionStore
 * @name: (nullable): of the reference point; NULL: the present time, as the name of the job tells
 * @error: INVALID_PARAMETER for a name that none can have
 *
 * Begins to make a checkpoint of every domain of a collection at one moment: from then on it is
 * known what changes. It does not block; what else can be wrong is the job's error.
 *
 * Returns: (transfer full): the job
 */
VirtSnapJob *virt_snap_service_create_reference_point(VirtSnapService *self,
                                                      const char *collection, const char *name,
                                                      GError **error) G_GNUC_WARN_UNUSED_RESULT;

/**
 * virt_snap_service_convert_to_reference_point:
 * @self: a service
 * @collection: in the default #VirtSnapCollectionStore
 * @snapshot: of its domains, made with a reference point
 * @error: none so far
 *
 * Begins to make a snapshot of a collection a reference point, as ConvertToReferencePoint does: the
 * snapshot is removed as virt_snap_service_delete_snapshot() does it, and the checkpoints that were
 * made in its moment stay. It does not block; what can be wrong is the job's error, and of which
 * domains exports will not know what has changed is a warning of the job. After a job that was
 * interrupted another one goes on.
 *
 * Returns: (transfer full): the job
 */
VirtSnapJob *virt_snap_service_convert_to_reference_point(VirtSnapService *self,
                                                          const char *collection,
                                                          const char *snapshot, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/**
 * virt_snap_service_delete_reference_point:
 * @self: a service
 * @collection: in the default #VirtSnapCollectionStore
 * @name: of the reference point
 * @error: INVALID_PARAMETER for a name that none can have
 *
 * Begins to delete a reference point of all domains of a collection that have it. It does not
 * block; what else can be wrong is the job's error. What libvirt cannot take out of images is a
 * warning in the job's report.
 *
 * Returns: (transfer full): the job
 */
VirtSnapJob *virt_snap_service_delete_reference_point(VirtSnapService *self,
                                                      const char *collection, const char *name,
                                                      GError **error) G_GNUC_WARN_UNUSED_RESULT;

/**
 * virt_snap_service_list_reference_points:
 * @self: a service
 * @collection: in the default #VirtSnapCollectionStore
 * @error: NOT_FOUND, SYSTEM_NOT_AVAILABLE
 *
 * Lists the reference points since which it is known of all domains what has changed; of domains
 * that are shut off, as far as can be told. It asks the hypervisor, which can take long; see
 * virt_snap_service_list_reference_points_async().
 *
 * Returns: (transfer full) (array zero-terminated=1): their names, sorted
 */
char **virt_snap_service_list_reference_points(VirtSnapService *self, const char *collection,
                                               GError **error) G_GNUC_WARN_UNUSED_RESULT;

/**
 * virt_snap_service_list_reference_points_async:
 * @self: a service
 * @collection: in the default #VirtSnapCollectionStore
 * @cancellable: (nullable): cancels the operation
 * @callback: (scope async): called when the operation has finished
 * @user_data: for @callback
 *
 * The same without blocking.
 */
void virt_snap_service_list_reference_points_async(VirtSnapService *self, const char *collection,
                                                   GCancellable *cancellable,
                                                   GAsyncReadyCallback callback,
                                                   gpointer user_data);

/**
 * virt_snap_service_list_reference_points_finish:
 * @self: a service
 * @result: that the callback got
 * @error: as virt_snap_service_list_reference_points() has it, or G_IO_ERROR_CANCELLED
 *
 * Ends virt_snap_service_list_reference_points_async().
 *
 * Returns: (transfer full) (array zero-terminated=1): names
 */
char **virt_snap_service_list_reference_points_finish(VirtSnapService *self,
                                                      GAsyncResult *result, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/**
 * virt_snap_service_list_snapshots:
 * @self: a service
 * @collection: name of a collection in the default #VirtSnapCollectionStore
 * @error: NOT_FOUND, SYSTEM_NOT_AVAILABLE
 *
 * Lists the snapshots that can be exported. It asks the hypervisor, which can take long; see
 * virt_snap_service_list_snapshots_async().
 *
 * Returns: (transfer full) (array zero-terminated=1): the names of those name of a snapshot that
 * all domains of @collection have, parents before children
 */
char **virt_snap_service_list_snapshots(VirtSnapService *self, const char *collection,
                                        GError **error) G_GNUC_WARN_UNUSED_RESULT;

/**
 * virt_snap_service_list_snapshots_async:
 * @self: a service
 * @collection: name of a collection in the default #VirtSnapCollectionStore
 * @cancellable: (nullable): cancels the operation
 * @callback: (scope async): called when the operation has finished
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
 * @result: the result passed to the callback
 * @error: as for virt_snap_service_list_snapshots(), or G_IO_ERROR_CANCELLED
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
 * @deep: also check every qcow2 image with qemu-img check
 * @cancellable: (nullable): cancels the operation
 * @error: set only if the export cannot be verified at all: NOT_FOUND, ACCESS_DENIED,
 * G_IO_ERROR_CANCELLED
 *
 * Verifies that an export is complete and unchanged. It reads the whole export, which can take
 * long; see virt_snap_service_verify_async().
 *
 * Returns: (transfer full): the result
 */
VirtSnapVerifyResult *virt_snap_service_verify(VirtSnapService *self, const char *directory,
                                               gboolean deep, GCancellable *cancellable,
                                               GError **error) G_GNUC_WARN_UNUSED_RESULT;

/**
 * virt_snap_service_verify_async:
 * @self: a service
 * @directory: (type filename): of an export
 * @deep: also check every qcow2 image with qemu-img check
 * @cancellable: (nullable): cancels the operation
 * @callback: (scope async): called when the operation has finished
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
 * @result: the result passed to the callback
 * @error: as for virt_snap_service_verify()
 *
 * Ends virt_snap_service_verify_async().
 *
 * Returns: (transfer full): the result
 */
VirtSnapVerifyResult *virt_snap_service_verify_finish(VirtSnapService *self,
                                                      GAsyncResult *result, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/**
 * virt_snap_service_verify_export:
 * @self: a service
 * @directory: (type filename): of an export
 * @options: (nullable): a{sv}: "deep" (b): also check every qcow2 image with qemu-img check;
 * "bandwidth" (t): bytes a second that are read at most; "boot" (b): also start its domains on
 * images that are thrown away; with "boot" also "timeout" (u), seconds that a domain is given,
 * "expect" (s), a regular expression that the serial console is to show, "trust" (as), elements of
 * a domain's XML that are let pass, "memory" (t), bytes, "parallel" (u), "scratch" (s), as
 * `virtsnap verify` has them
 * @error: INVALID_PARAMETER naming the option
 *
 * Begins to verify an export, as VerifyExport does. It does not block. The job succeeds only if all
 * is well: an export that is damaged fails it with CORRUPT, one whose files are right but of which
 * a domain does not boot with FAILED. virt_snap_job_dup_findings() has what was found, also then.
 *
 * Returns: (transfer full): the job
 */
VirtSnapJob *virt_snap_service_verify_export(VirtSnapService *self, const char *directory,
                                             GVariant *options, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/**
 * virt_snap_service_prune:
 * @self: a service
 * @directory: (type filename): that was exported into
 * @options: (nullable): a{sv}: "collection" (s): only the exports of this one; "keep-last",
 * "keep-daily", "keep-weekly", "keep-monthly", "keep-yearly" (u): rules, of which one at least is
 * needed; "dry-run" (b): nothing is touched
 * @cancellable: (nullable): cancels the operation between two files
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
 * @cancellable: (nullable): cancels the operation between two files
 * @callback: (scope async): called when the operation has finished
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
 * @result: the result passed to the callback
 * @error: as virt_snap_service_prune() has it
 *
 * Ends virt_snap_service_prune_async().
 *
 * Returns: (transfer full): what was done
 */
GVariant *virt_snap_service_prune_finish(VirtSnapService *self, GAsyncResult *result,
                                         GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
