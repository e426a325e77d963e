/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <openssl/evp.h>
#include <string.h>
#include <time.h>

#include "tests/unit/harness.h"
#include "transfer/block-hash.h"

#define BLOCKS 300

/* Hashes each of @n blocks with libcrypto alone, by its simplest call. */
static void
hash_plainly(const guint8 *blocks, gsize length, gsize n, guint8 *out)
{
    for (gsize i = 0; i < n; i++)
        g_assert_cmpint(EVP_Digest(blocks + i * length, length, out + i * BLOCK_HASH_BYTES, NULL,
                                   EVP_sha256(), NULL),
                        ==, 1);
}

static void
check_many(BlockHash *hash, const guint8 *blocks, gsize length, gsize n)
{
    g_autofree guint8 *expected = g_malloc0((n + 1) * BLOCK_HASH_BYTES);
    g_autofree guint8 *got = g_malloc0((n + 1) * BLOCK_HASH_BYTES);

    hash_plainly(blocks, length, n, expected);
    block_hash_many(hash, blocks, length, n, got);
    /* The result buffer beyond the last digest is not changed. */
    g_assert_cmpmem(got, (n + 1) * BLOCK_HASH_BYTES, expected, (n + 1) * BLOCK_HASH_BYTES);
}

/* Tests every number of blocks around the numbers that processors hash at once. */
static void
test_counts(void)
{
    g_autoptr(BlockHash) hash = block_hash_new();
    g_autofree guint8 *blocks = g_malloc(BLOCKS * 4096);

    fill_noise(blocks, BLOCKS * 4096, 1);
    for (gsize n = 0; n <= 70; n++)
        check_many(hash, blocks, 4096, n);
    for (gsize n = 126; n <= 130; n++)
        check_many(hash, blocks, 4096, n);
    for (gsize n = 254; n <= BLOCKS; n++)
        check_many(hash, blocks, 4096, n);
}

/* Lengths around the block size of SHA-256, and the empty message. */
static void
test_lengths(void)
{
    static const gsize lengths[] = {1, 32, 55, 56, 63, 64, 65, 119, 120, 256, 1000, 4095, 4097};
    g_autoptr(BlockHash) hash = block_hash_new();
    g_autofree guint8 *blocks = g_malloc(40 * 4097);

    fill_noise(blocks, 40 * 4097, 2);
    for (gsize i = 0; i < G_N_ELEMENTS(lengths); i++)
        check_many(hash, blocks, lengths[i], 40);
}

static void
test_one(void)
{
    /* FIPS 180-2, appendix B.1. */
    static const guint8 abc[] = {
        0xba, 0x78, 0x16, 0xbf, 0x8f, 0x01, 0xcf, 0xea, 0x41, 0x41, 0x40, 0xde, 0x5d, 0xae, 0x22,
        0x23, 0xb0, 0x03, 0x61, 0xa3, 0x96, 0x17, 0x7a, 0x9c, 0xb4, 0x10, 0xff, 0x61, 0xf2, 0x00,
        0x15, 0xad,
    };
    g_autoptr(BlockHash) hash = block_hash_new();
    guint8 got[16 * BLOCK_HASH_BYTES];
    guint8 sixteen[16 * 3];

    block_hash_one(hash, "abc", 3, got);
    g_assert_cmpmem(got, BLOCK_HASH_BYTES, abc, sizeof abc);
    for (gsize i = 0; i < 16; i++)
        memcpy(sixteen + i * 3, "abc", 3);
    block_hash_many(hash, sixteen, 3, 16, got);
    for (gsize i = 0; i < 16; i++)
        g_assert_cmpmem(got + i * BLOCK_HASH_BYTES, BLOCK_HASH_BYTES, abc, sizeof abc);
}

static gpointer
hash_often(gpointer data)
{
    for (int i = 0; i < 20; i++) {
        g_autoptr(BlockHash) hash = block_hash_new();

        check_many(hash, data, 4096, BLOCKS);
    }

    return NULL;
}

/* A hasher that is kept for reuse belongs to one user at a time. */
static void
test_threads(void)
{
    g_autofree guint8 *blocks = g_malloc(BLOCKS * 4096);
    GThread *threads[8];

    fill_noise(blocks, BLOCKS * 4096, 3);
    for (gsize i = 0; i < G_N_ELEMENTS(threads); i++)
        threads[i] = g_thread_new("hash", hash_often, blocks);
    for (gsize i = 0; i < G_N_ELEMENTS(threads); i++)
        g_thread_join(threads[i]);
}

/* If the library for several hashes at once is built in, it is used. */
static void
test_parallel(void)
{
    g_autoptr(BlockHash) hash = block_hash_new();

#ifdef HAVE_IPSEC_MB
    g_assert_true(block_hash_is_parallel(hash));
#else
    g_assert_false(block_hash_is_parallel(hash));
#endif
}

/* Processor time is measured and not the clock, because other processes may be busy. */
static gint64
processor_ns(void)
{
    struct timespec now;

    g_assert_cmpint(clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now), ==, 0);

    return (gint64)now.tv_sec * 1000000000 + now.tv_nsec;
}

/* Returns: the shortest time of some rounds. */
static gint64
cost_of(BlockHash *hash, const guint8 *blocks, gboolean at_once)
{
    g_autofree guint8 *out = g_malloc(BLOCKS * BLOCK_HASH_BYTES);
    gint64 best = G_MAXINT64;

    for (int round = 0; round < 15; round++) {
        gint64 start = processor_ns();

        for (gsize i = 0; !at_once && i < BLOCKS; i++)
            block_hash_one(hash, blocks + i * 4096, 4096, out + i * BLOCK_HASH_BYTES);
        if (at_once)
            block_hash_many(hash, blocks, 4096, BLOCKS, out);
        best = MIN(best, processor_ns() - start);
    }

    return best;
}

/* Hashing several blocks at once may be slower than one by one, if the chosen variant is not the
 * right one for the processor. */
static void
test_cost(void)
{
    g_autoptr(BlockHash) hash = block_hash_new();
    g_autofree guint8 *blocks = g_malloc(BLOCKS * 4096);
    gint64 one, many;

    if (!block_hash_is_parallel(hash)) {
        g_test_skip("built without intel-ipsec-mb: one block at a time is all there is");
        return;
    }
    fill_noise(blocks, BLOCKS * 4096, 4);
    one = cost_of(hash, blocks, FALSE);
    many = cost_of(hash, blocks, TRUE);
    g_test_message("a block: %" G_GINT64_FORMAT " ns alone, %" G_GINT64_FORMAT " ns among many",
                   one / BLOCKS, many / BLOCKS);
    g_assert_cmpint(many, <, one - one / 10);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/block-hash/counts", test_counts);
    g_test_add_func("/block-hash/lengths", test_lengths);
    g_test_add_func("/block-hash/one", test_one);
    g_test_add_func("/block-hash/threads", test_threads);
    g_test_add_func("/block-hash/parallel", test_parallel);
    g_test_add_func("/block-hash/cost", test_cost);
    return g_test_run();
}
