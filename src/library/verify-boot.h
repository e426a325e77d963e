/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "library/service.h"

G_BEGIN_DECLS

GType virt_snap_boot_verdict_get_type(void);

/**
 * virt_snap_boot_verdict_copy:
 * @self: a verdict
 *
 * Copies a verdict.
 *
 * Returns: (transfer full): the same
 */
VirtSnapBootVerdict *virt_snap_boot_verdict_copy(const VirtSnapBootVerdict *self);

/**
 * virt_snap_boot_verdict_free:
 * @self: (nullable): a verdict
 *
 * Frees it.
 */
void virt_snap_boot_verdict_free(VirtSnapBootVerdict *self);

/**
 * virt_snap_boot_verdict_get_name:
 * @self: a verdict
 *
 * Tells which domain it is about.
 *
 * Returns: (transfer none): its name in the export
 */
const char *virt_snap_boot_verdict_get_name(const VirtSnapBootVerdict *self);

/**
 * virt_snap_boot_verdict_get_booted:
 * @self: a verdict
 *
 * Tells what came of it.
 *
 * Returns: whether the domain boots
 */
gboolean virt_snap_boot_verdict_get_booted(const VirtSnapBootVerdict *self);

/**
 * virt_snap_boot_verdict_get_by:
 * @self: a verdict
 *
 * Tells what said that the domain boots.
 *
 * Returns: (transfer none) (nullable): "agent", "console" or "time"; %NULL: it does not boot
 */
const char *virt_snap_boot_verdict_get_by(const VirtSnapBootVerdict *self);

/**
 * virt_snap_boot_verdict_get_seconds:
 * @self: a verdict
 *
 * Tells how long that took.
 *
 * Returns: seconds since the domain was started
 */
guint virt_snap_boot_verdict_get_seconds(const VirtSnapBootVerdict *self);

/**
 * virt_snap_boot_verdict_get_why:
 * @self: a verdict
 *
 * Tells why the domain does not boot.
 *
 * Returns: (transfer none) (nullable): in words; %NULL: it boots
 */
const char *virt_snap_boot_verdict_get_why(const VirtSnapBootVerdict *self);

/**
 * virt_snap_service_verify_boot:
 * @self: a service
 * @directory: (type filename): of an export
 * @timeout: seconds that a domain is given; 0: as `virtsnap verify --boot`
 * @expect: (nullable): a regular expression that the serial console is to show
 * @trust: (array zero-terminated=1) (nullable): elements of a domain's XML that are let pass
 * @cancellable: (nullable): ends it
 * @error: if nothing can be said: as virt_snap_service_verify() has it, ACCESS_DENIED for what is
 * not let pass, OUT_OF_MEMORY, INVALID_PARAMETER for a pattern that is none
 *
 * Proves that an export is complete and unchanged, as virt_snap_service_verify() does, and starts
 * its domains on images that are thrown away. Nothing of that is there afterwards. It takes as long
 * as they take to boot; see virt_snap_service_verify_boot_async().
 *
 * Returns: (transfer full): what was found
 */
VirtSnapVerifyResult *virt_snap_service_verify_boot(VirtSnapService *self, const char *directory,
                                                    guint timeout, const char *expect,
                                                    const char *const *trust,
                                                    GCancellable *cancellable,
                                                    GError **error) G_GNUC_WARN_UNUSED_RESULT;

/**
 * virt_snap_service_verify_boot_async:
 * @self: a service
 * @directory: (type filename): of an export
 * @timeout: seconds that a domain is given; 0: as `virtsnap verify --boot`
 * @expect: (nullable): a regular expression that the serial console is to show
 * @trust: (array zero-terminated=1) (nullable): elements of a domain's XML that are let pass
 * @cancellable: (nullable): ends it
 * @callback: (scope async): called when it is over
 * @user_data: for @callback
 *
 * The same without blocking.
 */
void virt_snap_service_verify_boot_async(VirtSnapService *self, const char *directory,
                                         guint timeout, const char *expect,
                                         const char *const *trust, GCancellable *cancellable,
                                         GAsyncReadyCallback callback, gpointer user_data);

/**
 * virt_snap_service_verify_boot_finish:
 * @self: a service
 * @result: that the callback got
 * @error: as virt_snap_service_verify_boot() has it
 *
 * Ends virt_snap_service_verify_boot_async().
 *
 * Returns: (transfer full): what was found
 */
VirtSnapVerifyResult *virt_snap_service_verify_boot_finish(VirtSnapService *self,
                                                           GAsyncResult *result, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

G_DEFINE_AUTOPTR_CLEANUP_FUNC(VirtSnapBootVerdict, virt_snap_boot_verdict_free)

G_END_DECLS
