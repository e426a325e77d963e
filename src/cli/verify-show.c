/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <glib/gi18n.h>
#include <inttypes.h>
#include <stdio.h>

#include "cli/output.h"
#include "cli/verify-show.h"
#include "util/format.h"

/* --- JSON ----------------------------------------------------------------------- */

/* The members of the result, in their order; the findings of a job have others as well. */
static const char *const members[] = {"ok",      "files",    "bytes",  "problems",
                                      "omitted", "domains", "warnings"};

static JsonObject *
verdict_json(GVariant *findings)
{
    JsonObject *object = json_object_new();

    for (guint i = 0; i < G_N_ELEMENTS(members); i++) {
        g_autoptr(GVariant) value = g_variant_lookup_value(findings, members[i], NULL);

        if (value)
            json_object_set_member(object, members[i], json_gvariant_serialize(value));
    }

    return object;
}

/* --- text ----------------------------------------------------------------------- */

/* Prints a problem, whose text can have many lines if it is from QEMU. */
static void
print_problem(const char *path, const char *text)
{
    g_autofree char *file = text_printable(path);
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);

    for (char **line = lines; *line; line++) {
        g_autofree char *what = text_printable(*line);

        if (line == lines)
            printf("%s: %s\n", file, what);
        else
            printf("    %s\n", what);
    }
}

/* Prints the problems. Returns: their number. */
static guint
print_problems(GVariant *findings)
{
    g_autoptr(GVariant) problems =
        g_variant_lookup_value(findings, "problems", G_VARIANT_TYPE("aa{sv}"));
    gsize n = problems ? g_variant_n_children(problems) : 0;
    guint omitted = 0;

    for (gsize i = 0; i < n; i++) {
        g_autoptr(GVariant) problem = g_variant_get_child_value(problems, i);
        const char *file = "";
        const char *what = "";

        g_variant_lookup(problem, "file", "&s", &file);
        g_variant_lookup(problem, "what", "&s", &what);
        print_problem(file, what);
    }
    if (g_variant_lookup(findings, "omitted", "u", &omitted))
        printf(_("more problems, which the service does not list: %u\n"), omitted);

    return (guint)n + omitted;
}

/* What was compared with nothing is not said to be unchanged. */
static void
print_sound(CliContext *cli, const char *where, guint undigested, guint64 files, const char *size)
{
    if (undigested == 0)
        cli_message(cli, _("'%s' is complete and unchanged: %" PRIu64 " files, %s"), where, files,
                    size);
    else
        cli_message(cli,
                    _("'%s' is complete; whether it has changed cannot be told without digests: "
                      "%" PRIu64 " files, %s"),
                    where, files, size);
}

static void
print_unclosed(CliContext *cli, const char *where, guint undigested, guint unclosed)
{
    if (undigested == 0)
        cli_message(cli,
                    _("'%s' is as it was exported, but images in it were not closed cleanly: %u"),
                    where, unclosed);
    else
        cli_message(cli, _("'%s' is complete, but images in it were not closed cleanly: %u"),
                    where, unclosed);
}

static void
print_verified_files(CliContext *cli, const char *path, GVariant *findings)
{
    g_autofree char *where = text_printable(path);
    g_autofree char *size = NULL;
    guint problems = print_problems(findings);
    guint unclosed = 0;
    guint unchecked = 0;
    guint undigested = 0;
    guint64 files = 0;
    guint64 bytes = 0;

    g_variant_lookup(findings, "unclosed", "u", &unclosed);
    g_variant_lookup(findings, "unchecked", "u", &unchecked);
    g_variant_lookup(findings, "undigested", "u", &undigested);
    g_variant_lookup(findings, "files", "t", &files);
    g_variant_lookup(findings, "bytes", "t", &bytes);
    size = format_bytes(bytes);
    if (problems == 0)
        print_sound(cli, where, undigested, files, size);
    else if (unclosed == problems)
        print_unclosed(cli, where, undigested, unclosed);
    else if (unclosed + unchecked == problems)
        cli_message(cli, _("'%s' could not be checked; problems: %u"), where, unchecked);
    else
        cli_message(cli, _("'%s' is damaged; problems: %u"), where,
                    problems - unclosed - unchecked);
}

static const char *
sign_text(const char *by)
{
    if (g_str_equal(by, "agent"))
        return _("its guest agent answered");
    if (g_str_equal(by, "console"))
        return _("its console showed what was expected");

    return _("it ran all the time without a reset");
}

static void
print_verdict(GVariant *verdict)
{
    const char *name = "";
    const char *by = "";
    const char *why = "";
    gboolean booted = FALSE;
    guint seconds = 0;
    g_autofree char *who = NULL;
    g_autofree char *reason = NULL;

    g_variant_lookup(verdict, "name", "&s", &name);
    g_variant_lookup(verdict, "booted", "b", &booted);
    g_variant_lookup(verdict, "seconds", "u", &seconds);
    g_variant_lookup(verdict, "by", "&s", &by);
    g_variant_lookup(verdict, "why", "&s", &why);
    who = text_printable(name);
    reason = text_printable(why);
    if (booted)
        printf(_("%s: boots: %s, after %u s\n"), who, sign_text(by), seconds);
    else
        printf(_("%s: does not boot: after %u s %s\n"), who, seconds, reason);
}

static void
print_verdicts(GVariant *findings)
{
    g_autoptr(GVariant) verdicts =
        g_variant_lookup_value(findings, "domains", G_VARIANT_TYPE("aa{sv}"));

    for (gsize i = 0; verdicts && i < g_variant_n_children(verdicts); i++) {
        g_autoptr(GVariant) verdict = g_variant_get_child_value(verdicts, i);

        print_verdict(verdict);
    }
}

static void
print_warnings(GVariant *findings)
{
    g_autofree const char **warnings = NULL;

    if (!g_variant_lookup(findings, "warnings", "^a&s", &warnings))
        return;
    for (const char **warning = warnings; *warning; warning++)
        cli_warning("%s", *warning);
}

/* --- both ----------------------------------------------------------------------- */

int
verify_show(CliContext *cli, const char *path, GVariant *findings)
{
    gboolean ok = FALSE;

    g_variant_lookup(findings, "ok", "b", &ok);
    if (cli->globals.json) {
        cli_result(cli, verdict_json(findings));
    } else {
        print_warnings(findings);
        print_verified_files(cli, path, findings);
        print_verdicts(findings);
    }

    return ok ? CLI_DONE : CLI_FAILED;
}
