/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "qcow2/image-end.h"
#include "tests/unit/harness.h"
#include "util/fd.h"

/* Images as QEMU makes them, whole, and cut short by some bytes. */

#define CREATE "qemu-img create -q -f qcow2 "
#define IO "qemu-io -f qcow2 "

typedef struct {
    const char *name;
    const char *script; /* makes "t" */
    gint64 cut;         /* bytes that are cut off its end */
    const char *says;   /* of what is behind the end; NULL: nothing is */
} Case;

#define DATA CREATE "t 64M; " IO "-c 'write -q -P 7 0 1M' t"
/* The last thing in the file is an L2 table. */
#define TABLE CREATE "t 2G; " IO "-c 'write -q -P 7 0 1M' -c 'write -q -z 1G 64k' t"
#define TEXT "yes abcdefgh | head -c 1000000 >r; head -c 64k /dev/urandom | base64 >>r; "
#define PACKED TEXT "truncate -s %512 r; qemu-img convert -c -f raw -O qcow2 "
#define SNAPSHOTS DATA "; qemu-img snapshot -c s t; " IO "-c 'write -q -P 8 2M 1M' t; " \
                  "qemu-img snapshot -c u t; qemu-img snapshot -a s t"
#define BITMAP DATA "; qemu-img bitmap --add t b; " IO "-c 'write -q -P 8 3M 1M' t"

/* The extension of the header that tells of them; and their directory. */
#define FIND_BITMAPS BITMAP "; o=$(LC_ALL=C grep -obUaP '\\x23\\x85\\x28\\x75' t | head -n 1); " \
                     "o=${o%%:*}; d=$(od -An -tu8 --endian=big -j $((o + 24)) -N 8 t); "
#define PUT "printf '%b' \"$w\" | dd of=t bs=1 seek=$at conv=notrunc status=none"

static const Case cases[] = {
    {"data", DATA, 0, NULL},
    {"empty", CREATE "t 1T", 0, NULL},
    {"version 2", CREATE "-o compat=0.10 t 64M; " IO "-c 'write -q 0 1M' t", 0, NULL},
    {"small clusters", CREATE "-o cluster_size=512 t 64M; " IO "-c 'write -q 0 1M' t", 0, NULL},
    {"large clusters", CREATE "-o cluster_size=2M t 64M; " IO "-c 'write -q 0 5M' t", 0, NULL},
    {"counts of a bit", CREATE "-o refcount_bits=1 t 64M; " IO "-c 'write -q 0 1M' t", 0, NULL},
    {"counts of 64 bits", CREATE "-o refcount_bits=64 t 64M; " IO "-c 'write -q 0 1M' t", 0, NULL},
    {"subclusters", CREATE "-o extended_l2=on t 64M; " IO "-c 'write -q 4k 2k' t", 0, NULL},
    {"tables for what is not there yet", CREATE "-o preallocation=metadata t 64M", 0, NULL},
    {"snapshots", SNAPSHOTS, 0, NULL},
    {"a bitmap", BITMAP, 0, NULL},
    {"zlib", PACKED "r t", 0, NULL},
    {"zstd", PACKED "-o compression_type=zstd r t", 0, NULL},
    /* Clusters that count as used and that nobody uses, as a kill leaves them. */
    {"leaked clusters", DATA "; printf '\\0\\1\\0\\1' | dd of=t bs=1 seek=131200 conv=notrunc "
     "status=none", 0, NULL},

    /* QEMU reads what is missing of the last cluster of data as zeros. */
    {"data by a byte", DATA, 1, NULL},
    {"data by all but a byte", DATA, 65535, NULL},
    {"data by a cluster", DATA, 65536, "a cluster"},
    {"data by many", DATA, 900000, "a cluster"},
    {"small clusters by one", CREATE "-o cluster_size=512 t 64M; " IO "-c 'write -q 0 1M' t", 512,
     "a cluster"},
    {"counts of a bit by a cluster",
     CREATE "-o refcount_bits=1 t 64M; " IO "-c 'write -q 0 1M' t", 65536, "a cluster"},
    {"version 2 by a cluster", CREATE "-o compat=0.10 t 64M; " IO "-c 'write -q 0 1M' t", 65536,
     "a cluster"},
    {"subclusters by a cluster",
     CREATE "-o extended_l2=on t 64M; " IO "-c 'write -q 0 128k' t", 65536, "a cluster"},
    {"counts that are out of date",
     CREATE "-o lazy_refcounts=on t 64M; " IO "-c 'write -q -P 7 0 1M' -c 'abort' t || :", 131072,
     "a cluster"},
    {"a table by a byte", TABLE, 1, "an L2 table"},
    {"a table by a cluster", TABLE, 65536, "an L2 table"},
    /* QEMU fills the last sector. */
    {"zlib by a byte", PACKED "r t; truncate -s -1 t", 0, NULL},
    {"zlib by most of a sector", PACKED "r t", 511, "a compressed cluster"},
    {"zlib by a sector", PACKED "r t", 512, "a compressed cluster"},
    {"zlib by much", PACKED "r t", 40000, "a compressed cluster"},
    {"zstd by most of a sector", PACKED "-o compression_type=zstd r t", 511,
     "a compressed cluster"},
    {"snapshots by a cluster", SNAPSHOTS, 65536, ""},
    {"snapshots by many", SNAPSHOTS, 1000000, ""},
    {"a bitmap by a cluster", BITMAP, 65536, ""},
    {"more bitmaps than QEMU opens",
     FIND_BITMAPS "at=$((o + 8)) w='\\xff\\xff\\xff\\xff'; " PUT, 0, "has more bitmaps"},
    {"a larger bitmap than QEMU opens", FIND_BITMAPS "at=$((d + 8)) w='\\0\\x1\\0\\0'; " PUT, 0,
     "has more bitmaps"},
    {"all but the header", DATA, 1376256 - 65536, ""},
    {"reference counts", DATA, 1376256 - 2 * 65536 - 100, ""},
};

static gint64
size_of(const char *path)
{
    struct stat st;

    g_assert_cmpint(stat(path, &st), ==, 0);

    return st.st_size;
}

/* Whether qemu-img finds clusters behind the end, or does not even open it. */
static gboolean
qemu_finds_it_cut(void)
{
    int status = run_status("sh", "-c", "qemu-img check -f qcow2 t >/dev/null 2>&1", NULL);

    return status == 1 || status == 2;
}

static void
test_case(gconstpointer data)
{
    const Case *one = data;
    g_autoptr(Scratch) dir = scratch_new();
    g_autofree char *old = g_get_current_dir();
    g_autoptr(GError) error = NULL;
    auto_fd fd = -1;
    gint64 size;
    gboolean whole;

    g_assert_cmpint(g_chdir(dir), ==, 0);
    g_free(run("bash", "-ec", one->script, NULL));
    size = size_of("t") - one->cut;
    g_assert_cmpint(truncate("t", size), ==, 0);
    fd = fd_open(AT_FDCWD, "t", O_RDONLY, 0, &error);
    whole = image_end_check(fd, (guint64)size, "t", &error);
    if (!one->says) {
        g_assert_no_error(error);
        g_assert_true(whole);
        g_assert_false(qemu_finds_it_cut());
    } else {
        g_assert_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_CORRUPT);
        g_test_message("%s", error->message);
        g_assert_nonnull(strstr(error->message, one->says));
    }
    g_assert_cmpint(g_chdir(old), ==, 0);
}

/* What QEMU finds to be behind the end is found here, wherever the end is. */
static void
test_as_qemu(void)
{
    g_autoptr(Scratch) dir = scratch_new();
    g_autofree char *old = g_get_current_dir();
    gint64 size;

    g_assert_cmpint(g_chdir(dir), ==, 0);
    g_free(run("bash", "-ec", SNAPSHOTS, NULL));
    size = size_of("t");
    for (gint64 end = size; end > 0; end -= 50000) {
        g_autoptr(GError) error = NULL;
        auto_fd fd = -1;
        gboolean whole;

        g_assert_cmpint(truncate("t", end), ==, 0);
        fd = fd_open(AT_FDCWD, "t", O_RDONLY, 0, NULL);
        whole = image_end_check(fd, (guint64)end, "t", &error);
        g_test_message("%" G_GINT64_FORMAT ": %s", end, whole ? "whole" : error->message);
        g_assert_true(!whole || !qemu_finds_it_cut());
    }
    g_assert_cmpint(g_chdir(old), ==, 0);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *path = g_strdup_printf("/image-end/%s", cases[i].name);

        g_test_add_data_func(path, &cases[i], test_case);
    }
    g_test_add_func("/image-end/as-qemu", test_as_qemu);

    return g_test_run();
}
