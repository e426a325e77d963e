/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <fcntl.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "drivers/file/file-sink.h"
#include "drivers/file/file-source.h"
#include "tests/unit/fake-ends.h"
#include "tests/unit/harness.h"
#include "transfer/memory-source.h"
#include "util/fd.h"

#define KIB 1024
#define MIB (1024 * KIB)

/* --- items ------------------------------------------------------------------ */

/* What one item is made of. */
typedef struct {
    EngineItem item;
    FakeSource *fake;   /* where it comes from: this, */
    const char *from;   /* or a file, */
    GBytes *bytes;      /* or the memory */
    FakeSink *sink;     /* where it goes: this, */
    int to_dir;         /* or the file "to" in this directory, if not -1; else nowhere */
    gboolean refuse_open;
    gboolean refuse_finish;
    guint finished;
} Copy;

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

static void
copy_init(Copy *copy)
{
    memset(copy, 0, sizeof *copy);
    copy->item.open = open_copy;
    copy->item.finish = finish_copy;
    copy->item.user_data = copy;
    copy->item.want_digest = TRUE;
    copy->to_dir = -1;
}

static gboolean
run_copies(Copy *copies, guint n, guint workers, Control *control, EngineStats *stats,
           GError **error)
{
    g_autoptr(GPtrArray) items = g_ptr_array_new();

    for (guint i = 0; i < n; i++)
        g_ptr_array_add(items, &copies[i].item);

    return engine_run(items, workers, control, stats, error);
}

/* Runs one that must succeed. Returns: its digest as fsverity writes it. */
static char *
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

/* Data here and there in 100 MiB and a bit. */
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
    /* Neither read nor written. */
    g_assert_cmpuint(stats.bytes_read, ==, bytes);
    g_assert_cmpuint(stats.bytes_written, ==, bytes);
    /* The file system may want a block or two of its own. */
    g_assert_cmpint(look(f->to).st_blocks * 512, <, bytes + 64 * KIB);
}

/* Zeros that were written, as dd does, become holes. */
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
    g_assert_cmpuint(stats.bytes_written, ==, MIB);
    g_assert_cmpuint(stats.blocks_zero, ==, 3);
    g_assert_cmpint(look(f->to).st_blocks * 512, <=, MIB + 64 * KIB);
}

/* Another beginning than the source's, over data and over a hole. */
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
        /* A head of zeros over data is zeros afterwards. */
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

/* A file that loses its end while it is read, to any size, was cut short. */
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

/* A source that somebody writes to meanwhile is of no use, though every read went well. */
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
        /* Of a clone just the blocks of the head are written. */
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

/* --- many items, order, nothing --------------------------------------------- */

static void
test_many(Fixture *f, gconstpointer data)
{
    enum { N = 3000, WORKERS = 4 };
    g_autofree Copy *copies = g_new0(Copy, N);
    g_autoptr(GError) error = NULL;
    g_autoptr(Control) control = control_new();
    struct rlimit old;
    struct rlimit few;
    guint64 cur, end;
    FakeSink sink = {0};

    write_file(f->from, "a small file", -1);
    for (guint i = 0; i < N; i++) {
        copy_init(&copies[i]);
        copies[i].from = f->from;
        copies[i].item.weight = 12;
    }
    copies[0].sink = &sink;
    control_set_end(control, N * 12);
    g_assert_cmpint(getrlimit(RLIMIT_NOFILE, &old), ==, 0);
    few = old;
    few.rlim_cur = 40;
    g_assert_cmpint(setrlimit(RLIMIT_NOFILE, &few), ==, 0);
    g_assert_true(run_copies(copies, N, WORKERS, control, NULL, &error));
    g_assert_cmpint(setrlimit(RLIMIT_NOFILE, &old), ==, 0);
    g_assert_no_error(error);
    for (guint i = 0; i < N; i++) {
        g_assert_cmpuint(copies[i].finished, ==, 1);
        g_assert_cmpmem(copies[i].item.digest, DIGEST_BYTES, copies[0].item.digest, DIGEST_BYTES);
        engine_item_clear(&copies[i].item);
    }
    control_progress(control, &cur, &end);
    g_assert_cmpuint(cur, ==, end);
    g_assert_cmpuint(sink.bytes_written, ==, 12);
    fake_sink_clear(&sink);
}

static void
test_order(Fixture *f, gconstpointer data)
{
    enum { N = 5 };
    static const guint64 weights[N] = {3, 900, 0, 1000, 900};
    g_autoptr(GPtrArray) items = g_ptr_array_new();
    g_autoptr(GError) error = NULL;
    g_autoptr(Control) control = control_new();
    Copy copies[N];
    guint64 last = G_MAXUINT64;

    write_file(f->from, "x", -1);
    for (guint i = 0; i < N; i++) {
        copy_init(&copies[i]);
        copies[i].from = f->from;
        copies[i].item.weight = weights[i];
        g_ptr_array_add(items, &copies[i].item);
    }
    g_assert_true(engine_run(items, 1, control, NULL, &error));
    for (guint i = 0; i < N; i++) {
        EngineItem *item = g_ptr_array_index(items, i);

        g_assert_cmpuint(item->weight, <=, last);
        last = item->weight;
        engine_item_clear(item);
    }
}

static void
test_nothing(Fixture *f, gconstpointer data)
{
    g_autoptr(GPtrArray) items = g_ptr_array_new();
    g_autoptr(GError) error = NULL;
    g_autoptr(Control) control = control_new();
    EngineStats stats;

    g_assert_true(engine_run(items, 0, control, &stats, &error));
    g_assert_no_error(error);
    g_assert_cmpuint(stats.bytes_read, ==, 0);
}

/* --- errors ----------------------------------------------------------------- */

/* Where it goes wrong, with the code that then must come out. */
typedef enum { OPEN, READ, READ_LATER, WRITE, FLUSH, CHECK, EXTENTS, FINISH } Step;

static void
test_errors(Fixture *f, gconstpointer data)
{
    static const struct {
        Step step;
        int code;
    } table[] = {
        {OPEN, VIRT_SNAP_ERROR_NOT_FOUND},   {READ, VIRT_SNAP_ERROR_CORRUPT},
        {READ_LATER, VIRT_SNAP_ERROR_CORRUPT}, {WRITE, VIRT_SNAP_ERROR_NO_SPACE},
        {FLUSH, VIRT_SNAP_ERROR_FAILED},     {CHECK, VIRT_SNAP_ERROR_IN_USE},
        {EXTENTS, VIRT_SNAP_ERROR_INVALID_STATE}, {FINISH, VIRT_SNAP_ERROR_TIMEOUT},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(table); i++) {
        /* The one that goes wrong is in the middle of others. */
        FakeSource sources[3] = {{.size = 70 * MIB}, {.size = 200 * MIB}, {.size = 65 * MIB}};
        FakeSink sinks[3] = {{.discard = TRUE}, {.discard = TRUE}, {.discard = TRUE}};
        Copy copies[3];
        g_autoptr(GError) error = NULL;
        g_autoptr(Control) control = control_new();
        Step step = table[i].step;

        for (guint k = 0; k < 3; k++) {
            copy_init(&copies[k]);
            copies[k].fake = &sources[k];
            copies[k].sink = &sinks[k];
            copies[k].item.want_digest = FALSE;
        }
        copies[1].refuse_open = step == OPEN;
        copies[1].refuse_finish = step == FINISH;
        sources[1].fail_read = step == READ || step == READ_LATER;
        sources[1].fail_from = step == READ_LATER ? 150 * MIB : 0;
        sources[1].fail_check = step == CHECK;
        sources[1].fail_extents = step == EXTENTS;
        sinks[1].fail_write = step == WRITE;
        sinks[1].fail_flush = step == FLUSH;
        g_test_message("row %zu", i);
        g_assert_false(run_copies(copies, 3, 2, control, NULL, &error));
        g_assert_error(error, VIRT_SNAP_ERROR, table[i].code);
        g_assert_cmpint(fake_alive(), ==, 0);
        g_assert_cmpuint(copies[1].finished, ==, step == FINISH);
        for (guint k = 0; k < 3; k++)
            engine_item_clear(&copies[k].item);
    }
}

/* What the other workers were at is of no use any more: nobody waits for it. */
static void
test_error_ends_others(Fixture *f, gconstpointer data)
{
    FakeSource slow = {.size = 64 * MIB, .read_us = 50 * 1000};
    FakeSource bad = {.size = 64 * MIB, .fail_read = TRUE, .fail_from = 0};
    Copy copies[2];
    g_autoptr(GError) error = NULL;
    g_autoptr(Control) control = control_new();
    gint64 begin = g_get_monotonic_time();

    copy_init(&copies[0]);
    copies[0].fake = &slow;
    copies[0].item.weight = 2;
    copy_init(&copies[1]);
    copies[1].fake = &bad;
    copies[1].item.weight = 1;
    g_assert_false(run_copies(copies, 2, 2, control, NULL, &error));
    g_assert_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_CORRUPT);
    /* All of the slow one takes 3.2 seconds. */
    g_assert_cmpint(g_get_monotonic_time() - begin, <, 1500 * 1000);
    for (guint k = 0; k < 2; k++)
        engine_item_clear(&copies[k].item);
}

/* --- orders ----------------------------------------------------------------- */

typedef struct {
    Control *control;
    void (*act)(Control *control);
    gulong after_us;
} Order;

static gpointer
give_order(gpointer data)
{
    Order *order = data;

    g_usleep(order->after_us);
    order->act(order->control);

    return NULL;
}

static void
test_cancel(Fixture *f, gconstpointer data)
{
    FakeSource source = {.size = 1024 * (guint64)MIB, .read_us = 20 * 1000};
    FakeSink sink = {.discard = TRUE};
    Copy copy;
    g_autoptr(GError) error = NULL;
    g_autoptr(Control) control = control_new();
    Order order = {control, control_cancel, 100 * 1000};
    gint64 begin = g_get_monotonic_time();
    GThread *thread = g_thread_new("order", give_order, &order);

    copy_init(&copy);
    copy.fake = &source;
    copy.sink = &sink;
    g_assert_false(run_copies(&copy, 1, 2, control, NULL, &error));
    g_thread_join(thread);
    g_assert_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_CANCELLED);
    g_assert_cmpint(g_get_monotonic_time() - begin, <, 1100 * 1000);
    g_assert_cmpuint(copy.finished, ==, 0);
    g_assert_cmpuint(sink.flushes, ==, 0);
    engine_item_clear(&copy.item);
}

static void
go_on(Control *control)
{
    control_suspend(control, FALSE);
}

static void
test_suspend(Fixture *f, gconstpointer data)
{
    FakeSource source = {.size = 8 * MIB};
    Copy copy;
    g_autoptr(GError) error = NULL;
    g_autoptr(Control) control = control_new();
    Order order = {control, go_on, 300 * 1000};
    gint64 begin = g_get_monotonic_time();
    GThread *thread;

    control_suspend(control, TRUE);
    copy_init(&copy);
    copy.fake = &source;
    thread = g_thread_new("order", give_order, &order);
    g_assert_true(run_copies(&copy, 1, 2, control, NULL, &error));
    g_thread_join(thread);
    g_assert_no_error(error);
    g_assert_cmpint(g_get_monotonic_time() - begin, >=, 300 * 1000);
    g_assert_cmpint(source.first_read, >=, begin + 300 * 1000);
    engine_item_clear(&copy.item);
}

static void
test_bandwidth(Fixture *f, gconstpointer data)
{
    FakeSource source = {.size = 8 * MIB};
    Copy copy;
    g_autoptr(GError) error = NULL;
    g_autoptr(Control) control = control_new();
    gint64 begin = g_get_monotonic_time();
    gint64 took;

    control_set_bandwidth(control, 16 * MIB);
    copy_init(&copy);
    copy.fake = &source;
    g_assert_true(run_copies(&copy, 1, 4, control, NULL, &error));
    took = g_get_monotonic_time() - begin;
    /* Half a second by the numbers; the first block is free, and a machine may be busy. */
    g_assert_cmpint(took, >=, 350 * 1000);
    g_assert_cmpint(took, <, 5000 * 1000);
    engine_item_clear(&copy.item);
}

/* --- progress --------------------------------------------------------------- */

typedef struct {
    Control *control;
    guint64 seen;
} Watch;

static void
watch_write(FakeSink *sink, guint64 offset)
{
    Watch *watch = sink->user_data;
    guint64 cur, end;

    control_progress(watch->control, &cur, &end);
    g_assert_cmpuint(cur, >=, watch->seen);
    g_assert_cmpuint(cur, <, end);
    watch->seen = cur;
}

/* It never falls, moves on the way, and reaches its end with what is durable. */
static void
test_progress(Fixture *f, gconstpointer data)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Control) control = control_new();
    Watch watch = {control, 0};
    FakeSource source = {.size = 20 * MIB};
    FakeSink sink = {.on_write = watch_write, .on_flush = watch_write, .user_data = &watch,
                     .discard = TRUE};
    Copy copy;
    guint64 cur, end;

    copy_init(&copy);
    copy.fake = &source;
    copy.sink = &sink;
    /* Less than there is to move: a guess that was too low. */
    copy.item.weight = 15 * MIB;
    control_set_end(control, 15 * MIB);
    g_assert_true(run_copies(&copy, 1, 1, control, NULL, &error));
    g_assert_cmpuint(watch.seen, ==, 15 * MIB - 1);
    control_progress(control, &cur, &end);
    g_assert_cmpuint(cur, ==, 15 * MIB);
    engine_item_clear(&copy.item);
}

int
main(int argc, char **argv)
{
    static const struct {
        const char *name;
        void (*func)(Fixture *f, gconstpointer data);
    } tests[] = {
        {"file-sizes", test_file_sizes}, {"holes", test_holes},
        {"zeros", test_zeros},           {"head", test_head},
        {"cut-short", test_cut_short},   {"changed", test_changed},
        {"clone", test_clone},           {"many", test_many},
        {"order", test_order},           {"nothing", test_nothing},
        {"errors", test_errors},         {"error-ends-others", test_error_ends_others},
        {"cancel", test_cancel},         {"suspend", test_suspend},
        {"bandwidth", test_bandwidth},   {"progress", test_progress},
    };

    g_test_init(&argc, &argv, NULL);
    for (gsize i = 0; i < G_N_ELEMENTS(tests); i++) {
        g_autofree char *path = g_strdup_printf("/engine/%s", tests[i].name);

        g_test_add(path, Fixture, NULL, set_up, tests[i].func, tear_down);
    }
    return g_test_run();
}
