/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include "service/work.h"

/* A gate that work waits at until it is opened. */
typedef struct {
    GMutex lock;
    GCond changed;
    gboolean open;
    guint waiting;
} Gate;

typedef struct {
    Gate *gate; /* NULL: does not wait */
    GString *log; /* of what was done, in the main loop */
    char name;
} Piece;

static void
gate_open(Gate *gate)
{
    g_mutex_lock(&gate->lock);
    gate->open = TRUE;
    g_cond_broadcast(&gate->changed);
    g_mutex_unlock(&gate->lock);
}

static void
gate_wait_for(Gate *gate, guint waiting)
{
    g_mutex_lock(&gate->lock);
    while (gate->waiting < waiting)
        g_cond_wait(&gate->changed, &gate->lock);
    g_mutex_unlock(&gate->lock);
}

static void
pass_gate(gpointer data)
{
    const Piece *piece = data;
    Gate *gate = piece->gate;

    if (!gate)
        return;
    g_mutex_lock(&gate->lock);
    gate->waiting++;
    g_cond_broadcast(&gate->changed);
    while (!gate->open)
        g_cond_wait(&gate->changed, &gate->lock);
    g_mutex_unlock(&gate->lock);
}

static void
note(gpointer data)
{
    Piece *piece = data;

    g_string_append_c(piece->log, piece->name);
    g_free(piece);
}

static void
run_piece(WorkKind kind, const char *lane, Gate *gate, GString *log, char name)
{
    Piece *piece = g_new0(Piece, 1);

    *piece = (Piece){gate, log, name};
    work_run(kind, lane, pass_gate, note, piece);
}

static void
iterate_until(const GString *log, const char *text)
{
    while (!g_str_equal(log->str, text))
        g_main_context_iteration(NULL, TRUE);
}

/* In one lane pieces of work run one after the other; other lanes run meanwhile. */
static void
test_lanes(void)
{
    Gate gate = {0};
    g_autoptr(GString) log = g_string_new(NULL);

    run_piece(WORK_STORE, "one", &gate, log, 'a');
    run_piece(WORK_STORE, "one", NULL, log, 'b');
    run_piece(WORK_STORE, "one", NULL, log, 'c');
    gate_wait_for(&gate, 1);
    run_piece(WORK_STORE, "two", NULL, log, 'x');
    iterate_until(log, "x");
    run_piece(WORK_STORE, NULL, NULL, log, 'y');
    iterate_until(log, "xy");
    /* A lane of the same name is another one for another kind of work. */
    run_piece(WORK_TARGET, "one", NULL, log, 'z');
    iterate_until(log, "xyz");
    g_assert_cmpuint(work_pending(WORK_STORE), ==, 3);
    g_assert_false(work_is_idle());
    gate_open(&gate);
    iterate_until(log, "xyzabc");
    g_assert_true(work_is_idle());
    run_piece(WORK_STORE, "one", NULL, log, 'd');
    iterate_until(log, "xyzabcd");
}

/* However many targets hang, the store and the records have threads of their own. */
static void
test_kinds(void)
{
    Gate gate = {0};
    g_autoptr(GString) hung = g_string_new(NULL);
    g_autoptr(GString) log = g_string_new(NULL);

    for (guint i = 0; i < 500; i++)
        run_piece(WORK_TARGET, NULL, &gate, hung, 'h');
    gate_wait_for(&gate, 2);
    run_piece(WORK_STORE, NULL, NULL, log, 's');
    iterate_until(log, "s");
    for (guint i = 0; i < 9; i++)
        run_piece(WORK_RECORDS, NULL, NULL, log, (char)('1' + i));
    /* Records need no lane to be written in order. */
    iterate_until(log, "s123456789");
    g_assert_cmpuint(work_pending(WORK_TARGET), ==, 500);
    g_assert_cmpuint(hung->len, ==, 0);
    gate_open(&gate);
    while (hung->len < 500)
        g_main_context_iteration(NULL, TRUE);
    g_assert_true(work_is_idle());
}

static void
count(gpointer data)
{
    g_atomic_int_inc((gint *)data);
}

static void
forget(gpointer data)
{
}

/* At the end the main loop does not run any more, and records are written nevertheless. */
static void
test_finish(void)
{
    gint written = 0; /* atomic */

    for (guint i = 0; i < 100; i++)
        work_run(WORK_RECORDS, NULL, count, forget, &written);
    work_finish_records();
    g_assert_cmpint(g_atomic_int_get(&written), ==, 100);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/work/lanes", test_lanes);
    g_test_add_func("/work/kinds", test_kinds);
    g_test_add_func("/work/finish", test_finish);

    return g_test_run();
}
