/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <errno.h>
#include <glib/gstdio.h>
#include <string.h>

#include "drivers/nbd/nbd-source.h"

#define IMAGE_BYTES ((gsize)4 << 20)
#define READ_BYTES 4096

/* A raw image with a pattern in it, and the description of it for QEMU. */
static char *
make_image(char **description)
{
    g_autofree char *data = g_malloc(IMAGE_BYTES);
    g_autoptr(GError) error = NULL;
    char *path = NULL;
    int fd = g_file_open_tmp("nbd-XXXXXX", &path, &error);

    g_assert_no_error(error);
    close(fd);
    memset(data, 'v', IMAGE_BYTES);
    g_file_set_contents(path, data, (gssize)IMAGE_BYTES, &error);
    g_assert_no_error(error);
    *description = g_strdup_printf("json:{\"driver\":\"raw\",\"file\":{\"driver\":\"file\","
                                   "\"filename\":\"%s\"}}",
                                   path);

    return path;
}

static gpointer
open_in_thread(gpointer description)
{
    g_autoptr(GError) error = NULL;
    Source *source = nbd_source_open(description, NULL, "image", &error);

    g_assert_no_error(error);

    return source;
}

/* The worker that opened a source may end before the others have read it. */
static void
test_thread_ends(void)
{
    g_autofree char *description = NULL;
    g_autofree char *path = make_image(&description);
    GThread *thread = g_thread_new("opener", open_in_thread, description);
    g_autoptr(Source) source = g_thread_join(thread);
    g_autofree char *buffer = g_malloc0(READ_BYTES);
    g_autoptr(GError) error = NULL;

    g_usleep(G_USEC_PER_SEC / 5);
    g_assert_cmpuint(source->size, ==, IMAGE_BYTES);
    g_assert_true(source->ops->read(source, 3, buffer, IMAGE_BYTES - READ_BYTES, READ_BYTES,
                                    &error));
    g_assert_no_error(error);
    g_assert_cmpint(buffer[0], ==, 'v');
    g_assert_true(source->ops->check(source, &error));
    g_unlink(path);
}

static void
test_not_there(void)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Source) source =
        nbd_source_open("json:{\"driver\":\"raw\",\"file\":{\"driver\":\"file\","
                        "\"filename\":\"/nowhere/image\"}}",
                        NULL, "image", &error);

    g_assert_null(source);
    g_assert_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_FAILED);
    /* QEMU's own words, not that a connection was closed. */
    g_assert_nonnull(strstr(error->message, "/nowhere/image"));
}

/* A sector that cannot be read is an error that says so, though QEMU leaves us then. */
static void
test_read_error(void)
{
    g_autofree char *description = NULL;
    g_autofree char *path = make_image(&description);
    g_autofree char *broken = g_strdup_printf(
        "json:{\"driver\":\"raw\",\"file\":{\"driver\":\"blkdebug\",\"inject-error\":"
        "[{\"event\":\"none\",\"iotype\":\"read\",\"errno\":5,\"sector\":8}],"
        "\"image\":{\"driver\":\"file\",\"filename\":\"%s\"}}}", path);
    g_autofree char *buffer = g_malloc0(READ_BYTES);
    g_autoptr(GError) error = NULL;
    g_autoptr(Source) source = nbd_source_open(broken, NULL, "image", &error);

    g_assert_no_error(error);
    g_assert_false(source->ops->read(source, 0, buffer, READ_BYTES, READ_BYTES, &error));
    g_test_message("%s", error->message);
    g_assert_nonnull(strstr(error->message, "'image'"));
    g_assert_nonnull(strstr(error->message, g_strerror(EIO)));
    g_unlink(path);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/nbd-source/thread-ends", test_thread_ends);
    g_test_add_func("/nbd-source/not-there", test_not_there);
    g_test_add_func("/nbd-source/read-error", test_read_error);

    return g_test_run();
}
