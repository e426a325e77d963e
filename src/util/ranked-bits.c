/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <string.h>

#include "util/ranked-bits.h"

/* Bits in one word, and words that share one entry of the index. */
#define WORD 64
#define GROUP 64

struct RankedBits {
    guint64 n;
    gsize n_words;
    guint64 *words;
    guint64 *ranks; /* number of members before each group, and at the end the number of all
                     * members */
};

RankedBits *
ranked_bits_new(guint64 n)
{
    g_autoptr(RankedBits) self = g_new0(RankedBits, 1);

    self->n = n;
    self->n_words = (gsize)(n / WORD + 1);
    self->words = g_try_new0(guint64, self->n_words);
    self->ranks = g_try_new0(guint64, self->n_words / GROUP + 2);

    return self->words && self->ranks ? g_steal_pointer(&self) : NULL;
}

void
ranked_bits_free(RankedBits *self)
{
    if (!self)
        return;
    g_free(self->words);
    g_free(self->ranks);
    g_free(self);
}

void
ranked_bits_checksum(const RankedBits *self, GChecksum *checksum)
{
    static const guint64 none[GROUP];

    /* Empty groups are skipped, because most groups of a large disk are empty. */
    for (gsize at = 0; at < self->n_words; at += GROUP) {
        gsize bytes = MIN(self->n_words - at, GROUP) * sizeof *self->words;
        guint64 place = GUINT64_TO_LE(at);

        if (memcmp(self->words + at, none, bytes) == 0)
            continue;
        g_checksum_update(checksum, (const guchar *)&place, sizeof place);
        g_checksum_update(checksum, (const guchar *)(self->words + at), (gssize)bytes);
    }
    g_checksum_update(checksum, (const guchar *)&self->n, sizeof self->n);
}

void
ranked_bits_set(RankedBits *self, guint64 from, guint64 to)
{
    g_return_if_fail(to <= self->n);
    while (from < to) {
        guint bit = (guint)(from % WORD);
        guint count = (guint)MIN(to - from, (guint64)(WORD - bit));
        guint64 mask = count == WORD ? G_MAXUINT64 : (((guint64)1 << count) - 1) << bit;

        self->words[from / WORD] |= mask;
        from += count;
    }
}

void
ranked_bits_index(RankedBits *self)
{
    guint64 rank = 0;

    for (gsize i = 0; i < self->n_words; i++) {
        if (i % GROUP == 0)
            self->ranks[i / GROUP] = rank;
        rank += (guint64)__builtin_popcountll(self->words[i]);
    }
    self->ranks[(self->n_words - 1) / GROUP + 1] = rank;
}

gboolean
ranked_bits_has(const RankedBits *self, guint64 i)
{
    return i < self->n && (self->words[i / WORD] >> (i % WORD) & 1);
}

guint64
ranked_bits_rank(const RankedBits *self, guint64 i)
{
    gsize word = (gsize)(i / WORD);
    guint64 rank = self->ranks[word / GROUP];

    for (gsize w = word / GROUP * GROUP; w < word; w++)
        rank += (guint64)__builtin_popcountll(self->words[w]);

    return rank +
           (guint64)__builtin_popcountll(self->words[word] & (((guint64)1 << (i % WORD)) - 1));
}

guint64
ranked_bits_count(const RankedBits *self)
{
    return self->ranks[(self->n_words - 1) / GROUP + 1];
}

/* The last group that begins at or below @rank. */
static gsize
find_group(const RankedBits *self, guint64 rank)
{
    gsize low = 0;
    gsize high = (self->n_words - 1) / GROUP + 1;

    while (high - low > 1) {
        gsize middle = low + (high - low) / 2;

        if (self->ranks[middle] <= rank)
            low = middle;
        else
            high = middle;
    }

    return low;
}

guint64
ranked_bits_select(const RankedBits *self, guint64 rank)
{
    gsize group = find_group(self, rank);
    guint64 left = rank - self->ranks[group];
    gsize word = group * GROUP;
    guint64 bits;

    g_return_val_if_fail(rank < ranked_bits_count(self), 0);
    while (left >= (guint64)__builtin_popcountll(self->words[word]))
        left -= (guint64)__builtin_popcountll(self->words[word++]);
    bits = self->words[word];
    while (left-- > 0)
        bits &= bits - 1;

    return (guint64)word * WORD + (guint64)__builtin_ctzll(bits);
}

gboolean
ranked_bits_any(const RankedBits *self, guint64 from, guint64 to)
{
    return ranked_bits_rank(self, to) > ranked_bits_rank(self, from);
}
