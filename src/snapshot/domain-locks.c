/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <glib/gi18n-lib.h>

#include "collection/set-store.h"
#include "hypervisor/snapshot-ops.h"
#include "snapshot/domain-locks.h"
#include "util/fd.h"

#define WAIT_US (60 * G_USEC_PER_SEC)
#define POLL_US (G_USEC_PER_SEC / 20)

typedef struct {
    char *name;
    char *uuid;
    int fd;
} DomainLock;

struct DomainLocks {
    GPtrArray *locks; /* DomainLock, in the order of their UUIDs */
};

static void
domain_lock_free(gpointer data)
{
    DomainLock *self = data;

    if (self->fd >= 0)
        set_store_unlock_domain(self->uuid, self->fd);
    g_free(self->name);
    g_free(self->uuid);
    g_free(self);
}

void
domain_locks_free(DomainLocks *self)
{
    if (!self)
        return;
    g_ptr_array_unref(self->locks);
    g_free(self);
}

/* Everybody takes them in the same order, so that no two wait for each other. */
static int
compare_locks(gconstpointer a, gconstpointer b)
{
    const DomainLock *const *one = a;
    const DomainLock *const *other = b;

    return g_strcmp0((*one)->uuid, (*other)->uuid);
}

static DomainLock *
domain_lock_new(const char *name, char *uuid)
{
    DomainLock *self = g_new0(DomainLock, 1);

    self->name = g_strdup(name);
    self->uuid = uuid;
    self->fd = -1;

    return self;
}

static DomainLocks *
domain_locks_new(void)
{
    DomainLocks *self = g_new0(DomainLocks, 1);

    self->locks = g_ptr_array_new_with_free_func(domain_lock_free);

    return self;
}

static gboolean
is_held(const DomainLocks *held, const char *uuid)
{
    for (guint i = 0; held && i < held->locks->len; i++) {
        const DomainLock *lock = g_ptr_array_index(held->locks, i);

        if (g_ascii_strcasecmp(lock->uuid, uuid) == 0)
            return TRUE;
    }

    return FALSE;
}

/* A domain that is gone needs no lock; whoever plans with it says so. */
static DomainLocks *
find_uuids(Hypervisor *hypervisor, GPtrArray *domains, GError **error)
{
    g_autoptr(DomainLocks) self = domain_locks_new();

    for (guint i = 0; i < domains->len; i++) {
        const char *name = g_ptr_array_index(domains, i);
        g_autoptr(GError) why = NULL;
        g_autofree char *uuid = hypervisor->ops->snapshots->find_uuid(hypervisor, name, &why);

        if (uuid && !is_held(self, uuid))
            g_ptr_array_add(self->locks, domain_lock_new(name, g_steal_pointer(&uuid)));
        if (why && !g_error_matches(why, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_NOT_FOUND)) {
            g_propagate_error(error, g_steal_pointer(&why));
            return NULL;
        }
    }

    return g_steal_pointer(&self);
}

static gboolean
lock_domain(DomainLock *lock, gint64 until, Control *control, GError **error)
{
    g_autoptr(GError) why = NULL;

    while ((lock->fd = set_store_lock_domain(lock->uuid, &why)) < 0 &&
           g_error_matches(why, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_IN_USE) &&
           g_get_monotonic_time() < until) {
        g_clear_error(&why);
        if (control && !control_pass(control, 0, error))
            return FALSE;
        g_usleep(POLL_US);
    }
    if (lock->fd >= 0)
        return TRUE;
    g_propagate_prefixed_error(error, g_steal_pointer(&why), _("Domain '%s': "), lock->name);

    return FALSE;
}

/* @self: (transfer full). */
static DomainLocks *
lock_all(DomainLocks *self, Control *control, GError **error)
{
    g_autoptr(DomainLocks) locks = self;
    gint64 until = g_get_monotonic_time() + WAIT_US;

    g_ptr_array_sort(locks->locks, compare_locks);
    for (guint i = 0; i < locks->locks->len; i++) {
        if (!lock_domain(g_ptr_array_index(locks->locks, i), until, control, error))
            return NULL;
    }

    return g_steal_pointer(&locks);
}

DomainLocks *
domain_locks_take(Hypervisor *hypervisor, GPtrArray *domains, Control *control, GError **error)
{
    DomainLocks *self = find_uuids(hypervisor, domains, error);

    return self ? lock_all(self, control, error) : NULL;
}

DomainLocks *
domain_locks_take_set(const SetRecord *record, const DomainLocks *held, GError **error)
{
    DomainLocks *self = domain_locks_new();

    for (guint i = 0; i < record->members->len; i++) {
        const SetMember *member = g_ptr_array_index(record->members, i);

        if (!is_held(held, member->uuid))
            g_ptr_array_add(self->locks,
                            domain_lock_new(member->domain, g_strdup(member->uuid)));
    }

    return lock_all(self, NULL, error);
}
