/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <glib-unix.h>
#include <libvirt/libvirt.h>

#include "drivers/libvirt/libvirt-loop.h"

/* A file descriptor or a timer that libvirt watches. */
typedef struct {
    int id;
    int fd; /* -1: a timer */
    virEventHandleCallback ready;
    virEventTimeoutCallback elapsed;
    void *opaque;
    virFreeCallback free_opaque;
    GSource *source; /* NULL: it is disabled */
} Watch;

static GMainContext *context;
static GMutex lock; /* guards all below */
static GHashTable *watches; /* Watch, by id */
static int last_id;

static const struct {
    int event;
    GIOCondition condition;
} conditions[] = {
    {VIR_EVENT_HANDLE_READABLE, G_IO_IN},
    {VIR_EVENT_HANDLE_WRITABLE, G_IO_OUT},
    {VIR_EVENT_HANDLE_ERROR, G_IO_ERR},
    {VIR_EVENT_HANDLE_HANGUP, G_IO_HUP},
};

static gboolean
on_handle_ready(gint fd, GIOCondition condition, gpointer data)
{
    const Watch *watch = data;
    int events = 0;

    for (gsize i = 0; i < G_N_ELEMENTS(conditions); i++) {
        if (condition & conditions[i].condition)
            events |= conditions[i].event;
    }
    watch->ready(watch->id, watch->fd, events, watch->opaque);

    return G_SOURCE_CONTINUE;
}

static gboolean
on_timeout_elapsed(gpointer data)
{
    const Watch *watch = data;

    watch->elapsed(watch->id, watch->opaque);

    return G_SOURCE_CONTINUE;
}

/* Enables or disables a watch. Called with the lock held. @value: events or milliseconds. */
static void
set_watch(Watch *watch, int value)
{
    GIOCondition condition = 0;

    if (watch->source) {
        g_source_destroy(watch->source);
        g_clear_pointer(&watch->source, g_source_unref);
    }
    for (gsize i = 0; i < G_N_ELEMENTS(conditions); i++) {
        if (value & conditions[i].event)
            condition |= conditions[i].condition;
    }
    if (watch->fd >= 0 && condition != 0) {
        watch->source = g_unix_fd_source_new(watch->fd, condition);
        g_source_set_callback(watch->source, G_SOURCE_FUNC(on_handle_ready), watch, NULL);
    } else if (watch->fd < 0 && value >= 0) {
        watch->source = g_timeout_source_new((guint)value);
        g_source_set_callback(watch->source, on_timeout_elapsed, watch, NULL);
    }
    if (watch->source)
        g_source_attach(watch->source, context);
}

static int
add_watch(const Watch *what, int value)
{
    G_GNUC_UNUSED g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&lock);
    Watch *watch = g_memdup2(what, sizeof *what);

    watch->id = ++last_id;
    g_hash_table_insert(watches, GINT_TO_POINTER(watch->id), watch);
    set_watch(watch, value);

    return watch->id;
}

static int
add_handle(int fd, int events, virEventHandleCallback ready, void *opaque,
           virFreeCallback free_opaque)
{
    return add_watch(&(Watch){.fd = fd, .ready = ready, .opaque = opaque,
                              .free_opaque = free_opaque},
                     events);
}

static int
add_timeout(int ms, virEventTimeoutCallback elapsed, void *opaque, virFreeCallback free_opaque)
{
    return add_watch(&(Watch){.fd = -1, .elapsed = elapsed, .opaque = opaque,
                              .free_opaque = free_opaque},
                     ms);
}

static void
loop_update(int id, int value)
{
    G_GNUC_UNUSED g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&lock);
    Watch *watch = g_hash_table_lookup(watches, GINT_TO_POINTER(id));

    if (watch)
        set_watch(watch, value);
}

static gboolean
drop_watch(gpointer data)
{
    Watch *watch = data;

    if (watch->free_opaque)
        watch->free_opaque(watch->opaque);
    g_free(watch);

    return G_SOURCE_REMOVE;
}

/* Removes a watch. It is freed later by the loop, which may just be in the callback of the watch,
 * and not in this call, because the caller may hold locks that free_opaque needs. */
static int
remove_watch(int id)
{
    G_GNUC_UNUSED g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&lock);
    g_autoptr(GSource) later = NULL;
    Watch *watch = g_hash_table_lookup(watches, GINT_TO_POINTER(id));

    if (!watch)
        return -1;
    g_hash_table_remove(watches, GINT_TO_POINTER(id));
    if (watch->source) {
        g_source_destroy(watch->source);
        g_source_unref(watch->source);
    }
    later = g_idle_source_new();
    g_source_set_priority(later, G_PRIORITY_DEFAULT);
    g_source_set_callback(later, drop_watch, watch, NULL);
    g_source_attach(later, context);

    return 0;
}

static gpointer
loop_thread(gpointer data)
{
    for (;;)
        g_main_context_iteration(context, TRUE);

    return NULL;
}

static void
never_called(G_GNUC_UNUSED int timer, G_GNUC_UNUSED void *opaque)
{
}

/* Whether an event loop is registered already. libvirt keeps the first one in a process and accepts
 * timers only if there is one. */
static gboolean
has_loop(void)
{
    int timer = virEventAddTimeout(-1, never_called, NULL, NULL);

    if (timer < 0)
        return FALSE;
    virEventRemoveTimeout(timer);

    return TRUE;
}

void
libvirt_loop_start(void)
{
    if (has_loop())
        return;
    context = g_main_context_new();
    watches = g_hash_table_new(NULL, NULL);
    virEventRegisterImpl(add_handle, loop_update, remove_watch, add_timeout, loop_update,
                         remove_watch);
    g_thread_unref(g_thread_new("libvirt-events", loop_thread, NULL));
}
