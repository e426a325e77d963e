/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <glib/gi18n-lib.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "drivers/libvirt/libvirt-commit.h"
#include "drivers/libvirt/libvirt-lists.h"
#include "util/xml.h"

/* How long libvirt may take to end a job that is aborted. */
#define END_US (60 * G_USEC_PER_SEC)
/* How long libvirt may take to forget a job whose end it has reported. */
#define FORGET_US (10 * G_USEC_PER_SEC)

/* Counted references: of the owner, and of libvirt as long as it may call. */
struct HypervisorCommit {
    virDomainPtr domain;
    char *target;
    gboolean active;
    int event;   /* what libvirt calls the subscription, -1: none */
    GMutex lock; /* guards what follows */
    GCond changed;
    CommitState state;
    guint64 cur; /* the last known state of the job */
    guint64 end;
};

/* --- libvirt's names of images ---------------------------------------------- */

static gboolean
is_same_file(const char *one, const char *other)
{
    struct stat a, b;

    if (g_str_equal(one, other))
        return TRUE;
    if (stat(one, &a) < 0 || stat(other, &b) < 0 || (a.st_mode & S_IFMT) != (b.st_mode & S_IFMT))
        return FALSE;

    return S_ISBLK(a.st_mode) ? a.st_rdev == b.st_rdev
                              : a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

static xmlNode *
find_commit_disk(xmlDoc *doc, const char *target)
{
    g_autoptr(GPtrArray) disks = xml_nodes(xmlDocGetRootElement(doc), "./devices/disk");

    for (guint i = 0; i < disks->len; i++) {
        g_autofree char *dev = xml_text(g_ptr_array_index(disks, i), "./target/@dev");

        if (g_strcmp0(dev, target) == 0)
            return g_ptr_array_index(disks, i);
    }

    return NULL;
}

/* Names the image as libvirt does, "vda[2]", which does not depend on how libvirt spells the path.
 * Source: the manual of virDomainBlockCommit. */
static char *
name_of_image(xmlNode *disk, const char *target, const char *path)
{
    for (xmlNode *node = disk; node;) {
        g_autofree char *file = xml_text(node, "./source/@file");
        g_autofree char *dev = xml_text(node, "./source/@dev");
        g_autofree char *index = xml_text(node, node == disk ? "./source/@index" : "./@index");
        const char *named = file ? file : dev;

        if (named && index && is_same_file(named, path))
            return g_strdup_printf("%s[%s]", target, index);
        node = xml_child(node, "backingStore", NULL);
    }

    return NULL;
}

static gboolean
find_commit_names(virDomainPtr domain, const char *target, const char *base, const char *top,
                  char **base_name, char **top_name, GError **error)
{
    g_autofree char *text = libvirt_take_string(virDomainGetXMLDesc(domain, 0));
    g_autoptr(xmlDoc) doc = NULL;
    xmlNode *disk;

    if (!text) {
        libvirt_error_set(error, _("Cannot read the domain '%s'"), virDomainGetName(domain));
        return FALSE;
    }
    doc = xml_parse(text, strlen(text), _("domain XML"), error);
    disk = doc ? find_commit_disk(doc, target) : NULL;
    *base_name = disk ? name_of_image(disk, target, base) : NULL;
    *top_name = disk ? name_of_image(disk, target, top) : NULL;
    if (*base_name && *top_name)
        return TRUE;
    if (doc)
        g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_INVALID_STATE,
                    _("The running domain '%s' does not have '%s' above '%s' on its disk '%s' "
                      "any more; try again"),
                    virDomainGetName(domain), top, base, target);

    return FALSE;
}

/* --- events ------------------------------------------------------------------ */

static CommitState
commit_state_of(int status)
{
    switch (status) {
    case VIR_DOMAIN_BLOCK_JOB_COMPLETED:
        return COMMIT_COMPLETED;
    case VIR_DOMAIN_BLOCK_JOB_READY:
        return COMMIT_READY;
    case VIR_DOMAIN_BLOCK_JOB_CANCELED:
        return COMMIT_CANCELLED;
    default:
        return COMMIT_FAILED;
    }
}

static void
set_state(HypervisorCommit *self, CommitState state)
{
    G_GNUC_UNUSED g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&self->lock);

    if (self->state == COMMIT_RUNNING || self->state == COMMIT_READY)
        self->state = state;
    g_cond_broadcast(&self->changed);
}

static void
on_commit_event(virConnectPtr connection, virDomainPtr domain, const char *disk, int type,
                int status, void *data)
{
    HypervisorCommit *self = data;

    if (g_str_equal(disk, self->target))
        set_state(self, commit_state_of(status));
}

/* --- its life ----------------------------------------------------------------- */

static void
commit_clear(gpointer data)
{
    HypervisorCommit *self = data;

    virDomainFree(self->domain);
    g_free(self->target);
    g_cond_clear(&self->changed);
    g_mutex_clear(&self->lock);
}

static void
commit_unref(void *self)
{
    g_atomic_rc_box_release_full(self, commit_clear);
}

void
libvirt_commit_end(HypervisorCommit *self)
{
    if (!self)
        return;
    if (self->event >= 0)
        virConnectDomainEventDeregisterAny(virDomainGetConnect(self->domain), self->event);
    commit_unref(self);
}

static HypervisorCommit *
commit_new(virDomainPtr domain, const char *target, gboolean active)
{
    HypervisorCommit *self = g_atomic_rc_box_new0(HypervisorCommit);

    virDomainRef(domain);
    self->domain = domain;
    self->target = g_strdup(target);
    self->active = active;
    g_mutex_init(&self->lock);
    g_cond_init(&self->changed);
    self->event = virConnectDomainEventRegisterAny(
        virDomainGetConnect(domain), domain, VIR_DOMAIN_EVENT_ID_BLOCK_JOB_2,
        VIR_DOMAIN_EVENT_CALLBACK(on_commit_event), g_atomic_rc_box_acquire(self), commit_unref);
    if (self->event < 0)
        commit_unref(self);

    return self;
}

static gboolean
start_job(HypervisorCommit *self, const char *base, const char *top, guint64 bandwidth,
          GError **error)
{
    g_autofree char *base_name = NULL;
    g_autofree char *top_name = NULL;
    unsigned int flags = VIR_DOMAIN_BLOCK_COMMIT_BANDWIDTH_BYTES |
                         (self->active ? VIR_DOMAIN_BLOCK_COMMIT_ACTIVE : 0);

    if (!find_commit_names(self->domain, self->target, base, top, &base_name, &top_name, error))
        return FALSE;
    if (virDomainBlockCommit(self->domain, self->target, base_name, top_name,
                             (unsigned long)MIN(bandwidth, G_MAXLONG), flags) == 0)
        return TRUE;
    libvirt_error_set(error, _("Cannot merge '%s' of the running domain '%s' into '%s'"), top,
                      virDomainGetName(self->domain), base);

    return FALSE;
}

HypervisorCommit *
libvirt_commit_begin(virDomainPtr domain, const char *target, const char *base, const char *top,
                     gboolean active, guint64 bandwidth, gboolean adopt, GError **error)
{
    HypervisorCommit *self = commit_new(domain, target, active);

    if (self->event < 0)
        libvirt_error_set(error, _("Cannot watch what libvirt reports"));
    else if (adopt || start_job(self, base, top, bandwidth, error))
        return self;
    libvirt_commit_end(self);

    return NULL;
}

static gboolean
start_pull(HypervisorCommit *self, guint64 bandwidth, GError **error)
{
    if (virDomainBlockPull(self->domain, self->target, (unsigned long)MIN(bandwidth, G_MAXLONG),
                           VIR_DOMAIN_BLOCK_PULL_BANDWIDTH_BYTES) == 0)
        return TRUE;
    libvirt_error_set(error, _("Cannot copy what is below the disk '%s' of the running domain "
                               "'%s' into it"),
                      self->target, virDomainGetName(self->domain));

    return FALSE;
}

HypervisorCommit *
libvirt_pull_begin(virDomainPtr domain, const char *target, guint64 bandwidth, gboolean adopt,
                   GError **error)
{
    HypervisorCommit *self = commit_new(domain, target, FALSE);

    if (self->event < 0)
        libvirt_error_set(error, _("Cannot watch what libvirt reports"));
    else if (adopt || start_pull(self, bandwidth, error))
        return self;
    libvirt_commit_end(self);

    return NULL;
}

/* --- how far it is -------------------------------------------------------------- */

gboolean
libvirt_block_job(virDomainPtr domain, const char *target, guint *type, guint64 *cur, guint64 *end,
                  GError **error)
{
    virDomainBlockJobInfo info = {0};
    int found = virDomainGetBlockJobInfo(domain, target, &info,
                                         VIR_DOMAIN_BLOCK_JOB_INFO_BANDWIDTH_BYTES);

    if (found < 0) {
        libvirt_error_set(error, _("Cannot ask for the block job of the disk '%s' of the domain "
                                   "'%s'"),
                          target, virDomainGetName(domain));
        return FALSE;
    }
    *type = found > 0 ? (guint)info.type : 0;
    *cur = found > 0 ? info.cur : 0;
    *end = found > 0 ? info.end : 0;

    return TRUE;
}

/* Returns: whether the job is ready. A job that was ready before this process listened sends no
 * event again, so <mirror ready='yes'> is looked for in the domain's XML, as virsh's blockjob does.
 */
static gboolean
is_ready(HypervisorCommit *self)
{
    g_autofree char *text = libvirt_take_string(virDomainGetXMLDesc(self->domain, 0));
    g_autoptr(xmlDoc) doc = text ? xml_parse(text, strlen(text), "domain", NULL) : NULL;
    xmlNode *disk = doc ? find_commit_disk(doc, self->target) : NULL;

    return disk && xml_node(disk, "./mirror[@ready='yes']") != NULL;
}

static void
wait_for_event(HypervisorCommit *self, gint64 us)
{
    G_GNUC_UNUSED g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&self->lock);
    gint64 until = g_get_monotonic_time() + us;

    while (self->state == COMMIT_RUNNING &&
           g_cond_wait_until(&self->changed, &self->lock, until))
        continue;
}

static CommitState
get_state(HypervisorCommit *self)
{
    G_GNUC_UNUSED g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&self->lock);

    return self->state;
}

/* The event arrives before libvirt has saved the state of the domain. If an embedded driver ends in
 * between, it cannot read its own state file afterwards (<mirror job=''>) and takes the domain for
 * shut off. A query about the domain waits until libvirt is done. */
static void
await_forgotten(HypervisorCommit *self)
{
    gint64 until = g_get_monotonic_time() + FORGET_US;
    guint64 cur, end;
    guint type;

    while (libvirt_block_job(self->domain, self->target, &type, &cur, &end, NULL) && type != 0 &&
           g_get_monotonic_time() < until)
        g_usleep(G_USEC_PER_SEC / 200);
}

gboolean
libvirt_commit_wait(HypervisorCommit *self, gint64 us, CommitProgress *progress, GError **error)
{
    guint type;

    wait_for_event(self, us);
    progress->state = get_state(self);
    if (progress->state == COMMIT_RUNNING || progress->state == COMMIT_READY) {
        guint64 cur, end;

        if (!libvirt_block_job(self->domain, self->target, &type, &cur, &end, error))
            return FALSE;
        if (type != 0) {
            self->cur = cur;
            self->end = end;
            if (self->active && cur == end && is_ready(self))
                set_state(self, COMMIT_READY);
        } else {
            /* The event of its end may still arrive. */
            wait_for_event(self, G_USEC_PER_SEC);
            set_state(self, COMMIT_GONE);
        }
        progress->state = get_state(self);
    }
    if (progress->state > COMMIT_READY)
        await_forgotten(self);
    progress->cur = self->cur;
    progress->end = self->end;

    return TRUE;
}

/* --- what is asked of it ---------------------------------------------------------- */

gboolean
libvirt_commit_set_speed(HypervisorCommit *self, guint64 bandwidth, GError **error)
{
    if (virDomainBlockJobSetSpeed(self->domain, self->target,
                                  (unsigned long)MIN(bandwidth, G_MAXLONG),
                                  VIR_DOMAIN_BLOCK_JOB_SPEED_BANDWIDTH_BYTES) == 0 ||
        get_state(self) > COMMIT_READY)
        return TRUE;
    libvirt_error_set(error, _("Cannot limit the block job of the domain '%s'"),
                      virDomainGetName(self->domain));

    return FALSE;
}

/* libvirt reports the end of the job when the domain's XML names the image to which the domain
 * writes now. */
static CommitState
await_last_event(HypervisorCommit *self)
{
    G_GNUC_UNUSED g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&self->lock);
    gint64 until = g_get_monotonic_time() + END_US;

    while (self->state <= COMMIT_READY && g_cond_wait_until(&self->changed, &self->lock, until))
        continue;

    return self->state;
}

static gboolean
await_end(HypervisorCommit *self, CommitState wanted, GError **error)
{
    CommitState state = await_last_event(self);

    if (state > COMMIT_READY)
        await_forgotten(self);
    if (state == wanted || (wanted == COMMIT_CANCELLED && state > COMMIT_READY))
        return TRUE;
    g_set_error(error, VIRT_SNAP_ERROR,
                state > COMMIT_READY ? VIRT_SNAP_ERROR_FAILED : VIRT_SNAP_ERROR_TIMEOUT,
                _("The block job of the domain '%s', disk '%s', did not end as it should; 'virsh "
                  "blockjob' shows it"),
                virDomainGetName(self->domain), self->target);

    return FALSE;
}

gboolean
libvirt_commit_pivot(HypervisorCommit *self, GError **error)
{
    if (virDomainBlockJobAbort(self->domain, self->target, VIR_DOMAIN_BLOCK_JOB_ABORT_PIVOT) == 0)
        return await_end(self, COMMIT_COMPLETED, error);
    libvirt_error_set(error, _("Cannot have the domain '%s' go on below its layer (disk '%s')"),
                      virDomainGetName(self->domain), self->target);

    return FALSE;
}

gboolean
libvirt_commit_abort(HypervisorCommit *self, GError **error)
{
    if (get_state(self) > COMMIT_READY)
        return TRUE;
    if (virDomainBlockJobAbort(self->domain, self->target, VIR_DOMAIN_BLOCK_JOB_ABORT_ASYNC) == 0)
        return await_end(self, COMMIT_CANCELLED, error);
    libvirt_error_set(error, _("Cannot end the block job of the domain '%s', disk '%s'"),
                      virDomainGetName(self->domain), self->target);

    return FALSE;
}
