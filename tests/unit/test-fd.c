/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "util/fd.h"
#include "util/open-as.h"

typedef struct {
    char *path;
    int fd;
} Fixture;

static guint entries_left; /* the directory cannot be read after so many more; 0: it can */

/* Takes the place of the C library's. */
struct dirent *
readdir(DIR *dir)
{
    static struct dirent *(*real)(DIR *dir);

    if (!real)
        *(void **)&real = dlsym(RTLD_NEXT, "readdir");
    if (entries_left == 0 || --entries_left > 0)
        return real(dir);
    errno = EIO;

    return NULL;
}

static void
set_up(Fixture *f, gconstpointer data)
{
    g_autoptr(GError) error = NULL;

    f->path = g_dir_make_tmp("virtsnap-fd-XXXXXX", &error);
    g_assert_no_error(error);
    f->fd = fd_open_dir(AT_FDCWD, f->path, &error);
    g_assert_no_error(error);
}

static void
tear_down(Fixture *f, gconstpointer data)
{
    g_assert_true(tree_remove_at(AT_FDCWD, f->path, NULL));
    g_assert_false(g_file_test(f->path, G_FILE_TEST_EXISTS));
    fd_clear(&f->fd);
    g_free(f->path);
}

static void
test_replace_and_read(Fixture *f, gconstpointer data)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GBytes) bytes = NULL;
    g_autoptr(GPtrArray) names = NULL;
    struct stat st;

    g_assert_true(file_replace_at(f->fd, "a", "one", 3, &error));
    g_assert_true(file_replace_at(f->fd, "a", "three", 5, &error));
    bytes = file_read_at(f->fd, "a", 100, &error);
    g_assert_no_error(error);
    g_assert_cmpmem(g_bytes_get_data(bytes, NULL), g_bytes_get_size(bytes), "three", 5);
    g_assert_cmpint(fstatat(f->fd, "a", &st, 0), ==, 0);
    g_assert_cmpint(st.st_mode & 07777, ==, 0600);

    /* No temporary file stays. */
    names = dir_list_at(f->fd, ".", &error);
    g_assert_cmpuint(names->len, ==, 1);
}

static void
test_create_refuses_existing(Fixture *f, gconstpointer data)
{
    g_autoptr(GError) error = NULL;

    g_assert_true(file_create_at(f->fd, "a", "x", 1, &error));
    g_assert_false(file_create_at(f->fd, "a", "y", 1, &error));
    g_assert_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_ALREADY_EXISTS);
}

static void
test_read_is_careful(Fixture *f, gconstpointer data)
{
    static const struct {
        const char *name;
        VirtSnapError code;
    } table[] = {
        {"absent", VIRT_SNAP_ERROR_NOT_FOUND},
        {"link", VIRT_SNAP_ERROR_INVALID_PARAMETER},
        {"fifo", VIRT_SNAP_ERROR_INVALID_PARAMETER},
        {"big", VIRT_SNAP_ERROR_INVALID_PARAMETER},
    };

    g_assert_true(file_create_at(f->fd, "big", "12345", 5, NULL));
    g_assert_cmpint(symlinkat("big", f->fd, "link"), ==, 0);
    g_assert_cmpint(mkfifoat(f->fd, "fifo", 0600), ==, 0);
    for (gsize i = 0; i < G_N_ELEMENTS(table); i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(GBytes) bytes = file_read_at(f->fd, table[i].name, 4, &error);

        g_assert_null(bytes);
        g_assert_error(error, VIRT_SNAP_ERROR, (int)table[i].code);
    }
}

static void
test_short_file_is_corrupt(Fixture *f, gconstpointer data)
{
    g_autoptr(GError) error = NULL;
    auto_fd fd = -1;
    char buffer[8];

    g_assert_true(file_create_at(f->fd, "a", "abc", 3, &error));
    fd = fd_open(f->fd, "a", O_RDONLY, 0, &error);
    g_assert_false(fd_pread_all(fd, buffer, 4, 0, "a", &error));
    g_assert_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_CORRUPT);
}

static void
test_remove_follows_no_link(Fixture *f, gconstpointer data)
{
    g_autoptr(GError) error = NULL;
    auto_fd keep = dir_create_at(f->fd, "keep", &error);
    auto_fd tree = dir_create_at(f->fd, "tree", &error);
    auto_fd deep = dir_create_at(tree, "deep", &error);

    g_assert_true(file_create_at(keep, "precious", "x", 1, &error));
    g_assert_true(file_create_at(deep, "file", "x", 1, &error));
    g_assert_cmpint(symlinkat("../../keep", deep, "link"), ==, 0);

    g_assert_true(tree_remove_at(f->fd, "tree", &error));
    g_assert_cmpint(faccessat(f->fd, "tree", F_OK, 0), ==, -1);
    g_assert_cmpint(faccessat(keep, "precious", F_OK, 0), ==, 0);
    g_assert_true(tree_remove_at(f->fd, "tree", &error));
}

/* The flags that the kernel has for the mapping of @address, as in proc(5). */
static char *
mapping_flags(const void *address)
{
    g_autofree char *smaps = NULL;
    g_auto(GStrv) lines = NULL;
    gboolean found = FALSE;

    g_assert_true(g_file_get_contents("/proc/self/smaps", &smaps, NULL, NULL));
    lines = g_strsplit(smaps, "\n", -1);
    for (char **line = lines; *line; line++) {
        guint64 from, to;

        if (sscanf(*line, "%" G_GINT64_MODIFIER "x-%" G_GINT64_MODIFIER "x ", &from, &to) == 2)
            found = (guintptr)address >= from && (guintptr)address < to;
        else if (found && g_str_has_prefix(*line, "VmFlags:"))
            return g_strconcat(*line, " ", NULL);
    }
    g_assert_not_reached();
}

static void
test_buffer(void)
{
    static const gsize lengths[] = {1, 1 << 20, (2 << 20) + 1};

    for (gsize i = 0; i < G_N_ELEMENTS(lengths); i++) {
        guint8 *buffer = fd_buffer_new(lengths[i]);
        gsize pages = (lengths[i] + (2 << 20) - 1) >> 21;

        g_assert_cmpuint((guintptr)buffer % (2 << 20), ==, 0);
        memset(buffer, 1, pages << 21);
        for (gsize page = 0; page < pages; page++) {
            g_autofree char *flags = mapping_flags(buffer + (page << 21));

            /* Huge pages are advised, "hg", where the kernel has them. */
            if (g_file_test("/sys/kernel/mm/transparent_hugepage", G_FILE_TEST_IS_DIR))
                g_assert_nonnull(strstr(flags, " hg "));
        }
        free(buffer);
    }
}

/* An unknown user may read what everybody may read, and nothing else; the process has its own user
 * again afterwards. */
/* Wherever reading it ends, a part of a directory is not taken for all of it. */
static void
test_directory_unreadable(Fixture *f, gconstpointer data)
{
    g_autoptr(GError) error = NULL;
    auto_fd fd = dir_create_at(f->fd, "d", &error);
    guint whole = 0;

    for (guint i = 0; i < 3; i++)
        g_assert_true(file_create_at(fd, (const char[]){'a' + i, '\0'}, "x", 1, &error));
    for (guint n = 1; whole == 0; n++) {
        g_autoptr(GPtrArray) names = NULL;
        g_autoptr(GError) why = NULL;

        entries_left = n;
        names = dir_list_at(f->fd, "d", &why);
        /* That many were not asked for. */
        if (entries_left > 0) {
            whole = n - 1;
            g_assert_cmpuint(names->len, ==, 3);
            continue;
        }
        g_assert_null(names);
        g_assert_error(why, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_FAILED);
        g_assert_nonnull(strstr(why->message, "'d'"));
        entries_left = n;
        g_assert_false(tree_remove_at(f->fd, "d", NULL));
        g_assert_cmpint(faccessat(fd, "a", F_OK, 0), ==, 0);
    }
    entries_left = 0;
    /* Those three, two dots, and the end. */
    g_assert_cmpuint(whole, ==, 6);
}

static void
test_open_as(Fixture *f, gconstpointer data)
{
    g_autofree char *before = g_get_current_dir();
    const char *path = "file";
    const guint nobody = 54321;

    if (geteuid() != 0) {
        g_test_skip("only root takes the place of others");
        return;
    }
    /* Nobody may go through the directories above. */
    g_assert_cmpint(chdir(f->path), ==, 0);
    g_assert_true(g_file_set_contents(path, "x", 1, NULL));
    g_assert_cmpint(chmod(f->path, 0711), ==, 0);
    g_assert_cmpint(chmod(path, 0604), ==, 0);
    g_assert_cmpint(open_as(path, nobody, nobody), ==, 0);
    g_assert_cmpint(open_as("missing", nobody, nobody), ==, ENOENT);
    g_assert_cmpint(chmod(path, 0440), ==, 0);
    g_assert_cmpint(open_as(path, nobody, nobody), ==, EACCES);
    g_assert_cmpint(chown(path, 0, nobody), ==, 0);
    g_assert_cmpint(open_as(path, nobody, nobody), ==, 0);
    g_assert_cmpint(chmod(f->path, 0700), ==, 0);
    g_assert_cmpint(open_as(path, nobody, nobody), ==, EACCES);
    g_assert_cmpint(access(path, R_OK), ==, 0);
    g_assert_cmpuint(geteuid(), ==, 0);
    g_assert_cmpint(chdir(before), ==, 0);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
#define ADD(path, func) g_test_add(path, Fixture, NULL, set_up, func, tear_down)
    ADD("/fd/replace", test_replace_and_read);
    ADD("/fd/create-refuses-existing", test_create_refuses_existing);
    ADD("/fd/read-is-careful", test_read_is_careful);
    ADD("/fd/short-file", test_short_file_is_corrupt);
    ADD("/fd/remove-follows-no-link", test_remove_follows_no_link);
    ADD("/fd/directory-unreadable", test_directory_unreadable);
    ADD("/fd/open-as", test_open_as);
    g_test_add_func("/fd/buffer", test_buffer);
    return g_test_run();
}
