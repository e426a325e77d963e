/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <sys/resource.h>
#include <sys/stat.h>

#include "import/boot-scratch.h"
#include "tests/unit/harness.h"

#define ID "1a2b3c4d5e6f7081"

static HostInfo *
host_info(G_GNUC_UNUSED Hypervisor *hypervisor, G_GNUC_UNUSED GError **error)
{
    HostInfo *info = g_new0(HostInfo, 1);

    info->uri = g_strdup("test:///default");

    return info;
}

static const HypervisorOps ops = {.name = "test", .host_info = host_info};

typedef struct {
    char *scratch;
    char *record;
    char *left; /* the directory that the record names */
    Hypervisor host;
} Fixture;

static void
set_up(Fixture *self, G_GNUC_UNUSED gconstpointer data)
{
    g_autofree char *records = NULL;

    self->scratch = scratch_new();
    g_setenv("VIRTSNAP_STATE_DIR", self->scratch, TRUE);
    records = g_build_filename(self->scratch, "verify", NULL);
    self->record = g_build_filename(records, ID ".verify", NULL);
    self->left = g_build_filename(self->scratch, "virtsnap-verify-" ID, NULL);
    self->host.ops = &ops;
    g_assert_cmpint(mkdir(records, 0700), ==, 0);
    g_assert_cmpint(mkdir(self->left, 0700), ==, 0);
}

static void
tear_down(Fixture *self, G_GNUC_UNUSED gconstpointer data)
{
    g_free(self->record);
    g_free(self->left);
    scratch_free(self->scratch);
}

static void
recover(Fixture *self)
{
    g_autoptr(GPtrArray) said = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GError) error = NULL;

    if (!boot_scratch_recover(&self->host, said, &error))
        g_test_message("%s", error->message);
}

static gboolean
is_there(const char *path)
{
    return g_file_test(path, G_FILE_TEST_EXISTS);
}

static void
leave(const Fixture *self)
{
    g_autofree char *text =
        g_strdup_printf("<verify><uri>test:///default</uri><directory>%s</directory></verify>",
                        self->left);

    write_file(self->record, text, -1);
}

static void
test_recovered(Fixture *self, G_GNUC_UNUSED gconstpointer data)
{
    leave(self);
    recover(self);
    g_assert_false(is_there(self->left) || is_there(self->record));
}

/* What is no record names nothing. */
static void
test_torn(Fixture *self, G_GNUC_UNUSED gconstpointer data)
{
    write_file(self->record, "<verify><uri>test:", -1);
    recover(self);
    g_assert_false(is_there(self->record));
    g_assert_true(is_there(self->left));
}

/* With ever more descriptors that the process may have, until there are enough. */
static void
test_not_readable(Fixture *self, G_GNUC_UNUSED gconstpointer data)
{
    struct rlimit before;

    leave(self);
    g_assert_cmpint(getrlimit(RLIMIT_NOFILE, &before), ==, 0);
    for (rlim_t n = 3; is_there(self->left); n++) {
        const struct rlimit few = {n, before.rlim_max};

        g_assert_cmpuint(n, <, before.rlim_cur);
        g_assert_cmpint(setrlimit(RLIMIT_NOFILE, &few), ==, 0);
        recover(self);
        g_assert_cmpint(setrlimit(RLIMIT_NOFILE, &before), ==, 0);
        g_assert_true(is_there(self->record) || !is_there(self->left));
    }
    g_assert_false(is_there(self->record));
}

#define ADD(path, function) g_test_add(path, Fixture, NULL, set_up, function, tear_down)

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    ADD("/boot-scratch/recovered", test_recovered);
    ADD("/boot-scratch/torn", test_torn);
    ADD("/boot-scratch/not-readable", test_not_readable);

    return g_test_run();
}
