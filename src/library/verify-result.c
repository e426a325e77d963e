/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include "library/verify-result-private.h"
#include "util/strings.h"

struct VirtSnapVerifyProblem {
    VerifyProblem is;
};

struct VirtSnapVerifyResult {
    VerifyReport *report;
    GPtrArray *domains;  /* BootVerdict; NULL: none was started */
    GPtrArray *warnings; /* char* */
};

G_DEFINE_BOXED_TYPE(VirtSnapVerifyProblem, virt_snap_verify_problem,
                    virt_snap_verify_problem_copy, virt_snap_verify_problem_free)
G_DEFINE_BOXED_TYPE(VirtSnapVerifyResult, virt_snap_verify_result, virt_snap_verify_result_ref,
                    virt_snap_verify_result_unref)

VirtSnapVerifyProblem *
virt_snap_verify_problem_copy(const VirtSnapVerifyProblem *self)
{
    g_return_val_if_fail(self != NULL, NULL);

    VirtSnapVerifyProblem *copy = g_new0(VirtSnapVerifyProblem, 1);

    copy->is.file = g_strdup(self->is.file);
    copy->is.what = g_strdup(self->is.what);

    return copy;
}

void
virt_snap_verify_problem_free(VirtSnapVerifyProblem *self)
{
    if (!self)
        return;
    g_free(self->is.file);
    g_free(self->is.what);
    g_free(self);
}

const char *
virt_snap_verify_problem_get_file(const VirtSnapVerifyProblem *self)
{
    g_return_val_if_fail(self != NULL, NULL);

    return self->is.file;
}

const char *
virt_snap_verify_problem_get_what(const VirtSnapVerifyProblem *self)
{
    g_return_val_if_fail(self != NULL, NULL);

    return self->is.what;
}

VirtSnapVerifyResult *
verify_result_new(VerifyReport *report, GPtrArray *warnings)
{
    VirtSnapVerifyResult *self = g_atomic_rc_box_new0(VirtSnapVerifyResult);

    self->report = report;
    self->warnings = warnings;

    return self;
}

void
verify_result_set_domains(VirtSnapVerifyResult *self, GPtrArray *verdicts)
{
    self->domains = g_ptr_array_ref(verdicts);
}

static void
verify_result_clear(gpointer data)
{
    VirtSnapVerifyResult *self = data;

    verify_report_free(self->report);
    g_clear_pointer(&self->domains, g_ptr_array_unref);
    g_ptr_array_unref(self->warnings);
}

VirtSnapVerifyResult *
virt_snap_verify_result_ref(VirtSnapVerifyResult *self)
{
    g_return_val_if_fail(self != NULL, NULL);

    return g_atomic_rc_box_acquire(self);
}

void
virt_snap_verify_result_unref(VirtSnapVerifyResult *self)
{
    if (self)
        g_atomic_rc_box_release_full(self, verify_result_clear);
}

gboolean
virt_snap_verify_result_get_ok(const VirtSnapVerifyResult *self)
{
    g_return_val_if_fail(self != NULL, FALSE);

    for (guint i = 0; self->domains && i < self->domains->len; i++) {
        if (!((const BootVerdict *)g_ptr_array_index(self->domains, i))->booted)
            return FALSE;
    }

    return self->report->problems->len == 0;
}

guint64
virt_snap_verify_result_get_files(const VirtSnapVerifyResult *self)
{
    g_return_val_if_fail(self != NULL, 0);

    return self->report->files;
}

guint64
virt_snap_verify_result_get_bytes(const VirtSnapVerifyResult *self)
{
    g_return_val_if_fail(self != NULL, 0);

    return self->report->bytes;
}

GPtrArray *
virt_snap_verify_result_get_problems(const VirtSnapVerifyResult *self)
{
    g_return_val_if_fail(self != NULL, NULL);

    return self->report->problems;
}

GPtrArray *
virt_snap_verify_result_get_domains(const VirtSnapVerifyResult *self)
{
    g_return_val_if_fail(self != NULL, NULL);

    return self->domains;
}

char **
virt_snap_verify_result_dup_warnings(const VirtSnapVerifyResult *self)
{
    g_return_val_if_fail(self != NULL, NULL);

    return strings_to_strv(self->warnings);
}
