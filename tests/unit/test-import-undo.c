/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "import/import-recover.h"
#include "import/import-undo.h"
#include "import/own-record.h"
#include "tests/unit/harness.h"
#include "util/fd.h"

#define UUID "ef861801-45b9-11cb-88e3-afbfe5370491"

/* A host with at most one domain. */
typedef struct {
    Hypervisor parent;
    const char *uri;
    char *xml; /* NULL: there is none */
    gboolean running;
    gboolean silent; /* it does not answer */
    guint undefined;
    guint without_variables; /* how many of these with the variables of their firmware */
} Host;

typedef struct {
    char *scratch;
    char *directory; /* of the import */
    char *image;     /* in it */
    Host host;
} Fixture;

static HostInfo *
host_info(Hypervisor *hypervisor, G_GNUC_UNUSED GError **error)
{
    HostInfo *info = g_new0(HostInfo, 1);

    info->uri = g_strdup(((Host *)hypervisor)->uri);

    return info;
}

static DomainRecord *
describe(Hypervisor *hypervisor, G_GNUC_UNUSED const char *word, gboolean *running, GError **error)
{
    Host *self = (Host *)hypervisor;
    DomainRecord *record;

    *running = self->running;
    if (self->silent)
        g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_SYSTEM_NOT_AVAILABLE, "gone");
    if (self->silent || !self->xml)
        return NULL;
    record = g_new0(DomainRecord, 1);
    record->name = g_strdup("web");
    record->uuid = g_strdup(UUID);
    record->xml = g_strdup(self->xml);
    record->snapshots = g_ptr_array_new();

    return record;
}

static gboolean
undefine(Hypervisor *hypervisor, G_GNUC_UNUSED const char *uuid, gboolean variables,
         G_GNUC_UNUSED GError **error)
{
    ((Host *)hypervisor)->undefined++;
    ((Host *)hypervisor)->without_variables += variables ? 1 : 0;

    return TRUE;
}

static const HypervisorOps ops = {
    .name = "test", .host_info = host_info, .describe = describe, .undefine = undefine,
};

/* Makes what an import leaves that is killed after its domain was defined. @touch: (nullable): what
 * it does after it has written its record. */
static void
leave(Fixture *self, void (*touch)(const Fixture *self, ImportUndo *undo))
{
    g_autoptr(ImportSettings) settings = import_settings_new();
    g_autoptr(ImportPlan) plan = import_plan_new(settings, self->directory);
    g_autofree char *partial = g_build_filename(self->scratch, ".new.partial", NULL);
    g_autofree char *image = g_build_filename(partial, "disk", NULL);
    ImportDomain *domain = import_domain_new();
    g_autoptr(ImportUndo) undo = NULL;
    g_autoptr(GError) error = NULL;
    auto_fd fd = -1;

    domain->name = g_strdup("web");
    domain->uuid = g_strdup(UUID);
    domain->variables = g_build_filename(self->scratch, "web_VARS", NULL);
    g_ptr_array_add(plan->domains, domain);
    plan->settings->define = TRUE;
    g_assert_cmpint(mkdir(partial, 0700), ==, 0);
    write_file(image, "data", -1);
    fd = open(partial, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    undo = import_undo_begin(plan, &self->host.parent, fd, &error);
    g_assert_no_error(error);
    g_assert_cmpint(rename(partial, self->directory), ==, 0);
    if (touch)
        touch(self, undo);
}

static void
set_up(Fixture *self, G_GNUC_UNUSED gconstpointer data)
{
    g_autofree char *state = NULL;

    self->scratch = scratch_new();
    state = g_build_filename(self->scratch, "state", NULL);
    g_setenv("VIRTSNAP_STATE_DIR", state, TRUE);
    self->directory = g_build_filename(self->scratch, "new", NULL);
    self->image = g_build_filename(self->directory, "disk", NULL);
    self->host.parent.ops = &ops;
    self->host.uri = "qemu:///system";
    self->host.xml = g_strdup_printf("<domain><name>web</name><devices><disk type='file' "
                                     "device='disk'><source file='%s'/></disk></devices></domain>",
                                     self->image);
}

static void
tear_down(Fixture *self, G_GNUC_UNUSED gconstpointer data)
{
    g_free(self->host.xml);
    g_free(self->image);
    g_free(self->directory);
    scratch_free(self->scratch);
}

/* Returns: how many records of this host there are. */
static guint
count_records(const Fixture *self)
{
    g_autofree char *path = g_build_filename(self->scratch, "state", "import-records", NULL);
    g_autoptr(GPtrArray) names = dir_list_at(AT_FDCWD, path, NULL);
    guint n = 0;

    for (guint i = 0; names && i < names->len; i++)
        n += *(const char *)g_ptr_array_index(names, i) != '.';

    return n;
}

static void
assert_recovered(Fixture *self, const char *text)
{
    g_autofree char *said = NULL;
    g_autoptr(GError) error = NULL;

    g_assert_true(import_recover(self->directory, &self->host.parent, &said, &error));
    g_assert_no_error(error);
    g_assert_nonnull(strstr(said, text));
    g_assert_false(g_file_test(self->directory, G_FILE_TEST_EXISTS));
    g_assert_cmpuint(count_records(self), ==, 0);
}

static void
assert_kept(Fixture *self, VirtSnapError code)
{
    g_autofree char *said = NULL;
    g_autoptr(GError) error = NULL;

    g_assert_false(import_recover(self->directory, &self->host.parent, &said, &error));
    g_assert_error(error, VIRT_SNAP_ERROR, (gint)code);
    g_assert_true(g_file_test(self->image, G_FILE_TEST_EXISTS));
    g_assert_cmpuint(self->host.undefined, ==, 0);
}

/* Writes to a file with a clock that was set back by a day. */
static void
write_earlier(const char *path)
{
    struct timespec times[2];

    write_file(path, "mine", -1);
    clock_gettime(CLOCK_REALTIME, &times[0]);
    times[0].tv_sec -= (time_t)24 * 60 * 60;
    times[1] = times[0];
    g_assert_cmpint(utimensat(AT_FDCWD, path, times, 0), ==, 0);
}

static void
revert(const Fixture *self, ImportUndo *undo)
{
    Host *host = (Host *)&self->host;
    g_autoptr(GError) error = NULL;

    g_assert_true(import_undo_revert(undo, &host->parent, &error));
    g_assert_no_error(error);
}

static void
test_left(Fixture *self, G_GNUC_UNUSED gconstpointer data)
{
    leave(self, NULL);
    assert_recovered(self, "(domains: 1)");
    g_assert_cmpuint(self->host.undefined, ==, 1);
}

/* Else the next import would find them in its way. */
static void
test_variables(Fixture *self, G_GNUC_UNUSED gconstpointer data)
{
    leave(self, NULL);
    assert_recovered(self, "(domains: 1)");
    g_assert_cmpuint(self->host.without_variables, ==, 1);
    leave(self, revert);
    g_assert_cmpuint(self->host.without_variables, ==, 2);
}

static void
test_variables_of_others(Fixture *self, G_GNUC_UNUSED gconstpointer data)
{
    g_autofree char *path = g_build_filename(self->scratch, "web_VARS.fd", NULL);

    write_file(path, "theirs", -1);
    leave(self, NULL);
    assert_recovered(self, "(domains: 1)");
    g_assert_cmpuint(self->host.undefined, ==, 1);
    g_assert_cmpuint(self->host.without_variables, ==, 0);
}

/* Any domain can have that UUID and that name, as the one that was exported. */
static void
test_domain_without_images(Fixture *self, gconstpointer disk)
{
    leave(self, NULL);
    g_free(self->host.xml);
    self->host.xml = g_strdup_printf("<domain><name>web</name><devices>%s</devices></domain>",
                                     (const char *)disk);
    assert_recovered(self, "(domains: 0); the domain 'web' is left");
    g_assert_cmpuint(self->host.undefined, ==, 0);
}

static void
test_written_with_clock_set_back(Fixture *self, G_GNUC_UNUSED gconstpointer data)
{
    leave(self, NULL);
    write_earlier(self->image);
    assert_kept(self, VIRT_SNAP_ERROR_INVALID_STATE);
}

static void
test_added_with_clock_set_back(Fixture *self, G_GNUC_UNUSED gconstpointer data)
{
    g_autofree char *path = g_build_filename(self->directory, "overlay", NULL);

    leave(self, NULL);
    write_earlier(path);
    assert_kept(self, VIRT_SNAP_ERROR_INVALID_STATE);
}

static void
test_runs(Fixture *self, G_GNUC_UNUSED gconstpointer data)
{
    leave(self, NULL);
    self->host.running = TRUE;
    assert_kept(self, VIRT_SNAP_ERROR_INVALID_STATE);
}

/* Another hypervisor does not know the domains. */
static void
test_other_hypervisor(Fixture *self, G_GNUC_UNUSED gconstpointer data)
{
    g_autofree char *said = NULL;
    g_autoptr(GError) error = NULL;

    leave(self, NULL);
    self->host.uri = "qemu:///session";
    assert_kept(self, VIRT_SNAP_ERROR_INVALID_STATE);
    g_assert_false(import_recover(self->directory, &self->host.parent, &said, &error));
    g_assert_nonnull(strstr(error->message, "'qemu:///system'"));
    self->host.uri = "qemu:///system";
    assert_recovered(self, "(domains: 1)");
}

static void
test_silent(Fixture *self, G_GNUC_UNUSED gconstpointer data)
{
    leave(self, NULL);
    self->host.silent = TRUE;
    assert_kept(self, VIRT_SNAP_ERROR_SYSTEM_NOT_AVAILABLE);
}

static void
write_and_touch(const Fixture *self, ImportUndo *undo)
{
    write_earlier(self->image);
    import_undo_touch(undo);
}

static void
test_touched(Fixture *self, G_GNUC_UNUSED gconstpointer data)
{
    leave(self, write_and_touch);
    assert_recovered(self, "(domains: 1)");
}

static void
remove_and_touch(const Fixture *self, ImportUndo *undo)
{
    g_assert_cmpint(unlink(self->image), ==, 0);
    import_undo_touch(undo);
}

/* The record becomes shorter. */
static void
test_touched_with_less(Fixture *self, G_GNUC_UNUSED gconstpointer data)
{
    leave(self, remove_and_touch);
    assert_recovered(self, "(domains: 1)");
}

/* --- taken back by the import itself --------------------------------------------------- */

/* The hypervisor has defined it, and was restarted before it said so. */
static void
test_defined_without_answer(Fixture *self, G_GNUC_UNUSED gconstpointer data)
{
    leave(self, revert);
    g_assert_cmpuint(self->host.undefined, ==, 1);
    g_assert_false(g_file_test(self->directory, G_FILE_TEST_EXISTS));
}

static void
have_other_images(Fixture *self)
{
    g_free(self->host.xml);
    self->host.xml = g_strdup("<domain><name>web</name><devices><disk type='file' device='cdrom'>"
                              "<source file='/iso'/></disk></devices></domain>");
}

static void
test_of_others(Fixture *self, G_GNUC_UNUSED gconstpointer data)
{
    have_other_images(self);
    leave(self, revert);
    g_assert_cmpuint(self->host.undefined, ==, 0);
}

static void
made_and_revert(const Fixture *self, ImportUndo *undo)
{
    import_undo_made(undo, 0);
    revert(self, undo);
}

/* What the import has defined itself goes, also if none of its images is of the import. */
static void
test_defined_without_images(Fixture *self, G_GNUC_UNUSED gconstpointer data)
{
    have_other_images(self);
    leave(self, made_and_revert);
    g_assert_cmpuint(self->host.undefined, ==, 1);
}

/* --- after a restart of the system ---------------------------------------------------- */

/* Returns: the path of the only record of this host, owned by the caller. */
static char *
find_record(const Fixture *self)
{
    g_autofree char *path = g_build_filename(self->scratch, "state", "import-records", NULL);
    g_autoptr(GPtrArray) names = dir_list_at(AT_FDCWD, path, NULL);

    for (guint i = 0; i < names->len; i++) {
        const char *name = g_ptr_array_index(names, i);

        if (*name != '.')
            return g_build_filename(path, name, NULL);
    }
    g_assert_not_reached();
}

/* Replaces the value of the attribute @name of the record's root. */
static void
edit_record(const Fixture *self, const char *name, const char *value)
{
    g_autofree char *path = find_record(self);
    g_autofree char *begin = g_strdup_printf(" %s=\"", name);
    g_autofree char *text = NULL;
    g_autofree char *edited = NULL;
    char *at;

    g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
    at = strstr(text, begin);
    g_assert_nonnull(at);
    at += strlen(begin);
    edited = g_strdup_printf("%.*s%s%s", (int)(at - text), text, value, strchr(at, '"'));
    write_file(path, edited, -1);
}

/* Gives the device of the import another number. */
static void
restart(const Fixture *self)
{
    edit_record(self, "device", "1");
    edit_record(self, "boot", "an earlier run");
}

static void
test_left_before_restart(Fixture *self, G_GNUC_UNUSED gconstpointer data)
{
    leave(self, NULL);
    restart(self);
    assert_recovered(self, "(domains: 1)");
    g_assert_cmpuint(self->host.undefined, ==, 1);
}

static void
test_used_after_restart(Fixture *self, G_GNUC_UNUSED gconstpointer data)
{
    leave(self, NULL);
    restart(self);
    write_earlier(self->image);
    assert_kept(self, VIRT_SNAP_ERROR_INVALID_STATE);
}

/* A directory that is not known to be that of the import stays, and so do its domains. */
static void
test_other_directory(Fixture *self, G_GNUC_UNUSED gconstpointer data)
{
    leave(self, NULL);
    edit_record(self, "device", "1");
    assert_kept(self, VIRT_SNAP_ERROR_INVALID_STATE);
    restart(self);
    edit_record(self, "inode", "1");
    assert_kept(self, VIRT_SNAP_ERROR_INVALID_STATE);
}

static void
test_directory_gone(Fixture *self, G_GNUC_UNUSED gconstpointer data)
{
    g_autofree char *away = g_build_filename(self->scratch, "away", NULL);
    g_autofree char *said = NULL;
    g_autoptr(GError) error = NULL;

    leave(self, NULL);
    g_assert_cmpint(rename(self->directory, away), ==, 0);
    g_assert_false(import_recover(self->directory, &self->host.parent, &said, &error));
    g_assert_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_INVALID_STATE);
    g_assert_nonnull(strstr(error->message, "'web'"));
    g_assert_nonnull(strstr(error->message, ".new.import"));
    g_assert_cmpuint(self->host.undefined, ==, 0);
    g_clear_pointer(&self->host.xml, g_free);
    assert_recovered(self, "(domains: 1)");
}

/* --- what somebody else has put there --------------------------------------------- */

/* Leaves a mark with the content @text and recovers, which is to change nothing. */
static void
assert_not_believed(Fixture *self, const char *text)
{
    g_autofree char *mark = g_build_filename(self->scratch, ".new.import", NULL);
    g_autofree char *victim = g_build_filename(self->scratch, "victim", NULL);
    g_autofree char *precious = g_build_filename(victim, "precious", NULL);
    g_autofree char *said = NULL;
    g_autoptr(GError) error = NULL;

    g_assert_cmpint(g_mkdir_with_parents(victim, 0700), ==, 0);
    write_file(precious, "kept", -1);
    write_file(mark, text, -1);
    g_assert_false(import_recover(self->directory, &self->host.parent, &said, &error));
    g_assert_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_ACCESS_DENIED);
    g_assert_nonnull(strstr(error->message, ".new.import"));
    g_assert_true(g_file_test(precious, G_FILE_TEST_EXISTS));
    g_assert_true(g_file_test(mark, G_FILE_TEST_EXISTS));
    g_assert_cmpuint(self->host.undefined, ==, 0);
}

/* A whole record beside the import, as an earlier version had it, which names a directory of the
 * host as the state of a TPM. */
static void
test_planted_record(Fixture *self, G_GNUC_UNUSED gconstpointer data)
{
    g_autofree char *text =
        g_strdup_printf("<import device=\"0\" inode=\"0\"><domain uuid=\"" UUID "\" "
                        "tpm=\"%s/victim\">web</domain><files/></import>",
                        self->scratch);

    assert_not_believed(self, text);
    g_clear_pointer(&self->host.xml, g_free);
    assert_not_believed(self, text);
}

/* Nor does a mark lead to a file that is no record, whatever it has for a name. */
static void
test_planted_mark(Fixture *self, G_GNUC_UNUSED gconstpointer data)
{
    static const char *const ids[] = {UUID, "", "../sets/x", ".lock", UUID "\n" UUID};
    g_autoptr(GError) error = NULL;

    g_assert_true(own_record_ready(&error));
    for (gsize i = 0; i < G_N_ELEMENTS(ids); i++) {
        g_autofree char *text = own_record_mark(ids[i]);

        assert_not_believed(self, text);
    }
    assert_not_believed(self, "");
}

/* The mark of an import into another directory says nothing about this one. */
static void
test_copied_mark(Fixture *self, G_GNUC_UNUSED gconstpointer data)
{
    g_autofree char *mark = g_build_filename(self->scratch, ".new.import", NULL);
    g_autofree char *other = g_build_filename(self->scratch, "other", NULL);
    g_autofree char *copy = g_build_filename(self->scratch, ".other.import", NULL);
    g_autofree char *said = NULL;
    g_autoptr(GError) error = NULL;

    leave(self, NULL);
    g_free(run("cp", mark, copy, NULL));
    g_assert_false(import_recover(other, &self->host.parent, &said, &error));
    g_assert_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_ACCESS_DENIED);
    g_assert_nonnull(strstr(error->message, self->directory));
    g_assert_true(g_file_test(self->image, G_FILE_TEST_EXISTS));
    assert_recovered(self, "(domains: 1)");
}

/* But the domains of an import have the path that it was given, also if another leads there. */
static void
test_other_path(Fixture *self, G_GNUC_UNUSED gconstpointer data)
{
    g_autofree char *link = g_build_filename(self->scratch, "link", NULL);

    leave(self, NULL);
    g_assert_cmpint(symlink(".", link), ==, 0);
    g_free(self->directory);
    self->directory = g_build_filename(link, "new", NULL);
    assert_recovered(self, "(domains: 1)");
    g_assert_cmpuint(self->host.undefined, ==, 1);
}

/* No record is left when its mark cannot be made. */
static void
test_mark_taken(Fixture *self, G_GNUC_UNUSED gconstpointer data)
{
    g_autoptr(ImportSettings) settings = import_settings_new();
    g_autoptr(ImportPlan) plan = import_plan_new(settings, self->directory);
    g_autofree char *mark = g_build_filename(self->scratch, ".new.import", NULL);
    g_autoptr(GError) error = NULL;
    auto_fd fd = open(self->scratch, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    write_file(mark, "theirs", -1);
    g_assert_null(import_undo_begin(plan, &self->host.parent, fd, &error));
    g_assert_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_IN_USE);
    g_assert_cmpuint(count_records(self), ==, 0);
    g_assert_true(g_file_test(mark, G_FILE_TEST_EXISTS));
}

#define ADD(path, function) g_test_add(path, Fixture, NULL, set_up, function, tear_down)

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    ADD("/import-undo/left", test_left);
    ADD("/import-undo/variables", test_variables);
    ADD("/import-undo/variables-of-others", test_variables_of_others);
    g_test_add("/import-undo/domain-without-paths", Fixture,
               "<disk type='network' device='disk'><source protocol='rbd' name='pool/web'/></disk>",
               set_up, test_domain_without_images, tear_down);
    g_test_add("/import-undo/domain-with-other-images", Fixture,
               "<disk type='file' device='cdrom'><source file='/iso'/></disk>", set_up,
               test_domain_without_images, tear_down);
    ADD("/import-undo/written-with-clock-set-back", test_written_with_clock_set_back);
    ADD("/import-undo/added-with-clock-set-back", test_added_with_clock_set_back);
    ADD("/import-undo/runs", test_runs);
    ADD("/import-undo/other-hypervisor", test_other_hypervisor);
    ADD("/import-undo/silent", test_silent);
    ADD("/import-undo/touched", test_touched);
    ADD("/import-undo/touched-with-less", test_touched_with_less);
    ADD("/import-undo/defined-without-answer", test_defined_without_answer);
    ADD("/import-undo/of-others", test_of_others);
    ADD("/import-undo/defined-without-images", test_defined_without_images);
    ADD("/import-undo/left-before-restart", test_left_before_restart);
    ADD("/import-undo/used-after-restart", test_used_after_restart);
    ADD("/import-undo/other-directory", test_other_directory);
    ADD("/import-undo/directory-gone", test_directory_gone);
    ADD("/import-undo/planted-record", test_planted_record);
    ADD("/import-undo/planted-mark", test_planted_mark);
    ADD("/import-undo/copied-mark", test_copied_mark);
    ADD("/import-undo/other-path", test_other_path);
    ADD("/import-undo/mark-taken", test_mark_taken);

    return g_test_run();
}
