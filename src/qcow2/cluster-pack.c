/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <zstd.h>

#include "qcow2/cluster-pack.h"

/* Longer streams are not used: they save so little that decompressing them at each read is not
 * worth it. */
#define STREAM_MAX (WRITTEN_CLUSTER - WRITTEN_CLUSTER / 32)
/* Bytes of a cluster that are sampled before it is compressed, and a limit for the sum of the
 * squares of how often each byte value occurs in them; the limit is more than four standard
 * deviations above the mean for random data. */
#define SAMPLE 4096
#define NOISE_SQUARES 71200

struct ClusterPacker {
    ZSTD_CCtx *zstd;
    guint8 stream[STREAM_MAX];
};

ClusterPacker *
cluster_packer_new(void)
{
    ClusterPacker *self = g_new0(ClusterPacker, 1);

    self->zstd = ZSTD_createCCtx();
    if (!self->zstd)
        g_error("out of memory");

    return self;
}

void
cluster_packer_free(ClusterPacker *self)
{
    if (!self)
        return;
    ZSTD_freeCCtx(self->zstd);
    g_free(self);
}

/* Whether @data is probably encrypted or compressed already, since all byte values are about
 * equally frequent. */
static gboolean
is_noise(const guint8 *data)
{
    guint16 counts[256] = {0};
    guint32 squares = 0;

    for (gsize i = 0; i < SAMPLE; i++)
        counts[data[WRITTEN_CLUSTER / 2 + i]]++;
    for (gsize i = 0; i < G_N_ELEMENTS(counts); i++)
        squares += (guint32)counts[i] * counts[i];

    return squares < NOISE_SQUARES;
}

const guint8 *
cluster_pack(ClusterPacker *self, int level, const guint8 *data, guint32 *length)
{
    gsize packed;

    *length = WRITTEN_CLUSTER;
    if (is_noise(data))
        return data;
    packed = ZSTD_compressCCtx(self->zstd, self->stream, STREAM_MAX, data, WRITTEN_CLUSTER, level);
    /* The usual reason is that the stream would exceed STREAM_MAX. */
    if (ZSTD_isError(packed))
        return data;
    *length = (guint32)packed;

    return self->stream;
}
