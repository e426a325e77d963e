/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "util/error.h"

G_BEGIN_DECLS

/* SHA-256 of many blocks of one length. The blocks are independent messages, so a processor with
 * vector instructions can hash up to sixteen of them at once. libcrypto does not do that;
 * intel-ipsec-mb does, if virtsnap was built with it. Its results are compared with libcrypto's
 * before it is used. */

#define BLOCK_HASH_BYTES 32

/** A hasher, to be used by one thread at a time. */
typedef struct BlockHash BlockHash;

/** block_hash_set_up: For a program, not for a library: at its exit libcrypto keeps what a thread
 * that has not ended yet may use. Source: OPENSSL_init_crypto(3). */
void block_hash_set_up(void);

/** block_hash_new: Returns: owned by the caller. The costly part of the set-up happens in the first
 * block_hash_many(). */
BlockHash *block_hash_new(void);
void block_hash_free(BlockHash *self);

/**
 * block_hash_one:
 * @length: of @data, bytes
 * @out: (out): BLOCK_HASH_BYTES bytes
 */
void block_hash_one(BlockHash *self, const void *data, gsize length, guint8 *out);

/**
 * block_hash_many:
 * @blocks: @n blocks, one behind the other
 * @length: of each, bytes
 * @out: (out): BLOCK_HASH_BYTES bytes for each, in order
 */
void block_hash_many(BlockHash *self, const guint8 *blocks, gsize length, gsize n, guint8 *out);

/** block_hash_is_parallel: Returns: whether block_hash_many works on several at once. */
gboolean block_hash_is_parallel(BlockHash *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(BlockHash, block_hash_free)

G_END_DECLS
