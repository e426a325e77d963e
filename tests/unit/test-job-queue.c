/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include "service/job-queue.h"

static GString *started; /* the letters of the jobs that were started, in order */

static void
start(gpointer letter)
{
    g_string_append_c(started, (char)GPOINTER_TO_INT(letter));
}

static void
add(JobQueue *queue, char letter, guint64 device)
{
    g_autoptr(GError) error = NULL;

    g_assert_true(job_queue_add(queue, device, start, GINT_TO_POINTER(letter), &error));
    g_assert_no_error(error);
}

static void
expect(const char *letters)
{
    g_assert_cmpstr(started->str, ==, letters);
}

static void
test_in_order(void)
{
    g_autoptr(JobQueue) queue = job_queue_new(2, 2, 10);

    g_string_set_size(started, 0);
    for (char letter = 'a'; letter <= 'e'; letter++)
        add(queue, letter, 1);
    expect("ab");
    job_queue_remove(queue, GINT_TO_POINTER('a'));
    expect("abc");
    /* One that waits is taken out: it never starts. */
    job_queue_remove(queue, GINT_TO_POINTER('d'));
    expect("abc");
    job_queue_remove(queue, GINT_TO_POINTER('b'));
    expect("abce");
    g_assert_cmpuint(job_queue_length(queue), ==, 2);
}

static void
test_devices(void)
{
    g_autoptr(JobQueue) queue = job_queue_new(3, 1, 10);

    g_string_set_size(started, 0);
    add(queue, 'a', 1);
    add(queue, 'b', 1);
    add(queue, 'c', 2);
    /* The other disk is free, so c does not wait for b. */
    expect("ac");
    job_queue_remove(queue, GINT_TO_POINTER('c'));
    expect("ac");
    job_queue_remove(queue, GINT_TO_POINTER('a'));
    expect("acb");
}

static void
test_full(void)
{
    g_autoptr(JobQueue) queue = job_queue_new(1, 1, 2);
    g_autoptr(GError) error = NULL;

    g_string_set_size(started, 0);
    add(queue, 'a', 1);
    add(queue, 'b', 1);
    add(queue, 'c', 1);
    g_assert_false(job_queue_add(queue, 1, start, GINT_TO_POINTER('d'), &error));
    g_assert_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_IN_USE);
    job_queue_remove(queue, GINT_TO_POINTER('a'));
    add(queue, 'd', 1);
    expect("ab");
}

int
main(int argc, char **argv)
{
    started = g_string_new(NULL);
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/job-queue/in-order", test_in_order);
    g_test_add_func("/job-queue/devices", test_devices);
    g_test_add_func("/job-queue/full", test_full);

    return g_test_run();
}
