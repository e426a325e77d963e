/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <string.h>

#include "image/backing-reference.h"
#include "tests/unit/harness.h"

static char *
load(const char *path)
{
    g_autoptr(GBytes) bytes = read_file(path);

    return g_strndup(g_bytes_get_data(bytes, NULL), g_bytes_get_size(bytes));
}

static void
test_valid(void)
{
    static const struct {
        const char *file;
        const char *path;
        const char *format;
        gboolean device;
    } table[] = {
        {"plain", "base.qcow2", NULL, FALSE},
        {"absolute", "/i/base.qcow2", NULL, FALSE},
        {"up", "../b/base", NULL, FALSE},
        {"colon-behind-slash", "./a:b", NULL, FALSE},
        {"file-scheme", "/i/b", NULL, FALSE},
        {"file-uri", "///i/b", NULL, FALSE},
        /* QEMU decodes nothing in a reference like this. */
        {"file-percent", "/i/a%20b", NULL, FALSE},
        {"json-nested", "/i/b", "qcow2", FALSE},
        {"json-flat", "/i/b", "raw", FALSE},
        {"json-mixed", "/i/b", NULL, FALSE},
        {"json-no-driver", "/i/b", NULL, FALSE},
        {"json-file", "/i/b", NULL, FALSE},
        {"json-alone", "/i/b", NULL, FALSE},
        {"json-quotes", "/i/a}{", "qcow2", FALSE},
        {"json-escapes", "/i/ñ \"b\":x", "qcow2", FALSE},
        {"json-device", "/dev/vg/b", "raw", TRUE},
        {"json-device-alone", "/dev/vg/b", NULL, TRUE},
    };
    g_autoptr(GPtrArray) files = corpus("backing-reference/valid");

    for (gsize i = 0; i < G_N_ELEMENTS(table); i++) {
        g_autofree char *name = g_strdup_printf("backing-reference/valid/%s", table[i].file);
        g_autofree char *path = data_path(name);
        g_autofree char *text = load(path);
        g_autoptr(GError) error = NULL;
        g_autoptr(BackingReference) reference = backing_reference_parse(text, "image", &error);

        g_test_message("%s", table[i].file);
        g_assert_no_error(error);
        g_assert_cmpstr(reference->path, ==, table[i].path);
        g_assert_cmpstr(reference->format, ==, table[i].format);
        g_assert_true(reference->device == table[i].device);
    }
    /* There is a row for every file of the corpus. */
    g_assert_cmpuint(files->len, ==, G_N_ELEMENTS(table));
}

static void
test_invalid(void)
{
    g_autoptr(GPtrArray) files = corpus("backing-reference/invalid");

    for (guint i = 0; i < files->len; i++) {
        const char *path = g_ptr_array_index(files, i);
        g_autofree char *text = load(path);
        g_autoptr(GError) error = NULL;

        g_test_message("%s", path);
        g_assert_null(backing_reference_parse(text, "some image", &error));
        g_assert_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_NOT_SUPPORTED);
        g_assert_nonnull(strstr(error->message, "some image"));
    }
}

/* The error names the key. */
static void
test_keys(void)
{
    static const struct {
        const char *file;
        const char *key;
    } table[] = {
        {"json-null-co", "'driver'"},       {"json-vmdk", "'driver'"},
        {"json-luks", "'key-secret'"},      {"json-nbd", "'file.host'"},
        {"json-offset", "'offset'"},        {"json-size", "'size'"},
        {"json-locking", "'file.locking'"}, {"json-backing", "'backing'"},
        {"json-data-file", "'data-file'"},  {"json-relative", "'file.filename'"},
        {"json-driver-only", "'file.filename'"}, {"json-node", "'file'"},
        {"json-two-names", "'filename'"},   {"json-twice", "'file.filename'"},
        {"json-format-filename", "'filename'"}, {"json-number", "'file.filename'"},
        {"json-deep", "'file.file'"},       {"json-dotted", "'file.file.filename'"},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(table); i++) {
        g_autofree char *name = g_strdup_printf("backing-reference/invalid/%s", table[i].file);
        g_autofree char *path = data_path(name);
        g_autofree char *text = load(path);
        g_autoptr(GError) error = NULL;

        g_assert_null(backing_reference_parse(text, "image", &error));
        g_test_message("%s: %s", table[i].file, error->message);
        g_assert_nonnull(strstr(error->message, table[i].key));
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/backing-reference/valid", test_valid);
    g_test_add_func("/backing-reference/invalid", test_invalid);
    g_test_add_func("/backing-reference/keys", test_keys);
    return g_test_run();
}
