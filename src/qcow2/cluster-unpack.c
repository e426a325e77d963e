/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <zlib.h>
#include <zstd.h>

#include "qcow2/cluster-unpack.h"

/* The deflate window that QEMU uses; a negative value means raw deflate without a zlib header. */
#define WINDOW_BITS -12

struct ClusterUnpacker {
    z_stream deflate;
    ZSTD_DCtx *zstd;
};

ClusterUnpacker *
cluster_unpacker_new(void)
{
    ClusterUnpacker *self = g_new0(ClusterUnpacker, 1);

    self->zstd = ZSTD_createDCtx();
    if (!self->zstd || inflateInit2(&self->deflate, WINDOW_BITS) != Z_OK)
        g_error("out of memory");

    return self;
}

void
cluster_unpacker_free(ClusterUnpacker *self)
{
    if (!self)
        return;
    inflateEnd(&self->deflate);
    ZSTD_freeDCtx(self->zstd);
    g_free(self);
}

static gboolean
unpack_zlib(ClusterUnpacker *self, const guint8 *stream, gsize stream_bytes, guint8 *out,
            gsize length)
{
    z_stream *z = &self->deflate;
    int result;

    inflateReset(z);
    z->next_in = (guint8 *)stream;
    z->avail_in = (uInt)stream_bytes;
    z->next_out = out;
    z->avail_out = (uInt)length;
    result = inflate(z, Z_FINISH);

    /* It suffices that the output is complete, whether or not the end of the stream was reached. */
    return (result == Z_STREAM_END || result == Z_BUF_ERROR) && z->avail_out == 0;
}

static gboolean
unpack_zstd(ClusterUnpacker *self, const guint8 *stream, gsize stream_bytes, guint8 *out,
            gsize length)
{
    ZSTD_inBuffer in = {stream, stream_bytes, 0};
    ZSTD_outBuffer to = {out, length, 0};

    ZSTD_DCtx_reset(self->zstd, ZSTD_reset_session_only);
    while (to.pos < to.size) {
        gsize in_before = in.pos;
        gsize out_before = to.pos;

        if (ZSTD_isError(ZSTD_decompressStream(self->zstd, &to, &in)) ||
            (in.pos == in_before && to.pos == out_before))
            return FALSE;
    }

    return TRUE;
}

gboolean
cluster_unpack(ClusterUnpacker *self, guint8 compression, const guint8 *stream,
               gsize stream_bytes, guint8 *out, gsize length)
{
    if (compression == QCOW2_COMPRESSION_ZSTD)
        return unpack_zstd(self, stream, stream_bytes, out, length);

    return unpack_zlib(self, stream, stream_bytes, out, length);
}
