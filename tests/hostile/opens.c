/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

/* usage: opens PATH...
 *
 * Tells which of these were opened, by whomever, or for a directory, what in it. For each line of
 * its input it prints one with what was opened since the last one: PATH, and / and the name if it
 * was in a directory, separated by spaces. The kernel notes them while they happen, so that what
 * has ended has been noted; it costs those that are looked at nothing, where tracing them takes
 * longer than what they do. */

#include <config.h>

#include <err.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/inotify.h>
#include <unistd.h>

/* @first: the number of the first watch, which the kernel counts on from */
static void
print_event(const struct inotify_event *event, char **paths, int first)
{
    if (event->mask & IN_Q_OVERFLOW)
        errx(EXIT_FAILURE, "more was opened than the kernel can note");
    if (event->mask & IN_OPEN)
        printf("%s/%s ", paths[event->wd - first], event->len ? event->name : "");
}

static void
print_events(int fd, char **paths, int first)
{
    _Alignas(struct inotify_event) char events[65536];
    ssize_t n;

    while ((n = read(fd, events, sizeof events)) > 0) {
        for (char *at = events; at < events + n;) {
            const struct inotify_event *event = (const void *)at;

            print_event(event, paths, first);
            at += sizeof *event + event->len;
        }
    }
    if (n < 0 && errno != EAGAIN)
        err(EXIT_FAILURE, "inotify");
    puts("");
}

int
main(int argc, char **argv)
{
    int fd = inotify_init1(IN_NONBLOCK);
    int first = -1;

    for (int i = 1; i < argc; i++) {
        int watch = inotify_add_watch(fd, argv[i], IN_OPEN);

        if (watch < 0)
            err(EXIT_FAILURE, "%s", argv[i]);
        if (i == 1)
            first = watch;
    }
    setvbuf(stdout, NULL, _IOLBF, 0);
    for (int c = getchar(); c != EOF; c = getchar()) {
        if (c == '\n')
            print_events(fd, argv + 1, first);
    }

    return EXIT_SUCCESS;
}
