/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include <glib-object.h>

G_BEGIN_DECLS

/**
 * VirtSnapVerifyProblem:
 *
 * A difference between an export and its manifest, or damage.
 */
typedef struct VirtSnapVerifyProblem VirtSnapVerifyProblem;

GType virt_snap_verify_problem_get_type(void);

/**
 * virt_snap_verify_problem_copy:
 * @self: a problem
 *
 * Copies a problem.
 *
 * Returns: (transfer full): a copy
 */
VirtSnapVerifyProblem *virt_snap_verify_problem_copy(const VirtSnapVerifyProblem *self);

/**
 * virt_snap_verify_problem_free:
 * @self: (nullable): a problem
 *
 * Frees a problem.
 */
void virt_snap_verify_problem_free(VirtSnapVerifyProblem *self);

/**
 * virt_snap_verify_problem_get_file:
 * @self: a problem
 *
 * Gets the file that has the problem.
 *
 * Returns: (transfer none) (type filename): the file, relative to the export
 */
const char *virt_snap_verify_problem_get_file(const VirtSnapVerifyProblem *self);

/**
 * virt_snap_verify_problem_get_what:
 * @self: a problem
 *
 * Gets the description of the problem.
 *
 * Returns: (transfer none): a translated text
 */
const char *virt_snap_verify_problem_get_what(const VirtSnapVerifyProblem *self);

/**
 * VirtSnapBootVerdict:
 *
 * Whether a domain of an export boots.
 */
typedef struct VirtSnapBootVerdict VirtSnapBootVerdict;

/**
 * VirtSnapVerifyResult:
 *
 * What virt_snap_service_verify() or virt_snap_service_verify_boot() has found.
 */
typedef struct VirtSnapVerifyResult VirtSnapVerifyResult;

GType virt_snap_verify_result_get_type(void);

/**
 * virt_snap_verify_result_ref:
 * @self: a result
 *
 * Takes a reference.
 *
 * Returns: (transfer full): @self
 */
VirtSnapVerifyResult *virt_snap_verify_result_ref(VirtSnapVerifyResult *self);

/**
 * virt_snap_verify_result_unref:
 * @self: (nullable): a result
 *
 * Drops a reference, and frees the result with the last one.
 */
void virt_snap_verify_result_unref(VirtSnapVerifyResult *self);

/**
 * virt_snap_verify_result_get_ok:
 * @self: a result
 *
 * Checks whether there are no problems.
 *
 * Returns: whether the export is complete and unchanged; of files that were exported without
 * digests a warning says that their content was not checked
 */
gboolean virt_snap_verify_result_get_ok(const VirtSnapVerifyResult *self);

/**
 * virt_snap_verify_result_get_files:
 * @self: a result
 *
 * Gets the amount of data that was checked.
 *
 * Returns: the number of files
 */
guint64 virt_snap_verify_result_get_files(const VirtSnapVerifyResult *self);

/**
 * virt_snap_verify_result_get_bytes:
 * @self: a result
 *
 * Gets the amount of data that was checked.
 *
 * Returns: the total size of the files in bytes
 */
guint64 virt_snap_verify_result_get_bytes(const VirtSnapVerifyResult *self);

/**
 * virt_snap_verify_result_get_problems:
 * @self: a result
 *
 * Lists the problems.
 *
 * Returns: (transfer none) (element-type VirtSnapVerifyProblem): the problems
 */
GPtrArray *virt_snap_verify_result_get_problems(const VirtSnapVerifyResult *self);

/**
 * virt_snap_verify_result_get_domains:
 * @self: a result
 *
 * Tells what came of the domains, where they were started.
 *
 * Returns: (transfer none) (nullable) (element-type VirtSnapBootVerdict): a verdict for each
 */
GPtrArray *virt_snap_verify_result_get_domains(const VirtSnapVerifyResult *self);

/**
 * virt_snap_verify_result_dup_warnings:
 * @self: a result
 *
 * Tells what was not checked, as the content of files without digests, and what was not tried where
 * domains were started.
 *
 * Returns: (transfer full): for people
 */
char **virt_snap_verify_result_dup_warnings(const VirtSnapVerifyResult *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(VirtSnapVerifyProblem, virt_snap_verify_problem_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(VirtSnapVerifyResult, virt_snap_verify_result_unref)

G_END_DECLS
