/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <string.h>

#include "import/verify-findings.h"
#include "import/verify-work.h"
#include "job/job-record-xml.h"
#include "library/verbs.h"
#include "tests/unit/harness.h"

/* --- settings ------------------------------------------------------------------- */

static GVariant *
options_of(const char *text)
{
    GVariant *options = g_variant_parse(G_VARIANT_TYPE_VARDICT, text, NULL, NULL, NULL);

    g_assert_nonnull(options);

    return options;
}

static void
test_settings(void)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(VerifySettings) none = verify_settings_parse(NULL, &error);
    g_autoptr(GVariant) options =
        options_of("{'deep': <true>, 'bandwidth': <uint64 4096>, 'boot': <true>, 'timeout': "
                   "<uint32 7>, 'expect': <'login:'>, 'trust': <['a', 'b']>, 'memory': "
                   "<uint64 1024>, 'parallel': <uint32 2>, 'scratch': <'/scratch'>}");
    g_autoptr(VerifySettings) all = verify_settings_parse(options, &error);
    g_autoptr(GVariant) again = g_variant_ref_sink(verify_settings_format(all));
    g_autoptr(VerifySettings) same = verify_settings_parse(again, &error);

    g_assert_no_error(error);
    g_assert_false(none->deep);
    g_assert_null(none->boot);
    g_assert_true(same->deep);
    g_assert_cmpuint(same->bandwidth, ==, 4096);
    g_assert_cmpuint(same->boot->timeout, ==, 7);
    g_assert_cmpstr(same->boot->expect, ==, "login:");
    g_assert_cmpuint(same->boot->trust->len, ==, 2);
    g_assert_cmpstr(g_ptr_array_index(same->boot->trust, 1), ==, "b");
    g_assert_cmpuint(same->boot->memory, ==, 1024);
    g_assert_cmpuint(same->boot->parallel, ==, 2);
    g_assert_cmpstr(same->boot->scratch, ==, "/scratch");
}

static void
test_wrong_settings(void)
{
    static const struct {
        const char *options;
        const char *named;
    } cases[] = {
        {"{'depe': <true>}", "'depe'"},
        {"{'deep': <'yes'>}", "'deep'"},
        {"{'boot': <1>}", "'boot'"},
        {"{'bandwidth': <uint32 1>}", "'bandwidth'"},
        {"{'timeout': <uint32 1>}", "'timeout'"},
        {"{'boot': <false>, 'trust': <['a']>}", "'trust'"},
        {"{'boot': <false>, 'boot': <true>}", "'boot'"},
        {"{'boot': <true>, 'timeout': <uint32 7>, 'timeout': <uint32 7>}", "'timeout'"},
        {"{'boot': <true>, 'timeout': <'1'>}", "'timeout'"},
        {"{'boot': <true>, 'timeout': <uint32 0>}", "'timeout'"},
        {"{'boot': <true>, 'timeout': <uint32 43201>}", "'timeout'"},
        {"{'boot': <true>, 'parallel': <uint32 65>}", "'parallel'"},
        {"{'boot': <true>, 'memory': <uint64 0>}", "'memory'"},
        {"{'boot': <true>, 'scratch': <'here'>}", "'scratch'"},
        {"{'boot': <true>, 'expect': <'('>}", "'('"},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GVariant) options = options_of(cases[i].options);
        g_autoptr(GError) error = NULL;

        g_assert_null(verify_settings_parse(options, &error));
        g_assert_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_INVALID_PARAMETER);
        if (!strstr(error->message, cases[i].named))
            g_test_fail_printf("%s: %s", cases[i].options, error->message);
    }
}

/* --- findings ------------------------------------------------------------------- */

static void
add_verdict(BootReport *report, const char *name, const char *why)
{
    BootVerdict *verdict = g_new0(BootVerdict, 1);

    verdict->name = g_strdup(name);
    verdict->booted = why == NULL;
    verdict->by = why ? NULL : "agent";
    verdict->why = g_strdup(why);
    g_ptr_array_add(report->domains, verdict);
}

static void
test_findings(void)
{
    Verification what = {.path = "/e", .files = verify_report_new()};
    g_autoptr(GVariant) whole = g_variant_ref_sink(verify_findings_format(&what, 100));
    g_autoptr(GVariant) damaged = NULL;
    g_autoptr(GVariant) problems = NULL;
    g_autoptr(GError) error = NULL;
    gboolean ok = FALSE;
    guint omitted = 0;

    g_assert_true(g_variant_lookup(whole, "ok", "b", &ok) && ok);
    g_assert_false(g_variant_lookup(whole, "omitted", "u", &omitted));
    for (int i = 0; i < 5; i++)
        verify_report_add(what.files, "layers/a", "is missing, as number %d", i);
    damaged = g_variant_ref_sink(verify_findings_format(&what, 100));
    problems = g_variant_lookup_value(damaged, "problems", G_VARIANT_TYPE("aa{sv}"));
    g_assert_true(g_variant_lookup(damaged, "ok", "b", &ok) && !ok);
    g_assert_true(g_variant_lookup(damaged, "omitted", "u", &omitted));
    g_assert_cmpuint(omitted + g_variant_n_children(problems), ==, 5);
    g_assert_cmpuint(omitted, ==, 2);
    error = verify_findings_error(&what);
    g_assert_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_CORRUPT);
    verification_clear(&what);
}

/* What was compared with nothing is not called unchanged without a word, whether domains boot or
 * not. */
static void
test_undigested(void)
{
    Verification what = {.path = "/e", .files = verify_report_new()};
    g_autoptr(GPtrArray) none = verification_warnings(&what);
    g_autoptr(GVariant) findings = NULL;
    g_autofree const char **warnings = NULL;
    gboolean ok = FALSE;
    guint undigested = 0;

    g_assert_cmpuint(none->len, ==, 0);
    what.files->undigested = 9;
    what.domains = boot_report_new();
    g_ptr_array_add(what.domains->warnings, g_strdup("of its domains"));
    findings = g_variant_ref_sink(verify_findings_format(&what, 100));
    g_assert_true(g_variant_lookup(findings, "ok", "b", &ok) && ok);
    g_assert_true(g_variant_lookup(findings, "undigested", "u", &undigested));
    g_assert_cmpuint(undigested, ==, 9);
    g_assert_true(g_variant_lookup(findings, "warnings", "^a&s", &warnings));
    g_assert_cmpstr(warnings[0], ==, "of its domains");
    g_assert_nonnull(strstr(warnings[1], "without a digest: 9;"));
    g_assert_null(warnings[2]);
    verification_clear(&what);
}

/* What kept a file from being looked at says nothing of it; damage counts before that. */
static void
test_unchecked(void)
{
    static const struct {
        VirtSnapError code;
        guint unchecked; /* of the problems so far */
        VirtSnapError result;
    } cases[] = {
        {VIRT_SNAP_ERROR_ACCESS_DENIED, 1, VIRT_SNAP_ERROR_FAILED},
        {VIRT_SNAP_ERROR_OUT_OF_MEMORY, 2, VIRT_SNAP_ERROR_FAILED},
        {VIRT_SNAP_ERROR_TIMEOUT, 3, VIRT_SNAP_ERROR_FAILED},
        {VIRT_SNAP_ERROR_FAILED, 4, VIRT_SNAP_ERROR_FAILED},
        {VIRT_SNAP_ERROR_NOT_SUPPORTED, 4, VIRT_SNAP_ERROR_CORRUPT},
        {VIRT_SNAP_ERROR_CORRUPT, 4, VIRT_SNAP_ERROR_CORRUPT},
    };
    Verification what = {.path = "/e", .files = verify_report_new()};

    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GError) why = g_error_new_literal(VIRT_SNAP_ERROR, cases[i].code, "why");
        g_autoptr(GVariant) findings = NULL;
        g_autoptr(GError) error = NULL;
        guint unchecked = 0;

        verify_report_add_error(what.files, "layers/a", why);
        findings = g_variant_ref_sink(verify_findings_format(&what, 1000));
        g_assert_true(g_variant_lookup(findings, "unchecked", "u", &unchecked));
        g_assert_cmpuint(unchecked, ==, cases[i].unchecked);
        error = verify_findings_error(&what);
        g_assert_error(error, VIRT_SNAP_ERROR, (int)cases[i].result);
    }
    verification_clear(&what);
}

static void
test_findings_of_boot(void)
{
    Verification what = {
        .path = "/e", .files = verify_report_new(), .domains = boot_report_new()};
    g_autoptr(GVariant) findings = NULL;
    g_autoptr(GVariantIter) domains = NULL;
    g_autoptr(GError) error = NULL;
    gboolean ok = TRUE;

    add_verdict(what.domains, "web", NULL);
    g_assert_true(verification_ok(&what));
    /* What a console shows can be anything. */
    add_verdict(what.domains, "db", "it said \xff");
    findings = g_variant_ref_sink(verify_findings_format(&what, 100));
    g_assert_true(g_variant_lookup(findings, "ok", "b", &ok) && !ok);
    g_assert_true(g_variant_lookup(findings, "domains", "aa{sv}", &domains));
    g_assert_cmpuint(g_variant_iter_n_children(domains), ==, 2);
    error = verify_findings_error(&what);
    g_assert_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_FAILED);
    g_assert_nonnull(strstr(error->message, "'db'"));
    verification_clear(&what);
}

/* --- the record of a job ---------------------------------------------------------- */

static JobInfo *
verify_info(void)
{
    g_autoptr(GVariant) options = options_of("{'deep': <true>, 'boot': <true>}");
    VerifySettings *settings = verify_settings_parse(options, NULL);
    g_autoptr(JobWork) work = &verify_work_new("/backup/a <b>", settings)->parent;
    JobInfo *info = job_info_begin("root", work);

    info->report = job_report_new();
    info->report->findings = options_of("{'ok': <false>, 'what': <'\u00e4'>}");

    return info;
}

static void
test_record(void)
{
    g_autoptr(JobRecord) record = job_record_new(7, 0, verify_info());
    g_autofree char *text = job_record_format(record);
    g_auto(GStrv) halves = g_strsplit(text, "{'ok'", 2);
    g_autofree char *broken = g_strjoinv("{'ok", halves);
    g_autoptr(GError) error = NULL;
    g_autoptr(JobRecord) again = job_record_parse(text, strlen(text), &error);
    const VerifyWork *work;

    g_assert_no_error(error);
    work = (const VerifyWork *)again->info->work;
    g_assert_true(work->parent.type == &verify_work_type);
    g_assert_cmpstr(work->path, ==, "/backup/a <b>");
    g_assert_true(work->settings->deep && work->settings->boot);
    g_assert_true(g_variant_equal(again->info->report->findings,
                                  record->info->report->findings));
    g_assert_null(job_record_parse(broken, strlen(broken), &error));
    g_assert_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_CORRUPT);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    register_verbs();
    g_test_add_func("/verify/settings", test_settings);
    g_test_add_func("/verify/wrong-settings", test_wrong_settings);
    g_test_add_func("/verify/findings", test_findings);
    g_test_add_func("/verify/undigested", test_undigested);
    g_test_add_func("/verify/unchecked", test_unchecked);
    g_test_add_func("/verify/findings-of-boot", test_findings_of_boot);
    g_test_add_func("/verify/record", test_record);

    return g_test_run();
}
