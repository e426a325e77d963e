/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "image/qcow2-used.h"
#include "qcow2/image-end.h"
#include "tests/unit/chain-fixture.h"
#include "tests/unit/harness.h"
#include "util/big-endian.h"
#include "util/fd.h"

/* How much of what it lies on a qcow2 image takes; qemu-img knows it, too. */

static guint64
used(const char *path, guint64 size, GError **error)
{
    auto_fd fd = open(path, O_RDONLY | O_CLOEXEC);
    g_autoptr(Qcow2Header) header = qcow2_header_read(fd, path, error);
    guint64 bytes = 0;

    g_assert_nonnull(header);
    if (!qcow2_used_bytes(fd, header, size, path, &bytes, error) ||
        !image_end_check_tables(fd, bytes, path, error))
        return 0;

    return bytes;
}

static guint64
by_qemu(const char *path)
{
    g_autofree char *json = run("qemu-img", "check", "--output=json", path, NULL);
    const char *at = strstr(json, "\"image-end-offset\": ");

    g_assert_nonnull(at);
    return g_ascii_strtoull(at + strlen("\"image-end-offset\": "), NULL, 10);
}

/* All widths of counts, sizes of clusters, and kinds of clusters. */
static void
test_same_as_qemu(ChainFixture *f, gconstpointer data)
{
    static const char *const options[] = {
        "refcount_bits=1",  "refcount_bits=2",     "refcount_bits=8",
        "refcount_bits=16", "refcount_bits=64",    "cluster_size=512",
        "cluster_size=2M",  "extended_l2=on",      "compat=0.10",
        "preallocation=metadata", "cluster_size=4k,refcount_bits=64",
    };

    for (gsize i = 0; i < G_N_ELEMENTS(options); i++) {
        g_autofree char *script = g_strdup_printf(
            "rm -f a; qemu-img create -q -f qcow2 -o %s a 40M\n"
            "qemu-io -c 'write -q 0 300k' -c 'write -q 30M 1M' a; truncate -s +7M a",
            options[i]);
        g_autoptr(GError) error = NULL;
        struct stat st;

        g_test_message("%s", options[i]);
        chain_sh(script);
        g_assert_cmpint(stat("a", &st), ==, 0);
        g_assert_cmpuint(used("a", (guint64)st.st_size, &error), ==, by_qemu("a"));
        g_assert_no_error(error);
    }
}

static void
test_snapshots(ChainFixture *f, gconstpointer data)
{
    g_autoptr(GError) error = NULL;

    chain_sh("qemu-img create -q -f qcow2 a 4M; qemu-io -c 'write -q 0 1M' a\n"
             "qemu-img snapshot -c one a; qemu-io -c 'write -q 0 2M' a\n"
             "qemu-img snapshot -c two a; truncate -s 64M a\n"
             "qemu-img create -q -f raw c 1M\n"
             "qemu-img convert -c -O qcow2 a b; truncate -s 64M b");
    g_assert_cmpuint(used("a", 64 << 20, &error), ==, by_qemu("a"));
    g_assert_no_error(error);
    g_assert_cmpuint(used("b", 64 << 20, &error), ==, by_qemu("b"));
    g_assert_no_error(error);
}

/* Without refcounts the whole device counts as used by the image. */
static void
test_not_closed(ChainFixture *f, gconstpointer data)
{
    g_autoptr(GError) error = NULL;

    chain_sh("qemu-img create -q -f qcow2 -o lazy_refcounts=on a 4M\n"
             "(qemu-io -c 'write -q 0 1M' -c 'sigraise 9' a || :) 2>/dev/null >/dev/null\n"
             "truncate -s 64M a");
    g_assert_cmpuint(used("a", 64 << 20, &error), ==, 64 << 20);
    g_assert_no_error(error);
}

/* Overwrites the number of 8 bytes at @offset of the image. */
static void
poke(guint64 offset, guint64 value)
{
    auto_fd fd = open("a", O_RDWR | O_CLOEXEC);
    guint8 bytes[8];

    put64(bytes, value);
    g_assert_cmpint(pwrite(fd, bytes, sizeof bytes, (off_t)offset), ==, sizeof bytes);
}

static guint64
peek(guint64 offset)
{
    auto_fd fd = open("a", O_RDONLY | O_CLOEXEC);
    guint8 bytes[8];

    g_assert_cmpint(pread(fd, bytes, sizeof bytes, (off_t)offset), ==, sizeof bytes);
    return get64(bytes);
}

static void
assert_corrupt(guint64 size)
{
    g_autoptr(GError) error = NULL;

    g_assert_cmpuint(used("a", size, &error), ==, 0);
    g_assert_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_CORRUPT);
    g_assert_nonnull(strstr(error->message, "'a'"));
}

static void
test_damaged(ChainFixture *f, gconstpointer data)
{
    guint64 counts, block, l1, l2;

    chain_sh("qemu-img create -q -f qcow2 a 4M; qemu-io -c 'write -q 0 1M' a; truncate -s 64M a");
    counts = peek(48);
    block = peek(counts);
    l1 = peek(40);
    l2 = peek(l1) & ~((guint64)1 << 63);
    /* A cluster of data, and a table, that the refcounts do not count. */
    poke(l2, (guint64)40 << 20 | (guint64)1 << 63);
    assert_corrupt(64 << 20);
    poke(l2, 0);
    poke(l1, (guint64)40 << 20);
    assert_corrupt(64 << 20);
    poke(l1, l2);
    /* Refcounts of more than the image has, or of nothing. */
    assert_corrupt(1 << 20);
    poke(block + 1000, G_MAXUINT64);
    assert_corrupt(16 << 20);
    poke(counts, 0);
    assert_corrupt(64 << 20);
    poke(counts, (guint64)1 << 55);
    assert_corrupt(64 << 20);
}

int
main(int argc, char **argv)
{
    static const ChainTest tests[] = {
        {"same-as-qemu", test_same_as_qemu},
        {"snapshots", test_snapshots},
        {"not-closed", test_not_closed},
        {"damaged", test_damaged},
    };

    g_test_init(&argc, &argv, NULL);
    chain_run_tests("/qcow2-used", tests, G_N_ELEMENTS(tests));
    return g_test_run();
}
