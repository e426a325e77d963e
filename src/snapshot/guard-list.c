/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include "hypervisor/snapshot-ops.h"
#include "snapshot/guard-list.h"

/* One domain that is held still. */
typedef struct {
    char *uuid;
    gboolean frozen;
    gboolean paused;
    /* For the thread that releases the domain: */
    Hypervisor *hypervisor;
    guint timeout;
} Held;

struct GuardList {
    GPtrArray *held; /* Held */
};

static void
held_free(Held *held)
{
    g_free(held->uuid);
    g_free(held);
}

GuardList *
guard_list_new(void)
{
    GuardList *self = g_new0(GuardList, 1);

    self->held = g_ptr_array_new_with_free_func((GDestroyNotify)held_free);

    return self;
}

void
guard_list_free(GuardList *self)
{
    if (!self)
        return;
    g_ptr_array_unref(self->held);
    g_free(self);
}

guint
guard_list_size(const GuardList *self)
{
    return self->held->len;
}

/* --- what is told --------------------------------------------------------------- */

static Held *
held_for(GuardList *self, const char *uuid)
{
    Held *held;

    for (guint i = 0; i < self->held->len; i++) {
        held = g_ptr_array_index(self->held, i);
        if (g_str_equal(held->uuid, uuid))
            return held;
    }
    held = g_new0(Held, 1);
    held->uuid = g_strdup(uuid);
    g_ptr_array_add(self->held, held);

    return held;
}

static void
forget_released(GuardList *self)
{
    for (guint i = self->held->len; i > 0; i--) {
        const Held *held = g_ptr_array_index(self->held, i - 1);

        if (!held->frozen && !held->paused)
            g_ptr_array_remove_index(self->held, i - 1);
    }
}

static gboolean
note_held(GuardList *self, const char *what, const char *uuid, gboolean still)
{
    gboolean freeze = g_str_equal(what, "freeze");

    if ((!freeze && !g_str_equal(what, "pause")) || !g_uuid_string_is_valid(uuid))
        return FALSE;
    if (freeze)
        held_for(self, uuid)->frozen = still;
    else
        held_for(self, uuid)->paused = still;
    forget_released(self);

    return TRUE;
}

GuardLine
guard_list_take(GuardList *self, const char *line)
{
    g_auto(GStrv) words = NULL;

    if (g_str_equal(line, "done"))
        return GUARD_LINE_DONE;
    if (g_str_equal(line, "now"))
        return GUARD_LINE_NOW;
    if (line[0] != '+' && line[0] != '-')
        return GUARD_LINE_UNKNOWN;
    words = g_strsplit(line + 1, " ", 2);

    return g_strv_length(words) == 2 && note_held(self, words[0], words[1], line[0] == '+')
               ? GUARD_LINE_NOTED
               : GUARD_LINE_UNKNOWN;
}

/* --- what is done ---------------------------------------------------------------- */

static gboolean
is_gone(const Held *held)
{
    g_autoptr(GError) error = NULL;
    DomainState state;

    if (held->hypervisor->ops->snapshots->state(held->hypervisor, held->uuid, &state, &error))
        return state == DOMAIN_STATE_OFF;

    return g_error_matches(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_NOT_FOUND);
}

/* Resumes the domain before it is thawed, because a guest agent cannot answer while the
 * processors are paused. */
static gpointer
release_one(gpointer data)
{
    Held *held = data;
    const HypervisorSnapshotOps *ops = held->hypervisor->ops->snapshots;
    g_autoptr(GError) error = NULL;
    guint thawed;

    if (held->paused && ops->resume(held->hypervisor, held->uuid, &error))
        held->paused = FALSE;
    if (held->frozen && !held->paused &&
        ops->thaw(held->hypervisor, held->uuid, held->timeout, &thawed, &error))
        held->frozen = FALSE;
    if (error)
        g_debug("%s", error->message);
    if ((held->frozen || held->paused) && is_gone(held))
        held->frozen = held->paused = FALSE;

    return NULL;
}

guint
guard_list_release(GuardList *self, Hypervisor *hypervisor, guint timeout)
{
    g_autoptr(GPtrArray) threads = g_ptr_array_new();

    for (guint i = 0; i < self->held->len; i++) {
        Held *held = g_ptr_array_index(self->held, i);
        GThread *thread;

        held->hypervisor = hypervisor;
        held->timeout = timeout;
        thread = g_thread_try_new("virtsnap-thaw", release_one, held, NULL);
        if (thread)
            g_ptr_array_add(threads, thread);
        else
            release_one(held);
    }
    for (guint i = 0; i < threads->len; i++)
        g_thread_join(g_ptr_array_index(threads, i));
    forget_released(self);

    return self->held->len;
}
