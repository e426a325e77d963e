/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <string.h>

#include "export/plan-files.h"
#include "tests/unit/harness.h"
#include "tests/unit/plan-fixture.h"

/* Warnings about files of the host that the snapshot does not contain. */

#define BEGUN 1000000000
#define DISK "<disk><source file='%s'/><target dev='%s'/></disk>"

/* The warnings of one snapshot, each in a line of its own. */
static char *
warnings_of(PlanFixture *f, const TestSnapshot *snapshot, gboolean active)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Plan) plan = NULL;

    g_ptr_array_set_size(f->records, 0);
    plan_add(f, "web", active, "a.now", snapshot, 1);
    plan = plan_make(f, &error);
    g_assert_no_error(error);
    g_ptr_array_add(plan->warnings, NULL);

    return g_strjoinv("\n", (char **)plan->warnings->pdata);
}

static void
assert_says(const char *got, const char *expected)
{
    g_test_message("%s", got);
    if (expected)
        g_assert_nonnull(strstr(got, expected));
    else
        g_assert_cmpstr(got, ==, "");
}

/* Whatever is copied is the present file, which may be another than that of the snapshot. */
static void
test_age(PlanFixture *f, gconstpointer data)
{
    static const struct {
        const char *domain;
        const char *written;
        const char *warning;
    } table[] = {
        {"<os><kernel>file</kernel></os>", "@999999999.9", NULL},
        {"<os><kernel>file</kernel></os>", "@1000000000.5", "cannot be told"},
        {"<os><kernel>file</kernel></os>", "@1000000001", "(<kernel>) was changed after"},
        {"<os><initrd>file</initrd></os>", "@1000000001", "(<initrd>) was changed after"},
        {"<os><dtb>file</dtb></os>", "@1000000001", "(<dtb>) was changed after"},
        {"<os><nvram>file</nvram></os>", "@999999999.9", NULL},
        {"<os><nvram>file</nvram></os>", "@1000000000.5", "cannot be told"},
        {"<os><nvram>file</nvram></os>", "@1000000001", "(<nvram>) was changed after"},
    };

    g_assert_true(g_file_set_contents("file", "x", 1, NULL));
    for (gsize i = 0; i < G_N_ELEMENTS(table); i++) {
        TestSnapshot snapshot = {.name = "s", .created = BEGUN, .domain = table[i].domain};
        g_autofree char *got = NULL;

        g_free(run("touch", "-d", table[i].written, "file", NULL));
        got = warnings_of(f, &snapshot, FALSE);
        assert_says(got, table[i].warning);
    }
}

/* Firmware variables that do not exist now may have existed at the snapshot. */
static void
test_no_variables(PlanFixture *f, gconstpointer data)
{
    static const TestSnapshot snapshot = {
        .name = "s", .state = "shutoff", .domain = "<os><nvram>no-such</nvram></os>"};
    g_autofree char *got = warnings_of(f, &snapshot, FALSE);

    assert_says(got, "no-such");
    assert_says(got, "never started, or they were deleted");
}

static void
test_arguments(PlanFixture *f, gconstpointer data)
{
    static const TestSnapshot snapshot = {
        .name = "s",
        .domain = "<q:commandline xmlns:q='http://libvirt.org/schemas/domain/qemu/1.0'>"
                  "<q:arg value='-drive'/><q:arg value='file=/x.qcow2,if=none'/></q:commandline>"};
    g_autofree char *got = warnings_of(f, &snapshot, FALSE);

    assert_says(got, "-drive file=/x.qcow2,if=none");
}

/* Storage of the host that is handed to the guest holds data of it, too. */
static void
test_devices(PlanFixture *f, gconstpointer data)
{
    static const char pci[] = "<devices><hostdev mode='subsystem' type='pci'><source><address "
                              "domain='0x%.4s' bus='0x%.2s' slot='0x%.2s' function='0x%.1s'/>"
                              "</source></hostdev></devices>";
    static const struct {
        const char *device; /* attributes of <hostdev>, and its children */
        const char *warning;
    } table[] = {
        {"type='scsi'><source><adapter name='scsi_host3'/><address bus='0' target='1' unit='2'/>"
         "</source>", "'scsi_host3:0:1:2'"},
        {"type='scsi'><source protocol='iscsi' name='iqn.2026:x/1'><host name='h'/></source>",
         "'iqn.2026:x/1'"},
        {"type='scsi_host'><source protocol='vhost' wwpn='naa.5001'/>", "'naa.5001'"},
        {"type='scsi'>", "'?'"},
        {"type='pci'><source><address domain='0xffff' bus='0xff' slot='0x1f' function='0x7'/>"
         "</source>", "'ffff:ff:1f.7'"},
        {"type='usb'><source><vendor id='0x1'/><product id='0x2'/></source>", NULL},
    };
    g_autoptr(GDir) here = g_dir_open("/sys/bus/pci/devices", 0, NULL);
    const char *name;

    for (gsize i = 0; i < G_N_ELEMENTS(table); i++) {
        g_autofree char *domain = g_strdup_printf(
            "<devices><hostdev mode='subsystem' %s</hostdev></devices>", table[i].device);
        TestSnapshot snapshot = {.name = "s", .domain = domain};
        g_autofree char *got = warnings_of(f, &snapshot, FALSE);

        assert_says(got, table[i].warning);
    }
    /* Of a device that this host has it is known what it is. */
    while (here && (name = g_dir_read_name(here))) {
        g_autofree char *path = g_strdup_printf("/sys/bus/pci/devices/%s/class", name);
        g_autofree char *class = NULL;
        g_autofree char *domain = g_strdup_printf(pci, name, name + 5, name + 8, name + 11);
        TestSnapshot snapshot = {.name = "s", .domain = domain};
        g_autofree char *got = warnings_of(f, &snapshot, FALSE);

        g_assert_true(g_file_get_contents(path, &class, NULL, NULL));
        assert_says(got, g_str_has_prefix(class, "0x01") ? name : NULL);
    }
}

/* The domain may be started with other files than it was running with. */
static void
test_other_disks(PlanFixture *f, gconstpointer data)
{
    static const struct {
        const char *path;
        const char *target;
        const char *warning;
        guint n;
    } table[] = {
        {"a.qcow2", "vda", NULL, 0},
        {"b.qcow2", "vda", "'a.qcow2' when the snapshot was taken, but is 'b.qcow2'", 1},
        {"a.qcow2", "vdb", "the disk 'vdb' ('a.qcow2'), which the running domain had not", 2},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(table); i++) {
        g_autofree char *devices = g_strdup_printf("<devices>" DISK "</devices>", table[i].path,
                                                   table[i].target);
        TestSnapshot snapshot = {.name = "s",
                                 .inactive = devices,
                                 .disks = {{"vda", "a.qcow2", "qcow2", "external"}}};
        g_autofree char *got = warnings_of(f, &snapshot, TRUE);
        g_auto(GStrv) lines = g_strsplit(got, "\n", -1);

        assert_says(got, table[i].warning);
        g_assert_cmpuint(g_strv_length(lines), ==, table[i].n);
    }
}

/* Each kind of file that a domain may have beside its disks is in the export, by its role. */
static void
test_copied(PlanFixture *f, gconstpointer data)
{
    static const struct {
        const char *domain;
        const char *role;
    } table[] = {
        {"<os><nvram>file</nvram></os>", "nvram"},
        {"<os><nvram type='file'><source file='file'/></nvram></os>", "nvram"},
        {"<os><varstore path='file'/></os>", "nvram"},
        {"<os><kernel>file</kernel></os>", "kernel"},
        {"<os><initrd>file</initrd></os>", "initrd"},
        {"<os><dtb>file</dtb></os>", "dtb"},
        {"<devices><memory model='nvdimm'><source><path>file</path></source></memory></devices>",
         "nvdimm"},
        {"<devices><memory model='virtio-pmem'><source><path>file</path></source></memory>"
         "</devices>",
         "nvdimm"},
    };

    g_assert_true(g_file_set_contents("file", "x", 1, NULL));
    for (gsize i = 0; i < G_N_ELEMENTS(table); i++) {
        TestSnapshot snapshot = {.name = "s", .created = BEGUN, .domain = table[i].domain};
        g_autoptr(GError) error = NULL;
        g_autoptr(Plan) plan = NULL;
        guint n = 0;

        g_ptr_array_set_size(f->records, 0);
        plan_add(f, "web", FALSE, "a.now", &snapshot, 1);
        plan = plan_make(f, &error);
        g_assert_no_error(error);
        for (guint j = 0; j < plan->files->len; j++) {
            const PlanFile *file = g_ptr_array_index(plan->files, j);

            if (file->source)
                g_test_message("%s: %s", table[i].domain, file->role);
            n += file->source && g_str_equal(file->role, table[i].role);
        }
        g_assert_cmpuint(n, ==, 1);
    }
}

/* Variables that cannot be kept whole: by name, with a way out, and that leads out. */
static void
test_refused(PlanFixture *f, gconstpointer data)
{
    static const struct {
        const char *domain;
        const char *reason;
    } table[] = {
        {"<os><nvram type='network'><source protocol='iscsi' name='iqn:x/1'/></nvram></os>",
         "not on this host's file system"},
        {"<os><nvram>directory</nvram></os>", "neither a regular file nor a block device"},
        {"<os><nvram type='file'><source file='file'><slices/></source></nvram></os>",
         "<slices>"},
        {"<os><nvram format='vmdk'>file</nvram></os>", "only the formats raw and qcow2"},
        {"<os><nvram format='qcow2'>above</nvram></os>", "on top of another one"},
        {"<os><nvram format='qcow2'>short</nvram></os>", "cut short"},
    };

    g_free(run("sh", "-ec",
               "mkdir directory; echo x >file; qemu-img create -q -f raw below 64k\n"
               "qemu-img create -q -f qcow2 -b below -F raw above\n"
               "qemu-img create -q -f qcow2 short 1M\n"
               "qemu-io -f qcow2 -c 'write -q 0 64k' short; truncate -s -64k short",
               NULL));
    for (gsize i = 0; i < G_N_ELEMENTS(table); i++) {
        TestSnapshot snapshot = {.name = "s", .created = BEGUN, .domain = table[i].domain};
        g_autoptr(GError) error = NULL;

        g_ptr_array_set_size(f->records, 0);
        plan_add(f, "web", FALSE, "a.now", &snapshot, 1);
        g_assert_null(plan_make(f, &error));
        g_test_message("%s", error->message);
        g_assert_nonnull(strstr(error->message, table[i].reason));
    }
    plan_set(f, "exclude", "web:nvram");
    for (gsize i = 0; i < G_N_ELEMENTS(table); i++) {
        TestSnapshot snapshot = {.name = "s", .created = BEGUN, .domain = table[i].domain};
        g_autofree char *got = warnings_of(f, &snapshot, FALSE);

        assert_says(got, "left out as asked for");
    }
}

/* libvirt's XML has no such path, but whoever adds a way to it finds it refused. */
static void
test_path(PlanFixture *f, gconstpointer data)
{
    g_autoptr(GError) error = NULL;
    Plan plan = {0};

    g_assert_true(g_file_set_contents("a\001b", "x", 1, NULL));
    g_assert_false(plan_files_add_copy(&plan, "domains/web", "memory.save", "memory", "a\001b",
                                       &error));
    g_assert_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_INVALID_PARAMETER);
    g_assert_nonnull(strstr(error->message, "a\\001b"));
}

int
main(int argc, char **argv)
{
    static const PlanTest tests[] = {
        {"age", test_age},
        {"no-variables", test_no_variables},
        {"arguments", test_arguments},
        {"devices", test_devices},
        {"other-disks", test_other_disks},
        {"copied", test_copied},
        {"refused", test_refused},
        {"path", test_path},
    };

    g_test_init(&argc, &argv, NULL);
    plan_run_tests("/plan-host-files", tests, G_N_ELEMENTS(tests));

    return g_test_run();
}
