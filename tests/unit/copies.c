/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <fcntl.h>
#include <string.h>

#include "drivers/file/file-sink.h"
#include "drivers/file/file-source.h"
#include "tests/unit/copies.h"
#include "transfer/memory-source.h"
#include "util/fd.h"

static gboolean
open_copy(EngineItem *item, GError **error)
{
    Copy *copy = item->user_data;

    if (copy->refuse_open) {
        g_set_error_literal(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_NOT_FOUND, "no open");
        return FALSE;
    }
    if (copy->fake) {
        item->source = fake_source_open(copy->fake);
    } else if (copy->bytes) {
        item->source = memory_source_new(copy->bytes, "memory");
    } else {
        int fd = fd_open(AT_FDCWD, copy->from, O_RDONLY, 0, error);

        if (fd < 0)
            return FALSE;
        item->source = file_source_new(fd, copy->from, error);
    }
    if (item->source && copy->sink)
        item->sink = fake_sink_open(copy->sink, item->source->size);
    else if (item->source && copy->to_dir >= 0)
        item->sink = file_sink_new(copy->to_dir, "to", item->source->size, 0400, error);

    return item->source && (item->sink || (!copy->sink && copy->to_dir < 0));
}

static gboolean
finish_copy(EngineItem *item, GError **error)
{
    Copy *copy = item->user_data;

    copy->finished++;
    if (!copy->refuse_finish)
        return TRUE;
    g_set_error_literal(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_TIMEOUT, "no finish");

    return FALSE;
}

void
copy_init(Copy *copy)
{
    memset(copy, 0, sizeof *copy);
    copy->item.open = open_copy;
    copy->item.finish = finish_copy;
    copy->item.user_data = copy;
    copy->item.want_digest = TRUE;
    copy->to_dir = -1;
}

gboolean
run_copies(Copy *copies, guint n, guint workers, Control *control, EngineStats *stats,
           GError **error)
{
    g_autoptr(GPtrArray) items = g_ptr_array_new();

    for (guint i = 0; i < n; i++)
        g_ptr_array_add(items, &copies[i].item);

    return engine_run(items, workers, control, stats, error);
}

char *
run_copy(Copy *copy, EngineStats *stats)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Control) control = control_new();
    char *digest;

    g_assert_true(run_copies(copy, 1, 3, control, stats, &error));
    g_assert_no_error(error);
    g_assert_cmpuint(copy->finished, ==, 1);
    g_assert_null(copy->item.source);
    g_assert_null(copy->item.sink);
    digest = digest_to_string(copy->item.digest);
    engine_item_clear(&copy->item);

    return digest;
}
