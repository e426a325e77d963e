/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include "job/job-state.h"

#define N_STATES 10

static const JobState all[N_STATES] = {
    JOB_STATE_NEW,        JOB_STATE_STARTING,      JOB_STATE_RUNNING,   JOB_STATE_SUSPENDED,
    JOB_STATE_SHUTTING_DOWN, JOB_STATE_COMPLETED, JOB_STATE_TERMINATED, JOB_STATE_KILLED,
    JOB_STATE_EXCEPTION,  JOB_STATE_COMPLETED_WITH_WARNINGS,
};

/* From the line to the column, in the order above. */
static const char *const allowed[N_STATES] = {
    ".x....xx..", /* new */
    "..xxx...x.", /* starting */
    "...xxx..xx", /* running */
    "..x.x...x.", /* suspended */
    ".....xxxxx", /* shutting-down */
    "..........", "..........", "..........", "..........", "..........",
};

static void
test_transitions(void)
{
    for (int i = 0; i < N_STATES; i++) {
        for (int j = 0; j < N_STATES; j++) {
            g_test_message("%s to %s", job_state_name(all[i]), job_state_name(all[j]));
            g_assert_cmpint(job_state_allows(all[i], all[j]), ==, allowed[i][j] == 'x');
        }
        g_assert_false(job_state_allows(all[i], 0));
        g_assert_false(job_state_allows(0, all[i]));
        g_assert_cmpint(job_state_is_final(all[i]), ==, i >= 5);
    }
}

/* What is said to requests 2..5, and the state then (0: the same). */
typedef struct {
    JobRequestResult result;
    JobState next;
} Answer;

#define NO {JOB_RESULT_INVALID_TRANSITION, 0}
#define ALL_NO {NO, NO, NO, NO}
#define ENDS {JOB_RESULT_STARTED, JOB_STATE_SHUTTING_DOWN}
#define SUSPENDS {JOB_RESULT_DONE, JOB_STATE_SUSPENDED}

static const Answer answers[N_STATES][4] = {
    {NO, NO, {JOB_RESULT_DONE, JOB_STATE_TERMINATED}, {JOB_RESULT_DONE, JOB_STATE_KILLED}},
    {NO, SUSPENDS, ENDS, ENDS},
    {NO, SUSPENDS, ENDS, ENDS},
    {{JOB_RESULT_DONE, JOB_STATE_RUNNING}, NO, ENDS, ENDS},
    {NO, NO, NO, {JOB_RESULT_STARTED, 0}},
    ALL_NO, ALL_NO, ALL_NO, ALL_NO, ALL_NO,
};

static gboolean
is_again(JobState state, gboolean resumable, guint request)
{
    return resumable && (request == JOB_REQUEST_START || request == JOB_REQUEST_KILL) &&
           job_state_is_final(state) && !job_state_is_success(state);
}

static void
check_request(int i, gboolean resumable, guint request)
{
    Answer expected = answers[i][request - JOB_REQUEST_START];
    JobState next;
    JobRequestResult result = job_state_request(all[i], resumable, request, 0, &next);

    g_test_message("%s, request %u", job_state_name(all[i]), request);
    if (is_again(all[i], resumable, request))
        expected = (Answer){JOB_RESULT_STARTED, request == JOB_REQUEST_START
                                                    ? JOB_STATE_NEW
                                                    : JOB_STATE_SHUTTING_DOWN};
    g_assert_cmpint(result, ==, expected.result);
    g_assert_cmpint(next, ==, expected.next != 0 ? expected.next : all[i]);
    /* No request goes where the state may not go. */
    if (next != all[i] && !is_again(all[i], resumable, request))
        g_assert_true(job_state_allows(all[i], next));
    /* Whether it may be timed or not is not asked of a request that there is not. */
    g_assert_cmpint(job_state_request(all[i], resumable, request, 1, &next), ==,
                    JOB_RESULT_NO_TIMEOUT);
    g_assert_cmpint(next, ==, all[i]);
}

static void
test_requests(void)
{
    static const guint none[] = {0, 1, 6, 7, 8, 9, 10, 32768, G_MAXUINT};
    JobState next;

    for (int i = 0; i < N_STATES; i++) {
        for (guint request = JOB_REQUEST_START; request <= JOB_REQUEST_KILL; request++) {
            check_request(i, FALSE, request);
            check_request(i, TRUE, request);
        }
        for (gsize j = 0; j < G_N_ELEMENTS(none); j++) {
            g_assert_cmpint(job_state_request(all[i], TRUE, none[j], j, &next), ==,
                            JOB_RESULT_INVALID_PARAMETER);
            g_assert_cmpint(next, ==, all[i]);
        }
    }
    g_assert_cmpint(job_state_request(1, TRUE, JOB_REQUEST_KILL, 0, &next), ==,
                    JOB_RESULT_INVALID_TRANSITION);
}

static void
test_names(void)
{
    for (int i = 0; i < N_STATES; i++) {
        g_assert_cmpuint(job_state_from_name(job_state_name(all[i])), ==, all[i]);
        g_assert_cmpint(job_state_is_success(all[i]), ==,
                        g_str_has_prefix(job_state_name(all[i]), "completed"));
    }
    g_assert_null(job_state_name(0));
    g_assert_null(job_state_name(11));
    g_assert_cmpuint(job_state_from_name("completed-"), ==, 0);
    g_assert_cmpstr(job_state_name(32768), ==, "completed-with-warnings");
    g_assert_cmpuint(JOB_STATE_EXCEPTION, ==, 10);
}

int
main(int argc, char *argv[])
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/job-state/transitions", test_transitions);
    g_test_add_func("/job-state/requests", test_requests);
    g_test_add_func("/job-state/names", test_names);

    return g_test_run();
}
