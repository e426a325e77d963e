/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "tests/unit/harness.h"
#include "util/fd.h"

/* usage: writers N MIB FILE
 *
 * What the disk takes: N writers at once put MIB mebibytes of what looks random into the new FILE,
 * past the page cache, and make them durable. */

#define BLOCK ((gsize)1 << 20)

typedef struct {
    const char *path;
    const guint8 *noise;
    int fd;
    gint blocks;
    gint next; /* atomic */
} Target;

static void
need(gboolean ok, GError *error)
{
    if (!ok)
        g_error("%s", error->message);
}

static gpointer
write_blocks(gpointer data)
{
    Target *target = data;
    GError *error = NULL;
    gint i;

    while ((i = g_atomic_int_add(&target->next, 1)) < target->blocks)
        need(fd_pwrite_all(target->fd, target->noise, BLOCK, (guint64)i * BLOCK, target->path,
                           &error), error);

    return NULL;
}

static void
run_writers(Target *target, gsize n)
{
    g_autofree GThread **threads = g_new0(GThread *, n);

    for (gsize i = 0; i < n; i++)
        threads[i] = g_thread_new("writer", write_blocks, target);
    for (gsize i = 0; i < n; i++)
        g_thread_join(threads[i]);
}

int
main(int argc, char **argv)
{
    guint8 *noise = fd_buffer_new(BLOCK);
    Target target = {.noise = noise};
    GError *error = NULL;

    if (argc != 4 || atoi(argv[1]) < 1)
        g_error("usage: writers N MIB FILE");
    fill_noise(noise, BLOCK, 1);
    target.path = argv[3];
    target.blocks = atoi(argv[2]);
    target.fd = fd_open(AT_FDCWD, target.path, O_WRONLY | O_CREAT | O_EXCL | O_DIRECT, 0600,
                        &error);
    need(target.fd >= 0, error);
    run_writers(&target, (gsize)atoi(argv[1]));
    need(fd_sync(target.fd, target.path, &error), error);
    close(target.fd);
    free(noise);

    return 0;
}
