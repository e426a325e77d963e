/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <string.h>
#include <unistd.h>

#include "collection/set-store.h"
#include "tests/unit/harness.h"
#include "util/fd.h"

static SetRecord *
make(const char *snapshot, gint64 creation_time)
{
    SetRecord *record = set_record_new("web", snapshot);
    SetMember *member =
        set_record_add(record, "a", "11111111-2222-3333-4444-555555555555");

    member->state = g_strdup("running");
    member->kind = g_strdup("external");
    member->asked = CONSISTENCY_APPLICATION;
    member->consistency = CONSISTENCY_CRASH;
    member->reason = CONSISTENCY_REASON_AGENT_TIMEOUT;
    member->frozen_ms = 17;
    member->creation_time = creation_time;
    member->memory = g_strdup("/m");
    member->after = g_strdup("paused");
    record->back_to = g_strdup("old & gone");
    set_member_add_disk(member, "vda", "/a.qcow2", "qcow2", "/a.s")->next = g_strdup("/a.next");
    record->window_ms = 23;
    record->point = g_strdup("11111111-2222-3333-4444-888888888888");
    record->converting = TRUE;

    return record;
}

static void
test_written_and_read(void)
{
    g_autoptr(SetRecord) record = make("<s> & co", 1000);
    g_autofree char *text = set_record_format(record);
    g_autoptr(GError) error = NULL;
    g_autoptr(SetRecord) same = set_record_parse(text, strlen(text), &error);
    g_autofree char *again = NULL;
    g_autofree char *mark = NULL;
    const SetMember *member;

    g_assert_no_error(error);
    again = set_record_format(same);
    g_assert_cmpstr(text, ==, again);
    g_assert_cmpstr(same->snapshot, ==, "<s> & co");
    g_assert_cmpstr(same->collection, ==, "web");
    mark = set_record_mark(same);
    g_assert_true(g_str_has_suffix(mark, record->id));
    g_assert_false(same->complete);
    g_assert_cmpuint(same->window_ms, ==, 23);
    member = set_record_member(same, "11111111-2222-3333-4444-555555555555");
    g_assert_cmpint(member->consistency, ==, CONSISTENCY_CRASH);
    g_assert_cmpint(member->reason, ==, CONSISTENCY_REASON_AGENT_TIMEOUT);
    g_assert_cmpstr(((SetDisk *)g_ptr_array_index(member->disks, 0))->overlay, ==, "/a.s");
    g_assert_cmpstr(((SetDisk *)g_ptr_array_index(member->disks, 0))->next, ==, "/a.next");
    g_assert_cmpstr(member->after, ==, "paused");
    g_assert_cmpstr(same->back_to, ==, "old & gone");
    g_assert_cmpstr(member->memory, ==, "/m");
    g_assert_null(set_record_member(same, "11111111-2222-3333-4444-000000000000"));
}

/* Of which file it is, and in which run, is known when the set has been made. */
static void
test_followed(void)
{
    g_autoptr(SetRecord) record = make("s", 1000);
    SetDisk *disk = g_ptr_array_index(
        ((SetMember *)g_ptr_array_index(record->members, 0))->disks, 0);
    g_autofree char *text = NULL;
    g_autoptr(SetRecord) early = NULL;
    g_autoptr(SetRecord) late = NULL;
    const SetDisk *found;

    disk->followed = TRUE;
    disk->run = g_strdup("boot 17 3");
    text = set_record_format(record);
    early = set_record_parse(text, strlen(text), NULL);
    found = set_member_disk(g_ptr_array_index(early->members, 0), "vda");
    g_assert_true(found->followed && !found->written && !found->run && early->converting);
    g_assert_cmpstr(early->point, ==, record->point);

    disk->written = g_strdup("1700000000.000000001");
    disk->device = 7;
    disk->inode = G_MAXUINT64;
    g_free(text);
    text = set_record_format(record);
    late = set_record_parse(text, strlen(text), NULL);
    found = set_member_disk(g_ptr_array_index(late->members, 0), "vda");
    g_assert_cmpstr(found->written, ==, disk->written);
    g_assert_cmpstr(found->run, ==, "boot 17 3");
    g_assert_cmpuint(found->device, ==, 7);
    g_assert_cmpuint(found->inode, ==, G_MAXUINT64);
}

static void
test_corpus(gconstpointer data)
{
    gboolean valid = g_str_equal(data, "snapshotset/valid");
    g_autoptr(GPtrArray) files = corpus(data);

    for (guint i = 0; i < files->len; i++) {
        g_autoptr(GBytes) bytes = read_file(g_ptr_array_index(files, i));
        g_autoptr(GError) error = NULL;
        g_autoptr(SetRecord) record = set_record_parse(g_bytes_get_data(bytes, NULL),
                                                       g_bytes_get_size(bytes), &error);

        g_test_message("%s", (const char *)g_ptr_array_index(files, i));
        g_assert_cmpint(record != NULL, ==, valid);
        if (!valid)
            g_assert_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_CORRUPT);
    }
}

/* A record belongs to one snapshot, and not to another one that has or had its name. */
static void
test_store(void)
{
    g_autoptr(SetRecord) first = make("s", 1000);
    g_autoptr(SetRecord) other = make("t", 1000);
    g_autoptr(SetRecord) making = make("u", 1000);
    g_autoptr(GPtrArray) records = NULL;
    g_autoptr(GError) error = NULL;
    const char *uuid = "11111111-2222-3333-4444-555555555555";

    first->complete = other->complete = TRUE;
    g_assert_true(set_store_save(first, &error));
    g_assert_true(set_store_save(other, &error));
    g_assert_true(set_store_save(making, &error));
    records = set_store_load(&error);
    g_assert_no_error(error);
    g_assert_cmpuint(records->len, ==, 3);
    g_assert_cmpstr(set_records_find(records, uuid, "s", 1000)->id, ==, first->id);
    g_assert_null(set_records_find(records, uuid, "s", 1001));
    g_assert_null(set_records_find(records, uuid, "x", 1000));
    g_assert_null(set_records_find(records, "11111111-2222-3333-4444-000000000000", "s", 1000));
    g_assert_null(set_records_find(records, uuid, "u", 1000));

    g_assert_true(set_store_remove(first->id, &error));
    g_assert_true(set_store_remove(first->id, &error));
    g_ptr_array_unref(records);
    records = set_store_load(&error);
    g_assert_cmpuint(records->len, ==, 2);
    g_assert_null(set_records_find(records, uuid, "s", 1000));
    g_assert_true(set_store_remove(other->id, &error) && set_store_remove(making->id, &error));
}

static void
test_lock(void)
{
    g_autoptr(GError) error = NULL;
    auto_fd fd = set_store_lock("5f7c3c3e-8f0a-4a52-9a8e-1f3d0c1b2a39", &error);

    g_assert_no_error(error);
    g_assert_cmpint(set_store_lock("5f7c3c3e-8f0a-4a52-9a8e-1f3d0c1b2a39", &error), <, 0);
    g_assert_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_IN_USE);
    g_clear_error(&error);
    fd_clear(&fd);
    fd = set_store_lock("5f7c3c3e-8f0a-4a52-9a8e-1f3d0c1b2a39", &error);
    g_assert_no_error(error);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/set-record/written-and-read", test_written_and_read);
    g_test_add_func("/set-record/followed", test_followed);
    g_test_add_data_func("/set-record/valid", "snapshotset/valid", test_corpus);
    g_test_add_data_func("/set-record/invalid", "snapshotset/invalid", test_corpus);
    g_test_add_data_func("/set-record/refused", "snapshotset/refused", test_corpus);
    g_test_add_func("/set-store/records", test_store);
    g_test_add_func("/set-store/lock", test_lock);

    return g_test_run();
}
