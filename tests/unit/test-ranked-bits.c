/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include "util/ranked-bits.h"

typedef struct {
    guint64 from;
    guint64 to;
} Range;

/* Asks everything there is to ask and compares it with plain counting. */
static void
assert_like(const RankedBits *bits, const guint8 *members, guint64 n)
{
    guint64 rank = 0;

    for (guint64 i = 0; i < n; i++) {
        g_assert_true(ranked_bits_has(bits, i) == (members[i] != 0));
        g_assert_cmpuint(ranked_bits_rank(bits, i), ==, rank);
        g_assert_true(ranked_bits_any(bits, i, i + 1) == (members[i] != 0));
        g_assert_false(ranked_bits_any(bits, i, i));
        if (members[i])
            g_assert_cmpuint(ranked_bits_select(bits, rank++), ==, i);
    }
    g_assert_cmpuint(ranked_bits_count(bits), ==, rank);
    g_assert_cmpuint(ranked_bits_rank(bits, n), ==, rank);
    g_assert_true(ranked_bits_any(bits, 0, n) == (rank > 0));
    g_assert_false(ranked_bits_has(bits, n));
    g_assert_false(ranked_bits_has(bits, n + 1000000));
}

/* Sizes and ranges at the borders of words (64) and of groups of them (4096). */
static void
test_borders(void)
{
    static const struct {
        guint64 n;
        Range ranges[4];
        gsize n_ranges;
    } table[] = {
        {0, {{0, 0}}, 1},
        {1, {{0, 0}}, 0},
        {1, {{0, 1}}, 1},
        {63, {{0, 63}}, 1},
        {64, {{0, 64}}, 1},
        {64, {{63, 64}}, 1},
        {65, {{64, 65}}, 1},
        {65, {{63, 65}}, 1},
        {128, {{1, 127}}, 1},
        {4096, {{0, 4096}}, 1},
        {4096, {{4095, 4096}, {0, 1}}, 2},
        {4097, {{4096, 4097}}, 1},
        {8192, {{4095, 4097}}, 1},
        {20000, {{0, 1}, {4096, 4097}, {12288, 12290}, {19999, 20000}}, 4},
        /* Empty groups before, between and behind; overlaps; twice the same. */
        {40000, {{9000, 9001}, {30000, 30100}}, 2},
        {10000, {{10, 200}, {100, 300}, {100, 300}, {5, 5}}, 4},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(table); i++) {
        g_autoptr(RankedBits) bits = ranked_bits_new(table[i].n);
        g_autofree guint8 *members = g_malloc0((gsize)table[i].n + 1);

        g_test_message("row %zu", i);
        for (gsize k = 0; k < table[i].n_ranges; k++) {
            Range range = table[i].ranges[k];

            ranked_bits_set(bits, range.from, range.to);
            for (guint64 m = range.from; m < range.to; m++)
                members[m] = 1;
        }
        ranked_bits_index(bits);
        assert_like(bits, members, table[i].n);
    }
}

static void
test_random(void)
{
    for (int round = 0; round < 50; round++) {
        guint64 n = (guint64)g_test_rand_int_range(1, 20000);
        g_autoptr(RankedBits) bits = ranked_bits_new(n);
        g_autofree guint8 *members = g_malloc0((gsize)n);

        for (int k = g_test_rand_int_range(0, 30); k > 0; k--) {
            guint64 from = (guint64)g_test_rand_int_range(0, (gint32)n);
            guint64 length = (guint64)g_test_rand_int_range(0, 500);
            guint64 to = MIN(n, from + length);

            ranked_bits_set(bits, from, to);
            for (guint64 m = from; m < to; m++)
                members[m] = 1;
        }
        ranked_bits_index(bits);
        assert_like(bits, members, n);
    }
}

/* As many as a disk of 256 TiB has clusters of 64 KiB. */
static void
test_large(void)
{
    guint64 n = (guint64)1 << 32;
    g_autoptr(RankedBits) bits = ranked_bits_new(n);

    ranked_bits_set(bits, 5, 7);
    ranked_bits_set(bits, n - 3, n);
    ranked_bits_index(bits);
    g_assert_cmpuint(ranked_bits_count(bits), ==, 5);
    g_assert_cmpuint(ranked_bits_rank(bits, n - 1), ==, 4);
    g_assert_cmpuint(ranked_bits_select(bits, 1), ==, 6);
    g_assert_cmpuint(ranked_bits_select(bits, 2), ==, n - 3);
    g_assert_cmpuint(ranked_bits_select(bits, 4), ==, n - 1);
    g_assert_false(ranked_bits_any(bits, 7, n - 3));
}

/* Where memory has a limit the answer is NULL. */
static void
test_absurd(void)
{
    g_assert_null(ranked_bits_new((guint64)1 << 62));
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/ranked-bits/borders", test_borders);
    g_test_add_func("/ranked-bits/random", test_random);
    g_test_add_func("/ranked-bits/large", test_large);
    g_test_add_func("/ranked-bits/absurd", test_absurd);
    return g_test_run();
}
