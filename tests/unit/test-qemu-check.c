/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <fcntl.h>
#include <gio/gio.h>
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#include "drivers/qemu/qemu-check.h"
#include "util/error.h"

#define CLUSTER 65536
/* What an error may be long: what is kept, and the words around it. */
#define MESSAGE_BYTES 8192

typedef struct {
    char *directory;
    char *image;
    char *program; /* stands for qemu-img, if a test writes it */
    int fd;
} Fixture;

static void
set_up(Fixture *f, gconstpointer data)
{
    const char *argv[] = {"qemu-img", "create", "-q", "-f", "qcow2", NULL, "8T", NULL};
    g_autoptr(GError) error = NULL;

    f->directory = g_dir_make_tmp("check-XXXXXX", &error);
    g_assert_no_error(error);
    f->image = g_build_filename(f->directory, "image", NULL);
    f->program = g_build_filename(f->directory, "qemu-img", NULL);
    argv[5] = f->image;
    g_spawn_sync(NULL, (char **)argv, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, NULL, NULL, NULL,
                 &error);
    g_assert_no_error(error);
    f->fd = open(f->image, O_RDWR | O_CLOEXEC);
    g_assert_cmpint(f->fd, >=, 0);
}

static void
tear_down(Fixture *f, gconstpointer data)
{
    close(f->fd);
    g_unlink(f->image);
    g_unlink(f->program);
    g_rmdir(f->directory);
    g_free(f->image);
    g_free(f->program);
    g_free(f->directory);
}

/* Another qemu-img, which does as @script says. */
static void
pretend(Fixture *f, const char *script)
{
    g_autofree char *text = g_strconcat("#!/bin/sh\n", script, "\n", NULL);
    g_autofree char *path = g_strconcat(f->directory, ":", g_getenv("PATH"), NULL);
    g_autoptr(GError) error = NULL;

    g_file_set_contents_full(f->program, text, -1, G_FILE_SET_CONTENTS_NONE, 0700, &error);
    g_assert_no_error(error);
    g_setenv("PATH", path, TRUE);
}

static GError *
failure(Fixture *f)
{
    GError *error = NULL;

    g_assert_false(qemu_check_image(f->fd, "image", &error));
    g_assert_nonnull(error);
    g_assert_cmpuint(strlen(error->message), <, MESSAGE_BYTES);

    return error;
}

static void
test_sound(Fixture *f, gconstpointer data)
{
    g_autoptr(GError) error = NULL;

    g_assert_true(qemu_check_image(f->fd, "image", &error));
    g_assert_no_error(error);
}

static void
put_be64(guint8 *at, guint64 value)
{
    value = GUINT64_TO_BE(value);
    memcpy(at, &value, sizeof value);
}

static guint64
get_be64(int fd, off_t at)
{
    guint64 value;

    g_assert_cmpint(pread(fd, &value, sizeof value, at), ==, sizeof value);

    return GUINT64_FROM_BE(value);
}

/* Every entry of L1 has the same table, and each of its entries a cluster that nobody counts: a
 * line of complaint for each of 134 million, from half a megabyte. */
static void
test_hostile(Fixture *f, gconstpointer data)
{
    off_t l1 = (off_t)get_be64(f->fd, 40);
    gsize n_l1 = 16384;
    off_t end = lseek(f->fd, 0, SEEK_END);
    guint64 table = ((guint64)end + CLUSTER - 1) / CLUSTER * CLUSTER;
    g_autofree guint8 *entries = g_malloc(CLUSTER);
    g_autofree guint8 *pointers = g_malloc(n_l1 * 8);
    g_autoptr(GError) error = NULL;

    for (gsize i = 0; i < CLUSTER / 8; i++)
        put_be64(entries + i * 8, (G_GUINT64_CONSTANT(1) << 63) | ((guint64)(i + 64) * CLUSTER));
    for (gsize i = 0; i < n_l1; i++)
        put_be64(pointers + i * 8, (G_GUINT64_CONSTANT(1) << 63) | table);
    g_assert_cmpint(pwrite(f->fd, entries, CLUSTER, (off_t)table), ==, CLUSTER);
    g_assert_cmpint(pwrite(f->fd, pointers, n_l1 * 8, l1), ==, n_l1 * 8);

    error = failure(f);
    g_assert_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_CORRUPT);
    g_assert_nonnull(strstr(error->message, "so much damage"));
}

static void
test_endless(Fixture *f, gconstpointer data)
{
    g_autoptr(GError) error = NULL;

    pretend(f, "while echo 'ERROR cluster 1 refcount=0 reference=1'; do :; done; sleep 1000");
    error = failure(f);
    g_assert_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_CORRUPT);
}

static void
test_leaks(Fixture *f, gconstpointer data)
{
    g_autoptr(GError) error = NULL;

    pretend(f, "seq -f 'Leaked cluster %.0f refcount=1 reference=0' 200000; exit 3");
    g_assert_true(qemu_check_image(f->fd, "image", &error));
    g_assert_no_error(error);
    pretend(f, "seq -f 'Leaked cluster %.0f refcount=1 reference=0' 200000\n"
               "echo ERROR here\nprintf 'Leak'\nexit 2");
    error = failure(f);
    g_assert_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_CORRUPT);
    g_assert_nonnull(strstr(error->message, "ERROR here\nLeak"));
    g_assert_null(strstr(error->message, "Leaked"));
}

static void
test_limits(Fixture *f, gconstpointer data)
{
    g_autoptr(GError) error = NULL;

    pretend(f, "ulimit -S -d; ulimit -S -t; exit 1");
    error = failure(f);
    g_assert_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_FAILED);
    /* KiB of memory, seconds of processor time: of a file that has next to nothing in it. */
    g_assert_nonnull(strstr(error->message, "20971"));
    g_assert_nonnull(strstr(error->message, "\n600"));
}

static void
test_out_of_time(Fixture *f, gconstpointer data)
{
    g_autoptr(GError) error = NULL;

    pretend(f, "echo so far; kill -s XCPU $$");
    error = failure(f);
    g_assert_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_FAILED);
    g_assert_nonnull(strstr(error->message, "600 s of processor time"));
    g_assert_nonnull(strstr(error->message, "so far"));
}

int
main(int argc, char **argv)
{
    static const struct {
        const char *path;
        void (*test)(Fixture *f, gconstpointer data);
    } tests[] = {
        {"/qemu-check/sound", test_sound},     {"/qemu-check/hostile", test_hostile},
        {"/qemu-check/leaks", test_leaks},     {"/qemu-check/endless", test_endless},
        {"/qemu-check/limits", test_limits},   {"/qemu-check/out-of-time", test_out_of_time},
    };
    g_autofree char *qemu = NULL;

    g_test_init(&argc, &argv, NULL);
    qemu = g_find_program_in_path("qemu-img");
    for (gsize i = 0; qemu && i < G_N_ELEMENTS(tests); i++)
        g_test_add(tests[i].path, Fixture, NULL, set_up, tests[i].test, tear_down);

    return g_test_run();
}
