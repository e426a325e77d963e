/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <string.h>
#include <unistd.h>

#include "drivers/libvirt/libvirt-directories.h"
#include "export/plan-tpm.h"
#include "tests/unit/harness.h"
#include "tests/unit/plan-fixture.h"
#include "util/xml.h"

/* Where the state of an emulated TPM lies, and what an export takes of it. */

#define BEGUN 1000000000
#define TPM(more)                                                                                  \
    "<devices><tpm><backend type='emulator' version='2.0'>" more "</backend></tpm></devices>"

/* --- libvirt's places ----------------------------------------------------------- */

static void
test_places(void)
{
    g_autofree char *session =
        g_build_filename(g_get_user_config_dir(), "libvirt/qemu/swtpm", NULL);
    g_autofree char *kept = g_build_filename(g_get_user_config_dir(), "libvirt/qemu", NULL);
    const struct {
        const char *uri;
        const char *states; /* NULL: not known */
        const char *kept;
    } table[] = {
        {"qemu:///system", "/var/lib/libvirt/swtpm", "/var/lib/libvirt/qemu"},
        {"qemu:///system?socket=/run/x", "/var/lib/libvirt/swtpm", "/var/lib/libvirt/qemu"},
        {"qemu+unix:///system", "/var/lib/libvirt/swtpm", "/var/lib/libvirt/qemu"},
        {"qemu:///session", session, kept},
        {"qemu:///embed?root=/x", "/x/lib/swtpm", "/x/lib/qemu"},
        {"qemu:///embed?root=/x%20y", "/x y/lib/swtpm", "/x y/lib/qemu"},
        {"qemu:///embed", NULL, NULL},
        {"qemu+ssh://host/system", NULL, NULL},
        {"test:///default", NULL, NULL},
        {"xen:///system", NULL, NULL},
        {"", NULL, NULL},
        {NULL, NULL, NULL},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(table); i++) {
        g_autofree char *states = libvirt_tpm_states(table[i].uri);
        g_autofree char *found = libvirt_kept(table[i].uri);

        g_test_message("%s", table[i].uri ? table[i].uri : "(none)");
        g_assert_cmpstr(states, ==, table[i].states);
        g_assert_cmpstr(found, ==, table[i].kept);
        if (geteuid() == 0)
            g_assert_true(libvirt_is_session(table[i].uri) == (table[i].states == session));
    }
}

/* --- what the XML says ------------------------------------------------------------ */

static void
test_parse(void)
{
    static const struct {
        const char *backend; /* NULL: there is none */
        const char *version;
        const char *source;
        gboolean single;
        gboolean encrypted;
    } table[] = {
        {"type='emulator' version='2.0'/>", "2.0", NULL, FALSE, FALSE},
        {"type='emulator'/>", NULL, NULL, FALSE, FALSE},
        {"type='emulator' version='1.2'><encryption secret='x'/></backend>", "1.2", NULL, FALSE,
         TRUE},
        {"type='emulator'><source type='dir' path='/x'/></backend>", NULL, "/x", FALSE, FALSE},
        {"type='emulator'><source type='file' path='/x'/></backend>", NULL, "/x", TRUE, FALSE},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(table); i++) {
        g_autofree char *xml = g_strdup_printf("<domain><devices><tpm><backend %s</tpm></devices>"
                                               "</domain>",
                                               table[i].backend);
        g_autoptr(xmlDoc) doc = xml_parse(xml, strlen(xml), "test", NULL);
        g_autoptr(TpmDef) tpm = tpm_def_parse(xmlDocGetRootElement(doc));

        g_assert_cmpstr(tpm->version, ==, table[i].version);
        g_assert_cmpstr(tpm->source, ==, table[i].source);
        g_assert_true(tpm->single == table[i].single);
        g_assert_true(tpm->encrypted == table[i].encrypted);
    }
}

static void
test_no_emulator(void)
{
    static const char *const backends[] = {"passthrough", "external"};

    for (gsize i = 0; i < G_N_ELEMENTS(backends); i++) {
        g_autofree char *xml = g_strdup_printf("<domain><devices><tpm><backend type='%s'/></tpm>"
                                               "</devices></domain>",
                                               backends[i]);
        g_autoptr(xmlDoc) doc = xml_parse(xml, strlen(xml), "test", NULL);

        g_assert_null(tpm_def_parse(xmlDocGetRootElement(doc)));
    }
}

static void
test_names(void)
{
    static const struct {
        const char *name;
        const char *version;
        gboolean permanent;
    } table[] = {
        {"tpm2-00.permall", "2.0", TRUE},         {"tpm2-00.volatilestate", "2.0", FALSE},
        {"tpm2-00.savestate", "2.0", FALSE},      {"tpm-00.permall", "1.2", TRUE},
        {"tpm-00.volatilestate", "1.2", FALSE},   {"tpm2-01.permall", NULL, FALSE},
        {"tpm2-00.", NULL, FALSE},                {"tpm2-00.permall.bak", NULL, FALSE},
        {"../tpm2-00.permall", NULL, FALSE},      {"TMP2-00.permall", NULL, FALSE},
        {".lock", NULL, FALSE},                   {"", NULL, FALSE},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(table); i++) {
        g_test_message("%s", table[i].name);
        g_assert_cmpstr(tpm_state_version(table[i].name), ==, table[i].version);
        g_assert_true(tpm_state_is_permanent(table[i].name) == table[i].permanent);
    }
}

/* --- what is exported --------------------------------------------------------------- */

/* The directory of the state of "web", below the working directory. */
static char *
state_directory(void)
{
    g_autofree char *uuid = g_strdup_printf("00000000-0000-4000-8000-%012x", g_str_hash("web"));

    return g_build_filename("states", uuid, "tpm2", NULL);
}

/* Runs @script in that directory, which it makes. */
static void
in_state(const char *script)
{
    g_autofree char *directory = state_directory();

    g_free(run("sh", "-ec", "rm -rf states; mkdir -p \"$1\"; cd \"$1\"; eval \"$2\"", "sh",
               directory, script, NULL));
}

static Plan *
plan_web(PlanFixture *f, const char *domain, const char *state, gboolean active)
{
    TestSnapshot snapshot = {.name = "s", .state = state, .created = BEGUN, .domain = domain};
    g_autoptr(GError) error = NULL;
    Plan *plan;

    g_ptr_array_set_size(f->records, 0);
    plan_add(f, "web", active, "a.now", &snapshot, 1);
    plan = plan_make(f, &error);
    g_assert_no_error(error);

    return plan;
}

static guint
count_states(const Plan *plan)
{
    guint n = 0;

    for (guint i = 0; i < plan->files->len; i++)
        n += g_str_equal(((const PlanFile *)g_ptr_array_index(plan->files, i))->role, "tpm");

    return n;
}

static void
assert_warns(const Plan *plan, const char *expected)
{
    for (guint i = 0; i < plan->warnings->len; i++)
        g_test_message("%s", (const char *)g_ptr_array_index(plan->warnings, i));
    g_assert_cmpuint(plan->warnings->len, ==, expected ? 1 : 0);
    if (expected)
        g_assert_nonnull(strstr(g_ptr_array_index(plan->warnings, 0), expected));
}

static void
test_state(PlanFixture *f, gconstpointer data)
{
    static const struct {
        const char *domain;
        const char *script;
        gboolean active;
        guint files;
        const char *warning;
    } table[] = {
        {TPM(""), "echo x >tpm2-00.permall", FALSE, 1, NULL},
        {TPM(""), "echo x >tpm2-00.permall; echo y >tpm2-00.volatilestate; >.lock; "
         ">TMP2-00.permall", FALSE, 2, NULL},
        {TPM(""), "echo x >tpm2-00.permall; echo y >tpm2-00.volatilestate", TRUE, 1, NULL},
        {TPM(""), "echo x >tpm2-00.permall; echo y >what", FALSE, 1, "'what'"},
        {TPM("<encryption secret='x'/>"), "echo x >tpm2-00.permall", FALSE, 1, "encrypted"},
        /* Right or refused: a part of a state is none. */
        {TPM(""), "echo y >tpm2-00.volatilestate", FALSE, 0, "There is none in"},
        {TPM(""), "rm -r ../tpm2", FALSE, 0, "not exported: Cannot open"},
        {TPM(""), "ln -s /etc/passwd tpm2-00.permall", FALSE, 0, "is no state of a TPM"},
        {TPM(""), "mkfifo tpm2-00.permall", FALSE, 0, "is no state of a TPM"},
        {TPM(""), "mkdir tpm2-00.permall", FALSE, 0, "is no state of a TPM"},
        {TPM(""), ": >tpm2-00.permall", FALSE, 0, "is no state of a TPM"},
        {TPM(""), "truncate -s 2M tpm2-00.permall", FALSE, 0, "is no state of a TPM"},
        {TPM(""), "echo x >a; ln a tpm2-00.permall", FALSE, 0, "is no state of a TPM"},
        {TPM(""), "echo x >tpm2-00.permall; ln -s /etc/passwd tpm2-00.savestate", FALSE, 0,
         "is no state of a TPM"},
        {TPM("<source type='dir' path='own'/>"), "cd ../../..; mkdir -p own; echo x "
         ">own/tpm2-00.permall", FALSE, 1, NULL},
        {TPM("<source type='file' path='own'/>"), ":", FALSE, 0, "in one file"},
        {"<devices><tpm><backend type='emulator' version='3.0'/></tpm></devices>", ":", FALSE, 0,
         "cannot be told"},
        {"<devices><tpm><backend type='passthrough'/></tpm></devices>", ":", FALSE, 0, NULL},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(table); i++) {
        g_autofree char *aged = g_strconcat(table[i].script,
                                            "; find . -exec touch -hd @999999999 {} +", NULL);
        g_autoptr(Plan) plan = NULL;

        g_test_message("row %zu: %s", i, table[i].script);
        in_state(aged);
        g_free(run("sh", "-ec", "[ ! -d own ] || touch -d @999999999 own/*", NULL));
        plan = plan_web(f, table[i].domain, "shutoff", table[i].active);
        assert_warns(plan, table[i].warning);
        g_assert_cmpuint(count_states(plan), ==, table[i].files);
    }
}

static void
test_age(PlanFixture *f, gconstpointer data)
{
    static const struct {
        const char *written;
        const char *warning;
    } table[] = {
        {"@999999999.9", NULL},
        {"@1000000000.5", "cannot be told"},
        {"@1000000001", "changed after the snapshot"},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(table); i++) {
        g_autofree char *script = g_strdup_printf("echo x >tpm2-00.permall; touch -d %s *",
                                                  table[i].written);
        g_autoptr(Plan) plan = NULL;

        in_state(script);
        plan = plan_web(f, TPM(""), NULL, TRUE);
        assert_warns(plan, table[i].warning);
    }
}

static void
test_excluded(PlanFixture *f, gconstpointer data)
{
    g_autoptr(Plan) plan = NULL;

    in_state("echo x >tpm2-00.permall");
    plan_set(f, "exclude", "web:tpm");
    plan = plan_web(f, TPM(""), "shutoff", FALSE);
    assert_warns(plan, "left out as asked for");
    g_assert_cmpuint(count_states(plan), ==, 0);
}

/* What is read of @file. */
static char *
content_of(const PlanFile *file)
{
    char text[16] = "";

    g_assert_cmpint(pread(file->fd, text, sizeof text - 1, 0), >=, 0);

    return g_strdup(text);
}

/* swtpm puts another file in the place of the one that is there: what is exported is that of the
 * plan, and at the moment of a live export that of the moment. */
static void
test_moment(PlanFixture *f, gconstpointer data)
{
    g_autofree char *directory = state_directory();
    g_autofree char *replace =
        g_strdup_printf("cd %s; echo new >TMP2-00.permall; mv TMP2-00.permall tpm2-00.permall",
                        directory);
    g_autoptr(GError) error = NULL;
    g_autoptr(Plan) plan = NULL;
    g_autofree char *before = NULL;
    g_autofree char *after = NULL;
    const PlanFile *file;

    in_state("echo old >tpm2-00.permall");
    plan = plan_web(f, TPM(""), NULL, TRUE);
    file = plan_find_file(plan, "domains/web/tpm/tpm2-00.permall");
    g_free(run("sh", "-ec", replace, NULL));
    before = content_of(file);
    g_assert_cmpstr(before, ==, "old\n");
    g_assert_true(plan_tpm_hold(plan, g_ptr_array_index(plan->domains, 0), &error));
    g_assert_no_error(error);
    after = content_of(file);
    g_assert_cmpstr(after, ==, "new\n");
    g_free(run("rm", "-r", directory, NULL));
    g_assert_false(plan_tpm_hold(plan, g_ptr_array_index(plan->domains, 0), &error));
    g_assert_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_NOT_FOUND);
}

int
main(int argc, char **argv)
{
    static const PlanTest tests[] = {
        {"state", test_state},
        {"age", test_age},
        {"excluded", test_excluded},
        {"moment", test_moment},
    };

    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/tpm/places", test_places);
    g_test_add_func("/tpm/parse", test_parse);
    g_test_add_func("/tpm/no-emulator", test_no_emulator);
    g_test_add_func("/tpm/names", test_names);
    plan_run_tests("/tpm", tests, G_N_ELEMENTS(tests));

    return g_test_run();
}
