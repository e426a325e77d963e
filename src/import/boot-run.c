/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <glib/gi18n-lib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "import/boot-run.h"
#include "import/boot-watch.h"
#include "import/import-files.h"
#include "import/import-items.h"
#include "util/fd.h"
#include "util/format.h"

/* The memory that QEMU takes in addition to the guest's. */
#define MEMORY_EXTRA ((guint64)64 << 20)
#define JOURNAL "journal"
/* Other users, QEMU's among them, may pass through the directory and cannot list it. */
#define DIRECTORY_MODE 0711

/* --- memory --------------------------------------------------------------------- */

/* Source: proc(5), MemAvailable. Returns: bytes; 0: it cannot be told. */
static guint64
memory_available(void)
{
    g_autofree char *text = NULL;
    const char *line;

    if (!g_file_get_contents("/proc/meminfo", &text, NULL, NULL))
        return 0;
    line = strstr(text, "MemAvailable:");

    return line ? g_ascii_strtoull(line + strlen("MemAvailable:"), NULL, 10) * 1024 : 0;
}

static guint64
member_needs(const BootMember *member)
{
    return member->memory + MEMORY_EXTRA;
}

/* Checks that the domains fit into four fifths of the available memory: the last fifth is left
 * to other programs. */
gboolean
boot_check_memory(const BootPlan *plan, const BootSettings *settings, guint64 *budget,
                  GError **error)
{
    guint64 available = memory_available();

    *budget = settings->memory;
    if (*budget == 0)
        *budget = available > 0 ? available / 5 * 4 : G_MAXUINT64;
    for (guint i = 0; i < plan->members->len; i++) {
        const BootMember *member = g_ptr_array_index(plan->members, i);
        g_autofree char *needed = NULL;
        g_autofree char *there = NULL;

        if (member_needs(member) <= *budget)
            continue;
        needed = format_bytes(member_needs(member));
        there = format_bytes(*budget);
        g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_OUT_OF_MEMORY,
                    _("Domain '%s' needs %s of memory to be tried, and %s may be used; make memory "
                      "free, or allow more with --memory"),
                    member->domain->from->name, needed, there);
        return FALSE;
    }

    return TRUE;
}

/* --- what is written --------------------------------------------------------------- */

static gboolean
check_space(const BootPlan *plan, int dirfd, GError **error)
{
    g_autofree char *needed = NULL;
    struct statvfs st;

    if (fstatvfs(dirfd, &st) < 0 || plan->plan->bytes <= (guint64)st.f_bavail * st.f_frsize)
        return TRUE;
    needed = format_bytes(plan->plan->bytes);
    g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_NO_SPACE,
                _("%s are needed in '%s' to try the export, and there is not that much room; "
                  "--scratch names another directory"),
                needed, plan->plan->directory);

    return FALSE;
}

/* Makes a directory that QEMU's user may pass through, whatever the umask of this process. */
static gboolean
make_directory(int dirfd, const char *path, GError **error)
{
    if ((mkdirat(dirfd, path, DIRECTORY_MODE) == 0 || errno == EEXIST) &&
        fchmodat(dirfd, path, DIRECTORY_MODE, 0) == 0)
        return TRUE;
    virt_snap_error_set_errno(error, errno, _("Cannot create the directory '%s'"), path);

    return FALSE;
}

/* Makes the console's file, because QEMU's user may not be able to create files here. */
static gboolean
make_console(const BootPlan *plan, const BootMember *member, int dirfd,
             const HypervisorOwner *owner, GError **error)
{
    const char *path = member->console + strlen(plan->plan->directory) + 1;
    auto_fd fd = -1;

    if (!make_directory(dirfd, member->domain->directory, error))
        return FALSE;
    fd = fd_open(dirfd, path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW, 0600, error);
    if (fd < 0)
        return FALSE;
    if (!owner || fchown(fd, owner->uid, owner->gid) == 0)
        return TRUE;
    virt_snap_error_set_errno(error, errno, _("Cannot give '%s' to the user of QEMU (%u:%u)"),
                              member->console, owner->uid, owner->gid);

    return FALSE;
}

static gboolean
make_consoles(const BootPlan *plan, int dirfd, const HypervisorOwner *owner, GError **error)
{
    if (!make_directory(dirfd, "domains", error))
        return FALSE;
    for (guint i = 0; i < plan->members->len; i++) {
        if (!make_console(plan, g_ptr_array_index(plan->members, i), dirfd, owner, error))
            return FALSE;
    }

    return TRUE;
}

static gboolean
copy_files(const BootPlan *plan, int dirfd, Control *control, GError **error)
{
    auto_fd fd = fd_open(dirfd, JOURNAL, O_RDWR | O_CREAT | O_EXCL, 0600, error);
    g_autoptr(ImportJournal) journal =
        fd < 0 ? NULL : import_journal_open(fd, plan->plan, FALSE, error);

    return journal && import_files_directories(plan->plan, dirfd, error) &&
           import_items_move(plan->plan, plan->source, dirfd, journal, control, NULL, error) &&
           import_files_images(plan->plan, dirfd, error);
}

static gboolean
write_boot_files(Hypervisor *hypervisor, const BootPlan *plan, int dirfd, Control *control,
                 GError **error)
{
    HypervisorOwner owner;
    gboolean given;

    return import_files_owner(hypervisor, &owner, &given, error) &&
           check_space(plan, dirfd, error) &&
           (!given || import_files_reachable(plan->plan->directory, &owner, error)) &&
           copy_files(plan, dirfd, control, error) &&
           make_consoles(plan, dirfd, given ? &owner : NULL, error) &&
           import_files_close(plan->plan, dirfd, given ? &owner : NULL, error);
}

/* --- one after the other, as far as there is memory -------------------------------- */

typedef struct {
    Hypervisor *hypervisor;
    const BootPlan *plan;
    const BootSettings *settings;
    Control *control;
    guint64 memory; /* the memory that is not yet used by a domain, in bytes */
    guint running;
    GPtrArray *watches; /* BootWatch, of those that have been started */
} BootQueue;

static gboolean
queue_has_room(const BootQueue *self, const BootMember *member)
{
    return member_needs(member) <= self->memory &&
           (self->settings->parallel == 0 || self->running < self->settings->parallel);
}

static gboolean
begin_some(BootQueue *self, GError **error)
{
    GPtrArray *members = self->plan->members;

    while (self->watches->len < members->len) {
        const BootMember *member = g_ptr_array_index(members, self->watches->len);
        BootWatch *watch;

        if (!queue_has_room(self, member))
            return TRUE;
        watch = boot_watch_begin(self->hypervisor, member, self->settings, error);
        if (!watch)
            return FALSE;
        self->memory -= member_needs(member);
        self->running++;
        g_ptr_array_add(self->watches, watch);
    }

    return TRUE;
}

static void
end_some(BootQueue *self)
{
    for (guint i = 0; i < self->watches->len; i++) {
        const BootMember *member = g_ptr_array_index(self->plan->members, i);

        if (!boot_watch_end(g_ptr_array_index(self->watches, i)))
            continue;
        self->memory += member_needs(member);
        self->running--;
        control_advance(self->control, 1);
    }
}

static gboolean
run_queue(BootQueue *self, GError **error)
{
    do {
        if (!control_pass(self->control, 0, error) || !begin_some(self, error))
            return FALSE;
        g_usleep(BOOT_WATCH_US);
        end_some(self);
    } while (self->running > 0 || self->watches->len < self->plan->members->len);

    return TRUE;
}

/* Takes the results of domains that have ended. A domain that could not be removed stays in the
 * record, and its removal is tried again at the end. */
static gboolean
take_verdicts(BootQueue *self, BootReport *report, GError **error)
{
    for (guint i = 0; i < self->watches->len; i++) {
        BootVerdict *verdict =
            boot_watch_take(g_ptr_array_index(self->watches, i), error);

        if (!verdict)
            return FALSE;
        g_ptr_array_add(report->domains, verdict);
    }

    return TRUE;
}

gboolean
boot_run(Hypervisor *hypervisor, const BootPlan *plan, const BootSettings *settings, int dirfd,
         Control *control, BootReport *report, GError **error)
{
    g_autoptr(GPtrArray) watches =
        g_ptr_array_new_with_free_func((GDestroyNotify)boot_watch_free);
    BootQueue queue = {hypervisor, plan, settings, control, 0, 0, watches};

    if (!boot_check_memory(plan, settings, &queue.memory, error) ||
        !write_boot_files(hypervisor, plan, dirfd, control, error))
        return FALSE;

    return run_queue(&queue, error) && take_verdicts(&queue, report, error);
}
