/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <glib/gi18n-lib.h>

#include "hypervisor/domain-job.h"
#include "snapshot/moment-still.h"

/* libvirt delays a freeze while the agent carries out another command. A freeze that is delayed
 * longer than the agent has for its answer is not waited for. */
#define LATE_US (2 * G_USEC_PER_SEC)

/* --- side by side --------------------------------------------------------------------- */

static void
start_all(Hold *hold, GThreadFunc func)
{
    for (guint i = 0; i < hold->n; i++) {
        HeldMember *held = &hold->held[i];

        held->thread = g_thread_try_new("virtsnap-moment", func, held, NULL);
        if (!held->thread)
            func(held);
    }
}

static void
join_all(Hold *hold)
{
    for (guint i = 0; i < hold->n; i++) {
        if (hold->held[i].thread)
            g_thread_join(g_steal_pointer(&hold->held[i].thread));
    }
}

static void
run_all(Hold *hold, GThreadFunc func)
{
    start_all(hold, func);
    join_all(hold);
}

/* --- looking -------------------------------------------------------------------------- */

static Consistency
consistency_asked_of(const Hold *hold, const MomentMember *member)
{
    if (member->state == DOMAIN_STATE_OFF)
        return CONSISTENCY_OFFLINE;
    switch (hold->options.level) {
    case MOMENT_FREEZE:
        return CONSISTENCY_APPLICATION;
    case MOMENT_PAUSE:
        return CONSISTENCY_CRASH;
    default:
        return CONSISTENCY_UNKNOWN;
    }
}

static gpointer
look_at_member(gpointer data)
{
    HeldMember *held = data;
    MomentMember *member = held->member;
    Hold *hold = held->hold;

    if (!hold->ops->state(hold->hypervisor, member->uuid, &member->state, &member->error))
        return NULL;
    member->asked = consistency_asked_of(hold, member);
    if (hold->options.level == MOMENT_FREEZE && member->state == DOMAIN_STATE_RUNNING)
        held->agent = hold->ops->has_agent(hold->hypervisor, member->uuid);

    return NULL;
}

static void
refuse_member(MomentMember *member, ConsistencyReason reason, const char *format)
{
    member->reason = reason;
    g_set_error(&member->error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_INVALID_STATE, format,
                member->domain);
}

/* Refuses a consistency that cannot be reached, before any guest is frozen. */
static void
refuse_hopeless(HeldMember *held)
{
    MomentMember *member = held->member;

    if (member->error || member->asked != CONSISTENCY_APPLICATION ||
        held->hold->options.best_effort)
        return;
    if (member->state == DOMAIN_STATE_PAUSED)
        refuse_member(
            member, CONSISTENCY_REASON_FREEZE_FAILED,
            _("Cannot freeze the file systems of the domain '%s': it is paused; resume it, or "
              "use --best-effort"));
    else if (!held->agent)
        refuse_member(
            member, CONSISTENCY_REASON_NO_AGENT,
            _("Cannot freeze the file systems of the domain '%s': no guest agent is connected; "
              "start qemu-guest-agent in the guest, or use --pause or --best-effort"));
}

static guint
count_running_members(const Hold *hold)
{
    guint n = 0;

    for (guint i = 0; i < hold->n; i++)
        n += hold->held[i].member->state == DOMAIN_STATE_RUNNING;

    return n;
}

/* --- standing still and running on ------------------------------------------------------ */

/* Looks once more, directly before the member is held: starting the guard takes its time. Who was
 * paused by somebody else since must not be resumed by us; for who was resumed there may be no
 * guard. */
static void
look_once_more(HeldMember *held)
{
    MomentMember *member = held->member;
    const Hold *hold = held->hold;
    DomainState before = member->state;

    if (!hold->ops->state(hold->hypervisor, member->uuid, &member->state, &member->error) ||
        member->state == before)
        return;
    if (member->state == DOMAIN_STATE_PAUSED && before == DOMAIN_STATE_RUNNING) {
        refuse_hopeless(held);
        return;
    }
    if (hold->options.level != MOMENT_NONE || before == DOMAIN_STATE_OFF)
        refuse_member(member, CONSISTENCY_REASON_NONE,
                      _("The domain '%s' was started, resumed or shut off meanwhile; try again"));
}

static gpointer
arrive_at_moment(gpointer data)
{
    HeldMember *held = data;
    Hold *hold = held->hold;

    look_once_more(held);
    if (!held->member->error)
        moment_hold_still(held);
    g_mutex_lock(&hold->lock);
    held->arrived = TRUE;
    g_cond_broadcast(&hold->changed);
    g_mutex_unlock(&hold->lock);

    return NULL;
}

static gboolean
all_arrived(const Hold *hold)
{
    for (guint i = 0; i < hold->n; i++) {
        if (!hold->held[i].arrived)
            return FALSE;
    }

    return TRUE;
}

/* Waits for the members until the timeout. Those that are late are not waited for until the
 * others run again. */
static void
await_arrival(Hold *hold)
{
    gint64 until = g_get_monotonic_time() + hold->options.timeout * G_USEC_PER_SEC + LATE_US;
    G_GNUC_UNUSED g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&hold->lock);

    while (!all_arrived(hold) && g_cond_wait_until(&hold->changed, &hold->lock, until))
        continue;
    for (guint i = 0; i < hold->n; i++)
        hold->held[i].late = !hold->held[i].arrived;
}

/* Called before it runs on. Whoever was paused may have been resumed by somebody else. */
static void
check_still_paused(const HeldMember *held)
{
    MomentMember *member = held->member;
    const Hold *hold = held->hold;
    DomainState now = DOMAIN_STATE_PAUSED;

    if (hold->options.level == MOMENT_NONE ||
        (!held->paused && member->state != DOMAIN_STATE_PAUSED) ||
        (hold->ops->state(hold->hypervisor, member->uuid, &now, &member->error) &&
         now != DOMAIN_STATE_RUNNING))
        return;
    member->reached = CONSISTENCY_UNKNOWN;
    if (!member->error)
        refuse_member(member, CONSISTENCY_REASON_NONE,
                      _("The domain '%s' was resumed meanwhile; try again"));
}

static void
check_still_off(const HeldMember *held)
{
    MomentMember *member = held->member;

    if (member->state != DOMAIN_STATE_OFF || moment_is_off(held->hold, member))
        return;
    member->reached = CONSISTENCY_UNKNOWN;
    g_set_error(&member->error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_INVALID_STATE,
                _("The domain '%s' was started meanwhile; try again"), member->domain);
}

/* A migration may have begun, or ended, since the member was looked at. libvirt would wait for the
 * end of one for half a minute, in which all members stand still. */
static gboolean
can_be_changed(HeldMember *held)
{
    MomentMember *member = held->member;
    const Hold *hold = held->hold;

    if (member->state == DOMAIN_STATE_OFF)
        return TRUE;
    if (!moment_is_off(hold, member))
        return domain_job_check(hold->hypervisor, member->uuid, member->domain, &member->error);
    g_set_error(&member->error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_INVALID_STATE,
                _("The domain '%s' was shut off, or migrated to another host, meanwhile; try "
                  "again (where it is now it may still be frozen or paused; if it is: virsh "
                  "domfsthaw, virsh resume)"),
                member->domain);

    return FALSE;
}

static gpointer
do_and_run_on(gpointer data)
{
    HeldMember *held = data;
    Hold *hold = held->hold;
    MomentMember *member = held->member;

    if (held->late)
        return NULL;
    member->done = can_be_changed(held) &&
                   hold->func(hold->hypervisor, member, hold->data, &member->error);
    if (member->done)
        check_still_paused(held);
    moment_run_on(held);
    if (member->done)
        check_still_off(held);

    return NULL;
}

static gpointer
only_run_on(gpointer data)
{
    HeldMember *held = data;

    if (!held->late)
        moment_run_on(held);

    return NULL;
}

/* --- the whole ---------------------------------------------------------------------------- */

static gboolean
first_error(const Hold *hold, GError **error)
{
    for (guint i = 0; i < hold->n; i++) {
        const MomentMember *member = hold->held[i].member;

        if (member->error && !hold->held[i].late) {
            if (error)
                *error = g_error_copy(member->error);
            return FALSE;
        }
    }

    return TRUE;
}

static gboolean
nobody_is_late(const Hold *hold, GError **error)
{
    for (guint i = 0; i < hold->n; i++) {
        if (!hold->held[i].late)
            continue;
        g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_TIMEOUT,
                    _("The domain '%s' did not stand still within %u s; another command of its "
                      "guest agent, or another job, keeps it"),
                    hold->held[i].member->domain, hold->options.timeout);
        return FALSE;
    }

    return TRUE;
}

/* Notes the consistency that was reached where none was asked for: a domain that runs alone is
 * captured at one moment even so. */
static void
note_alone(Hold *hold)
{
    gboolean alone = count_running_members(hold) <= 1;

    for (guint i = 0; hold->options.level == MOMENT_NONE && i < hold->n; i++) {
        MomentMember *member = hold->held[i].member;

        if (member->state != DOMAIN_STATE_OFF)
            member->reached = alone ? CONSISTENCY_CRASH : CONSISTENCY_UNKNOWN;
    }
}

static gboolean
nobody_thawed_early(const Hold *hold, GError **error)
{
    for (guint i = 0; !hold->options.best_effort && i < hold->n; i++) {
        const MomentMember *member = hold->held[i].member;

        if (member->reason != CONSISTENCY_REASON_THAWED_EARLY)
            continue;
        g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_TIMEOUT,
                    _("The guest of the domain '%s' thawed its file systems by itself before "
                      "it was told to (Windows does after 10 s); try again when it has less to "
                      "do, or use --pause or --best-effort"),
                    member->domain);
        return FALSE;
    }

    return TRUE;
}

static gboolean
any_left(const Hold *hold, gboolean sure)
{
    for (guint i = 0; i < hold->n; i++) {
        const HeldMember *held = &hold->held[i];

        if (held->paused ||
            (held->frozen && (!sure || held->member->reached == CONSISTENCY_APPLICATION)))
            return TRUE;
    }

    return FALSE;
}

static void
warn_of_left(Hold *hold)
{
    for (guint i = 0; i < hold->n; i++) {
        const HeldMember *held = &hold->held[i];

        if (held->paused || held->frozen)
            g_ptr_array_add(hold->moment->warnings,
                            g_strdup_printf(_("The domain '%s' may still be frozen or paused; if "
                                              "it is: virsh domfsthaw, virsh resume"),
                                            held->member->domain));
    }
}

/* Ends the guard, unless a guest may still be frozen: then the guard stays and goes on trying to
 * thaw it. */
static void
end_guard(Hold *hold)
{
    gboolean left = any_left(hold, FALSE);

    if (left && any_left(hold, TRUE) && guard_take_over(hold->guard) == 0)
        left = FALSE;
    if (left) {
        warn_of_left(hold);
        guard_leave(hold->guard);
    } else {
        guard_end(hold->guard);
    }
}

static void
measure_window(Hold *hold, gint64 began)
{
    gint64 now = g_get_monotonic_time();

    hold->moment->window_ms = (now - began + 999) / 1000;
    for (guint i = 0; i < hold->n; i++) {
        const HeldMember *held = &hold->held[i];

        if (held->since)
            held->member->frozen_ms = (MAX(held->until, held->since) - held->since + 999) / 1000;
    }
}

static gboolean
start_guard(Hold *hold, GError **error)
{
    g_autoptr(HostInfo) info = NULL;

    if (hold->options.level == MOMENT_NONE || count_running_members(hold) == 0)
        return TRUE;
    info = hold->hypervisor->ops->host_info(hold->hypervisor, error);
    if (!info)
        return FALSE;
    hold->guard = guard_start(info->uri, hold->ops->is_exclusive(hold->hypervisor),
                              hold->options.timeout, error);

    return hold->guard != NULL;
}

/* Thaws and resumes everyone, the late members last, so that no other guest waits for them. */
static void
let_all_go(Hold *hold)
{
    for (guint i = 0; i < hold->n; i++) {
        if (!hold->held[i].late && hold->held[i].thread)
            g_thread_join(g_steal_pointer(&hold->held[i].thread));
    }
    for (guint i = 0; i < hold->n; i++) {
        if (hold->held[i].late)
            hold->held[i].waiting = g_steal_pointer(&hold->held[i].thread);
    }
    run_all(hold, only_run_on);
    for (guint i = 0; i < hold->n; i++) {
        if (!hold->held[i].late)
            continue;
        if (hold->held[i].waiting)
            g_thread_join(g_steal_pointer(&hold->held[i].waiting));
        moment_run_on(&hold->held[i]);
    }
}

static gboolean
hold_all(Hold *hold, GError **error)
{
    gint64 began = g_get_monotonic_time();
    gboolean go;

    hold->moment->began = g_get_real_time();
    start_all(hold, arrive_at_moment);
    await_arrival(hold);
    go = nobody_is_late(hold, error) && first_error(hold, error);
    if (go) {
        join_all(hold);
        run_all(hold, do_and_run_on);
        note_alone(hold);
    } else {
        let_all_go(hold);
    }
    measure_window(hold, began);
    if (hold->guard)
        end_guard(hold);

    return go && first_error(hold, error) && nobody_thawed_early(hold, error);
}

static void
forget_reached(Moment *self)
{
    for (guint i = 0; i < self->members->len; i++)
        ((MomentMember *)g_ptr_array_index(self->members, i))->reached = CONSISTENCY_UNKNOWN;
}

static void
hold_init(Hold *hold)
{
    if (hold->options.timeout == 0)
        hold->options.timeout = MOMENT_TIMEOUT_DEFAULT;
    hold->n = hold->moment->members->len;
    hold->held = g_new0(HeldMember, hold->n);
    for (guint i = 0; i < hold->n; i++) {
        hold->held[i].hold = hold;
        hold->held[i].member = g_ptr_array_index(hold->moment->members, i);
    }
    g_mutex_init(&hold->lock);
    g_cond_init(&hold->changed);
}

gboolean
moment_hold(Moment *self, Hypervisor *hypervisor, const MomentOptions *options, MomentFunc func,
            gpointer data, GError **error)
{
    Hold hold = {.moment = self,
                 .hypervisor = hypervisor,
                 .ops = hypervisor->ops->snapshots,
                 .options = *options,
                 .func = func,
                 .data = data};
    gboolean ok;

    hold_init(&hold);
    run_all(&hold, look_at_member);
    for (guint i = 0; i < hold.n; i++)
        refuse_hopeless(&hold.held[i]);
    ok = first_error(&hold, error) && start_guard(&hold, error) && hold_all(&hold, error);
    if (!ok)
        forget_reached(self);
    g_mutex_clear(&hold.lock);
    g_cond_clear(&hold.changed);
    g_free(hold.held);

    return ok;
}
