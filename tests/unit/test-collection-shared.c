/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <libxml/parser.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "collection/members.h"
#include "tests/unit/sabotage.h"
#include "tests/unit/store-fixture.h"
#include "util/fd.h"

/* The store is used by other processes and threads at the same time, and by users who may not use
 * it. */

#define NAMES(...) ((char *[]){__VA_ARGS__, NULL})

/* --- several at once ---------------------------------------------------------- */

#define ADDERS 3
#define ADDS 12
#define RENAMES 10

typedef struct {
    StoreFixture *f;
    guint number;
} Worker;

static void
must(gboolean done, GError *error)
{
    if (!done)
        g_error("%s", error->message);
}

static gpointer
add_many(gpointer data)
{
    const Worker *worker = data;

    for (guint i = 0; i < ADDS; i++) {
        g_autoptr(GError) error = NULL;
        g_autofree char *name = g_strdup_printf("d-%u-%u", worker->number, i);

        must(virt_snap_collection_store_add(worker->f->store, "target", NAMES(name), NULL, &error),
             error);
    }

    return NULL;
}

static gpointer
rename_many(gpointer data)
{
    const Worker *worker = data;

    for (guint i = 0; i < RENAMES; i++) {
        g_autoptr(GError) error = NULL;

        must(virt_snap_collection_store_rename(worker->f->store, i % 2 ? "renamed" : "shop",
                                               i % 2 ? "shop" : "renamed", &error),
             error);
    }

    return NULL;
}

static gpointer
read_many(gpointer data)
{
    const Worker *worker = data;

    for (guint i = 0; i < ADDS * ADDERS; i++) {
        store_assert_resolves(worker->f, "one", "a b");
        g_assert_cmpuint(store_count(worker->f), ==, 5);
        g_usleep(1000);
    }

    return NULL;
}

/* --- what is exported --------------------------------------------------------- */

#define DEFINITIONS 400

typedef struct {
    StoreFixture *f;
    gint stop; /* atomic */
} Definer;

static gpointer
define_in_turn(gpointer data)
{
    Definer *definer = data;

    for (guint i = 0; !g_atomic_int_get(&definer->stop); i++)
        store_put(definer->f, "shop", i % 2 ? "a" : "b", NULL);

    return NULL;
}

/* The collection and the domains of an export are those of one moment. */
static void
test_members_of_one_moment(StoreFixture *f, gconstpointer data)
{
    Definer definer = {f, 0};
    g_autofree char *config = g_path_get_dirname(f->path);
    GThread *thread;

    g_setenv("VIRTSNAP_CONFIG_DIR", config, TRUE);
    store_put(f, "shop", "a", NULL);
    thread = g_thread_new("define", define_in_turn, &definer);
    for (guint i = 0; i < DEFINITIONS; i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(Members) members = members_new("shop", NULL, &error);
        const VirtSnapCollection *shop;

        must(members != NULL, error);
        shop = g_ptr_array_index(members->collections, 0);
        g_assert_cmpuint(members->domains->len, ==, 1);
        g_assert_cmpstr(g_ptr_array_index(shop->domains, 0), ==,
                        g_ptr_array_index(members->domains, 0));
    }
    g_atomic_int_set(&definer.stop, 1);
    g_thread_join(thread);
}

static const GThreadFunc works[ADDERS + 2] = {add_many, add_many, add_many, rename_many, read_many};

static void
check_together(StoreFixture *f)
{
    g_autoptr(VirtSnapCollection) target =
        virt_snap_collection_store_load(f->store, "target", NULL);

    g_assert_cmpuint(target->domains->len, ==, ADDERS * ADDS);
    store_assert_resolves(f, "one", "a b");
}

static void
test_processes(StoreFixture *f, gconstpointer data)
{
    pid_t children[G_N_ELEMENTS(works)];

    store_fill(f);
    store_put(f, "target", NULL, NULL);
    for (guint i = 0; i < G_N_ELEMENTS(works); i++) {
        children[i] = fork();
        if (children[i] == 0) {
            works[i](&(Worker){f, i});
            _exit(0);
        }
    }
    for (guint i = 0; i < G_N_ELEMENTS(works); i++) {
        int status;

        g_assert_cmpint(waitpid(children[i], &status, 0), ==, children[i]);
        g_assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    }
    check_together(f);
}

static void
test_threads(StoreFixture *f, gconstpointer data)
{
    GThread *threads[G_N_ELEMENTS(works)];
    Worker workers[G_N_ELEMENTS(works)];

    store_fill(f);
    store_put(f, "target", NULL, NULL);
    for (guint i = 0; i < G_N_ELEMENTS(works); i++) {
        workers[i] = (Worker){f, i};
        threads[i] = g_thread_new("worker", works[i], &workers[i]);
    }
    for (guint i = 0; i < G_N_ELEMENTS(works); i++)
        g_thread_join(threads[i]);
    check_together(f);
}

/* A process is stopped while it holds the lock. */
static void
test_stuck(StoreFixture *f, gconstpointer data)
{
    g_autofree char *path = g_build_filename(f->path, ".lock", NULL);
    g_autoptr(GError) error = NULL;
    auto_fd fd = -1;

    store_put(f, "shop", "a", NULL);
    fd = open(path, O_RDWR | O_CLOEXEC);
    g_assert_cmpint(flock(fd, LOCK_SH), ==, 0);
    store_assert_resolves(f, "shop", "a");

    sabotage_hasten(10);
    g_assert_false(virt_snap_collection_store_undefine(f->store, "shop", &error));
    g_assert_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_IN_USE);
    g_assert_nonnull(strstr(error->message, f->path));
    g_clear_error(&error);
    g_assert_cmpint(flock(fd, LOCK_EX), ==, 0);
    g_assert_null(virt_snap_collection_store_load(f->store, "shop", &error));
    g_assert_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_IN_USE);
    sabotage_hasten(0);

    /* Others wait for it if it continues in time. */
    fd_clear(&fd);
    g_assert_true(virt_snap_collection_store_undefine(f->store, "shop", NULL));
}

/* --- without permission --------------------------------------------------------- */

/* The user nobody has this number on every system that has one. */
#define OTHER_USER 65534

static void
copy_schema(const char *name, const char *directory)
{
    g_autofree char *from = g_build_filename(g_getenv("VIRTSNAP_SCHEMA_DIR"), name, NULL);
    g_autofree char *to = g_build_filename(directory, name, NULL);
    g_autofree char *text = NULL;
    gsize length;

    g_assert_true(g_file_get_contents(from, &text, &length, NULL));
    g_assert_true(g_file_set_contents_full(to, text, (gssize)length, G_FILE_SET_CONTENTS_NONE,
                                           0644, NULL));
}

/* Another user cannot reach this directory from the root, neither for the store nor for the
 * schemas. */
static void
become_other_user(StoreFixture *f)
{
    copy_schema("collection.rng", f->root);
    copy_schema("common.rng", f->root);
    g_assert_cmpint(chdir(f->root), ==, 0);
    g_assert_true(g_setenv("VIRTSNAP_SCHEMA_DIR", ".", TRUE));
    f->path = g_strdup("virtsnap/collections");
    f->store = virt_snap_collection_store_new(f->path);

    if (geteuid() == 0 && (setresgid(OTHER_USER, OTHER_USER, OTHER_USER) < 0 ||
                           setresuid(OTHER_USER, OTHER_USER, OTHER_USER) < 0))
        g_error("cannot become another user: %s", g_strerror(errno));
}

/* Runs @check as a user to whom permissions apply. */
static void
as_other_user(const StoreFixture *f, void (*check)(StoreFixture *f))
{
    pid_t child = fork();
    int status;

    if (child == 0) {
        StoreFixture own = *f;

        become_other_user(&own);
        check(&own);
        _exit(0);
    }
    g_assert_cmpint(waitpid(child, &status, 0), ==, child);
    g_assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

static gboolean
try_define(StoreFixture *f, GError **error)
{
    g_autoptr(VirtSnapCollection) new = virt_snap_collection_new("new", NULL);

    return virt_snap_collection_store_define(f->store, new, error);
}

static gboolean
try_add(StoreFixture *f, GError **error)
{
    return virt_snap_collection_store_add(f->store, "shop", NAMES((char *)"x"), NULL, error);
}

static gboolean
try_undefine(StoreFixture *f, GError **error)
{
    return virt_snap_collection_store_undefine(f->store, "other", error);
}

static gboolean
try_rename(StoreFixture *f, GError **error)
{
    return virt_snap_collection_store_rename(f->store, "shop", "renamed", error);
}

static gboolean (*const changes[])(StoreFixture *f, GError **error) = {
    try_define, try_add, try_undefine, try_rename,
};

static void
check_read_only(StoreFixture *f)
{
    g_autoptr(GError) error = NULL;

    store_assert_resolves(f, "one", "a b");
    g_assert_cmpuint(store_count(f), ==, 4);
    for (gsize i = 0; i < G_N_ELEMENTS(changes); i++) {
        g_assert_false(changes[i](f, &error));
        g_assert_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_ACCESS_DENIED);
        g_assert_nonnull(strstr(error->message, f->path));
        g_clear_error(&error);
    }
}

static void
check_closed(StoreFixture *f)
{
    g_autoptr(GError) error = NULL;

    g_assert_null(virt_snap_collection_store_load(f->store, "shop", &error));
    g_assert_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_ACCESS_DENIED);
    g_assert_nonnull(strstr(error->message, f->path));
}

static void
check_one_closed(StoreFixture *f)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) problems = NULL;
    g_autoptr(GPtrArray) list = virt_snap_collection_store_list(f->store, &problems, &error);

    g_assert_no_error(error);
    g_assert_cmpuint(list->len, ==, 3);
    g_assert_cmpuint(problems->len, ==, 1);
    g_assert_nonnull(strstr(g_ptr_array_index(problems, 0), "shop.xml"));
}

/* Half of a change is there, and this user may not complete it. */
static void
check_half(StoreFixture *f)
{
    g_autoptr(GError) error = NULL;

    g_assert_null(virt_snap_collection_store_load(f->store, "shop", &error));
    g_assert_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_ACCESS_DENIED);
}

static void
set_modes(StoreFixture *f, mode_t directory, mode_t file)
{
    g_autoptr(GPtrArray) names = dir_list_at(AT_FDCWD, f->path, NULL);
    g_autofree char *above = g_path_get_dirname(f->path);

    g_assert_cmpint(chmod(f->root, 0755), ==, 0);
    g_assert_cmpint(chmod(above, 0755), ==, 0);
    for (guint i = 0; i < names->len; i++) {
        g_autofree char *path = g_build_filename(f->path, g_ptr_array_index(names, i), NULL);

        g_assert_cmpint(chmod(path, file), ==, 0);
    }
    g_assert_cmpint(chmod(f->path, directory), ==, 0);
}

static void
test_permissions(StoreFixture *f, gconstpointer data)
{
    g_autofree char *shop = g_build_filename(f->path, "shop.xml", NULL);
    g_autofree char *decided = g_build_filename(f->path, ".decided", NULL);

    store_fill(f);
    set_modes(f, 0555, 0444);
    as_other_user(f, check_read_only);
    set_modes(f, 0700, 0000);
    set_modes(f, 0755, 0444);
    g_assert_cmpint(chmod(shop, 0000), ==, 0);
    if (geteuid() == 0)
        as_other_user(f, check_one_closed);
    set_modes(f, 0755, 0444);
    g_assert_cmpint(mkdir(decided, 0755), ==, 0);
    g_assert_cmpint(chmod(f->path, 0555), ==, 0);
    as_other_user(f, check_half);
    g_assert_cmpint(chmod(f->path, 0000), ==, 0);
    as_other_user(f, check_closed);

    set_modes(f, 0700, 0700);
    store_put(f, "later", NULL, NULL);
}

/* --- where it is ------------------------------------------------------------------ */

static void
assert_default(const char *wanted)
{
    g_autoptr(VirtSnapCollectionStore) store = virt_snap_collection_store_new(NULL);

    g_assert_cmpstr(virt_snap_collection_store_get_directory(store), ==, wanted);
}

static void
check_xdg(StoreFixture *f)
{
    g_assert_true(g_setenv("XDG_CONFIG_HOME", "/some/where", TRUE));
    assert_default("/some/where/virtsnap/collections");
}

static void
check_home(StoreFixture *f)
{
    g_unsetenv("XDG_CONFIG_HOME");
    g_assert_true(g_setenv("HOME", "/home/some", TRUE));
    assert_default("/home/some/.config/virtsnap/collections");
}

static void
test_default(StoreFixture *f, gconstpointer data)
{
    g_assert_true(g_setenv("VIRTSNAP_CONFIG_DIR", "/else/where", TRUE));
    assert_default("/else/where/collections");
    g_assert_true(g_setenv("VIRTSNAP_CONFIG_DIR", "", TRUE));
    as_other_user(f, check_xdg);
    g_unsetenv("VIRTSNAP_CONFIG_DIR");
    as_other_user(f, check_xdg);
    as_other_user(f, check_home);
    if (geteuid() == 0)
        assert_default(PKGSYSCONFDIR "/collections");
}

#define ADD(name, test)                                                                           \
    g_test_add("/collection-shared/" name, StoreFixture, NULL, store_set_up, test,                \
               store_tear_down)

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    /* The environment is changed before there are threads. */
    xmlInitParser();
    ADD("default", test_default);
    ADD("members-of-one-moment", test_members_of_one_moment);
    ADD("permissions", test_permissions);
    ADD("processes", test_processes);
    ADD("stuck", test_stuck);
    ADD("threads", test_threads);

    return g_test_run();
}
