/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <glib/gi18n.h>
#include <inttypes.h>
#include <stdio.h>

#include "cli/verify-show.h"
#include "util/format.h"

JsonObject *
verify_report_json(const VerifyReport *report)
{
    JsonObject *object = json_object_new();
    JsonArray *problems = json_array_new();

    json_object_set_boolean_member(object, "ok", report->problems->len == 0);
    json_set_size(object, "files", report->files);
    json_set_size(object, "bytes", report->bytes);
    for (guint i = 0; i < report->problems->len; i++) {
        const VerifyProblem *problem = g_ptr_array_index(report->problems, i);
        JsonObject *one = json_object_new();

        json_set_text(one, "file", problem->file);
        json_set_text(one, "what", problem->what);
        json_array_add_object_element(problems, one);
    }
    json_object_set_array_member(object, "problems", problems);

    return object;
}

/* Prints a problem, whose text can have many lines if it is from QEMU. */
static void
print_problem(const VerifyProblem *problem)
{
    g_autofree char *file = text_printable(problem->file);
    g_auto(GStrv) lines = g_strsplit(problem->what, "\n", -1);

    for (char **line = lines; *line; line++) {
        g_autofree char *what = text_printable(*line);

        if (line == lines)
            printf("%s: %s\n", file, what);
        else
            printf("    %s\n", what);
    }
}

void
verify_report_print(CliContext *cli, const char *path, const VerifyReport *report)
{
    g_autofree char *bytes = format_bytes(report->bytes);
    g_autofree char *where = text_printable(path);

    for (guint i = 0; i < report->problems->len; i++) {
        const VerifyProblem *problem = g_ptr_array_index(report->problems, i);

        print_problem(problem);
    }
    if (report->problems->len == 0)
        cli_message(cli, _("'%s' is complete and unchanged: %" PRIu64 " files, %s"), where,
                    report->files, bytes);
    else if (report->unclosed == report->problems->len)
        cli_message(cli,
                    _("'%s' is as it was exported, but images in it were not closed cleanly: %u"),
                    where, report->unclosed);
    else
        cli_message(cli, _("'%s' is damaged; problems: %u"), where,
                    report->problems->len - report->unclosed);
}
