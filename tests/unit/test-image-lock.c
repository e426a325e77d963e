/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "image/image-lock.h"
#include "tests/unit/harness.h"
#include "util/fd.h"

/* Waits until somebody holds what @path needs to be written to, or not any more. */
static void
wait_for_lock(const char *path, gboolean held)
{
    for (int i = 0; i < 6000; i++) {
        auto_fd fd = fd_open(AT_FDCWD, path, O_RDWR, 0, NULL);
        struct flock lock = {
            .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = 100, .l_len = 200};

        g_assert_cmpint(fcntl(fd, F_OFD_GETLK, &lock), ==, 0);
        if ((lock.l_type != F_UNLCK) == held)
            return;
        g_usleep(10 * 1000);
    }
    g_test_fail_printf("%s: no lock came or went", path);
}

static gboolean
try_lock(const char *path, int *fd, GError **error)
{
    *fd = fd_open(AT_FDCWD, path, O_RDONLY, 0, error);
    g_assert_cmpint(*fd, >=, 0);

    return image_lock_acquire(*fd, path, error);
}

static gboolean
probe(const char *path)
{
    auto_fd fd = fd_open(AT_FDCWD, path, O_RDONLY, 0, NULL);

    return image_lock_probe(fd, path, NULL);
}

/* What QEMU holds, and whether that leaves the image frozen. */
static void
test_held(void)
{
    static const struct {
        const char *name;
        const char *program[8];
        gboolean ours; /* we get it as well */
    } table[] = {
        {"a writer", {"qemu-io", "-f", "raw"}, FALSE},
        {"a reader", {"qemu-io", "-r", "-f", "raw"}, TRUE},
        {"an export that writes", {"qemu-nbd", "-t", "-f", "raw", "-k", "SOCKET"}, FALSE},
        {"an export that reads", {"qemu-nbd", "-r", "-t", "-f", "raw", "-k", "SOCKET"}, TRUE},
    };
    g_autoptr(Scratch) dir = scratch_new();
    g_autofree char *path = g_build_filename(dir, "image", NULL);
    g_autofree char *socket = g_build_filename(dir, "s", NULL);

    g_free(run("qemu-img", "create", "-q", "-f", "raw", path, "1M", NULL));
    for (gsize i = 0; i < G_N_ELEMENTS(table); i++) {
        const char *a[8];
        g_autoptr(GError) error = NULL;
        auto_fd in = -1;
        auto_fd fd = -1;
        guint n = 0;
        GPid pid;

        g_test_message("%s", table[i].name);
        for (; table[i].program[n]; n++)
            a[n] = g_str_equal(table[i].program[n], "SOCKET") ? socket : table[i].program[n];
        a[n++] = path;
        for (; n < G_N_ELEMENTS(a); n++)
            a[n] = NULL;
        pid = start(&in, NULL, a[0], a[1], a[2], a[3], a[4], a[5], a[6], a[7], NULL);
        wait_for_lock(path, TRUE);
        g_assert_true(probe(path) == table[i].ours);
        g_assert_true(try_lock(path, &fd, &error) == table[i].ours);
        if (!table[i].ours) {
            g_assert_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_IN_USE);
            g_assert_nonnull(strstr(error->message, path));
        }
        fd_clear(&fd);
        stop(pid);
        wait_for_lock(path, FALSE);
        g_clear_error(&error);
        g_assert_true(try_lock(path, &fd, &error));
    }
}

/* What others cannot do while we hold the lock, and what they can. */
static void
test_holds(void)
{
    static const struct {
        const char *script;
        gboolean possible;
    } table[] = {
        {"qemu-io -f qcow2 -c 'write 0 4k' base", FALSE},
        {"qemu-img commit -q over", FALSE},
        {"qemu-img resize -q base 2M", FALSE},
        {"qemu-img snapshot -c s base", FALSE},
        {"qemu-io -r -f qcow2 -c 'read 0 4k' base", TRUE},
        {"qemu-io -f qcow2 -c 'write 0 4k' over", TRUE},
        {"qemu-img info base", TRUE},
        {"qemu-img convert -O raw base copy", TRUE},
        {"qemu-img create -q -f qcow2 -b base -F qcow2 another", TRUE},
    };
    g_autoptr(Scratch) dir = scratch_new();
    g_autofree char *path = g_build_filename(dir, "base", NULL);
    g_autofree char *over = g_build_filename(dir, "over", NULL);

    g_free(run("qemu-img", "create", "-q", "-f", "qcow2", path, "1M", NULL));
    g_free(run("qemu-img", "create", "-q", "-f", "qcow2", "-b", path, "-F", "qcow2", over, NULL));
    for (gsize i = 0; i < G_N_ELEMENTS(table); i++) {
        g_autofree char *script = g_strdup_printf("cd '%s' && %s", dir, table[i].script);
        g_autoptr(GError) error = NULL;
        auto_fd fd = -1;

        g_test_message("%s", table[i].script);
        g_assert_true(try_lock(path, &fd, &error));
        g_assert_no_error(error);
        g_assert_true((run_status("sh", "-c", script, NULL) == 0) == table[i].possible);
        fd_clear(&fd);
        /* Then it is possible in any case. */
        g_assert_cmpint(run_status("sh", "-c", script, NULL), ==, 0);
    }
}

static gboolean
is_held(int fd, off_t byte)
{
    struct flock lock = {
        .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = byte, .l_len = 1};

    g_assert_cmpint(fcntl(fd, F_OFD_GETLK, &lock), ==, 0);

    return lock.l_type != F_UNLCK;
}

/* The very bytes: reading is done (100), writing (201) and resizing (203) are not allowed to
 * others; nothing else is claimed, and nothing is left afterwards. */
static void
test_bytes(void)
{
    g_autoptr(Scratch) dir = scratch_new();
    g_autofree char *path = g_build_filename(dir, "image", NULL);
    g_autoptr(GError) error = NULL;
    auto_fd ours = -1;
    auto_fd other = -1;

    write_file(path, "x", 1);
    other = fd_open(AT_FDCWD, path, O_RDWR, 0, &error);
    /* A probe takes no lock. */
    ours = fd_open(AT_FDCWD, path, O_RDONLY, 0, &error);
    g_assert_true(image_lock_probe(ours, path, &error));
    for (off_t byte = 0; byte < 300; byte++)
        g_assert_false(is_held(other, byte));
    fd_clear(&ours);
    g_assert_true(try_lock(path, &ours, &error));
    for (off_t byte = 0; byte < 300; byte++)
        g_assert_true(is_held(other, byte) == (byte == 100 || byte == 201 || byte == 203));
    fd_clear(&ours);
    for (off_t byte = 0; byte < 300; byte++)
        g_assert_false(is_held(other, byte));
}

/* Two exports of one layer do not exclude each other. */
static void
test_shared(void)
{
    g_autoptr(Scratch) dir = scratch_new();
    g_autofree char *path = g_build_filename(dir, "image", NULL);
    g_autoptr(GError) error = NULL;
    auto_fd one = -1;
    auto_fd two = -1;

    write_file(path, "x", 1);
    g_assert_true(try_lock(path, &one, &error));
    g_assert_true(try_lock(path, &two, &error));
    g_assert_no_error(error);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/image-lock/held", test_held);
    g_test_add_func("/image-lock/holds", test_holds);
    g_test_add_func("/image-lock/bytes", test_bytes);
    g_test_add_func("/image-lock/shared", test_shared);
    return g_test_run();
}
