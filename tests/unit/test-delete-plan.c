/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <string.h>
#include <unistd.h>

#include "collection/set-store.h"
#include "drivers/register.h"
#include "hypervisor/layer-ops.h"
#include "hypervisor/snapshot-ops.h"
#include "snapshot/delete-run.h"
#include "snapshot/layer-remove.h"
#include "tests/unit/fake-layers.h"
#include "tests/unit/harness.h"

/* What may not be merged or removed. */

static DeletePlan *
plan_of(FakeLayers *host, const char *member, GError **error)
{
    g_autoptr(GPtrArray) names = g_ptr_array_new();
    const DeleteSubject subject = {.collection = "c", .snapshot = "s1", .names = names,
                                   .whole = TRUE};

    g_ptr_array_add(names, (gpointer)member);

    return delete_plan_make(&host->parent, &subject, error);
}

static void
assert_refused(FakeLayers *host, const char *const words[])
{
    g_autoptr(GError) error = NULL;
    g_autoptr(DeletePlan) plan = plan_of(host, "a", &error);

    g_assert_null(plan);
    layers_assert_says(error, words);
}

static DeletePlan *
assert_planned(FakeLayers *host)
{
    g_autoptr(GError) error = NULL;
    DeletePlan *plan = plan_of(host, "a", &error);
    const DeleteMember *member;
    const DeleteDisk *first;

    g_assert_no_error(error);
    member = g_ptr_array_index(plan->members, 0);
    first = g_ptr_array_index(member->disks, 0);
    g_assert_cmpint(first->method, ==, DELETE_OFFLINE);

    return plan;
}

/* --- what cannot be seen ------------------------------------------------------------- */

typedef struct {
    const char *make;   /* the images of the domain "b" */
    const char *format; /* and its disk */
    const char *file;
    const char *says; /* that it refuses; NULL: it does not, */
    const char *warns; /* and says so; or NULL */
} Blind;

#define OVERLAY "qemu-img create -q -f qcow2 -b base.img -F qcow2 b.img;"
#define BELOW(name, format) OVERLAY "qemu-img rebase -u -f qcow2 -b " name " -F " format " b.img"

/* Makes another extension of that in the header that has the format. */
#define NO_FORMAT "printf none | dd of=b.img bs=1 seek=112 conv=notrunc status=none;"
#define PASSES "qcow2", "b.img", NULL, NULL
#define REFUSED(says) "qcow2", "b.img", says, NULL
#define NO_IMAGE "yes 'no image' | head -n 99 >b.img"
#define QCOW2 "qemu-img create -q -f qcow2 "
#define VMDK "qemu-img create -q -f vmdk "
#define FLAT_VMDK(name) "rm -f *-flat.img;" VMDK "-o subformat=monolithicFlat " name " 1M;"
#define JSON_BELOW(json) OVERLAY "qemu-img rebase -u -f qcow2 -F qcow2 -b 'json:{" json "}' b.img"

static const Blind blinds[] = {
    {OVERLAY NO_FORMAT, REFUSED("needs '")},
    {OVERLAY NO_FORMAT QCOW2 "-b b.img -F qcow2 c.img", "qcow2", "c.img", "needs '", NULL},
    {VMDK "v.img 1M;" QCOW2 "-b v.img -F vmdk b.img", PASSES},
    {VMDK "p.img 1M;" VMDK "-b p.img -F vmdk b.img", "vmdk", "b.img", NULL, NULL},
    {VMDK "v.img 1M; mv v.img b.img", "vmdk", "b.img", NULL, NULL},
    {FLAT_VMDK("b.img") "ln -f base.img b-flat.img", "vmdk", "b.img", "needs '", NULL},
    {FLAT_VMDK("p.img") VMDK "-b p.img -F vmdk b.img;"
     "ln -f base.img p-flat.img", "vmdk", "b.img", "needs '", NULL},
    {FLAT_VMDK("b.img") "rm b-flat.img", "vmdk", "b.img", NULL, "b-flat.img"},
    {"qemu-img create -q -f qed b.img 1M", "qed", "b.img", "'qed'", NULL},
    {"qemu-img create -q -f vdi v.img 1M;" QCOW2 "-b v.img -F vdi b.img", PASSES},
    {OVERLAY "printf '\\002' | dd of=b.img bs=1 seek=79 conv=notrunc status=none",
     REFUSED("needs '")},
    {"qemu-img create -q -f qcow2 b.img 1M;"
     "printf '\\200' | dd of=b.img bs=1 seek=72 conv=notrunc status=none", REFUSED("disk 'vda'")},
    {NO_IMAGE, REFUSED("disk 'vda'")},
    {": >b.img", PASSES},
    {OVERLAY "truncate -s 71 b.img", PASSES},
    {OVERLAY "truncate -s 72 b.img", REFUSED("disk 'vda'")},
    {"rm -f d.raw; qemu-img create -q -f qcow2 -o data_file=d.raw b.img 1M", PASSES},
    {QCOW2 "-o data_file=d.raw b.img 1M; ln -f base.img d.raw", REFUSED("needs '")},
    {":", "qcow2", "nowhere/b.img", NULL, "nowhere/b.img"},
    {BELOW("gone.img", "qcow2"), "qcow2", "b.img", NULL, "gone.img"},
    {BELOW("nbd://host/x", "raw"), PASSES},
    {JSON_BELOW("\"driver\":\"raw\",\"file\":{\"driver\":\"rbd\",\"pool\":\"p\"}"), PASSES},
    {JSON_BELOW("\"driver\":\"raw\",\"offset\":0,"
     "\"file\":{\"driver\":\"file\",\"filename\":\"/x\"}"), REFUSED("offset")},
    {JSON_BELOW("\"driver\":\"qcow2\",\"file\":{\"driver\":\"https\",\"url\":\"https://h/x\"}"),
     PASSES},
    {JSON_BELOW("\"driver\":\"qcow2\",\"file.driver\":\"nbd\",\"file.host\":\"h\""), PASSES},
    {JSON_BELOW("\"driver\":\"qcow2\",\"file.driver\":\"nbd\",\"file.host\":\"h\","
     "\"backing.driver\":\"file\",\"backing.filename\":\"/x\""), REFUSED("supported")},
    {JSON_BELOW("\"driver\":\"qcow2\",\"file\":{\"driver\":\"rbd\",\"pool\":\"p\"},"
     "\"data-file\":{\"driver\":\"file\",\"filename\":\"/x\"}"), REFUSED("supported")},
};

static void
try_blind(ChainFixture *f, const Blind *blind)
{
    g_autoptr(FakeLayers) host = layers_new(f);
    g_autoptr(DeletePlan) plan = NULL;

    g_test_message("%s", blind->make);
    chain_sh(blind->make);
    layers_add_domain(host, "b", layers_disk(host, blind->format, blind->file));
    if (blind->says) {
        assert_refused(host, (const char *[]){"domain 'b'", blind->says, "--metadata", NULL});
        return;
    }
    plan = assert_planned(host);
    g_assert_cmpuint(plan->warnings->len, ==, blind->warns != NULL);
    if (blind->warns)
        g_assert_nonnull(strstr(g_ptr_array_index(plan->warnings, 0), blind->warns));
}

static void
test_blind(ChainFixture *f, gconstpointer data)
{
    for (gsize i = 0; i < G_N_ELEMENTS(blinds); i++)
        try_blind(f, &blinds[i]);
}

static void
find_volume(DomainSurvey *domain, gint code)
{
    VolumeDef *volume = g_new0(VolumeDef, 1);

    domain->volumes = g_ptr_array_new_with_free_func((GDestroyNotify)volume_def_free);
    volume->pool = g_strdup("p");
    volume->volume = g_strdup("v");
    volume->problem = g_error_new(VIRT_SNAP_ERROR, code, "the pool 'p' has a problem");
    g_ptr_array_add(domain->volumes, volume);
}

static DomainSurvey *
add_volume_disk(FakeLayers *host, const char *device, gint code)
{
    DomainSurvey *domain = layers_add_domain(
        host, "b", g_strdup_printf("<disk type='volume' device='%s'><driver type='qcow2'/>"
                                   "<source pool='p' volume='v'/><target dev='vdb'/></disk>",
                                   device));

    find_volume(domain, code);

    return domain;
}

static void
test_volumes(ChainFixture *f, gconstpointer data)
{
    static const char *const says[] = {"domain 'b'", "disk 'vdb'", "the pool 'p' has", NULL};
    g_autoptr(FakeLayers) inactive = layers_new(f);
    g_autoptr(FakeLayers) running = layers_new(f);
    g_autoptr(FakeLayers) elsewhere = layers_new(f);
    g_autoptr(DeletePlan) plan = NULL;

    add_volume_disk(inactive, "disk", VIRT_SNAP_ERROR_INVALID_STATE);
    assert_refused(inactive, says);
    /* QEMU has it open, wherever it is. */
    add_volume_disk(running, "disk", VIRT_SNAP_ERROR_NOT_FOUND)->active = TRUE;
    assert_refused(running, says);
    add_volume_disk(elsewhere, "disk", VIRT_SNAP_ERROR_NOT_SUPPORTED);
    plan = assert_planned(elsewhere);
}

/* A volume that does not exist is as a file that does not. */
static void
test_no_volume(ChainFixture *f, gconstpointer data)
{
    g_autoptr(FakeLayers) host = layers_new(f);
    DomainSurvey *own = g_ptr_array_index(host->domains, 0);
    g_autoptr(DeletePlan) plan = NULL;

    add_volume_disk(host, "disk", VIRT_SNAP_ERROR_NOT_FOUND);
    plan = assert_planned(host);
    g_assert_cmpuint(plan->warnings->len, ==, 1);
    g_assert_nonnull(strstr(g_ptr_array_index(plan->warnings, 0), "the pool 'p' has"));
    /* But the domain's own disk may stand on the frozen layer. */
    g_free(own->persistent);
    own->persistent = g_strdup("<domain><devices><disk type='volume'><driver type='qcow2'/>"
                               "<source pool='p' volume='v'/><target dev='vda'/></disk>"
                               "</devices></domain>");
    find_volume(own, VIRT_SNAP_ERROR_NOT_FOUND);
    assert_refused(host, (const char *[]){"domain 'a' needs '", "the pool 'p' has", NULL});
}

/* What is in a removable drive counts only where it is known. */
static void
test_removable(ChainFixture *f, gconstpointer data)
{
    static const char *const devices[] = {"cdrom", "floppy"};
    static const char *const sources[] = {"nowhere.iso", "b.img"};

    for (gsize i = 0; i < 4; i++) {
        g_autoptr(FakeLayers) host = layers_new(f);
        g_autoptr(DeletePlan) plan = NULL;

        chain_sh(NO_IMAGE);
        add_volume_disk(host, devices[i % 2], VIRT_SNAP_ERROR_INVALID_STATE);
        layers_add_domain(host, "c",
                          g_strdup_printf("<disk type='file' device='%s'><driver type='qcow2'/>"
                                          "<source file='%s/%s'/><target dev='sda'/></disk>",
                                          devices[i % 2], f->dir, sources[i / 2]));
        plan = assert_planned(host);
        g_assert_cmpuint(plan->warnings->len, ==, 0);
        chain_sh("rm b.img;" OVERLAY NO_FORMAT);
        if (i / 2 == 1)
            assert_refused(host, (const char *[]){"domain 'c' needs '", NULL});
    }
}

/* The chain that the XML gives is that of QEMU, whatever the header says. */
static void
test_explicit(ChainFixture *f, gconstpointer data)
{
    g_autoptr(FakeLayers) host = layers_new(f);

    chain_sh("qemu-img create -q -f qcow2 b.img 1M");
    layers_add_domain(host, "b",
               g_strdup_printf("<disk type='file'><driver type='qcow2'/><source file='%s/b.img'/>"
                               "<backingStore type='file'><format type='qcow2'/>"
                               "<source file='%s/base.img'/><backingStore/></backingStore>"
                               "<target dev='vda'/></disk>",
                               f->dir, f->dir));
    assert_refused(host, (const char *[]){"domain 'b' needs '", "base.img", NULL});
}

/* What the domain itself writes to, and cannot be read, is above the frozen layer. */
static void
test_own(ChainFixture *f, gconstpointer data)
{
    g_autoptr(FakeLayers) host = layers_new(f);

    chain_sh("rm a.s1");
    assert_refused(host, (const char *[]){"domain 'a'", "a.s1", NULL});
    chain_sh(": >a.s1");
    assert_refused(host, (const char *[]){"domain 'a' needs '", "a.s1", NULL});
    chain_sh("qemu-img create -q -f qcow2 -b base.img -F qcow2 a.s1;"
             "printf none | dd of=a.s1 bs=1 seek=112 conv=notrunc status=none");
    assert_refused(host, (const char *[]){"domain 'a' needs '", "qemu-img rebase -u -F", NULL});
}

/* Whoever removes a layer asks the same. */
static void
test_removal(ChainFixture *f, gconstpointer data)
{
    g_autoptr(FakeLayers) host = layers_new(f);
    g_autoptr(GPtrArray) warnings = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GError) error = NULL;
    const ChainImage image = {"loose.img", "qcow2", FALSE, IMAGE_ON_ANY};
    const Layer *layer;

    chain_sh("qemu-img create -q -f qcow2 loose.img 1M;" NO_IMAGE);
    layers_add_domain(host, "b", layers_disk(host, "qcow2", "b.img"));
    layer = chain_resolve(f->cache, &image, 1, FALSE, &error);
    g_assert_no_error(error);
    g_assert_false(layer_remove_unneeded(&host->parent, layer, warnings, &error));
    g_assert_nonnull(strstr(error->message, "domain 'b'"));
    g_assert_cmpint(access("loose.img", F_OK), ==, 0);
    g_clear_error(&error);
    chain_sh("qemu-img create -q -f qcow2 -b loose.img -F qcow2 b.img;"
             NO_FORMAT);
    g_assert_true(layer_remove_unneeded(&host->parent, layer, warnings, &error));
    g_assert_cmpint(access("loose.img", F_OK), ==, 0);
}

/* --- what only the upper layer has --------------------------------------------------- */

static void
test_internal(ChainFixture *f, gconstpointer data)
{
    g_autoptr(FakeLayers) host = layers_new(f);
    g_autoptr(DeletePlan) plan = NULL;

    /* In the lower layer they stay what they are. */
    chain_sh("qemu-img snapshot -c below base.img");
    plan = assert_planned(host);
    chain_sh("qemu-img snapshot -c s2 a.s1; qemu-img snapshot -c s3 a.s1");
    assert_refused(host, (const char *[]){"a.s1' (domain 'a', disk 'vda')", "'s2', 's3'",
                                          "would be lost", NULL});
}

static void
test_internal_left(ChainFixture *f, gconstpointer data)
{
    g_autoptr(FakeLayers) host = layers_new(f);
    g_autoptr(GPtrArray) warnings = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GError) error = NULL;
    const ChainImage image = {"loose.img", "qcow2", FALSE, IMAGE_ON_ANY};
    const Layer *layer;

    chain_sh("qemu-img create -q -f qcow2 loose.img 1M; qemu-img snapshot -c s2 loose.img");
    layer = chain_resolve(f->cache, &image, 1, FALSE, &error);
    g_assert_true(layer_remove_unneeded(&host->parent, layer, warnings, &error));
    g_assert_no_error(error);
    g_assert_cmpint(access("loose.img", F_OK), ==, 0);
    g_assert_cmpuint(warnings->len, ==, 1);
    g_assert_nonnull(strstr(g_ptr_array_index(warnings, 0), "internal snapshots 's2'"));
    /* A table that cannot be read may have some. */
    chain_sh("qemu-img snapshot -d s2 loose.img; printf none | "
             "dd of=loose.img bs=1 conv=notrunc status=none");
    layer_remove(layer, warnings);
    g_assert_cmpint(access("loose.img", F_OK), ==, 0);
    g_assert_cmpuint(warnings->len, ==, 2);
}

static void
test_bitmaps(ChainFixture *f, gconstpointer data)
{
    g_autoptr(FakeLayers) host = layers_new(f);
    g_autoptr(DeletePlan) plan = NULL;

    chain_sh("qemu-img bitmap --add a.s1 mine");
    plan = assert_planned(host);
    g_assert_cmpuint(plan->warnings->len, ==, 1);
    g_assert_nonnull(strstr(g_ptr_array_index(plan->warnings, 0), "dirty bitmaps"));
}

/* --- block jobs ------------------------------------------------------------------------ */

/* Has "a" run on a.s1, with a block job that copies to @to. */
static void
run_job(FakeLayers *host, guint job, const char *to)
{
    DomainSurvey *domain = g_ptr_array_index(host->domains, 0);

    domain->active = TRUE;
    host->job = job;
    g_free(domain->xml);
    domain->xml = g_strdup_printf(
        "<domain><name>a</name><uuid>%s</uuid><devices><disk type='file'><driver type='qcow2'/>"
        "<source file='%s/a.s1'/><mirror type='file' job='active-commit'><format type='qcow2'/>"
        "<source file='%s/%s'/></mirror><target dev='vda'/></disk></devices></domain>",
        domain->uuid, host->dir, host->dir, to);
}

static void
test_jobs(ChainFixture *f, gconstpointer data)
{
    static const struct {
        guint type;
        const char *to;
    } refused[] = {{4, "other.img"}, {4, "nowhere.img"}, {3, "base.img"}, {2, "base.img"},
                   {1, "base.img"}};
    g_autoptr(FakeLayers) host = layers_new(f);
    g_autoptr(GError) error = NULL;
    g_autoptr(DeletePlan) plan = NULL;
    const DeleteMember *member;

    chain_sh("qemu-img create -q -f qcow2 other.img 1M");
    for (gsize i = 0; i < G_N_ELEMENTS(refused); i++) {
        run_job(host, refused[i].type, refused[i].to);
        assert_refused(host, (const char *[]){"block job", NULL});
    }
    run_job(host, 4, "base.img");
    plan = plan_of(host, "a", &error);
    g_assert_no_error(error);
    member = g_ptr_array_index(plan->members, 0);
    g_assert_true(((const DeleteDisk *)g_ptr_array_index(member->disks, 0))->adopt);
}

/* --- members --------------------------------------------------------------------------- */

/* Records that the set has the first @n domains, which had the names "a", "b", and so on. */
static SetRecord *
record_of(FakeLayers *host, guint n)
{
    SetRecord *record = set_record_new("c", "s1");
    g_autoptr(GError) error = NULL;

    for (guint i = 0; i < n; i++) {
        const DomainSurvey *domain = g_ptr_array_index(host->domains, i);
        const char name[] = {(char)('a' + i), '\0'};
        SetMember *member = set_record_add(record, name, domain->uuid);

        member->state = g_strdup("shutoff");
        member->kind = g_strdup("external");
        member->creation_time = 1;
    }
    record->complete = TRUE;
    g_assert_true(set_store_save(record, &error));
    g_assert_no_error(error);

    return record;
}

static void
test_renamed(ChainFixture *f, gconstpointer data)
{
    g_autoptr(FakeLayers) host = layers_new(f);
    g_autoptr(SetRecord) record = record_of(host, 1);
    DomainSurvey *domain = g_ptr_array_index(host->domains, 0);
    g_autoptr(DeletePlan) plan = NULL;

    g_free(domain->name);
    domain->name = g_strdup("renamed");
    plan = assert_planned(host);
    g_assert_cmpuint(plan->warnings->len, ==, 0);
    g_assert_cmpuint(plan->gone->len, ==, 1);
    /* Another domain has its name now. */
    layers_add_domain(host, "a", g_strdup(""));
    g_clear_pointer(&plan, delete_plan_free);
    plan = assert_planned(host);
    g_assert_cmpuint(plan->members->len, ==, 1);
    g_assert_true(set_store_remove(record->id, NULL));
}

static void
test_left_out(ChainFixture *f, gconstpointer data)
{
    g_autoptr(FakeLayers) host = layers_new(f);
    DomainSurvey *other;
    g_autoptr(SetRecord) record = NULL;

    chain_sh("qemu-img create -q -f qcow2 b.img 1M;"
             "qemu-img create -q -f qcow2 -b b.img -F qcow2 b.s1");
    other = layers_add_domain(host, "b", layers_disk(host, "qcow2", "b.s1"));
    layers_add_snapshot(host, other, "s1", "b.img", "b.s1");
    record = record_of(host, 2);
    assert_refused(host, (const char *[]){"domain 'b'", "not in the collection 'c'", NULL});
    g_assert_true(set_store_remove(record->id, NULL));
}

static void
test_no_domain(ChainFixture *f, gconstpointer data)
{
    g_autoptr(FakeLayers) host = layers_new(f);
    g_autoptr(GPtrArray) names = g_ptr_array_new();
    const DeleteSubject subject = {.collection = "c", .snapshot = "s1", .names = names,
                                   .whole = TRUE};
    g_autoptr(GError) error = NULL;
    g_autoptr(DeletePlan) plan = NULL;

    g_ptr_array_add(names, (gpointer)"a");
    g_ptr_array_add(names, (gpointer)"nobody");
    plan = delete_plan_make(&host->parent, &subject, &error);
    g_assert_no_error(error);
    g_assert_cmpuint(plan->warnings->len, ==, 1);
    g_assert_nonnull(strstr(g_ptr_array_index(plan->warnings, 0), "'nobody'"));
}

/* --- what changes between the plan and the merge ------------------------------------------ */

static void
add_clone(FakeLayers *host, guint n)
{
    if (n != 2)
        return;
    chain_sh(QCOW2 "-b base.img -F qcow2 b.img");
    layers_add_domain(host, "b", layers_disk(host, "qcow2", "b.img"));
}

static void
hide_images(FakeLayers *host, guint n)
{
    if (n != 2)
        return;
    chain_sh(NO_IMAGE);
    layers_add_domain(host, "b", layers_disk(host, "qcow2", "b.img"));
}

static void
start_domain(FakeLayers *host, guint n)
{
    if (n == 2)
        ((DomainSurvey *)g_ptr_array_index(host->domains, 0))->active = TRUE;
}

/* It was started meanwhile, and its memory names the layers that it had. */
static void
save_domain(FakeLayers *host, guint n)
{
    if (n == 2)
        ((DomainSurvey *)g_ptr_array_index(host->domains, 0))->saved = TRUE;
}

static void
forget_snapshot(FakeLayers *host, guint n)
{
    if (n == 2)
        g_ptr_array_set_size(((DomainSurvey *)g_ptr_array_index(host->domains, 0))->snapshots, 0);
}

static void
test_meanwhile(ChainFixture *f, gconstpointer data)
{
    static const struct {
        void (*surveyed)(FakeLayers *host, guint n);
        const char *says;
    } table[] = {{add_clone, "domain 'b' needs '"},
                 {hide_images, "cannot be seen"},
                 {start_domain, "the same command"},
                 {save_domain, "saved state"},
                 {forget_snapshot, "the same command"}};

    for (gsize i = 0; i < G_N_ELEMENTS(table); i++) {
        g_autoptr(FakeLayers) host = layers_new(f);
        g_autoptr(DeletePlan) plan = NULL;
        g_autoptr(Control) control = control_new();
        g_autoptr(GPtrArray) warnings = g_ptr_array_new_with_free_func(g_free);
        g_autoptr(GError) error = NULL;

        g_test_message("row %zu", i);
        chain_sh("qemu-io -f qcow2 -c 'write -q -P 7 0 64k' a.s1; cp base.img before.img");
        host->surveyed = table[i].surveyed;
        plan = assert_planned(host);
        g_assert_false(delete_run(&host->parent, plan, control, NULL, warnings, &error));
        g_assert_nonnull(strstr(error->message, "Domain 'a', disk 'vda': "));
        g_assert_nonnull(strstr(error->message, table[i].says));
        chain_sh("cmp base.img before.img");
    }
}

static char *
replaced(char *text, const char *old, const char *new)
{
    g_auto(GStrv) parts = g_strsplit(text, old, -1);

    g_free(text);

    return g_strjoinv(new, parts);
}

/* A description in which a disk has another kind of snapshot than the last one, as libvirt makes
 * none. */
static void
test_mixed(ChainFixture *f, gconstpointer data)
{
    g_autoptr(FakeLayers) host = layers_new(f);
    DomainSurvey *domain = g_ptr_array_index(host->domains, 0);
    SnapshotRecord *record = g_ptr_array_index(domain->snapshots, 0);
    const char *other = "<devices><disk type='file'><driver type='qcow2'/><source file='/b.img'/>"
                        "<target dev='vdb'/></disk>";

    record->xml = replaced(record->xml, "<disks>", "<disks><disk name='vdb' snapshot='internal'/>");
    record->xml = replaced(record->xml, "<devices>", other);
    assert_refused(host, (const char *[]){"'a', disk 'vdb'", "internal", NULL});
}

static const ChainTest tests[] = {
    {"meanwhile", test_meanwhile},
    {"blind", test_blind},     {"volumes", test_volumes}, {"explicit", test_explicit},
    {"own", test_own},         {"removal", test_removal}, {"internal", test_internal},
    {"internal-left", test_internal_left},                {"bitmaps", test_bitmaps},
    {"jobs", test_jobs},       {"renamed", test_renamed}, {"left-out", test_left_out},
    {"mixed", test_mixed},
    {"no-domain", test_no_domain}, {"no-volume", test_no_volume}, {"removable", test_removable},
};

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    register_drivers();
    chain_run_tests("/delete-plan", tests, G_N_ELEMENTS(tests));

    return g_test_run();
}
