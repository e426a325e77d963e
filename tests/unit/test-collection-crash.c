/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/unit/sabotage.h"
#include "tests/unit/store-fixture.h"

/* An operation that is killed or fails at any step leaves the store as it was before the operation,
 * or as it is after it. */

/* No operation has this many steps, so a test that gets here would never end. */
#define STEPS_MAX 200

#define NAMES(...) ((char *[]){__VA_ARGS__, NULL})

typedef gboolean (*Operation)(StoreFixture *f, GError **error);

static gboolean
op_define_first(StoreFixture *f, GError **error)
{
    g_autoptr(VirtSnapCollection) new = virt_snap_collection_new("new", NULL);

    return virt_snap_collection_store_define(f->store, new, error);
}

static gboolean
op_define_again(StoreFixture *f, GError **error)
{
    g_autoptr(VirtSnapCollection) shop = virt_snap_collection_new("shop", NULL);

    return virt_snap_collection_store_define(f->store, shop, error);
}

static gboolean
op_add(StoreFixture *f, GError **error)
{
    return virt_snap_collection_store_add(f->store, "shop", NAMES((char *)"x", (char *)"y"),
                                          NAMES((char *)"other"), error);
}

static gboolean
op_remove(StoreFixture *f, GError **error)
{
    return virt_snap_collection_store_remove(f->store, "one", NAMES((char *)"b"),
                                             NAMES((char *)"shop"), error);
}

static gboolean
op_undefine(StoreFixture *f, GError **error)
{
    return virt_snap_collection_store_undefine(f->store, "other", error);
}

static gboolean
op_rename(StoreFixture *f, GError **error)
{
    return virt_snap_collection_store_rename(f->store, "shop", "renamed", error);
}

static gboolean
op_rename_alone(StoreFixture *f, GError **error)
{
    return virt_snap_collection_store_rename(f->store, "other", "renamed", error);
}

static const struct {
    const char *name;
    Operation run;
    gboolean empty; /* there is no store before it */
} operations[] = {
    {"define-first", op_define_first, TRUE}, {"define-again", op_define_again, FALSE},
    {"add", op_add, FALSE},                  {"remove", op_remove, FALSE},
    {"undefine", op_undefine, FALSE},        {"rename", op_rename, FALSE},
    {"rename-alone", op_rename_alone, FALSE},
};

/* The states before the operation and after it, each as one text. */
static void
learn_states(gsize operation, char **before, char **after, char **files)
{
    g_autoptr(GError) error = NULL;
    StoreFixture f;

    store_set_up(&f, NULL);
    if (!operations[operation].empty)
        store_fill(&f);
    *before = store_state(&f);
    g_assert_true(operations[operation].run(&f, &error));
    *after = store_state(&f);
    *files = store_files(&f);
    store_tear_down(&f, NULL);
    g_assert_cmpstr(*before, !=, *after);
}

/* Returns: whether it was killed. */
static gboolean
run_and_kill(StoreFixture *f, Operation run, guint step)
{
    pid_t child = fork();
    int status;

    if (child == 0) {
        gboolean done;

        sabotage_at(SABOTAGE_KILL, step);
        done = run(f, NULL);
        _exit(done ? 0 : 1);
    }
    g_assert_cmpint(waitpid(child, &status, 0), ==, child);
    g_assert_true(WIFSIGNALED(status) || WEXITSTATUS(status) == 0);
    g_assert_true(!WIFSIGNALED(status) || WTERMSIG(status) == SIGKILL);

    return WIFSIGNALED(status);
}

/* The next operation finds one of both states, and leaves no trace of the crash. */
static gboolean
kill_at(gsize operation, guint step, const char *before, const char *after, gboolean *was_before)
{
    StoreFixture f;
    gboolean killed;
    g_autofree char *state = NULL;
    g_autoptr(GError) error = NULL;

    store_set_up(&f, NULL);
    if (!operations[operation].empty)
        store_fill(&f);
    killed = run_and_kill(&f, operations[operation].run, step);
    state = store_state(&f);
    *was_before = g_str_equal(state, before);
    g_assert_true(*was_before || g_str_equal(state, after));
    g_assert_true(killed || !*was_before);

    /* Repeated, the operation succeeds if it had not succeeded before, and cleans up. */
    if (*was_before) {
        g_clear_pointer(&state, g_free);
        g_assert_true(operations[operation].run(&f, &error));
        state = store_state(&f);
        g_assert_cmpstr(state, ==, after);
    } else {
        store_put(&f, "later", NULL, NULL);
    }
    store_tear_down(&f, NULL);

    return killed;
}

static void
test_killed(gconstpointer data)
{
    gsize operation = GPOINTER_TO_SIZE(data);
    g_autofree char *before = NULL;
    g_autofree char *after = NULL;
    g_autofree char *files = NULL;
    gboolean was_before = TRUE;
    guint before_count = 0;
    guint step = 1;

    learn_states(operation, &before, &after, &files);
    for (; kill_at(operation, step, before, after, &was_before); step++) {
        g_assert_cmpuint(step, <, STEPS_MAX);
        before_count += was_before;
    }
    /* At some steps the operation did not count yet, at others it did. */
    g_test_message("%u steps, %u of them before it counts", step - 1, before_count);
    g_assert_cmpuint(before_count, >, 0);
    g_assert_cmpuint(step - 1, >, 1);
}

/* The operation is killed, and so is the one that completes it, at every step of both. */
static void
test_killed_twice(void)
{
    g_autofree char *before = NULL;
    g_autofree char *after = NULL;
    g_autofree char *files = NULL;
    gboolean killed = TRUE;
    guint tried = 0;

    learn_states(5, &before, &after, &files);
    for (guint first = 1; killed; first++) {
        gboolean again = TRUE;

        for (guint second = 1; again && killed; second++, tried++) {
            g_autofree char *state = NULL;
            StoreFixture f;

            store_set_up(&f, NULL);
            store_fill(&f);
            killed = run_and_kill(&f, op_rename, first);
            again = run_and_kill(&f, op_define_first, second);
            g_assert_true(virt_snap_collection_store_undefine(f.store, "new", NULL) || again);
            state = store_state(&f);
            g_assert_true(g_str_equal(state, before) || g_str_equal(state, after));
            store_put(&f, "later", NULL, NULL);
            store_tear_down(&f, NULL);
        }
    }
    g_test_message("%u ways", tried);
    g_assert_cmpuint(tried, >, 100);
}

static gboolean
fail_at(gsize operation, guint step, const char *before, const char *after)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *state = NULL;
    StoreFixture f;
    gboolean done;
    gboolean reached;

    store_set_up(&f, NULL);
    if (!operations[operation].empty)
        store_fill(&f);
    sabotage_at(SABOTAGE_FAIL, step);
    done = operations[operation].run(&f, &error);
    reached = sabotage_stop() >= step;

    state = store_state(&f);
    g_assert_true(done == (error == NULL));
    g_assert_true(g_str_equal(state, after) || (!done && g_str_equal(state, before)));
    if (reached && done)
        g_error("the error at step %u went unnoticed", step);
    store_put(&f, "later", NULL, NULL);
    store_tear_down(&f, NULL);

    return reached;
}

static void
test_failing(gconstpointer data)
{
    gsize operation = GPOINTER_TO_SIZE(data);
    g_autofree char *before = NULL;
    g_autofree char *after = NULL;
    g_autofree char *files = NULL;
    guint step = 1;

    learn_states(operation, &before, &after, &files);
    while (fail_at(operation, step, before, after))
        g_assert_cmpuint(step++, <, STEPS_MAX);
    g_assert_cmpuint(step, >, 2);
}

/* What a loss of power could undo is made durable before something else relies on it: the
 * staged files before the rename that decides, what was decided before its record goes. */
static void
test_order(StoreFixture *f, gconstpointer data)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GString) trace = g_string_new(NULL);

    store_fill(f);
    sabotage_trace(trace);
    g_assert_true(op_rename_alone(f, &error));
    sabotage_trace(NULL);
    g_assert_cmpstr(trace->str, ==,
                    "mkdir .staged\n"
                    "write \n"
                    "sync renamed.xml\n"
                    "sync other.xml\n"
                    "sync .staged\n"
                    "rename .decided\n"
                    "sync collections\n"
                    "unlink other.xml\n"
                    "rename renamed.xml\n"
                    "sync .decided\n"
                    "sync collections\n"
                    "unlink .decided\n"
                    "unlink other.xml\n"
                    "unlink .decided\n"
                    "sync collections\n");
}

#define ADD(name, test)                                                                           \
    g_test_add("/collection-crash/" name, StoreFixture, NULL, store_set_up, test, store_tear_down)

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    for (gsize i = 0; i < G_N_ELEMENTS(operations); i++) {
        g_autofree char *killed = g_strdup_printf("/collection-crash/killed/%s",
                                                  operations[i].name);
        g_autofree char *failing = g_strdup_printf("/collection-crash/failing/%s",
                                                   operations[i].name);

        g_test_add_data_func(killed, GSIZE_TO_POINTER(i), test_killed);
        g_test_add_data_func(failing, GSIZE_TO_POINTER(i), test_failing);
    }
    g_test_add_func("/collection-crash/killed-twice", test_killed_twice);
    ADD("order", test_order);

    return g_test_run();
}
