/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <string.h>
#include <sys/resource.h>

#include "tests/unit/copies.h"
#include "tests/unit/harness.h"

/* The engine with many items, errors and requests; test-engine.c tests the bytes. */

#define KIB 1024
#define MIB (1024 * KIB)
/* Microseconds. No test fails for the clock: what ends takes less, and on a busy machine, too. */
#define HANG (60 * G_USEC_PER_SEC)

/* --- many items, order, nothing --------------------------------------------- */

static void
test_many(void)
{
    enum { N = 3000, WORKERS = 4 };
    g_autofree Copy *copies = g_new0(Copy, N);
    g_autoptr(GError) error = NULL;
    g_autoptr(Control) control = control_new();
    struct rlimit old;
    struct rlimit few;
    guint64 cur, end;
    FakeSink sink = {0};
    g_autoptr(Scratch) dir = scratch_new();
    g_autofree char *from = g_build_filename(dir, "from", NULL);

    write_file(from, "a small file", -1);
    for (guint i = 0; i < N; i++) {
        copy_init(&copies[i]);
        copies[i].from = from;
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
test_order(void)
{
    enum { N = 5 };
    static const guint64 weights[N] = {3, 900, 0, 1000, 900};
    g_autoptr(GPtrArray) items = g_ptr_array_new();
    g_autoptr(GError) error = NULL;
    g_autoptr(Control) control = control_new();
    Copy copies[N];
    guint64 last = G_MAXUINT64;
    g_autoptr(Scratch) dir = scratch_new();
    g_autofree char *from = g_build_filename(dir, "from", NULL);

    write_file(from, "x", -1);
    for (guint i = 0; i < N; i++) {
        copy_init(&copies[i]);
        copies[i].from = from;
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
test_nothing(void)
{
    g_autoptr(GPtrArray) items = g_ptr_array_new();
    g_autoptr(GError) error = NULL;
    g_autoptr(Control) control = control_new();
    EngineStats stats;

    g_assert_true(engine_run(items, 0, control, &stats, &error));
    g_assert_no_error(error);
    g_assert_cmpuint(stats.bytes_read, ==, 0);
}

static gboolean
note_read(EngineItem *item, GError **error)
{
    Copy *copy = (Copy *)item;
    guint *reads = copy->sink->user_data;

    g_assert_cmpuint(copy->sink->bytes_written, ==, 3 * MIB);
    g_assert_cmpuint(copy->sink->flushes, ==, 0);
    (*reads)++;
    if (!copy->refuse_finish)
        return TRUE;
    g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_INVALID_STATE, "it was not held");

    return FALSE;
}

static void
check_read(FakeSink *fake, guint64 offset)
{
    g_assert_cmpuint(*(guint *)fake->user_data, ==, 1);
}

/* Who holds the source need not hold it until the sink is flushed. */
static void
test_was_read(void)
{
    for (guint refuse = 0; refuse < 2; refuse++) {
        FakeSource fake = {.size = 3 * MIB};
        guint reads = 0;
        FakeSink sink = {.discard = TRUE, .on_flush = check_read, .user_data = &reads};
        g_autoptr(GError) error = NULL;
        g_autoptr(Control) control = control_new();
        Copy copy;

        copy_init(&copy);
        copy.fake = &fake;
        copy.sink = &sink;
        copy.refuse_finish = refuse;
        copy.item.was_read = note_read;
        g_assert_cmpint(run_copies(&copy, 1, 2, control, NULL, &error), !=, refuse);
        g_assert_cmpuint(reads, ==, 1);
        g_assert_cmpuint(sink.flushes, ==, !refuse);
        g_assert_cmpint(g_error_matches(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_INVALID_STATE),
                        ==, refuse);
        engine_item_clear(&copy.item);
        fake_sink_clear(&sink);
    }
}

/* --- orders from another thread ---------------------------------------------- */

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
nothing(Control *control)
{
}

static void
limit(Control *control)
{
    control_set_bandwidth(control, 1000);
}

static void
suspend(Control *control)
{
    control_suspend(control, TRUE);
}

/* --- what an earlier run did -------------------------------------------------- */

enum { SEGMENTS = 4 };

typedef struct {
    Copy copy;
    gint told[SEGMENTS]; /* atomic */
    gint stopped;        /* atomic */
} Resumed;

static gboolean
note_segment(EngineItem *item, gsize index, G_GNUC_UNUSED GError **error)
{
    Resumed *resumed = item->user_data;

    g_assert_nonnull(item->sink);
    g_atomic_int_inc(&resumed->told[index]);

    return TRUE;
}

static void
note_stop(EngineItem *item)
{
    Resumed *resumed = item->user_data;

    g_assert_true(item->source && item->sink);
    g_atomic_int_inc(&resumed->stopped);
}

static void
init_resumed(Resumed *resumed, FakeSource *source, FakeSink *sink)
{
    memset(resumed, 0, sizeof *resumed);
    copy_init(&resumed->copy);
    resumed->copy.fake = source;
    resumed->copy.sink = sink;
    resumed->copy.item.weight = source->size;
    resumed->copy.item.segment = note_segment;
    resumed->copy.item.stop = note_stop;
}

/* @earlier: some of the segments 0..3 were copied by an earlier run. */
static void
assert_resumed(guint earlier, const guint8 *nodes, const guint8 *digest)
{
    FakeSource source = {.size = 200 * MIB};
    FakeSink sink = {.discard = TRUE};
    g_autoptr(GArray) segments = g_array_new(FALSE, FALSE, sizeof(EngineSegment));
    g_autoptr(Control) control = control_new();
    g_autoptr(GError) error = NULL;
    guint64 missing = 0;
    guint64 cur, end;
    EngineStats stats;
    Resumed resumed;

    init_resumed(&resumed, &source, &sink);
    for (guint i = 0; i < SEGMENTS; i++) {
        EngineSegment segment = {.index = i};

        memcpy(segment.node, nodes + i * DIGEST_BYTES, DIGEST_BYTES);
        if (earlier & 1U << i)
            g_array_append_val(segments, segment);
        else
            missing += i < 3 ? 64 * MIB : 8 * MIB;
    }
    resumed.copy.item.earlier = segments;
    control_set_end(control, source.size);
    g_assert_true(run_copies(&resumed.copy, 1, 3, control, &stats, &error));
    g_assert_no_error(error);
    g_assert_cmpuint(stats.bytes_read, ==, missing);
    g_assert_cmpuint(stats.bytes_written, ==, missing);
    g_assert_cmpmem(resumed.copy.item.digest, DIGEST_BYTES, digest, DIGEST_BYTES);
    for (guint i = 0; i < SEGMENTS; i++)
        g_assert_cmpint(resumed.told[i], ==, !(earlier & 1U << i));
    g_assert_cmpuint(resumed.copy.finished, ==, 1);
    g_assert_cmpuint(sink.flushes, ==, 1);
    g_assert_cmpint(resumed.stopped, ==, 0);
    control_progress(control, &cur, &end);
    g_assert_cmpuint(cur, ==, end);
    engine_item_clear(&resumed.copy.item);
}

static void
test_earlier(void)
{
    FakeSource source = {.size = 200 * MIB};
    Copy copy;
    g_autoptr(Control) control = control_new();
    g_autoptr(GError) error = NULL;

    copy_init(&copy);
    copy.fake = &source;
    g_assert_true(run_copies(&copy, 1, 2, control, NULL, &error));
    g_assert_cmpuint(copy.item.n_nodes, ==, SEGMENTS);
    for (guint earlier = 0; earlier < 1U << SEGMENTS; earlier += 5)
        assert_resumed(earlier, copy.item.nodes, copy.item.digest);
    assert_resumed(1, copy.item.nodes, copy.item.digest);
    assert_resumed(8, copy.item.nodes, copy.item.digest);
    engine_item_clear(&copy.item);
    g_assert_cmpint(fake_alive(), ==, 0);
}

static void
test_stop(void)
{
    FakeSource source = {.size = 200 * MIB};
    FakeSink sink = {.discard = TRUE, .fail_write = TRUE};
    g_autoptr(Control) control = control_new();
    g_autoptr(GError) error = NULL;
    EngineStats stats;
    Resumed resumed;

    init_resumed(&resumed, &source, &sink);
    g_assert_false(run_copies(&resumed.copy, 1, 2, control, &stats, &error));
    g_assert_true(stats.sink_failed);
    g_assert_cmpint(resumed.stopped, ==, 1);
    engine_item_clear(&resumed.copy.item);
    g_clear_error(&error);

    source.fail_read = TRUE;
    sink.fail_write = FALSE;
    init_resumed(&resumed, &source, &sink);
    g_assert_false(run_copies(&resumed.copy, 1, 2, control, &stats, &error));
    g_assert_false(stats.sink_failed);
    g_assert_cmpint(resumed.stopped, ==, 1);
    engine_item_clear(&resumed.copy.item);
}

/* --- errors ----------------------------------------------------------------- */

/* Where the error occurs, and the code that the engine must return. */
typedef enum { OPEN, READ, READ_LATER, WRITE, FLUSH, CHECK, EXTENTS, FINISH } Step;

static void
test_errors(void)
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
        /* The item with the error is in the middle of others. */
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

/* The transfers of the other workers are of no use any more, so nobody waits for them. */
static void
test_error_ends_others(void)
{
    /* This is done while the bad source is read. */
    static void (*const acts[])(Control *control) = {nothing, limit, suspend};

    for (gsize i = 0; i < G_N_ELEMENTS(acts); i++) {
        /* All of it takes minutes, or years at a kilobyte a second, or for ever. */
        FakeSource good = {.size = 8192 * (guint64)MIB, .read_us = 50 * 1000};
        FakeSink sink = {.discard = TRUE};
        FakeSource bad = {.size = MIB, .fail_read = TRUE, .read_us = 300 * 1000};
        Copy copies[2];
        g_autoptr(GError) error = NULL;
        g_autoptr(Control) control = control_new();
        Order order = {control, acts[i], 100 * 1000};
        gint64 begin = g_get_monotonic_time();
        GThread *thread = g_thread_new("order", give_order, &order);

        g_test_message("row %zu", i);
        copy_init(&copies[0]);
        copies[0].fake = &bad;
        copies[0].item.weight = 2;
        copy_init(&copies[1]);
        copies[1].fake = &good;
        copies[1].sink = &sink;
        copies[1].item.weight = 1;
        g_assert_false(run_copies(copies, 2, 2, control, NULL, &error));
        g_assert_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_CORRUPT);
        g_assert_cmpint(g_get_monotonic_time() - begin, <, HANG);
        g_thread_join(thread);
        for (guint k = 0; k < 2; k++)
            engine_item_clear(&copies[k].item);
    }
}

/* --- orders ----------------------------------------------------------------- */

static void
test_cancel(void)
{
    /* The whole copy would take minutes. */
    FakeSource source = {.size = 16384 * (guint64)MIB, .read_us = 20 * 1000};
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
    g_assert_cmpint(g_get_monotonic_time() - begin, <, HANG);
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
test_suspend(void)
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
test_bandwidth(void)
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
    /* By the figures this takes half a second; the first block is free, and a busy machine takes
     * longer. */
    g_assert_cmpint(took, >=, 350 * 1000);
    g_assert_cmpint(took, <, HANG);
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

/* The progress never falls, moves on the way, and reaches its end when all is durable. */
static void
test_progress(void)
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
    int status;

    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/engine-runs/many", test_many);
    g_test_add_func("/engine-runs/order", test_order);
    g_test_add_func("/engine-runs/nothing", test_nothing);
    g_test_add_func("/engine-runs/was-read", test_was_read);
    g_test_add_func("/engine-runs/earlier", test_earlier);
    g_test_add_func("/engine-runs/stop", test_stop);
    g_test_add_func("/engine-runs/errors", test_errors);
    g_test_add_func("/engine-runs/error-ends-others", test_error_ends_others);
    g_test_add_func("/engine-runs/cancel", test_cancel);
    g_test_add_func("/engine-runs/suspend", test_suspend);
    g_test_add_func("/engine-runs/bandwidth", test_bandwidth);
    g_test_add_func("/engine-runs/progress", test_progress);
    status = g_test_run();
    /* Whatever the result is, everything was freed. */
    g_assert_cmpint(fake_alive(), ==, 0);

    return status;
}
