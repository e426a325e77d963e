/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "archive/journal-content.h"
#include "archive/verify.h"
#include "drivers/register.h"
#include "export/export.h"
#include "tests/unit/harness.h"
#include "tests/unit/plan-fixture.h"

/* Exports that end where a new file gets its size, by death or for want of space: what was done
 * before that is not copied again. And exports whose manifest nobody could read. */

/* Layers on each other, each with more data than the one above it. */
#define LAYERS                                                                                     \
    "qemu-io -f raw -c 'write -q -P 1 0 4M' base.raw; touch -d '1 hour ago' base.raw\n"            \
    "below='base.raw -F raw'; n=4\n"                                                               \
    "for i in a one two now; do\n"                                                                 \
    "    n=$((n - 1))\n"                                                                           \
    "    qemu-img create -q -f qcow2 -b $below $i.qcow2\n"                                         \
    "    test $n = 0 || qemu-io -f qcow2 -c \"write -q -P $n 0 ${n}M\" $i.qcow2\n"                 \
    "    below=\"$i.qcow2 -F qcow2\"\n"                                                            \
    "done\n"
#define N_LAYERS 4
/* More files than an export of them has. */
#define STEPS_MAX 40
#define MIB (1 << 20)

/* How a run ended; in memory that is shared with its process. */
typedef struct {
    gboolean done;
    gboolean no_space;
    gboolean resumable;
    guint64 copied;
} Run;

static guint victim; /* the file that is not given its size; 0: all are */
static gboolean dies; /* the process, instead of an error */
static guint files;

/* Takes the place of the C library's. The journal, which is never made larger, does not count. */
int
ftruncate(int fd, off_t size)
{
    g_autofree char *link = g_strdup_printf("/proc/self/fd/%d", fd);
    g_autofree char *path = g_file_read_link(link, NULL);

    if (!path || g_str_has_suffix(path, "/journal") || ++files != victim)
        return (int)syscall(SYS_ftruncate, fd, size);
    if (dies)
        kill(getpid(), SIGKILL);
    errno = ENOSPC;

    return -1;
}

static Plan *
make_plan(PlanFixture *f)
{
    static const TestSnapshot s = {.name = "s",
                                   .disks = {{"vda", "two.qcow2", "qcow2", "external"}}};
    g_autoptr(GError) error = NULL;
    Plan *plan;

    if (f->records->len == 0)
        plan_add(f, "a", TRUE, "now.qcow2", &s, 1);
    f->settings->parallel = 1;
    plan = plan_make(f, &error);
    g_assert_no_error(error);

    return plan;
}

/* An export of @plan to the directory "out". */
static gboolean
export(Plan *plan, gboolean resume, Run *run, GError **error)
{
    g_autoptr(Control) control = control_new();
    g_autoptr(Target) target = target_at("out", "farm", "s", TRUE, error);
    ExportResult result = {0};

    g_assert_nonnull(target);
    run->done = export_execute(NULL, plan, target, control, resume, &result, error);
    run->resumable = result.resumable;
    run->copied = result.copied;
    export_result_clear(&result);

    return run->done;
}

/* In a process of its own, which may die. */
static Run
run_export(PlanFixture *f, gboolean resume)
{
    Run *run = mmap(NULL, sizeof *run, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    pid_t pid = fork();
    Run ended;

    g_assert_cmpint(pid, >=, 0);
    if (pid == 0) {
        g_autoptr(GError) error = NULL;
        g_autoptr(Plan) plan = make_plan(f);

        files = 0;
        export(plan, resume, run, &error);
        run->no_space = g_error_matches(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_NO_SPACE);
        _exit(0);
    }
    g_assert_cmpint(waitpid(pid, NULL, 0), ==, pid);
    ended = *run;
    munmap(run, sizeof *run);

    return ended;
}

/* How many layers the journal of a partial export knows to be done; none if there is no such
 * export. */
static guint
layers_done(void)
{
    g_autofree char *text = NULL;
    g_autoptr(JournalContent) content = NULL;
    g_autoptr(GError) error = NULL;
    gsize length;
    guint n = 0;

    if (!g_file_get_contents("out/farm/.s.partial/journal", &text, &length, NULL))
        return 0;
    content = journal_parse(text, length, &error);
    g_assert_no_error(error);
    for (guint i = 0; i < content->layers->len; i++) {
        const JournalLayer *layer = g_ptr_array_index(content->layers, i);

        n += layer->segments->len > 0;
    }

    return n;
}

static void
assert_right(void)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Control) control = control_new();
    const VerifyOrder order = {.path = "out/farm/s", .control = control};
    g_autoptr(VerifyReport) report = verify_export(&order, &error);

    g_assert_no_error(error);
    g_assert_cmpuint(report->problems->len, ==, 0);
    g_free(run("sh", "-ec", "qemu-img compare two.qcow2 out/farm/s/layers/two-*", NULL));
    g_free(run("rm", "-r", "out/farm", NULL));
}

/* Ends an export at file @n, and goes on with it. @copied: (inout): what the last one copied again,
 * if @done layers were done. Returns: FALSE if there are fewer files. */
static gboolean
end_at(PlanFixture *f, guint n, guint64 *copied, guint *done)
{
    guint before = *done;
    Run end;

    victim = n;
    end = run_export(f, FALSE);
    if (end.done)
        return FALSE;
    victim = 0;
    *done = layers_done();
    g_test_message("%s at %u: %u layers are done", dies ? "death" : "no space", n, *done);
    g_assert_cmpint(end.no_space, ==, !dies);
    g_assert_cmpint(end.resumable, ==, !dies && *done > 0);
    g_assert_cmpuint(*done, >=, before);
    end = run_export(f, TRUE);
    g_assert_true(end.done);
    if (*done > before)
        g_assert_cmpuint(end.copied + MIB / 2, <, *copied);
    else
        g_assert_cmpuint(end.copied, <=, *copied);
    *copied = end.copied;
    assert_right();

    return TRUE;
}

static void
test_size(PlanFixture *f, gboolean kill)
{
    guint64 copied;
    guint done = 0;
    guint n = 1;
    Run end;

    g_free(run("sh", "-ec", LAYERS, NULL));
    end = run_export(f, FALSE);
    g_assert_true(end.done);
    assert_right();
    copied = end.copied;
    for (dies = kill; end_at(f, n, &copied, &done); n++)
        g_assert_cmpuint(n, <, STEPS_MAX);
    g_assert_cmpuint(n, >, N_LAYERS);
    g_assert_cmpuint(done, >=, N_LAYERS - 1);
}

static void
test_killed(PlanFixture *f, gconstpointer data)
{
    test_size(f, TRUE);
}

static void
test_no_space(PlanFixture *f, gconstpointer data)
{
    test_size(f, FALSE);
}

/* --- the manifest --------------------------------------------------------------- */

static void
test_manifest(PlanFixture *f, gconstpointer data)
{
    g_autoptr(Plan) plan = NULL;
    g_autoptr(GError) error = NULL;
    Run end;

    g_free(run("sh", "-ec", LAYERS, NULL));
    plan = make_plan(f);
    g_free(plan->host->host);
    plan->host->host = g_strdup("kvm\x01");
    g_assert_false(export(plan, FALSE, &end, &error));
    g_assert_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_NOT_SUPPORTED);
    g_assert_nonnull(strstr(error->message, "manifest of this export could not be read again"));
    g_assert_false(end.resumable);
    g_assert_false(g_file_test("out/farm", G_FILE_TEST_EXISTS));
}

int
main(int argc, char *argv[])
{
    static const PlanTest tests[] = {
        {"killed", test_killed},
        {"no-space", test_no_space},
        {"manifest", test_manifest},
    };

    register_drivers();
    g_test_init(&argc, &argv, NULL);
    plan_run_tests("/export", tests, G_N_ELEMENTS(tests));

    return g_test_run();
}
