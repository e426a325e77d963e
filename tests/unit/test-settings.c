/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <string.h>
#include <unistd.h>

#include "settings/settings-private.h"
#include "tests/unit/harness.h"
#include "util/name.h"
#include "util/xml.h"

static VirtSnapExportSettings *
parse_text(const char *text, GError **error)
{
    return virt_snap_export_settings_parse(text, strlen(text), error);
}

/* --- corpora ---------------------------------------------------------------- */

static void
test_valid(gconstpointer data)
{
    g_autoptr(GPtrArray) paths = corpus(data);

    for (guint i = 0; i < paths->len; i++) {
        const char *path = g_ptr_array_index(paths, i);
        g_autoptr(GError) error = NULL;
        g_autoptr(VirtSnapExportSettings) settings =
            virt_snap_export_settings_load_file(path, &error);
        g_autoptr(VirtSnapExportSettings) again = NULL;
        g_autofree char *text = NULL;
        g_autofree char *text_again = NULL;

        g_test_message("%s", path);
        g_assert_no_error(error);
        /* The document that is written is read as the same settings. */
        text = virt_snap_export_settings_format(settings);
        again = parse_text(text, &error);
        g_assert_no_error(error);
        text_again = virt_snap_export_settings_format(again);
        g_assert_cmpstr(text_again, ==, text);
    }
}

static void
test_invalid(gconstpointer data)
{
    g_autoptr(GPtrArray) paths = corpus(data);

    for (guint i = 0; i < paths->len; i++) {
        const char *path = g_ptr_array_index(paths, i);
        g_autoptr(GError) error = NULL;
        VirtSnapExportSettings *settings;

        g_test_message("%s", path);
        settings = virt_snap_export_settings_load_file(path, &error);
        g_assert_null(settings);
        g_assert_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_INVALID_PARAMETER);
        /* The error names the file and says what is wrong. */
        g_assert_nonnull(strstr(error->message, path));
        g_assert_cmpuint(strlen(error->message), >, strlen(path) + 25);
        g_assert_true(text_fits_xml(error->message));
    }
}

/* An error names the setting that is wrong. */
static void
test_named(void)
{
    static const struct {
        const char *file;
        const char *name;
    } table[] = {
        {"settings/invalid/unknown.xml", "colour"},
        {"settings/invalid/twice.xml", "storage"},
        {"settings/invalid/intent-0.xml", "intent"},
        {"settings/invalid/parallel-65.xml", "parallel"},
        {"settings/invalid/bandwidth-word.xml", "bandwidth"},
        {"settings/invalid/exclude-no-target.xml", "exclude"},
        {"settings/refused/entity-bomb.xml", "DOCTYPE"},
        {"settings-cim/invalid/unknown.xml", "Colour"},
        {"settings-cim/invalid/type.xml", "BackupIntent"},
        {"settings-cim/invalid/intent-3.xml", "BackupIntent"},
        {"settings-cim/invalid/class.xml", "Msvm_VirtualSystemExportSettingData"},
        {"settings-cim/invalid/twice.xml", "BackupIntent"},
        {"settings-cim/invalid/element-in-property.xml", "NUMBER"},
        {"settings-cim/invalid/system-elsewhere.xml", "__COLOUR"},
        {"settings-cim/invalid/system-origin.xml", "Colour"},
        {"settings-cim/invalid/get-text-unknown.xml", "Colour"},
        {"settings-cim/invalid/get-text-intent.xml", "BackupIntent"},
        {"settings-cim/invalid/utf-16-unknown.xml", "Colour"},
        {"settings-cim/invalid/reference-unknown.xml", "Colour"},
        {"settings-cim/invalid/embedded.xml", "DifferentialBackupBase"},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(table); i++) {
        g_autofree char *path = data_path(table[i].file);
        g_autoptr(GBytes) text = read_file(path);
        g_autoptr(GError) error = NULL;

        g_assert_null(virt_snap_export_settings_parse(g_bytes_get_data(text, NULL),
                                                      g_bytes_get_size(text), &error));
        g_test_message("%s: %s", table[i].file, error->message);
        g_assert_nonnull(strstr(error->message, table[i].name));
    }
}

/* A null among disks to leave out is none; the others are. */
static void
test_array_null(void)
{
    g_autofree char *path = data_path("settings-cim/valid/array-null-value.xml");
    g_autoptr(GError) error = NULL;
    g_autoptr(VirtSnapExportSettings) s = virt_snap_export_settings_load_file(path, &error);
    const VirtSnapExclude *exclude;

    g_assert_no_error(error);
    g_assert_cmpuint(s->exclude->len, ==, 1);
    exclude = g_ptr_array_index(s->exclude, 0);
    g_assert_cmpstr(exclude->domain, ==, "web");
    g_assert_cmpstr(exclude->target, ==, "vda");
}

/* --- values ----------------------------------------------------------------- */

static void
test_defaults(void)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(VirtSnapExportSettings) s = parse_text("<exportsettings/>", &error);

    g_assert_no_error(error);
    g_assert_true(s->storage && s->subdirectory && s->memory && s->digest);
    g_assert_false(s->security_info);
    g_assert_cmpint(s->intent, ==, VIRT_SNAP_BACKUP_INTENT_PRESERVE_CHAIN);
    g_assert_cmpint(s->snapshots, ==, VIRT_SNAP_SNAPSHOTS_ONE);
    g_assert_cmpint(s->live, ==, VIRT_SNAP_LIVE_NO);
    g_assert_null(s->base);
    g_assert_null(s->compression);
    g_assert_cmpuint(s->exclude->len, ==, 0);
    g_assert_cmpuint(s->bandwidth, ==, 0);
    g_assert_cmpuint(s->parallel, ==, 0);
}

/* Both corpora have a file with everything in it. */
static void
test_all(void)
{
    static const struct {
        const char *file;
        gboolean security_info;
        guint parallel;
        guint64 bandwidth;
        const char *base;
    } table[] = {
        {"settings/valid/all.xml", TRUE, 64, 104857600, "/exports/web farm/monday"},
        {"settings-cim/valid/all.xml", TRUE, 1, G_MAXUINT64, "/exports/monday"},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(table); i++) {
        g_autofree char *path = data_path(table[i].file);
        g_autoptr(GError) error = NULL;
        g_autoptr(VirtSnapExportSettings) s = virt_snap_export_settings_load_file(path, &error);
        g_autoptr(VirtSnapExportSettings) copy = NULL;
        const VirtSnapExclude *exclude;

        g_assert_no_error(error);
        copy = virt_snap_export_settings_copy(s);
        g_clear_pointer(&s, virt_snap_export_settings_free);
        g_assert_true(copy->storage);
        g_assert_false(copy->subdirectory || copy->memory || copy->digest);
        g_assert_true(copy->security_info == table[i].security_info);
        g_assert_cmpint(copy->intent, ==, VIRT_SNAP_BACKUP_INTENT_MERGE);
        g_assert_cmpint(copy->snapshots, ==, VIRT_SNAP_SNAPSHOTS_ALL);
        g_assert_cmpint(copy->live, ==, VIRT_SNAP_LIVE_APPLICATION_CONSISTENT);
        g_assert_cmpstr(copy->base, ==, table[i].base);
        g_assert_true(g_str_has_prefix(copy->compression, "zstd:"));
        g_assert_cmpuint(copy->bandwidth, ==, table[i].bandwidth);
        g_assert_cmpuint(copy->parallel, ==, table[i].parallel);
        g_assert_cmpuint(copy->exclude->len, ==, 2);
        exclude = g_ptr_array_index(copy->exclude, 1);
        g_assert_cmpstr(exclude->domain, ==, "a:b");
        g_assert_cmpstr(exclude->target, ==, "sda");
    }
}

/* Every valid file of the CIM form that is not about something else says «merge». */
static void
test_cim_wrappers(void)
{
    static const char *const files[] = {
        "hyper-v", "case", "empty-array", "empty-string", "value-object", "named-instance",
        "named-object", "with-path",
        /* The form in which Windows writes them. */
        "get-text", "get-text-new", "utf-16le", "utf-16be", "utf-16-said", "utf-8-bom",
        "system-case", "system-twice", "array-null", "array-null-value", "embedded-null",
        "embedded-inherited", "declgroup", "local-path",
    };

    for (gsize i = 0; i < G_N_ELEMENTS(files); i++) {
        g_autofree char *name = g_strdup_printf("settings-cim/valid/%s.xml", files[i]);
        g_autofree char *path = data_path(name);
        g_autoptr(GError) error = NULL;
        g_autoptr(VirtSnapExportSettings) s = virt_snap_export_settings_load_file(path, &error);

        g_assert_no_error(error);
        g_assert_cmpint(s->intent, ==, VIRT_SNAP_BACKUP_INTENT_MERGE);
        g_assert_null(s->base);
    }
}

/* One row for each of the table's: a value that is not the default, in both forms. */
static const struct {
    const char *name;
    const char *native;
    const char *cim;
} values[] = {
    {"storage", "no", "FALSE"},
    {"intent", "merge", "2"},
    {"base", " a name with blanks & <signs> ", " a name with blanks &amp; &lt;signs> "},
    {"subdirectory", "no", "false"},
    {"memory", "no", "False"},
    {"snapshots", "none", "1"},
    {"live", "crash-consistent", "0"},
    {"scratch", "/var/scratch", "/var/scratch"},
    {"referencePoint", " the first & last ", " the first &amp; last "},
    {"keepReferencePoints", "7", "7"},
    {"strict", "yes", "TRUE"},
    {"exclude", " a domain :vda", " a domain :vda"},
    {"include", "a:b:sda", "a:b:sda"},
    {"bandwidth", "12345678901234567890", "12345678901234567890"},
    {"parallel", "17", "17"},
    {"compression", "zstd:7", "zstd:7"},
    {"digest", "no", "FALSE"},
    {"securityInfo", "yes", "TRUE"},
};

static void
assert_only(const VirtSnapExportSettings *settings, const Setting *changed, const char *value)
{
    g_autoptr(VirtSnapExportSettings) plain = virt_snap_export_settings_new();

    for (const Setting *setting = settings_table; setting->name; setting++) {
        g_autofree char *got = setting->format(settings, 0);
        g_autofree char *usual = setting->format(plain, 0);

        /* A setting that was not given follows from the live state. */
        if (g_str_equal(setting->name, "intent") && g_str_equal(changed->name, "live"))
            g_clear_pointer(&usual, g_free);
        g_assert_cmpstr(got, ==, setting == changed ? value : usual);
        if (setting == changed)
            g_assert_cmpstr(got, !=, usual);
    }
}

static void
test_rows(void)
{
    gsize n = 0;

    for (const Setting *setting = settings_table; setting->name; setting++, n++) {
        const char *property = setting->cim_name ? setting->cim_name : setting->name;
        const char *array = setting->list ? ".ARRAY" : "";
        g_autofree char *cim = NULL;
        g_autofree char *native = NULL;
        g_autoptr(VirtSnapExportSettings) by_set = virt_snap_export_settings_new();
        g_autoptr(VirtSnapExportSettings) by_native = NULL;
        g_autoptr(VirtSnapExportSettings) by_cim = NULL;
        g_autoptr(GError) error = NULL;

        g_test_message("%s", setting->name);
        /* Every new row of the table needs a row here. */
        g_assert_cmpuint(n, <, G_N_ELEMENTS(values));
        g_assert_cmpstr(setting->name, ==, values[n].name);
        g_assert_true(settings_find(setting->name) == setting);
        g_assert_true(settings_find_cim(property) == setting);

        g_assert_true(virt_snap_export_settings_set(by_set, setting->name, values[n].native,
                                                    &error));
        assert_only(by_set, setting, values[n].native);
        native = virt_snap_export_settings_format(by_set);
        by_native = parse_text(native, &error);
        g_assert_no_error(error);
        assert_only(by_native, setting, values[n].native);
        cim = g_strdup_printf("<INSTANCE CLASSNAME='Msvm_CollectionSnapshotExportSettingData'>"
                              "<PROPERTY%s NAME='%s' TYPE='%s'>%s<VALUE>%s</VALUE>%s</PROPERTY%s>"
                              "</INSTANCE>",
                              array, property, setting->cim_type,
                              setting->list ? "<VALUE.ARRAY>" : "", values[n].cim,
                              setting->list ? "</VALUE.ARRAY>" : "", array);
        by_cim = parse_text(cim, &error);
        g_assert_no_error(error);
        assert_only(by_cim, setting, values[n].native);
    }
    g_assert_cmpuint(n, ==, G_N_ELEMENTS(values));
}

static void
test_set_refused(void)
{
    static const struct {
        const char *name;
        const char *text;
    } table[] = {
        {"colour", "red"}, {"", "x"},        {"BackupIntent", "2"}, {"storage", ""},
        {"parallel", "0"}, {"parallel", ""}, {"bandwidth", ""},     {"bandwidth", "1M1"},
        {"exclude", "x"},  {"base", ""},     {"compression", "zstd:"}, {"intent", "\xff"},
        /* Characters that XML cannot represent can be neither in this document nor in a manifest.
         * */
        {"exclude", "web:vd\001a"},          {"exclude", "w\xff:vda"},
        {"include", "web:\xef\xbf\xbf"},     {"base", "/backup/\xff"},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(table); i++) {
        g_autoptr(VirtSnapExportSettings) settings = virt_snap_export_settings_new();
        g_autoptr(GError) error = NULL;

        g_test_message("%s", table[i].name);
        g_assert_false(
            virt_snap_export_settings_set(settings, table[i].name, table[i].text, &error));
        g_assert_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_INVALID_PARAMETER);
        g_assert_true(g_utf8_validate(error->message, -1, NULL));
    }
}

/* A live export merges unless the settings say otherwise, and every form in which they are written
 * keeps that. */
static void
test_live(void)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(VirtSnapExportSettings) s =
        parse_text("<exportsettings><live>crash-consistent</live></exportsettings>", &error);
    g_autofree char *text = virt_snap_export_settings_format(s);

    g_assert_null(strstr(text, "intent"));
    g_assert_true(virt_snap_export_settings_check_supported(s, &error));
    g_assert_true(export_settings_pull(s));
    g_assert_true(virt_snap_export_settings_set(s, "intent", "preserve-chain", &error));
    g_assert_true(export_settings_need_set(s));
    g_assert_false(export_settings_pull(s));
    g_assert_true(virt_snap_export_settings_set(s, "intent", "merge", &error));
    g_assert_true(export_settings_pull(s));
    g_assert_true(virt_snap_export_settings_set(s, "live", "memory", &error));
    g_assert_true(export_settings_need_set(s));
    g_assert_true(virt_snap_export_settings_check_supported(s, &error));
    g_assert_true(virt_snap_export_settings_set(s, "live", "no", &error));
    g_assert_false(export_settings_pull(s) || export_settings_need_set(s));
    g_assert_true(virt_snap_export_settings_set(s, "live", "memory", &error));
    g_assert_true(virt_snap_export_settings_set(s, "snapshots", "all", &error));
    g_assert_false(virt_snap_export_settings_check_supported(s, &error));
    g_assert_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_NOT_SUPPORTED);
}

static void
test_supported(void)
{
    static const struct {
        const char *name;
        const char *text;
        gboolean supported;
    } table[] = {
        {"intent", "merge", TRUE},  {"storage", "no", TRUE},       {"base", "/x", TRUE},
        {"live", "no", TRUE},       {"compression", "zstd", TRUE}, {"compression", "none", TRUE},
        {"live", "crash-consistent", TRUE},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(table); i++) {
        g_autoptr(VirtSnapExportSettings) settings = virt_snap_export_settings_new();
        g_autoptr(GError) error = NULL;

        g_assert_true(
            virt_snap_export_settings_set(settings, table[i].name, table[i].text, &error));
        g_assert_true(virt_snap_export_settings_check_supported(settings, &error) ==
                      table[i].supported);
        if (!table[i].supported) {
            g_assert_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_NOT_SUPPORTED);
            g_assert_nonnull(strstr(error->message, table[i].name));
        }
    }
}

/* --- files ------------------------------------------------------------------ */

/* The largest text that is taken, one byte more, and 100 MB. */
static void
test_large(void)
{
    static const struct {
        gsize bytes;
        gboolean ok;
    } table[] = {{1 << 20, TRUE}, {(1 << 20) + 1, FALSE}, {100 * 1000 * 1000, FALSE}};
    static const char begin[] = "<exportsettings><!--";
    static const char end[] = "--></exportsettings>";
    g_autoptr(Scratch) dir = scratch_new();
    g_autofree char *path = g_build_filename(dir, "large.xml", NULL);

    for (gsize i = 0; i < G_N_ELEMENTS(table); i++) {
        g_autofree char *text = g_strnfill(table[i].bytes, 'x');
        g_autoptr(VirtSnapExportSettings) from_text = NULL;
        g_autoptr(VirtSnapExportSettings) from_file = NULL;
        g_autoptr(GError) text_error = NULL;
        g_autoptr(GError) file_error = NULL;

        memcpy(text, begin, strlen(begin));
        memcpy(text + table[i].bytes - strlen(end), end, strlen(end));
        write_file(path, text, (gssize)table[i].bytes);
        from_text = parse_text(text, &text_error);
        from_file = virt_snap_export_settings_load_file(path, &file_error);
        g_assert_true((from_text != NULL) == table[i].ok);
        g_assert_true((from_file != NULL) == table[i].ok);
        if (!table[i].ok) {
            g_assert_error(text_error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_INVALID_PARAMETER);
            g_assert_error(file_error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_INVALID_PARAMETER);
        }
    }
}

static void
test_files(void)
{
    static const struct {
        const char *script; /* makes "f" */
        int code;           /* 0: it is read */
    } table[] = {
        {"echo '<exportsettings/>' >f", 0},
        {"echo '<exportsettings/>' >g; ln -s g f", 0},
        {":", VIRT_SNAP_ERROR_NOT_FOUND},
        {"ln -s f f", VIRT_SNAP_ERROR_FAILED},
        {"mkdir f", VIRT_SNAP_ERROR_FAILED},
        {"mkfifo f", VIRT_SNAP_ERROR_FAILED},
        {"ln -s /dev/zero f", VIRT_SNAP_ERROR_FAILED},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(table); i++) {
        g_autoptr(Scratch) dir = scratch_new();
        g_autofree char *path = g_build_filename(dir, "f", NULL);
        g_autofree char *script = g_strdup_printf("cd '%s'; %s", dir, table[i].script);
        g_autoptr(VirtSnapExportSettings) settings = NULL;
        g_autoptr(GError) error = NULL;

        g_test_message("%s", table[i].script);
        g_free(run("sh", "-ec", script, NULL));
        settings = virt_snap_export_settings_load_file(path, &error);
        g_assert_true((settings != NULL) == (table[i].code == 0));
        if (table[i].code == VIRT_SNAP_ERROR_NOT_FOUND)
            g_assert_error(error, VIRT_SNAP_ERROR, table[i].code);
        if (error)
            g_assert_nonnull(strstr(error->message, "f"));
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_data_func("/settings/valid", "settings/valid", test_valid);
    g_test_add_data_func("/settings/cim-valid", "settings-cim/valid", test_valid);
    g_test_add_data_func("/settings/invalid", "settings/invalid", test_invalid);
    g_test_add_data_func("/settings/refused", "settings/refused", test_invalid);
    g_test_add_data_func("/settings/cim-invalid", "settings-cim/invalid", test_invalid);
    g_test_add_func("/settings/named", test_named);
    g_test_add_func("/settings/defaults", test_defaults);
    g_test_add_func("/settings/all", test_all);
    g_test_add_func("/settings/cim-wrappers", test_cim_wrappers);
    g_test_add_func("/settings/cim-array-null", test_array_null);
    g_test_add_func("/settings/rows", test_rows);
    g_test_add_func("/settings/set-refused", test_set_refused);
    g_test_add_func("/settings/supported", test_supported);
    g_test_add_func("/settings/live", test_live);
    g_test_add_func("/settings/large", test_large);
    g_test_add_func("/settings/files", test_files);
    return g_test_run();
}
