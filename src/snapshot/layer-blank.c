/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include "qcow2/cluster-map.h"
#include "snapshot/layer-blank.h"
#include "util/fd.h"

gboolean
layer_is_blank(const Layer *layer, gboolean *blank, GError **error)
{
    auto_fd fd = layer_open_now(layer, error);
    g_autoptr(ClusterMap) map = fd < 0 ? NULL : cluster_map_new(fd, layer->path, error);
    g_autoptr(ClusterCursor) cursor = cluster_cursor_new();
    ClusterRun run;

    *blank = TRUE;
    for (guint64 at = 0; map && *blank && at < layer->capacity; at += run.length) {
        if (!cluster_map_find(map, cursor, at, layer->capacity - at, &run, error))
            return FALSE;
        *blank = run.kind == CLUSTER_ABSENT;
    }

    return map != NULL;
}

gboolean
layer_path_is_blank(const char *path)
{
    const ChainImage image = {.path = path, .format = "qcow2"};
    ChainCache *cache = chain_cache_new();
    const Layer *layer = chain_resolve(cache, &image, 1, FALSE, NULL);
    gboolean blank = FALSE;

    if (layer ? !layer_is_blank(layer, &blank, NULL) : g_file_test(path, G_FILE_TEST_EXISTS))
        blank = FALSE;
    else if (!layer)
        blank = TRUE;
    chain_cache_free(cache);

    return blank;
}
