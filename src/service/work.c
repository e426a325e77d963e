/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include "service/work.h"

typedef struct {
    WorkKind kind;
    char *lane; /* NULL: no lane */
    WorkPart run;
    WorkPart done;
    gpointer data;
} Work;

/* Maximal number of threads of each kind; except for records large enough that some may hang. */
static const gint threads_max[WORK_KINDS] = {1, 32, 64};

static GThreadPool *pools[WORK_KINDS];
static guint pending[WORK_KINDS];
static GHashTable *lanes[WORK_KINDS]; /* lane -> GQueue of waiting Work; a lane has an entry while
                                       * it is busy */

static gboolean finish_work(gpointer data);

static void
run_queued_work(gpointer data, gpointer unused)
{
    Work *work = data;

    work->run(work->data);
    /* The same priority as that of method calls, so that many callers cannot delay it for ever. */
    g_idle_add_full(G_PRIORITY_DEFAULT, finish_work, work, NULL);
}

static void
start_work_threads(void)
{
    static gboolean started;

    if (started)
        return;
    started = TRUE;
    for (guint i = 0; i < WORK_KINDS; i++) {
        pools[i] = g_thread_pool_new(run_queued_work, NULL, threads_max[i], FALSE, NULL);
        lanes[i] = g_hash_table_new_full(g_str_hash, g_str_equal, g_free,
                                         (GDestroyNotify)g_queue_free);
    }
}

/* An error is ignored: if no further thread can be created, the existing ones do the work. */
static void
push_work(Work *work)
{
    g_thread_pool_push(pools[work->kind], work, NULL);
}

static void
start_next_in_lane(WorkKind kind, const char *lane)
{
    Work *next = g_queue_pop_head(g_hash_table_lookup(lanes[kind], lane));

    if (next)
        push_work(next);
    else
        g_hash_table_remove(lanes[kind], lane);
}

static gboolean
finish_work(gpointer data)
{
    Work *work = data;

    pending[work->kind]--;
    if (work->lane)
        start_next_in_lane(work->kind, work->lane);
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

    start_work_threads();
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
    start_work_threads();
    g_thread_pool_free(pools[WORK_RECORDS], FALSE, TRUE);
    pools[WORK_RECORDS] = NULL;
}
