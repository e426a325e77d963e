/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <glib.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

/* usage: measure RESULT COMMAND [ARGUMENT]...
 *
 * Runs the command and writes to the file RESULT, as JSON, how long it took, how much processor
 * time and how much memory at its peak: that of the biggest process, of the command itself or of
 * one that it waited for (getrusage(2)). The status is the command's. */

static double
seconds(struct timeval time)
{
    return (double)time.tv_sec + (double)time.tv_usec / 1e6;
}

int
main(int argc, char **argv)
{
    struct rusage usage;
    gint64 start = g_get_monotonic_time();
    gint64 end;
    int status;
    pid_t pid;
    FILE *result;

    if (argc < 3)
        g_error("usage: measure RESULT COMMAND [ARGUMENT]...");
    pid = fork();
    if (pid == 0) {
        execvp(argv[2], argv + 2);
        perror(argv[2]);
        _exit(127);
    }
    if (pid < 0 || wait4(pid, &status, 0, &usage) < 0)
        g_error("cannot run %s", argv[2]);
    end = g_get_monotonic_time();
    result = fopen(argv[1], "w");
    if (!result)
        g_error("cannot write %s", argv[1]);
    fprintf(result, "{\"seconds\": %.4f, \"user\": %.4f, \"system\": %.4f, \"peak_kib\": %ld}\n",
            (double)(end - start) / 1e6, seconds(usage.ru_utime), seconds(usage.ru_stime),
            usage.ru_maxrss);
    fclose(result);

    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
