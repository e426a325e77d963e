/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "export/export-work.h"
#include "job/job-record.h"
#include "job/job.h"
#include "library/verbs.h"
#include "tests/unit/harness.h"
#include "tests/unit/lost-writes.h"
#include "util/fd.h"

static char *
add(GPtrArray *texts, const char *text)
{
    g_ptr_array_add(texts, g_strdup(text));

    return NULL;
}

static JobWork *
some_work(void)
{
    VirtSnapExportSettings *settings = virt_snap_export_settings_new();
    ExportPlace *place = export_place_new("/backup/ä", NULL, "night", TRUE);

    settings->bandwidth = 4096;

    return &export_work_new("web", NULL, place, settings)->parent;
}

static JobInfo *
some_info(void)
{
    JobInfo *info = job_info_new();
    JobDisk *disk = job_disk_new("web & co", "vda", "/a <b>.qcow2");

    info->id = g_strdup("virtsnap:1");
    info->name = g_strdup("Export of web, night");
    info->owner = g_strdup("root");
    info->type = JOB_TYPE_EXPORT;
    info->state = JOB_STATE_RUNNING;
    info->percent = 42;
    info->submitted = 1;
    info->started = 2;
    info->changed = 3;
    info->time_before_removal = 600;
    info->figures = (JobFigures){JOB_BLOCK_TYPE_BACKUP, 4096, 42, 100};
    disk->figures.cur = 7;
    disk->figures.end = G_MAXINT64;
    g_ptr_array_add(info->disks, disk);
    add(info->warnings, "beware");
    info->work = some_work();
    info->report = job_report_new();
    info->report->directory = g_strdup("/backup/ä/web/night");
    add(info->report->disks, "layers/a-00000000.qcow2");

    return info;
}

static void
test_round_trip(void)
{
    g_autoptr(JobRecord) record = job_record_new(7, 1000, some_info());
    g_autofree char *text = job_record_format(record);
    g_autoptr(GError) error = NULL;
    g_autoptr(JobRecord) again = job_record_parse(text, strlen(text), &error);
    g_autofree char *text_again = NULL;
    const ExportWork *work;
    const JobDisk *disk;

    g_assert_no_error(error);
    text_again = job_record_format(again);
    g_assert_cmpstr(text_again, ==, text);
    g_assert_cmpuint(again->number, ==, 7);
    g_assert_cmpuint(again->uid, ==, 1000);
    g_assert_cmpuint(again->info->state, ==, JOB_STATE_RUNNING);
    g_assert_true(again->info->cancellable);
    g_assert_cmpuint(again->info->figures.cur, ==, 42);
    g_assert_true(again->info->work->type == &export_work_type);
    work = (const ExportWork *)again->info->work;
    g_assert_cmpstr(work->place->directory, ==, "/backup/ä");
    g_assert_cmpuint(work->settings->bandwidth, ==, 4096);
    disk = g_ptr_array_index(again->info->disks, 0);
    g_assert_cmpstr(disk->path, ==, "/a <b>.qcow2");
    g_assert_cmpuint(disk->figures.end, ==, G_MAXINT64);
    g_assert_cmpuint(again->info->report->disks->len, ==, 1);
    g_assert_cmpstr(g_ptr_array_index(again->info->warnings, 0), ==, "beware");
}

/* What is counted in bytes may be as large as a caller says: SetSpeed takes any 64 bits. */
static void
test_largest_numbers(void)
{
    g_autoptr(JobRecord) record = job_record_new(G_MAXUINT, G_MAXUINT, some_info());
    JobDisk *disk = g_ptr_array_index(record->info->disks, 0);
    g_autoptr(JobRecord) again = NULL;
    g_autoptr(GError) error = NULL;
    g_autofree char *text = NULL;

    record->info->figures =
        (JobFigures){JOB_BLOCK_TYPE_BACKUP, G_MAXUINT64, G_MAXUINT64 - 1, G_MAXUINT64 - 2};
    record->info->time_before_removal = G_MAXUINT64 - 3;
    disk->figures.cur = G_MAXUINT64 - 4;
    disk->figures.end = (guint64)G_MAXINT64 + 1;
    text = job_record_format(record);
    again = job_record_parse(text, strlen(text), &error);
    g_assert_no_error(error);
    g_assert_cmpuint(again->number, ==, G_MAXUINT);
    g_assert_cmpuint(again->uid, ==, G_MAXUINT);
    g_assert_cmpuint(again->info->figures.bandwidth, ==, G_MAXUINT64);
    g_assert_cmpuint(again->info->figures.cur, ==, G_MAXUINT64 - 1);
    g_assert_cmpuint(again->info->figures.end, ==, G_MAXUINT64 - 2);
    g_assert_cmpuint(again->info->time_before_removal, ==, G_MAXUINT64 - 3);
    disk = g_ptr_array_index(again->info->disks, 0);
    g_assert_cmpuint(disk->figures.cur, ==, G_MAXUINT64 - 4);
    g_assert_cmpuint(disk->figures.end, ==, (guint64)G_MAXINT64 + 1);
}

static void
put_file(const char *directory, const char *name, const char *text)
{
    g_autofree char *path = g_build_filename(directory, name, NULL);

    g_assert_true(g_file_set_contents(path, text, -1, NULL));
}

static void
save(int fd, guint number)
{
    g_autoptr(JobRecord) record = job_record_new(number, 0, some_info());
    g_autoptr(GError) error = NULL;

    g_assert_true(job_record_save(record, fd, &error));
    g_assert_no_error(error);
}

/* Whenever the machine stops while a record is replaced, the old or the new one is found. */
static void
test_machine_stops(void)
{
    g_autofree char *top = g_dir_make_tmp("recXXXXXX", NULL);
    g_autofree char *directory = g_build_filename(top, "jobs", NULL);
    g_autofree char *aside = g_build_filename(top, "aside", NULL);
    g_autoptr(GError) error = NULL;
    auto_fd fd = job_record_open(directory, &error);
    int status = LOST_STOPPED << 8;
    guint stopped = 0;

    g_assert_no_error(error);
    g_assert_cmpint(g_mkdir(aside, 0700), ==, 0);
    save(fd, 7);
    for (guint step = 1; WEXITSTATUS(status) == LOST_STOPPED; step++) {
        g_autoptr(GPtrArray) problems = NULL;
        g_autoptr(GPtrArray) records = NULL;
        guint last = 0;
        pid_t pid = fork();

        if (pid == 0) {
            lost_at(LOST_ALL, step, directory, aside);
            save(fd, 7);
            _exit(0);
        }
        g_assert_cmpint(waitpid(pid, &status, 0), ==, pid);
        g_assert_true(WIFEXITED(status));
        stopped += WEXITSTATUS(status) == LOST_STOPPED;
        records = job_record_load_all(fd, &last, &problems, &error);
        g_assert_no_error(error);
        g_assert_cmpuint(problems->len, ==, 0);
        g_assert_cmpuint(records->len, ==, 1);
    }
    g_assert_cmpuint(stopped, >=, 2);
}

static void
test_directory(void)
{
    g_autofree char *top = g_dir_make_tmp("recXXXXXX", NULL);
    g_autofree char *directory = g_build_filename(top, "a", "jobs", NULL);
    g_autofree char *wrong = NULL;
    g_autoptr(JobRecord) other = job_record_new(9, 0, some_info());
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) problems = NULL;
    g_autoptr(GPtrArray) records = NULL;
    struct stat st;
    guint last = 0;
    auto_fd fd = job_record_open(directory, &error);

    g_assert_no_error(error);
    g_assert_cmpint(stat(directory, &st), ==, 0);
    g_assert_cmpuint(st.st_mode & 0777, ==, 0700);
    save(fd, 12);
    save(fd, 3);
    save(fd, 4);
    g_assert_true(job_record_remove(4, fd, &error));
    g_assert_true(job_record_remove(4, fd, &error));
    wrong = job_record_format(other);
    put_file(directory, "5.xml", "<job");
    put_file(directory, "6.xml", wrong);
    put_file(directory, "notes.txt", "not ours");
    records = job_record_load_all(fd, &last, &problems, &error);
    g_assert_no_error(error);
    g_assert_cmpuint(records->len, ==, 2);
    g_assert_cmpuint(((JobRecord *)g_ptr_array_index(records, 0))->number, ==, 3);
    g_assert_cmpuint(((JobRecord *)g_ptr_array_index(records, 1))->number, ==, 12);
    g_assert_cmpuint(problems->len, ==, 2);
    g_assert_cmpuint(last, ==, 12);
    g_assert_cmpint(faccessat(fd, "5.xml", F_OK, 0), <, 0);
    g_assert_cmpint(faccessat(fd, "5.xml.corrupt", F_OK, 0), ==, 0);
    g_assert_cmpint(faccessat(fd, "6.xml.corrupt", F_OK, 0), ==, 0);
    g_assert_cmpint(faccessat(fd, "notes.txt", F_OK, 0), ==, 0);
}

/* As the first version wrote it, which knew no other work than exports. */
#define FIRST_RECORD                                                                               \
    "<?xml version=\"1.0\"?>\n<job number=\"7\" uid=\"1000\"><id>virtsnap:1</id>"                \
    "<name>Export of web, night</name><owner>root</owner><type>62</type>"                          \
    "<state>running</state><percent>42</percent><submitted>1</submitted><started>2</started>"      \
    "<changed>3</changed><ended>0</ended><timeBeforeRemoval>300</timeBeforeRemoval>"               \
    "<errorCode>0</errorCode><resumable>no</resumable><bandwidth>4096</bandwidth><cur>42</cur>"    \
    "<end>100</end><subject><uri>qemu:///system</uri><collection>web</collection>"                 \
    "<snapshot>night</snapshot><directory>/backup</directory>"                                     \
    "<settings>&lt;exportsettings/&gt;</settings></subject>"                                       \
    "<disk domain=\"web\" target=\"vda\" path=\"/a\" cur=\"7\" end=\"9\"/></job>\n"

static void
test_first_version(void)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(JobRecord) record = job_record_parse(FIRST_RECORD, strlen(FIRST_RECORD), &error);
    g_autoptr(Job) job = NULL;
    g_autoptr(JobInfo) info = NULL;
    const ExportWork *work;

    g_assert_no_error(error);
    g_assert_cmpuint(record->uid, ==, 1000);
    job = job_restore(record->info);
    info = job_get_info(job);
    g_assert_cmpint(info->state, ==, JOB_STATE_EXCEPTION);
    g_assert_true(info->resumable);
    g_assert_cmpuint(info->type, ==, JOB_TYPE_EXPORT);
    g_assert_cmpuint(info->figures.type, ==, JOB_BLOCK_TYPE_BACKUP);
    g_assert_true(info->work->type == &export_work_type);
    work = (const ExportWork *)info->work;
    g_assert_cmpstr(work->collection, ==, "web");
    g_assert_cmpstr(work->place->snapshot, ==, "night");
    g_assert_cmpstr(work->place->directory, ==, "/backup");
}

/* The record belongs to a later version: it is not changed and its number is not used again, so
 * that version finds it. */
static void
test_later_version(void)
{
    g_autofree char *top = g_dir_make_tmp("recXXXXXX", NULL);
    g_autofree char *file = g_build_filename(top, "31.xml", NULL);
    g_autofree char *now = NULL;
    g_autoptr(JobRecord) record = job_record_new(31, 0, some_info());
    g_autofree char *ours = job_record_format(record);
    g_auto(GStrv) halves = g_strsplit(ours, "work=\"export\"", -1);
    g_autofree char *text = g_strjoinv("work=\"time-travel\" to=\"1985\"", halves);
    g_autoptr(GError) error = NULL;
    auto_fd fd = job_record_open(top, &error);

    g_assert_cmpuint(g_strv_length(halves), ==, 2);
    put_file(top, "31.xml", text);
    save(fd, 7);
    for (int again = 0; again < 2; again++) {
        g_autoptr(GPtrArray) problems = NULL;
        g_autoptr(GPtrArray) records = NULL;
        guint last = 0;

        records = job_record_load_all(fd, &last, &problems, &error);
        g_assert_no_error(error);
        g_assert_cmpuint(records->len, ==, 1);
        g_assert_cmpuint(last, ==, 31);
        g_assert_cmpuint(problems->len, ==, 1);
        g_assert_nonnull(strstr(g_ptr_array_index(problems, 0), "31.xml"));
        g_assert_nonnull(strstr(g_ptr_array_index(problems, 0), "time-travel"));
    }
    g_assert_true(g_file_get_contents(file, &now, NULL, NULL));
    g_assert_cmpstr(now, ==, text);
}

/* An error of the installation is not taken for an error of the record. */
static void
test_no_schema(void)
{
    g_autofree char *top = g_dir_make_tmp("recXXXXXX", NULL);
    g_autofree char *schemas = g_strdup(g_getenv("VIRTSNAP_SCHEMA_DIR"));
    g_autoptr(GPtrArray) problems = NULL;
    g_autoptr(GPtrArray) records = NULL;
    g_autoptr(GError) error = NULL;
    guint last = 0;
    auto_fd fd = job_record_open(top, &error);

    save(fd, 7);
    g_setenv("VIRTSNAP_SCHEMA_DIR", top, TRUE);
    g_assert_null(job_record_load_all(fd, &last, &problems, &error));
    g_setenv("VIRTSNAP_SCHEMA_DIR", schemas, TRUE);
    g_assert_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_FAILED);
    g_assert_nonnull(strstr(error->message, "job.rng"));
    g_clear_error(&error);
    g_clear_pointer(&problems, g_ptr_array_unref);
    records = job_record_load_all(fd, &last, &problems, &error);
    g_assert_no_error(error);
    g_assert_cmpuint(records->len, ==, 1);
    g_assert_cmpuint(problems->len, ==, 0);
}

/* A disk that does not give the content of one file. */
static ino_t unreadable;

ssize_t
pread(int fd, void *data, size_t length, off_t offset)
{
    struct stat st;

    if (unreadable != 0 && fstat(fd, &st) == 0 && st.st_ino == unreadable) {
        errno = EIO;
        return -1;
    }

    return syscall(SYS_pread64, fd, data, length, offset);
}

/* Nor is one that cannot be read now. */
static void
test_unreadable(void)
{
    g_autofree char *top = g_dir_make_tmp("recXXXXXX", NULL);
    g_autoptr(GPtrArray) problems = NULL;
    g_autoptr(GPtrArray) records = NULL;
    g_autoptr(GError) error = NULL;
    struct stat st;
    guint last = 0;
    auto_fd fd = job_record_open(top, &error);

    save(fd, 7);
    save(fd, 9);
    g_assert_cmpint(fstatat(fd, "9.xml", &st, 0), ==, 0);
    unreadable = st.st_ino;
    records = job_record_load_all(fd, &last, &problems, &error);
    unreadable = 0;
    g_assert_no_error(error);
    g_assert_cmpuint(records->len, ==, 1);
    g_assert_cmpuint(last, ==, 9);
    g_assert_cmpuint(problems->len, ==, 1);
    g_assert_nonnull(strstr(g_ptr_array_index(problems, 0), "9.xml"));
    g_assert_cmpint(faccessat(fd, "9.xml", F_OK, 0), ==, 0);
}

static void
test_no_directory(void)
{
    g_autoptr(GError) error = NULL;

    g_assert_cmpint(job_record_open("/dev/null/jobs", &error), <, 0);
    g_assert_nonnull(strstr(error->message, "/dev/null/jobs"));
}

/* Jobs, the queue and the service call these of any type without looking. */
static void
test_types(void)
{
    static const char *const names[] = {
        "export",          "import",         "import-detach",   "verify",
        "snapshot-create", "snapshot-apply", "snapshot-delete", "reference-point",
        "reference-point-delete"};

    for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
        const JobWorkType *type = job_work_type_find(names[i]);

        g_assert_nonnull(type);
        g_assert_true(type->title && type->cancelled && type->interrupted && type->job_type > 0);
        if (!type->describe || !type->directory || !type->run || !type->has_left ||
            !type->left_changed || !type->discard || !type->device || !type->format ||
            !type->parse || !type->free)
            g_test_fail_printf("the type '%s' lacks a function", names[i]);
    }
}

int
main(int argc, char **argv)
{
    register_verbs();
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/job-record/types", test_types);
    g_test_add_func("/job-record/first-version", test_first_version);
    g_test_add_func("/job-record/later-version", test_later_version);
    g_test_add_func("/job-record/round-trip", test_round_trip);
    g_test_add_func("/job-record/largest-numbers", test_largest_numbers);
    g_test_add_func("/job-record/directory", test_directory);
    g_test_add_func("/job-record/machine-stops", test_machine_stops);
    g_test_add_func("/job-record/no-schema", test_no_schema);
    g_test_add_func("/job-record/unreadable", test_unreadable);
    g_test_add_func("/job-record/no-directory", test_no_directory);

    return g_test_run();
}
