/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <errno.h>
#include <gio/gio.h>
#include <glib/gstdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/types.h>
#include <unistd.h>

#include "drivers/nbd/nbd-source.h"
#include "qcow2/flat-source.h"

#define IMAGE_BYTES ((gsize)4 << 20)
#define READ_BYTES 4096
#define MIB ((gsize)1 << 20)

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

/* The worker that opened a source may end before the others have read from it. */
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
    /* The error has QEMU's message, and not only that the connection was closed. */
    g_assert_nonnull(strstr(error->message, "/nowhere/image"));
}

/* A sector that cannot be read causes an error that names the sector, although QEMU closes the
 * connection then. */
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

/* A server that somebody else runs, in which reads fail from when @trigger is there. */
typedef struct {
    char *directory;
    char *socket;
    char *ready; /* there when it takes connections: the socket is so earlier */
    char *trigger;
    GSubprocess *process;
} Server;

static Server
server_new(void)
{
    g_autoptr(GError) error = NULL;
    Server server = {.directory = g_dir_make_tmp("nbd-XXXXXX", &error)};

    g_assert_no_error(error);
    server.socket = g_build_filename(server.directory, "socket", NULL);
    server.ready = g_build_filename(server.directory, "pid", NULL);
    server.trigger = g_build_filename(server.directory, "trigger", NULL);

    return server;
}

/* One thread: with more nbdkit 1.32 may fail an assertion when a client leaves before it has all
 * its answers. */
static void
server_run(Server *server, const char *const *what)
{
    const char *const common[] = {"nbdkit",       "-f", "-t",          "1", "-U",
                                  server->socket, "-P", server->ready, NULL};
    g_autoptr(GStrvBuilder) argv = g_strv_builder_new();
    g_auto(GStrv) all = NULL;
    g_autoptr(GError) error = NULL;

    g_strv_builder_addv(argv, (const char **)common);
    g_strv_builder_addv(argv, (const char **)what);
    all = g_strv_builder_end(argv);
    server->process = g_subprocess_newv((const char *const *)all, G_SUBPROCESS_FLAGS_NONE, &error);
    g_assert_no_error(error);
    for (int i = 0; i < 6000 && !g_file_test(server->ready, G_FILE_TEST_EXISTS); i++)
        g_usleep(G_USEC_PER_SEC / 100);
    g_assert_true(g_file_test(server->ready, G_FILE_TEST_EXISTS));
}

static Server
server_start(void)
{
    Server server = server_new();
    g_autofree char *trigger = g_strconcat("error-pread-file=", server.trigger, NULL);
    const char *const what[] = {"--filter=error",
                                "data",
                                "data=@0x100000 \"v\"*8192",
                                "size=4M",
                                "error-pread=EIO",
                                "error-pread-rate=100%",
                                trigger,
                                NULL};

    server_run(&server, what);

    return server;
}

static void
server_stop(Server *server)
{
    g_subprocess_force_exit(server->process);
    g_subprocess_wait(server->process, NULL, NULL);
    g_object_unref(server->process);
    g_unlink(server->socket);
    g_unlink(server->ready);
    g_unlink(server->trigger);
    g_rmdir(server->directory);
    g_free(server->socket);
    g_free(server->ready);
    g_free(server->trigger);
    g_free(server->directory);
}

/* What the server has: two blocks of it at the second MiB, zeros around them. */
static void
check_content(Source *source)
{
    g_autofree char *buffer = g_malloc(2 * MIB);
    g_autoptr(GError) error = NULL;

    memset(buffer, 'x', 2 * MIB);
    g_assert_true(source->ops->read(source, 2, buffer, MIB - READ_BYTES, 2 * MIB, &error));
    g_assert_no_error(error);
    for (gsize i = 0; i < 2 * MIB; i++)
        g_assert_cmpint(buffer[i], ==, i >= READ_BYTES && i < 3 * READ_BYTES ? 'v' : 0);
}

/* Several requests at once fail with one of them, and the next ones are not mixed up with them. */
static void
test_other_server(void)
{
    Server server = server_start();
    g_autofree char *buffer = g_malloc0(MIB);
    g_autoptr(GArray) extents = g_array_new(FALSE, FALSE, sizeof(Extent));
    g_autoptr(GError) error = NULL;
    g_autoptr(Source) source = nbd_source_connect(server.socket, "", "a disk", &error);
    const Extent *second;

    g_assert_no_error(error);
    g_assert_cmpuint(source->size, ==, IMAGE_BYTES);
    g_assert_true(source->ops->extents(source, 1, 0, IMAGE_BYTES, extents, &error));
    g_assert_cmpuint(extents->len, ==, 3);
    second = &g_array_index(extents, Extent, 1);
    g_assert_true(second->data);
    g_assert_cmpuint(second->offset, <=, MIB);
    check_content(source);
    g_assert_true(source->ops->check(source, &error));

    /* The server fails to read, then it succeeds, and then it is gone. */
    g_assert_true(g_file_set_contents(server.trigger, "", 0, NULL));
    g_assert_false(source->ops->read(source, 2, buffer, MIB, MIB, &error));
    g_assert_nonnull(strstr(error->message, "'a disk'"));
    g_assert_nonnull(strstr(error->message, g_strerror(EIO)));
    g_clear_error(&error);
    g_assert_cmpint(g_unlink(server.trigger), ==, 0);
    check_content(source);
    server_stop(&server);
    g_assert_false(source->ops->read(source, 2, buffer, MIB, MIB, &error));
    g_assert_nonnull(strstr(error->message, "'a disk'"));
}

/* Of 64 MiB the server has 192 KiB of data; the rest, it says, are zeros, or a hole. What is asked
 * for goes to the file of the trigger. */
static Server
server_of_runs(void)
{
    Server server = server_new();
    g_autofree char *read = g_strdup_printf(
        "pread=echo $3 $4 >>'%s'; head -c $3 /dev/zero | tr '\\0' v", server.trigger);
    const char *const what[] = {"eval", "get_size=echo 64M", "can_extents=exit 0", read,
                                "extents=echo 0 20M hole,zero; echo 20M 128K; "
                                "echo $((20 * 1024 + 128))K 20M zero; "
                                "echo $((40 * 1024 + 128))K 64K; "
                                "echo $((40 * 1024 + 192))K 24M hole,zero",
                                NULL};

    server_run(&server, what);

    return server;
}

static guint64
bytes_asked_for(const Server *server)
{
    g_autofree char *text = NULL;
    g_auto(GStrv) lines = NULL;
    guint64 sum = 0;

    g_assert_true(g_file_get_contents(server->trigger, &text, NULL, NULL));
    lines = g_strsplit(g_strchomp(text), "\n", -1);
    for (char **line = lines; *line; line++)
        sum += g_ascii_strtoull(*line, NULL, 10);

    return sum;
}

/* A whole disk is pulled, as an image: no zeros and no holes come over the wire. */
static void
test_data_only(void)
{
    Server server = server_of_runs();
    g_autofree char *buffer = g_malloc(MIB);
    g_autoptr(GError) error = NULL;
    g_autoptr(Source) guest = nbd_source_connect(server.socket, "", "a disk", &error);
    g_autoptr(Source) image = NULL;
    guint64 data = 0;

    g_assert_no_error(error);
    g_assert_cmpuint(guest->size, ==, 64 * MIB);
    image = flat_source_new(g_steal_pointer(&guest), "a disk", &error);
    g_assert_no_error(error);
    for (guint64 at = 0; at < image->size; at += MIB) {
        gsize length = MIN(MIB, image->size - at);

        g_assert_true(image->ops->read(image, 0, buffer, at, length, &error));
        g_assert_no_error(error);
        for (gsize i = 0; i < length; i++)
            data += buffer[i] == 'v';
    }
    g_assert_cmpuint(data, >=, 192 << 10);
    g_assert_cmpuint(bytes_asked_for(&server), ==, 192 << 10);
    g_clear_pointer(&image, source_free);
    server_stop(&server);
}

static void
test_no_server(void)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Source) source = nbd_source_connect("/nowhere/socket", "", "a disk", &error);

    g_assert_null(source);
    g_assert_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_FAILED);
    g_assert_nonnull(strstr(error->message, "'a disk'"));
}

/* A qemu-nbd in the place of the real one, which it can reach as "$real". */
static char *
pretend(const char *script, char **before)
{
    g_autofree char *real = g_find_program_in_path("qemu-nbd");
    g_autofree char *text = g_strdup_printf("#!/bin/sh\nreal=%s\n%s\n", real, script);
    g_autoptr(GError) error = NULL;
    char *directory = g_dir_make_tmp("nbd-XXXXXX", &error);
    g_autofree char *program = g_build_filename(directory, "qemu-nbd", NULL);
    g_autofree char *path = g_strconcat(directory, ":", g_getenv("PATH"), NULL);

    g_file_set_contents_full(program, text, -1, G_FILE_SET_CONTENTS_NONE, 0700, &error);
    g_assert_no_error(error);
    *before = g_strdup(g_getenv("PATH"));
    g_setenv("PATH", path, TRUE);

    return directory;
}

static void
pretend_no_more(char *directory, char *before)
{
    g_autofree char *program = g_build_filename(directory, "qemu-nbd", NULL);

    g_setenv("PATH", before, TRUE);
    g_unlink(program);
    g_rmdir(directory);
    g_free(before);
    g_free(directory);
}

static GError *
failure_of(const char *script)
{
    char *before;
    char *directory = pretend(script, &before);
    GError *error = NULL;

    g_assert_null(nbd_source_open("json:{}", NULL, "image", &error));
    g_assert_nonnull(error);
    g_test_message("%s", error->message);
    pretend_no_more(directory, before);

    return error;
}

/* An image may keep QEMU busy for days, or have it fill the memory. */
static void
test_limits(void)
{
    g_autoptr(GError) limits = failure_of("{ ulimit -S -d; ulimit -S -t; } >&2; exit 1");
    /* The socket is closed before the process has ended. */
    g_autoptr(GError) busy = failure_of("exec 3<&-; sleep 0.2; kill -s XCPU $$");

    /* KiB of memory, seconds of processor time. */
    g_assert_nonnull(strstr(limits->message, "2097152\n600"));
    g_assert_error(busy, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_FAILED);
    g_assert_nonnull(strstr(busy->message, "processor time"));
}

/* Finds the only child of this process, whichever thread has started it. */
static pid_t
only_child(void)
{
    g_autoptr(GDir) tasks = g_dir_open("/proc/self/task", 0, NULL);
    const char *task;
    pid_t child = 0;

    while ((task = g_dir_read_name(tasks))) {
        g_autofree char *path = g_build_filename("/proc/self/task", task, "children", NULL);
        g_autofree char *pids = NULL;

        if (g_file_get_contents(path, &pids, NULL, NULL) && *pids)
            child = (pid_t)strtol(pids, NULL, 10);
    }

    return child;
}

/* How much there is to be read is known when it is open. */
static void
test_limits_grow(void)
{
    g_autofree char *description = NULL;
    g_autofree char *path = make_image(&description);
    g_autoptr(GError) error = NULL;
    g_autoptr(Source) source = NULL;
    struct rlimit limit;

    g_assert_cmpint(truncate(path, (off_t)4 << 30), ==, 0);
    source = nbd_source_open(description, NULL, "image", &error);
    g_assert_no_error(error);
    if (only_child() == 0) {
        g_test_skip("the kernel does not tell children");
    } else {
        g_assert_cmpint(prlimit(only_child(), RLIMIT_CPU, NULL, &limit), ==, 0);
        g_assert_cmpuint(limit.rlim_cur, ==, 600 + 4 * 10);
    }
    g_unlink(path);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/nbd-source/thread-ends", test_thread_ends);
    g_test_add_func("/nbd-source/not-there", test_not_there);
    g_test_add_func("/nbd-source/read-error", test_read_error);
    g_test_add_func("/nbd-source/other-server", test_other_server);
    g_test_add_func("/nbd-source/data-only", test_data_only);
    g_test_add_func("/nbd-source/no-server", test_no_server);
    g_test_add_func("/nbd-source/limits", test_limits);
    g_test_add_func("/nbd-source/limits-grow", test_limits_grow);

    return g_test_run();
}
