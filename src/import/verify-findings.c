/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <glib/gi18n-lib.h>
#include <string.h>

#include "import/verify-findings.h"

/* --- the report ------------------------------------------------------------------- */

/* What is read in an export, or on a console, need not be UTF-8. */
static void
add_finding_text(GVariantDict *dict, const char *key, const char *text)
{
    g_autofree char *valid = text ? g_utf8_make_valid(text, -1) : NULL;

    if (valid)
        g_variant_dict_insert(dict, key, "s", valid);
}

static GVariant *
format_problem(const VerifyProblem *problem)
{
    GVariantDict one;

    g_variant_dict_init(&one, NULL);
    add_finding_text(&one, "file", problem->file);
    add_finding_text(&one, "what", problem->what);

    return g_variant_dict_end(&one);
}

static guint
add_problems(GVariantBuilder *problems, GPtrArray *found, gsize bytes_max)
{
    gsize bytes = 0;
    guint i;

    for (i = 0; i < found->len; i++) {
        const VerifyProblem *problem = g_ptr_array_index(found, i);

        bytes += strlen(problem->file) + strlen(problem->what);
        if (bytes > bytes_max)
            break;
        g_variant_builder_add_value(problems, format_problem(problem));
    }

    return found->len - i;
}

static GVariant *
format_verdict(const BootVerdict *verdict)
{
    GVariantDict one;

    g_variant_dict_init(&one, NULL);
    add_finding_text(&one, "name", verdict->name);
    g_variant_dict_insert(&one, "booted", "b", verdict->booted);
    add_finding_text(&one, "by", verdict->booted ? verdict->by : NULL);
    g_variant_dict_insert(&one, "seconds", "u", verdict->seconds);
    add_finding_text(&one, "why", verdict->booted ? NULL : verdict->why);

    return g_variant_dict_end(&one);
}

static void
add_domains(GVariantDict *all, const BootReport *report)
{
    GVariantBuilder verdicts;

    g_variant_builder_init(&verdicts, G_VARIANT_TYPE("aa{sv}"));
    for (guint i = 0; i < report->domains->len; i++)
        g_variant_builder_add_value(&verdicts,
                                    format_verdict(g_ptr_array_index(report->domains, i)));
    g_variant_dict_insert_value(all, "domains", g_variant_builder_end(&verdicts));
}

static void
add_warnings(GVariantDict *all, const Verification *verification)
{
    g_autoptr(GPtrArray) warnings = verification_warnings(verification);

    if (verification->domains || warnings->len > 0)
        g_variant_dict_insert_value(
            all, "warnings",
            g_variant_new_strv((const char *const *)warnings->pdata, warnings->len));
}

GVariant *
verify_findings_format(const Verification *verification, gsize bytes_max)
{
    const VerifyReport *files = verification->files;
    GVariantBuilder problems;
    GVariantDict all;
    guint omitted;

    g_variant_builder_init(&problems, G_VARIANT_TYPE("aa{sv}"));
    omitted = add_problems(&problems, files->problems, bytes_max);
    g_variant_dict_init(&all, NULL);
    g_variant_dict_insert(&all, "ok", "b", verification_ok(verification));
    g_variant_dict_insert(&all, "files", "t", files->files);
    g_variant_dict_insert(&all, "bytes", "t", files->bytes);
    g_variant_dict_insert_value(&all, "problems", g_variant_builder_end(&problems));
    g_variant_dict_insert(&all, "unclosed", "u", files->unclosed);
    g_variant_dict_insert(&all, "unchecked", "u", files->unchecked);
    g_variant_dict_insert(&all, "undigested", "u", files->undigested);
    if (omitted > 0)
        g_variant_dict_insert(&all, "omitted", "u", omitted);
    if (verification->domains)
        add_domains(&all, verification->domains);
    add_warnings(&all, verification);

    return g_variant_dict_end(&all);
}

/* --- the error --------------------------------------------------------------------- */

static GError *
damage_error(const Verification *verification)
{
    GPtrArray *problems = verification->files->problems;
    const VerifyProblem *first = g_ptr_array_index(problems, 0);

    if (verification->files->unchecked == problems->len)
        return g_error_new(VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_FAILED,
                           _("'%s' could not be checked; problems: %u, the first one: %s: %s"),
                           verification->path, problems->len, first->file, first->what);

    return g_error_new(VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_CORRUPT,
                       _("'%s' is not as it should be; problems: %u, the first one: %s: %s"),
                       verification->path, problems->len, first->file, first->what);
}

GError *
verify_findings_error(const Verification *verification)
{
    if (verification->files->problems->len > 0)
        return damage_error(verification);
    for (guint i = 0; i < verification->domains->domains->len; i++) {
        const BootVerdict *verdict = g_ptr_array_index(verification->domains->domains, i);

        if (!verdict->booted)
            return g_error_new(VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_FAILED,
                               _("No damage was found in the files of '%s', but its domain '%s' "
                                 "does not boot: %s"),
                               verification->path, verdict->name, verdict->why);
    }

    return NULL;
}
