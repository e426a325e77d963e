/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <fcntl.h>
#include <glib/gstdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/unit/harness.h"
#include "tests/unit/plan-fixture.h"
#include "util/big-endian.h"
#include "util/fd.h"

/* The images that all tests have; "present" is on top of each frozen one. */
#define IMAGES                                                                                     \
    "qemu-img create -q -f raw base.raw 4M; qemu-io -f raw -c 'write -q 0 1M' base.raw\n"          \
    "touch -d '1 hour ago' base.raw\n"                                                             \
    "for i in a b; do\n"                                                                           \
    "    qemu-img create -q -f qcow2 -b base.raw -F raw $i.qcow2\n"                                \
    "    qemu-img create -q -f qcow2 -b $i.qcow2 -F qcow2 $i.now\n"                                \
    "done\n"                                                                                       \
    "qemu-img create -q -f qcow2 i.qcow2 2M; qemu-img snapshot -c s i.qcow2\n"                     \
    "qemu-img create -q -f qcow2 plain.qcow2 2M\n"                                                 \
    "echo nvram >nvram; truncate -s 1025 odd.raw\n"

static void
set_up(PlanFixture *f, gconstpointer data)
{
    g_autofree char *made = scratch_new();

    f->old = g_get_current_dir();
    f->dir = realpath(made, NULL);
    g_assert_cmpint(g_chdir(f->dir), ==, 0);
    g_free(run("sh", "-ec", IMAGES, NULL));
    f->settings = virt_snap_export_settings_new();
    f->records = g_ptr_array_new_with_free_func((GDestroyNotify)domain_record_free);
}

static void
tear_down(PlanFixture *f, gconstpointer data)
{
    g_assert_cmpint(g_chdir(f->old), ==, 0);
    scratch_free(f->dir);
    virt_snap_export_settings_free(f->settings);
    g_ptr_array_unref(f->records);
    g_free(f->old);
}

void
plan_set(PlanFixture *f, const char *name, const char *value)
{
    g_autoptr(GError) error = NULL;

    g_assert_true(virt_snap_export_settings_set(f->settings, name, value, &error));
    g_assert_no_error(error);
}

void
plan_add(PlanFixture *f, const char *name, gboolean active, const char *present,
         const TestSnapshot *snapshots, gsize n)
{
    g_ptr_array_add(f->records, test_record(name, active, present, snapshots, n));
}

void
plan_add_others(PlanFixture *f, const TestSnapshot *snapshots, gsize n)
{
    DomainRecord *last = g_ptr_array_index(f->records, f->records->len - 1);
    DomainRecord *others = test_record(last->name, FALSE, NULL, snapshots, n);

    last->others = g_steal_pointer(&others->snapshots);
    domain_record_free(others);
}

Plan *
plan_make(PlanFixture *f, GError **error)
{
    return plan_build("farm", "<collection/>", "s", f->settings, f->records, test_host(), error);
}

const PlanSnapshot *
plan_first_snapshot(const Plan *plan, guint domain)
{
    const PlanDomain *one = g_ptr_array_index(plan->domains, domain);

    return g_ptr_array_index(one->snapshots, 0);
}

const PlanDisk *
plan_disk_of(const Plan *plan, guint domain, guint disk)
{
    return g_ptr_array_index(plan_first_snapshot(plan, domain)->disks, disk);
}

const PlanFile *
plan_find_file(const Plan *plan, const char *path)
{
    for (guint i = 0; i < plan->files->len; i++) {
        const PlanFile *file = g_ptr_array_index(plan->files, i);

        if (g_str_equal(file->path, path))
            return file;
    }

    return NULL;
}

void
plan_assert_layer(PlanFixture *f, const PlanLayer *layer, const char *source, const char *format,
                  PlanWay way)
{
    g_autofree char *path = g_build_filename(f->dir, source, NULL);
    g_autofree char *ending = g_strdup_printf(".%s", format);

    g_assert_cmpstr(layer->source->path, ==, path);
    g_assert_cmpstr(layer->format, ==, format);
    g_assert_cmpint(layer->way, ==, way);
    g_assert_true(g_str_has_prefix(layer->file, "layers/"));
    g_assert_true(g_str_has_suffix(layer->file, ending));
}

void
plan_write_memory(const char *name, const char *magic, const char *domain)
{
    g_autofree char *xml = g_strdup_printf("<domain><uuid>00000000-0000-4000-8000-%012x</uuid>"
                                           "</domain>",
                                           g_str_hash(domain));
    guint32 numbers[19] = {2, (guint32)strlen(xml) + 1};
    g_autoptr(GString) all = g_string_new(magic);

    g_string_append_len(all, (const char *)numbers, sizeof numbers);
    g_string_append_len(all, xml, (gssize)strlen(xml) + 1);
    g_string_append(all, "memory");
    g_assert_true(g_file_set_contents(name, all->str, (gssize)all->len, NULL));
}

void
plan_write_memory_bytes(const char *path, guint64 bytes)
{
    auto_fd fd = open(path, O_RDWR | O_CLOEXEC);
    guint8 at[8], number[8];

    put64(number, bytes);
    g_assert_cmpint(pread(fd, at, sizeof at, 64), ==, sizeof at);
    g_assert_cmpint(pwrite(fd, number, sizeof number, (off_t)get64(at) + 40), ==, sizeof number);
}

void
plan_add_two(PlanFixture *f)
{
    static const TestSnapshot a = {.name = "s",
                                   .disks = {{"vda", "a.qcow2", "qcow2", "external"}}};
    static const TestSnapshot b = {.name = "s",
                                   .disks = {{"vda", "b.qcow2", "qcow2", "external"}}};

    plan_add(f, "a", TRUE, "a.now", &a, 1);
    plan_add(f, "b", TRUE, "b.now", &b, 1);
}

void
plan_run_tests(const char *prefix, const PlanTest *tests, gsize n)
{
    for (gsize i = 0; i < n; i++) {
        g_autofree char *path = g_strdup_printf("%s/%s", prefix, tests[i].name);

        g_test_add(path, PlanFixture, NULL, set_up, tests[i].func, tear_down);
    }
}
