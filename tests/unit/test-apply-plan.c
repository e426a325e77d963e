/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "collection/set-store.h"
#include "drivers/register.h"
#include "snapshot/apply-member.h"
#include "snapshot/apply-run.h"
#include "snapshot/apply-undo.h"
#include "tests/unit/fake-layers.h"
#include "tests/unit/harness.h"

/* What is not gone back to, because data would be lost, or wrong. */

#define QCOW2 "qemu-img create -q -f qcow2 "

/* Of all domains that have the snapshot. */
static ApplyPlan *
plan_of(FakeLayers *host, GError **error)
{
    g_autoptr(GPtrArray) names = g_ptr_array_new();
    const ApplySubject subject = {.collection = "c", .snapshot = "s1", .names = names};

    for (guint i = 0; i < host->domains->len; i++) {
        const DomainSurvey *domain = g_ptr_array_index(host->domains, i);

        if (domain->snapshots->len > 0)
            g_ptr_array_add(names, domain->name);
    }

    return apply_plan_make(&host->parent, &subject, error);
}

static void
assert_refused(FakeLayers *host, const char *const words[])
{
    g_autoptr(GError) error = NULL;
    g_autoptr(ApplyPlan) plan = plan_of(host, &error);

    g_assert_null(plan);
    layers_assert_says(error, words);
}

static ApplyPlan *
assert_planned(FakeLayers *host)
{
    g_autoptr(GError) error = NULL;
    ApplyPlan *plan = plan_of(host, &error);

    g_assert_no_error(error);

    return plan;
}

static const ApplyMember *
member_of(const ApplyPlan *plan)
{
    return g_ptr_array_index(plan->members, 0);
}

/* Replaces @from by @to in a document. */
static void
edit(char **xml, const char *from, const char *to)
{
    GString *text = g_string_new(*xml);

    g_assert_cmpuint(g_string_replace(text, from, to, 0), >, 0);
    g_free(*xml);
    *xml = g_string_free(text, FALSE);
}

static DomainSurvey *
domain_of(FakeLayers *host)
{
    return g_ptr_array_index(host->domains, 0);
}

static SnapshotRecord *
snapshot_of(FakeLayers *host)
{
    return g_ptr_array_index(domain_of(host)->snapshots, 0);
}

/* When the snapshot was taken. */
static void
set_time(FakeLayers *host, gint64 seconds)
{
    g_autofree char *time =
        g_strdup_printf("<creationTime>%" G_GINT64_FORMAT "<", seconds);

    edit(&snapshot_of(host)->xml, "<creationTime>1<", time);
}

/* --- disks that are not part of the snapshot ------------------------------------------- */

/* Adds the disk "vdb" as it is in the snapshot (@then), and now. */
static void
add_other(FakeLayers *host, const char *then, const char *now)
{
    g_autofree char *was = g_strconcat(then, "</devices>", NULL);
    g_autofree char *is = g_strconcat(now, "</devices>", NULL);

    edit(&snapshot_of(host)->xml, "</devices>", was);
    edit(&domain_of(host)->xml, "</devices>", is);
    edit(&domain_of(host)->persistent, "</devices>", is);
}

#define FILE_DISK(options, file, more)                                                             \
    "<disk type='file'" options "><driver type='qcow2'/><source file='" file "'/>"                 \
    "<target dev='vdb'/>" more "</disk>"
#define NBD_DISK(name)                                                                             \
    "<disk type='network'><driver type='raw'/><source protocol='nbd' name='" name "'>"             \
    "<host name='h'/></source><target dev='vdb'/></disk>"
#define BEFORE FILE_DISK("", "b.img", "")
#define REFUSED(word) {"Domain 'a', disk 'vdb'", word, NULL}

static const struct {
    const char *then;
    const char *now;
    const char *says[4]; /* NULL: it is gone back to */
} others[] = {
    {BEFORE, BEFORE, {NULL}},
    {BEFORE, FILE_DISK("", "same.img", ""), {NULL}},
    /* A snapshot was taken since, or a copy was made and gone over to. */
    {BEFORE, FILE_DISK("", "b.s2", ""), REFUSED("b.s2")},
    {BEFORE, FILE_DISK("", "copy.img", ""), REFUSED("copy.img")},
    {BEFORE, NBD_DISK("n"), REFUSED("not to 'n'")},
    {NBD_DISK("n"), BEFORE, REFUSED("b.img")},
    {NBD_DISK("n"), NBD_DISK("m"), REFUSED("not to 'm'")},
    {NBD_DISK("n"), NBD_DISK("n"), {NULL}},
    /* It was detached. */
    {FILE_DISK("", "copy.img", ""), "", {NULL}},
    {BEFORE, "", {NULL}},
    /* Nothing is written to it, or it is not gone back to. */
    {FILE_DISK("", "b.img", "<readonly/>"), FILE_DISK("", "copy.img", "<readonly/>"), {NULL}},
    {FILE_DISK(" device='cdrom'", "b.img", ""), FILE_DISK(" device='cdrom'", "copy.img", ""),
     {NULL}},
    {"", FILE_DISK("", "copy.img", ""), {NULL}},
};

static void
try_other(ChainFixture *f, gsize i, gboolean reverts)
{
    g_autoptr(FakeLayers) host = layers_new(f);
    g_autoptr(ApplyPlan) plan = NULL;

    g_test_message("row %zu, %s", i, reverts ? "by libvirt" : "by overlays");
    host->reverts = reverts;
    chain_sh(QCOW2 "b.img 1M;" QCOW2 "copy.img 1M; ln -f b.img same.img;"
             QCOW2 "-b b.img -F qcow2 b.s2");
    add_other(host, others[i].then, others[i].now);
    if (others[i].says[0])
        assert_refused(host, others[i].says);
    else
        plan = assert_planned(host);
    if (plan)
        g_assert_cmpint(member_of(plan)->method, ==,
                        reverts ? APPLY_BY_LIBVIRT : APPLY_BY_OVERLAY);
}

static void
test_others(ChainFixture *f, gconstpointer data)
{
    for (gsize i = 0; i < G_N_ELEMENTS(others); i++) {
        try_other(f, i, FALSE);
        try_other(f, i, TRUE);
    }
}

/* Nor does a disk that was detached come back below one of another domain. */
static void
test_detached(ChainFixture *f, gconstpointer data)
{
    g_autoptr(FakeLayers) host = layers_new(f);

    chain_sh(QCOW2 "b.img 1M;" QCOW2 "-b b.img -F qcow2 other.img");
    add_other(host, BEFORE, "");
    layers_add_domain(host, "other", layers_disk(host, "qcow2", "other.img"));
    assert_refused(host, (const char *[]){"Domain 'a', disk 'vdb'", "b.img", "domain 'other'",
                                          NULL});
}

/* --- layers that were written to since ----------------------------------------------------- */

static gboolean
has_births(const char *path)
{
    struct statx st;

    return statx(AT_FDCWD, path, 0, STATX_BTIME, &st) == 0 && (st.stx_mask & STATX_BTIME);
}

static void
test_frozen(ChainFixture *f, gconstpointer data)
{
    static const struct {
        const char *script;
        gint64 begun;       /* the snapshot, after now */
        const char *refused;
        guint warnings;
    } table[] = {
        {":", 0, NULL, 0},
        {"touch -d '+1 hour' base.img", 0, "base.img", 0},
        {"rm a.s1", 0, NULL, 0},
        /* The guest may have been long at it. */
        {"rm a.s1; touch -d '+30 seconds' base.img", 0, NULL, 0},
        {"rm a.s1; touch -d '+1 hour' base.img", 0, "base.img", 0},
        /* An overlay that was there before tells nothing. */
        {"touch -d '+30 seconds' base.img", 10, NULL, 0},
        {"touch -d '+1 hour' base.img", 10, "base.img", 0},
        /* The layer is a copy, as that of an import. */
        {"rm a.s1", -1000, NULL, 1},
        {":", -1000, NULL, 0},
        {"touch -d '+1 hour' base.img", -1000, "base.img", 0},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(table); i++) {
        g_autoptr(FakeLayers) host = layers_new(f);
        g_autoptr(ApplyPlan) plan = NULL;
        DomainSurvey *domain = domain_of(host);

        if (!has_births("base.img")) {
            g_test_skip("no birth times on this file system");
            return;
        }
        g_test_message("row %zu", i);
        set_time(host, g_get_real_time() / G_USEC_PER_SEC + table[i].begun);
        chain_sh(QCOW2 "now.img 1M");
        edit(&domain->xml, "a.s1", "now.img");
        edit(&domain->persistent, "a.s1", "now.img");
        chain_sh(table[i].script);
        if (table[i].refused) {
            assert_refused(host, (const char *[]){table[i].refused, "was written to",
                                                  "checkpoint", "import --suffix", NULL});
            continue;
        }
        plan = assert_planned(host);
        g_assert_cmpuint(plan->warnings->len, ==, table[i].warnings);
    }
}

/* --- dirty bitmaps ------------------------------------------------------------------------- */

static GPtrArray *
fake_checkpoints(Hypervisor *hypervisor, const char *domain, GError **error)
{
    GPtrArray *all =
        g_ptr_array_new_with_free_func((GDestroyNotify)hypervisor_checkpoint_free);

    for (gsize i = 0; i < 2; i++) {
        HypervisorCheckpoint *one = g_new0(HypervisorCheckpoint, 1);

        one->name = g_strdup(i == 0 ? "one" : "two");
        g_ptr_array_add(all, one);
    }

    return all;
}

static const HypervisorBackupOps with_checkpoints = {.checkpoints = fake_checkpoints};

/* libvirt ends the domain before QEMU refuses to go back. A bitmap below the image that is written
 * to does not matter, nor does one for an external snapshot. */
static void
test_bitmaps(ChainFixture *f, gconstpointer data)
{
    static const struct {
        const char *kind;
        const char *script;
        guint checkpoints;
        gboolean active;
        const char *says[5]; /* NULL: it is gone back to */
    } table[] = {
        {"internal", ":", 0, FALSE, {NULL}},
        {"internal", "qemu-img bitmap --add base.img one", 0, FALSE, {NULL}},
        {"internal", "qemu-img bitmap --add a.s1 one", 0, FALSE,
         {"Domain 'a', disk 'vda'", "a.s1", "dirty bitmaps", "qemu-img bitmap --remove"}},
        {"internal", "qemu-img bitmap --add a.s1 one", 0, TRUE,
         {"a.s1", "while the domain is off"}},
        {"internal", ":", 2, TRUE, {"'a'", "'one', 'two'", "while it runs", "checkpoint-delete"}},
        {"internal", ":", 2, FALSE, {"'one', 'two'", "--metadata", "qemu-img bitmap --remove"}},
        {"external", "qemu-img bitmap --add a.s1 one", 2, TRUE, {NULL}},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(table); i++) {
        g_autoptr(FakeLayers) host = layers_new(f);
        HypervisorOps ops = *host->parent.ops;
        g_autofree char *kind = g_strdup_printf("snapshot='%s'", table[i].kind);
        g_autoptr(ApplyPlan) plan = NULL;

        g_test_message("row %zu", i);
        ops.backups = &with_checkpoints;
        host->parent.ops = &ops;
        edit(&snapshot_of(host)->xml, "snapshot='external'", kind);
        chain_sh(table[i].script);
        domain_of(host)->checkpoints = table[i].checkpoints;
        domain_of(host)->active = domain_of(host)->running = table[i].active;
        if (table[i].says[0])
            assert_refused(host, table[i].says);
        else
            plan = assert_planned(host);
    }
}

/* --- whether it runs afterwards ---------------------------------------------------------- */

static SetRecord *
record_of(FakeLayers *host, const char *state)
{
    const DomainSurvey *domain = domain_of(host);
    SetRecord *record = set_record_new("c", "s1");
    SetMember *member = set_record_add(record, domain->name, domain->uuid);
    g_autoptr(GError) error = NULL;

    member->state = g_strdup(state);
    member->kind = g_strdup("external");
    member->creation_time = 1;
    record->complete = TRUE;
    g_assert_true(set_store_save(record, &error));
    g_assert_no_error(error);

    return record;
}

static void
assert_after(FakeLayers *host, const char *state)
{
    g_autoptr(ApplyPlan) plan = assert_planned(host);

    g_assert_cmpstr(apply_member_after(plan, member_of(plan)), ==, state);
}

/* libvirt says "paused" of a domain that we had paused while its memory was written. */
static void
test_after(ChainFixture *f, gconstpointer data)
{
    static const struct {
        const char *snapshot;
        const char *record;
        const char *after;
    } table[] = {
        {"running", NULL, "running"},     {"paused", NULL, "paused"},
        {"paused", "running", "running"}, {"paused", "paused", "paused"},
        {"running", "running", "running"},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(table); i++) {
        g_autoptr(FakeLayers) host = layers_new(f);
        g_autoptr(SetRecord) record =
            table[i].record ? record_of(host, table[i].record) : NULL;
        g_autofree char *state = g_strdup_printf(
            "<state>%s</state><memory snapshot='external' file='%s/memory'/>", table[i].snapshot,
            f->dir);

        g_test_message("row %zu", i);
        chain_sh("echo >memory");
        edit(&snapshot_of(host)->xml, "<state>shutoff</state>", state);
        assert_after(host, table[i].after);
        if (record)
            g_assert_true(set_store_remove(record->id, NULL));
    }
}

/* --- one moment ------------------------------------------------------------------------ */

/* All stand still before the state of the first is kept. */
static void
test_moment(ChainFixture *f, gconstpointer data)
{
    g_autoptr(FakeLayers) host = layers_new(f);
    g_autoptr(Control) control = control_new();
    g_autoptr(GPtrArray) warnings = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GError) error = NULL;
    g_autoptr(ApplyPlan) plan = NULL;
    DomainSurvey *other;

    chain_sh(QCOW2 "b.img 1M;" QCOW2 "-b b.img -F qcow2 b.s1");
    other = layers_add_domain(host, "b", layers_disk(host, "qcow2", "b.s1"));
    layers_add_snapshot(host, other, "s1", "b.img", "b.s1");
    for (guint i = 0; i < 2; i++) {
        DomainSurvey *domain = g_ptr_array_index(host->domains, i);

        domain->active = domain->running = TRUE;
    }
    plan = assert_planned(host);
    g_assert_false(apply_run(&host->parent, plan, control, warnings, &error));
    g_assert_nonnull(strstr(error->message, "no snapshot is taken"));
    g_assert_cmpstr(host->calls->str, ==, "pause0 pause1 take0 resume1 ");
}

/* --- what a killed one has left ---------------------------------------------------------- */

static gboolean
fake_state(Hypervisor *hypervisor, const char *uuid, DomainState *state, GError **error)
{
    *state = DOMAIN_STATE_OFF;

    return TRUE;
}

static gboolean
fake_await(Hypervisor *hypervisor, const char *uuid, GError **error)
{
    return TRUE;
}

static DomainRecord *
fake_resolve(Hypervisor *hypervisor, const char *name, const char *snapshot, gboolean all,
             gboolean secure, GError **error)
{
    const DomainSurvey *domain = domain_of((FakeLayers *)hypervisor);
    const SnapshotRecord *found = domain_survey_snapshot(domain, snapshot);
    SnapshotRecord *copy = g_new0(SnapshotRecord, 1);
    DomainRecord *record = g_new0(DomainRecord, 1);

    copy->name = g_strdup(found->name);
    copy->xml = g_strdup(found->xml);
    record->name = g_strdup(domain->name);
    record->uuid = g_strdup(domain->uuid);
    record->xml = g_strdup(domain->xml);
    record->snapshots = g_ptr_array_new_with_free_func((GDestroyNotify)snapshot_record_free);
    g_ptr_array_add(record->snapshots, copy);

    return record;
}

/* The record of a way back of a domain that ran when its state was kept, and its snapshot. */
static SetRecord *
left_of(FakeLayers *host, const char *kind)
{
    DomainSurvey *domain = domain_of(host);
    SetRecord *record = set_record_new("c", "before-s1");
    SetMember *member = set_record_add(record, domain->name, domain->uuid);
    g_autofree char *mark = set_record_mark(record);
    g_autofree char *marked = g_strdup_printf("<description>%s</description><state>", mark);
    g_autofree char *source = g_strconcat(host->dir, "/a.s1", NULL);
    g_autofree char *overlay = g_strconcat(host->dir, "/a.kept", NULL);
    SnapshotRecord *kept;

    record->back_to = g_strdup("s1");
    member->state = g_strdup("running");
    member->after = g_strdup("running");
    member->kind = g_strdup(kind);
    layers_add_snapshot(host, domain, "before-s1", "a.s1", "a.kept");
    kept = g_ptr_array_index(domain->snapshots, 1);
    edit(&kept->xml, "<state>", marked);
    domain->current = g_strdup("before-s1");
    if (g_str_equal(kind, "internal"))
        return record;
    set_member_add_disk(member, "vda", source, "qcow2", overlay);
    edit(&domain->xml, "a.s1", "a.kept");
    edit(&domain->persistent, "a.s1", "a.kept");

    return record;
}

/* It is off now: it may have run since, and only the snapshot has its memory. */
static void
test_ended(ChainFixture *f, gconstpointer data)
{
    static const char *const kinds[] = {"internal", "external"};
    static const HypervisorSnapshotOps snapshots = {.state = fake_state, .await = fake_await};

    for (gsize i = 0; i < G_N_ELEMENTS(kinds); i++) {
        g_autoptr(FakeLayers) host = layers_new(f);
        HypervisorOps ops = *host->parent.ops;
        g_autoptr(SetRecord) record = left_of(host, kinds[i]);
        g_autoptr(GPtrArray) warnings = g_ptr_array_new_with_free_func(g_free);
        g_autoptr(GError) error = NULL;
        gboolean keep = FALSE;

        g_test_message("%s", kinds[i]);
        chain_sh(QCOW2 "-b a.s1 -F qcow2 a.kept; qemu-io -f qcow2 -c 'write -q 0 64k' a.kept");
        ops.snapshots = &snapshots;
        ops.resolve = fake_resolve;
        host->parent.ops = &ops;
        g_assert_true(apply_undo(&host->parent, record, &keep, warnings, &error));
        g_assert_no_error(error);
        g_assert_true(keep && record->complete);
        g_assert_cmpuint(domain_of(host)->snapshots->len, ==, 2);
        g_assert_cmpuint(warnings->len, ==, 1);
        g_assert_nonnull(strstr(warnings->pdata[0], "'a', which ran, is off now"));
        g_assert_nonnull(strstr(warnings->pdata[0], "the set 'before-s1'"));
        g_assert_true(set_store_remove(record->id, NULL));
    }
}

static const ChainTest tests[] = {
    {"moment", test_moment},
    {"others", test_others},
    {"detached", test_detached},
    {"frozen", test_frozen},
    {"bitmaps", test_bitmaps},
    {"ended", test_ended},
    {"after", test_after},
};

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    register_drivers();
    chain_run_tests("/apply-plan", tests, G_N_ELEMENTS(tests));

    return g_test_run();
}
