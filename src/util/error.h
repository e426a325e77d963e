/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

#define VIRT_SNAP_ERROR (virt_snap_error_quark())

/**
 * VirtSnapError:
 * @VIRT_SNAP_ERROR_NOT_SUPPORTED: the feature does not exist, or does not exist yet
 * @VIRT_SNAP_ERROR_FAILED: any failure that has no code of its own
 * @VIRT_SNAP_ERROR_TIMEOUT: the operation took too long
 * @VIRT_SNAP_ERROR_INVALID_PARAMETER: a parameter is wrong; the message names it and what was
 * expected
 * @VIRT_SNAP_ERROR_INVALID_STATE: the operation is not possible in the present state
 * @VIRT_SNAP_ERROR_INVALID_TYPE: the object is of another kind than was expected
 * @VIRT_SNAP_ERROR_ACCESS_DENIED: no permission
 * @VIRT_SNAP_ERROR_IN_USE: another process or job is using the object
 * @VIRT_SNAP_ERROR_SYSTEM_NOT_AVAILABLE: the hypervisor cannot be reached
 * @VIRT_SNAP_ERROR_OUT_OF_MEMORY: not enough memory, or too many open files, threads or processes
 * @VIRT_SNAP_ERROR_NOT_FOUND: the object does not exist
 * @VIRT_SNAP_ERROR_ALREADY_EXISTS: the object exists already
 * @VIRT_SNAP_ERROR_NO_SPACE: the file system is full
 * @VIRT_SNAP_ERROR_CORRUPT: the data that was read is damaged
 * @VIRT_SNAP_ERROR_INTERRUPTED: the job was interrupted and can be resumed
 * @VIRT_SNAP_ERROR_CANCELLED: the job was cancelled on request
 *
 * What can go wrong. Each value is also the result code that the method
 * Msvm_CollectionSnapshotService.ExportSnapshot returns for it: 1..6 are the
 * codes of its sibling methods, 32768.. Hyper-V's vendor range with Hyper-V's
 * own meaning, 32800.. ours.
 */
typedef enum {
    VIRT_SNAP_ERROR_NOT_SUPPORTED = 1,
    VIRT_SNAP_ERROR_FAILED = 2,
    VIRT_SNAP_ERROR_TIMEOUT = 3,
    VIRT_SNAP_ERROR_INVALID_PARAMETER = 4,
    VIRT_SNAP_ERROR_INVALID_STATE = 5,
    VIRT_SNAP_ERROR_INVALID_TYPE = 6,
    VIRT_SNAP_ERROR_ACCESS_DENIED = 32769,
    VIRT_SNAP_ERROR_IN_USE = 32774,
    VIRT_SNAP_ERROR_SYSTEM_NOT_AVAILABLE = 32777,
    VIRT_SNAP_ERROR_OUT_OF_MEMORY = 32778,
    VIRT_SNAP_ERROR_NOT_FOUND = 32779,
    VIRT_SNAP_ERROR_ALREADY_EXISTS = 32800,
    VIRT_SNAP_ERROR_NO_SPACE = 32801,
    VIRT_SNAP_ERROR_CORRUPT = 32802,
    VIRT_SNAP_ERROR_INTERRUPTED = 32803,
    VIRT_SNAP_ERROR_CANCELLED = 32804,
} VirtSnapError;

/**
 * virt_snap_error_quark:
 *
 * The domain of all errors.
 *
 * Returns: the error domain; its codes have D-Bus names: org.virtsnap1.Error.*
 */
GQuark virt_snap_error_quark(void);

/**
 * virt_snap_error_result_code:
 * @error: an error of any domain
 *
 * Maps an error to the result code that the method returns for it.
 *
 * Returns: the method's result code for @error; errors of other domains are
 * mapped where there is an equivalent and are 2 (failed) otherwise
 */
guint virt_snap_error_result_code(const GError *error);

/**
 * virt_snap_error_result_name:
 * @code: a result code
 *
 * Names a result code.
 *
 * Returns: (transfer none): the short name of @code, as "not-supported", or
 * "failed" for a code that has none.
 */
const char *virt_snap_error_result_name(guint code);

/**
 * virt_snap_error_is:
 * @error: (nullable): an error of any domain
 * @codes: (array length=n_codes): some codes
 * @n_codes: how many
 *
 * Asks whether an error is one of several; g_error_matches() asks for one.
 *
 * Returns: whether @error is of the domain VIRT_SNAP_ERROR and has one of @codes
 */
gboolean virt_snap_error_is(const GError *error, const VirtSnapError *codes, gsize n_codes);

/**
 * virt_snap_error_set_errno: (skip)
 * @error: (out) (optional): where the error goes
 * @errsv: errno
 * @format: what was being done and to what, printf-like
 *
 * Sets @error to "<format>: <text of errsv>" with the code that @errsv
 * stands for: ENOSPC is no space, EACCES is access denied, and so on.
 */
void virt_snap_error_set_errno(GError **error, int errsv, const char *format, ...)
    G_GNUC_PRINTF(3, 4);

#ifndef __GI_SCANNER__
/* C does not say which argument is evaluated first, and what translates @format may change errno:
 * GLib waits for another thread that looks for the same translation. */
#define virt_snap_error_set_errno(error, errsv, ...) \
    G_STMT_START \
    { \
        int virt_snap_errsv = (errsv); \
        (virt_snap_error_set_errno)((error), virt_snap_errsv, __VA_ARGS__); \
    } \
    G_STMT_END
#endif

G_END_DECLS
