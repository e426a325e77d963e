/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "service/service-config.h"

static ServiceConfig *
load(const char *text, GError **error)
{
    g_file_set_contents("virtsnapd.conf", text, -1, NULL);

    return service_config_load("virtsnapd.conf", error);
}

static void
test_defaults(void)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(ServiceConfig) config = service_config_load("nowhere.conf", &error);

    g_assert_no_error(error);
    g_assert_cmpuint(config->jobs, ==, 4);
    g_assert_cmpuint(config->per_file_system, ==, 2);
    g_assert_cmpuint(config->keep_seconds, ==, 300);
    g_assert_cmpuint(config->keep_interrupted, ==, 7 * 86400);
    g_assert_cmpuint(g_strv_length(config->directories), ==, 0);
}

static void
test_values(void)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(ServiceConfig) config =
        load("[jobs]\nrunning=7\nkeep_finished=900\nkeep_interrupted=0\n"
             "[export]\ndirectories=/a;/b c;\n",
             &error);

    g_assert_no_error(error);
    g_assert_cmpuint(config->jobs, ==, 7);
    g_assert_cmpuint(config->keep_seconds, ==, 900);
    g_assert_cmpuint(config->keep_interrupted, ==, 0);
    g_assert_cmpstr(config->directories[1], ==, "/b c");
}

static void
test_refused(void)
{
    static const struct {
        const char *text;
        const char *key; /* that the error has to name */
    } cases[] = {
        {"[jobs]\nrunning=0\n", "running"},
        {"[jobs]\nrunning=65\n", "running"},
        {"[jobs]\nrunning=many\n", "running"},
        {"[jobs]\nrunning=-1\n", "running"},
        {"[jobs]\nkeep_finished=299\n", "keep_finished"},
        {"[jobs]\nkeep_interrupted=-1\n", "keep_interrupted"},
        {"[jobs]\nkeep_interrupted=299\n", "keep_interrupted"},
        {"[jobs]\nkeep_interrupted=1 week\n", "keep_interrupted"},
        {"[jobs]\ncolour=red\n", "colour"},
        {"[export]\ndirectories=relative;\n", "directories"},
        {"[other]\nrunning=1\n", "running"},
        {"running=1\n", "virtsnapd.conf"},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(ServiceConfig) config = load(cases[i].text, &error);

        g_test_message("%s", cases[i].text);
        g_assert_null(config);
        g_assert_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_INVALID_PARAMETER);
        g_assert_nonnull(strstr(error->message, cases[i].key));
    }
}

static gboolean
may(const ServiceConfig *config, guint uid, const char *directory, gboolean session)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(ExportPlace) place = export_place_new(directory, NULL, "s", TRUE);
    gboolean ok = service_config_may_export(config, uid, place, session, &error);

    g_assert_true(ok == (error == NULL));
    if (error)
        g_assert_cmpint(error->code, ==, VIRT_SNAP_ERROR_ACCESS_DENIED);

    return ok;
}

static void
test_may_export(void)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(ServiceConfig) config = load("[export]\ndirectories=/usr/share;\n", &error);

    g_assert_no_error(error);
    g_assert_true(may(config, 0, "/anywhere", FALSE));
    g_assert_true(may(config, 1000, "/anywhere", TRUE));
    g_assert_false(may(config, 1000, "/anywhere", FALSE));
    g_assert_true(may(config, 1000, "/usr/share", FALSE));
    g_assert_true(may(config, 1000, "/usr/share/new/deeper", FALSE));
    g_assert_false(may(config, 1000, "/usr/shared", FALSE));
    g_assert_false(may(config, 1000, "/usr/share/../lib", FALSE));
    g_assert_false(may(config, 1000, "/usr", FALSE));
}

/* Without a subdirectory the export takes the directory's place: that is in the one above it. */
static void
test_in_its_place(void)
{
    static const struct {
        guint uid;
        const char *directory;
        gboolean session;
        const char *says; /* NULL: it may */
    } cases[] = {
        {1000, "/usr/share/new", FALSE, NULL},
        {1000, "/usr/share/new/", FALSE, NULL},
        {1000, "/usr/share/new/deeper", FALSE, NULL},
        {1000, "/usr/share", FALSE, "not in its place"},
        {1000, "/usr/share/", FALSE, "not in its place"},
        {1000, "/usr/share/new/..", FALSE, "not in its place"},
        {1000, "/usr/lib", FALSE, "administrator"},
        {0, "/usr/share", FALSE, NULL},
        {1000, "/usr/share", TRUE, NULL},
    };
    g_autoptr(GError) error = NULL;
    g_autoptr(ServiceConfig) config = load("[export]\ndirectories=/usr/share/;\n", &error);

    g_assert_no_error(error);
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GError) why = NULL;
        g_autoptr(ExportPlace) place = export_place_new(cases[i].directory, NULL, "s", FALSE);
        gboolean ok =
            service_config_may_export(config, cases[i].uid, place, cases[i].session, &why);

        g_test_message("%s", cases[i].directory);
        g_assert_true(ok == (cases[i].says == NULL));
        if (!ok) {
            g_assert_error(why, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_ACCESS_DENIED);
            g_assert_nonnull(strstr(why->message, cases[i].says));
        }
    }
}

/* A directory that others may change can lead elsewhere, and so can a symbolic link. */
static void
test_unsafe(void)
{
    g_autofree char *here = g_get_current_dir();
    g_autofree char *open = g_build_filename(here, "open", NULL);
    g_autofree char *text = g_strdup_printf("[export]\ndirectories=%s;/tmp;\n", here);
    g_autoptr(GError) error = NULL;
    g_autoptr(ServiceConfig) config = load(text, &error);

    g_assert_no_error(error);
    g_assert_cmpint(g_mkdir(open, 0777), ==, 0);
    g_assert_cmpint(g_chmod(open, 0777), ==, 0);
    g_assert_cmpint(symlink("/usr", "link"), ==, 0);
    g_assert_false(may(config, 1000, open, FALSE));
    g_assert_false(may(config, 1000, "/tmp/x", FALSE));
    g_assert_cmpint(g_rmdir(open), ==, 0);
    g_assert_cmpint(g_unlink("link"), ==, 0);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/service-config/defaults", test_defaults);
    g_test_add_func("/service-config/values", test_values);
    g_test_add_func("/service-config/refused", test_refused);
    g_test_add_func("/service-config/may-export", test_may_export);
    g_test_add_func("/service-config/in-its-place", test_in_its_place);
    g_test_add_func("/service-config/unsafe", test_unsafe);

    return g_test_run();
}
