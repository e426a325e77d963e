/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <glib/gstdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/harness.h"
#include "tests/unit/records.h"

/* The images that all tests have; "present" is on top of each frozen one. */
#define IMAGES                                                                                     \
    "qemu-img create -q -f raw base.raw 4M; qemu-io -f raw -c 'write -q 0 1M' base.raw\n"          \
    "for i in a b; do\n"                                                                           \
    "    qemu-img create -q -f qcow2 -b base.raw -F raw $i.qcow2\n"                                \
    "    qemu-img create -q -f qcow2 -b $i.qcow2 -F qcow2 $i.now\n"                                \
    "done\n"                                                                                       \
    "qemu-img create -q -f qcow2 i.qcow2 2M; qemu-img snapshot -c s i.qcow2\n"                     \
    "qemu-img create -q -f qcow2 plain.qcow2 2M\n"                                                 \
    "echo memory >memory; echo nvram >nvram; truncate -s 1025 odd.raw\n"

typedef struct {
    char *dir; /* the working directory */
    char *old;
    VirtSnapExportSettings *settings;
    GPtrArray *records;
} Fixture;

static void
set_up(Fixture *f, gconstpointer data)
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
tear_down(Fixture *f, gconstpointer data)
{
    g_assert_cmpint(g_chdir(f->old), ==, 0);
    scratch_free(f->dir);
    virt_snap_export_settings_free(f->settings);
    g_ptr_array_unref(f->records);
    g_free(f->old);
}

static void
set(Fixture *f, const char *name, const char *value)
{
    g_autoptr(GError) error = NULL;

    g_assert_true(virt_snap_export_settings_set(f->settings, name, value, &error));
    g_assert_no_error(error);
}

static void
add(Fixture *f, const char *name, gboolean active, const char *present,
    const TestSnapshot *snapshots, gsize n)
{
    g_ptr_array_add(f->records, test_record(name, active, present, snapshots, n));
}

static Plan *
make_plan(Fixture *f, GError **error)
{
    return plan_new("farm", "<collection/>", "s", f->settings, f->records, test_host(), error);
}

static const PlanSnapshot *
first_snapshot(const Plan *plan, guint domain)
{
    const PlanDomain *one = g_ptr_array_index(plan->domains, domain);

    return g_ptr_array_index(one->snapshots, 0);
}

static const PlanDisk *
disk_of(const Plan *plan, guint domain, guint disk)
{
    return g_ptr_array_index(first_snapshot(plan, domain)->disks, disk);
}

static const PlanFile *
find_file(const Plan *plan, const char *path)
{
    for (guint i = 0; i < plan->files->len; i++) {
        const PlanFile *file = g_ptr_array_index(plan->files, i);

        if (g_str_equal(file->path, path))
            return file;
    }

    return NULL;
}

static void
assert_layer(Fixture *f, const PlanLayer *layer, const char *source, const char *format,
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

static void
add_two(Fixture *f)
{
    static const TestSnapshot a = {.name = "s",
                                   .disks = {{"vda", "a.qcow2", "qcow2", "external"}}};
    static const TestSnapshot b = {.name = "s",
                                   .disks = {{"vda", "b.qcow2", "qcow2", "external"}}};

    add(f, "a", TRUE, "a.now", &a, 1);
    add(f, "b", TRUE, "b.now", &b, 1);
}

/* --- ways ------------------------------------------------------------------- */

static void
test_preserve(Fixture *f, gconstpointer data)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Plan) plan = NULL;
    const PlanLayer *base, *a, *b;
    guint64 bytes = 0;

    add_two(f);
    plan = make_plan(f, &error);
    g_assert_no_error(error);
    /* The base that both share is there once, and before them. */
    g_assert_cmpuint(plan->layers->len, ==, 3);
    base = g_ptr_array_index(plan->layers, 0);
    a = g_ptr_array_index(plan->layers, 1);
    b = g_ptr_array_index(plan->layers, 2);
    assert_layer(f, base, "base.raw", "raw", PLAN_WAY_COPY);
    assert_layer(f, a, "a.qcow2", "qcow2", PLAN_WAY_COPY);
    assert_layer(f, b, "b.qcow2", "qcow2", PLAN_WAY_COPY);
    g_assert_true(a->backing == base && b->backing == base && !base->backing);
    g_assert_cmpuint(base->users, ==, 2);
    g_assert_cmpuint(a->users, ==, 1);
    g_assert_cmpuint(base->bytes, ==, 1 << 20);
    g_assert_cmpuint(base->capacity, ==, 4 << 20);
    g_assert_true(disk_of(plan, 0, 0)->top == a);
    g_assert_true(disk_of(plan, 1, 0)->top == b);
    g_assert_cmpstr(first_snapshot(plan, 0)->consistency, ==, "unknown");
    for (guint i = 0; i < plan->layers->len; i++)
        bytes += ((PlanLayer *)g_ptr_array_index(plan->layers, i))->bytes;
    for (guint i = 0; i < plan->files->len; i++)
        bytes += ((PlanFile *)g_ptr_array_index(plan->files, i))->bytes;
    g_assert_cmpuint(plan->bytes, ==, bytes);
    g_assert_cmpuint(plan->warnings->len, ==, 0);
}

static void
test_merge(Fixture *f, gconstpointer data)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Plan) plan = NULL;

    set(f, "intent", "merge");
    add_two(f);
    plan = make_plan(f, &error);
    g_assert_no_error(error);
    g_assert_cmpuint(plan->layers->len, ==, 2);
    for (guint i = 0; i < 2; i++) {
        const PlanLayer *layer = g_ptr_array_index(plan->layers, i);

        assert_layer(f, layer, i == 0 ? "a.qcow2" : "b.qcow2", "qcow2", PLAN_WAY_FLATTEN);
        g_assert_null(layer->backing);
        g_assert_null(layer->snapshot);
        g_assert_false(layer->live);
        g_assert_cmpuint(layer->bytes, >=, 1 << 20);
        g_assert_cmpuint(layer->bytes, <=, layer->capacity);
    }
}

/* A raw image may end within a sector; a guest and a qcow2 image have whole ones. */
static void
test_merge_odd_size(Fixture *f, gconstpointer data)
{
    static const TestSnapshot odd = {.name = "s",
                                     .disks = {{"vda", "odd.raw", "raw", "external"}}};
    g_autoptr(GError) error = NULL;
    g_autoptr(Plan) merged = NULL;
    g_autoptr(Plan) copied = NULL;

    add(f, "a", TRUE, "a.now", &odd, 1);
    copied = make_plan(f, &error);
    g_assert_no_error(error);
    g_assert_cmpuint(disk_of(copied, 0, 0)->top->capacity, ==, 1025);
    set(f, "intent", "merge");
    merged = make_plan(f, &error);
    g_assert_no_error(error);
    g_assert_cmpuint(disk_of(merged, 0, 0)->top->capacity, ==, 1536);
}

/* A layer that somebody wrote to since is warned of, once. */
static void
test_written_since(Fixture *f, gconstpointer data)
{
    static const struct {
        gint64 seconds; /* between the snapshot and the file's time stamp */
        guint warnings;
    } cases[] = {{-100, 0}, {0, 0}, {30, 0}, {100, 1}};

    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        const TestSnapshot late[] = {
            {.name = "s",
             .created = 1000000000 - cases[i].seconds,
             .disks = {{"vda", "odd.raw", "raw", "external"},
                       {"vdb", "odd.raw", "raw", "external"}}}};
        g_autoptr(GError) error = NULL;
        g_autoptr(Plan) plan = NULL;

        g_free(run("touch", "-d", "@1000000000", "odd.raw", NULL));
        g_ptr_array_set_size(f->records, 0);
        add(f, "a", TRUE, "a.now", late, 1);
        plan = make_plan(f, &error);
        g_assert_no_error(error);
        g_assert_cmpuint(plan->warnings->len, ==, cases[i].warnings);
        if (cases[i].warnings > 0)
            g_assert_nonnull(strstr(g_ptr_array_index(plan->warnings, 0), "odd.raw"));
    }
}

/* An internal snapshot: the image as it is, if nobody writes to it and that is wanted. */
static void
test_internal(Fixture *f, gconstpointer data)
{
    static const struct {
        gboolean active;
        const char *intent;
        PlanWay way;
        gboolean memory_kept;
    } table[] = {
        {FALSE, "preserve-chain", PLAN_WAY_COPY, TRUE},
        {FALSE, "merge", PLAN_WAY_FLATTEN, FALSE},
        {TRUE, "preserve-chain", PLAN_WAY_FLATTEN, FALSE},
        {TRUE, "merge", PLAN_WAY_FLATTEN, FALSE},
    };
    static const TestSnapshot snapshot = {.name = "s",
                                          .state = "running",
                                          .memory = "snapshot='internal'",
                                          .disks = {{"vda", "i.qcow2", "qcow2", "internal"}}};

    for (gsize i = 0; i < G_N_ELEMENTS(table); i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(Plan) plan = NULL;
        const PlanDisk *disk;

        g_test_message("row %zu", i);
        g_ptr_array_set_size(f->records, 0);
        add(f, "web", table[i].active, "i.qcow2", &snapshot, 1);
        set(f, "intent", table[i].intent);
        plan = make_plan(f, &error);
        g_assert_no_error(error);
        disk = disk_of(plan, 0, 0);
        assert_layer(f, disk->top, "i.qcow2", "qcow2", table[i].way);
        if (table[i].way == PLAN_WAY_COPY) {
            g_assert_cmpstr(disk->internal, ==, "s");
        } else {
            g_assert_null(disk->internal);
            g_assert_cmpstr(disk->top->snapshot, ==, "s");
            g_assert_true(disk->top->live == table[i].active);
        }
        g_assert_cmpstr(first_snapshot(plan, 0)->consistency, ==, "memory");
        g_assert_true(first_snapshot(plan, 0)->memory_kept == table[i].memory_kept);
        /* What is lost is said. */
        g_assert_cmpuint(plan->warnings->len, ==, table[i].memory_kept ? 0 : 1);
    }
}

/* --- disks that are not copied ---------------------------------------------- */

static void
test_recorded(Fixture *f, gconstpointer data)
{
    static const TestSnapshot snapshot = {
        .name = "s",
        .disks = {{"vda", "a.qcow2", "qcow2", "external"},
                  {"sda", NULL, "raw", "no", "device='cdrom'", "<readonly/>"},
                  {"sdb", "/no/such.iso", "raw", "no", "device='cdrom'", "<readonly/>"},
                  {"vdb", "/no/such", "raw", "external", NULL, "<readonly/>"},
                  {"fda", "/no/such.img", "raw", "no", "device='floppy'"},
                  {"vdc", "/no/such", "raw", "no"},
                  {"vdd", "/no/such", "raw", NULL}}};
    static const char *const reasons[] = {NULL,        "empty",       "read-only", "read-only",
                                          "removable", "no-snapshot", "no-snapshot"};
    g_autoptr(GError) error = NULL;
    g_autoptr(Plan) plan = NULL;

    add(f, "web", TRUE, "a.now", &snapshot, 1);
    plan = make_plan(f, &error);
    g_assert_no_error(error);
    for (guint i = 0; i < G_N_ELEMENTS(reasons); i++) {
        const PlanDisk *disk = disk_of(plan, 0, i);

        g_test_message("%s", disk->def->target);
        g_assert_cmpstr(disk->recorded, ==, reasons[i]);
        g_assert_true((disk->top == NULL) == (reasons[i] != NULL));
    }
}

/* What cannot be exported can be left out, and then does not matter. */
static void
test_excluded(Fixture *f, gconstpointer data)
{
    static const TestSnapshot snapshot = {
        .name = "s",
        .disks = {{"vda", "a.qcow2", "qcow2", "external"},
                  {"vdb", "/dev/vg/x", "raw", "external", "type='block'"},
                  {"vdc", "gone.qcow2", "qcow2", "external"},
                  {"vdd", "plain.qcow2", "qcow2", "manual"}}};
    static const char *const targets[] = {"vdb", "vdc", "vdd"};
    g_autoptr(GError) error = NULL;
    g_autoptr(Plan) plan = NULL;

    add(f, "a:b", TRUE, "a.now", &snapshot, 1);
    for (gsize i = 0; i < G_N_ELEMENTS(targets); i++) {
        g_autofree char *exclude = g_strdup_printf("a:b:%s", targets[i]);

        g_assert_null(make_plan(f, &error));
        g_assert_nonnull(strstr(error->message, targets[i]));
        g_clear_error(&error);
        set(f, "exclude", exclude);
        set(f, "exclude", exclude); /* twice is as good */
    }
    plan = make_plan(f, &error);
    g_assert_no_error(error);
    g_assert_cmpuint(plan->layers->len, ==, 2);
    for (guint i = 1; i < 4; i++)
        g_assert_cmpstr(disk_of(plan, 0, i)->recorded, ==, "excluded");
}

static void
test_excluded_unknown(Fixture *f, gconstpointer data)
{
    static const char *const unknown[] = {"a:vdb", "c:vda", "A:vda", "a:vda1"};

    add_two(f);
    for (gsize i = 0; i < G_N_ELEMENTS(unknown); i++) {
        g_autoptr(GError) error = NULL;

        g_ptr_array_set_size(f->settings->exclude, 0);
        set(f, "exclude", "b:vda");
        set(f, "exclude", unknown[i]);
        g_assert_null(make_plan(f, &error));
        g_assert_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_INVALID_PARAMETER);
    }
}

static void
test_no_storage(Fixture *f, gconstpointer data)
{
    static const TestSnapshot snapshot = {.name = "s",
                                          .state = "running",
                                          .memory = "snapshot='external' file='/no/such'",
                                          .disks = {{"vda", "/gone", "qcow2", "external"}}};
    g_autoptr(GError) error = NULL;
    g_autoptr(Plan) plan = NULL;

    set(f, "storage", "no");
    add(f, "web", TRUE, NULL, &snapshot, 1);
    plan = make_plan(f, &error);
    g_assert_no_error(error);
    g_assert_cmpuint(plan->layers->len, ==, 0);
    g_assert_cmpstr(disk_of(plan, 0, 0)->recorded, ==, "no-storage");
    g_assert_false(first_snapshot(plan, 0)->memory_kept);
    g_assert_nonnull(find_file(plan, "domains/web/domain.xml"));
}

/* --- what stands in the way ------------------------------------------------- */

static void
test_refused(Fixture *f, gconstpointer data)
{
    static const struct {
        TestSnapshot snapshot;
        const char *present;
        const char *named;
        int code;
    } table[] = {
        {{.name = "s", .disks = {{"vdx", "gone.qcow2", "qcow2", "external"}}}, NULL, "gone.qcow2",
         VIRT_SNAP_ERROR_NOT_FOUND},
        {{.name = "s", .disks = {{"vdx", "/dev/x", "raw", "external", "type='block'"}}}, NULL,
         "block", VIRT_SNAP_ERROR_NOT_SUPPORTED},
        {{.name = "s", .disks = {{"vdx", "plain.qcow2", "qcow2", "manual"}}}, NULL, "manual",
         VIRT_SNAP_ERROR_NOT_SUPPORTED},
        {{.name = "s", .disks = {{"vdx", "plain.qcow2", NULL, "external"}}}, NULL, "plain.qcow2",
         VIRT_SNAP_ERROR_INVALID_STATE},
        {{.name = "s", .disks = {{"vdx", "plain.qcow2", "vmdk", "external"}}}, NULL, "vmdk",
         VIRT_SNAP_ERROR_NOT_SUPPORTED},
        {{.name = "s", .disks = {{"vdx", "base.raw", "qcow2", "external"}}}, NULL, "base.raw",
         VIRT_SNAP_ERROR_CORRUPT},
        /* The overlay was merged back: what was frozen is written to again. */
        {{.name = "s", .disks = {{"vdx", "a.qcow2", "qcow2", "external"}}}, "./a.qcow2", "a.qcow2",
         VIRT_SNAP_ERROR_INVALID_STATE},
        {{.name = "t", .disks = {{"vdx", "i.qcow2", "qcow2", "internal"}}}, NULL, "'t'",
         VIRT_SNAP_ERROR_NOT_FOUND},
        {{.name = "s", .memory = "snapshot='external' file='no-memory'"}, NULL, "no-memory",
         VIRT_SNAP_ERROR_NOT_FOUND},
        {{.name = "s", .domain = "<os><nvram>no-nvram</nvram></os>"}, NULL, "no-nvram",
         VIRT_SNAP_ERROR_NOT_FOUND},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(table); i++) {
        g_autoptr(GError) error = NULL;

        g_ptr_array_set_size(f->records, 0);
        add(f, "a domain", TRUE, table[i].present, &table[i].snapshot, 1);
        g_assert_null(make_plan(f, &error));
        g_test_message("%s", error->message);
        g_assert_error(error, VIRT_SNAP_ERROR, table[i].code);
        /* Domain, disk and file. */
        g_assert_nonnull(strstr(error->message, "a domain"));
        g_assert_nonnull(strstr(error->message, table[i].named));
        if (table[i].snapshot.disks[0].target)
            g_assert_nonnull(strstr(error->message, "vdx"));
    }
}

/* --- files ------------------------------------------------------------------ */

static void
test_files(Fixture *f, gconstpointer data)
{
    static const TestSnapshot snapshots[] = {
        {.name = "s",
         .state = "running",
         .memory = "snapshot='external' file='memory'",
         .domain = "<os><nvram>nvram</nvram></os>",
         .disks = {{"vda", "a.qcow2", "qcow2", "external"}}},
        {.name = "older/one",
         .state = "shutoff",
         .disks = {{"vda", "plain.qcow2", "qcow2", "external"}}},
    };
    static const struct {
        const char *snapshots; /* the setting */
        gsize n;               /* what the hypervisor then gives */
        const char *memory;
        const char *path;
        const char *role; /* NULL: not there */
    } table[] = {
        {"one", 1, "yes", "collection.xml", "collection"},
        {"one", 1, "yes", "settings.xml", "settings"},
        {"one", 1, "yes", "domains/web/domain.xml", "domain"},
        {"one", 1, "yes", "domains/web/snapshot.xml", "snapshot"},
        {"one", 1, "yes", "domains/web/memory.save", "memory"},
        {"one", 1, "yes", "domains/web/nvram.fd", "nvram"},
        {"one", 1, "no", "domains/web/memory.save", NULL},
        {"none", 1, "yes", "domains/web/snapshot.xml", NULL},
        {"none", 1, "yes", "domains/web/domain.xml", "domain"},
        {"all", 2, "yes", "domains/web/snapshot.xml", "snapshot"},
        {"all", 2, "yes", "domains/web/snapshots/0001-older%2Fone.xml", "snapshot"},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(table); i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(Plan) plan = NULL;
        const PlanFile *file;

        g_test_message("row %zu", i);
        g_ptr_array_set_size(f->records, 0);
        add(f, "web", TRUE, "a.now", snapshots, table[i].n);
        set(f, "snapshots", table[i].snapshots);
        set(f, "memory", table[i].memory);
        plan = make_plan(f, &error);
        g_assert_no_error(error);
        file = find_file(plan, table[i].path);
        g_assert_cmpstr(file ? file->role : NULL, ==, table[i].role);
        if (file)
            g_assert_true((file->source == NULL) != (file->content == NULL));
        /* The layers of all snapshots come along. */
        g_assert_cmpuint(plan->layers->len, ==, table[i].n == 2 ? 3 : 2);
    }
}

static void
test_tpm(Fixture *f, gconstpointer data)
{
    static const TestSnapshot snapshot = {
        .name = "s",
        .disks = {{"vda", "a.qcow2", "qcow2", "external", NULL,
                   "</disk><tpm><backend type='emulator'/></tpm><disk><target dev='z'/>"}}};
    g_autoptr(GError) error = NULL;
    g_autoptr(Plan) plan = NULL;

    add(f, "web", TRUE, "a.now", &snapshot, 1);
    plan = make_plan(f, &error);
    g_assert_no_error(error);
    g_assert_cmpuint(plan->warnings->len, ==, 1);
    g_assert_nonnull(strstr(g_ptr_array_index(plan->warnings, 0), "TPM"));
}

/* Whatever things are called, files of the export stay inside of it, and apart. */
static void
test_names(Fixture *f, gconstpointer data)
{
    static const char *const domains[] = {"../../etc", ".hidden", "a/b", "-dash",
                                          "ñ & <x>", "a%2Fb",
                                          "CON"};
    static const char *const images[] = {"x:y,z.qcow2", ".qcow2", "  ", "-rf", "ñandú.img",
                                         "a'b\"c.raw", "\xff\xfe"};
    g_autoptr(GHashTable) seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    g_autoptr(GError) error = NULL;
    g_autoptr(Plan) plan = NULL;

    for (gsize i = 0; i < G_N_ELEMENTS(domains); i++) {
        /* Not UTF-8 cannot come through XML. */
        const char *name = g_utf8_validate(images[i], -1, NULL) ? images[i] : "x;y";
        g_autofree char *sub = g_strdup_printf("%zu", i % 2);
        g_autofree char *path = g_build_filename(sub, name, NULL);
        TestSnapshot snapshot = {.name = "s", .disks = {{"vda", path, "raw", "external"}}};

        g_mkdir_with_parents(sub, 0700);
        write_file(path, "content", -1);
        add(f, domains[i], TRUE, NULL, &snapshot, 1);
    }
    plan = make_plan(f, &error);
    g_assert_no_error(error);
    for (guint i = 0; i < plan->layers->len; i++) {
        const PlanLayer *layer = g_ptr_array_index(plan->layers, i);

        g_test_message("%s", layer->file);
        g_assert_true(g_hash_table_add(seen, g_strdup(layer->file)));
        g_assert_true(g_str_has_prefix(layer->file, "layers/"));
        g_assert_null(strpbrk(layer->file + strlen("layers/"), "/:,'\" %"));
        g_assert_cmpint(layer->file[strlen("layers/")], !=, '.');
        g_assert_cmpint(layer->file[strlen("layers/")], !=, '-');
        g_assert_true(g_utf8_validate(layer->file, -1, NULL));
    }
    for (guint i = 0; i < plan->domains->len; i++) {
        const PlanDomain *domain = g_ptr_array_index(plan->domains, i);

        g_assert_true(g_hash_table_add(seen, g_strdup(domain->directory)));
        g_assert_true(g_str_has_prefix(domain->directory, "domains/"));
        g_assert_null(strchr(domain->directory + strlen("domains/"), '/'));
        g_assert_cmpint(domain->directory[strlen("domains/")], !=, '.');
    }
}

/* The same layer has the same name in every export, and another one of that name has another. */
static void
test_stable(Fixture *f, gconstpointer data)
{
    static const TestSnapshot other = {.name = "s",
                                       .disks = {{"vda", "d/a.qcow2", "qcow2", "external"}}};
    g_autoptr(GError) error = NULL;
    g_autoptr(Plan) one = NULL;
    g_autoptr(Plan) two = NULL;

    g_free(run("sh", "-ec", "mkdir d; qemu-img create -q -f qcow2 d/a.qcow2 1M", NULL));
    add_two(f);
    one = make_plan(f, &error);
    g_ptr_array_remove_index(f->records, 1);
    add(f, "other", TRUE, NULL, &other, 1);
    two = make_plan(f, &error);
    g_assert_no_error(error);
    g_assert_cmpstr(disk_of(one, 0, 0)->top->file, ==, disk_of(two, 0, 0)->top->file);
    g_assert_true(g_str_has_prefix(disk_of(two, 1, 0)->top->file, "layers/a-"));
    g_assert_cmpstr(disk_of(two, 0, 0)->top->file, !=, disk_of(two, 1, 0)->top->file);
}

static void
test_consistency(Fixture *f, gconstpointer data)
{
    static const struct {
        const char *state;
        const char *memory;
        const char *consistency;
    } table[] = {
        {"shutoff", NULL, "offline"},
        {"disk-snapshot", NULL, "unknown"},
        {"running", "snapshot='internal'", "memory"},
        {"paused", "snapshot='external' file='memory'", "memory"},
        {"running", NULL, "unknown"},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(table); i++) {
        TestSnapshot snapshot = {
            .name = "s", .state = table[i].state, .memory = table[i].memory};
        g_autoptr(GError) error = NULL;
        g_autoptr(Plan) plan = NULL;

        g_ptr_array_set_size(f->records, 0);
        add(f, "web", FALSE, NULL, &snapshot, 1);
        plan = make_plan(f, &error);
        g_assert_no_error(error);
        g_assert_cmpstr(first_snapshot(plan, 0)->consistency, ==, table[i].consistency);
    }
}

int
main(int argc, char **argv)
{
    static const struct {
        const char *name;
        void (*func)(Fixture *f, gconstpointer data);
    } tests[] = {
        {"preserve", test_preserve},     {"merge", test_merge},
        {"internal", test_internal},     {"recorded", test_recorded},
        {"excluded", test_excluded},     {"excluded-unknown", test_excluded_unknown},
        {"no-storage", test_no_storage}, {"refused", test_refused},
        {"files", test_files},           {"tpm", test_tpm},
        {"names", test_names},           {"stable", test_stable},
        {"consistency", test_consistency}, {"odd-size", test_merge_odd_size},
        {"written-since", test_written_since},
    };

    g_test_init(&argc, &argv, NULL);
    for (gsize i = 0; i < G_N_ELEMENTS(tests); i++) {
        g_autofree char *path = g_strdup_printf("/plan/%s", tests[i].name);

        g_test_add(path, Fixture, NULL, set_up, tests[i].func, tear_down);
    }
    return g_test_run();
}
