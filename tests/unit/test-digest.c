/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "tests/unit/harness.h"
#include "transfer/digest.h"
#include "util/fd.h"

#define KIB G_GUINT64_CONSTANT(1024)
#define MIB (1024 * KIB)
#define GIB (1024 * MIB)

/* Sizes around everything that changes the shape of the tree: a block, a tree block of 128
 * hashes, a segment of 128 of those. */
static const guint64 sizes[] = {
    0,           1,           4095,         4096,         4097,        8192,
    512 * KIB - 1, 512 * KIB, 512 * KIB + 1, 512 * KIB + 4097, 64 * MIB - 1, 64 * MIB,
    64 * MIB + 1,
};

/* The digest of a file, taken segment by segment, the last one first. Runs of zero blocks are
 * given as holes if @holes. */
static char *
digest_backwards(const char *path, guint64 size, gboolean holes)
{
    g_autoptr(GError) error = NULL;
    auto_fd fd = fd_open(AT_FDCWD, path, O_RDONLY, 0, &error);
    g_autoptr(DigestSegment) segment = digest_segment_new();
    gsize n = digest_n_segments(size);
    g_autofree guint8 *nodes = g_malloc0(n * DIGEST_BYTES + 1);
    static const guint8 zeros[DIGEST_BLOCK];
    guint8 digest[DIGEST_BYTES];

    g_assert_no_error(error);
    for (gsize i = n; i-- > 0;) {
        guint64 from = i * DIGEST_SEGMENT;
        guint64 to = MIN(from + DIGEST_SEGMENT, size);

        digest_segment_begin(segment);
        for (; from < to; from += DIGEST_BLOCK) {
            guint8 block[DIGEST_BLOCK] = {0};

            g_assert_cmpint(pread(fd, block, sizeof block, (off_t)from), >, 0);
            if (holes && memcmp(block, zeros, sizeof block) == 0)
                digest_segment_hole(segment, 1);
            else
                digest_segment_data(segment, block, 1);
        }
        digest_segment_finish(segment, n == 1, nodes + i * DIGEST_BYTES);
    }
    digest_fold(nodes, size, digest);

    return digest_to_string(digest);
}

static void
test_sizes(void)
{
    g_autoptr(Scratch) dir = scratch_new();
    g_autofree char *path = g_build_filename(dir, "file", NULL);
    gsize most = (gsize)(64 * MIB + 1);
    g_autofree guint8 *data = g_malloc(most);

    fill_noise(data, most, 1);
    for (gsize i = 0; i < G_N_ELEMENTS(sizes); i++) {
        guint8 digest[DIGEST_BYTES];
        g_autofree char *at_once = NULL;
        g_autofree char *in_parts = NULL;
        g_autofree char *expected = NULL;

        write_file(path, data, (gssize)sizes[i]);
        expected = fsverity_digest(path);
        digest_bytes(data, (gsize)sizes[i], digest);
        at_once = digest_to_string(digest);
        in_parts = digest_backwards(path, sizes[i], FALSE);
        g_test_message("%" G_GUINT64_FORMAT " bytes", sizes[i]);
        g_assert_cmpstr(at_once, ==, expected);
        g_assert_cmpstr(in_parts, ==, expected);
    }
}

/* Data in a few places of a large file, holes between them. */
static void
make_sparse(const char *path, guint64 size, const guint64 *places, gsize n)
{
    g_autoptr(GError) error = NULL;
    auto_fd fd = fd_open(AT_FDCWD, path, O_RDWR | O_CREAT | O_TRUNC, 0600, &error);
    guint8 data[3 * DIGEST_BLOCK];

    g_assert_no_error(error);
    g_assert_cmpint(ftruncate(fd, (off_t)size), ==, 0);
    for (gsize i = 0; i < n; i++) {
        gsize length = (gsize)MIN(sizeof data, size - MIN(size, places[i]));

        fill_noise(data, sizeof data, (guint32)i + 7);
        g_assert_true(fd_pwrite_all(fd, data, length, places[i], path, &error));
    }
}

static void
test_sparse(void)
{
    static const struct {
        guint64 size;
        guint64 places[4];
        gsize n;
    } table[] = {
        {4096, {0}, 0},
        {512 * KIB + 1, {0}, 0},
        {64 * MIB, {0}, 0},
        {64 * MIB + 1, {0}, 0},
        {64 * MIB + 1, {64 * MIB}, 1},
        /* Data at the ends of tree blocks and of segments, and across them. */
        {192 * MIB + 5, {0, 512 * KIB - 4096, 64 * MIB - 4096, 128 * MIB + 512 * KIB}, 4},
        {192 * MIB + 5, {64 * MIB - 8192, 192 * MIB - 8192, 100 * MIB}, 3},
    };
    g_autoptr(Scratch) dir = scratch_new();
    g_autofree char *path = g_build_filename(dir, "file", NULL);

    for (gsize i = 0; i < G_N_ELEMENTS(table); i++) {
        g_autofree char *expected = NULL;
        g_autofree char *got = NULL;

        make_sparse(path, table[i].size, table[i].places, table[i].n);
        expected = fsverity_digest(path);
        got = digest_backwards(path, table[i].size, TRUE);
        g_test_message("row %zu", i);
        g_assert_cmpstr(got, ==, expected);
    }
}

/* A run of holes gives the same digest as single holes. */
static void
test_hole_runs(void)
{
    static const gsize runs[][6] = {
        {1, 127, 128, 0},      {127, 1, 0},        {128, 128, 128, 0},   {3, 128, 0},
        {3, 125, 256, 1, 0},   {16384, 0},         {1, 16383, 0},        {129, 0},
        {16256, 127, 1, 0},    {5, 16379, 0},      {64, 64, 64, 64, 64}, {2, 3, 0},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(runs); i++) {
        g_autoptr(DigestSegment) in_runs = digest_segment_new();
        g_autoptr(DigestSegment) one_by_one = digest_segment_new();
        guint8 nodes[2][DIGEST_BYTES];
        static const guint8 zeros[DIGEST_BLOCK];

        for (int only = 0; only < 2; only++) {
            digest_segment_begin(in_runs);
            digest_segment_begin(one_by_one);
            for (const gsize *run_length = runs[i]; *run_length > 0; run_length++) {
                digest_segment_hole(in_runs, *run_length);
                for (gsize k = 0; k < *run_length; k++)
                    digest_segment_data(one_by_one, zeros, 1);
            }
            digest_segment_finish(in_runs, only, nodes[0]);
            digest_segment_finish(one_by_one, only, nodes[1]);
            g_assert_cmpmem(nodes[0], DIGEST_BYTES, nodes[1], DIGEST_BYTES);
        }
    }
}

/* More than 128 segments: the tree above them has two levels. What fsverity says of such files
 * took it 6 seconds each: `truncate -s SIZE f; fsverity digest f`. */
static void
test_many_segments(void)
{
    static const struct {
        guint64 size;
        const char *digest;
    } table[] = {
        {8 * GIB, "sha256:00dd23905fe4ddc4dc5b9a5c0d86139377c38361e64f8312da6ef8f461d1b0c5"},
        {8 * GIB + 1, "sha256:c9edc0b71ef6a67bebfcb5cbceb13f04da52ea3308cf272cff705cd05161020a"},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(table); i++) {
        gsize n = digest_n_segments(table[i].size);
        g_autofree guint8 *nodes = g_malloc(n * DIGEST_BYTES);
        g_autoptr(DigestSegment) segment = digest_segment_new();
        guint8 digest[DIGEST_BYTES];
        g_autofree char *got = NULL;

        for (gsize k = 0; k < n; k++) {
            guint64 left = table[i].size - k * DIGEST_SEGMENT;

            digest_segment_begin(segment);
            digest_segment_hole(segment, (gsize)((MIN(left, DIGEST_SEGMENT) + 4095) / 4096));
            digest_segment_finish(segment, FALSE, nodes + k * DIGEST_BYTES);
        }
        digest_fold(nodes, table[i].size, digest);
        got = digest_to_string(digest);
        g_assert_cmpstr(got, ==, table[i].digest);
    }
}

static void
test_n_segments(void)
{
    g_assert_cmpuint(digest_n_segments(0), ==, 0);
    g_assert_cmpuint(digest_n_segments(1), ==, 1);
    g_assert_cmpuint(digest_n_segments(64 * MIB), ==, 1);
    g_assert_cmpuint(digest_n_segments(64 * MIB + 1), ==, 2);
    g_assert_cmpuint(digest_n_segments(8 * GIB), ==, 128);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/digest/sizes", test_sizes);
    g_test_add_func("/digest/sparse", test_sparse);
    g_test_add_func("/digest/hole-runs", test_hole_runs);
    g_test_add_func("/digest/many-segments", test_many_segments);
    g_test_add_func("/digest/n-segments", test_n_segments);
    return g_test_run();
}
