/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <glib/gi18n-lib.h>

#include "archive/verify-report.h"
#include "util/error.h"
#include "util/name.h"

void
verify_report_add(VerifyReport *report, const char *file, const char *format, ...)
{
    VerifyProblem *problem = g_new0(VerifyProblem, 1);
    g_autofree char *text = NULL;
    va_list args;

    va_start(args, format);
    problem->file = text_for_xml(file);
    text = g_strdup_vprintf(format, args);
    va_end(args);
    /* The text may quote an untrusted image. */
    problem->what = text_for_xml(text);
    g_ptr_array_add(report->problems, problem);
}

static gboolean
says_nothing(guint code)
{
    return code == VIRT_SNAP_ERROR_FAILED || code == VIRT_SNAP_ERROR_ACCESS_DENIED ||
           code == VIRT_SNAP_ERROR_OUT_OF_MEMORY || code == VIRT_SNAP_ERROR_TIMEOUT ||
           code == VIRT_SNAP_ERROR_SYSTEM_NOT_AVAILABLE || code == VIRT_SNAP_ERROR_IN_USE;
}

void
verify_report_add_error(VerifyReport *report, const char *file, const GError *error)
{
    verify_report_add(report, file, "%s", error->message);
    report->unchecked += says_nothing(virt_snap_error_result_code(error));
}

static void
verify_problem_free(VerifyProblem *problem)
{
    g_free(problem->file);
    g_free(problem->what);
    g_free(problem);
}

VerifyReport *
verify_report_new(void)
{
    VerifyReport *report = g_new0(VerifyReport, 1);

    report->problems = g_ptr_array_new_with_free_func((GDestroyNotify)verify_problem_free);

    return report;
}

char *
verify_report_warning(const VerifyReport *report)
{
    if (report->undigested == 0)
        return NULL;

    return g_strdup_printf(_("Files that were exported without a digest: %u; that they are there, "
                             "their sizes and the headers of images were checked, and not whether "
                             "they are what was exported"),
                           report->undigested);
}

void
verify_report_free(VerifyReport *report)
{
    if (!report)
        return;
    g_ptr_array_unref(report->problems);
    g_free(report);
}
