/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "archive/journal.h"
#include "export/plan-identity.h"
#include "tests/unit/harness.h"
#include "tests/unit/plan-fixture.h"
#include "util/fd.h"

#define NODE "0123456789abcdef0123456789abcdef"

/* --- the text --------------------------------------------------------------- */

static void
test_corpus(PlanFixture *f, gconstpointer data)
{
    static const char *const names[] = {"journal/invalid", "journal/valid"};

    for (gsize valid = 0; valid < 2; valid++) {
        g_autoptr(GPtrArray) paths = corpus(names[valid]);

        for (guint i = 0; i < paths->len; i++) {
            g_autoptr(GBytes) bytes = read_file(g_ptr_array_index(paths, i));
            g_autoptr(GError) error = NULL;
            g_autoptr(JournalContent) content = NULL;
            gsize length;
            const char *text = g_bytes_get_data(bytes, &length);

            g_test_message("%s", (char *)g_ptr_array_index(paths, i));
            content = journal_parse(text, length, &error);
            g_assert_cmpint(content != NULL, ==, valid);
            if (!valid)
                g_assert_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_CORRUPT);
        }
    }
}

static void
test_content(PlanFixture *f, gconstpointer data)
{
    g_autofree char *path = data_path("journal/valid/restarted");
    g_autoptr(GBytes) bytes = read_file(path);
    g_autoptr(GError) error = NULL;
    g_autoptr(JournalContent) content = NULL;
    const JournalLayer *layer;
    gsize length;
    const char *text = g_bytes_get_data(bytes, &length);

    content = journal_parse(text, length, &error);
    g_assert_no_error(error);
    g_assert_cmpuint(content->made, ==, 2);
    g_assert_cmpuint(content->layers->len, ==, 2);
    g_assert_cmpuint(content->length, ==, length);
    layer = g_ptr_array_index(content->layers, 0);
    g_assert_cmpuint(layer->size, ==, 536870912);
    g_assert_cmpuint(layer->segments->len, ==, 2);
    g_assert_cmpuint(g_array_index(layer->segments, EngineSegment, 0).index, ==, 7);
    g_assert_cmpint(g_array_index(layer->segments, EngineSegment, 0).node[1], ==, 0x23);
    /* Segments that were copied before the copy began anew do not count. */
    layer = g_ptr_array_index(content->layers, 1);
    g_assert_cmpuint(layer->size, ==, 67108864);
    g_assert_cmpuint(layer->segments->len, ==, 1);
}

static JournalContent *
content_of(const Plan *plan)
{
    g_autofree char *identity = plan_identity(plan);
    g_autofree char *text = g_strconcat(identity, "begin 1\n", NULL);
    g_autoptr(GError) error = NULL;
    JournalContent *content = journal_parse(text, strlen(text), &error);

    g_assert_no_error(error);
    g_assert_cmpstr(content->identity, ==, identity);
    g_assert_cmpuint(content->layers->len, ==, plan->layers->len);

    return content;
}

/* @word: what the error names; NULL: it is the same */
static void
assert_differs(PlanFixture *f, const JournalContent *content, const char *word)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Plan) plan = plan_make(f, &error);
    g_autofree char *identity = NULL;

    g_assert_no_error(error);
    identity = plan_identity(plan);
    g_assert_cmpint(journal_content_check(content, identity, &error), ==, word == NULL);
    if (!word)
        return;
    g_assert_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_INVALID_STATE);
    g_test_message("%s", error->message);
    g_assert_nonnull(strstr(error->message, word));
    g_assert_nonnull(strstr(error->message, "without resuming"));
}

static void
test_same(PlanFixture *f, gconstpointer data)
{
    static const TestSnapshot more = {.name = "s",
                                      .disks = {{"vda", "a.qcow2", "qcow2", "external"}}};
    g_autoptr(GError) error = NULL;
    g_autoptr(Plan) plan = NULL;
    g_autoptr(JournalContent) content = NULL;
    g_autofree char *path = NULL;

    plan_add_two(f);
    plan = plan_make(f, &error);
    g_assert_no_error(error);
    content = content_of(plan);
    assert_differs(f, content, NULL);
    plan_set(f, "bandwidth", "1000");
    plan_set(f, "parallel", "3");
    assert_differs(f, content, NULL);
    plan_set(f, "memory", "no");
    assert_differs(f, content, "settings have changed");
    plan_set(f, "memory", "yes");
    assert_differs(f, content, NULL);
    path = g_strdup(((PlanLayer *)g_ptr_array_index(plan->layers, 1))->source->path);
    g_free(run("touch", "-d", "2001-02-03", path, NULL));
    assert_differs(f, content, path);
    g_clear_pointer(&content, journal_content_free);
    g_clear_pointer(&plan, plan_free);
    plan = plan_make(f, &error);
    content = content_of(plan);
    plan_add(f, "c d", FALSE, NULL, &more, 1);
    assert_differs(f, content, "'c d'");
}

/* --- the file --------------------------------------------------------------- */

/* A sink that checks whether what it makes durable is in the journal too early. */
typedef struct {
    Sink parent;
    int fd;
    guint syncs;
    const char *too_early;
    gboolean fail;
} WatchingSink;

static char *
content(int fd)
{
    struct stat st;
    char *text;

    g_assert_cmpint(fstat(fd, &st), ==, 0);
    text = g_malloc0((gsize)st.st_size + 1);
    g_assert_cmpint(pread(fd, text, (gsize)st.st_size, 0), ==, st.st_size);

    return text;
}

static gboolean
watching_sync(Sink *sink, GError **error)
{
    WatchingSink *self = (WatchingSink *)sink;
    g_autofree char *text = content(self->fd);

    self->syncs++;
    g_assert_null(strstr(text, self->too_early));
    if (self->fail)
        g_set_error_literal(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_NO_SPACE, "no");

    return !self->fail;
}

static const SinkOps watching_ops = {.name = "watching", .sync = watching_sync};

static Journal *
open_it(PlanFixture *f, int fd, gboolean resume, guint *made, GError **error)
{
    g_autoptr(Plan) plan = plan_make(f, error);
    g_autofree char *identity = NULL;
    g_autoptr(GPtrArray) changed = NULL;

    g_assert_no_error(*error);
    identity = plan_identity(plan);
    changed = plan_identity_changes(plan);

    return journal_open(fd, identity, changed, resume, made, error);
}

/* A journal that is not continued has nothing of what was in it. */
static void
assert_begun_anew(PlanFixture *f, int fd)
{
    g_autoptr(GError) error = NULL;
    guint made = 0;
    g_autoptr(Journal) journal = open_it(f, fd, FALSE, &made, &error);
    g_autofree char *text = NULL;

    g_assert_no_error(error);
    g_assert_false(journal_layer(journal, 1)->opened);
    text = content(fd);
    g_assert_true(g_str_has_suffix(text, "\nbegin 0\n"));
}

static void
test_file(PlanFixture *f, gconstpointer data)
{
    Source source = {.size = (guint64)1 << 30};
    WatchingSink sink = {.parent = {.ops = &watching_ops}, .too_early = "done 1 5"};
    g_autoptr(GError) error = NULL;
    g_autoptr(Journal) journal = NULL;
    g_autofree char *text = NULL;
    guint made = 1;
    const JournalLayer *layer;
    auto_fd fd = fd_open(AT_FDCWD, "journal", O_RDWR | O_CREAT, 0600, &error);

    sink.fd = fd;
    plan_add_two(f);
    journal = open_it(f, fd, TRUE, &made, &error);
    g_assert_no_error(error);
    g_assert_false(journal_layer(journal, 1)->opened);
    g_assert_true(journal_restart(journal, 1, &source, &error));
    g_assert_true(journal_add(journal, 1, 5, (const guint8 *)NODE, &sink.parent, &error));
    g_assert_cmpuint(sink.syncs, ==, 1);
    g_assert_cmpuint(journal_n_segments(journal), ==, 1);
    sink.too_early = "done 1 7";
    g_assert_true(journal_sync(journal, 1, &sink.parent, &error));
    g_assert_cmpuint(sink.syncs, ==, 1);
    /* The next one may wait; at the latest it is recorded at the end. */
    g_assert_true(journal_add(journal, 1, 7, (const guint8 *)NODE, &sink.parent, &error));
    g_assert_true(journal_sync(journal, 1, NULL, &error));
    g_assert_cmpuint(journal_n_segments(journal), ==, 2);
    g_clear_pointer(&journal, journal_free);

    text = content(fd);
    g_assert_nonnull(strstr(text, "\nbegin 1\nopen 1 1073741824 0000"));
    g_assert_true(g_str_has_suffix(text, "\n"));
    g_assert_cmpint(pwrite(fd, "done 1 8", 8, (off_t)strlen(text)), ==, 8);
    made = 0;
    journal = open_it(f, fd, TRUE, &made, &error);
    g_assert_no_error(error);
    g_assert_cmpuint(made, ==, 1);
    g_assert_cmpuint(journal_made(fd), ==, 1);
    layer = journal_layer(journal, 1);
    g_assert_cmpuint(layer->size, ==, source.size);
    g_assert_cmpuint(layer->segments->len, ==, 2);
    g_assert_cmpmem(g_array_index(layer->segments, EngineSegment, 1).node, DIGEST_BYTES, NODE, 32);
    /* A line that was cut off is removed, and what does not become durable is not recorded. */
    sink.fail = TRUE;
    sink.too_early = "done 1 8";
    g_assert_false(journal_add(journal, 1, 8, (const guint8 *)NODE, &sink.parent, &error));
    g_assert_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_NO_SPACE);
    g_assert_cmpuint(journal_n_segments(journal), ==, 2);
    g_clear_error(&error);
    g_assert_true(journal_restart(journal, 1, &source, &error));
    g_assert_cmpuint(journal_n_segments(journal), ==, 0);
    g_clear_pointer(&journal, journal_free);
    assert_begun_anew(f, fd);
}

static void
test_refused(PlanFixture *f, gconstpointer data)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *before = NULL;
    g_autofree char *after = NULL;
    guint made = 0;
    auto_fd fd = fd_open(AT_FDCWD, "journal", O_RDWR | O_CREAT, 0600, &error);

    plan_add_two(f);
    journal_free(open_it(f, fd, FALSE, &made, &error));
    before = content(fd);
    plan_set(f, "memory", "no");
    g_assert_null(open_it(f, fd, TRUE, &made, &error));
    g_assert_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_INVALID_STATE);
    g_clear_error(&error);
    after = content(fd);
    g_assert_cmpstr(before, ==, after);
    g_assert_cmpint(pwrite(fd, "x", 1, 3), ==, 1);
    g_assert_null(open_it(f, fd, TRUE, &made, &error));
    g_assert_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_CORRUPT);
    g_clear_error(&error);
    g_assert_cmpint(ftruncate(fd, (off_t)JOURNAL_MAX + 1), ==, 0);
    g_assert_null(open_it(f, fd, TRUE, &made, &error));
    g_assert_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_CORRUPT);
}

int
main(int argc, char *argv[])
{
    static const PlanTest tests[] = {
        {"corpus", test_corpus}, {"content", test_content}, {"same", test_same},
        {"file", test_file},     {"refused", test_refused},
    };

    g_test_init(&argc, &argv, NULL);
    plan_run_tests("/journal", tests, G_N_ELEMENTS(tests));

    return g_test_run();
}
