/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

/* usage: inject [-o FILE] CALL[,CALL]...:WHAT:when=N[+] COMMAND [ARGUMENT]...
 *
 * Runs COMMAND, and when one of its threads, or of those of its children, makes the Nth of these
 * system calls (with + each from there on), lets WHAT happen:
 *   signal=NAME  the thread's process gets the signal; with KILL it never makes the call
 *   error=NAME   the call is not made and fails
 * CALL may also be one of a libvirtd: "libvirt" is any, libvirt-421 the procedure of that number in
 * libvirt's remote_protocol.x. Those of the command itself count, of all threads together, for each
 * of them may write what another one asks.
 * FILE gets a line with the process that a signal has stopped. The status is that of COMMAND, after
 * all of its children have ended.
 *
 * strace can inject the same, but stops at every system call for that, which takes five times as
 * long as what virtsnap does. Here the kernel lets all others pass (seccomp(2)). */

#include <config.h>

#include <err.h>
#include <errno.h>
#include <glib.h>
#include <seccomp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/reg.h>
#include <sys/syscall.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#define OPTIONS                                                                                    \
    (PTRACE_O_EXITKILL | PTRACE_O_TRACESECCOMP | PTRACE_O_TRACECLONE | PTRACE_O_TRACEFORK |        \
     PTRACE_O_TRACEVFORK)

#define LIBVIRT_PROGRAM 0x20008086
#define LIBVIRT_ANY "libvirt"

typedef struct {
    pid_t command;
    char **calls;
    gboolean asks;     /* the calls are a libvirtd's: */
    guint32 procedure; /* or 0, for any */
    int signal;        /* or 0, and then */
    int error;
    guint when;
    gboolean from_there_on;
    GHashTable *counts; /* thread → how many of the calls it has made */
    FILE *told;
} Inject;

static int
signal_named(const char *name)
{
    for (int i = 1; i < NSIG; i++) {
        if (g_strcmp0(sigabbrev_np(i), name) == 0)
            return i;
    }
    errx(2, "no such signal: %s", name);
}

static int
error_named(const char *name)
{
    for (int i = 1; i < 256; i++) {
        if (g_strcmp0(strerrorname_np(i), name) == 0)
            return i;
    }
    errx(2, "no such error: %s", name);
}

static void
parse(Inject *self, const char *text)
{
    g_auto(GStrv) parts = g_strsplit(text, ":", 3);
    char *end;

    if (g_strv_length(parts) != 3 || !g_str_has_prefix(parts[2], "when="))
        errx(2, "not CALLS:WHAT:when=N: %s", text);
    self->asks = g_str_has_prefix(parts[0], LIBVIRT_ANY);
    if (self->asks && parts[0][strlen(LIBVIRT_ANY)] == '-')
        self->procedure = strtoul(parts[0] + strlen(LIBVIRT_ANY) + 1, NULL, 10);
    self->calls = g_strsplit(self->asks ? "write" : parts[0], ",", -1);
    if (g_str_has_prefix(parts[1], "signal="))
        self->signal = signal_named(parts[1] + strlen("signal="));
    else if (g_str_has_prefix(parts[1], "error="))
        self->error = error_named(parts[1] + strlen("error="));
    else
        errx(2, "neither signal= nor error=: %s", parts[1]);
    self->when = strtoul(parts[2] + strlen("when="), &end, 10);
    self->from_there_on = *end == '+';
    if (self->when == 0 || end[self->from_there_on] != '\0')
        errx(2, "not a number: %s", parts[2]);
}

/* The kernel stops who makes one of these calls. */
static void
filter(const Inject *self)
{
    scmp_filter_ctx context = seccomp_init(SCMP_ACT_ALLOW);
    int status = context ? 0 : -ENOMEM;

    for (char **call = self->calls; *call && status == 0; call++) {
        int number = seccomp_syscall_resolve_name(*call);

        if (number == __NR_SCMP_ERROR)
            errx(2, "no such system call: %s", *call);
        status = seccomp_rule_add(context, SCMP_ACT_TRACE(0), number, 0);
    }
    /* Without it root's children may become others. */
    if (status == 0 && geteuid() == 0)
        status = seccomp_attr_set(context, SCMP_FLTATR_CTL_NNP, 0);
    if (status == 0)
        status = seccomp_load(context);
    if (status != 0)
        errx(2, "seccomp: %s", strerror(-status));
}

/* Returns the child, which runs the command as soon as it is watched. */
static pid_t
start(const Inject *self, char **argv)
{
    int ready[2];
    char c;
    pid_t pid;

    if (pipe(ready) < 0 || (pid = fork()) < 0)
        err(2, "fork");
    if (pid == 0) {
        close(ready[1]);
        if (read(ready[0], &c, 1) != 1)
            _exit(2);
        close(ready[0]);
        filter(self);
        execvp(argv[0], argv);
        err(127, "%s", argv[0]);
    }
    if (ptrace(PTRACE_SEIZE, pid, NULL, OPTIONS) < 0)
        err(2, "ptrace");
    if (write(ready[1], "", 1) != 1)
        err(2, "pipe");
    close(ready[0]);
    close(ready[1]);

    return pid;
}

/* The call that @thread is about to make is not made. */
static void
fail_call(pid_t thread, int error)
{
#ifdef __x86_64__
    if (ptrace(PTRACE_POKEUSER, thread, sizeof(long) * ORIG_RAX, -1L) < 0 ||
        ptrace(PTRACE_POKEUSER, thread, sizeof(long) * RAX, -(long)error) < 0)
        err(2, "ptrace");
#else
    errx(2, "%s: system calls of this processor are not known", strerror(error));
#endif
}

/* Whether @thread is about to write a question to libvirt that is looked for: a message begins with
 * its length, the number of the program, that of its version and that of the procedure. */
static gboolean
asks_libvirt(const Inject *self, pid_t thread)
{
    g_autofree char *task = g_strdup_printf("/proc/%d/task/%d", self->command, thread);
    guint32 head[4] = {0};
#ifdef __x86_64__
    long at = ptrace(PTRACE_PEEKUSER, thread, sizeof(long) * RSI, NULL);
    long length = ptrace(PTRACE_PEEKUSER, thread, sizeof(long) * RDX, NULL);

    for (gsize i = 0; i < 2 && length >= (long)sizeof head; i++) {
        long word = ptrace(PTRACE_PEEKDATA, thread, at + i * sizeof(long), NULL);

        memcpy(head + 2 * i, &word, sizeof word);
    }
#else
    errx(2, "system calls of this processor are not known");
#endif

    return access(task, F_OK) == 0 && GUINT32_FROM_BE(head[1]) == LIBVIRT_PROGRAM &&
           (self->procedure == 0 || GUINT32_FROM_BE(head[3]) == self->procedure);
}

static void
at_call(Inject *self, pid_t thread)
{
    gpointer key = GINT_TO_POINTER(self->asks ? 0 : thread);
    guint n = GPOINTER_TO_UINT(g_hash_table_lookup(self->counts, key)) + 1;

    if (self->asks && !asks_libvirt(self, thread))
        return;
    g_hash_table_insert(self->counts, key, GUINT_TO_POINTER(n));
    if (n < self->when || (n > self->when && !self->from_there_on))
        return;
    /* Another thread would take the signal of a process first, while this one goes on. */
    if (self->signal == SIGSTOP)
        syscall(SYS_tkill, thread, SIGSTOP);
    else if (self->signal)
        kill(thread, self->signal);
    else
        fail_call(thread, self->error);
}

/* @thread has stopped; it may be gone by now, so that nothing can be said of it. */
static void
go_on(Inject *self, pid_t thread, int status)
{
    int sig = WSTOPSIG(status);
    int event = status >> 16;

    if (event == PTRACE_EVENT_SECCOMP)
        at_call(self, thread);
    if (event == PTRACE_EVENT_STOP && sig != SIGTRAP) {
        fprintf(self->told, "%d\n", thread);
        fflush(self->told);
        ptrace(PTRACE_LISTEN, thread, NULL, NULL);
    } else {
        ptrace(PTRACE_CONT, thread, NULL, event ? 0L : (long)sig);
    }
}

static int
watch(Inject *self)
{
    int result = 0;
    int status;
    pid_t thread;

    while ((thread = waitpid(-1, &status, __WALL)) > 0 || errno == EINTR) {
        if (thread < 0)
            continue;
        if (WIFSTOPPED(status)) {
            go_on(self, thread, status);
            continue;
        }
        g_hash_table_remove(self->counts, GINT_TO_POINTER(thread));
        if (thread == self->command)
            result = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
    }

    return result;
}

int
main(int argc, char **argv)
{
    Inject self = {.counts = g_hash_table_new(NULL, NULL)};
    const char *told = "/dev/null";
    int option;

    while ((option = getopt(argc, argv, "+o:")) != -1) {
        if (option != 'o')
            return 2;
        told = optarg;
    }
    if (argc - optind < 2)
        errx(2, "CALLS:WHAT:when=N COMMAND...");
    parse(&self, argv[optind]);
    self.told = fopen(told, "we");
    if (!self.told)
        err(2, "%s", told);

    self.command = start(&self, argv + optind + 1);

    return watch(&self);
}
