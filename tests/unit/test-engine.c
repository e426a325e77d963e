/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "drivers/file/file-sink.h"
#include "drivers/file/file-source.h"
#include "tests/unit/copies.h"
#include "tests/unit/harness.h"
#include "transfer/resume.h"
#include "util/fd.h"

#define KIB 1024
#define MIB (1024 * KIB)

/* --- files ------------------------------------------------------------------ */

typedef struct {
    char *dir;
    int fd;
    char *from;
    char *to;
} Fixture;

static void
set_up(Fixture *f, gconstpointer data)
{
    g_autoptr(GError) error = NULL;

    f->dir = scratch_new();
    f->fd = fd_open_dir(AT_FDCWD, f->dir, &error);
    g_assert_no_error(error);
    f->from = g_build_filename(f->dir, "from", NULL);
    f->to = g_build_filename(f->dir, "to", NULL);
}

static void
tear_down(Fixture *f, gconstpointer data)
{
    g_assert_cmpint(fake_alive(), ==, 0);
    fd_clear(&f->fd);
    scratch_free(f->dir);
    g_free(f->from);
    g_free(f->to);
}

static struct stat
look(const char *path)
{
    struct stat st;

    g_assert_cmpint(stat(path, &st), ==, 0);

    return st;
}

static void
assert_same_files(Fixture *f)
{
    g_assert_cmpint(run_status("cmp", f->from, f->to, NULL), ==, 0);
}

static void
test_file_sizes(Fixture *f, gconstpointer data)
{
    static const gsize sizes[] = {
        0, 1, 511, 4095, 4096, 4097, MIB - 1, MIB, MIB + 1, MIB + 5000, 64 * MIB - 1, 64 * MIB,
        64 * MIB + 1, 130 * MIB + 17,
    };
    g_autofree guint8 *noise = g_malloc(130 * MIB + 17);

    fill_noise(noise, 130 * MIB + 17, 3);
    for (gsize i = 0; i < G_N_ELEMENTS(sizes); i++) {
        Copy copy;
        EngineStats stats;
        g_autofree char *digest = NULL;
        g_autofree char *expected = NULL;

        write_file(f->from, noise, (gssize)sizes[i]);
        copy_init(&copy);
        copy.from = f->from;
        copy.to_dir = f->fd;
        digest = run_copy(&copy, &stats);
        expected = fsverity_digest(f->to);
        g_test_message("%zu bytes", sizes[i]);
        assert_same_files(f);
        g_assert_cmpstr(digest, ==, expected);
        g_assert_cmpuint(stats.bytes_read, ==, sizes[i]);
        g_assert_cmpuint(stats.bytes_written, ==, sizes[i]);
        g_assert_cmpint(look(f->to).st_mode & 07777, ==, 0400);
        g_assert_cmpint(unlink(f->to), ==, 0);
    }
}

/* Data at some places in a little more than 100 MiB. */
static guint64
make_sparse(const char *path)
{
    static const guint64 places[] = {8192, 5 * MIB, 64 * MIB - 4096, 64 * MIB, 99 * MIB};
    g_autoptr(GError) error = NULL;
    auto_fd fd = fd_open(AT_FDCWD, path, O_RDWR | O_CREAT, 0600, &error);
    guint8 data[4096];

    g_assert_no_error(error);
    g_assert_cmpint(ftruncate(fd, 100 * MIB + 123), ==, 0);
    for (gsize i = 0; i < G_N_ELEMENTS(places); i++) {
        fill_noise(data, sizeof data, (guint32)i);
        g_assert_true(fd_pwrite_all(fd, data, sizeof data, places[i], path, &error));
    }
    g_assert_true(fd_sync(fd, path, &error));

    return G_N_ELEMENTS(places) * sizeof data;
}

static void
test_holes(Fixture *f, gconstpointer data)
{
    guint64 bytes = make_sparse(f->from);
    Copy copy;
    EngineStats stats;
    g_autofree char *digest = NULL;
    g_autofree char *expected = NULL;

    copy_init(&copy);
    copy.from = f->from;
    copy.to_dir = f->fd;
    digest = run_copy(&copy, &stats);
    expected = fsverity_digest(f->to);
    assert_same_files(f);
    g_assert_cmpstr(digest, ==, expected);
    /* Holes are neither read nor written. */
    g_assert_cmpuint(stats.bytes_read, ==, bytes);
    g_assert_cmpuint(stats.bytes_written, ==, bytes);
    /* The file system may need a block or two for itself. */
    g_assert_cmpint(look(f->to).st_blocks * 512, <, bytes + 64 * KIB);
}

/* Zeros that were written, as dd writes them, become holes. */
static void
test_zeros(Fixture *f, gconstpointer data)
{
    gsize length = 3 * MIB + 100;
    g_autofree guint8 *zeros = g_malloc0(length);
    Copy copy;
    EngineStats stats;
    g_autofree char *digest = NULL;
    g_autofree char *expected = NULL;

    zeros[MIB + 7] = 1;
    write_file(f->from, zeros, (gssize)length);
    copy_init(&copy);
    copy.from = f->from;
    copy.to_dir = f->fd;
    digest = run_copy(&copy, &stats);
    expected = fsverity_digest(f->from);
    assert_same_files(f);
    g_assert_cmpstr(digest, ==, expected);
    g_assert_cmpuint(stats.bytes_read, ==, length);
    g_assert_cmpuint(stats.bytes_written, ==, 4 * KIB);
    g_assert_cmpuint(stats.blocks_zero, ==, 3);
    g_assert_cmpint(look(f->to).st_blocks * 512, <=, 64 * KIB);
}

/* The target gets another beginning than the source has, over data and over a hole. */
static void
test_head(Fixture *f, gconstpointer data)
{
    static const struct {
        gsize size;
        gsize head;
        gboolean sparse;
        guint8 fill; /* of the head */
    } table[] = {
        {300 * KIB, 64 * KIB, FALSE, 1}, {300 * KIB, 5000, FALSE, 1},
        {300 * KIB, 1, FALSE, 1},        {5000, 5000, FALSE, 1},
        {5000, 4096, FALSE, 1},          {100, 100, FALSE, 1},
        {3 * MIB, 2 * MIB, FALSE, 1},    {300 * KIB, 64 * KIB, TRUE, 1},
        {300 * KIB, 5000, TRUE, 1},      {4 * MIB, 2 * MIB - 1, TRUE, 1},
        /* A beginning of zeros that replaces data reads as zeros afterwards. */
        {300 * KIB, 64 * KIB, FALSE, 0}, {MIB, MIB, FALSE, 0},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(table); i++) {
        g_autofree guint8 *content = g_malloc0(table[i].size);
        g_autofree guint8 *head = g_malloc(table[i].head);
        g_autoptr(GBytes) bytes = NULL;
        g_autoptr(GBytes) got = NULL;
        Copy copy;
        g_autofree char *digest = NULL;
        g_autofree char *expected = NULL;

        if (!table[i].sparse)
            fill_noise(content, table[i].size, 9);
        write_file(f->from, content, (gssize)table[i].size);
        if (table[i].sparse)
            g_assert_cmpint(truncate(f->from, 0) + truncate(f->from, (off_t)table[i].size), ==, 0);
        fill_noise(head, table[i].head, 10);
        if (table[i].fill == 0)
            memset(head, 0, table[i].head);
        memcpy(content, head, table[i].head);
        bytes = g_bytes_new(head, table[i].head);
        copy_init(&copy);
        copy.from = f->from;
        copy.to_dir = f->fd;
        copy.item.head = bytes;
        digest = run_copy(&copy, NULL);
        got = read_file(f->to);
        expected = fsverity_digest(f->to);
        g_test_message("row %zu", i);
        g_assert_cmpmem(g_bytes_get_data(got, NULL), g_bytes_get_size(got), content,
                        table[i].size);
        g_assert_cmpstr(digest, ==, expected);
        g_assert_cmpint(unlink(f->to), ==, 0);
    }
}

/* A file that is truncated while it is read is reported as cut short, whatever its new size is. */
static void
test_cut_short(Fixture *f, gconstpointer data)
{
    static const off_t ends[] = {0, 1000, 4096, 5 * KIB + 1, 2 * MIB - 1};
    g_autofree guint8 *noise = g_malloc(2 * MIB);

    fill_noise(noise, 2 * MIB, 4);
    for (gsize i = 0; i < G_N_ELEMENTS(ends); i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(Source) source = NULL;
        g_autofree guint8 *memory = g_malloc(MIB + 4096);
        guint8 *aligned = memory + 4096 - (gsize)memory % 4096;
        gboolean ok = TRUE;

        write_file(f->from, noise, 2 * MIB);
        source = file_source_new(fd_open(AT_FDCWD, f->from, O_RDONLY, 0, NULL), f->from, &error);
        g_assert_no_error(error);
        g_assert_cmpint(truncate(f->from, ends[i]), ==, 0);
        for (gsize at = 0; ok && at < 2 * MIB; at += MIB)
            ok = source->ops->read(source, 0, aligned, at, MIB, &error);
        g_test_message("cut to %ld", (long)ends[i]);
        g_assert_false(ok);
        g_assert_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_CORRUPT);
        g_assert_nonnull(strstr(error->message, f->from));
    }
}

/* A source that is written to while it is copied is refused, although every read succeeded. */
static void
touch_source(FakeSink *sink, guint64 offset)
{
    const char *path = sink->user_data;
    struct timespec times[2] = {{0, UTIME_OMIT}, {12345, 0}};

    g_assert_cmpint(utimensat(AT_FDCWD, path, times, 0), ==, 0);
}

static void
test_changed(Fixture *f, gconstpointer data)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Control) control = control_new();
    FakeSink sink = {.on_write = touch_source, .user_data = f->from};
    Copy copy;

    write_file(f->from, "some bytes", -1);
    copy_init(&copy);
    copy.from = f->from;
    copy.sink = &sink;
    g_assert_false(run_copies(&copy, 1, 1, control, NULL, &error));
    g_assert_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_IN_USE);
    g_assert_cmpuint(copy.finished, ==, 0);
    engine_item_clear(&copy.item);
    fake_sink_clear(&sink);
}

/* The target becomes full while it is written: the error names the file, and nothing stays open. */
static void
test_no_space(Fixture *f, gconstpointer data)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Control) control = control_new();
    FakeSource source = {.size = 64 * MIB};
    Copy copy;
    auto_fd small = -1;

    g_assert_cmpint(mkdir(f->to, 0700), ==, 0);
    if (run_status("mount", "-t", "tmpfs", "-o", "size=3M", "none", f->to, NULL) != 0) {
        g_test_skip("nothing can be mounted here");
        return;
    }
    small = fd_open_dir(AT_FDCWD, f->to, &error);
    copy_init(&copy);
    copy.fake = &source;
    copy.to_dir = small;
    g_assert_false(run_copies(&copy, 1, 4, control, NULL, &error));
    engine_item_clear(&copy.item);
    fd_clear(&small);
    /* Unmounting fails if anything in it is open. */
    g_free(run("umount", f->to, NULL));
    g_assert_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_NO_SPACE);
    g_assert_nonnull(strstr(error->message, "to"));
}

/* --- clones ----------------------------------------------------------------- */

static void
test_clone(Fixture *f, gconstpointer data)
{
    static const struct {
        gboolean clones;
        gsize head;
        gboolean digest;
    } table[] = {
        {TRUE, 0, TRUE}, {TRUE, 5000, TRUE}, {TRUE, 64 * KIB, FALSE}, {TRUE, 0, FALSE},
        {FALSE, 0, TRUE}, {FALSE, 5000, TRUE}, {FALSE, 0, FALSE},
    };
    gsize size = 70 * MIB + 3;
    g_autofree guint8 *noise = g_malloc(size);

    fill_noise(noise, size, 5);
    write_file(f->from, noise, (gssize)size);
    for (gsize i = 0; i < G_N_ELEMENTS(table); i++) {
        FakeSink sink = {.clones = table[i].clones};
        g_autofree guint8 *content = g_memdup2(noise, size);
        g_autoptr(GBytes) head = NULL;
        Copy copy;
        g_autofree char *digest = NULL;

        g_test_message("row %zu", i);
        fill_noise(content, table[i].head, 6);
        head = g_bytes_new(content, table[i].head);
        copy_init(&copy);
        copy.from = f->from;
        copy.sink = &sink;
        copy.item.head = table[i].head > 0 ? head : NULL;
        copy.item.want_digest = table[i].digest;
        digest = run_copy(&copy, NULL);
        g_assert_true(copy.item.cloned == table[i].clones);
        g_assert_cmpuint(sink.clone_calls, ==, 1);
        g_assert_true(memcmp(sink.data, content, size) == 0);
        g_assert_cmpuint(sink.flushes, ==, 1);
        /* Only the blocks of the new beginning are written into a clone. */
        if (table[i].clones)
            g_assert_cmpuint(sink.bytes_written, ==, (table[i].head + 4095) / 4096 * 4096);
        else
            g_assert_cmpuint(sink.bytes_written, ==, size);
        if (table[i].digest) {
            guint8 bytes[DIGEST_BYTES];
            g_autofree char *expected = NULL;

            digest_bytes(content, size, bytes);
            expected = digest_to_string(bytes);
            g_assert_cmpstr(digest, ==, expected);
        }
        fake_sink_clear(&sink);
    }
}

/* What a killed run has left in segments that are not recorded goes, or a hole that the source has
 * there by now would not be one in the copy. */
static void
test_resume_cleared(void)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Scratch) path = scratch_new();
    g_autoptr(GArray) earlier = g_array_new(FALSE, FALSE, sizeof(EngineSegment));
    const EngineSegment first = {.index = 1};
    const guint64 size = 3 * DIGEST_SEGMENT + 5;
    auto_fd dirfd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    g_autoptr(Sink) sink = NULL;
    Sink *left = file_sink_new(dirfd, "to", size, 0600, &error);
    auto_fd fd = openat(dirfd, "to", O_RDWR | O_CLOEXEC);
    guint8 byte;

    g_assert_no_error(error);
    for (guint64 i = 0; i < 4; i++)
        g_assert_true(fd_pwrite_all(fd, "x", 1, i * DIGEST_SEGMENT + 1, "to", &error));
    g_array_append_val(earlier, first);
    sink = resume_clear(left, earlier);
    g_assert_true(sink == left);
    g_assert_null(resume_clear(NULL, earlier));
    for (guint64 i = 0; i < 4; i++) {
        g_assert_true(fd_pread_all(fd, &byte, 1, i * DIGEST_SEGMENT + 1, "to", &error));
        g_assert_cmpuint(byte, ==, i == 1 ? 'x' : 0);
    }
    g_assert_cmpint(lseek(fd, 0, SEEK_END), ==, (off_t)size);
}

int
main(int argc, char **argv)
{
    static const struct {
        const char *name;
        void (*func)(Fixture *f, gconstpointer data);
    } tests[] = {
        {"file-sizes", test_file_sizes},
        {"holes", test_holes},
        {"zeros", test_zeros},
        {"head", test_head},
        {"cut-short", test_cut_short},
        {"changed", test_changed},
        {"no-space", test_no_space},
        {"clone", test_clone},
    };

    g_test_init(&argc, &argv, NULL);
    for (gsize i = 0; i < G_N_ELEMENTS(tests); i++) {
        g_autofree char *path = g_strdup_printf("/engine/%s", tests[i].name);

        g_test_add(path, Fixture, NULL, set_up, tests[i].func, tear_down);
    }
    g_test_add_func("/engine/resume-cleared", test_resume_cleared);

    return g_test_run();
}
