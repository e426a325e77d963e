/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "util/error.h"

G_BEGIN_DECLS

/* A set of numbers 0..n-1 that can be counted and searched by rank. It records which guest clusters
 * hold data. It takes one bit for each number and 1/64 more, so that a disk of 1 TiB with clusters
 * of 64 KiB needs 2 MiB. */

typedef struct RankedBits RankedBits;

/** ranked_bits_new: Returns: an empty set of numbers below @n, owned by the caller; NULL if there
 * is not enough memory for it. */
RankedBits *ranked_bits_new(guint64 n) G_GNUC_WARN_UNUSED_RESULT;
void ranked_bits_free(RankedBits *self);

/** Adds the numbers @from .. @to - 1 to the set. */
void ranked_bits_set(RankedBits *self, guint64 from, guint64 to);

/** Builds the index. To be called once, after the last ranked_bits_set() and before any of the
 * functions below. */
void ranked_bits_index(RankedBits *self);

gboolean ranked_bits_has(const RankedBits *self, guint64 i);

/** ranked_bits_rank: Returns: how many members are below @i. */
guint64 ranked_bits_rank(const RankedBits *self, guint64 i);

/** ranked_bits_select: Returns: the member that has @rank members below it. */
guint64 ranked_bits_select(const RankedBits *self, guint64 rank);

/** ranked_bits_count: Returns: how many members there are. */
guint64 ranked_bits_count(const RankedBits *self);

/** ranked_bits_any: Returns: whether any of @from .. @to - 1 is a member. */
gboolean ranked_bits_any(const RankedBits *self, guint64 from, guint64 to);

/** Adds the whole set to @checksum. */
void ranked_bits_checksum(const RankedBits *self, GChecksum *checksum);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(RankedBits, ranked_bits_free)

G_END_DECLS
