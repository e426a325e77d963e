/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <sys/mman.h>
#include <unistd.h>

#include "qcow2/cluster-map.h"
#include "qcow2/cluster-unpack.h"
#include "qcow2/image-end.h"
#include "tests/fuzz/fuzz.h"
#include "util/fd.h"

/* At most so many runs of a map are examined, whatever size the header gives the disk. */
#define RUNS_MAX 4096
#define STREAM_MAX 65536

const char *const fuzz_corpora[] = {"qcow2-map", "qcow2/valid", NULL};

static void
unpack(int fd, const ClusterMap *map, const ClusterRun *run)
{
    g_autoptr(ClusterUnpacker) unpacker = cluster_unpacker_new();
    gsize cluster = (gsize)1 << cluster_map_header(map)->cluster_bits;
    g_autofree guint8 *stream = g_malloc0(STREAM_MAX);
    g_autofree guint8 *out = g_malloc(cluster);
    gsize length = MIN(run->stream_bytes, STREAM_MAX);

    if (pread(fd, stream, length, (off_t)run->offset) >= 0)
        (void)cluster_unpack(unpacker, cluster_map_header(map)->compression, stream, length, out,
                             cluster);
}

/* Runs follow one another up to the end, and none is outside of the file or of the range that was
 * asked for. */
static void
walk(int fd, const ClusterMap *map, size_t size)
{
    g_autoptr(ClusterCursor) cursor = cluster_cursor_new();
    guint64 end = cluster_map_header(map)->virtual_size;
    guint64 at = 0;

    for (guint i = 0; i < RUNS_MAX && at < end; i++) {
        g_autoptr(GError) error = NULL;
        ClusterRun run;

        if (!cluster_map_find(map, cursor, at, end - at, &run, &error)) {
            g_assert_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_CORRUPT);
            return;
        }
        g_assert_cmpuint(run.length, >, 0);
        g_assert_cmpuint(run.length, <=, end - at);
        if (run.kind == CLUSTER_COMPRESSED) {
            g_assert_cmpuint(run.offset, <, size);
            unpack(fd, map, &run);
        }
        at += run.length;
    }
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    auto_fd fd = memfd_create("fuzz", MFD_CLOEXEC);
    g_autoptr(GError) error = NULL;
    g_autoptr(GError) end_error = NULL;
    g_autoptr(ClusterMap) map = NULL;

    g_assert_true(fd_pwrite_all(fd, data, size, 0, "fuzz", NULL));
    map = cluster_map_new(fd, "fuzz", &error);
    g_assert_true((map == NULL) == (error != NULL));
    if (map)
        walk(fd, map, size);
    g_assert_true(image_end_check(fd, size, "fuzz", &end_error) == (end_error == NULL));

    return 0;
}
