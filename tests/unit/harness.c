/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <fcntl.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <stdarg.h>
#include <string.h>
#include <sys/wait.h>

#include "tests/unit/harness.h"
#include "util/fd.h"

char *
scratch_new(void)
{
    g_autoptr(GError) error = NULL;
    char *path = g_dir_make_tmp("unit-XXXXXX", &error);

    g_assert_no_error(error);

    return path;
}

void
scratch_free(char *path)
{
    g_autoptr(GError) error = NULL;

    g_assert_true(tree_remove_at(AT_FDCWD, path, &error));
    g_assert_no_error(error);
    g_free(path);
}

static GPtrArray *
collect_arguments(const char *program, va_list list)
{
    GPtrArray *argv = g_ptr_array_new();

    for (const char *arg = program; arg; arg = va_arg(list, const char *))
        g_ptr_array_add(argv, (gpointer)arg);
    g_ptr_array_add(argv, NULL);

    return argv;
}

static int
run_arguments(GPtrArray *argv, char **out, char **err)
{
    g_autoptr(GError) error = NULL;
    int status = 0;

    g_spawn_sync(NULL, (char **)argv->pdata, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, out, err,
                 &status, &error);
    g_assert_no_error(error);

    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

char *
run(const char *program, ...)
{
    g_autoptr(GPtrArray) argv = NULL;
    g_autofree char *err = NULL;
    char *out = NULL;
    va_list list;
    int status;

    va_start(list, program);
    argv = collect_arguments(program, list);
    va_end(list);
    status = run_arguments(argv, &out, &err);
    if (status != 0)
        g_test_message("%s: %s%s", program, out, err);
    g_assert_cmpint(status, ==, 0);

    return out;
}

int
run_status(const char *program, ...)
{
    g_autoptr(GPtrArray) argv = NULL;
    g_autofree char *out = NULL;
    g_autofree char *err = NULL;
    va_list list;

    va_start(list, program);
    argv = collect_arguments(program, list);
    va_end(list);

    return run_arguments(argv, &out, &err);
}

GPid
start(int *in, int *out, const char *program, ...)
{
    g_autoptr(GPtrArray) argv = NULL;
    g_autoptr(GError) error = NULL;
    GPid pid = 0;
    va_list list;

    va_start(list, program);
    argv = collect_arguments(program, list);
    va_end(list);
    g_spawn_async_with_pipes(NULL, (char **)argv->pdata, NULL,
                             G_SPAWN_SEARCH_PATH | G_SPAWN_DO_NOT_REAP_CHILD |
                                 (out ? G_SPAWN_DEFAULT : G_SPAWN_STDOUT_TO_DEV_NULL),
                             NULL, NULL, &pid,
                             in, out, NULL, &error);
    g_assert_no_error(error);

    return pid;
}

void
stop(GPid pid)
{
    kill(pid, SIGKILL);
    g_assert_cmpint(waitpid(pid, NULL, 0), ==, pid);
}

void
write_file(const char *path, const void *data, gssize length)
{
    g_autoptr(GError) error = NULL;

    g_file_set_contents(path, data, length, &error);
    g_assert_no_error(error);
}

GBytes *
read_file(const char *path)
{
    g_autoptr(GError) error = NULL;
    char *data = NULL;
    gsize length = 0;

    g_file_get_contents(path, &data, &length, &error);
    g_assert_no_error(error);

    return g_bytes_new_take(data, length);
}

void
fill_noise(void *data, gsize length, guint32 seed)
{
    guint8 *bytes = data;
    guint64 x = seed * G_GUINT64_CONSTANT(0x9e3779b97f4a7c15) + 1;

    /* xorshift64; the top byte of a product, so that every bit counts. */
    for (gsize i = 0; i < length; i++) {
        x ^= x << 13;
        x ^= x >> 7;
        x ^= x << 17;
        bytes[i] = (guint8)(x * G_GUINT64_CONSTANT(0x2545f4914f6cdd1d) >> 56);
    }
}

char *
fsverity_digest(const char *path)
{
    g_autofree char *text = run("fsverity", "digest", path, NULL);

    return g_strndup(text, strcspn(text, " "));
}

char *
data_path(const char *name)
{
    const char *top = g_getenv("abs_top_srcdir");

    /* tests/run-test sets it. */
    g_assert_nonnull(top);

    return g_build_filename(top, "tests", "data", name, NULL);
}

GPtrArray *
corpus(const char *name)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *directory = data_path(name);
    g_autoptr(GPtrArray) names = dir_list_at(AT_FDCWD, directory, &error);
    GPtrArray *paths = g_ptr_array_new_with_free_func(g_free);

    g_assert_no_error(error);
    g_assert_cmpuint(names->len, >, 0);
    for (guint i = 0; i < names->len; i++)
        g_ptr_array_add(paths, g_build_filename(directory, g_ptr_array_index(names, i), NULL));

    return paths;
}
