/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <errno.h>

#include "util/error-private.h"

static void
test_codes_have_names(void)
{
    static const struct {
        guint code;
        const char *name;
    } table[] = {
        {1, "not-supported"},         {2, "failed"},         {3, "timeout"},
        {4, "invalid-parameter"},     {5, "invalid-state"},  {6, "invalid-type"},
        {32769, "access-denied"},     {32774, "in-use"},     {32777, "system-not-available"},
        {32778, "out-of-memory"},     {32779, "not-found"},  {32800, "already-exists"},
        {32801, "no-space"},          {32802, "corrupt"},    {32803, "interrupted"},
        {32804, "cancelled"},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(table); i++) {
        g_autoptr(GError) error = g_error_new_literal(VIRT_SNAP_ERROR, (int)table[i].code, "x");
        g_autofree char *bus = g_dbus_error_encode_gerror(error);

        g_assert_cmpstr(virt_snap_error_result_name(table[i].code), ==, table[i].name);
        g_assert_cmpuint(virt_snap_error_result_code(error), ==, table[i].code);
        g_assert_true(g_str_has_prefix(bus, "org.virtsnap1.Error."));
    }
}

static void
test_errno_maps(void)
{
    static const struct {
        int errsv;
        VirtSnapError code;
    } table[] = {
        {ENOSPC, VIRT_SNAP_ERROR_NO_SPACE},    {EDQUOT, VIRT_SNAP_ERROR_NO_SPACE},
        {EACCES, VIRT_SNAP_ERROR_ACCESS_DENIED}, {EROFS, VIRT_SNAP_ERROR_ACCESS_DENIED},
        {ENOENT, VIRT_SNAP_ERROR_NOT_FOUND},   {EEXIST, VIRT_SNAP_ERROR_ALREADY_EXISTS},
        {EIO, VIRT_SNAP_ERROR_FAILED},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(table); i++) {
        g_autoptr(GError) error = NULL;

        virt_snap_error_set_errno(&error, table[i].errsv, "Cannot do %d", 7);
        g_assert_error(error, VIRT_SNAP_ERROR, (int)table[i].code);
        g_assert_true(g_str_has_prefix(error->message, "Cannot do 7: "));
    }
}

static void
test_is(void)
{
    static const VirtSnapError codes[] = {VIRT_SNAP_ERROR_CORRUPT, VIRT_SNAP_ERROR_NOT_FOUND};
    g_autoptr(GError) ours = g_error_new_literal(VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_NOT_FOUND, "x");
    g_autoptr(GError) other =
        g_error_new_literal(G_FILE_ERROR, (int)VIRT_SNAP_ERROR_NOT_FOUND, "x");

    g_assert_true(virt_snap_error_is(ours, codes, 2));
    g_assert_false(virt_snap_error_is(ours, codes, 1));
    g_assert_false(virt_snap_error_is(ours, NULL, 0));
    g_assert_false(virt_snap_error_is(other, codes, 2));
    g_assert_false(virt_snap_error_is(NULL, codes, 2));
}

static void
test_recode(void)
{
    g_autoptr(GError) ours =
        g_error_new_literal(VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_INVALID_PARAMETER, "x");
    g_autoptr(GError) other =
        g_error_new_literal(G_FILE_ERROR, (int)VIRT_SNAP_ERROR_INVALID_PARAMETER, "x");
    GError *none = NULL;

    g_assert_true(
        error_recode(&ours, VIRT_SNAP_ERROR_INVALID_PARAMETER, VIRT_SNAP_ERROR_CORRUPT));
    g_assert_error(ours, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_CORRUPT);
    g_assert_false(
        error_recode(&ours, VIRT_SNAP_ERROR_INVALID_PARAMETER, VIRT_SNAP_ERROR_FAILED));
    g_assert_false(
        error_recode(&other, VIRT_SNAP_ERROR_INVALID_PARAMETER, VIRT_SNAP_ERROR_CORRUPT));
    g_assert_error(other, G_FILE_ERROR, (int)VIRT_SNAP_ERROR_INVALID_PARAMETER);
    g_assert_false(error_recode(&none, VIRT_SNAP_ERROR_FAILED, VIRT_SNAP_ERROR_CORRUPT));
    g_assert_false(error_recode(NULL, VIRT_SNAP_ERROR_FAILED, VIRT_SNAP_ERROR_CORRUPT));
}

/* As what translates a text may do. */
static const char *
change_errno(const char *text)
{
    errno = EAGAIN;

    return text;
}

/* What is told is what errno was before the other arguments were evaluated. */
static void
test_errno_first(void)
{
    g_autoptr(GError) error = NULL;

    errno = ENOENT;
    virt_snap_error_set_errno(&error, errno, "%s", change_errno("x"));
    g_assert_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_NOT_FOUND);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/error/is", test_is);
    g_test_add_func("/error/errno-first", test_errno_first);
    g_test_add_func("/error/recode", test_recode);
    g_test_add_func("/error/names", test_codes_have_names);
    g_test_add_func("/error/errno", test_errno_maps);
    return g_test_run();
}
