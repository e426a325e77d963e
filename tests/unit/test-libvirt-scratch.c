/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <glib/gstdio.h>
#include <libvirt/libvirt.h>
#include <string.h>

#include "drivers/libvirt/libvirt-hypervisor.h"
#include "drivers/libvirt/libvirt-scratch.h"
#include "hypervisor/backup-ops.h"
#include "tests/unit/harness.h"

/* Directories for QEMU that were left, and who may remove them. libvirt's test driver cannot be
 * asked for backup jobs. */

#define GONE "11111111-2222-4333-8444-555555555555"

typedef struct {
    char *directory;
    Hypervisor *hypervisor;
    virConnectPtr connection;
    virDomainPtr domain; /* "test", running */
    char *uuid;          /* its UUID */
} Fixture;

static void
set_up(Fixture *self, gconstpointer data)
{
    char uuid[VIR_UUID_STRING_BUFLEN];
    g_autoptr(GError) error = NULL;

    self->directory = scratch_new();
    self->hypervisor = libvirt_hypervisor_open("test:///default", &error);
    g_assert_no_error(error);
    self->connection = virConnectOpen("test:///default");
    self->domain = virDomainLookupByName(self->connection, "test");
    g_assert_cmpint(virDomainGetUUIDString(self->domain, uuid), ==, 0);
    self->uuid = g_strdup(uuid);
}

static void
tear_down(Fixture *self, gconstpointer data)
{
    virDomainFree(self->domain);
    virConnectClose(self->connection);
    hypervisor_free(self->hypervisor);
    scratch_free(self->directory);
    g_free(self->uuid);
}

static void
put(const char *directory, const char *name, const char *text)
{
    g_autofree char *path = g_build_filename(directory, name, NULL);

    write_file(path, text, -1);
}

/* Returns: whether @path is still there, and whether that was told. */
static gboolean
stays(Fixture *self, const char *path, const char *why)
{
    g_autoptr(GPtrArray) said =
        self->hypervisor->ops->backups->clean_up(self->hypervisor, self->directory);
    gboolean told = FALSE;

    for (guint i = 0; i < said->len; i++) {
        const char *text = g_ptr_array_index(said, i);

        told |= strstr(text, path) && why && strstr(text, why);
    }
    g_assert_cmpint(told, ==, why != NULL);

    return g_file_test(path, G_FILE_TEST_IS_DIR);
}

static void
test_left(Fixture *self, gconstpointer data)
{
    g_autoptr(GError) error = NULL;
    LibvirtScratch *scratch = libvirt_scratch_make(self->domain, self->directory, &error);
    g_autofree char *path = g_strdup(scratch ? libvirt_scratch_path(scratch) : NULL);

    g_assert_no_error(error);
    g_assert_true(stays(self, path, NULL));
    libvirt_scratch_leave(scratch);
    /* The domain may have a job. */
    g_assert_true(stays(self, path, "cannot be told"));
    put(path, "origin", "qemu:///system?root=&socket=&user=0, elsewhere");
    put(path, "domain", GONE);
    g_assert_true(stays(self, path, "elsewhere"));
}

static void
test_gone(Fixture *self, gconstpointer data)
{
    g_autoptr(GError) error = NULL;
    LibvirtScratch *scratch = libvirt_scratch_make(self->domain, self->directory, &error);
    g_autofree char *path = g_strdup(scratch ? libvirt_scratch_path(scratch) : NULL);

    g_assert_no_error(error);
    libvirt_scratch_leave(scratch);
    put(path, "domain", GONE);
    g_assert_false(stays(self, path, NULL));
}

/* Earlier versions wrote the UUID alone. */
static void
test_earlier(Fixture *self, gconstpointer data)
{
    g_autofree char *path = g_build_filename(self->directory, ".virtsnap-earlier", NULL);

    g_assert_cmpint(g_mkdir(path, 0700), ==, 0);
    /* Somebody may just be about to lock it. */
    g_assert_true(stays(self, path, NULL));
    put(path, "domain", GONE);
    g_assert_true(stays(self, path, GONE));
    put(path, "domain", self->uuid);
    g_assert_true(stays(self, path, "cannot be told"));
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add("/libvirt-scratch/left", Fixture, NULL, set_up, test_left, tear_down);
    g_test_add("/libvirt-scratch/gone", Fixture, NULL, set_up, test_gone, tear_down);
    g_test_add("/libvirt-scratch/earlier", Fixture, NULL, set_up, test_earlier, tear_down);

    return g_test_run();
}
