/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <string.h>

#include "hypervisor/storage-def.h"
#include "tests/unit/harness.h"
#include "util/xml.h"

static StorageDef *
load(const char *name)
{
    g_autofree char *file = g_strdup_printf("storage/%s.xml", name);
    g_autofree char *path = data_path(file);
    g_autoptr(GBytes) bytes = read_file(path);
    g_autoptr(GError) error = NULL;
    g_autoptr(xmlDoc) doc =
        xml_parse(g_bytes_get_data(bytes, NULL), g_bytes_get_size(bytes), name, &error);

    g_assert_no_error(error);
    return storage_def_parse(xmlDocGetRootElement(doc));
}

static void
test_supported(void)
{
    static const struct {
        const char *file;
        const char *type;
        const char *format;
        const char *path;
        const char *encryption;
        const char *secret;
        guint depth;
        gboolean ends; /* the last of them */
    } table[] = {
        {"plain", "file", "qcow2", "/i/a.qcow2", NULL, NULL, 1, FALSE},
        {"minimal", "file", NULL, "/i/a.raw", NULL, NULL, 1, FALSE},
        {"ends", "file", "qcow2", "/i/a.qcow2", NULL, NULL, 1, TRUE},
        {"chain", "file", "qcow2", "/i/a.qcow2", NULL, NULL, 3, TRUE},
        {"open-chain", "file", "qcow2", "/i/a.qcow2", NULL, NULL, 2, FALSE},
        {"luks", "file", "raw", "/i/l.img", "luks", "11111111-2222-3333-4444-555555555555", 1,
         FALSE},
        {"luks-of-disk", "file", "qcow2", "/i/l.qcow2", "luks", "the disk of web", 1, FALSE},
        {"everything", "file", "qcow2", "/i/a.qcow2", NULL, NULL, 1, TRUE},
        {"block", "block", "qcow2", "/dev/vg/a", NULL, NULL, 1, FALSE},
        {"block-everything", "block", "raw", "/dev/disk/by-id/a", NULL, NULL, 1, TRUE},
        {"block-below", "file", "qcow2", "/i/a.qcow2", NULL, NULL, 3, TRUE},
        {"block-luks", "block", "raw", "/dev/vg/l", "luks", "11111111-2222-3333-4444-555555555555",
         1, FALSE},
    };
    g_autoptr(GPtrArray) files = corpus("storage/supported");

    for (gsize i = 0; i < G_N_ELEMENTS(table); i++) {
        g_autofree char *name = g_strdup_printf("supported/%s", table[i].file);
        g_autoptr(StorageDef) storage = load(name);
        g_autoptr(GError) error = NULL;
        const StorageDef *last = storage;

        g_test_message("%s", table[i].file);
        g_assert_true(storage_def_check(storage, &error));
        g_assert_no_error(error);
        g_assert_cmpstr(storage->type, ==, table[i].type);
        g_assert_cmpstr(storage->format, ==, table[i].format);
        g_assert_cmpstr(storage->path, ==, table[i].path);
        g_assert_cmpstr(storage->label, ==, table[i].path);
        g_assert_cmpstr(storage->encryption, ==, table[i].encryption);
        g_assert_cmpstr(storage->secret, ==, table[i].secret);
        g_assert_cmpuint(storage_def_depth(storage), ==, table[i].depth);
        while (last->backing)
            last = last->backing;
        g_assert_true(last->ends == table[i].ends);
    }
    /* Every file has a row, but for the empty drive. */
    g_assert_cmpuint(files->len, ==, G_N_ELEMENTS(table) + 1);
}

static void
test_empty_drive(void)
{
    g_autoptr(StorageDef) storage = load("supported/empty-drive");

    g_assert_null(storage->label);
    g_assert_null(storage->path);
    g_assert_null(storage->problem);
}

static void
test_chain(void)
{
    g_autoptr(StorageDef) top = load("supported/chain");
    const StorageDef *mid = top->backing;
    const StorageDef *base = mid->backing;

    g_assert_cmpstr(mid->path, ==, "/i/m.qcow2");
    g_assert_cmpstr(mid->format, ==, "qcow2");
    g_assert_cmpstr(base->path, ==, "/i/b.raw");
    g_assert_cmpstr(base->format, ==, "raw");
    g_assert_null(base->backing);
    g_assert_true(base->ends && !mid->ends && !top->ends);
}

/* The error names the image and what of it cannot be handled. */
static void
test_refused(void)
{
    static const struct {
        const char *file;
        const char *image;
        const char *what;
    } table[] = {
        {"slices", "/i/a.qcow2", "'source/slices'"},
        {"slices-below", "/i/b.raw", "'backingStore/source/slices'"},
        {"data-store", "/i/a.qcow2", "'source/dataStore'"},
        {"fdgroup", "/i/a.qcow2", "'source/@fdgroup'"},
        {"transient", "/i/a.qcow2", "'transient'"},
        {"backenddomain", "/i/a.qcow2", "'backenddomain'"},
        {"source-snapshot", "/i/a.qcow2", "'source/snapshot'"},
        {"unknown-element", "/i/a.qcow2", "'mangle'"},
        {"unknown-attribute", "/i/a.qcow2", "'@mangled'"},
        {"unknown-in-source", "/i/a.qcow2", "'source/mangle'"},
        {"unknown-of-source", "/i/a.qcow2", "'source/@mangled'"},
        {"unknown-in-driver", "/i/a.qcow2", "'driver/mangle'"},
        {"unknown-of-driver", "/i/a.qcow2", "'driver/@mangled'"},
        {"unknown-in-encryption", "/i/a.qcow2", "'source/encryption/mangle'"},
        {"unknown-in-backing", "/i/b.raw", "'backingStore/mangle'"},
        {"unknown-in-format", "/i/b.raw", "'backingStore/format/mangle'"},
        {"encryption-default", "/i/a.qcow2", "'source/encryption/@format'"},
        {"encryption-engine", "/i/a.qcow2", "'source/encryption/@engine'"},
        {"luks-below", "/i/b.raw", "'encryption'"},
        {"backing-untyped", "/i/b.raw", "'backingStore/@type'"},
        {"backing-without-format", "/i/b.raw", "'backingStore/format'"},
        {"backing-without-source", "''", "'backingStore/source'"},
        {"network", "pool/image", "'network'"},
        {"network-below", "'x'", "'network'"},
        {"volume", "a.qcow2", "'volume'"}, /* nobody has looked for it */
        {"block-slices", "/dev/vg/a", "'source/slices'"},
        {"block-cookies", "/dev/vg/a", "'source/cookies'"},
        {"block-timeout", "/dev/vg/a", "'source/timeout'"},
        {"block-of-file", "/i/a.raw", "'source/@file'"},
        {"block-without-dev", "'?'", "'block'"},
        {"volume-direct", "a.qcow2", "'source/@mode'"},
        {"nvme", "'?'", "'nvme'"},
        {"vhostuser", "/run/s", "'vhostuser'"},
        {"dir", "/some", "'dir'"},
    };
    g_autoptr(GPtrArray) files = corpus("storage/refused");

    for (gsize i = 0; i < G_N_ELEMENTS(table); i++) {
        g_autofree char *name = g_strdup_printf("refused/%s", table[i].file);
        g_autoptr(StorageDef) storage = load(name);
        g_autoptr(GError) error = NULL;

        g_assert_false(storage_def_check(storage, &error));
        g_test_message("%s: %s", table[i].file, error->message);
        g_assert_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_NOT_SUPPORTED);
        g_assert_nonnull(strstr(error->message, table[i].image));
        g_assert_nonnull(strstr(error->message, table[i].what));
        g_assert_nonnull(strstr(error->message, "--exclude"));
    }
    g_assert_cmpuint(files->len, ==, G_N_ELEMENTS(table));
}

/* What cannot be copied yet is read all the same. */
static void
test_network(void)
{
    g_autoptr(StorageDef) storage = load("refused/network");
    g_autoptr(StorageDef) volume = load("refused/volume");
    const StorageHost *one, *two;

    g_assert_cmpstr(storage->protocol, ==, "rbd");
    g_assert_cmpstr(storage->name, ==, "pool/image");
    g_assert_cmpstr(storage->query, ==, "q");
    g_assert_null(storage->path);
    g_assert_cmpuint(storage->hosts->len, ==, 2);
    one = g_ptr_array_index(storage->hosts, 0);
    two = g_ptr_array_index(storage->hosts, 1);
    g_assert_cmpstr(one->transport, ==, "tcp");
    g_assert_cmpstr(one->name, ==, "mon");
    g_assert_cmpstr(one->port, ==, "6321");
    g_assert_null(one->socket);
    g_assert_cmpstr(two->transport, ==, "unix");
    g_assert_cmpstr(two->socket, ==, "/s");
    g_assert_cmpstr(volume->pool, ==, "default");
    g_assert_cmpstr(volume->volume, ==, "a.qcow2");
}

static VolumeDef *
volume_new(const char *pool, const char *volume, const char *type, const char *path)
{
    VolumeDef *self = g_new0(VolumeDef, 1);

    *self = (VolumeDef){g_strdup(pool), g_strdup(volume), g_strdup(type), g_strdup(path), NULL};
    if (!path)
        g_set_error(&self->problem, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_NOT_FOUND, "no '%s'", volume);

    return self;
}

/* A volume is what was found for its pool and its name, and for both only. */
static void
test_volumes(void)
{
    static const struct {
        const char *pool, *volume;
        const char *path; /* NULL: it cannot be used */
        VirtSnapError code;
    } table[] = {
        {"default", "a.qcow2", "/pool/a.qcow2", VIRT_SNAP_ERROR_FAILED},
        {"default", "a.qcow2", NULL, VIRT_SNAP_ERROR_NOT_FOUND},
        {"other", "a.qcow2", "/other/a.qcow2", VIRT_SNAP_ERROR_NOT_SUPPORTED},
        {"default", "b.qcow2", "/pool/b.qcow2", VIRT_SNAP_ERROR_NOT_SUPPORTED},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(table); i++) {
        g_autoptr(StorageDef) storage = load("refused/volume");
        g_autoptr(GPtrArray) volumes =
            g_ptr_array_new_with_free_func((GDestroyNotify)volume_def_free);
        g_autoptr(GError) error = NULL;
        gboolean right = i == 0;

        g_ptr_array_add(volumes, volume_new(table[i].pool, table[i].volume,
                                            table[i].path ? "file" : NULL, table[i].path));
        storage_def_find_volumes(storage, volumes);
        g_ptr_array_set_size(volumes, 0);
        g_assert_true(storage_def_check(storage, &error) == right);
        g_assert_cmpstr(storage->path, ==, right ? table[i].path : NULL);
        if (!right)
            g_assert_error(error, VIRT_SNAP_ERROR, (int)table[i].code);
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/storage-def/supported", test_supported);
    g_test_add_func("/storage-def/empty-drive", test_empty_drive);
    g_test_add_func("/storage-def/chain", test_chain);
    g_test_add_func("/storage-def/refused", test_refused);
    g_test_add_func("/storage-def/network", test_network);
    g_test_add_func("/storage-def/volumes", test_volumes);
    return g_test_run();
}
