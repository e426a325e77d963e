/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <zstd.h>

#include "qcow2/cluster-pack.h"

/* What saves less than this is not worth the time of all who will read it. */
#define STREAM_MAX (WRITTEN_CLUSTER - WRITTEN_CLUSTER / 32)
/* How much of a cluster is looked at before it is compressed, and what the sum of the squares of
 * the counts of its byte values is, more than four deviations above what noise has. */
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

/* Encrypted or compressed already: every byte value is as frequent as any other. */
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
    /* Mostly: it does not fit. */
    if (ZSTD_isError(packed))
        return data;
    *length = (guint32)packed;

    return self->stream;
}
