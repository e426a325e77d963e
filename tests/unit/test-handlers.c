/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

/* What belongs to the whole process belongs to the program that the library is in: its handlers
 * of errors and signals, its locale, its log. */

#include <config.h>

#include <libxml/parser.h>
#include <libxml/xmlerror.h>
#include <locale.h>
#include <signal.h>
#include <string.h>

#include "harness.h"
#include "library/virtsnap.h"

static guint n_complaints;
static int token;

/* libxml2 has declared its argument in two ways. */
static void
on_complaints_error(void *data, gconstpointer error)
{
    g_assert_true(data == &token);
    n_complaints++;
}

static void
on_signal(int number)
{
}

/* The library reads good and bad documents, connects to a hypervisor that exists and to one that
 * does not, and verifies a directory that is no export. */
static void
use_library(const char *directory)
{
    g_autoptr(VirtSnapService) service = virt_snap_service_new("test:///default");
    g_autoptr(VirtSnapService) nowhere = virt_snap_service_new("nowhere:///");
    g_autoptr(VirtSnapCollectionStore) store = virt_snap_collection_store_new(NULL);
    g_autoptr(VirtSnapCollection) shop = virt_snap_collection_new("shop", NULL);
    g_autofree char *text = NULL;
    g_autoptr(VirtSnapCollection) again = NULL;
    g_autoptr(VirtSnapVerifyResult) result = NULL;
    g_autoptr(VirtSnapJob) job = NULL;
    g_auto(GStrv) snapshots = NULL;
    char *const domains[] = {(char *)"test", NULL};

    g_assert_true(virt_snap_collection_add(shop, VIRT_SNAP_MEMBER_DOMAIN, "test", NULL));
    g_assert_true(virt_snap_collection_store_define(store, shop, NULL));
    text = virt_snap_collection_format(shop);
    again = virt_snap_collection_parse(text, strlen(text), NULL);
    g_assert_nonnull(again);
    g_assert_null(virt_snap_collection_parse("<a", 2, NULL));
    g_assert_null(virt_snap_collection_parse("<collection/>", 13, NULL));
    g_assert_null(virt_snap_export_settings_parse("<exportsettings><a/>", 20, NULL));
    snapshots = virt_snap_service_list_snapshots(service, "shop", NULL);
    g_assert_nonnull(snapshots);
    g_assert_null(virt_snap_service_list_snapshots(nowhere, "shop", NULL));
    job = virt_snap_service_export_domains(service, domains, "none", directory, NULL, NULL);
    g_assert_nonnull(job);
    g_assert_false(virt_snap_job_wait(job, NULL, NULL));
    result = virt_snap_service_verify(service, directory, TRUE, NULL, NULL);
    g_assert_false(virt_snap_verify_result_get_ok(result));
}

static void
test_libxml(void)
{
    char *directory = scratch_new();
    const xmlStructuredErrorFunc mine = (xmlStructuredErrorFunc)on_complaints_error;

    g_setenv("VIRTSNAP_CONFIG_DIR", directory, TRUE);
    xmlSetStructuredErrorFunc(&token, mine);
    use_library(directory);

    g_assert_true(xmlStructuredError == mine && xmlStructuredErrorContext == &token);
    /* Only the caller gets the library's errors; the program's handlers do not. */
    g_assert_cmpuint(n_complaints, ==, 0);
    g_assert_null(xmlReadMemory("<a", 2, NULL, NULL, 0));
    g_assert_cmpuint(n_complaints, >, 0);
    xmlSetStructuredErrorFunc(NULL, NULL);
    scratch_free(directory);
}

static void
test_process(void)
{
    static const int watched[] = {SIGINT, SIGTERM, SIGHUP, SIGPIPE, SIGCHLD, SIGUSR1, SIGXFSZ};
    char *directory = scratch_new();
    g_autofree char *locale = NULL;
    struct sigaction action = {.sa_handler = on_signal};
    struct sigaction now;

    g_setenv("VIRTSNAP_CONFIG_DIR", directory, TRUE);
    for (gsize i = 0; i < G_N_ELEMENTS(watched); i++)
        g_assert_cmpint(sigaction(watched[i], &action, NULL), ==, 0);
    locale = g_strdup(setlocale(LC_ALL, NULL));
    use_library(directory);

    for (gsize i = 0; i < G_N_ELEMENTS(watched); i++) {
        g_assert_cmpint(sigaction(watched[i], NULL, &now), ==, 0);
        g_assert_true(now.sa_handler == on_signal);
    }
    g_assert_cmpstr(setlocale(LC_ALL, NULL), ==, locale);
    scratch_free(directory);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/handlers/libxml", test_libxml);
    g_test_add_func("/handlers/process", test_process);

    return g_test_run();
}
