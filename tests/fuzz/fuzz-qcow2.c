/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <sys/mman.h>
#include <unistd.h>

#include "image/qcow2-used.h"
#include "tests/fuzz/fuzz.h"
#include "util/fd.h"

const char *const fuzz_corpora[] = {"qcow2/valid", "qcow2/invalid", NULL};

static void
assert_error(gboolean ok, const GError *error)
{
    g_assert_true(ok == (error == NULL));
    g_assert_true(!error || error->domain == VIRT_SNAP_ERROR);
}

/* A header that was patched is read back as it was patched, and nothing else has changed. */
static void
try_patch(const uint8_t *data, size_t size, const Qcow2Header *header, const char *name,
          const char *format)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GBytes) patched = qcow2_header_patch(data, size, name, format, "fuzz", &error);
    g_autoptr(Qcow2Header) again = NULL;

    assert_error(patched != NULL, error);
    if (!patched)
        return;
    again = qcow2_header_parse(g_bytes_get_data(patched, NULL), g_bytes_get_size(patched), "fuzz",
                               &error);
    g_assert_no_error(error);
    g_assert_cmpstr(again->backing_name, ==, name);
    g_assert_cmpstr(again->backing_format, ==, format);
    g_assert_cmpuint(again->version, ==, header->version);
    g_assert_cmpuint(again->virtual_size, ==, header->virtual_size);
    g_assert_cmpuint(again->l1_offset, ==, header->l1_offset);
    g_assert_cmpuint(again->incompatible, ==, header->incompatible);
    g_assert_true(again->data_file == header->data_file);
}

/* How much of a device it would take. */
static void
try_used(int fd, const Qcow2Header *header, size_t size)
{
    g_autoptr(GError) error = NULL;
    guint64 bytes = 0;
    gboolean ok = qcow2_used_bytes(fd, header, size, "fuzz", &bytes, &error);

    assert_error(ok, error);
    g_assert_true(!ok || (bytes > 0 && bytes <= size));
}

static void
try_file(const uint8_t *data, size_t size)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GBytes) head = NULL;
    g_autoptr(Qcow2Header) header = NULL;
    g_autoptr(GPtrArray) snapshots = NULL;
    auto_fd fd = memfd_create("fuzz", MFD_CLOEXEC);

    g_assert_true(fd_pwrite_all(fd, data, size, 0, "fuzz", NULL));
    head = qcow2_head_read(fd, "fuzz", &error);
    assert_error(head != NULL, error);
    if (!head)
        return;
    header = qcow2_header_parse(g_bytes_get_data(head, NULL), g_bytes_get_size(head), "fuzz",
                                &error);
    assert_error(header != NULL, error);
    if (!header)
        return;
    snapshots = qcow2_snapshots_read(fd, header, "fuzz", &error);
    assert_error(snapshots != NULL, error);
    g_assert_true(!snapshots || snapshots->len == header->n_snapshots);
    try_used(fd, header, size);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GError) check_error = NULL;
    g_autoptr(Qcow2Header) header = qcow2_header_parse(data, size, "fuzz", &error);

    assert_error(header != NULL, error);
    if (header) {
        gboolean ok = qcow2_header_check(header, "fuzz", &check_error);

        assert_error(ok, check_error);
        try_patch(data, size, header, NULL, NULL);
        try_patch(data, size, header, "base-0123abcd.raw", "raw");
        try_patch(data, size, header, "another-base-with-a-longer-name-0123abcd.qcow2", "qcow2");
    }
    try_file(data, size);

    return 0;
}
