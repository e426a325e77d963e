/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <string.h>

#include "transfer/control.h"

#define MS G_GINT64_CONSTANT(1000)
/* No test fails for the clock: everything that ends takes less than this, on a busy machine, too.
 * */
#define HANG (60 * 1000 * MS)
#define MIB (1024 * 1024)

/* An action of another thread while this one waits. */
typedef struct {
    Control *control;
    void (*act)(Control *control);
} Order;

static gpointer
give_order(gpointer data)
{
    Order *order = data;

    g_usleep(100 * MS);
    order->act(order->control);

    return NULL;
}

/* Returns: how long control_pass() of @bytes takes if @act is done after 100 ms. */
static gint64
pass_with_order(Control *control, gsize bytes, void (*act)(Control *control), GError **error)
{
    Order order = {control, act};
    gint64 begin = g_get_monotonic_time();
    GThread *thread = g_thread_new("order", give_order, &order);
    gboolean ok = control_pass(control, bytes, error);
    gint64 took = g_get_monotonic_time() - begin;

    g_thread_join(thread);
    if (error)
        g_assert_true(ok == (*error == NULL));

    return took;
}

static void
test_free(void)
{
    g_autoptr(Control) control = control_new();
    g_autoptr(GError) error = NULL;
    gint64 begin = g_get_monotonic_time();

    g_assert_cmpuint(control_get_bandwidth(control), ==, 0);
    g_assert_false(control_is_cancelled(control));
    for (int i = 0; i < 100000; i++)
        g_assert_true(control_pass(control, 100 * MIB, &error));
    g_assert_cmpint(g_get_monotonic_time() - begin, <, HANG);
}

static void
test_cancel(void)
{
    g_autoptr(Control) control = control_new();
    g_autoptr(GError) error = NULL;
    g_autoptr(GError) again = NULL;

    control_cancel(control);
    g_assert_true(control_is_cancelled(control));
    g_assert_false(control_pass(control, 0, &error));
    g_assert_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_CANCELLED);
    /* It may be anything that somebody cancels: a verification, the removal of exports. */
    g_assert_null(strstr(error->message, "export"));
    /* Cancelling is final, and overrules a suspension. */
    control_suspend(control, TRUE);
    g_assert_false(control_pass(control, 1, &again));
    g_assert_error(again, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_CANCELLED);
}

/* The first of several requests to end is the reason that everybody gets; a caller that cancels is
 * not told of another one. */
static void
test_fail(void)
{
    g_autoptr(Control) control = control_new();
    g_autoptr(Control) other = control_new();

    control_fail(control, g_error_new_literal(VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_IN_USE, "first"));
    control_fail(control, g_error_new_literal(VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_FAILED, "second"));
    control_interrupt(control);
    g_assert_true(control_is_cancelled(control));
    for (guint i = 0; i < 2; i++) {
        g_autoptr(GError) error = NULL;

        g_assert_false(control_pass(control, 0, &error));
        g_assert_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_IN_USE);
        g_assert_cmpstr(error->message, ==, "first");
    }
    control_cancel(other);
    control_fail(other, g_error_new_literal(VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_IN_USE, "late"));
    {
        g_autoptr(GError) error = NULL;

        g_assert_false(control_pass(other, 0, &error));
        g_assert_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_CANCELLED);
    }
}

/* These wake up a thread that waits. */
static void
run_into_error(Control *control)
{
    control_fail(control, g_error_new_literal(VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_IN_USE, "why"));
}

static void
go_on(Control *control)
{
    control_suspend(control, FALSE);
}

static void
no_limit(Control *control)
{
    control_set_bandwidth(control, 0);
}

static void
test_wakes(void)
{
    static const struct {
        const char *name;
        gboolean suspended;
        guint64 bandwidth;
        void (*act)(Control *control);
        int code; /* 0: it goes on */
    } table[] = {
        {"suspended, go on", TRUE, 0, go_on, 0},
        {"suspended, cancel", TRUE, 0, control_cancel, VIRT_SNAP_ERROR_CANCELLED},
        {"suspended, fail", TRUE, 0, run_into_error, VIRT_SNAP_ERROR_IN_USE},
        {"no bandwidth left, cancel", FALSE, 1, control_cancel, VIRT_SNAP_ERROR_CANCELLED},
        {"no bandwidth left, no limit", FALSE, 1, no_limit, 0},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(table); i++) {
        g_autoptr(Control) control = control_new();
        g_autoptr(GError) error = NULL;
        gint64 took;

        g_test_message("%s", table[i].name);
        control_set_bandwidth(control, table[i].bandwidth);
        g_assert_cmpuint(control_get_bandwidth(control), ==, table[i].bandwidth);
        /* Uses up the bandwidth of a week. */
        g_assert_true(control_pass(control, MIB, &error));
        control_suspend(control, table[i].suspended);
        took = pass_with_order(control, MIB, table[i].act, &error);
        g_assert_cmpint(took, >=, 90 * MS);
        g_assert_cmpint(took, <, HANG);
        if (table[i].code)
            g_assert_error(error, VIRT_SNAP_ERROR, table[i].code);
        else
            g_assert_no_error(error);
    }
}

/* A long pause saves up no burst, and no bytes cost nothing. */
/* What went ahead of its time is not forgotten when the rate is set again. */
static void
test_bandwidth_set_again(void)
{
    g_autoptr(Control) control = control_new();
    g_autoptr(GError) error = NULL;

    control_set_bandwidth(control, 1);
    g_assert_true(control_pass(control, 100 * MIB, &error));
    control_set_bandwidth(control, 1);
    pass_with_order(control, 1, control_cancel, &error);
    g_assert_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_CANCELLED);
}

static void
test_bandwidth(void)
{
    g_autoptr(Control) control = control_new();
    g_autoptr(GError) error = NULL;
    gint64 begin;

    control_set_bandwidth(control, 10 * MIB);
    g_usleep(500 * MS);
    begin = g_get_monotonic_time();
    for (int i = 0; i < 5; i++)
        g_assert_true(control_pass(control, MIB, &error));
    /* This is the time of four blocks of 100 ms each, less the 50 ms that may be saved up. */
    g_assert_cmpint(g_get_monotonic_time() - begin, >=, 340 * MS);
    g_assert_cmpint(g_get_monotonic_time() - begin, <, HANG);
    begin = g_get_monotonic_time();
    /* 100 s, if each cost as much as a block. */
    for (int i = 0; i < 1000; i++)
        g_assert_true(control_pass(control, 0, &error));
    g_assert_cmpint(g_get_monotonic_time() - begin, <, HANG);
}

/* Several threads share one limit. */
static gpointer
pass_five(gpointer data)
{
    for (int i = 0; i < 5; i++)
        g_assert_true(control_pass(data, MIB, NULL));

    return NULL;
}

static void
test_shared(void)
{
    g_autoptr(Control) control = control_new();
    gint64 begin = g_get_monotonic_time();
    GThread *threads[4];

    control_set_bandwidth(control, 40 * MIB);
    for (guint i = 0; i < G_N_ELEMENTS(threads); i++)
        threads[i] = g_thread_new("pass", pass_five, control);
    for (guint i = 0; i < G_N_ELEMENTS(threads); i++)
        g_thread_join(threads[i]);
    /* 20 MiB at 40 MiB/s, the first block free. */
    g_assert_cmpint(g_get_monotonic_time() - begin, >=, 400 * MS);
    g_assert_cmpint(g_get_monotonic_time() - begin, <, HANG);
}

static void
test_progress(void)
{
    static const struct {
        guint64 advance;
        guint64 cur;
    } table[] = {
        {0, 0}, {10, 10}, {80, 90}, {20, 100}, {1, 100}, {G_MAXUINT64, 100},
    };
    g_autoptr(Control) control = control_new();
    guint64 cur = 1, end = 1;

    control_progress(control, &cur, &end);
    g_assert_cmpuint(cur, ==, 0);
    g_assert_cmpuint(end, ==, 0);
    control_set_end(control, 100);
    for (gsize i = 0; i < G_N_ELEMENTS(table); i++) {
        control_advance(control, table[i].advance);
        control_progress(control, &cur, &end);
        g_assert_cmpuint(cur, ==, table[i].cur);
        g_assert_cmpuint(end, ==, 100);
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/control/free", test_free);
    g_test_add_func("/control/cancel", test_cancel);
    g_test_add_func("/control/fail", test_fail);
    g_test_add_func("/control/wakes", test_wakes);
    g_test_add_func("/control/bandwidth", test_bandwidth);
    g_test_add_func("/control/bandwidth-set-again", test_bandwidth_set_again);
    g_test_add_func("/control/shared", test_shared);
    g_test_add_func("/control/progress", test_progress);
    return g_test_run();
}
