/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "image/save-image.h"
#include "import/import-files.h"
#include "import/import-items.h"
#include "import/import-journal.h"
#include "import/import-settings.h"
#include "import/import-work.h"
#include "snapshot/apply-frozen.h"
#include "tests/unit/harness.h"
#include "util/fd.h"

/* Parts of an import that need no hypervisor: its settings, its journal, and the description in a
 * memory state. */

/* --- place ---------------------------------------------------------------------- */

/* The paths are made canonical once, by whatever way they are given; an empty one is refused later,
 * and does not become the working directory. */
static void
test_place(void)
{
    g_autofree char *here = g_get_current_dir();
    g_autofree char *below = g_build_filename(here, "new", NULL);
    g_autofree char *export = g_build_filename(here, "x", NULL);
    ImportWork *work = import_work_new("./y/../x", "./new/", import_settings_new());
    ImportWork *empty = import_work_new("/x", "", import_settings_new());

    g_assert_cmpstr(work->path, ==, export);
    g_assert_cmpstr(work->directory, ==, below);
    g_assert_cmpstr(empty->directory, ==, "");
    job_work_unref(&work->parent);
    job_work_unref(&empty->parent);
}

/* --- settings ----------------------------------------------------------------- */

static void
test_settings(void)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(ImportSettings) settings = import_settings_parse(
        "<importsettings><rename from='a=b' to='c'/><suffix>.new</suffix><trust>hostdev</trust>"
        "<domain>a</domain><newUuid>\n yes </newUuid><mac> new </mac><snapshots>true</snapshots>"
        "<bandwidth>1000</bandwidth><parallel>3</parallel></importsettings>",
        &error);
    g_autoptr(ImportSettings) in_place = import_settings_parse(
        "<importsettings><inPlace>yes</inPlace></importsettings>", &error);
    g_autofree char *in_place_text = in_place ? import_settings_format(in_place) : NULL;
    g_autofree char *text = settings ? import_settings_format(settings) : NULL;
    g_autoptr(ImportSettings) again = text ? import_settings_parse(text, &error) : NULL;
    g_autofree char *same = again ? import_settings_format(again) : NULL;
    g_autofree char *renamed = NULL;
    g_autofree char *suffixed = NULL;

    g_assert_no_error(error);
    g_assert_cmpstr(text, ==, same);
    g_assert_nonnull(in_place_text);
    g_assert_nonnull(strstr(in_place_text, "<inPlace>yes</inPlace>"));
    g_assert_true(again->new_uuid && again->new_mac && again->with_snapshots && again->define);
    g_assert_cmpuint(again->bandwidth, ==, 1000);
    g_assert_cmpuint(again->parallel, ==, 3);
    g_assert_true(import_settings_wants(again, "a"));
    g_assert_false(import_settings_wants(again, "b"));
    renamed = import_settings_name(again, "a=b");
    suffixed = import_settings_name(again, "b");
    g_assert_cmpstr(renamed, ==, "c");
    g_assert_cmpstr(suffixed, ==, "b.new");
}

static void
test_settings_refused(void)
{
    static const char *const texts[] = {
        "<importsettings><unknown/></importsettings>",
        "<importsettings><mac>other</mac></importsettings>",
        "<importsettings><parallel>65</parallel></importsettings>",
        "<importsettings><define>no</define><start>yes</start></importsettings>",
        "<importsettings><define>no</define><snapshots>yes</snapshots></importsettings>",
        "<importsettings><inPlace>yes</inPlace><define>no</define></importsettings>",
        "<importsettings><inPlace>yes</inPlace><snapshots>yes</snapshots></importsettings>",
        "<importsettings><rename from='a' to='x&#10;y'/></importsettings>",
        "<importsettings",
        "<exportsettings/>",
    };

    for (gsize i = 0; i < G_N_ELEMENTS(texts); i++) {
        g_autoptr(GError) error = NULL;

        g_assert_null(import_settings_parse(texts[i], &error));
        g_assert_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_INVALID_PARAMETER);
    }
}

static void
test_renames(void)
{
    static const char *const refused[] = {"a", "=b", "a=", "a=x\ny"};
    g_autoptr(ImportSettings) settings = import_settings_new();
    g_autoptr(GError) none = NULL;

    g_assert_true(import_settings_rename(settings, "a=b=c", &none));
    g_assert_cmpstr(g_hash_table_lookup(settings->renames, "a"), ==, "b=c");
    for (gsize i = 0; i < G_N_ELEMENTS(refused); i++) {
        g_autoptr(GError) error = NULL;

        g_assert_false(import_settings_rename(settings, refused[i], &error));
        g_assert_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_INVALID_PARAMETER);
    }
}

/* --- the journal ---------------------------------------------------------------- */

typedef struct {
    Scratch *directory;
    char *path;
    int fd;
    ManifestFile *from;
    ImportPlan *plan;
} JournalFixture;

static void
set_up(JournalFixture *f, gconstpointer data)
{
    g_autoptr(ImportSettings) settings = import_settings_new();
    ImportFile *file = g_new0(ImportFile, 1);

    f->directory = scratch_new();
    f->path = g_build_filename(f->directory, "journal", NULL);
    f->fd = open(f->path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    f->from = manifest_file_new();
    f->from->path = g_strdup("layers/x.qcow2");
    f->from->bytes = 3 * DIGEST_SEGMENT;
    f->plan = import_plan_new(settings, "/to/c/s");
    file->from = f->from;
    file->path = g_strdup("layers/x.qcow2");
    g_ptr_array_add(f->plan->files, file);
}

static void
tear_down(JournalFixture *f, gconstpointer data)
{
    import_plan_free(f->plan);
    manifest_file_free(f->from);
    close(f->fd);
    g_free(f->path);
    scratch_free(f->directory);
}

static ImportJournal *
journal_again(JournalFixture *f, gboolean resume)
{
    g_autoptr(GError) error = NULL;
    ImportJournal *journal = import_journal_open(f->fd, f->plan, resume, &error);

    g_assert_no_error(error);

    return journal;
}

static void
add_lines(JournalFixture *f, const char *text)
{
    g_autoptr(GError) error = NULL;
    off_t end = lseek(f->fd, 0, SEEK_END);

    g_assert_true(fd_pwrite_all(f->fd, text, strlen(text), (guint64)end, "journal", &error));
}

#define NODE "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

/* The journal counts up to the first line that is not complete, which was being written. */
static void
test_journal_read(JournalFixture *f, gconstpointer data)
{
    static const struct {
        const char *lines;
        guint segments;
        gboolean finished;
    } table[] = {
        {"", 0, FALSE},
        {"s 0 0 " NODE "\n", 1, FALSE},
        {"s 0 2 " NODE "\ns 0 1 " NODE "\n", 2, FALSE},
        {"s 0 2 " NODE "\nr 0\n", 0, FALSE},
        {"s 0 0 " NODE "\ns 0 1 " NODE "\np 0\n", 1, FALSE},
        {"s 0 0 " NODE "\nf 0\n", 1, TRUE},
        {"s 0 0 " NODE "\nf 0\np 0\n", 0, FALSE},
        {"s 0 0 " NODE "\ns 0 1 0123", 1, FALSE},
        {"s 0 0 " NODE "\ns 0 3 " NODE "\nf 0\n", 1, FALSE},
        {"s 0 0 " NODE "\nf 1\nf 0\n", 1, FALSE},
        {"s 0 0 " NODE "\nx\nf 0\n", 1, FALSE},
        {"s 0 -1 " NODE "\n", 0, FALSE},
        {"s 0 0 " NODE "0\n", 0, FALSE},
        {"s\n\ns 0 0 " NODE "\n", 0, FALSE},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(table); i++) {
        g_autoptr(ImportJournal) again = NULL;

        import_journal_free(journal_again(f, FALSE));
        add_lines(f, table[i].lines);
        again = journal_again(f, TRUE);
        g_assert_cmpuint(import_journal_segments(again, 0)->len, ==, table[i].segments);
        g_assert_cmpint(import_journal_is_finished(again, 0), ==, table[i].finished);
        g_assert_cmpint(ftruncate(f->fd, 0), ==, 0);
    }
}

/* The journal of another plan is not used. */
static void
test_journal_of_another(JournalFixture *f, gconstpointer data)
{
    g_autoptr(ImportJournal) again = NULL;

    import_journal_free(journal_again(f, FALSE));
    add_lines(f, "s 0 0 " NODE "\n");
    f->from->bytes++;
    again = journal_again(f, TRUE);
    g_assert_false(import_journal_continues(again));
    g_assert_cmpuint(import_journal_segments(again, 0)->len, ==, 0);
}

/* Nor is one that somebody has written elsewhere, though he knows what is to be imported, and where
 * to. */
static void
test_journal_of_a_stranger(JournalFixture *f, gconstpointer data)
{
    g_autofree char *state = g_strdup(g_getenv("VIRTSNAP_STATE_DIR"));
    g_autofree char *elsewhere = g_build_filename(f->directory, "elsewhere", NULL);
    g_autoptr(ImportJournal) own = NULL;
    g_autoptr(ImportJournal) again = NULL;

    g_setenv("VIRTSNAP_STATE_DIR", elsewhere, TRUE);
    import_journal_free(journal_again(f, FALSE));
    add_lines(f, "s 0 0 " NODE "\nf 0\n");
    own = journal_again(f, TRUE);
    g_assert_true(import_journal_is_finished(own, 0));
    if (state)
        g_setenv("VIRTSNAP_STATE_DIR", state, TRUE);
    else
        g_unsetenv("VIRTSNAP_STATE_DIR");
    again = journal_again(f, TRUE);
    g_assert_false(import_journal_continues(again));
    g_assert_false(import_journal_is_finished(again, 0));
}

/* Without a digest another file of the same name and size is told by which one it is. */
static void
test_journal_of_another_file(JournalFixture *f, gconstpointer data)
{
    ImportFile *file = g_ptr_array_index(f->plan->files, 0);
    g_autoptr(ImportJournal) same = NULL;
    g_autoptr(ImportJournal) other = NULL;

    file->identity = g_strdup("1:2 3.4");
    import_journal_free(journal_again(f, FALSE));
    add_lines(f, "s 0 0 " NODE "\n");
    same = journal_again(f, TRUE);
    g_assert_cmpuint(import_journal_segments(same, 0)->len, ==, 1);
    g_free(file->identity);
    file->identity = g_strdup("1:3 3.4");
    other = journal_again(f, TRUE);
    g_assert_false(import_journal_continues(other));
}

/* --- what an earlier run has left --------------------------------------------------- */

static void
assert_content(const JournalFixture *f, const char *name, const char *wanted)
{
    g_autofree char *path = g_build_filename(f->directory, name, NULL);
    g_autoptr(GBytes) bytes = read_file(path);

    g_assert_cmpmem(g_bytes_get_data(bytes, NULL), g_bytes_get_size(bytes), wanted,
                    strlen(wanted));
}

/* The description in a memory state has what is made up in each run, as a new UUID: one that an
 * earlier run has finished gets that of this run. */
static void
test_head_again(JournalFixture *f, gconstpointer data)
{
    ImportFile *file = g_ptr_array_index(f->plan->files, 0);
    g_autofree char *path = g_build_filename(f->directory, "memory", NULL);
    g_autoptr(Control) control = control_new();
    g_autoptr(ImportJournal) journal = NULL;
    g_autoptr(ImportJournal) again = NULL;
    g_autoptr(GError) error = NULL;
    auto_fd dirfd = open(f->directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    write_file(path, "uuid A, memory", -1);
    f->from->bytes = strlen("uuid A, memory");
    g_free(file->path);
    file->path = g_strdup("memory");
    file->head = g_bytes_new_static("uuid B", 6);
    import_journal_free(journal_again(f, FALSE));
    add_lines(f, "s 0 0 " NODE "\nf 0\n");
    journal = journal_again(f, TRUE);
    g_assert_true(import_journal_is_finished(journal, 0));
    g_assert_true(import_items_move(f->plan, NULL, dirfd, journal, control, NULL, &error));
    g_assert_no_error(error);
    assert_content(f, "memory", "uuid B, memory");
    again = journal_again(f, TRUE);
    g_assert_true(import_journal_is_finished(again, 0));
}

/* Another plan makes other images, too. */
static void
test_journal_of_other_overlays(JournalFixture *f, gconstpointer data)
{
    ImportOverlay *overlay = g_new0(ImportOverlay, 1);
    g_autoptr(ImportJournal) same = NULL;
    g_autoptr(ImportJournal) other = NULL;

    overlay->path = g_strdup("domains/web/vda.qcow2");
    g_ptr_array_add(f->plan->overlays, overlay);
    import_journal_free(journal_again(f, FALSE));
    add_lines(f, "s 0 0 " NODE "\n");
    same = journal_again(f, TRUE);
    g_assert_true(import_journal_continues(same));
    g_ptr_array_set_size(f->plan->overlays, 0);
    other = journal_again(f, TRUE);
    g_assert_false(import_journal_continues(other));
}

static void
test_cleared(JournalFixture *f, gconstpointer data)
{
    g_autofree char *script =
        g_strdup_printf("cd '%s' && mkdir -p layers domains/db && touch volumes .import "
                        "layers/db.qcow2 domains/db/nvram.fd",
                        f->directory);
    g_autofree char *left = NULL;
    g_autoptr(GError) error = NULL;
    auto_fd dirfd = open(f->directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    g_free(run("sh", "-c", script, NULL));
    g_assert_true(import_files_clear(dirfd, &error));
    g_assert_no_error(error);
    left = run("ls", "-A", f->directory, NULL);
    g_assert_cmpstr(left, ==, "journal\nvolumes\n");
}

/* --- times ------------------------------------------------------------------------- */

static struct stat
stat_of(JournalFixture *f)
{
    g_autofree char *path = g_build_filename(f->directory, "layers/x.qcow2", NULL);
    struct stat st;

    g_assert_cmpint(stat(path, &st), ==, 0);

    return st;
}

/* Ends the import of a layer that was complete an hour later than the overlay above it. */
static void
close_late(JournalFixture *f)
{
    g_autofree char *script = g_strdup_printf("cd '%s' && mkdir -p layers && touch layers/over && "
                                              "touch -d '+1 hour' layers/x.qcow2",
                                              f->directory);
    auto_fd dirfd = open(f->directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    g_autoptr(GError) error = NULL;

    g_free(run("sh", "-c", script, NULL));
    g_assert_true(import_files_close(f->plan, dirfd, NULL, &error));
    g_assert_no_error(error);
}

static void
add_origin(JournalFixture *f, gint64 seconds)
{
    Origin *origin = g_new0(Origin, 1);

    origin->modified = (OriginTime){seconds, 7};
    g_ptr_array_add(f->from->origins, origin);
}

/* A layer is as old as the images that it is of; what is not known, or was after the import began,
 * is taken for the beginning of the import. */
static void
test_times(JournalFixture *f, gconstpointer data)
{
    static const struct {
        OriginTime written;
        gint64 origins[2];
        gint64 is; /* 0: the beginning of the import */
    } table[] = {
        {{1000, 5}, {0, 0}, 1000},
        {{5000, 5}, {1000, 2000}, 2000},
        {{5000, 5}, {3000, 2000}, 3000},
        {{0, 0}, {0, 0}, 0},
        {{-5, 0}, {0, 0}, 0},
        {{1000, 1999999999}, {0, 0}, 0},
        {{999999999999999999, 0}, {0, 0}, 0},
        {{1000, 5}, {999999999999999999, 2000}, 0},
    };
    const gint64 begun = g_get_real_time() / G_USEC_PER_SEC - 1;

    f->from->format = g_strdup("qcow2");
    for (gsize i = 0; i < G_N_ELEMENTS(table); i++) {
        f->from->written = table[i].written;
        g_ptr_array_set_size(f->from->origins, 0);
        for (gsize j = 0; j < 2 && table[i].origins[j] != 0; j++)
            add_origin(f, table[i].origins[j]);
        close_late(f);
        g_test_message("row %zu", i);
        if (table[i].is != 0) {
            g_assert_cmpint(stat_of(f).st_mtim.tv_sec, ==, table[i].is);
            continue;
        }
        g_assert_cmpint(stat_of(f).st_mtim.tv_sec, >=, begun);
        g_assert_cmpint(stat_of(f).st_mtim.tv_sec, <=, g_get_real_time() / G_USEC_PER_SEC);
    }
}

/* The one that a snapshot froze is not taken for written to since. */
static void
test_times_of_frozen(JournalFixture *f, gconstpointer data)
{
    g_autofree char *base = g_build_filename(f->directory, "layers/x.qcow2", NULL);
    g_autofree char *overlay = g_build_filename(f->directory, "layers/over", NULL);
    const SnapshotDef def = {.name = "s", .creation_time = 1000};
    const DiskDef disk = {.overlay = overlay};
    Layer layer = {.path = base};
    g_autoptr(GPtrArray) warnings = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GError) error = NULL;

    f->from->format = g_strdup("qcow2");
    close_late(f);
    layer.inode = stat_of(f).st_ino;
    layer.mtime = stat_of(f).st_mtim.tv_sec;
    g_assert_true(apply_frozen_check(&def, &disk, &layer, warnings, &error));
    g_assert_no_error(error);
}

/* What an import has reverted to an internal snapshot was written to by the import; who is to find
 * that a memory state is none of the snapshot's time finds that one is not later than the disks. */
static void
test_times_of_others(JournalFixture *f, gconstpointer data)
{
    ImportFile *file = g_ptr_array_index(f->plan->files, 0);
    const gint64 soon = g_get_real_time() / G_USEC_PER_SEC + 1800;

    close_late(f);
    g_assert_cmpint(stat_of(f).st_mtim.tv_sec, >, soon);
    f->from->format = g_strdup("qcow2");
    f->from->written = (OriginTime){1000, 0};
    file->snapshot = g_strdup("s");
    close_late(f);
    g_assert_cmpint(stat_of(f).st_mtim.tv_sec, >, soon);
    g_clear_pointer(&file->snapshot, g_free);
    g_clear_pointer(&f->from->format, g_free);
    f->from->role = g_strdup("memory");
    close_late(f);
    g_assert_cmpint(stat_of(f).st_mtim.tv_sec, <, soon);
}

/* --- memory states ---------------------------------------------------------------- */

static void
patch_one(const char *path, const char *xml, gboolean fits)
{
    g_autoptr(GError) error = NULL;
    auto_fd fd = open(path, O_RDONLY | O_CLOEXEC);
    g_autoptr(GBytes) head = save_image_patch(fd, xml, path, &error);
    g_autoptr(GBytes) whole = read_file(path);
    g_autofree char *copy = NULL;
    g_autofree char *read = NULL;
    gsize length = g_bytes_get_size(whole);
    gsize head_length;
    const guint8 *head_data;
    auto_fd patched = -1;

    if (!fits) {
        g_assert_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_NOT_SUPPORTED);
        return;
    }
    g_assert_no_error(error);
    head_data = g_bytes_get_data(head, &head_length);
    g_assert_cmpuint(head_length, <, length);
    copy = g_memdup2(g_bytes_get_data(whole, NULL), length);
    memcpy(copy, head_data, head_length);
    write_file("patched", copy, (gssize)length);
    patched = open("patched", O_RDONLY | O_CLOEXEC);
    read = save_image_xml(patched, "patched", &error);
    g_assert_no_error(error);
    g_assert_cmpstr(read, ==, xml);
}

/* In both byte orders, with a cookie and without; the memory behind it is where it was. */
static void
test_memory_patched(void)
{
    static const char *const names[] = {"plain", "big-endian", "cookie", "padded"};
    const char *short_xml = "<domain/>";
    g_autofree char *long_xml = g_strnfill(1 << 20, 'x');

    for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
        g_autofree char *name = g_build_filename("save-image", names[i], NULL);
        g_autofree char *path = data_path(name);

        patch_one(path, short_xml, TRUE);
        patch_one(path, long_xml, FALSE);
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);

    g_test_add_func("/import/place", test_place);
    g_test_add_func("/import/settings", test_settings);
    g_test_add_func("/import/settings-refused", test_settings_refused);
    g_test_add_func("/import/renames", test_renames);
    g_test_add("/import/journal", JournalFixture, NULL, set_up, test_journal_read, tear_down);
    g_test_add("/import/journal-of-another", JournalFixture, NULL, set_up,
               test_journal_of_another, tear_down);
    g_test_add("/import/journal-of-a-stranger", JournalFixture, NULL, set_up,
               test_journal_of_a_stranger, tear_down);
    g_test_add("/import/journal-of-another-file", JournalFixture, NULL, set_up,
               test_journal_of_another_file, tear_down);
    g_test_add("/import/journal-of-other-overlays", JournalFixture, NULL, set_up,
               test_journal_of_other_overlays, tear_down);
    g_test_add("/import/head-again", JournalFixture, NULL, set_up, test_head_again, tear_down);
    g_test_add("/import/cleared", JournalFixture, NULL, set_up, test_cleared, tear_down);
    g_test_add("/import/times", JournalFixture, NULL, set_up, test_times, tear_down);
    g_test_add("/import/times-of-frozen", JournalFixture, NULL, set_up, test_times_of_frozen,
               tear_down);
    g_test_add("/import/times-of-others", JournalFixture, NULL, set_up, test_times_of_others,
               tear_down);
    g_test_add_func("/import/memory-patched", test_memory_patched);

    return g_test_run();
}
