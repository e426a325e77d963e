/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include "service/work.h"

typedef struct {
    WorkKind kind;
    char *lane; /* NULL: none */
    WorkPart run;
    WorkPart done;
    gpointer data;
} Work;

/* How many threads of each kind there are at most. More than one that hangs should fit in. */
static const gint threads_max[WORK_KINDS] = {1, 32, 64};

static GThreadPool *pools[WORK_KINDS];
static guint pending[WORK_KINDS];
static GHashTable *lanes[WORK_KINDS]; /* GQueue of Work that waits, by lane; there while busy */

static gboolean finish(gpointer data);

static void
run_in_thread(gpointer data, gpointer unused)
{
    Work *work = data;

    work->run(work->data);
    /* As urgent as calls are, or many callers could keep it from being told. */
    g_idle_add_full(G_PRIORITY_DEFAULT, finish, work, NULL);
}

static void
start_threads(void)
{
    static gboolean started;

    if (started)
        return;
    started = TRUE;
    for (guint i = 0; i < WORK_KINDS; i++) {
        pools[i] = g_thread_pool_new(run_in_thread, NULL, threads_max[i], FALSE, NULL);
        lanes[i] = g_hash_table_new_full(g_str_hash, g_str_equal, g_free,
                                         (GDestroyNotify)g_queue_free);
    }
}

/* Another thread that could not be made means that those there are have it to do. */
static void
push_work(Work *work)
{
    g_thread_pool_push(pools[work->kind], work, NULL);
}

static void
next_in_lane(WorkKind kind, const char *lane)
{
    Work *next = g_queue_pop_head(g_hash_table_lookup(lanes[kind], lane));

    if (next)
        push_work(next);
    else
        g_hash_table_remove(lanes[kind], lane);
}

static gboolean
finish(gpointer data)
{
    Work *work = data;

    pending[work->kind]--;
    if (work->lane)
        next_in_lane(work->kind, work->lane);
    work->done(work->data);
    g_free(work->lane);
    g_free(work);

    return G_SOURCE_REMOVE;
}

void
work_run(WorkKind kind, const char *lane, WorkPart run, WorkPart done, gpointer data)
{
    Work *work = g_new0(Work, 1);
    GQueue *waiting = NULL;

    start_threads();
    *work = (Work){kind, g_strdup(lane), run, done, data};
    pending[kind]++;
    if (lane)
        waiting = g_hash_table_lookup(lanes[kind], lane);
    if (waiting) {
        g_queue_push_tail(waiting, work);
        return;
    }
    if (lane)
        g_hash_table_insert(lanes[kind], g_strdup(lane), g_queue_new());
    push_work(work);
}

guint
work_pending(WorkKind kind)
{
    return pending[kind];
}

gboolean
work_is_idle(void)
{
    for (guint i = 0; i < WORK_KINDS; i++) {
        if (pending[i] > 0)
            return FALSE;
    }

    return TRUE;
}

void
work_finish_records(void)
{
    start_threads();
    g_thread_pool_free(pools[WORK_RECORDS], FALSE, TRUE);
    pools[WORK_RECORDS] = NULL;
}
