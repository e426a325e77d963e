/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <glib/gi18n-lib.h>
#include <glib/gstdio.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "drivers/qemu/qemu-nbd.h"
#include "util/child-limits.h"
#include "util/fd.h"
#include "util/process.h"

/* The first passed descriptor in systemd's socket activation protocol. */
#define LISTEN_FD 3
/* Backlog of the listening socket: one connection for each worker. */
#define BACKLOG 64
#define COMPLAINT_BYTES_MAX 4096

struct QemuNbd {
    GPid pid;
    char *directory; /* private directory of the socket */
    char *path;      /* path of the socket */
    int stderr_fd;
    GMutex lock; /* guards pid and complaint */
    char *complaint;
};

typedef struct {
    int listen_fd;
    pid_t parent;
    ChildLimits limits;
} ChildSetup;

/* Enters a read-only copy of the mount tree. It is needed in a chroot, whose root need not be a
 * mount point and then has no mount attributes. The descriptor of the copy stays open, which keeps
 * the copy alive as long as QEMU runs. */
static void
enter_copy_of_root(struct mount_attr *attr)
{
    int tree = open_tree(AT_FDCWD, "/", OPEN_TREE_CLONE | AT_RECURSIVE);

    if (tree < 0 ||
        mount_setattr(tree, "", AT_EMPTY_PATH | AT_RECURSIVE, attr, sizeof *attr) < 0 ||
        fchdir(tree) < 0 || chroot(".") < 0)
        return;
}

/* Called in the child between fork and exec: makes async-signal-safe calls only. */
static void
set_up_nbd_child(gpointer data)
{
    const ChildSetup *setup = data;
    struct mount_attr attr = {.attr_set = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOATIME,
                              .attr_clr = MOUNT_ATTR__ATIME,
                              .propagation = MS_PRIVATE};
    sigset_t none;

    /* The child must not survive this process. */
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != setup->parent)
        _exit(1);
    /* Ctrl-C in a terminal must not kill the child, which is ended in an orderly way; hence its own
     * process group. */
    setpgid(0, 0);
    child_limits_set(&setup->limits);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    process_restore();
    dup2(setup->listen_fd, LISTEN_FD);
    fcntl(LISTEN_FD, F_SETFD, 0);

    /* This needs CAP_SYS_ADMIN. Without it QEMU is still told to open everything read-only. */
    if (unshare(CLONE_NEWNS) == 0 &&
        mount_setattr(AT_FDCWD, "/", AT_RECURSIVE, &attr, sizeof attr) < 0)
        enter_copy_of_root(&attr);
}

/* Fills in the address of the socket @path, which must not be truncated, since it would name
 * another file. */
static gboolean
fill_address(struct sockaddr_un *address, const char *path, GError **error)
{
    *address = (struct sockaddr_un){.sun_family = AF_UNIX};
    if (g_strlcpy(address->sun_path, path, sizeof address->sun_path) < sizeof address->sun_path)
        return TRUE;
    g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_INVALID_PARAMETER,
                _("'%s' is too long for the path of a socket; set TMPDIR to a directory with a "
                  "shorter path"),
                path);

    return FALSE;
}

static int
listen_at_path(const char *path, GError **error)
{
    struct sockaddr_un address;
    auto_fd fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (!fill_address(&address, path, error))
        return -1;
    if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof address) < 0 ||
        listen(fd, BACKLOG) < 0) {
        virt_snap_error_set_errno(error, errno, _("Cannot listen on the socket '%s'"), path);
        return -1;
    }

    return fd_steal(&fd);
}

/* The command line. LISTEN_PID must be the child's own process id, which is not known before the
 * fork; so a shell sets it and then execs qemu-nbd. */
static GPtrArray *
build_command(const char *image, const char *snapshot)
{
    g_autoptr(GPtrArray) argv = g_ptr_array_new_with_free_func(g_free);
    static const char *const words[] = {
        "/bin/sh", "-c", "LISTEN_PID=$$ LISTEN_FDS=1 exec qemu-nbd \"$@\"", "qemu-nbd",
        "--read-only", "--persistent", "--shared=0", "--discard=ignore",
    };

    for (gsize i = 0; i < G_N_ELEMENTS(words); i++)
        g_ptr_array_add(argv, g_strdup(words[i]));
    if (snapshot) {
        /* In QEMU's option syntax a comma in a value is doubled. */
        g_auto(GStrv) parts = g_strsplit(snapshot, ",", -1);
        g_autofree char *escaped = g_strjoinv(",,", parts);

        g_ptr_array_add(argv, g_strdup_printf("--load-snapshot=snapshot.name=%s", escaped));
    }
    g_ptr_array_add(argv, g_strdup("--"));
    g_ptr_array_add(argv, g_strdup(image));
    g_ptr_array_add(argv, NULL);

    return g_steal_pointer(&argv);
}

/* A request to start a process, and its result. */
typedef struct {
    QemuNbd *server;
    char **argv;
    ChildSetup setup;
    GError *error;
    GMutex lock; /* guards done */
    GCond changed;
    gboolean done;
} Start;

static void
start_nbd_child(Start *start)
{
    g_spawn_async_with_pipes(NULL, start->argv, NULL,
                             G_SPAWN_DO_NOT_REAP_CHILD | G_SPAWN_STDOUT_TO_DEV_NULL,
                             set_up_nbd_child, &start->setup, &start->server->pid, NULL, NULL,
                             &start->server->stderr_fd, &start->error);
    g_mutex_lock(&start->lock);
    start->done = TRUE;
    g_cond_signal(&start->changed);
    g_mutex_unlock(&start->lock);
}

/* Starts the process in a thread that never ends. PR_SET_PDEATHSIG fires when the thread that
 * forked ends, not only the process; a child started by a worker would be killed together with
 * it. */
static gpointer
starter_main(gpointer requests)
{
    for (;;)
        start_nbd_child(g_async_queue_pop(requests));

    return NULL;
}

/* Returns: the queue of that thread's requests. */
static GAsyncQueue *
get_starter(GError **error)
{
    static GMutex lock;
    static GAsyncQueue *requests = NULL;
    G_GNUC_UNUSED g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&lock);
    GAsyncQueue *made = requests ? NULL : g_async_queue_new();
    GThread *thread = made ? process_thread("qemu-nbd", starter_main, made, error) : NULL;

    if (thread) {
        g_thread_unref(thread);
        requests = made;
    } else if (made) {
        g_async_queue_unref(made);
    }

    return requests;
}

static void
start_child_and_wait(Start *start)
{
    GAsyncQueue *starter = get_starter(&start->error);

    if (!starter)
        return;
    g_mutex_init(&start->lock);
    g_cond_init(&start->changed);
    g_async_queue_push(starter, start);
    g_mutex_lock(&start->lock);
    while (!start->done)
        g_cond_wait(&start->changed, &start->lock);
    g_mutex_unlock(&start->lock);
    g_cond_clear(&start->changed);
    g_mutex_clear(&start->lock);
}

static gboolean
spawn_qemu_nbd(QemuNbd *self, const char *image, const char *snapshot, GError **error)
{
    g_autoptr(GPtrArray) argv = build_command(image, snapshot);
    auto_fd listen_fd = listen_at_path(self->path, error);
    Start start = {
        .server = self,
        .argv = (char **)argv->pdata,
        /* Limits for opening the image; qemu_nbd_set_size() raises them when its size is known. */
        .setup = {listen_fd, getpid(), child_limits_for(0)},
    };

    if (listen_fd < 0)
        return FALSE;
    /* Only the child keeps the listening socket: when it dies, connecting fails. */
    start_child_and_wait(&start);
    if (!start.error)
        return TRUE;
    g_propagate_error(error, start.error);

    return FALSE;
}

QemuNbd *
qemu_nbd_start(const char *image, const char *snapshot, const char *what, GError **error)
{
    g_autoptr(QemuNbd) self = g_new0(QemuNbd, 1);

    self->stderr_fd = -1;
    g_mutex_init(&self->lock);
    self->directory = g_dir_make_tmp("virtsnap-XXXXXX", error);
    if (!self->directory) {
        g_prefix_error(error, _("Cannot read '%s' through QEMU: "), what);
        return NULL;
    }
    self->path = g_build_filename(self->directory, "nbd", NULL);
    if (!spawn_qemu_nbd(self, image, snapshot, error)) {
        g_prefix_error(error, _("Cannot read '%s' through QEMU; is qemu-nbd installed? "), what);
        return NULL;
    }

    return g_steal_pointer(&self);
}

int
qemu_nbd_connect(QemuNbd *self, GError **error)
{
    struct sockaddr_un address;
    auto_fd fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (!fill_address(&address, self->path, error))
        return -1;
    if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof address) < 0) {
        virt_snap_error_set_errno(error, errno, _("Cannot connect to qemu-nbd"));
        return -1;
    }

    return fd_steal(&fd);
}

static char *
read_complaint(int fd)
{
    g_autofree char *text = g_malloc0(COMPLAINT_BYTES_MAX + 1);
    gsize length = 0;
    ssize_t n;

    while (length < COMPLAINT_BYTES_MAX &&
           (n = read(fd, text + length, COMPLAINT_BYTES_MAX - length)) > 0)
        length += (gsize)n;
    g_strstrip(text);

    return g_utf8_make_valid(text, -1);
}

char *
qemu_nbd_words(QemuNbd *self)
{
    G_GNUC_UNUSED g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&self->lock);
    struct pollfd there = {.fd = self->stderr_fd, .events = POLLIN};
    g_autofree char *text = g_malloc0(COMPLAINT_BYTES_MAX + 1);

    if (poll(&there, 1, 0) <= 0 || read(self->stderr_fd, text, COMPLAINT_BYTES_MAX) <= 0)
        return NULL;
    g_strstrip(text);

    return g_utf8_make_valid(text, -1);
}

void
qemu_nbd_set_size(QemuNbd *self, guint64 size)
{
    G_GNUC_UNUSED g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&self->lock);
    ChildLimits limits = child_limits_for(size);

    if (self->pid)
        child_limits_raise(self->pid, &limits);
}

static char *
get_complaint(QemuNbd *self, int status)
{
    if (WIFSIGNALED(status) && WTERMSIG(status) == SIGXCPU)
        return g_strdup(_("it needed more processor time than any sound image of this size"));

    return read_complaint(self->stderr_fd);
}

char *
qemu_nbd_complaint(QemuNbd *self)
{
    G_GNUC_UNUSED g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&self->lock);
    int status;

    if (self->pid && waitpid(self->pid, &status, WNOHANG) == self->pid) {
        self->pid = 0;
        self->complaint = get_complaint(self, status);
    }

    return g_strdup(self->complaint);
}

void
qemu_nbd_free(QemuNbd *self)
{
    if (!self)
        return;
    /* If nobody waits for it any more, another process may have its number. */
    if (self->pid && waitpid(self->pid, NULL, WNOHANG) == 0) {
        kill(self->pid, SIGKILL);
        waitpid(self->pid, NULL, 0);
    }
    if (self->path)
        g_unlink(self->path);
    if (self->directory)
        g_rmdir(self->directory);
    fd_clear(&self->stderr_fd);
    g_mutex_clear(&self->lock);
    g_free(self->directory);
    g_free(self->path);
    g_free(self->complaint);
    g_free(self);
}
