/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <fcntl.h>
#include <glib/gstdio.h>
#include <linux/fs.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "archive/origin.h"
#include "tests/unit/harness.h"
#include "util/fd.h"

#define BYTES 65536

/* A file of which an origin is known, and its directory. */
typedef struct {
    Scratch *dir;
    char *path;
    char *other;
    Origin *origin;
    char *boot;
    struct stat st; /* of then */
} Fixture;

static int
open_path(const char *path, int flags)
{
    g_autoptr(GError) error = NULL;
    int fd = fd_open(AT_FDCWD, path, flags, 0600, &error);

    g_assert_no_error(error);

    return fd;
}

/* Once whatever is done next has another time. */
static Origin *
wait_for_origin(const char *path)
{
    auto_fd fd = open_path(path, O_RDONLY);
    Origin *origin;

    while (!(origin = origin_new(fd, path)))
        g_usleep(5000);

    return origin;
}

static void
set_up(Fixture *self, G_GNUC_UNUSED gconstpointer data)
{
    g_autofree guint8 *noise = g_malloc(BYTES);

    self->dir = scratch_new();
    self->path = g_build_filename(self->dir, "image", NULL);
    self->other = g_build_filename(self->dir, "other", NULL);
    self->boot = origin_boot();
    fill_noise(noise, BYTES, 1);
    write_file(self->path, noise, BYTES);
    self->origin = wait_for_origin(self->path);
    g_assert_cmpint(stat(self->path, &self->st), ==, 0);
}

static void
tear_down(Fixture *self, G_GNUC_UNUSED gconstpointer data)
{
    origin_free(self->origin);
    g_free(self->boot);
    g_free(self->path);
    g_free(self->other);
    scratch_free(self->dir);
}

static OriginMatch
match(const Fixture *self)
{
    auto_fd fd = open_path(self->path, O_RDONLY);

    return origin_match(self->origin, self->boot, fd);
}

/* Whether the scratch directory is where files can be told to be the same at all. */
static gboolean
is_kept(const Fixture *self)
{
    struct statfs fs;

    return statfs(self->dir, &fs) == 0 && (fs.f_type == 0xef53 || fs.f_type == 0x58465342) &&
           self->st.st_dev >> 8 != 7;
}

static void
put_mtime_back(const Fixture *self, const char *path)
{
    const struct timespec times[] = {self->st.st_atim, self->st.st_mtim};

    g_assert_cmpint(utimensat(AT_FDCWD, path, times, 0), ==, 0);
}

static void
overwrite(const char *path)
{
    auto_fd fd = open_path(path, O_WRONLY);

    g_assert_cmpint(pwrite(fd, "changed", 7, 5000), ==, 7);
}

/* --- what does not change it --------------------------------------------------------- */

static void
test_untouched(Fixture *self, G_GNUC_UNUSED gconstpointer data)
{
    g_autoptr(GBytes) read = read_file(self->path);

    g_assert_cmpuint(g_bytes_get_size(read), ==, BYTES);
    if (!is_kept(self)) {
        g_test_skip("the scratch directory is on no ext4 or XFS of its own");
        return;
    }
    g_assert_cmpint(match(self), ==, ORIGIN_SAME);
    g_assert_true(origin_is_unchanged(self->origin));
}

/* --- what does --------------------------------------------------------------------------- */

static void
written(Fixture *self)
{
    overwrite(self->path);
}

static void
written_and_put_back(Fixture *self)
{
    overwrite(self->path);
    put_mtime_back(self, self->path);
}

static void
written_by_a_mapping(Fixture *self)
{
    auto_fd fd = open_path(self->path, O_RDWR);
    char *map = mmap(NULL, BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

    g_assert_true(map != MAP_FAILED);
    memcpy(map + 5000, "changed", 7);
    munmap(map, BYTES);
    put_mtime_back(self, self->path);
}

static void
cut_and_grown(Fixture *self)
{
    g_assert_cmpint(truncate(self->path, 100), ==, 0);
    g_assert_cmpint(truncate(self->path, BYTES), ==, 0);
    put_mtime_back(self, self->path);
}

static void
punched(Fixture *self)
{
    auto_fd fd = open_path(self->path, O_RDWR);

    g_assert_cmpint(fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 4096, 4096), ==, 0);
    put_mtime_back(self, self->path);
}

static void
make_other(Fixture *self)
{
    g_autofree guint8 *noise = g_malloc(BYTES);

    fill_noise(noise, BYTES, 2);
    write_file(self->other, noise, BYTES);
    put_mtime_back(self, self->other);
}

static void
replaced(Fixture *self)
{
    make_other(self);
    g_assert_cmpint(g_rename(self->other, self->path), ==, 0);
}

static void
exchanged(Fixture *self)
{
    make_other(self);
    g_assert_cmpint(renameat2(AT_FDCWD, self->other, AT_FDCWD, self->path, RENAME_EXCHANGE), ==,
                    0);
}

/* The number of the inode is free, and is usually taken at once. */
static void
made_anew(Fixture *self)
{
    g_assert_cmpint(unlink(self->path), ==, 0);
    make_other(self);
    g_assert_cmpint(g_rename(self->other, self->path), ==, 0);
    put_mtime_back(self, self->path);
}

static void
linked_over(Fixture *self)
{
    g_assert_cmpint(unlink(self->path), ==, 0);
    make_other(self);
    g_assert_cmpint(link(self->other, self->path), ==, 0);
}

/* Its blocks become those of another file, where the file system can. */
static void
cloned_over(Fixture *self)
{
    auto_fd from = -1;
    auto_fd to = open_path(self->path, O_WRONLY);

    make_other(self);
    from = open_path(self->other, O_RDONLY);
    if (ioctl(to, FICLONE, from) < 0)
        overwrite(self->path);
    put_mtime_back(self, self->path);
}

static void
owner_changed(Fixture *self)
{
    g_assert_cmpint(chmod(self->path, 0640), ==, 0);
}

static void
mtime_in_the_future(Fixture *self)
{
    const struct timespec times[] = {{0, UTIME_OMIT}, {self->st.st_mtim.tv_sec + 100000, 0}};

    g_assert_cmpint(utimensat(AT_FDCWD, self->path, times, 0), ==, 0);
    origin_free(self->origin);
    self->origin = g_new0(Origin, 1);
    g_assert_cmpint(stat(self->path, &self->st), ==, 0);
    self->origin->path = g_strdup(self->path);
    self->origin->bytes = BYTES;
    self->origin->device = self->st.st_dev;
    self->origin->inode = self->st.st_ino;
    self->origin->modified.seconds = self->st.st_mtim.tv_sec;
    self->origin->changed = (OriginTime){self->st.st_ctim.tv_sec,
                                         (guint32)self->st.st_ctim.tv_nsec};
}

static void
another_run_of_the_system(Fixture *self)
{
    self->boot[0] = self->boot[0] == '0' ? '1' : '0';
}

static void
an_unknown_run(Fixture *self)
{
    g_clear_pointer(&self->boot, g_free);
}

static void
another_device(Fixture *self)
{
    self->origin->device++;
}

static void
another_birth(Fixture *self)
{
    self->origin->born.nanoseconds ^= 1;
}

static const struct {
    const char *name;
    void (*change)(Fixture *self);
    OriginMatch at_most;
} changes[] = {
    {"/origin/written", written, ORIGIN_OTHER},
    {"/origin/written-and-put-back", written_and_put_back, ORIGIN_LIKELY},
    {"/origin/written-by-a-mapping", written_by_a_mapping, ORIGIN_LIKELY},
    {"/origin/cut-and-grown", cut_and_grown, ORIGIN_LIKELY},
    {"/origin/punched", punched, ORIGIN_LIKELY},
    {"/origin/replaced", replaced, ORIGIN_LIKELY},
    {"/origin/exchanged", exchanged, ORIGIN_LIKELY},
    {"/origin/made-anew", made_anew, ORIGIN_LIKELY},
    {"/origin/linked-over", linked_over, ORIGIN_LIKELY},
    {"/origin/cloned-over", cloned_over, ORIGIN_LIKELY},
    {"/origin/owner-changed", owner_changed, ORIGIN_LIKELY},
    {"/origin/mtime-in-the-future", mtime_in_the_future, ORIGIN_LIKELY},
    {"/origin/another-run-of-the-system", another_run_of_the_system, ORIGIN_LIKELY},
    {"/origin/an-unknown-run", an_unknown_run, ORIGIN_LIKELY},
    {"/origin/another-device", another_device, ORIGIN_LIKELY},
    {"/origin/another-birth", another_birth, ORIGIN_LIKELY},
};

static void
test_changed(Fixture *self, gconstpointer data)
{
    gsize i = GPOINTER_TO_SIZE(data);

    changes[i].change(self);
    g_assert_cmpint(match(self), <=, changes[i].at_most);
}

/* A mapping that was written to before can be written to again without a page fault. */
static void
test_old_mapping(Fixture *self, G_GNUC_UNUSED gconstpointer data)
{
    auto_fd fd = open_path(self->path, O_RDWR);
    char *map = mmap(NULL, BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

    g_assert_true(map != MAP_FAILED);
    map[5000] ^= 1;
    origin_free(self->origin);
    self->origin = wait_for_origin(self->path);
    map[5000] ^= 1;
    g_assert_cmpint(match(self), !=, ORIGIN_SAME);
    g_assert_false(origin_is_unchanged(self->origin));
    munmap(map, BYTES);
}

/* A file that may be changed again within the same tick of the clock has no origin. */
static void
test_too_fresh(Fixture *self, G_GNUC_UNUSED gconstpointer data)
{
    auto_fd fd = open_path(self->path, O_RDWR);
    g_autoptr(Origin) origin = NULL;
    gint64 begun = g_get_monotonic_time();

    g_assert_cmpint(pwrite(fd, "changed", 7, 0), ==, 7);
    origin = origin_new(fd, self->path);
    g_assert_true(!origin || g_get_monotonic_time() - begun > 20000);
}

/* A time that was formatted is parsed as the same time. */
static void
test_times(void)
{
    static const OriginTime times[] = {{0, 0}, {1, 1}, {1700000000, 999999999}, {-5, 20}};

    for (gsize i = 0; i < G_N_ELEMENTS(times); i++) {
        g_autofree char *text = origin_time_format(&times[i]);
        OriginTime time = origin_time_parse(text);

        g_assert_true(origin_time_equal(&time, &times[i]));
    }
}

static gboolean
is_that_file(const Fixture *self, const char *boot)
{
    g_autoptr(Origin) present = origin_of(self->path);

    return present && origin_is_file(self->origin, boot, present);
}

/* A file that is written to is still the same file; another one of its name is not. */
static void
test_file(Fixture *self, G_GNUC_UNUSED gconstpointer data)
{
    g_assert_true(is_that_file(self, self->boot));
    overwrite(self->path);
    g_assert_true(is_that_file(self, self->boot));
    self->origin->device++;
    g_assert_false(is_that_file(self, self->boot));
    g_assert_true(is_that_file(self, "another run"));
    exchanged(self);
    g_assert_false(is_that_file(self, "another run"));
    g_assert_cmpint(unlink(self->path), ==, 0);
    g_assert_false(is_that_file(self, self->boot));
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add("/origin/untouched", Fixture, NULL, set_up, test_untouched, tear_down);
    for (gsize i = 0; i < G_N_ELEMENTS(changes); i++)
        g_test_add(changes[i].name, Fixture, GSIZE_TO_POINTER(i), set_up, test_changed, tear_down);
    g_test_add("/origin/old-mapping", Fixture, NULL, set_up, test_old_mapping, tear_down);
    g_test_add("/origin/too-fresh", Fixture, NULL, set_up, test_too_fresh, tear_down);
    g_test_add("/origin/file", Fixture, NULL, set_up, test_file, tear_down);
    g_test_add_func("/origin/times", test_times);
    return g_test_run();
}
