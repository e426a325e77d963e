/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "transfer/digest.h"

G_BEGIN_DECLS

/* The nodes of the parts of a file that was hashed (digest_part()), kept on this host: of a file
 * that is made of that one only the parts in which they differ have to be read. In the directory of
 * virtsnap's state, nodes/DIGEST has those of the file with that digest, 4096 bytes for each
 * segment of 64 MiB.
 *
 * It is a cache. Nothing in it is believed that does not fold to the node of the segment, which the
 * caller knows from elsewhere, or that is not sealed, and who finds nothing reads the file: so no
 * function here fails. */

typedef struct PartCache PartCache;

/** part_cache_open: Opens the nodes that are kept of the file with @digest, for reading. Returns:
 * owned by the caller; NULL if there are none. */
PartCache *part_cache_open(const guint8 *digest);

/** part_cache_new: Returns: that of a file that is being hashed, owned by the caller. Nothing is
 * written before the first part_cache_write(), and nothing stays without part_cache_keep(). */
PartCache *part_cache_new(void);

/** part_cache_free: NULL is fine. */
void part_cache_free(PartCache *self);

/**
 * part_cache_read:
 * @self: (nullable): as part_cache_open() gives it
 * @size: of the file
 * @index: of the segment, which the file has
 * @node: of the segment
 * @parts: (out): digest_n_parts() nodes of DIGEST_BYTES; the buffer has room for
 * DIGEST_SEGMENT_PARTS
 *
 * Returns: FALSE if the nodes of the segment's parts are not there, or do not make @node.
 */
gboolean part_cache_read(const PartCache *self, DigestSegment *hasher, guint64 size, gsize index,
                         const guint8 *node, guint8 *parts);

/** part_cache_write: Stores the nodes of the parts of segment @index, DIGEST_SEGMENT_PARTS of
 * DIGEST_BYTES. May be called by several threads. */
void part_cache_write(PartCache *self, gsize index, const guint8 *parts);

/**
 * part_cache_new_sealed:
 * @n: how many parts the file has
 *
 * Returns: as part_cache_new(), for nodes that fold to nothing that anybody knows: what is kept
 * ends with the digest of it and its name.
 */
PartCache *part_cache_new_sealed(guint64 n);

/** part_cache_open_sealed: As part_cache_open(), of such; NULL also if they are damaged. */
PartCache *part_cache_open_sealed(const guint8 *digest);

/** part_cache_put: Stores the @node of one @part, by its number in the whole file; one that is not
 * stored is zeros. May be called by several threads, as the next one. */
void part_cache_put(PartCache *self, guint64 part, const guint8 *node);

/** part_cache_get: The opposite, of a sealed one: zeros behind the last one. Returns: FALSE if it
 * cannot be read. */
gboolean part_cache_get(const PartCache *self, guint64 part, guint8 *node);

/** part_cache_name: Says that the file has @digest, and is made of the one with @earlier
 * (nullable), whose nodes are not needed any more. */
void part_cache_name(PartCache *self, const guint8 *digest, const guint8 *earlier);

/** part_cache_keep: Keeps what was written under the name that part_cache_name() has given, and
 * removes what has not been written for weeks, and the oldest of what is too much. */
void part_cache_keep(PartCache *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(PartCache, part_cache_free)

G_END_DECLS
