/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include "bus/bus-path.h"
#include "collection/set-store.h"
#include "service/access.h"
#include "service/object-set.h"
#include "service/set-calls.h"
#include "service/snapshot-objects.h"
#include "service/store-follower.h"
#include "util/dictionary.h"

/* Maximal number of members of all objects together: all properties fit into one message. */
#define MEMBERS_MAX 100000u

struct SnapshotObjects {
    ObjectSet *objects;
    StoreFollower *follower;
    char *uri;
};

/* --- an object for each record ---------------------------------------------------------- */

static gboolean
on_get_info(BusSnapshot *bus, GDBusMethodInvocation *invocation, gpointer data)
{
    const SnapshotObjects *self = data;

    access_check(invocation, ACTION_READ, set_calls_info, g_strdup(self->uri), g_free);

    return TRUE;
}

static void
add_member_made(GVariantBuilder *members, const SetMember *member)
{
    g_variant_builder_open(members, G_VARIANT_TYPE_VARDICT);
    dictionary_add_text(members, "domain", member->domain);
    dictionary_add_text(members, "uuid", member->uuid);
    dictionary_add_text(members, "kind", member->kind);
    dictionary_add_text(members, "consistency", consistency_name(member->consistency));
    dictionary_add_text(members, "asked", consistency_name(member->asked));
    if (member->reason != CONSISTENCY_REASON_NONE)
        dictionary_add_text(members, "reason", consistency_reason_name(member->reason));
    g_variant_builder_add(members, "{sv}", "frozen_ms", g_variant_new_uint32(member->frozen_ms));
    g_variant_builder_close(members);
}

static GVariant *
members_value(const SetRecord *record)
{
    GVariantBuilder members;

    g_variant_builder_init(&members, G_VARIANT_TYPE("aa{sv}"));
    for (guint i = 0; i < record->members->len; i++)
        add_member_made(&members, g_ptr_array_index(record->members, i));

    return g_variant_builder_end(&members);
}

static void
fill_snapshot_object(BusSnapshot *bus, const SetRecord *record)
{
    g_autofree char *collection = bus_path_collection(record->collection);

    bus_snapshot_set_name(bus, record->snapshot);
    bus_snapshot_set_collection(bus, collection);
    bus_snapshot_set_created(bus, record->created);
    bus_snapshot_set_created_by(bus, record->program);
    bus_snapshot_set_window(bus, record->window_ms);
    bus_snapshot_set_members(bus, members_value(record));
}

static void
add_snapshot_object(SnapshotObjects *self, const char *path, const SetRecord *record)
{
    g_autoptr(BusObjectSkeleton) object = bus_object_skeleton_new(path);
    g_autoptr(BusSnapshot) bus = bus_snapshot_skeleton_new();

    fill_snapshot_object(bus, record);
    g_signal_connect(bus, "handle-get-info", G_CALLBACK(on_get_info), self);
    bus_object_skeleton_set_snapshot(object, bus);
    object_set_export(self->objects, G_DBUS_OBJECT_SKELETON(object));
}

static void
show_snapshot_object(SnapshotObjects *self, const SetRecord *record)
{
    g_autofree char *path = bus_path_snapshot(record->collection, record->snapshot);
    g_autoptr(GDBusObject) object = object_set_keep(self->objects, path);
    g_autoptr(BusSnapshot) bus = object ? bus_object_get_snapshot(BUS_OBJECT(object)) : NULL;

    if (bus)
        fill_snapshot_object(bus, record);
    else
        add_snapshot_object(self, path, record);
}

/* Whether it is one of a user's: made, and with a collection by which it can be named. */
static gboolean
is_shown(const SetRecord *record)
{
    return record->complete && !record->temporary && record->collection;
}

/* --- following the records -------------------------------------------------------------- */

static gpointer
read_records(gpointer owner, GError **error)
{
    return set_store_load(error);
}

static void
show_snapshot_records(gpointer owner, gpointer content)
{
    SnapshotObjects *self = owner;
    GPtrArray *records = content;
    guint members = 0;

    object_set_begin(self->objects);
    for (guint i = 0; i < records->len; i++) {
        const SetRecord *record = g_ptr_array_index(records, i);

        if (!is_shown(record))
            continue;
        members += record->members->len;
        if (members > MEMBERS_MAX) {
            g_warning("snapshot '%s' of '%s' and those after it are too much to be shown on the "
                      "bus; delete some that are not needed",
                      record->snapshot, record->collection);
            break;
        }
        show_snapshot_object(self, record);
    }
    object_set_end(self->objects);
}

static void
records_free(gpointer content)
{
    g_ptr_array_unref(content);
}

static const StoreFollowerOps follower_ops = {
    .what = "snapshot collections",
    .read = read_records,
    .show = show_snapshot_records,
    .free = records_free,
};

/* --- constructor and destructor ---------------------------------------------------------- */

SnapshotObjects *
snapshot_objects_new(GDBusObjectManagerServer *manager, const char *uri,
                     void (*ready)(gpointer data), gpointer data)
{
    SnapshotObjects *self = g_new0(SnapshotObjects, 1);
    g_autofree char *directory = set_store_directory();

    self->objects = object_set_new(manager);
    self->uri = g_strdup(uri);
    self->follower = store_follower_new(directory, &follower_ops, self, ready, data);

    return self;
}

void
snapshot_objects_free(SnapshotObjects *self)
{
    if (!self)
        return;
    store_follower_free(self->follower);
    object_set_free(self->objects);
    g_free(self->uri);
    g_free(self);
}
