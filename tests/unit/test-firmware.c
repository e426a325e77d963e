/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <glib/gstdio.h>
#include <string.h>

#include "import/firmware.h"
#include "tests/unit/harness.h"

static Firmware *
load(const char *path, GError **error)
{
    g_autoptr(GBytes) bytes = read_file(path);

    return firmware_parse(g_bytes_get_data(bytes, NULL), g_bytes_get_size(bytes), path, error);
}

static void
test_valid(void)
{
    static const struct {
        const char *file;
        const char *device;
        const char *mode;
        const char *executable;
        const char *format;
        const char *variables;
        const char *feature;
        gboolean q35;
        gboolean i440fx;
    } table[] = {
        {"plain", "flash", "split", "/fw/code.fd", "raw", "/fw/vars.fd", "acpi-s3", TRUE, TRUE},
        {"more-members", "flash", "split", "/fw/code.fd", "raw", "/fw/vars.fd", "acpi-s3", TRUE,
         TRUE},
        {"qcow2", "flash", "split", "/fw/code.fd", "qcow2", "/fw/vars.fd", "acpi-s3", TRUE, TRUE},
        {"secure", "flash", "split", "/fw/code.secboot.fd", "raw", "/fw/vars.fd", "requires-smm",
         TRUE, FALSE},
        {"stateless", "flash", "stateless", "/fw/one.fd", "raw", NULL, "amd-sev-snp", TRUE, FALSE},
        {"memory", "memory", NULL, "/fw/rom.fd", "raw", NULL, NULL, TRUE, FALSE},
        {"kernel", "kernel", NULL, NULL, NULL, NULL, NULL, TRUE, FALSE},
        {"future", "tape", NULL, NULL, NULL, NULL, "time-travel", FALSE, FALSE},
    };
    g_autoptr(GPtrArray) files = corpus("firmware/valid");

    g_assert_cmpuint(files->len, ==, G_N_ELEMENTS(table));
    for (gsize i = 0; i < G_N_ELEMENTS(table); i++) {
        g_autofree char *name = g_strdup_printf("firmware/valid/%s", table[i].file);
        g_autofree char *path = data_path(name);
        g_autoptr(GError) error = NULL;
        g_autoptr(Firmware) firmware = load(path, &error);

        g_test_message("%s", table[i].file);
        g_assert_no_error(error);
        g_assert_cmpstr(firmware->device, ==, table[i].device);
        g_assert_cmpstr(firmware->mode, ==, table[i].mode);
        g_assert_cmpstr(firmware->executable, ==, table[i].executable);
        g_assert_cmpstr(firmware->format, ==, table[i].format);
        g_assert_cmpstr(firmware->variables, ==, table[i].variables);
        g_assert_true(!table[i].feature || firmware_has_feature(firmware, table[i].feature));
        g_assert_false(firmware_has_feature(firmware, "acpi"));
        g_assert_true(firmware_has_interface(firmware, "uefi"));
        g_assert_false(firmware_has_interface(firmware, "bios"));
        g_assert_true(firmware_runs_on(firmware, "x86_64", "pc-q35-7.2") == table[i].q35);
        g_assert_true(firmware_runs_on(firmware, "x86_64", "pc-i440fx-7.2") == table[i].i440fx);
        g_assert_false(firmware_runs_on(firmware, "aarch64", "pc-q35-7.2"));
    }
}

static void
test_invalid(void)
{
    g_autoptr(GPtrArray) files = corpus("firmware/invalid");

    g_assert_cmpuint(files->len, >, 15);
    for (guint i = 0; i < files->len; i++) {
        const char *path = g_ptr_array_index(files, i);
        g_autoptr(GError) error = NULL;
        g_autoptr(Firmware) firmware = load(path, &error);

        g_test_message("%s", path);
        g_assert_null(firmware);
        g_assert_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_CORRUPT);
        g_assert_nonnull(strstr(error->message, path));
    }
}

/* --- directories ------------------------------------------------------------------------ */

static char *
make_directory(const char *scratch, const char *name)
{
    char *path = g_build_filename(scratch, name, NULL);

    g_assert_cmpint(g_mkdir(path, 0700), ==, 0);

    return path;
}

static void
put(const char *directory, const char *name, const char *from)
{
    g_autofree char *path = g_build_filename(directory, name, NULL);
    g_autofree char *source = NULL;
    g_autoptr(GBytes) bytes = NULL;

    if (!from) {
        write_file(path, "", 0);
        return;
    }
    source = data_path(from);
    bytes = read_file(source);
    write_file(path, g_bytes_get_data(bytes, NULL), g_bytes_get_size(bytes));
}

static const Firmware *
at(GPtrArray *list, guint index)
{
    return g_ptr_array_index(list, index);
}

/* A file replaces one of the same name in a directory before, an empty one hides it, and what
 * cannot be parsed is left out. */
static void
test_list(void)
{
    g_autoptr(Scratch) scratch = scratch_new();
    g_autofree char *low = make_directory(scratch, "low");
    g_autofree char *high = make_directory(scratch, "high");
    const char *directories[] = {low, "/nowhere/firmware", high, NULL};
    g_autoptr(GPtrArray) list = NULL;

    put(low, "60-plain.json", "firmware/valid/plain");
    put(low, "50-secure.json", "firmware/valid/secure");
    put(low, "40-hidden.json", "firmware/valid/memory");
    put(low, "30-broken.json", "firmware/invalid/cut");
    put(low, "10-other.txt", "firmware/valid/memory");
    put(high, "60-plain.json", "firmware/valid/stateless");
    put(high, "40-hidden.json", NULL);
    list = firmware_list(directories);

    g_assert_cmpuint(list->len, ==, 2);
    g_assert_cmpstr(at(list, 0)->executable, ==, "/fw/code.secboot.fd");
    g_assert_true(g_str_has_prefix(at(list, 0)->descriptor, low));
    g_assert_cmpstr(at(list, 1)->executable, ==, "/fw/one.fd");
    g_assert_true(g_str_has_prefix(at(list, 1)->descriptor, high));
}

/* Only guests that run as the user have descriptors of the user. */
static void
test_directories(void)
{
    g_auto(GStrv) system = firmware_directories(FALSE);
    g_auto(GStrv) session = firmware_directories(TRUE);

    g_assert_cmpuint(g_strv_length(system), ==, 2);
    g_assert_cmpuint(g_strv_length(session), ==, 3);
    g_assert_cmpstr(system[1], ==, "/etc/qemu/firmware");
    g_assert_true(g_str_has_suffix(session[2], "/qemu/firmware"));
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/firmware/valid", test_valid);
    g_test_add_func("/firmware/invalid", test_invalid);
    g_test_add_func("/firmware/list", test_list);
    g_test_add_func("/firmware/directories", test_directories);

    return g_test_run();
}
