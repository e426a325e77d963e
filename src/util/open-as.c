/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <sys/fsuid.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "util/open-as.h"

/* setgroups() of the C library is for all threads; the system call is for the one that calls. */
#ifdef SYS_setgroups32
#define SYS_SETGROUPS SYS_setgroups32
#else
#define SYS_SETGROUPS SYS_setgroups
#endif

typedef struct {
    const char *path;
    int flags; /* of open(2) */
    guint uid;
    guint gid;
    GArray *groups; /* gid_t */
} Try;

static GArray *
groups_of(guint uid, guint gid)
{
    GArray *groups = g_array_new(FALSE, FALSE, sizeof(gid_t));
    g_autofree char *text = g_malloc(16384);
    struct passwd user, *found = NULL;
    int n = 64;

    g_array_set_size(groups, (guint)n);
    if (getpwuid_r(uid, &user, text, 16384, &found) == 0 && found &&
        getgrouplist(found->pw_name, gid, (gid_t *)(gpointer)groups->data, &n) >= 0) {
        g_array_set_size(groups, (guint)n);
        return groups;
    }
    g_array_set_size(groups, 0);
    g_array_append_val(groups, gid);

    return groups;
}

/* What the thread takes on ends with it. Without its user id being 0, opening is without the
 * capabilities of root. */
static gpointer
try_to_open(gpointer data)
{
    const Try *self = data;
    int failed = 0;
    int fd;

    if (syscall(SYS_SETGROUPS, self->groups->len, self->groups->data) < 0)
        return GINT_TO_POINTER(0);
    setfsgid(self->gid);
    setfsuid(self->uid);
    if (setfsuid((uid_t)-1) != (int)self->uid || setfsgid((gid_t)-1) != (int)self->gid)
        return GINT_TO_POINTER(0);
    fd = open(self->path, self->flags | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (fd < 0)
        failed = errno;
    else
        close(fd);

    return GINT_TO_POINTER(failed);
}

static int
open_in_place(const char *path, int flags, guint uid, guint gid)
{
    g_autoptr(GArray) groups = groups_of(uid, gid);
    Try self = {path, flags, uid, gid, groups};

    GThread *thread = g_thread_try_new("open-as", try_to_open, &self, NULL);

    return thread ? GPOINTER_TO_INT(g_thread_join(thread)) : EAGAIN;
}

int
open_as(const char *path, guint uid, guint gid)
{
    return open_in_place(path, O_RDONLY | O_NOFOLLOW, uid, gid);
}

int
reopen_as(int fd, int flags, guint uid, guint gid)
{
    g_autofree char *path = g_strdup_printf("/proc/self/fd/%d", fd);

    return open_in_place(path, flags, uid, gid);
}

/* To find anything in a directory, also itself, needs the permission to search it. */
int
enter_as(const char *path, guint uid, guint gid)
{
    g_autofree char *itself = g_build_filename(path, ".", NULL);

    return open_in_place(itself, O_PATH | O_DIRECTORY, uid, gid);
}
