/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "drivers/file/file-sink.h"
#include "drivers/file/file-source.h"
#include "qcow2/flat-source.h"
#include "tests/unit/fake-ends.h"
#include "tests/unit/harness.h"
#include "transfer/memory-source.h"
#include "util/fd.h"

#define KIB G_GUINT64_CONSTANT(1024)
#define CLUSTER (64 * KIB)
#define MIB (1024 * KIB)
#define GIB (1024 * MIB)

typedef struct {
    guint64 offset;
    guint64 length;
} Range;

/* What a guest sees, by a raw image. */
typedef struct {
    const char *name;
    guint64 size;
    Range data[4];
    gsize n_data;
} Disk;

static const Disk disks[] = {
    {"no disk", 0, {{0}}, 0},
    {"no data", GIB, {{0}}, 0},
    {"one sector", 512, {{0, 512}}, 1},
    {"one sector, empty", 512, {{0}}, 0},
    {"full", 3 * MIB, {{0, 3 * MIB}}, 1},
    {"full and odd", 3 * MIB + 512, {{0, 3 * MIB + 512}}, 1},
    {"last sector only", MIB + 512, {{MIB, 512}}, 1},
    {"last cluster of a size that is not one", 10 * MIB - 4096, {{9 * MIB, MIB - 4096}}, 1},
    {"here and there", 200 * MIB, {{0, 4096}, {65536 * 3, 65536}, {100 * MIB, 5 * MIB},
                                   {200 * MIB - 512, 512}}, 4},
    /* An L2 table is for 512 MiB: around its ends, and tables without any data. */
    {"several tables", 3 * GIB, {{512 * MIB - 65536, 131072}, {GIB + 65536, 1},
                                 {3 * GIB - 4096, 4096}}, 3},
    {"a table just begun", 512 * MIB + 512, {{512 * MIB, 512}}, 1},
    /* The map is asked for in pieces of 4 GiB. */
    {"large", 9 * GIB, {{4 * GIB - 65536, 131072}, {8 * GIB, 4096}, {9 * GIB - 512, 512}}, 3},
    /* More than one cluster of L1: 4 TiB and a bit. */
    {"huge", 5 * 1024 * GIB, {{0, 65536}, {4096 * GIB + 65536, 65536}}, 2},
};

static void
make_disk(const char *path, const Disk *disk)
{
    g_autoptr(GError) error = NULL;
    auto_fd fd = fd_open(AT_FDCWD, path, O_RDWR | O_CREAT | O_TRUNC, 0600, &error);

    g_assert_no_error(error);
    g_assert_cmpint(ftruncate(fd, (off_t)disk->size), ==, 0);
    for (gsize i = 0; i < disk->n_data; i++) {
        gsize length = (gsize)disk->data[i].length;
        g_autofree guint8 *noise = g_malloc(length);

        fill_noise(noise, length, (guint32)i + 1);
        g_assert_true(fd_pwrite_all(fd, noise, length, disk->data[i].offset, path, &error));
    }
}

/* One item: the disk at user_data, flattened, becomes "flat" beside it. */
typedef struct {
    const char *dir;
    Source *guest; /* instead of the file */
    guint64 size;  /* result */
} Copy;

static gboolean
open_copy(EngineItem *item, GError **error)
{
    Copy *copy = item->user_data;
    g_autofree char *path = g_build_filename(copy->dir, "disk", NULL);
    auto_fd dir = fd_open_dir(AT_FDCWD, copy->dir, error);
    Source *guest = copy->guest;

    if (!guest)
        guest = file_source_new(fd_open(AT_FDCWD, path, O_RDONLY, 0, error), path, error);
    item->source = guest ? flat_source_new(guest, "flat", error) : NULL;
    if (!item->source)
        return FALSE;
    copy->size = item->source->size;
    item->sink = file_sink_new(dir, "flat", item->source->size, 0400, error);

    return item->sink != NULL;
}

/* Returns: the digest. */
static char *
flatten(Copy *copy, guint workers, gboolean digest)
{
    EngineItem item = {.open = open_copy, .user_data = copy};
    g_autoptr(GPtrArray) items = g_ptr_array_new();
    g_autoptr(Control) control = control_new();
    g_autoptr(GError) error = NULL;

    item.want_digest = digest;
    g_ptr_array_add(items, &item);
    g_assert_true(engine_run(items, workers, control, NULL, &error));
    g_assert_no_error(error);
    engine_item_clear(&item);

    return digest_to_string(item.digest);
}

/* The image has no error and no leak, and a guest sees in it what it saw of the disk. */
static void
assert_same(const char *disk, const char *flat, guint64 size)
{
    g_autofree char *info = run("qemu-img", "info", "--output=json", flat, NULL);
    g_autofree char *line = g_strdup_printf("\"virtual-size\": %" G_GUINT64_FORMAT ",", size);

    g_assert_nonnull(strstr(info, line));
    g_assert_nonnull(strstr(info, "\"format\": \"qcow2\""));
    g_free(run("qemu-img", "check", "-q", "-f", "qcow2", flat, NULL));
    g_free(run("qemu-img", "compare", "-q", "-f", "raw", "-F", "qcow2", disk, flat, NULL));
}

static void
test_disks(void)
{
    for (gsize i = 0; i < G_N_ELEMENTS(disks); i++) {
        g_autoptr(Scratch) dir = scratch_new();
        g_autofree char *disk = g_build_filename(dir, "disk", NULL);
        g_autofree char *flat = g_build_filename(dir, "flat", NULL);
        g_autofree char *digest = NULL;
        g_autofree char *expected = NULL;
        Copy copy = {.dir = dir};
        guint64 bytes = 0;

        g_test_message("%s", disks[i].name);
        make_disk(disk, &disks[i]);
        digest = flatten(&copy, 3, TRUE);
        expected = fsverity_digest(flat);
        g_assert_cmpstr(digest, ==, expected);
        assert_same(disk, flat, disks[i].size);
        /* Clusters that the guest never wrote take no space in the file. */
        for (gsize k = 0; k < disks[i].n_data; k++)
            bytes += disks[i].data[k].length + 2 * 65536;
        g_assert_cmpuint(copy.size, <=, bytes + MIB);
        g_assert_cmpuint(copy.size % 65536, ==, 0);
    }
}

/* More clusters than one refcount block counts. They are zeros, so that nothing has to be written
 * but the tables. */
static void
test_many_clusters(void)
{
    static const guint64 sizes[] = {
        /* The data of 32768 - 10 clusters fill one block of refcounts: around that. */
        (32768 - 11) * CLUSTER, (32768 - 10) * CLUSTER, (32768 - 9) * CLUSTER,
        (32768 - 8) * CLUSTER, (32768 - 7) * CLUSTER, 5 * GIB,
    };

    for (gsize i = 0; i < G_N_ELEMENTS(sizes); i++) {
        g_autoptr(Scratch) dir = scratch_new();
        g_autofree char *disk = g_build_filename(dir, "disk", NULL);
        g_autofree char *flat = g_build_filename(dir, "flat", NULL);
        Disk sparse = {.size = sizes[i]};
        FakeSource zeros = {.size = sizes[i], .zeros = TRUE};
        Copy copy = {.dir = dir, .guest = fake_source_open(&zeros)};

        make_disk(disk, &sparse);
        g_free(flatten(&copy, 2, FALSE));
        g_assert_cmpuint(copy.size, >, sizes[i]);
        assert_same(disk, flat, sizes[i]);
    }
}

/* A source that does not report its holes. */
static void
test_no_extents(void)
{
    g_autoptr(Scratch) dir = scratch_new();
    g_autofree char *disk = g_build_filename(dir, "disk", NULL);
    g_autofree char *flat = g_build_filename(dir, "flat", NULL);
    g_autofree guint8 *noise = g_malloc(200 * KIB);
    g_autoptr(GBytes) bytes = NULL;
    Copy copy = {.dir = dir};

    fill_noise(noise, 200 * KIB, 1);
    write_file(disk, noise, 200 * KIB);
    bytes = g_bytes_new(noise, 200 * KIB);
    copy.guest = memory_source_new(bytes, "memory");
    g_free(flatten(&copy, 1, TRUE));
    assert_same(disk, flat, 200 * KIB);
}

/* The same disk gives the same bytes, so exports can be compared. */
static void
test_repeatable(void)
{
    g_autoptr(Scratch) dir = scratch_new();
    g_autofree char *disk = g_build_filename(dir, "disk", NULL);
    g_autofree char *flat = g_build_filename(dir, "flat", NULL);
    g_autofree char *one = NULL;
    g_autofree char *two = NULL;
    Copy copy = {.dir = dir};

    make_disk(disk, &disks[7]);
    one = flatten(&copy, 1, TRUE);
    g_assert_cmpint(unlink(flat), ==, 0);
    two = flatten(&copy, 5, TRUE);
    g_assert_cmpstr(one, ==, two);
}

/* The source of the guest's data is freed whatever happens, and its errors are returned. */
static void
test_errors(void)
{
    FakeSource map = {.size = MIB, .fail_extents = TRUE};
    FakeSource read = {.size = MIB, .fail_read = TRUE};
    FakeSource check = {.size = MIB, .fail_check = TRUE};
    g_autoptr(GError) error = NULL;
    g_autofree guint8 *memory = g_malloc(65536 + 4096);
    guint8 *aligned = memory + 4096 - (gsize)memory % 4096;
    Source *source;

    g_assert_null(flat_source_new(fake_source_open(&map), "flat", &error));
    g_assert_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_INVALID_STATE);
    g_assert_cmpint(fake_alive(), ==, 0);
    g_clear_error(&error);

    source = flat_source_new(fake_source_open(&read), "flat", &error);
    g_assert_no_error(error);
    g_assert_true(source->ops->read(source, 0, aligned, 0, 65536, &error));
    g_assert_false(source->ops->read(source, 0, aligned, source->size - 65536, 65536, &error));
    g_assert_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_CORRUPT);
    source_free(source);
    g_assert_cmpint(fake_alive(), ==, 0);
    g_clear_error(&error);

    source = flat_source_new(fake_source_open(&check), "flat", &error);
    g_assert_false(source->ops->check(source, &error));
    g_assert_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_IN_USE);
    source_free(source);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/flat-source/disks", test_disks);
    g_test_add_func("/flat-source/many-clusters", test_many_clusters);
    g_test_add_func("/flat-source/no-extents", test_no_extents);
    g_test_add_func("/flat-source/repeatable", test_repeatable);
    g_test_add_func("/flat-source/errors", test_errors);
    return g_test_run();
}
