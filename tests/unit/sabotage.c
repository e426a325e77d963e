/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "tests/unit/sabotage.h"

static Sabotage sabotage;
static guint calls;
static guint victim;
static GString *traced;
static gint64 hurry;
static gint64 hurried;

void
sabotage_at(Sabotage kind, guint step)
{
    sabotage = kind;
    victim = step;
    calls = 0;
}

guint
sabotage_stop(void)
{
    sabotage = SABOTAGE_NONE;

    return calls;
}

void
sabotage_trace(GString *trace)
{
    traced = trace;
}

void
sabotage_hasten(guint seconds)
{
    hurry = seconds * G_USEC_PER_SEC;
}

static gboolean
is_due(void)
{
    return sabotage != SABOTAGE_NONE && ++calls == victim;
}

/* Returns: whether the call is to fail. */
static gboolean
strike(const char *call, const char *file)
{
    if (traced)
        g_string_append_printf(traced, "%s %s\n", call, file);
    if (!is_due())
        return FALSE;
    if (sabotage == SABOTAGE_KILL)
        kill(getpid(), SIGKILL);
    errno = EIO;

    return TRUE;
}

/* These take the place of the C library's, because the program's own come first. */

int
renameat(int from_dir, const char *from, int to_dir, const char *to)
{
    return strike("rename", to) ? -1 : (int)syscall(SYS_renameat2, from_dir, from, to_dir, to, 0);
}

int
unlinkat(int dir, const char *name, int flags)
{
    return strike("unlink", name) ? -1 : (int)syscall(SYS_unlinkat, dir, name, flags);
}

int
mkdirat(int dir, const char *name, mode_t mode)
{
    return strike("mkdir", name) ? -1 : (int)syscall(SYS_mkdirat, dir, name, mode);
}

int
mkdir(const char *name, mode_t mode)
{
    return mkdirat(AT_FDCWD, name, mode);
}

int
fsync(int fd)
{
    g_autofree char *link = g_strdup_printf("/proc/self/fd/%d", fd);
    g_autofree char *path = g_file_read_link(link, NULL);
    g_autofree char *file = g_path_get_basename(path);

    return strike("sync", file) ? -1 : (int)syscall(SYS_fsync, fd);
}

ssize_t
pwrite(int fd, const void *data, size_t length, off_t offset)
{
    if (sabotage == SABOTAGE_KILL && calls + 1 == victim)
        syscall(SYS_pwrite64, fd, data, length / 2, offset);

    return strike("write", "") ? -1 : (ssize_t)syscall(SYS_pwrite64, fd, data, length, offset);
}

gint64
g_get_monotonic_time(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    hurried += hurry;

    return now.tv_sec * G_USEC_PER_SEC + now.tv_nsec / 1000 + hurried;
}
