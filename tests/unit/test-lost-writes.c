/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "archive/manifest.h"
#include "archive/verify.h"
#include "drivers/register.h"
#include "export/export.h"
#include "tests/unit/harness.h"
#include "tests/unit/lost-writes.h"
#include "tests/unit/records.h"
#include "util/fd.h"

/* Exports onto a disk that loses what is not durable: at each flush in turn it fails and loses
 * what it had to write, or the machine stops. What is gone on with afterwards is right, or
 * refused. */

/* Four segments of 64 MiB, each with data of its own, and two layers on top of them. */
#define IMAGES                                                                                     \
    "truncate -s 256M base.raw\n"                                                                  \
    "for i in 0 1 2 3; do\n"                                                                       \
    "    qemu-io -f raw -c \"write -q -P $((i + 1)) $((i * 64))M 64k\" base.raw\n"                 \
    "done\n"                                                                                       \
    "qemu-img create -q -f qcow2 -b base.raw -F raw a.qcow2\n"                                     \
    "qemu-io -f qcow2 -c 'write -q -P 9 0 64k' a.qcow2\n"                                          \
    "qemu-img create -q -f qcow2 -b a.qcow2 -F qcow2 a.now\n"

/* The exit status of a run. */
enum {
    DONE,
    FAILED,
};

/* More flushes than an export has. */
#define STEPS_MAX 100

typedef struct {
    char *dir; /* the working directory */
    char *old;
    char *disk; /* the one that loses; @out and @stash are on it */
    char *out;
    char *stash;
    gboolean merge;
    guint parallel;
    GHashTable *digests; /* of each file of an export that nothing went wrong with */
} Fixture;

static gboolean private_mounts; /* what this process mounts nobody else sees */

/* --- one run ------------------------------------------------------------------ */

static Plan *
make_plan(const Fixture *f, GError **error)
{
    static const TestSnapshot a = {.name = "s",
                                   .disks = {{"vda", "a.qcow2", "qcow2", "external"}}};
    g_autoptr(GPtrArray) records =
        g_ptr_array_new_with_free_func((GDestroyNotify)domain_record_free);
    g_autoptr(VirtSnapExportSettings) settings = virt_snap_export_settings_new();

    settings->parallel = f->parallel;
    if (f->merge)
        g_assert_true(virt_snap_export_settings_set(settings, "intent", "merge", NULL));
    g_ptr_array_add(records, test_record("a", TRUE, "a.now", &a, 1));

    return plan_build("farm", "<collection/>", "s", settings, records, test_host(), error);
}

static int
export(const Fixture *f, gboolean resume)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Control) control = control_new();
    g_autoptr(Plan) plan = make_plan(f, &error);
    g_autoptr(Target) target = target_at(f->out, "farm", "s", TRUE, &error);
    ExportResult result = {0};
    gboolean done;

    if (!plan || !target)
        g_error("%s", error->message);
    done = export_execute(NULL, plan, target, control, resume, &result, &error);
    if (!done)
        g_printerr("# %s\n", error->message);
    export_result_clear(&result);

    return done ? DONE : FAILED;
}

/* A run is a process of its own, so that everything that it opens ends with it. */
static int
run_export(const Fixture *f, gboolean resume, LostKind kind, guint step)
{
    pid_t pid = fork();
    int status;

    g_assert_cmpint(pid, >=, 0);
    if (pid == 0) {
        lost_at(kind, step, f->out, f->stash);
        _exit(export(f, resume));
    }
    g_assert_cmpint(waitpid(pid, &status, 0), ==, pid);
    g_assert_true(WIFEXITED(status));

    return WEXITSTATUS(status);
}

/* --- what came of it ----------------------------------------------------------- */

static GHashTable *
digests_of(const Fixture *f)
{
    g_autofree char *path = g_build_filename(f->out, "farm", "s", NULL);
    g_autoptr(GError) error = NULL;
    GHashTable *digests = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    auto_fd fd = fd_open_dir(AT_FDCWD, path, &error);
    g_autoptr(Manifest) manifest = fd >= 0 ? manifest_load(fd, &error) : NULL;

    g_assert_no_error(error);
    for (guint i = 0; i < manifest->files->len; i++) {
        const ManifestFile *file = g_ptr_array_index(manifest->files, i);

        if (file->nodes)
            g_hash_table_insert(digests, g_strdup(file->path), digest_to_string(file->digest));
    }

    return digests;
}

/* Each file is what the manifest says, and the manifest says what it has to. */
static void
assert_right(const Fixture *f)
{
    g_autofree char *path = g_build_filename(f->out, "farm", "s", NULL);
    g_autoptr(GError) error = NULL;
    g_autoptr(Control) control = control_new();
    const VerifyOrder order = {.path = path, .control = control};
    g_autoptr(VerifyReport) report = verify_export(&order, &error);
    g_autoptr(GHashTable) digests = digests_of(f);
    GHashTableIter iter;
    gpointer file;
    gpointer digest;

    g_assert_no_error(error);
    for (guint i = 0; i < report->problems->len; i++) {
        const VerifyProblem *problem = g_ptr_array_index(report->problems, i);

        g_test_fail_printf("%s: %s", problem->file, problem->what);
    }
    g_hash_table_iter_init(&iter, f->digests);
    while (g_hash_table_iter_next(&iter, &file, &digest))
        g_assert_cmpstr(g_hash_table_lookup(digests, file), ==, digest);
}

static void
clear(const Fixture *f)
{
    const char *dirs[] = {f->out, f->stash};

    for (guint i = 0; i < G_N_ELEMENTS(dirs); i++) {
        g_autoptr(GError) error = NULL;

        g_assert_true(tree_remove_at(AT_FDCWD, dirs[i], &error));
        g_assert_no_error(error);
        g_assert_cmpint(g_mkdir(dirs[i], 0700), ==, 0);
    }
}

/* Both outcomes have to occur, because a test in which everything is refused would prove nothing.
 * */
typedef struct {
    guint resumed;
    guint refused;
} Ends;

static void
go_on(const Fixture *f, Ends *ends)
{
    if (run_export(f, TRUE, LOST_NOTHING, 0) == DONE) {
        ends->resumed++;
        assert_right(f);
    } else {
        ends->refused++;
    }
}

static gboolean
is_exported(const Fixture *f)
{
    g_autofree char *path = g_build_filename(f->out, "farm", "s", NULL);

    return g_file_test(path, G_FILE_TEST_EXISTS);
}

/* --- the fixture ------------------------------------------------------------------ */

/* In memory where that can be mounted, for this process only: what is made and removed a thousand
 * times costs less there. */
static void
set_up_disk(Fixture *f)
{
    f->disk = g_build_filename(f->dir, "disk", NULL);
    f->out = g_build_filename(f->disk, "out", NULL);
    f->stash = g_build_filename(f->disk, "stash", NULL);
    g_assert_cmpint(g_mkdir(f->disk, 0700), ==, 0);
    if (private_mounts && mount("none", f->disk, "tmpfs", 0, "size=64M,mode=0700") < 0)
        g_test_message("not in memory: %s", g_strerror(errno));
    g_assert_cmpint(g_mkdir(f->out, 0700), ==, 0);
    g_assert_cmpint(g_mkdir(f->stash, 0700), ==, 0);
}

static void
set_up(Fixture *f, gconstpointer data)
{
    g_autofree char *made = scratch_new();

    f->old = g_get_current_dir();
    f->dir = realpath(made, NULL);
    g_assert_cmpint(g_chdir(f->dir), ==, 0);
    g_free(run("sh", "-ec", IMAGES, NULL));
    set_up_disk(f);
    f->parallel = 1;
}

static void
tear_down(Fixture *f, gconstpointer data)
{
    g_assert_cmpint(g_chdir(f->old), ==, 0);
    umount2(f->disk, MNT_DETACH);
    scratch_free(f->dir);
    g_clear_pointer(&f->digests, g_hash_table_unref);
    g_free(f->old);
    g_free(f->disk);
    g_free(f->out);
    g_free(f->stash);
}

/* What an export is when nothing is lost, by tools that know nothing of all that, and that do not
 * read holes. */
static void
learn(Fixture *f)
{
    g_autofree char *layer = g_build_filename(f->out, "farm/s/layers", NULL);
    g_autofree char *script = g_strdup_printf(
        f->merge ? "qemu-img compare -f qcow2 -F qcow2 %s/a-* a.qcow2"
                 : "base=$PWD/base.raw; cd %s; qemu-img compare -f raw -F raw base-* $base\n"
                   "test $(stat -c %%s base-*) = $(stat -c %%s $base)",
        layer);

    g_clear_pointer(&f->digests, g_hash_table_unref);
    g_assert_cmpint(run_export(f, FALSE, LOST_NOTHING, 0), ==, DONE);
    g_free(run("sh", "-ec", script, NULL));
    f->digests = digests_of(f);
    g_assert_cmpuint(g_hash_table_size(f->digests), ==, f->merge ? 1 : 2);
    assert_right(f);
    clear(f);
}

/* --- the tests -------------------------------------------------------------------- */

/* A partial directory of an earlier run, with some segments done. */
static void
leave(const Fixture *f)
{
    g_assert_cmpint(run_export(f, FALSE, LOST_FLUSH, f->parallel == 1 ? 5 : 6), ==, FAILED);
}

/* One run, at each of its flushes in turn. With the directory of an @earlier one there, which
 * takes a run more each time, at every other flush unless POINTS is "all": of one kind of loss
 * the odd ones, of the next the even ones. */
static Ends
at_each_flush(const Fixture *f, LostKind kind, gboolean earlier, gboolean resume)
{
    const gboolean all = !earlier || g_strcmp0(g_getenv("POINTS"), "all") == 0;
    Ends ends = {0};
    guint step;

    for (step = all ? 1 : 1 + kind % 2; step < STEPS_MAX; step += all ? 1 : 2) {
        int status;

        if (earlier)
            leave(f);
        status = run_export(f, resume, kind, step);
        g_test_message("flush %u: %d", step, status);
        if (status == DONE)
            break;
        /* An export that has failed is not there, and one whose machine has stopped is complete or
         * not there. */
        if (is_exported(f))
            g_assert_cmpint(status, ==, LOST_STOPPED);
        if (is_exported(f))
            assert_right(f);
        else
            go_on(f, &ends);
        clear(f);
    }
    g_assert_cmpuint(step, >, 10);
    g_assert_cmpuint(step, <, STEPS_MAX);
    assert_right(f);
    clear(f);

    return ends;
}

/* @last: the last kind of loss */
static void
try_all(Fixture *f, LostKind last)
{
    Ends all = {0};

    learn(f);
    for (LostKind kind = LOST_FLUSH; kind <= last; kind++) {
        for (int way = 0; way < 3; way++) {
            Ends ends = at_each_flush(f, kind, way > 0, way == 1);

            g_test_message("kind %d, way %d: resumed %u, refused %u", kind, way, ends.resumed,
                           ends.refused);
            all.resumed += ends.resumed;
            all.refused += ends.refused;
        }
    }
    g_assert_cmpuint(all.resumed, >, 10 * all.refused);
}

static void
test_one_worker(Fixture *f, gconstpointer data)
{
    try_all(f, LOST_LINES);
}

static void
test_workers(Fixture *f, gconstpointer data)
{
    f->parallel = 8;
    try_all(f, LOST_ALL);
}

static void
test_merged(Fixture *f, gconstpointer data)
{
    f->merge = TRUE;
    f->parallel = 2;
    try_all(f, LOST_FLUSH);
}

int
main(int argc, char *argv[])
{
    /* Of its buffers each run uses little, and would have 2 MiB of zeros made for that. */
    prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0);
    private_mounts =
        unshare(CLONE_NEWNS) == 0 && mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0;
    register_drivers();
    g_test_init(&argc, &argv, NULL);
    g_test_add("/lost-writes/one-worker", Fixture, NULL, set_up, test_one_worker, tear_down);
    g_test_add("/lost-writes/workers", Fixture, NULL, set_up, test_workers, tear_down);
    g_test_add("/lost-writes/merged", Fixture, NULL, set_up, test_merged, tear_down);

    return g_test_run();
}
