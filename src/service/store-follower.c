/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include "service/store-follower.h"
#include "service/work.h"

struct StoreFollower {
    const StoreFollowerOps *ops;
    gpointer owner;
    GFileMonitor *monitor; /* NULL: changes by other processes are not noticed */
    gboolean reading;      /* a thread is reading the records */
    gboolean read_again;   /* they have changed meanwhile */
    GQueue answers;        /* Answer: each is sent after the next complete reading */
    void (*ready)(gpointer data); /* NULL after it has been called */
    gpointer ready_data;
};

/* An answer that is sent when the objects on the bus correspond to it. */
typedef struct {
    GDBusMethodInvocation *invocation;
    GVariant *value; /* owned */
} Answer;

/* One reading of the records. */
typedef struct {
    StoreFollower *self;
    GQueue answers;   /* the answers that were queued before the reading began */
    gpointer content; /* NULL if error is set */
    GError *error;
} FollowerReading;

static void read_records_again(StoreFollower *self);

static void
read_records_in_thread(gpointer data)
{
    FollowerReading *reading = data;

    reading->content = reading->self->ops->read(reading->self->owner, &reading->error);
}

static void
show_followed_records(FollowerReading *reading)
{
    StoreFollower *self = reading->self;

    if (!reading->content) {
        g_warning("%s: %s", self->ops->what, reading->error->message);
        g_clear_error(&reading->error);
        return;
    }
    self->ops->show(self->owner, reading->content);
    self->ops->free(reading->content);
}

static void
on_records_read(gpointer data)
{
    FollowerReading *reading = data;
    StoreFollower *self = reading->self;
    void (*ready)(gpointer data) = self->ready;
    Answer *answer;

    show_followed_records(reading);
    /* The answers are sent after the objects were updated, so that a client finds what its answer
     * says. */
    while ((answer = g_queue_pop_head(&reading->answers))) {
        g_dbus_method_invocation_return_value(answer->invocation, answer->value);
        g_variant_unref(answer->value);
        g_free(answer);
    }
    g_free(reading);
    self->reading = FALSE;
    self->ready = NULL;
    if (ready)
        ready(self->ready_data);
    if (self->read_again || self->answers.length > 0)
        read_records_again(self);
}

/* Only one reading runs at a time, so that the objects always show the latest one. */
static void
read_records_again(StoreFollower *self)
{
    FollowerReading *reading;

    if (self->reading) {
        self->read_again = TRUE;
        return;
    }
    self->reading = TRUE;
    self->read_again = FALSE;
    reading = g_new0(FollowerReading, 1);
    reading->self = self;
    reading->answers = self->answers;
    g_queue_init(&self->answers);
    work_run(WORK_STORE, NULL, read_records_in_thread, on_records_read, reading);
}

static void
on_records_changed(GFileMonitor *monitor, GFile *file, GFile *other, GFileMonitorEvent event,
                   gpointer data)
{
    if (event != G_FILE_MONITOR_EVENT_CHANGED)
        read_records_again(data);
}

StoreFollower *
store_follower_new(const char *directory, const StoreFollowerOps *ops, gpointer owner,
                   void (*ready)(gpointer data), gpointer data)
{
    StoreFollower *self = g_new0(StoreFollower, 1);
    g_autoptr(GFile) file = g_file_new_for_path(directory);

    self->ops = ops;
    self->owner = owner;
    self->ready = ready;
    self->ready_data = data;
    g_queue_init(&self->answers);
    self->monitor = g_file_monitor_directory(file, G_FILE_MONITOR_WATCH_MOVES, NULL, NULL);
    if (self->monitor)
        g_signal_connect(self->monitor, "changed", G_CALLBACK(on_records_changed), self);
    read_records_again(self);

    return self;
}

void
store_follower_answer(StoreFollower *self, GDBusMethodInvocation *invocation, GVariant *value)
{
    Answer *answer = g_new0(Answer, 1);

    *answer = (Answer){invocation, g_variant_ref_sink(value)};
    g_queue_push_tail(&self->answers, answer);
    read_records_again(self);
}

void
store_follower_free(StoreFollower *self)
{
    if (!self)
        return;
    g_clear_object(&self->monitor);
    g_free(self);
}
