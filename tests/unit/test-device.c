/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "drivers/file/file-source.h"
#include "image/qcow2-used.h"
#include "tests/unit/chain-fixture.h"
#include "tests/unit/harness.h"
#include "util/block-device.h"
#include "util/fd.h"

/* Block devices as places of images. They are loop devices; tests that need one are skipped where
 * none can be made. */

#define MIB ((guint64)1 << 20)

/* A device over a file; freed by detaching it. */
typedef char Loop;

static void
loop_detach(Loop *path)
{
    if (path)
        g_free(run("losetup", "-d", path, NULL));
    g_free(path);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Loop, loop_detach)

/* Returns: the path of a device over the file @name, or NULL, and the test is skipped. */
static Loop *
loop_attach(const char *name, const char *sector)
{
    const char *const argv[] = {"losetup", "-f", "--show", "-b", sector, name, NULL};
    g_autofree char *out = NULL;
    int status = -1;

    if (!g_spawn_sync(NULL, (char **)argv, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, &out, NULL,
                      &status, NULL) ||
        status != 0) {
        g_test_skip("no loop devices here");
        return NULL;
    }

    return g_strdup(g_strchomp(out));
}

static Layer *
resolve(ChainFixture *f, const char *path, const char *format, ImageOn on, GError **error)
{
    return chain_resolve(f->cache, &(ChainImage){path, format, FALSE, on}, 1, FALSE, error);
}

/* --- what is no device ------------------------------------------------------------ */

/* Only files and block devices are opened at all, so a FIFO never gets a reader. */
static void
test_others(ChainFixture *f, gconstpointer data)
{
    static const char *const paths[] = {"fifo", "/dev/zero", "/dev/null", "."};
    struct stat st;

    chain_sh("mkfifo fifo");
    for (gsize i = 0; i < G_N_ELEMENTS(paths); i++) {
        g_autoptr(GError) error = NULL;

        g_assert_cmpint(fd_open_data(AT_FDCWD, paths[i], 0, &st), ==, -1);
        g_assert_cmpint(errno, ==, EMEDIUMTYPE);
        g_assert_null(resolve(f, paths[i], "raw", IMAGE_ON_ANY, &error));
        g_assert_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_NOT_SUPPORTED);
        g_assert_null(file_source_open(AT_FDCWD, paths[i], NULL));
    }
    g_assert_cmpint(open("fifo", O_WRONLY | O_NONBLOCK | O_CLOEXEC), ==, -1);
    g_assert_cmpint(errno, ==, ENXIO);
    g_assert_cmpint(fd_open_data(AT_FDCWD, "absent", 0, &st), ==, -1);
    g_assert_cmpint(errno, ==, ENOENT);
}

/* A header may name anything, and opening a tape would wind it. */
static void
test_header(ChainFixture *f, gconstpointer data)
{
    g_autoptr(GError) error = NULL;

    chain_sh("qemu-img create -q -f qcow2 -u -b /dev/zero -F raw top.qcow2 1M");
    g_assert_null(resolve(f, "top.qcow2", "qcow2", IMAGE_ON_FILE, &error));
    g_assert_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_NOT_SUPPORTED);
    g_assert_nonnull(strstr(error->message, "/dev/zero"));
}

/* --- what the kernel tells -------------------------------------------------------- */

static void
test_look(ChainFixture *f, gconstpointer data)
{
    static const char *const sectors[] = {"512", "4096"};

    chain_sh("truncate -s 1025k a.raw");
    for (gsize i = 0; i < G_N_ELEMENTS(sectors); i++) {
        g_autoptr(Loop) loop = loop_attach("a.raw", sectors[i]);
        auto_fd fd = loop ? open(loop, O_RDWR | O_CLOEXEC) : -1;
        gsize sector = (gsize)g_ascii_strtoull(sectors[i], NULL, 10);
        BlockDevice before, after;
        guint64 bytes;

        if (!loop)
            return;
        g_assert_true(block_device_look(fd, loop, &before, NULL));
        g_assert_cmpuint(before.sector, ==, sector);
        g_assert_cmpuint(before.bytes, ==, 1025 * 1024);
        g_assert_true(fd_size(fd, &bytes));
        g_assert_cmpuint(bytes, ==, before.bytes);
        g_assert_true(block_device_look(fd, loop, &after, NULL));
        g_assert_true(block_device_is_same(&before, &after));
        g_assert_cmpint(pwrite(fd, "x", 1, 0), ==, 1);
        g_assert_true(block_device_settle(fd, loop, NULL));
        g_assert_true(block_device_look(fd, loop, &after, NULL));
        if (before.counts)
            g_assert_false(block_device_is_same(&before, &after));
    }
}

static void
test_no_device(ChainFixture *f, gconstpointer data)
{
    g_autoptr(GError) error = NULL;
    BlockDevice device;
    auto_fd fd = -1;

    chain_sh("truncate -s 1M a.raw");
    fd = open("a.raw", O_RDONLY | O_CLOEXEC);
    g_assert_false(block_device_look(fd, "a.raw", &device, &error));
    g_assert_nonnull(strstr(error->message, "'a.raw'"));
}

/* --- layers ----------------------------------------------------------------------- */

static void
test_raw(ChainFixture *f, gconstpointer data)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Loop) loop = NULL;
    Layer *layer;

    chain_sh("qemu-img create -q -f raw a.raw 3M");
    loop = loop_attach("a.raw", "512");
    if (!loop)
        return;
    layer = resolve(f, loop, "raw", IMAGE_ON_DEVICE, &error);
    g_assert_no_error(error);
    g_assert_true(layer->block && !layer->measured && chain_has_block(layer));
    g_assert_cmpuint(layer->size, ==, 3 * MIB);
    g_assert_cmpuint(layer->length, ==, 3 * MIB);
    g_assert_cmpuint(layer->capacity, ==, 3 * MIB);
    g_assert_true(layer->inode == 0 && layer->mtime == 0 && layer->ctime == 0);
    g_assert_true(layer_is_at(layer, loop));
    g_assert_false(layer_is_at(layer, "a.raw") || layer_is_at(layer, "absent"));
    g_assert_null(resolve(f, loop, "raw", IMAGE_ON_FILE, &error));
    g_assert_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_NOT_SUPPORTED);
    g_clear_error(&error);
    g_assert_null(resolve(f, "a.raw", "raw", IMAGE_ON_DEVICE, &error));
    g_assert_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_NOT_SUPPORTED);
}

/* A second node, as libvirt makes one for each QEMU, leads to the same device. */
static void
test_nodes(ChainFixture *f, gconstpointer data)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Loop) loop = NULL;
    struct stat st;
    Layer *layer;
    auto_fd fd = -1;

    chain_sh("qemu-img create -q -f raw a.raw 1M");
    loop = loop_attach("a.raw", "512");
    if (!loop)
        return;
    layer = resolve(f, loop, "raw", IMAGE_ON_DEVICE, &error);
    g_assert_cmpint(stat(loop, &st), ==, 0);
    if (mknod("node", S_IFBLK | 0600, st.st_rdev) < 0) {
        g_test_skip("no nodes can be made here");
        return;
    }
    g_assert_true(layer_is_at(layer, "node"));
    g_assert_true(layer_probe(layer, &error));
    fd = open("node", O_RDWR | O_CLOEXEC);
    g_assert_cmpint(pwrite(fd, "x", 1, 0), ==, 1);
    g_assert_cmpint(fsync(fd), ==, 0);
    if (!layer->state.counts)
        return;
    g_assert_cmpint(layer_open(layer, &error), ==, -1);
    g_assert_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_IN_USE);
}

/* --- reading ---------------------------------------------------------------------- */

static void
assert_reads(Source *source, guint64 offset, gsize length, guint8 byte)
{
    g_autoptr(GError) error = NULL;
    guint8 *buffer = fd_buffer_new(length + 4096);

    memset(buffer, 0xee, length);
    g_assert_true(source->ops->read(source, 0, buffer, offset, length, &error));
    g_assert_no_error(error);
    for (gsize i = 0; i < length; i++)
        g_assert_cmpuint(buffer[i], ==, byte);
    free(buffer);
}

/* The device is read up to an end that is no multiple of 4096, and never from an outdated page
 * cache. */
static void
test_read(ChainFixture *f, gconstpointer data)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Loop) loop = NULL;
    g_autoptr(Source) source = NULL;
    g_autoptr(Source) part = NULL;

    chain_sh("truncate -s 2052k a.raw; qemu-io -f raw -c 'write -q -P 5 0 2101248' a.raw\n"
             "truncate -s 2099712 a.raw");
    loop = loop_attach("a.raw", "512");
    if (!loop)
        return;
    source = file_source_open(AT_FDCWD, loop, &error);
    g_assert_no_error(error);
    g_assert_cmpuint(source->size, ==, 2099712);
    assert_reads(source, 0, MIB, 5);
    assert_reads(source, 2 * MIB, 2560, 5);
    g_assert_true(source->ops->check(source, &error));
    part = file_source_new_part(open(loop, O_RDONLY | O_CLOEXEC), MIB, loop, &error);
    g_assert_cmpuint(part->size, ==, MIB);
    g_free(run("qemu-io", "-f", "raw", "-t", "none", "-c", "write -q -P 6 0 1M", loop, NULL));
    assert_reads(source, 0, MIB, 6);
    if (source->ops->check(source, &error))
        g_test_message("this kernel counts nothing");
    else
        g_assert_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_IN_USE);
}

/* A loop device fails to read what its file does not have, as a disk fails to read a bad sector. */
static void
test_failing(ChainFixture *f, gconstpointer data)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Loop) loop = NULL;
    g_autoptr(Source) source = NULL;
    guint8 *buffer = fd_buffer_new(MIB);

    chain_sh("truncate -s 4M a.raw");
    loop = loop_attach("a.raw", "512");
    if (loop) {
        source = file_source_open(AT_FDCWD, loop, &error);
        g_assert_no_error(error);
        chain_sh("truncate -s 1M a.raw");
        g_assert_false(source->ops->read(source, 0, buffer, 3 * MIB, MIB, &error));
        g_assert_nonnull(strstr(error->message, loop));
        g_assert_nonnull(strstr(error->message, g_strerror(EIO)));
        g_clear_error(&error);
        g_free(run("losetup", "-c", loop, NULL));
        g_assert_false(source->ops->read(source, 0, buffer, 3 * MIB, MIB, &error));
        g_assert_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_CORRUPT);
        g_clear_error(&error);
        g_assert_false(source->ops->check(source, &error));
        g_assert_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_IN_USE);
    }
    free(buffer);
}

int
main(int argc, char **argv)
{
    static const ChainTest tests[] = {
        {"others", test_others},       {"header", test_header}, {"look", test_look},
        {"no-device", test_no_device}, {"raw", test_raw},       {"nodes", test_nodes},
        {"read", test_read},           {"failing", test_failing},
    };

    g_test_init(&argc, &argv, NULL);
    chain_run_tests("/device", tests, G_N_ELEMENTS(tests));
    return g_test_run();
}
