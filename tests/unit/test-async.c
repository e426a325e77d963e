/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

/* Tests of the library's asynchronous functions. */

#include <config.h>

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include "harness.h"
#include "library/virtsnap.h"

#define STORE(function, ...) virt_snap_collection_store_##function(__VA_ARGS__)

static char *const web[] = {(char *)"web", NULL};

static void
on_done(GObject *source, GAsyncResult *result, gpointer data)
{
    *(GAsyncResult **)data = g_object_ref(result);
}

/* Runs the main loop until the callback has come. Returns: (transfer none): what it got. */
static GAsyncResult *
await(GAsyncResult **result)
{
    while (!*result)
        g_main_context_iteration(NULL, TRUE);

    return *result;
}

/* Calls the asynchronous form with the arguments in front of the cancellable, and awaits it. */
#define AWAIT(function, ...)                                                                       \
    g_clear_object(&result);                                                                       \
    virt_snap_##function##_async(__VA_ARGS__, NULL, on_done, &result);                             \
    await(&result)

static VirtSnapCollectionStore *
new_store(const char *directory)
{
    g_autofree char *path = g_build_filename(directory, "collections", NULL);

    return virt_snap_collection_store_new(path);
}

static void
test_changes(void)
{
    char *directory = scratch_new();
    g_autoptr(VirtSnapCollectionStore) store = new_store(directory);
    g_autoptr(VirtSnapCollection) shop = virt_snap_collection_new("shop", NULL);
    g_autoptr(VirtSnapCollection) loaded = NULL;
    g_autoptr(GAsyncResult) result = NULL;
    g_autoptr(GError) error = NULL;

    AWAIT(collection_store_create, store, shop);
    g_assert_true(STORE(create_finish, store, result, NULL));
    AWAIT(collection_store_create, store, shop);
    g_assert_false(STORE(create_finish, store, result, &error));
    g_assert_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_ALREADY_EXISTS);
    AWAIT(collection_store_define, store, shop);
    g_assert_true(STORE(define_finish, store, result, NULL));
    AWAIT(collection_store_add, store, "shop", web, NULL);
    g_assert_true(STORE(add_finish, store, result, NULL));
    AWAIT(collection_store_rename, store, "shop", "mall");
    g_assert_true(STORE(rename_finish, store, result, NULL));
    AWAIT(collection_store_load, store, "mall");
    loaded = STORE(load_finish, store, result, NULL);
    g_assert_true(virt_snap_collection_has(loaded, VIRT_SNAP_MEMBER_DOMAIN, "web"));
    AWAIT(collection_store_remove, store, "mall", web, NULL);
    g_assert_true(STORE(remove_finish, store, result, NULL));
    AWAIT(collection_store_undefine, store, "mall");
    g_assert_true(STORE(undefine_finish, store, result, NULL));
    AWAIT(collection_store_load, store, "mall");
    g_clear_error(&error);
    g_assert_null(STORE(load_finish, store, result, &error));
    g_assert_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_NOT_FOUND);
    scratch_free(directory);
}

static void
test_lists(void)
{
    char *directory = scratch_new();
    g_autoptr(VirtSnapCollectionStore) store = new_store(directory);
    g_autofree char *damaged = g_build_filename(directory, "collections", "bad.xml", NULL);
    g_autoptr(VirtSnapCollection) shop = virt_snap_collection_new("shop", NULL);
    g_autoptr(GPtrArray) collections = NULL;
    g_autoptr(GPtrArray) problems = NULL;
    g_autoptr(GPtrArray) domains = NULL;
    g_autoptr(GAsyncResult) result = NULL;

    g_assert_true(virt_snap_collection_add(shop, VIRT_SNAP_MEMBER_DOMAIN, "web", NULL));
    g_assert_true(STORE(define, store, shop, NULL));
    write_file(damaged, "x", 1);
    AWAIT(collection_store_list, store);
    collections = STORE(list_finish, store, result, &problems, NULL);
    g_assert_cmpuint(collections->len, ==, 1);
    g_assert_cmpuint(problems->len, ==, 1);
    AWAIT(collection_store_resolve, store, "shop");
    domains = STORE(resolve_finish, store, result, NULL);
    g_assert_cmpuint(domains->len, ==, 1);
    g_assert_cmpstr(domains->pdata[0], ==, "web");
    scratch_free(directory);
}

/* A result must be passed to the finish function of the call that made it. */
static void
test_mixed_up(void)
{
    char *directory = scratch_new();
    g_autoptr(VirtSnapCollectionStore) store = new_store(directory);
    g_autoptr(GAsyncResult) result = NULL;

    AWAIT(collection_store_load, store, "shop");
    g_test_expect_message(G_LOG_DOMAIN, G_LOG_LEVEL_CRITICAL, "*is_result_of*failed*");
    g_assert_null(STORE(resolve_finish, store, result, NULL));
    g_test_assert_expected_messages();
    scratch_free(directory);
}

static gboolean
on_idle(gpointer cancellable)
{
    g_cancellable_cancel(cancellable);

    return G_SOURCE_REMOVE;
}

/* While another process holds the lock of the store, the main loop runs on, and the program can
 * cancel the call. */
static void
test_cancelled(void)
{
    /* The thread is not joined before the end of the test, because it may still be using the store.
     * */
    g_autofree char *directory = scratch_new();
    g_autoptr(VirtSnapCollectionStore) store = new_store(directory);
    g_autoptr(VirtSnapCollection) shop = virt_snap_collection_new("shop", NULL);
    g_autofree char *lock = g_build_filename(directory, "collections", ".lock", NULL);
    g_autoptr(GCancellable) cancellable = g_cancellable_new();
    g_autoptr(GAsyncResult) result = NULL;
    g_autoptr(GError) error = NULL;
    int fd;

    g_assert_true(STORE(define, store, shop, NULL));
    fd = open(lock, O_RDWR | O_CLOEXEC);
    g_assert_cmpint(fd, >=, 0);
    g_assert_cmpint(flock(fd, LOCK_EX), ==, 0);
    g_idle_add(on_idle, cancellable);
    virt_snap_collection_store_undefine_async(store, "shop", cancellable, on_done, &result);
    await(&result);
    close(fd);
    g_assert_false(STORE(undefine_finish, store, result, &error));
    g_assert_error(error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
}

static void
test_export(void)
{
    char *directory = scratch_new();
    g_autoptr(VirtSnapService) service = virt_snap_service_new("test:///default");
    g_autoptr(VirtSnapCollectionStore) store = NULL;
    g_autoptr(VirtSnapCollection) shop = virt_snap_collection_new("shop", NULL);
    g_autoptr(VirtSnapJob) job = NULL;
    g_autoptr(GAsyncResult) result = NULL;
    g_autoptr(GError) error = NULL;
    g_auto(GStrv) snapshots = NULL;

    g_setenv("VIRTSNAP_CONFIG_DIR", directory, TRUE);
    store = virt_snap_collection_store_new(NULL);
    AWAIT(service_export, service, "shop", "none", directory, NULL);
    g_assert_null(virt_snap_service_export_finish(service, result, &error));
    g_assert_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_NOT_FOUND);
    g_clear_error(&error);

    g_assert_true(virt_snap_collection_add(shop, VIRT_SNAP_MEMBER_DOMAIN, "test", NULL));
    g_assert_true(STORE(define, store, shop, NULL));
    /* This thread has to initialise libvirt: a library that libvirt uses never frees its data of
     * the first thread, and valgrind only finds them referenced if that is the main thread. */
    snapshots = virt_snap_service_list_snapshots(service, "shop", NULL);
    AWAIT(service_export, service, "shop", "none", directory, NULL);
    job = virt_snap_service_export_finish(service, result, &error);
    g_assert_no_error(error);
    g_assert_false(virt_snap_job_wait(job, NULL, &error));
    g_assert_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_NOT_FOUND);
    scratch_free(directory);
}

/* No disk of the test driver's domain can have a snapshot. */
static void
test_create_snapshot(void)
{
    char *directory = scratch_new();
    g_autoptr(VirtSnapService) service = virt_snap_service_new("test:///default");
    g_autoptr(VirtSnapCollectionStore) store = NULL;
    g_autoptr(VirtSnapCollection) shop = virt_snap_collection_new("shop", NULL);
    g_autoptr(VirtSnapJob) job = NULL;
    g_autoptr(GAsyncResult) result = NULL;
    g_autoptr(GError) error = NULL;

    g_setenv("VIRTSNAP_CONFIG_DIR", directory, TRUE);
    store = virt_snap_collection_store_new(NULL);
    AWAIT(service_create_snapshot, service, "shop", NULL, "<snapshotsettings/>", 7);
    g_assert_null(virt_snap_service_create_snapshot_finish(service, result, &error));
    g_assert_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_INVALID_PARAMETER);
    g_clear_error(&error);
    g_assert_true(virt_snap_collection_add(shop, VIRT_SNAP_MEMBER_DOMAIN, "test", NULL));
    g_assert_true(STORE(define, store, shop, NULL));
    AWAIT(service_create_snapshot, service, "shop", "s", NULL, 2);
    job = virt_snap_service_create_snapshot_finish(service, result, &error);
    g_assert_no_error(error);
    g_assert_false(virt_snap_job_wait(job, NULL, &error));
    g_assert_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_NOT_SUPPORTED);
    scratch_free(directory);
}

static void
test_import(void)
{
    char *directory = scratch_new();
    g_autoptr(VirtSnapService) service = virt_snap_service_new("test:///default");
    g_autoptr(VirtSnapJob) job = NULL;
    g_autoptr(GAsyncResult) result = NULL;
    g_autoptr(GError) error = NULL;

    AWAIT(service_import, service, directory, directory, "<importsettings><x/></importsettings>");
    g_assert_null(virt_snap_service_import_finish(service, result, &error));
    g_assert_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_INVALID_PARAMETER);
    g_clear_error(&error);
    AWAIT(service_import, service, directory, directory, NULL);
    job = virt_snap_service_import_finish(service, result, &error);
    g_assert_no_error(error);
    g_assert_false(virt_snap_job_wait(job, NULL, &error));
    g_assert_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_NOT_FOUND);
    scratch_free(directory);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/async/changes", test_changes);
    g_test_add_func("/async/lists", test_lists);
    g_test_add_func("/async/mixed-up", test_mixed_up);
    g_test_add_func("/async/cancelled", test_cancelled);
    g_test_add_func("/async/export", test_export);
    g_test_add_func("/async/create-snapshot", test_create_snapshot);
    g_test_add_func("/async/import", test_import);

    return g_test_run();
}
