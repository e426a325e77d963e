/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <string.h>

#include "snapshot/create-settings.h"
#include "tests/unit/harness.h"

static gboolean
parse(const char *text, guint type, CreateSettings *settings, char **name)
{
    g_autoptr(GError) error = NULL;
    gboolean ok = create_settings_parse(text, type, settings, name, &error);

    g_assert_true(ok == (error == NULL));
    if (!ok)
        g_assert_cmpint(error->domain, ==, VIRT_SNAP_ERROR);

    return ok;
}

static void
test_corpus(gconstpointer data)
{
    gboolean valid = g_str_has_suffix(data, "/valid");
    g_autoptr(GPtrArray) files = corpus(data);

    for (guint i = 0; i < files->len; i++) {
        g_autoptr(GBytes) bytes = read_file(g_ptr_array_index(files, i));
        g_autofree char *text =
            g_strndup(g_bytes_get_data(bytes, NULL), g_bytes_get_size(bytes));
        CreateSettings settings;
        g_autofree char *name = NULL;

        g_test_message("%s", (const char *)g_ptr_array_index(files, i));
        g_assert_cmpint(parse(text, CREATE_TYPE_RECOVERY, &settings, &name), ==, valid);
    }
}

#define INSTANCE(properties)                                                                       \
    "<INSTANCE CLASSNAME='Msvm_VirtualSystemSnapshotSettingData'>" properties "</INSTANCE>"
#define OWN(name, type, value)                                                                     \
    "<PROPERTY NAME='" name "' TYPE='" type "'><VALUE>" value "</VALUE></PROPERTY>"
#define LEVEL(level) OWN("ConsistencyLevel", "uint8", level)

static void
test_values(void)
{
    static const struct {
        const char *text;
        guint type;
        MomentLevel level;
        gboolean memory;
    } table[] = {
        /* Nothing is said: as of the command, all are of one moment. */
        {"", 2, MOMENT_PAUSE, FALSE},
        {"<snapshotsettings/>", 2, MOMENT_PAUSE, FALSE},
        {INSTANCE(""), 2, MOMENT_PAUSE, FALSE},
        {"<snapshotsettings><consistency>none</consistency></snapshotsettings>", 2, MOMENT_NONE,
         FALSE},
        {"", 1, MOMENT_PAUSE, TRUE},
        {INSTANCE(LEVEL("0")), 2, MOMENT_PAUSE, FALSE},
        {INSTANCE(LEVEL("1")), 2, MOMENT_FREEZE, FALSE},
        {INSTANCE(LEVEL("2")), 2, MOMENT_PAUSE, FALSE},
        {INSTANCE(LEVEL("2")), 1, MOMENT_PAUSE, TRUE},
        {"<snapshotsettings><consistency> application </consistency></snapshotsettings>", 2,
         MOMENT_FREEZE, FALSE},
        {"<snapshotsettings><internal>yes</internal></snapshotsettings>", 2, MOMENT_PAUSE, FALSE},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(table); i++) {
        CreateSettings settings;
        g_autofree char *name = NULL;

        g_assert_true(parse(table[i].text, table[i].type, &settings, &name));
        g_assert_cmpint(settings.level, ==, table[i].level);
        g_assert_cmpint(settings.memory, ==, table[i].memory);
        g_assert_null(name);
    }
}

static void
test_all(void)
{
    CreateSettings settings;
    g_autofree char *name = NULL;

    g_assert_true(parse("<snapshotsettings><name>a b</name><timeout>7</timeout>"
                        "<bestEffort> yes\n</bestEffort></snapshotsettings>",
                        2, &settings, &name));
    g_assert_cmpstr(name, ==, "a b");
    g_assert_cmpuint(settings.timeout, ==, 7);
    g_assert_true(settings.best_effort && !settings.reference_point);
    /* Only of a recovery set, which has external snapshots without memory. */
    g_assert_true(parse("<snapshotsettings><referencePoint>yes</referencePoint>"
                        "</snapshotsettings>",
                        2, &settings, NULL));
    g_assert_true(settings.reference_point);
    g_assert_false(parse("<snapshotsettings><referencePoint>yes</referencePoint>"
                         "</snapshotsettings>",
                         1, &settings, NULL));
    g_assert_false(parse("<snapshotsettings><referencePoint>yes</referencePoint>"
                         "<internal>yes</internal></snapshotsettings>",
                         2, &settings, NULL));
    /* The same in CIM-XML, for which its class has no names. */
    g_assert_true(parse(INSTANCE(LEVEL("1") OWN("bestEffort", "boolean", "TRUE")
                                     OWN("referencePoint", "boolean", "true")
                                         OWN("timeout", "uint32", "7")),
                        2, &settings, NULL));
    g_assert_true(settings.best_effort && settings.reference_point && !settings.internal);
    g_assert_cmpuint(settings.timeout, ==, 7);
    g_assert_true(parse(INSTANCE(OWN("internal", "boolean", "TRUE")
                                     OWN("bestEffort", "boolean", "FALSE")),
                        2, &settings, NULL));
    g_assert_true(settings.internal && !settings.best_effort);
    g_assert_false(parse(INSTANCE(OWN("timeout", "uint32", "0")), 2, &settings, NULL));
    g_assert_false(parse(INSTANCE(OWN("internal", "boolean", "yes")), 2, &settings, NULL));
    g_assert_false(parse(INSTANCE(OWN("internal", "string", "TRUE")), 2, &settings, NULL));
    /* A memory state that is saved while file systems are frozen has them frozen when it is
     * restored. */
    g_assert_false(parse(INSTANCE(LEVEL("1")), 1, &settings, NULL));
    g_assert_false(parse("", 0, &settings, NULL));
    g_assert_false(parse("", 3, &settings, NULL));
}

int
main(int argc, char **argv)
{
    static const char *const corpora[] = {"snapshotsettings/valid", "snapshotsettings/invalid",
                                          "snapshotsettings-cim/valid",
                                          "snapshotsettings-cim/invalid"};

    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/create-settings/values", test_values);
    g_test_add_func("/create-settings/all", test_all);
    for (gsize i = 0; i < G_N_ELEMENTS(corpora); i++) {
        g_autofree char *path = g_strconcat("/create-settings/", corpora[i], NULL);

        g_test_add_data_func(path, corpora[i], test_corpus);
    }

    return g_test_run();
}
