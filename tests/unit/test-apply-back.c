/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <string.h>

#include "collection/set-store.h"
#include "drivers/register.h"
#include "hypervisor/snapshot-def.h"
#include "hypervisor/snapshot-ops.h"
#include "snapshot/apply-run.h"
#include "snapshot/image-rename.h"
#include "tests/unit/fake-layers.h"
#include "tests/unit/harness.h"
#include "util/xml.h"

/* Domains that the hypervisor itself reverts to their snapshots, as libvirt does from 9.9 on. When
 * one fails, those before it are put back. The images are real. */

#define N_DOMAINS 3

/* What is to fail, as "revert1", and whether it does so when all is done. */
static const char *fails;
static gboolean late;

static FakeLayers *
layers_of(Hypervisor *hypervisor)
{
    return (FakeLayers *)hypervisor;
}

static DomainSurvey *
find(Hypervisor *hypervisor, const char *uuid)
{
    const DomainSurvey *found = domain_survey_find_uuid(layers_of(hypervisor)->domains, uuid);

    g_assert_nonnull(found);

    return (DomainSurvey *)found;
}

static void
set_text(char **text, const char *value)
{
    char *copy = g_strdup(value);

    g_free(*text);
    *text = copy;
}

/* --- what does not change anything ------------------------------------------------------- */

static SnapshotRecord *
copy_snapshot(const SnapshotRecord *from)
{
    SnapshotRecord *copy = g_new0(SnapshotRecord, 1);

    copy->name = g_strdup(from->name);
    copy->xml = g_strdup(from->xml);

    return copy;
}

static GPtrArray *
new_snapshots(void)
{
    return g_ptr_array_new_with_free_func((GDestroyNotify)snapshot_record_free);
}

static DomainSurvey *
copy_domain(const DomainSurvey *from)
{
    DomainSurvey *copy = g_new0(DomainSurvey, 1);

    copy->name = g_strdup(from->name);
    copy->uuid = g_strdup(from->uuid);
    copy->active = from->active;
    copy->running = from->running;
    copy->xml = g_strdup(from->xml);
    copy->persistent = g_strdup(from->persistent);
    copy->current = g_strdup(from->current);
    copy->snapshots = new_snapshots();
    for (guint i = 0; i < from->snapshots->len; i++)
        g_ptr_array_add(copy->snapshots, copy_snapshot(g_ptr_array_index(from->snapshots, i)));

    return copy;
}

static GPtrArray *
fake_survey(Hypervisor *hypervisor, GError **error)
{
    GPtrArray *copies = g_ptr_array_new_with_free_func((GDestroyNotify)domain_survey_free);

    for (guint i = 0; i < layers_of(hypervisor)->domains->len; i++)
        g_ptr_array_add(copies,
                        copy_domain(g_ptr_array_index(layers_of(hypervisor)->domains, i)));

    return copies;
}

static gboolean
fake_block_job(Hypervisor *hypervisor, const char *uuid, const char *target, guint *type,
               guint64 *cur, guint64 *end, GError **error)
{
    *type = 0;

    return TRUE;
}

static gboolean
fake_reverts(Hypervisor *hypervisor)
{
    return TRUE;
}

static gboolean
fake_sees(Hypervisor *hypervisor, const char *path, GError **error)
{
    return TRUE;
}

static const char *
fake_no_job(Hypervisor *hypervisor, const char *uuid)
{
    return NULL;
}

static gboolean
fake_await(Hypervisor *hypervisor, const char *uuid, GError **error)
{
    return TRUE;
}

static gboolean
fake_state(Hypervisor *hypervisor, const char *uuid, DomainState *state, GError **error)
{
    const DomainSurvey *domain = find(hypervisor, uuid);

    *state = !domain->active   ? DOMAIN_STATE_OFF
             : domain->running ? DOMAIN_STATE_RUNNING
                               : DOMAIN_STATE_PAUSED;

    return TRUE;
}

static SnapshotLook *
fake_look(Hypervisor *hypervisor, const char *uuid, GError **error)
{
    const DomainSurvey *domain = find(hypervisor, uuid);
    SnapshotLook *look = g_new0(SnapshotLook, 1);

    look->name = g_strdup(domain->name);
    look->uuid = g_strdup(uuid);
    look->xml = g_strdup(domain->xml);
    look->snapshots = g_ptr_array_new_with_free_func(g_free);
    look->block_jobs = g_ptr_array_new_with_free_func(g_free);

    return fake_state(hypervisor, uuid, &look->state, error) ? look : NULL;
}

static char *
fake_find_domain(Hypervisor *hypervisor, const char *word, GError **error)
{
    return g_strdup(find(hypervisor, word)->name);
}

static DomainSurvey *
named(Hypervisor *hypervisor, const char *name)
{
    return (DomainSurvey *)domain_survey_find(layers_of(hypervisor)->domains, name);
}

static GPtrArray *
fake_list(Hypervisor *hypervisor, const char *name, GError **error)
{
    const DomainSurvey *domain = named(hypervisor, name);
    GPtrArray *names = g_ptr_array_new_with_free_func(g_free);

    for (guint i = 0; i < domain->snapshots->len; i++) {
        const SnapshotRecord *snapshot = g_ptr_array_index(domain->snapshots, i);

        g_ptr_array_add(names, g_strdup(snapshot->name));
    }

    return names;
}

static DomainRecord *
fake_resolve(Hypervisor *hypervisor, const char *name, const char *snapshot, gboolean all,
             gboolean secure, GError **error)
{
    const DomainSurvey *domain = named(hypervisor, name);
    const SnapshotRecord *found = domain_survey_snapshot(domain, snapshot);
    DomainRecord *record = g_new0(DomainRecord, 1);

    g_assert_nonnull(found);
    record->name = g_strdup(name);
    record->uuid = g_strdup(domain->uuid);
    record->xml = g_strdup(domain->xml);
    record->snapshots = new_snapshots();
    g_ptr_array_add(record->snapshots, copy_snapshot(found));

    return record;
}

/* --- what changes a domain ------------------------------------------------------------------ */

/* Returns: FALSE if that step of that domain is to fail now; it does so once. */
static gboolean
goes(Hypervisor *hypervisor, const char *what, const DomainSurvey *domain, GError **error)
{
    g_autofree char *step = g_strdup_printf("%s%c", what, domain->name[0]);

    g_string_append_printf(layers_of(hypervisor)->calls, "%s ", step);
    if (g_strcmp0(fails, step) != 0)
        return TRUE;
    fails = NULL;
    g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_FAILED, "no %s", step);

    return FALSE;
}

static void
set_running(DomainSurvey *domain, gboolean active, gboolean running)
{
    domain->active = active;
    domain->running = running;
    if (!active)
        set_text(&domain->xml, domain->persistent);
}

/* Has the domain write to a new layer above @base. */
static void
write_above(DomainSurvey *domain, const char *base, const char *overlay)
{
    g_autofree char *script = g_strdup_printf(
        "qemu-img create -q -f qcow2 -b '%s' -F qcow2 '%s'", base, overlay);
    g_autofree char *now = image_replace(domain->xml, "vda", overlay, NULL);
    g_autofree char *next = image_replace(domain->persistent, "vda", overlay, NULL);

    chain_sh(script);
    set_text(&domain->xml, now);
    set_text(&domain->persistent, next);
}

/* libvirt leaves a memory state that can be restored; here it has the domain's UUID. */
static gboolean
fake_take(Hypervisor *hypervisor, const char *uuid, const char *xml, gboolean disks_only,
          GError **error)
{
    DomainSurvey *domain = find(hypervisor, uuid);
    g_autoptr(xmlDoc) doc = xml_parse(xml, strlen(xml), "snapshot", NULL);
    xmlNode *root = xmlDocGetRootElement(doc);
    g_autofree char *name = xml_text(root, "./name");
    g_autofree char *mark = xml_text(root, "./description");
    g_autofree char *overlay = xml_text(root, "./disks/disk/source/@file");
    g_autofree char *memory = xml_text(root, "./memory/@file");
    g_autofree char *base = image_of(domain->xml, "vda");
    SnapshotRecord *record;

    if (!goes(hypervisor, "take", domain, error))
        return FALSE;
    record = g_new0(SnapshotRecord, 1);
    record->name = g_strdup(name);
    record->xml = g_strdup_printf(
        "<domainsnapshot><name>%s</name><description>%s</description><state>%s</state>"
        "<creationTime>2</creationTime><memory snapshot='%s' file='%s'/><disks><disk name='vda' "
        "snapshot='external' type='file'><driver type='qcow2'/><source file='%s'/></disk></disks>"
        "%s</domainsnapshot>",
        name, mark, domain->active ? "paused" : "shutoff", memory ? "external" : "no",
        memory ? memory : "", overlay, domain->xml);
    g_ptr_array_add(domain->snapshots, record);
    if (memory)
        write_file(memory, uuid, -1);
    write_above(domain, base, overlay);
    set_text(&domain->current, name);

    return TRUE;
}

/* Goes on in a new layer, whose name libvirt makes up, and which its snapshot has from then on. */
static gboolean
fake_revert(Hypervisor *hypervisor, const char *uuid, const char *name, RevertState state,
            GError **error)
{
    DomainSurvey *domain = find(hypervisor, uuid);
    SnapshotRecord *record = (SnapshotRecord *)domain_survey_snapshot(domain, name);
    g_autoptr(SnapshotDef) def = snapshot_def_parse(record->xml, domain->name, NULL);
    g_autofree char *base = image_of(def->domain_xml, "vda");
    g_autofree char *overlay = g_strconcat(base, ".1234567890", NULL);
    GString *xml = g_string_new(record->xml);

    g_string_replace(xml, ".s1'", ".1234567890'", 0);
    if (!late && !goes(hypervisor, "revert", domain, error)) {
        g_string_free(xml, TRUE);
        return FALSE;
    }
    g_free(record->xml);
    record->xml = g_string_free(xml, FALSE);
    set_running(domain, FALSE, FALSE);
    write_above(domain, base, overlay);
    set_running(domain, state != REVERT_AS_IT_WAS, state == REVERT_RUNNING);
    set_text(&domain->current, name);

    return !late || goes(hypervisor, "revert", domain, error);
}

static gboolean
fake_stop(Hypervisor *hypervisor, const char *uuid, GError **error)
{
    set_running(find(hypervisor, uuid), FALSE, FALSE);

    return goes(hypervisor, "stop", find(hypervisor, uuid), error);
}

static gboolean
fake_redefine(Hypervisor *hypervisor, const char *xml, GError **error)
{
    g_autoptr(xmlDoc) doc = xml_parse(xml, strlen(xml), "domain", NULL);
    g_autofree char *uuid = xml_text(xmlDocGetRootElement(doc), "./uuid");
    DomainSurvey *domain = find(hypervisor, uuid);

    set_text(&domain->persistent, xml);
    if (!domain->active)
        set_text(&domain->xml, xml);

    return TRUE;
}

static gboolean
fake_restore(Hypervisor *hypervisor, const char *file, const char *xml, gboolean paused,
             GError **error)
{
    g_autoptr(GBytes) bytes = read_file(file);
    g_autofree char *uuid = g_strndup(g_bytes_get_data(bytes, NULL), g_bytes_get_size(bytes));
    DomainSurvey *domain = find(hypervisor, uuid);

    g_assert_null(xml);
    g_assert_false(domain->active);
    set_running(domain, TRUE, !paused);

    return TRUE;
}

static gboolean
fake_pause(Hypervisor *hypervisor, const char *uuid, gboolean pause, GError **error)
{
    DomainSurvey *domain = find(hypervisor, uuid);

    if (!goes(hypervisor, pause ? "pause" : "start", domain, error))
        return FALSE;
    g_assert_true(domain->active);
    domain->running = !pause;

    return TRUE;
}

static gboolean
fake_resume(Hypervisor *hypervisor, const char *uuid, GError **error)
{
    DomainSurvey *domain = find(hypervisor, uuid);

    domain->running = domain->active;

    return TRUE;
}

/* The parent of the current one, here "s1", becomes the current one. */
static gboolean
fake_delete(Hypervisor *hypervisor, const char *uuid, const char *name, gboolean metadata,
            GError **error)
{
    DomainSurvey *domain = find(hypervisor, uuid);
    const SnapshotRecord *record = domain_survey_snapshot(domain, name);

    g_assert_true(metadata);
    if (g_strcmp0(domain->current, name) == 0)
        set_text(&domain->current, "s1");
    g_ptr_array_remove(domain->snapshots, (gpointer)record);

    return TRUE;
}

static gboolean
fake_redefine_snapshot(Hypervisor *hypervisor, const char *name, const char *xml,
                       gboolean current, GError **error)
{
    DomainSurvey *domain = named(hypervisor, name);
    g_autoptr(xmlDoc) doc = xml_parse(xml, strlen(xml), "snapshot", NULL);
    g_autofree char *snapshot = xml_text(xmlDocGetRootElement(doc), "./name");
    SnapshotRecord *record = (SnapshotRecord *)domain_survey_snapshot(domain, snapshot);

    g_assert_nonnull(record);
    set_text(&record->xml, xml);
    if (current)
        set_text(&domain->current, snapshot);

    return TRUE;
}

static const HypervisorLayerOps layer_ops = {
    .survey = fake_survey,
    .block_job = fake_block_job,
    .reverts_external = fake_reverts,
    .take_snapshot = fake_take,
    .revert = fake_revert,
    .stop = fake_stop,
    .redefine = fake_redefine,
    .restore_with = fake_restore,
    .pause = fake_pause,
    .delete_snapshot = fake_delete,
};
static const HypervisorSnapshotOps snapshot_ops = {
    .job = fake_no_job,
    .await = fake_await,
    .state = fake_state,
    .look = fake_look,
    .resume = fake_resume,
};
static const HypervisorOps reverting_ops = {
    .name = "fake",
    .layers = &layer_ops,
    .snapshots = &snapshot_ops,
    .sees = fake_sees,
    .find_domain = fake_find_domain,
    .list_snapshots = fake_list,
    .resolve = fake_resolve,
    .redefine_snapshot = fake_redefine_snapshot,
};

/* --- all as it was ---------------------------------------------------------------------- */

/* The domains "a", shut off, "b", which runs, and "c", which is paused, each with "s1". */
static FakeLayers *
host_new(ChainFixture *f)
{
    FakeLayers *host = layers_new(f);

    host->parent.ops = &reverting_ops;
    for (guint i = 1; i < N_DOMAINS; i++) {
        const char name[] = {(char)('a' + i), '\0'};
        g_autofree char *base = g_strconcat(name, ".img", NULL);
        g_autofree char *overlay = g_strconcat(name, ".s1", NULL);
        g_autofree char *script = g_strdup_printf(
            "rm -f %s.*; qemu-img create -q -f qcow2 %s.img 1M;"
            "qemu-img create -q -f qcow2 -b %s.img -F qcow2 %s", name, name, name, overlay);
        DomainSurvey *domain;

        chain_sh(script);
        domain = layers_add_domain(host, name, layers_disk(host, "qcow2", overlay));
        layers_add_snapshot(host, domain, "s1", base, overlay);
        domain->active = TRUE;
        domain->running = i == 1;
    }
    for (guint i = 0; i < N_DOMAINS; i++)
        set_text(&((DomainSurvey *)g_ptr_array_index(host->domains, i))->current, "s1");

    return host;
}

/* Returns: all that a way back may change, as a text. */
static char *
all_of(FakeLayers *host)
{
    g_autofree char *files = run("sh", "-c", "ls -1 [!s]*", NULL);
    GString *text = g_string_new(files);

    for (guint i = 0; i < host->domains->len; i++) {
        const DomainSurvey *domain = g_ptr_array_index(host->domains, i);

        g_string_append_printf(text, "%s %d %d %s\n%s\n%s\n", domain->name, domain->active,
                               domain->running, domain->current, domain->xml, domain->persistent);
        for (guint k = 0; k < domain->snapshots->len; k++)
            g_string_append_printf(
                text, "%s\n", ((SnapshotRecord *)g_ptr_array_index(domain->snapshots, k))->xml);
    }

    return g_string_free(text, FALSE);
}

static ApplyPlan *
plan_of(FakeLayers *host, ApplyState state)
{
    g_autoptr(GPtrArray) names = g_ptr_array_new();
    const ApplySubject subject = {
        .collection = "c", .snapshot = "s1", .names = names, .state = state};
    g_autoptr(GError) error = NULL;
    ApplyPlan *plan;

    for (guint i = 0; i < host->domains->len; i++)
        g_ptr_array_add(names, ((DomainSurvey *)g_ptr_array_index(host->domains, i))->name);
    plan = apply_plan_make(&host->parent, &subject, &error);
    g_assert_no_error(error);
    for (guint i = 0; i < plan->members->len; i++)
        g_assert_cmpint(((ApplyMember *)g_ptr_array_index(plan->members, i))->method, ==,
                        APPLY_BY_LIBVIRT);

    return plan;
}

static void
try_failure(ChainFixture *f, const char *step, gboolean done)
{
    g_autoptr(FakeLayers) host = host_new(f);
    g_autofree char *before = all_of(host);
    g_autofree char *after = NULL;
    g_autofree char *says = g_strdup_printf("no %s", step);
    g_autoptr(Control) control = control_new();
    g_autoptr(GPtrArray) warnings = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GPtrArray) records = NULL;
    g_autoptr(GError) error = NULL;
    g_autoptr(ApplyPlan) plan = plan_of(host, APPLY_RUNNING);

    fails = step;
    late = done;
    g_assert_false(apply_run(&host->parent, plan, control, warnings, &error));
    g_test_message("%s: %s: %s", step, host->calls->str, error->message);
    layers_assert_says(error, (const char *[]){says, NULL});
    g_assert_null(strstr(error->message, "could not be put back"));
    after = all_of(host);
    if (!g_str_equal(after, before))
        g_test_message("before:\n%s\nafter:\n%s", before, after);
    g_assert_true(g_str_equal(after, before));
    g_assert_cmpuint(warnings->len, ==, 0);
    records = set_store_load(NULL);
    g_assert_cmpuint(records->len, ==, 0);
}

/* At each position, of each step that changes a domain. */
static void
test_failures(ChainFixture *f, gconstpointer data)
{
    static const char *const steps[] = {"pauseb", "takea",   "takeb",   "takec",  "reverta",
                                        "revertb", "revertc", "starta", "startb", "startc"};

    for (gsize i = 0; i < G_N_ELEMENTS(steps); i++)
        try_failure(f, steps[i], FALSE);
}

/* libvirt may say so when all is changed. */
static void
test_late_failures(ChainFixture *f, gconstpointer data)
{
    static const char *const steps[] = {"reverta", "revertb", "revertc"};

    for (gsize i = 0; i < G_N_ELEMENTS(steps); i++)
        try_failure(f, steps[i], TRUE);
}

/* Else none of that would be reached. */
static void
test_success(ChainFixture *f, gconstpointer data)
{
    g_autoptr(FakeLayers) host = host_new(f);
    g_autoptr(Control) control = control_new();
    g_autoptr(GPtrArray) warnings = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GError) error = NULL;
    g_autoptr(ApplyPlan) plan = plan_of(host, APPLY_RUNNING);

    late = FALSE;
    g_assert_true(apply_run(&host->parent, plan, control, warnings, &error));
    g_assert_no_error(error);
    g_assert_cmpstr(host->calls->str, ==,
                    "pauseb takea takeb takec reverta revertb revertc starta startb startc ");
    for (guint i = 0; i < host->domains->len; i++) {
        const DomainSurvey *domain = g_ptr_array_index(host->domains, i);
        g_autofree char *image = image_of(domain->xml, "vda");

        g_assert_true(domain->running);
        g_assert_true(g_str_has_suffix(image, ".img.1234567890"));
        g_assert_nonnull(domain_survey_snapshot(domain, "before-s1"));
    }
}

static const ChainTest tests[] = {
    {"success", test_success},
    {"failures", test_failures},
    {"late-failures", test_late_failures},
};

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    register_drivers();
    chain_run_tests("/apply-back", tests, G_N_ELEMENTS(tests));

    return g_test_run();
}
