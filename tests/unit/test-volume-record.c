/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "import/import-volumes-free.h"
#include "import/import-volumes.h"
#include "import/own-record.h"
#include "tests/unit/harness.h"
#include "util/error.h"

/* --- the document ----------------------------------------------------------------- */

static void
test_written_and_read(void)
{
    g_autoptr(VolumeRecord) record = volume_record_new("my \"pool\" & co");
    g_autoptr(VolumeRecord) same = NULL;
    g_autoptr(GError) error = NULL;
    g_autofree char *text = NULL;
    g_autofree char *again = NULL;
    RecordedVolume *volume;

    record->directory = g_strdup("/to/c & d");
    volume_record_add(record, "/pool/a & <b>", 1024);
    volume_record_add(record, "/pool/ c\n", 0);
    volume = g_ptr_array_index(record->all, 1);
    volume->id = (OriginId){7, G_MAXUINT64, {5, 6}};
    text = volume_record_format(record);
    same = volume_record_parse(text, strlen(text), &error);
    g_assert_no_error(error);
    again = volume_record_format(same);
    g_assert_cmpstr(text, ==, again);
    g_assert_cmpstr(same->pool, ==, record->pool);
    volume = g_ptr_array_index(same->all, 1);
    g_assert_cmpstr(volume->path, ==, "/pool/ c\n");
    g_assert_cmpuint(volume->id.inode, ==, G_MAXUINT64);
    g_assert_cmpuint(volume->id.born.nanoseconds, ==, 6);
    g_assert_cmpstr(same->boot, ==, record->boot);
}

static void
test_corpus(gconstpointer data)
{
    gboolean valid = g_str_equal(data, "volumes/valid");
    g_autoptr(GPtrArray) files = corpus(data);

    for (guint i = 0; i < files->len; i++) {
        g_autoptr(GBytes) bytes = read_file(g_ptr_array_index(files, i));
        g_autoptr(GError) error = NULL;
        g_autoptr(VolumeRecord) record = volume_record_parse(g_bytes_get_data(bytes, NULL),
                                                             g_bytes_get_size(bytes), &error);

        g_test_message("%s", (const char *)g_ptr_array_index(files, i));
        g_assert_cmpint(record != NULL, ==, valid);
        if (valid)
            continue;
        g_assert_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_CORRUPT);
        g_assert_nonnull(strstr(error->message, "remove its volumes"));
    }
}

/* --- what it has removed ------------------------------------------------------------ */

typedef struct {
    char *directory;
    int fd;
    VolumeRecord *record; /* of the volumes "mine" and "other" in @directory */
} Fixture;

static void
make_file(const char *directory, const char *name, const char *text)
{
    g_autofree char *path = g_build_filename(directory, name, NULL);

    write_file(path, text, -1);
}

static gboolean
is_there(const Fixture *self, const char *name)
{
    return faccessat(self->fd, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

static void
add_file(Fixture *self, const char *name)
{
    g_autofree char *path = g_build_filename(self->directory, name, NULL);
    RecordedVolume *volume;

    make_file(self->directory, name, "data");
    volume_record_add(self->record, path, 4);
    volume = g_ptr_array_index(self->record->all, self->record->all->len - 1);
    g_assert_true(origin_id_of(AT_FDCWD, path, &volume->id));
}

static void
set_up(Fixture *self, gconstpointer data)
{
    self->directory = scratch_new();
    self->fd = open(self->directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    g_assert_cmpint(self->fd, >=, 0);
    self->record = volume_record_new("disks");
    add_file(self, "mine");
    add_file(self, "other");
}

static void
tear_down(Fixture *self, gconstpointer data)
{
    close(self->fd);
    scratch_free(self->directory);
    volume_record_free(self->record);
}

/* Returns: the name of the record, owned by the caller. */
static char *
write_record(const Fixture *self)
{
    g_autofree char *text = volume_record_format(self->record);
    char *id = own_record_new();
    g_autofree char *mark = own_record_mark(id);
    g_autoptr(GError) error = NULL;

    g_assert_true(own_record_write(id, text, &error));
    make_file(self->directory, "volumes", mark);

    return id;
}

static void
assert_removed(const Fixture *self)
{
    g_autoptr(GError) error = NULL;

    g_free(write_record(self));
    g_assert_true(import_volumes_remove(self->fd, NULL, &error));
    g_assert_no_error(error);
    g_assert_false(is_there(self, "mine") || is_there(self, "other"));
    g_assert_false(is_there(self, "volumes"));
}

static void
test_removed(Fixture *self, gconstpointer data)
{
    assert_removed(self);
}

/* Then devices may have other numbers. */
static void
test_removed_after_restart(Fixture *self, gconstpointer data)
{
    for (guint i = 0; i < self->record->all->len; i++)
        ((RecordedVolume *)g_ptr_array_index(self->record->all, i))->id.device++;
    g_free(self->record->boot);
    self->record->boot = g_strdup("an earlier run");
    assert_removed(self);
}

/* A volume that was not recorded as made is removed only while it has nothing in it. */
static void
test_not_ours(Fixture *self, gconstpointer data)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *id = NULL;
    RecordedVolume *mine = g_ptr_array_index(self->record->all, 0);

    mine->id = (OriginId){0};
    id = write_record(self);
    g_assert_true(import_volumes_remove(self->fd, NULL, &error));
    g_assert_no_error(error);
    g_assert_true(is_there(self, "mine"));
    g_assert_false(is_there(self, "other"));
}

static void
assert_nothing_removed(const Fixture *self, gint code)
{
    g_autoptr(GError) error = NULL;

    g_assert_false(import_volumes_remove(self->fd, NULL, &error));
    g_assert_error(error, VIRT_SNAP_ERROR, code);
    g_assert_true(is_there(self, "mine") && is_there(self, "other") && is_there(self, "volumes"));
}

/* Another file of that name may be somebody else's: nothing is removed, and the record stays. */
static void
test_not_known(Fixture *self, gconstpointer data)
{
    RecordedVolume *other = g_ptr_array_index(self->record->all, 1);
    const OriginId id = other->id;
    const OriginId others[] = {
        {id.device, id.inode + 1, id.born},
        {id.device + 1, id.inode, id.born},
        {id.device, id.inode, {id.born.seconds + 1, 0}},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(others); i++) {
        g_autofree char *name = NULL;

        other->id = others[i];
        name = write_record(self);
        assert_nothing_removed(self, VIRT_SNAP_ERROR_INVALID_STATE);
    }
}

static void
test_second_name(Fixture *self, gconstpointer data)
{
    g_free(write_record(self));
    g_assert_cmpint(linkat(self->fd, "other", self->fd, "second", 0), ==, 0);
    assert_nothing_removed(self, VIRT_SNAP_ERROR_INVALID_STATE);
}

/* A record that cannot be trusted removes nothing, and is not removed itself. */
static void
test_kept(Fixture *self, gconstpointer data)
{
    static const char *const damaged[] = {"<volumes/>", "<volumes", "x"};

    for (gsize i = 0; i < G_N_ELEMENTS(damaged); i++) {
        g_autofree char *id = write_record(self);
        g_autoptr(GError) error = NULL;

        g_assert_true(own_record_write(id, damaged[i], &error));
        assert_nothing_removed(self, VIRT_SNAP_ERROR_CORRUPT);
    }
}

/* Nor does one that is where the import goes, and not among this host's: somebody may have put it
 * there who wants to be rid of a file. */
static void
test_planted(Fixture *self, gconstpointer data)
{
    g_autofree char *text = volume_record_format(self->record);
    g_autofree char *unknown = own_record_mark("ef861801-45b9-11cb-88e3-afbfe5370491");
    const char *const marks[] = {text, unknown, ""};

    for (gsize i = 0; i < G_N_ELEMENTS(marks); i++) {
        make_file(self->directory, "volumes", marks[i]);
        assert_nothing_removed(self, VIRT_SNAP_ERROR_ACCESS_DENIED);
    }
}

/* A symbolic link would lead to another record. */
static void
test_link(Fixture *self, gconstpointer data)
{
    g_free(write_record(self));
    g_assert_cmpint(renameat(self->fd, "volumes", self->fd, "elsewhere"), ==, 0);
    g_assert_cmpint(symlinkat("elsewhere", self->fd, "volumes"), ==, 0);
    assert_nothing_removed(self, VIRT_SNAP_ERROR_ACCESS_DENIED);
}

/* Where the directory of an import is gone, by which its volumes would have been removed, they are
 * told of, and stay. */
static void
test_directory_gone(Fixture *self, gconstpointer data)
{
    g_autofree char *gone = g_build_filename(self->directory, "new", NULL);
    g_autofree char *path = g_build_filename(self->directory, "mine", NULL);
    g_autoptr(ImportSettings) settings = import_settings_new();
    g_autoptr(ImportPlan) plan = NULL;
    g_autoptr(GError) error = NULL;
    g_autofree char *id = NULL;
    ImportOverlay *overlay = g_new0(ImportOverlay, 1);

    self->record->directory = g_strdup(gone);
    id = write_record(self);
    settings->pool = g_strdup("disks");
    plan = import_plan_new(settings, "/to/c/s");
    plan->pool = g_strdup(self->directory);
    overlay->path = g_strdup(path);
    g_ptr_array_add(plan->overlays, overlay);
    g_assert_false(import_volumes_check_free(plan, &error));
    g_assert_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_ALREADY_EXISTS);
    g_assert_nonnull(strstr(error->message, gone));
    import_volumes_warn_left(plan);
    g_assert_cmpuint(plan->warnings->len, ==, 1);
    g_assert_nonnull(strstr(g_ptr_array_index(plan->warnings, 0), "'mine', 'other'"));
    /* As long as it is there the next import into it removes them. */
    g_assert_cmpint(mkdirat(self->fd, ".new.partial", 0700), ==, 0);
    import_volumes_warn_left(plan);
    g_assert_cmpuint(plan->warnings->len, ==, 1);
    g_assert_true(is_there(self, "mine") && is_there(self, "other"));
    own_record_drop(id);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/volume-record/written-and-read", test_written_and_read);
    g_test_add_data_func("/volume-record/valid", "volumes/valid", test_corpus);
    g_test_add_data_func("/volume-record/invalid", "volumes/invalid", test_corpus);
    g_test_add_data_func("/volume-record/refused", "volumes/refused", test_corpus);
    g_test_add("/volume-record/removed", Fixture, NULL, set_up, test_removed, tear_down);
    g_test_add("/volume-record/removed-after-restart", Fixture, NULL, set_up,
               test_removed_after_restart, tear_down);
    g_test_add("/volume-record/not-known", Fixture, NULL, set_up, test_not_known, tear_down);
    g_test_add("/volume-record/second-name", Fixture, NULL, set_up, test_second_name, tear_down);
    g_test_add("/volume-record/not-ours", Fixture, NULL, set_up, test_not_ours, tear_down);
    g_test_add("/volume-record/kept", Fixture, NULL, set_up, test_kept, tear_down);
    g_test_add("/volume-record/directory-gone", Fixture, NULL, set_up, test_directory_gone,
               tear_down);
    g_test_add("/volume-record/planted", Fixture, NULL, set_up, test_planted, tear_down);
    g_test_add("/volume-record/link", Fixture, NULL, set_up, test_link, tear_down);

    return g_test_run();
}
