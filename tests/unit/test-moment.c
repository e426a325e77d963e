/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include "snapshot/guard-list.h"
#include "snapshot/guard.h"
#include "snapshot/moment.h"
#include "tests/unit/fake-host.h"
#include "tests/unit/harness.h"

/* Members of a moment, on a hypervisor that does as it is told. The guard process is the real one,
 * at libvirt's test driver. */

/* --- what is done with each ------------------------------------------------------- */

static gboolean
take(Hypervisor *hypervisor, MomentMember *member, gpointer data, GError **error)
{
    FakeHost *host = (FakeHost *)hypervisor;
    FakeDomain *own = fake_find(hypervisor, member->uuid);

    if (!fake_is_there(hypervisor, member->uuid, error))
        return FALSE;
    own->seen_still = own->frozen || own->paused || own->state != DOMAIN_STATE_RUNNING;
    if (own->starts)
        own->state = DOMAIN_STATE_RUNNING;
    if (g_strcmp0(host->fails, member->domain) != 0)
        return TRUE;
    g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_NO_SPACE, "no space for %s",
                member->domain);

    return FALSE;
}

static Moment *
hold(FakeHost *host, MomentLevel level, gboolean best_effort, guint timeout, GError **error)
{
    const MomentOptions options = {.level = level, .best_effort = best_effort,
                                   .timeout = timeout};
    Moment *moment = moment_new();
    gboolean ok;

    for (guint i = 0; i < host->n; i++) {
        g_autofree char *uuid = fake_uuid(i);

        moment_add(moment, host->domains[i].name, uuid, NULL);
    }
    ok = moment_hold(moment, &host->parent, &options, take, NULL, error);
    g_assert_true(ok == (*error == NULL));
    /* Whatever happened. */
    for (guint i = 0; i < host->n; i++) {
        g_assert_false(host->domains[i].frozen);
        g_assert_false(host->domains[i].paused);
    }

    return moment;
}

static void
assert_member(const Moment *moment, guint i, const char *reached, const char *reason)
{
    const MomentMember *member = g_ptr_array_index(moment->members, i);

    g_assert_cmpstr(consistency_name(member->reached), ==, reached);
    g_assert_cmpstr(consistency_reason_name(member->reason), ==, reason);
}

static guint
count_done(const Moment *moment)
{
    guint n = 0;

    for (guint i = 0; i < moment->members->len; i++)
        n += ((const MomentMember *)g_ptr_array_index(moment->members, i))->done;

    return n;
}

/* --- tests --------------------------------------------------------------------------- */

static void
test_levels(void)
{
    static const struct {
        MomentLevel level;
        const char *running;
        const char *paused;
    } table[] = {
        {MOMENT_PAUSE, "crash", "crash"},
        {MOMENT_NONE, "unknown", "unknown"},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(table); i++) {
        FakeDomain domains[] = {{.name = "a", .state = DOMAIN_STATE_RUNNING},
                                {.name = "b", .state = DOMAIN_STATE_RUNNING},
                                {.name = "off"},
                                {.name = "stopped", .state = DOMAIN_STATE_PAUSED}};
        FakeHost host = FAKE_HOST(domains);
        g_autoptr(GError) error = NULL;
        g_autoptr(Moment) moment = hold(&host, table[i].level, FALSE, 0, &error);

        g_assert_no_error(error);
        assert_member(moment, 0, table[i].running, NULL);
        assert_member(moment, 1, table[i].running, NULL);
        assert_member(moment, 2, "offline", NULL);
        assert_member(moment, 3, table[i].paused, NULL);
        /* Who was paused by somebody else stays so. */
        g_assert_cmpint(domains[3].state, ==, DOMAIN_STATE_PAUSED);
        g_assert_cmpint(domains[0].seen_still, ==, table[i].level == MOMENT_PAUSE);
        g_assert_cmpuint(count_done(moment), ==, 4);
    }
}

static void
test_freeze(void)
{
    FakeDomain domains[] = {{.name = "a", .state = DOMAIN_STATE_RUNNING},
                            {.name = "b", .state = DOMAIN_STATE_RUNNING},
                            {.name = "off"}};
    FakeHost host = FAKE_HOST(domains);
    g_autoptr(GError) error = NULL;
    g_autoptr(Moment) moment = hold(&host, MOMENT_FREEZE, FALSE, 0, &error);

    g_assert_no_error(error);
    assert_member(moment, 0, "application", NULL);
    assert_member(moment, 1, "application", NULL);
    assert_member(moment, 2, "offline", NULL);
    g_assert_true(domains[0].seen_still && domains[1].seen_still);
    g_assert_cmpuint(moment->warnings->len, ==, 0);
}

static void
test_alone(void)
{
    FakeDomain domains[] = {{.name = "a", .state = DOMAIN_STATE_RUNNING}, {.name = "off"}};
    FakeHost host = FAKE_HOST(domains);
    g_autoptr(GError) error = NULL;
    g_autoptr(Moment) moment = hold(&host, MOMENT_NONE, FALSE, 0, &error);

    g_assert_no_error(error);
    assert_member(moment, 0, "crash", NULL);
}

/* Whether it froze nobody can tell then, and it must not stay so. */
static void
test_connection_lost(void)
{
    FakeDomain domains[] = {{.name = "a",
                             .state = DOMAIN_STATE_RUNNING,
                             .refuses = CONSISTENCY_REASON_FREEZE_FAILED,
                             .loses = TRUE}};
    FakeHost host = FAKE_HOST(domains);
    g_autoptr(GError) error = NULL;
    g_autoptr(Moment) moment = hold(&host, MOMENT_FREEZE, FALSE, 0, &error);

    g_assert_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_FAILED);
    g_assert_false(moment == NULL);
    g_assert_false(domains[0].frozen);
}

/* Nor can anybody tell whether it was paused. One that runs on was not. */
static void
test_not_paused(void)
{
    for (guint loses = 0; loses < 2; loses++) {
        FakeDomain domains[] = {{.name = "a",
                                 .state = DOMAIN_STATE_RUNNING,
                                 .no_pause = TRUE,
                                 .loses = loses}};
        FakeHost host = FAKE_HOST(domains);
        g_autoptr(GError) error = NULL;
        g_autoptr(Moment) moment = hold(&host, MOMENT_PAUSE, FALSE, 0, &error);

        g_assert_nonnull(moment);
        g_assert_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_FAILED);
        g_assert_cmpint(domains[0].state, ==, DOMAIN_STATE_RUNNING);
        g_assert_cmpuint(domains[0].resumes, ==, loses);
    }
}

/* What may become of a member between the first look and the moment, and what comes of it. */
static void
test_changed_meanwhile(void)
{
    static const struct {
        DomainState state;
        DomainState then;
        MomentLevel level;
        gboolean best_effort;
        const char *error;
        const char *reached;
        const char *reason;
    } table[] = {
        {DOMAIN_STATE_RUNNING, DOMAIN_STATE_PAUSED, MOMENT_PAUSE, FALSE, NULL, "crash", NULL},
        {DOMAIN_STATE_RUNNING, DOMAIN_STATE_PAUSED, MOMENT_FREEZE, TRUE, NULL, "crash",
         "freeze-failed"},
        {DOMAIN_STATE_RUNNING, DOMAIN_STATE_PAUSED, MOMENT_FREEZE, FALSE, "paused", "unknown",
         "freeze-failed"},
        {DOMAIN_STATE_PAUSED, DOMAIN_STATE_RUNNING, MOMENT_PAUSE, TRUE, "resumed", "unknown",
         NULL},
        {DOMAIN_STATE_OFF, DOMAIN_STATE_RUNNING, MOMENT_NONE, FALSE, "started", "unknown", NULL},
        {DOMAIN_STATE_PAUSED, DOMAIN_STATE_RUNNING, MOMENT_NONE, FALSE, NULL, "unknown", NULL},
        {DOMAIN_STATE_RUNNING, DOMAIN_STATE_PAUSED, MOMENT_NONE, FALSE, NULL, "crash", NULL},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(table); i++) {
        FakeDomain domains[] = {{.name = "a", .state = DOMAIN_STATE_RUNNING},
                                {.name = "b",
                                 .state = table[i].state,
                                 .changes = TRUE,
                                 .then = table[i].then}};
        FakeHost host = FAKE_HOST(domains);
        g_autoptr(GError) error = NULL;
        g_autoptr(Moment) moment = hold(&host, table[i].level, table[i].best_effort, 0, &error);

        g_test_message("row %zu", i);
        assert_member(moment, 1, table[i].reached, table[i].reason);
        /* It stays as somebody else made it. */
        g_assert_cmpint(domains[1].state, ==, table[i].then);
        g_assert_cmpuint(domains[1].resumes, ==, 0);
        g_assert_true((error != NULL) == (table[i].error != NULL));
        if (error)
            g_assert_nonnull(strstr(error->message, table[i].error));
    }
}

/* A domain is undefined before its moment, or in it; one that ran was transient, or has gone. */
static void
test_undefined_meanwhile(void)
{
    static const struct {
        DomainState state;
        MomentLevel level;
        guint leaves; /* after so many looks: when it is looked at, directly before it is to stand
                       * still, and before something is done with it */
        int code;
        guint done; /* of the two */
    } table[] = {
        {DOMAIN_STATE_OFF, MOMENT_FREEZE, 1, VIRT_SNAP_ERROR_NOT_FOUND, 0},
        {DOMAIN_STATE_OFF, MOMENT_NONE, 1, VIRT_SNAP_ERROR_NOT_FOUND, 0},
        {DOMAIN_STATE_OFF, MOMENT_PAUSE, 2, VIRT_SNAP_ERROR_NOT_FOUND, 1},
        {DOMAIN_STATE_RUNNING, MOMENT_FREEZE, 1, VIRT_SNAP_ERROR_NOT_FOUND, 0},
        {DOMAIN_STATE_RUNNING, MOMENT_NONE, 1, VIRT_SNAP_ERROR_NOT_FOUND, 0},
        {DOMAIN_STATE_RUNNING, MOMENT_FREEZE, 2, VIRT_SNAP_ERROR_INVALID_STATE, 1},
        {DOMAIN_STATE_RUNNING, MOMENT_PAUSE, 2, VIRT_SNAP_ERROR_INVALID_STATE, 1},
        {DOMAIN_STATE_RUNNING, MOMENT_PAUSE, 3, VIRT_SNAP_ERROR_NOT_FOUND, 1},
        {DOMAIN_STATE_PAUSED, MOMENT_PAUSE, 1, VIRT_SNAP_ERROR_NOT_FOUND, 0},
        {DOMAIN_STATE_PAUSED, MOMENT_PAUSE, 3, VIRT_SNAP_ERROR_NOT_FOUND, 1},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(table); i++) {
        FakeDomain domains[] = {
            {.name = "a", .state = DOMAIN_STATE_RUNNING},
            {.name = "b", .state = table[i].state, .leaves = table[i].leaves}};
        FakeHost host = FAKE_HOST(domains);
        g_autoptr(GError) error = NULL;
        g_autoptr(Moment) moment = hold(&host, table[i].level, TRUE, 0, &error);

        g_test_message("row %zu", i);
        g_assert_error(error, VIRT_SNAP_ERROR, table[i].code);
        g_assert_nonnull(strstr(error->message, "'b'"));
        g_assert_cmpuint(count_done(moment), ==, table[i].done);
        g_assert_cmpint(domains[0].state, ==, DOMAIN_STATE_RUNNING);
    }
}

static void
test_resumed_meanwhile(void)
{
    static const DomainState states[] = {DOMAIN_STATE_RUNNING, DOMAIN_STATE_PAUSED};

    for (gsize i = 0; i < G_N_ELEMENTS(states); i++) {
        FakeDomain domains[] = {{.name = "a", .state = DOMAIN_STATE_RUNNING},
                                {.name = "b", .state = states[i], .starts = TRUE}};
        FakeHost host = FAKE_HOST(domains);
        g_autoptr(GError) error = NULL;
        g_autoptr(Moment) moment = hold(&host, MOMENT_PAUSE, TRUE, 0, &error);

        g_assert_nonnull(moment);
        g_assert_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_INVALID_STATE);
        g_assert_nonnull(strstr(error->message, "'b' was resumed"));
    }
}

/* What a member may be like, and what comes of it if all is wanted, and if not. */
static void
test_less(void)
{
    static const struct {
        FakeDomain odd;
        int code;
        const char *reached;
        const char *reason;
        guint done; /* if all is wanted */
        guint thaws;
    } table[] = {
        {{.name = "odd", .state = DOMAIN_STATE_RUNNING, .no_agent = TRUE},
         VIRT_SNAP_ERROR_INVALID_STATE, "crash", "no-agent", 0, 0},
        {{.name = "odd", .state = DOMAIN_STATE_PAUSED},
         VIRT_SNAP_ERROR_INVALID_STATE, "crash", "freeze-failed", 0, 0},
        {{.name = "odd", .state = DOMAIN_STATE_RUNNING,
          .refuses = CONSISTENCY_REASON_AGENT_TIMEOUT, .follows = TRUE},
         VIRT_SNAP_ERROR_FAILED, "crash", "agent-timeout", 0, 1},
        {{.name = "odd", .state = DOMAIN_STATE_RUNNING,
          .refuses = CONSISTENCY_REASON_FREEZE_FAILED, .follows = TRUE},
         VIRT_SNAP_ERROR_FAILED, "crash", "freeze-failed", 0, 1},
        /* Who refused may have been frozen by somebody else. */
        {{.name = "odd", .state = DOMAIN_STATE_RUNNING,
          .refuses = CONSISTENCY_REASON_FREEZE_FAILED},
         VIRT_SNAP_ERROR_FAILED, "crash", "freeze-failed", 0, 0},
        {{.name = "odd", .state = DOMAIN_STATE_RUNNING, .nothing = TRUE},
         VIRT_SNAP_ERROR_INVALID_STATE, "crash", "freeze-failed", 0, 1},
        {{.name = "odd", .state = DOMAIN_STATE_RUNNING, .thaws_early = TRUE},
         VIRT_SNAP_ERROR_TIMEOUT, "unknown", "thawed-early", 3, 1},
        {{.name = "odd", .state = DOMAIN_STATE_RUNNING, .thaws_early = TRUE, .bad_thaws = 1},
         VIRT_SNAP_ERROR_TIMEOUT, "unknown", "thawed-early", 3, 2},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(table); i++) {
        for (guint best_effort = 0; best_effort < 2; best_effort++) {
            FakeDomain domains[] = {{.name = "a", .state = DOMAIN_STATE_RUNNING},
                                    table[i].odd,
                                    {.name = "b", .state = DOMAIN_STATE_RUNNING}};
            FakeHost host = FAKE_HOST(domains);
            g_autoptr(GError) error = NULL;
            g_autoptr(Moment) moment = hold(&host, MOMENT_FREEZE, best_effort, 1, &error);

            g_test_message("row %zu, best effort: %u", i, best_effort);
            g_assert_cmpuint(domains[1].thaws, ==, table[i].thaws);
            if (best_effort) {
                g_assert_no_error(error);
                assert_member(moment, 0, "application", NULL);
                assert_member(moment, 1, table[i].reached, table[i].reason);
                assert_member(moment, 2, "application", NULL);
            } else {
                g_assert_error(error, VIRT_SNAP_ERROR, table[i].code);
                g_assert_nonnull(strstr(error->message, "odd"));
                assert_member(moment, 0, "unknown", NULL);
                g_assert_cmpuint(count_done(moment), ==, table[i].done);
            }
        }
    }
}

static void
test_function_fails(void)
{
    static const char *const names[] = {"a", "b", "c"};

    for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
        FakeDomain domains[] = {{.name = "a", .state = DOMAIN_STATE_RUNNING},
                                {.name = "b", .state = DOMAIN_STATE_RUNNING},
                                {.name = "c", .state = DOMAIN_STATE_RUNNING}};
        FakeHost host = FAKE_HOST(domains);
        g_autoptr(GError) error = NULL;
        g_autoptr(Moment) moment = NULL;

        host.fails = names[i];
        moment = hold(&host, MOMENT_FREEZE, TRUE, 0, &error);
        g_assert_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_NO_SPACE);
        for (guint j = 0; j < 3; j++)
            g_assert_cmpint(((MomentMember *)g_ptr_array_index(moment->members, j))->done, ==,
                            j != i);
    }
}

static void
test_started_meanwhile(void)
{
    FakeDomain domains[] = {{.name = "a", .state = DOMAIN_STATE_RUNNING},
                            {.name = "off", .starts = TRUE}};
    FakeHost host = FAKE_HOST(domains);
    g_autoptr(GError) error = NULL;
    g_autoptr(Moment) moment = hold(&host, MOMENT_FREEZE, TRUE, 0, &error);

    g_assert_nonnull(moment);
    g_assert_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_INVALID_STATE);
    g_assert_nonnull(strstr(error->message, "'off'"));
}

/* What is done would wait for the end of a migration, and everybody with it. */
static void
test_migrated_meanwhile(void)
{
    FakeDomain domains[] = {{.name = "a", .state = DOMAIN_STATE_RUNNING},
                            {.name = "leaves", .state = DOMAIN_STATE_RUNNING, .job = "migration"},
                            {.name = "read", .state = DOMAIN_STATE_RUNNING, .job = "backup"}};
    FakeHost host = FAKE_HOST(domains);
    g_autoptr(GError) error = NULL;
    g_autoptr(Moment) moment = hold(&host, MOMENT_PAUSE, FALSE, 0, &error);

    g_assert_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_IN_USE);
    g_assert_nonnull(strstr(error->message, "'leaves'"));
    g_assert_nonnull(strstr(error->message, "is being migrated to another host"));
    g_assert_cmpuint(count_done(moment), ==, 2);
    g_assert_false(domains[1].seen_still);
}

/* libvirt waits half a minute for another command of the agent: nobody else stands still so long,
 * and who froze when it was over is thawed. */
static void
test_late(void)
{
    FakeDomain domains[] = {{.name = "a", .state = DOMAIN_STATE_RUNNING},
                            {.name = "late", .state = DOMAIN_STATE_RUNNING, .hangs_s = 5}};
    FakeHost host = FAKE_HOST(domains);
    g_autoptr(GError) error = NULL;
    g_autoptr(Moment) moment = hold(&host, MOMENT_FREEZE, TRUE, 1, &error);
    const MomentMember *first = g_ptr_array_index(moment->members, 0);

    g_assert_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_TIMEOUT);
    g_assert_nonnull(strstr(error->message, "'late'"));
    g_assert_cmpuint(first->frozen_ms, <, 5000);
    g_assert_cmpuint(count_done(moment), ==, 0);
}

/* Without a guard nobody is frozen: the fake would have been asked, and noted it. */
static void
test_no_guard(void)
{
    FakeDomain domains[] = {{.name = "a", .state = DOMAIN_STATE_RUNNING}};
    FakeHost host = FAKE_HOST(domains);
    g_autofree char *directory = g_strdup(g_getenv("VIRTSNAP_LIBEXEC_DIR"));
    g_autoptr(GError) error = NULL;
    g_autoptr(Moment) moment = NULL;

    g_setenv("VIRTSNAP_LIBEXEC_DIR", "/nonexistent", TRUE);
    moment = hold(&host, MOMENT_FREEZE, FALSE, 0, &error);
    g_setenv("VIRTSNAP_LIBEXEC_DIR", directory, TRUE);
    g_assert_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_FAILED);
    g_assert_nonnull(strstr(error->message, "/nonexistent/virtsnap-guard"));
    g_assert_cmpuint(((MomentMember *)g_ptr_array_index(moment->members, 0))->frozen_ms, ==, 0);
}

static void
test_guard_list(void)
{
    FakeDomain domains[] = {
        {.name = "a", .state = DOMAIN_STATE_RUNNING, .frozen = TRUE},
        {.name = "b", .state = DOMAIN_STATE_PAUSED, .paused = TRUE, .frozen = TRUE},
        {.name = "c", .state = DOMAIN_STATE_RUNNING, .frozen = TRUE, .bad_thaws = 1},
        {.name = "off", .bad_thaws = 1}};
    static const char *const lines[] = {
        "+freeze 00000000-0000-4000-8000-000000000000",
        "+freeze 00000000-0000-4000-8000-000000000001",
        "+pause 00000000-0000-4000-8000-000000000001",
        "+freeze 00000000-0000-4000-8000-000000000002",
        "+freeze 00000000-0000-4000-8000-000000000003",
        "+pause 00000000-0000-4000-8000-000000000004",
        "-pause 00000000-0000-4000-8000-000000000004",
    };
    static const char *const nonsense[] = {"",        "+",           "+freeze", "+freeze x",
                                           "+melt x", "- freeze",    "nown",    "-pause",
                                           "\xff",    "+freeze  ../"};
    FakeHost host = FAKE_HOST(domains);
    g_autoptr(GuardList) list = guard_list_new();

    for (gsize i = 0; i < G_N_ELEMENTS(lines); i++)
        g_assert_cmpint(guard_list_take(list, lines[i]), ==, GUARD_LINE_NOTED);
    for (gsize i = 0; i < G_N_ELEMENTS(nonsense); i++)
        g_assert_cmpint(guard_list_take(list, nonsense[i]), ==, GUARD_LINE_UNKNOWN);
    g_assert_cmpint(guard_list_take(list, "now"), ==, GUARD_LINE_NOW);
    g_assert_cmpint(guard_list_take(list, "done"), ==, GUARD_LINE_DONE);
    g_assert_cmpuint(guard_list_size(list), ==, 4);
    /* One is not ready yet, one is shut off. */
    g_assert_cmpuint(guard_list_release(list, &host.parent, 1), ==, 1);
    g_assert_true(domains[2].frozen);
    g_assert_cmpuint(guard_list_release(list, &host.parent, 1), ==, 0);
    for (guint i = 0; i < host.n; i++)
        g_assert_false(domains[i].frozen || domains[i].paused);
}

static void
test_guard_refused(void)
{
    g_autoptr(GError) error = NULL;

    g_assert_null(guard_start("test:///no/such/file", FALSE, 1, &error));
    g_assert_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_FAILED);
    g_assert_nonnull(strstr(error->message, "no/such/file"));
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/moment/freeze", test_freeze);
    g_test_add_func("/moment/levels", test_levels);
    g_test_add_func("/moment/alone", test_alone);
    g_test_add_func("/moment/less-than-asked", test_less);
    g_test_add_func("/moment/function-fails", test_function_fails);
    g_test_add_func("/moment/started-meanwhile", test_started_meanwhile);
    g_test_add_func("/moment/migrated-meanwhile", test_migrated_meanwhile);
    g_test_add_func("/moment/late", test_late);
    g_test_add_func("/moment/connection-lost", test_connection_lost);
    g_test_add_func("/moment/not-paused", test_not_paused);
    g_test_add_func("/moment/changed-meanwhile", test_changed_meanwhile);
    g_test_add_func("/moment/undefined-meanwhile", test_undefined_meanwhile);
    g_test_add_func("/moment/resumed-meanwhile", test_resumed_meanwhile);
    g_test_add_func("/moment/no-guard", test_no_guard);
    g_test_add_func("/guard/list", test_guard_list);
    g_test_add_func("/guard/refused", test_guard_refused);

    return g_test_run();
}
