/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <string.h>

#include "collection/set-store.h"
#include "tests/unit/harness.h"
#include "tests/unit/plan-fixture.h"

/* --- ways ------------------------------------------------------------------- */

static void
test_preserve(PlanFixture *f, gconstpointer data)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Plan) plan = NULL;
    const PlanLayer *base, *a, *b;
    guint64 bytes = 0;

    plan_add_two(f);
    plan = plan_make(f, &error);
    g_assert_no_error(error);
    /* The base that both share is in the plan once, and before both. */
    g_assert_cmpuint(plan->layers->len, ==, 3);
    base = g_ptr_array_index(plan->layers, 0);
    a = g_ptr_array_index(plan->layers, 1);
    b = g_ptr_array_index(plan->layers, 2);
    plan_assert_layer(f, base, "base.raw", "raw", PLAN_WAY_COPY);
    plan_assert_layer(f, a, "a.qcow2", "qcow2", PLAN_WAY_COPY);
    plan_assert_layer(f, b, "b.qcow2", "qcow2", PLAN_WAY_COPY);
    g_assert_true(a->backing == base && b->backing == base && !base->backing);
    g_assert_cmpuint(base->users, ==, 2);
    g_assert_cmpuint(a->users, ==, 1);
    g_assert_cmpuint(base->bytes, ==, 1 << 20);
    g_assert_cmpuint(base->capacity, ==, 4 << 20);
    g_assert_true(plan_disk_of(plan, 0, 0)->top == a);
    g_assert_true(plan_disk_of(plan, 1, 0)->top == b);
    g_assert_cmpstr(plan_first_snapshot(plan, 0)->consistency, ==, "unknown");
    for (guint i = 0; i < plan->layers->len; i++)
        bytes += ((PlanLayer *)g_ptr_array_index(plan->layers, i))->bytes;
    for (guint i = 0; i < plan->files->len; i++)
        bytes += ((PlanFile *)g_ptr_array_index(plan->files, i))->bytes;
    g_assert_cmpuint(plan->bytes, ==, bytes);
    g_assert_cmpuint(plan->warnings->len, ==, 0);
}

static void
test_merge(PlanFixture *f, gconstpointer data)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Plan) plan = NULL;

    plan_set(f, "intent", "merge");
    plan_add_two(f);
    plan = plan_make(f, &error);
    g_assert_no_error(error);
    g_assert_cmpuint(plan->layers->len, ==, 2);
    for (guint i = 0; i < 2; i++) {
        const PlanLayer *layer = g_ptr_array_index(plan->layers, i);

        plan_assert_layer(f, layer, i == 0 ? "a.qcow2" : "b.qcow2", "qcow2", PLAN_WAY_FLATTEN);
        g_assert_null(layer->backing);
        g_assert_null(layer->snapshot);
        g_assert_false(layer->live);
        g_assert_cmpuint(layer->bytes, >=, 1 << 20);
        g_assert_cmpuint(layer->bytes, <=, layer->capacity);
    }
}

#define BACKING(format, file)                                                                      \
    "<backingStore type='file'><format type='" format "'/><source file='" file "'/>"              \
    "<backingStore/></backingStore>"

/* One image under three domains that say three things of what is below it: three layers, each above
 * its own, whether they are kept or merged. What is below two of them is there once. */
static void
test_one_image_many_chains(PlanFixture *f, gconstpointer data)
{
    static const TestSnapshot says_nothing = {
        .name = "s", .disks = {{"vda", "a.qcow2", "qcow2", "external"}}};
    static const TestSnapshot says_plain = {
        .name = "s",
        .disks = {{"vda", "a.qcow2", "qcow2", "external", NULL, BACKING("qcow2", "plain.qcow2")}}};
    static const TestSnapshot says_raw = {
        .name = "s",
        .disks = {{"vda", "a.qcow2", "qcow2", "external", NULL, BACKING("raw", "base.raw")}}};
    static const TestSnapshot says_end = {
        .name = "s",
        .disks = {{"vda", "a.qcow2", "qcow2", "external", NULL, "<backingStore/>"}}};
    g_autoptr(GError) error = NULL;
    g_autoptr(Plan) kept = NULL;
    g_autoptr(Plan) merged = NULL;
    const PlanLayer *tops[4];

    plan_add(f, "a", TRUE, "a.now", &says_nothing, 1);
    plan_add(f, "b", TRUE, "b.now", &says_plain, 1);
    plan_add(f, "c", TRUE, "b.now", &says_end, 1);
    plan_add(f, "d", TRUE, "b.now", &says_raw, 1);
    kept = plan_make(f, &error);
    g_assert_no_error(error);
    for (guint i = 0; i < 4; i++) {
        tops[i] = plan_disk_of(kept, i, 0)->top;
        plan_assert_layer(f, tops[i], "a.qcow2", "qcow2", PLAN_WAY_COPY);
    }
    plan_assert_layer(f, tops[0]->backing, "base.raw", "raw", PLAN_WAY_COPY);
    plan_assert_layer(f, tops[1]->backing, "plain.qcow2", "qcow2", PLAN_WAY_COPY);
    g_assert_null(tops[2]->backing);
    g_assert_true(tops[3] == tops[0]);
    g_assert_cmpuint(kept->layers->len, ==, 5);
    g_assert_cmpstr(tops[0]->file, !=, tops[1]->file);
    g_assert_cmpstr(tops[1]->file, !=, tops[2]->file);
    g_assert_cmpstr(tops[0]->file, !=, tops[2]->file);
    plan_set(f, "intent", "merge");
    merged = plan_make(f, &error);
    g_assert_no_error(error);
    g_assert_cmpuint(merged->layers->len, ==, 3);
    g_assert_true(plan_disk_of(merged, 0, 0)->top == plan_disk_of(merged, 3, 0)->top);
    g_assert_null(plan_disk_of(merged, 2, 0)->top->source->backing);
}

/* An image that is encrypted as a whole is copied as it is, and never taken for what the guest
 * sees. */
static void
test_encrypted(PlanFixture *f, gconstpointer data)
{
    static const TestSnapshot luks = {.name = "s",
                                      .disks = {{"vda", "luks.raw", "raw", "external", NULL,
                                                 "<encryption format='luks'/>"}}};
    g_autoptr(GError) error = NULL;
    g_autoptr(Plan) kept = NULL;

    g_free(run("sh", "-ec", "printf 'LUKS\\272\\276\\000\\001' >luks.raw; truncate -s 1M luks.raw",
               NULL));
    plan_set(f, "compression", "zstd");
    plan_add(f, "a", TRUE, "a.now", &luks, 1);
    kept = plan_make(f, &error);
    g_assert_no_error(error);
    plan_assert_layer(f, plan_disk_of(kept, 0, 0)->top, "luks.raw", "raw", PLAN_WAY_COPY);
    plan_set(f, "intent", "merge");
    g_assert_null(plan_make(f, &error));
    g_assert_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_NOT_SUPPORTED);
    g_assert_nonnull(strstr(error->message, "luks.raw"));
}

/* A raw image may end within a sector; a guest and a qcow2 image have whole ones. */
static void
test_merge_odd_size(PlanFixture *f, gconstpointer data)
{
    static const TestSnapshot odd = {.name = "s",
                                     .disks = {{"vda", "odd.raw", "raw", "external"}}};
    g_autoptr(GError) error = NULL;
    g_autoptr(Plan) merged = NULL;
    g_autoptr(Plan) copied = NULL;

    plan_add(f, "a", TRUE, "a.now", &odd, 1);
    copied = plan_make(f, &error);
    g_assert_no_error(error);
    g_assert_cmpuint(plan_disk_of(copied, 0, 0)->top->capacity, ==, 1025);
    plan_set(f, "intent", "merge");
    merged = plan_make(f, &error);
    g_assert_no_error(error);
    g_assert_cmpuint(plan_disk_of(merged, 0, 0)->top->capacity, ==, 1536);
}

/* An internal snapshot: the image as it is, if nobody writes to it and that is wanted. */
static void
test_internal(PlanFixture *f, gconstpointer data)
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

    plan_write_memory_bytes("i.qcow2", 12345);
    for (gsize i = 0; i < G_N_ELEMENTS(table); i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(Plan) plan = NULL;
        const PlanDisk *disk;

        g_test_message("row %zu", i);
        g_ptr_array_set_size(f->records, 0);
        plan_add(f, "web", table[i].active, "i.qcow2", &snapshot, 1);
        plan_set(f, "intent", table[i].intent);
        plan = plan_make(f, &error);
        g_assert_no_error(error);
        disk = plan_disk_of(plan, 0, 0);
        plan_assert_layer(f, disk->top, "i.qcow2", "qcow2", table[i].way);
        if (table[i].way == PLAN_WAY_COPY) {
            g_assert_cmpstr(disk->internal, ==, "s");
        } else {
            g_assert_null(disk->internal);
            g_assert_cmpstr(disk->top->snapshot->name, ==, "s");
            g_assert_true(disk->top->live == table[i].active);
        }
        g_assert_cmpstr(plan_first_snapshot(plan, 0)->consistency, ==, "memory");
        g_assert_true(plan_first_snapshot(plan, 0)->memory_kept == table[i].memory_kept);
        /* A warning says what is lost. */
        g_assert_cmpuint(plan->warnings->len, ==, table[i].memory_kept ? 0 : 1);
    }
}

/* --- files ------------------------------------------------------------------ */

static void
test_files(PlanFixture *f, gconstpointer data)
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

    plan_write_memory("memory", MEMORY_MAGIC, "web");
    for (gsize i = 0; i < G_N_ELEMENTS(table); i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(Plan) plan = NULL;
        const PlanFile *file;

        g_test_message("row %zu", i);
        g_ptr_array_set_size(f->records, 0);
        plan_add(f, "web", TRUE, "a.now", snapshots, table[i].n);
        plan_set(f, "snapshots", table[i].snapshots);
        plan_set(f, "memory", table[i].memory);
        plan = plan_make(f, &error);
        g_assert_no_error(error);
        file = plan_find_file(plan, table[i].path);
        g_assert_cmpstr(file ? file->role : NULL, ==, table[i].role);
        if (file)
            g_assert_true((file->source == NULL) != (file->content == NULL));
        /* The layers of all snapshots come along. */
        g_assert_cmpuint(plan->layers->len, ==, table[i].n == 2 ? 3 : 2);
    }
}

static void
test_tpm(PlanFixture *f, gconstpointer data)
{
    static const TestSnapshot snapshot = {
        .name = "s",
        .disks = {{"vda", "a.qcow2", "qcow2", "external", NULL,
                   "</disk><tpm><backend type='emulator'/></tpm><disk><target dev='z'/>"}}};
    g_autoptr(GError) error = NULL;
    g_autoptr(Plan) plan = NULL;

    plan_add(f, "web", TRUE, "a.now", &snapshot, 1);
    plan = plan_make(f, &error);
    g_assert_no_error(error);
    g_assert_cmpuint(plan->warnings->len, ==, 1);
    g_assert_nonnull(strstr(g_ptr_array_index(plan->warnings, 0), "TPM"));
}

/* Whatever the names are, files of the export stay inside of it and have different paths. */
static void
test_names(PlanFixture *f, gconstpointer data)
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
        /* A name that is not UTF-8 cannot be written into XML. */
        const char *name = g_utf8_validate(images[i], -1, NULL) ? images[i] : "x;y";
        g_autofree char *sub = g_strdup_printf("%zu", i % 2);
        g_autofree char *path = g_build_filename(sub, name, NULL);
        TestSnapshot snapshot = {.name = "s", .disks = {{"vda", path, "raw", "external"}}};

        g_mkdir_with_parents(sub, 0700);
        write_file(path, "content", -1);
        plan_add(f, domains[i], TRUE, NULL, &snapshot, 1);
    }
    plan = plan_make(f, &error);
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

/* The same layer has the same name in every export, and a different layer has a different one. */
static void
test_stable(PlanFixture *f, gconstpointer data)
{
    static const TestSnapshot other = {.name = "s",
                                       .disks = {{"vda", "d/a.qcow2", "qcow2", "external"}}};
    g_autoptr(GError) error = NULL;
    g_autoptr(Plan) one = NULL;
    g_autoptr(Plan) two = NULL;

    g_free(run("sh", "-ec", "mkdir d; qemu-img create -q -f qcow2 d/a.qcow2 1M", NULL));
    plan_add_two(f);
    one = plan_make(f, &error);
    g_ptr_array_remove_index(f->records, 1);
    plan_add(f, "other", TRUE, NULL, &other, 1);
    two = plan_make(f, &error);
    g_assert_no_error(error);
    g_assert_cmpstr(plan_disk_of(one, 0, 0)->top->file, ==, plan_disk_of(two, 0, 0)->top->file);
    g_assert_true(g_str_has_prefix(plan_disk_of(two, 1, 0)->top->file, "layers/a-"));
    g_assert_cmpstr(plan_disk_of(two, 0, 0)->top->file, !=, plan_disk_of(two, 1, 0)->top->file);
}

static void
test_consistency(PlanFixture *f, gconstpointer data)
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

    plan_write_memory("memory", MEMORY_MAGIC, "web");
    for (gsize i = 0; i < G_N_ELEMENTS(table); i++) {
        TestSnapshot snapshot = {
            .name = "s", .state = table[i].state, .memory = table[i].memory};
        g_autoptr(GError) error = NULL;
        g_autoptr(Plan) plan = NULL;

        g_ptr_array_set_size(f->records, 0);
        plan_add(f, "web", FALSE, NULL, &snapshot, 1);
        plan = plan_make(f, &error);
        g_assert_no_error(error);
        g_assert_cmpstr(plan_first_snapshot(plan, 0)->consistency, ==, table[i].consistency);
    }
}

/* A saved domain is not one that was shut off, though libvirt says so of its snapshots. */
static void
test_saved(PlanFixture *f, gconstpointer data)
{
    static const TestSnapshot snapshots[] = {
        {.name = "s", .state = "shutoff"},
        {.name = "ran", .state = "disk-snapshot"},
        {.name = "older", .state = "shutoff"},
    };
    static const struct {
        const char *live; /* NULL: of its snapshot */
        gboolean saved;
        const char *consistency;
        const char *reason;
        const char *told; /* NULL: nothing */
    } table[] = {
        {NULL, FALSE, "offline", NULL, NULL},
        {NULL, TRUE, "unknown", NULL, "'web'.*may have been.*'s'.*saved memory"},
        {"crash-consistent", FALSE, "offline", NULL, NULL},
        {"crash-consistent", TRUE, "crash", "saved", "'web'.*power had failed.*saved memory"},
        {"application-consistent", TRUE, "crash", "saved", "'web'.*start it"},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(table); i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(Plan) plan = NULL;

        plan_set(f, "live", table[i].live ? table[i].live : "no");
        g_ptr_array_set_size(f->records, 0);
        plan_add(f, "web", FALSE, NULL, snapshots, table[i].live ? 1 : 3);
        ((DomainRecord *)g_ptr_array_index(f->records, 0))->saved = table[i].saved;
        plan_set(f, "strict", "no");
        plan = plan_make(f, &error);
        g_assert_no_error(error);
        g_assert_cmpstr(plan_first_snapshot(plan, 0)->consistency, ==, table[i].consistency);
        g_assert_cmpstr(plan_first_snapshot(plan, 0)->reason, ==, table[i].reason);
        g_assert_cmpuint(plan->warnings->len, ==, table[i].told ? 1 : 0);
        if (!table[i].told)
            continue;
        g_assert_true(g_regex_match_simple(table[i].told, g_ptr_array_index(plan->warnings, 0),
                                           0, 0));
        plan_set(f, "strict", "yes");
        g_assert_null(plan_make(f, &error));
        g_assert_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_INVALID_STATE);
        g_assert_true(g_regex_match_simple(table[i].told, error->message, 0, 0));
    }
}

#define DISK(...)                                                                                  \
    {                                                                                              \
        .target = "vda", .path = "a.qcow2", .format = "qcow2", .location = "live", __VA_ARGS__     \
    }

/* What others write, or past what keeps the moment, would be mixed into the present state. */
static void
test_not_alone(PlanFixture *f, gconstpointer data)
{
    static const struct {
        TestDisk disk;
        gboolean active;
        const char *strict;
        gboolean refused;
        const char *told; /* NULL: nothing */
    } table[] = {
        {DISK(.more = "device='disk'"), TRUE, "yes", FALSE, NULL},
        {DISK(.more = "device='lun'"), TRUE, "no", TRUE, "lun.*--exclude"},
        {DISK(.more = "device='lun'"), FALSE, "yes", FALSE, NULL},
        {DISK(.children = "<shareable/>"), TRUE, "no", TRUE, "shareable.*--exclude"},
        {DISK(.children = "<shareable/>"), FALSE, "yes", TRUE, "--strict"},
        {DISK(.children = "<shareable/>"), FALSE, "no", FALSE, "'web'.*'vda'.*shareable"},
    };

    plan_set(f, "live", "crash-consistent");
    for (gsize i = 0; i < G_N_ELEMENTS(table); i++) {
        const TestSnapshot snapshot = {.name = "s", .state = "running", .disks = {table[i].disk}};
        g_autoptr(GError) error = NULL;
        g_autoptr(Plan) plan = NULL;
        const char *told;

        g_ptr_array_set_size(f->records, 0);
        plan_add(f, "web", table[i].active, "a.qcow2", &snapshot, 1);
        plan_set(f, "strict", table[i].strict);
        plan = plan_make(f, &error);
        if (table[i].refused)
            g_assert_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_NOT_SUPPORTED);
        else
            g_assert_no_error(error);
        if (plan)
            g_assert_cmpuint(plan->warnings->len, ==, table[i].told ? 1 : 0);
        told = plan && table[i].told ? g_ptr_array_index(plan->warnings, 0) : "";
        g_assert_true(!table[i].told || g_regex_match_simple(
                                            table[i].told, plan ? told : error->message, 0, 0));
    }
}

/* One that was recorded when it was shut off was that, whatever became of the domain. */
static void
test_saved_later(PlanFixture *f, gconstpointer data)
{
    const TestSnapshot snapshot = {.name = "s", .state = "shutoff", .created = 1000};
    g_autoptr(SetRecord) record = set_record_new(NULL, "s");
    g_autoptr(GError) error = NULL;
    g_autoptr(Plan) plan = NULL;
    DomainRecord *domain;
    SetMember *member;

    plan_add(f, "web", FALSE, NULL, &snapshot, 1);
    domain = g_ptr_array_index(f->records, 0);
    domain->saved = TRUE;
    member = set_record_add(record, "web", domain->uuid);
    record->complete = TRUE;
    member->state = g_strdup("shutoff");
    member->kind = g_strdup("external");
    member->asked = member->consistency = CONSISTENCY_OFFLINE;
    member->creation_time = snapshot.created;
    g_assert_true(set_store_save(record, &error));
    plan_set(f, "strict", "yes");
    plan = plan_make(f, &error);
    g_assert_no_error(error);
    g_assert_cmpstr(plan_first_snapshot(plan, 0)->consistency, ==, "offline");
    g_assert_cmpuint(plan->warnings->len, ==, 0);
    g_assert_true(set_store_remove(record->id, &error));
}

/* Of a set that virtsnap made more is known; but only of these very snapshots. */
static void
test_recorded(PlanFixture *f, gconstpointer data)
{
    const TestSnapshot snapshot = {.name = "s", .created = 1000};

    plan_add(f, "web", FALSE, NULL, &snapshot, 1);
    for (gint64 created = 999; created <= 1000; created++) {
        const DomainRecord *domain = g_ptr_array_index(f->records, 0);
        g_autoptr(SetRecord) record = set_record_new(NULL, "s");
        SetMember *member = set_record_add(record, "web", domain->uuid);
        gboolean same = created == 1000;
        g_autoptr(GError) error = NULL;
        g_autoptr(Plan) plan = NULL;

        record->complete = TRUE;
        member->state = g_strdup("running");
        member->kind = g_strdup("external");
        member->asked = CONSISTENCY_APPLICATION;
        member->consistency = CONSISTENCY_CRASH;
        member->reason = CONSISTENCY_REASON_NO_AGENT;
        member->creation_time = created;
        g_assert_true(set_store_save(record, &error));
        plan = plan_make(f, &error);
        g_assert_no_error(error);
        g_assert_cmpstr(plan_first_snapshot(plan, 0)->consistency, ==,
                        same ? "crash" : "unknown");
        g_assert_cmpstr(plan_first_snapshot(plan, 0)->reason, ==, same ? "no-agent" : NULL);
        g_assert_true(set_store_remove(record->id, &error));
    }
}

int
main(int argc, char **argv)
{
    static const PlanTest tests[] = {
        {"preserve", test_preserve},
        {"merge", test_merge},
        {"one-image-many-chains", test_one_image_many_chains},
        {"encrypted", test_encrypted},
        {"internal", test_internal},
        {"files", test_files},
        {"tpm", test_tpm},
        {"names", test_names},
        {"stable", test_stable},
        {"consistency", test_consistency},
        {"recorded", test_recorded},
        {"saved", test_saved},
        {"not-alone", test_not_alone},
        {"saved-later", test_saved_later},
        {"odd-size", test_merge_odd_size},
    };

    g_test_init(&argc, &argv, NULL);
    plan_run_tests("/plan", tests, G_N_ELEMENTS(tests));

    return g_test_run();
}
