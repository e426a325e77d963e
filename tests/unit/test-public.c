/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

/* What a program that calls the library may rely on: a call with wrong arguments is reported, and
 * does nothing. */

#include <config.h>

#include "library/virtsnap.h"

/* Calls @call, which has to be refused by a precondition. */
#define REFUSED(call)                                                                              \
    do {                                                                                           \
        g_test_expect_message(G_LOG_DOMAIN, G_LOG_LEVEL_CRITICAL, "*assertion*failed*");           \
        g_assert_true(!(call));                                                                    \
        g_test_assert_expected_messages();                                                         \
    } while (0)

static void
test_collection(void)
{
    g_autoptr(GError) set = g_error_new_literal(VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_FAILED, "x");
    g_autoptr(VirtSnapCollection) shop = virt_snap_collection_new("shop", NULL);

    REFUSED(virt_snap_collection_new(NULL, NULL));
    REFUSED(virt_snap_collection_new("a", &set));
    REFUSED(virt_snap_collection_copy(NULL));
    REFUSED(virt_snap_collection_get_name(NULL));
    REFUSED(virt_snap_collection_dup_members(shop, 7));
    REFUSED(virt_snap_collection_has(shop, VIRT_SNAP_MEMBER_DOMAIN, NULL));
    REFUSED(virt_snap_collection_add(shop, VIRT_SNAP_MEMBER_DOMAIN, "a", &set));
    REFUSED(virt_snap_collection_add(shop, 7, "a", NULL));
    REFUSED(virt_snap_collection_remove(NULL, VIRT_SNAP_MEMBER_DOMAIN, "a", NULL));
    REFUSED(virt_snap_collection_parse(NULL, 1, NULL));
    REFUSED(virt_snap_collection_format(NULL));
    g_assert_false(virt_snap_collection_has(shop, VIRT_SNAP_MEMBER_DOMAIN, "a"));
    g_assert_error(set, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_FAILED);
    virt_snap_collection_free(NULL);
}

static void
test_store(void)
{
    g_autoptr(VirtSnapCollectionStore) store = virt_snap_collection_store_new("/nowhere");

    REFUSED(virt_snap_collection_store_get_directory(NULL));
    REFUSED(virt_snap_collection_store_define(store, NULL, NULL));
    REFUSED(virt_snap_collection_store_create(store, NULL, NULL));
    REFUSED(virt_snap_collection_store_list(store, NULL, NULL));
    REFUSED(virt_snap_collection_store_load(store, NULL, NULL));
    REFUSED(virt_snap_collection_store_rename(store, "a", NULL, NULL));
    REFUSED(virt_snap_collection_store_add(store, NULL, NULL, NULL, NULL));
    REFUSED(virt_snap_collection_store_remove(NULL, "a", NULL, NULL, NULL));
    REFUSED(virt_snap_collection_store_undefine(store, NULL, NULL));
    REFUSED(virt_snap_collection_store_resolve(NULL, "a", NULL));
    virt_snap_collection_store_free(NULL);
}

static void
test_settings(void)
{
    g_autoptr(VirtSnapExportSettings) settings = virt_snap_export_settings_new();

    REFUSED(virt_snap_export_settings_copy(NULL));
    REFUSED(virt_snap_export_settings_parse(NULL, 1, NULL));
    REFUSED(virt_snap_export_settings_load_file(NULL, NULL));
    REFUSED(virt_snap_export_settings_format(NULL));
    REFUSED(virt_snap_export_settings_set(settings, "intent", NULL, NULL));
    REFUSED(virt_snap_export_settings_dup_values(settings, NULL, NULL));
    REFUSED(virt_snap_export_settings_check_supported(NULL, NULL));
    virt_snap_export_settings_free(NULL);
}

static void
test_service(void)
{
    g_autoptr(VirtSnapService) service = virt_snap_service_new("nowhere:///");
    char *const domains[] = {NULL};

    REFUSED(virt_snap_service_get_uri(NULL));
    REFUSED(virt_snap_service_get_resume(NULL));
    g_assert_false(virt_snap_service_get_resume(service));
    virt_snap_service_set_resume(service, TRUE);
    g_assert_true(virt_snap_service_get_resume(service));
    REFUSED(virt_snap_service_export(service, NULL, "s", "/d", NULL, NULL));
    REFUSED(virt_snap_service_export(service, "c", "s", NULL, NULL, NULL));
    REFUSED(virt_snap_service_apply_snapshot(NULL, "c", "s", FALSE, FALSE, FALSE, NULL));
    REFUSED(virt_snap_service_apply_snapshot(service, NULL, "s", FALSE, FALSE, FALSE, NULL));
    REFUSED(virt_snap_service_apply_snapshot(service, "c", NULL, FALSE, FALSE, FALSE, NULL));
    REFUSED(virt_snap_service_create_reference_point(NULL, "c", "p", NULL));
    REFUSED(virt_snap_service_create_reference_point(service, NULL, "p", NULL));
    REFUSED(virt_snap_service_convert_to_reference_point(NULL, "c", "s", NULL));
    REFUSED(virt_snap_service_convert_to_reference_point(service, NULL, "s", NULL));
    REFUSED(virt_snap_service_convert_to_reference_point(service, "c", NULL, NULL));
    REFUSED(virt_snap_service_delete_reference_point(NULL, "c", "p", NULL));
    REFUSED(virt_snap_service_delete_reference_point(service, NULL, "p", NULL));
    REFUSED(virt_snap_service_delete_reference_point(service, "c", NULL, NULL));
    REFUSED(virt_snap_service_delete_snapshot(NULL, "c", "s", FALSE, NULL));
    REFUSED(virt_snap_service_delete_snapshot(service, NULL, "s", FALSE, NULL));
    REFUSED(virt_snap_service_delete_snapshot(service, "c", NULL, FALSE, NULL));
    REFUSED(virt_snap_service_create_snapshot(service, NULL, NULL, NULL, 2, NULL));
    REFUSED(virt_snap_service_create_snapshot(NULL, "c", NULL, NULL, 2, NULL));
    REFUSED(virt_snap_service_create_snapshot_finish(service, NULL, NULL));
    REFUSED(virt_snap_service_detach_import(NULL, "d", NULL));
    REFUSED(virt_snap_service_detach_import(service, NULL, NULL));
    REFUSED(virt_snap_service_import(service, NULL, "/d", NULL, NULL));
    REFUSED(virt_snap_service_import(service, "/e", NULL, NULL, NULL));
    REFUSED(virt_snap_service_import(NULL, "/e", "/d", NULL, NULL));
    REFUSED(virt_snap_service_import_finish(service, NULL, NULL));
    REFUSED(virt_snap_service_export_domains(service, NULL, "s", "/d", NULL, NULL));
    REFUSED(virt_snap_service_export_domains(NULL, domains, "s", "/d", NULL, NULL));
}

static void
test_questions(void)
{
    g_autoptr(VirtSnapService) service = virt_snap_service_new("nowhere:///");

    REFUSED(virt_snap_service_list_reference_points(service, NULL, NULL));
    REFUSED(virt_snap_service_list_reference_points_finish(service, NULL, NULL));
    REFUSED(virt_snap_service_list_snapshots(service, NULL, NULL));
    REFUSED(virt_snap_service_list_snapshots_finish(service, NULL, NULL));
    REFUSED(virt_snap_service_get_snapshots(service, NULL, NULL));
    REFUSED(virt_snap_service_get_snapshots_finish(service, NULL, NULL));
    REFUSED(virt_snap_service_get_snapshot_info(service, NULL, "s", NULL));
    REFUSED(virt_snap_service_get_snapshot_info(service, "c", NULL, NULL));
    REFUSED(virt_snap_service_get_snapshot_info_finish(service, NULL, NULL));
    REFUSED(virt_snap_service_list_exports(NULL, "/d", NULL));
    REFUSED(virt_snap_service_list_exports(service, NULL, NULL));
    REFUSED(virt_snap_service_list_exports_finish(service, NULL, NULL));
    REFUSED(virt_snap_service_get_export_info(service, NULL, NULL));
    REFUSED(virt_snap_service_get_export_info_finish(service, NULL, NULL));
    REFUSED(virt_snap_service_protect_export(NULL, "/e", TRUE, NULL));
    REFUSED(virt_snap_service_protect_export(service, NULL, TRUE, NULL));
    REFUSED(virt_snap_service_protect_export_finish(service, NULL, NULL));
    REFUSED(virt_snap_service_get_reference_points(service, NULL, NULL));
    REFUSED(virt_snap_service_get_reference_points_finish(service, NULL, NULL));
    REFUSED(virt_snap_service_plan_export(service, NULL, "s", "/d", NULL, NULL));
    REFUSED(virt_snap_service_plan_export(service, "c", "s", NULL, NULL, NULL));
    REFUSED(virt_snap_service_plan_export_finish(service, NULL, NULL));
    REFUSED(virt_snap_service_plan_import(service, NULL, "/d", NULL, NULL));
    REFUSED(virt_snap_service_plan_import(service, "/e", NULL, NULL, NULL));
    REFUSED(virt_snap_service_plan_import_finish(service, NULL, NULL));
    REFUSED(virt_snap_service_plan_create_snapshot(service, NULL, "s", NULL, 1, NULL));
    REFUSED(virt_snap_service_plan_create_snapshot_finish(service, NULL, NULL));
    REFUSED(virt_snap_service_plan_delete_snapshot(service, NULL, "s", FALSE, NULL));
    REFUSED(virt_snap_service_plan_delete_snapshot(service, "c", NULL, FALSE, NULL));
    REFUSED(virt_snap_service_plan_delete_snapshot_finish(service, NULL, NULL));
    REFUSED(virt_snap_service_plan_apply_snapshot(service, NULL, "s", FALSE, FALSE, FALSE, NULL));
    REFUSED(virt_snap_service_plan_apply_snapshot(service, "c", NULL, FALSE, FALSE, FALSE, NULL));
    REFUSED(virt_snap_service_plan_apply_snapshot_finish(service, NULL, NULL));
    REFUSED(virt_snap_service_plan_create_reference_point(service, NULL, "n", NULL));
    REFUSED(virt_snap_service_plan_create_reference_point_finish(service, NULL, NULL));
    REFUSED(virt_snap_service_plan_delete_reference_point(service, NULL, "n", NULL));
    REFUSED(virt_snap_service_plan_delete_reference_point(service, "c", NULL, NULL));
    REFUSED(virt_snap_service_plan_delete_reference_point_finish(service, NULL, NULL));
    REFUSED(virt_snap_service_plan_convert_to_reference_point(service, NULL, "s", NULL));
    REFUSED(virt_snap_service_plan_convert_to_reference_point(service, "c", NULL, NULL));
    REFUSED(virt_snap_service_plan_convert_to_reference_point_finish(service, NULL, NULL));
    REFUSED(virt_snap_service_plan_detach_import(service, NULL, NULL));
    REFUSED(virt_snap_service_plan_detach_import_finish(service, NULL, NULL));
    REFUSED(virt_snap_service_verify(service, NULL, FALSE, NULL, NULL));
    REFUSED(virt_snap_service_verify_finish(service, NULL, NULL));
    REFUSED(virt_snap_service_prune(service, NULL, NULL, NULL, NULL));
    REFUSED(virt_snap_service_prune(NULL, "/d", NULL, NULL, NULL));
    REFUSED(virt_snap_service_prune_finish(service, NULL, NULL));
    REFUSED(virt_snap_service_verify_boot(service, NULL, 0, NULL, NULL, NULL, NULL));
    REFUSED(virt_snap_service_verify_boot(NULL, "/e", 0, NULL, NULL, NULL, NULL));
    REFUSED(virt_snap_service_verify_boot_finish(service, NULL, NULL));
    REFUSED(virt_snap_service_verify_export(service, NULL, NULL, NULL));
    REFUSED(virt_snap_service_verify_export(NULL, "/e", NULL, NULL));
}

static void
test_results(void)
{
    REFUSED(virt_snap_job_wait(NULL, NULL, NULL));
    REFUSED(virt_snap_job_request_state_change(NULL, VIRT_SNAP_JOB_REQUEST_KILL, NULL));
    REFUSED(virt_snap_job_get_error(NULL));
    REFUSED(virt_snap_job_dup_report(NULL));
    REFUSED(virt_snap_job_dup_findings(NULL));
    REFUSED(virt_snap_job_dup_warnings(NULL));
    REFUSED(virt_snap_job_report_get_directory(NULL));
    REFUSED(virt_snap_job_report_dup_disks(NULL));
    REFUSED(virt_snap_verify_result_get_ok(NULL));
    REFUSED(virt_snap_verify_result_get_problems(NULL));
    REFUSED(virt_snap_verify_result_get_domains(NULL));
    REFUSED(virt_snap_verify_result_dup_warnings(NULL));
    REFUSED(virt_snap_verify_problem_get_file(NULL));
    REFUSED(virt_snap_boot_verdict_get_name(NULL));
    REFUSED(virt_snap_boot_verdict_get_by(NULL));
    virt_snap_job_report_unref(NULL);
    virt_snap_verify_result_unref(NULL);
    virt_snap_verify_problem_free(NULL);
    virt_snap_boot_verdict_free(NULL);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/public/collection", test_collection);
    g_test_add_func("/public/store", test_store);
    g_test_add_func("/public/settings", test_settings);
    g_test_add_func("/public/service", test_service);
    g_test_add_func("/public/questions", test_questions);
    g_test_add_func("/public/results", test_results);

    return g_test_run();
}
