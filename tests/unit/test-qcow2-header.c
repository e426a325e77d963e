/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "image/qcow2-header.h"
#include "tests/unit/harness.h"
#include "util/fd.h"

#define KIB G_GUINT64_CONSTANT(1024)
#define MIB (1024 * KIB)
#define GIB (1024 * MIB)

typedef struct {
    char *dir;
    char *base;  /* raw, 4 MiB */
    char *image; /* what a test makes */
} Fixture;

static void
set_up(Fixture *f, gconstpointer data)
{
    f->dir = scratch_new();
    f->base = g_build_filename(f->dir, "base.raw", NULL);
    f->image = g_build_filename(f->dir, "image.qcow2", NULL);
    g_free(run("qemu-img", "create", "-q", "-f", "raw", f->base, "4M", NULL));
    g_free(run("qemu-io", "-f", "raw", "-c", "write -q -P 0x31 0 4M", f->base, NULL));
}

static void
tear_down(Fixture *f, gconstpointer data)
{
    scratch_free(f->dir);
    g_free(f->base);
    g_free(f->image);
}

static GBytes *
read_head(const char *path, GError **error)
{
    auto_fd fd = fd_open(AT_FDCWD, path, O_RDONLY, 0, error);

    g_assert_cmpint(fd, >=, 0);

    return qcow2_head_read(fd, path, error);
}

static Qcow2Header *
parse(GBytes *head, GError **error)
{
    return qcow2_header_parse(g_bytes_get_data(head, NULL), g_bytes_get_size(head), "image", error);
}

/* --- what qemu-img makes ---------------------------------------------------- */

typedef struct {
    const char *options;
    const char *size; /* NULL: the base's, with a reference to it */
    guint version;
    guint cluster_bits;
    guint64 virtual_size;
    guint64 incompatible;
    gboolean supported;
} Kind;

static const Kind kinds[] = {
    {"compat=1.1", "1G", 3, 16, GIB, 0, TRUE},
    {"compat=0.10", "1G", 2, 16, GIB, 0, TRUE},
    {"cluster_size=512", "3M", 3, 9, 3 * MIB, 0, TRUE},
    {"cluster_size=2M", "300G", 3, 21, 300 * GIB, 0, TRUE},
    {"compat=0.10,cluster_size=4k", "512", 2, 12, 512, 0, TRUE},
    {"lazy_refcounts=on,refcount_bits=1", "1M", 3, 16, MIB, 0, TRUE},
    {"extended_l2=on", "1M", 3, 16, MIB, QCOW2_INCOMPATIBLE_EXTENDED_L2, TRUE},
    {"compression_type=zstd", "1M", 3, 16, MIB, QCOW2_INCOMPATIBLE_COMPRESSION, TRUE},
    {"data_file=data.raw,data_file_raw=on", "1M", 3, 16, MIB, QCOW2_INCOMPATIBLE_DATA_FILE, FALSE},
    {"compat=1.1", NULL, 3, 16, 4 * MIB, 0, TRUE},
    {"compat=0.10", NULL, 2, 16, 4 * MIB, 0, TRUE},
    {"cluster_size=512", NULL, 3, 9, 4 * MIB, 0, TRUE},
};

static void
make_image(Fixture *f, const Kind *kind)
{
    g_autofree char *options = g_strdup(kind->options);

    /* A data file is relative to where qemu-img runs. */
    if (g_str_has_prefix(options, "data_file")) {
        g_free(options);
        options = g_strdup_printf("data_file=%s/data.raw,data_file_raw=on", f->dir);
    }
    if (kind->size)
        g_free(run("qemu-img", "create", "-q", "-f", "qcow2", "-o", options, f->image, kind->size,
                   NULL));
    else
        g_free(run("qemu-img", "create", "-q", "-f", "qcow2", "-o", options, "-b", "base.raw",
                   "-F", "raw", f->image, NULL));
}

static void
test_parse(Fixture *f, gconstpointer data)
{
    for (gsize i = 0; i < G_N_ELEMENTS(kinds); i++) {
        const Kind *kind = &kinds[i];
        g_autoptr(GError) error = NULL;
        g_autoptr(GBytes) head = NULL;
        g_autoptr(Qcow2Header) header = NULL;

        g_test_message("%s, %s", kind->options, kind->size ? kind->size : "backing");
        make_image(f, kind);
        head = read_head(f->image, &error);
        g_assert_no_error(error);
        header = parse(head, &error);
        g_assert_no_error(error);
        g_assert_cmpuint(header->version, ==, kind->version);
        g_assert_cmpuint(header->cluster_bits, ==, kind->cluster_bits);
        g_assert_cmpuint(header->virtual_size, ==, kind->virtual_size);
        g_assert_cmpuint(header->incompatible, ==, kind->incompatible);
        g_assert_cmpuint(header->crypt_method, ==, 0);
        g_assert_cmpuint(header->n_snapshots, ==, 0);
        g_assert_cmpuint(header->l1_offset, >, 0);
        g_assert_cmpstr(header->backing_name, ==, kind->size ? NULL : "base.raw");
        g_assert_cmpstr(header->backing_format, ==, kind->size ? NULL : "raw");
        g_assert_true(qcow2_header_check(header, "image", &error) == kind->supported);
        if (!kind->supported)
            g_assert_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_NOT_SUPPORTED);
    }
}

/* --- patches ---------------------------------------------------------------- */

static gboolean
patch_file(const char *path, const char *name, const char *format, GError **error)
{
    g_autoptr(GBytes) head = read_head(path, NULL);
    g_autoptr(GBytes) patched = NULL;
    auto_fd fd = fd_open(AT_FDCWD, path, O_RDWR, 0, NULL);
    gsize length;
    const guint8 *data = g_bytes_get_data(head, &length);

    patched = qcow2_header_patch(data, length, name, format, path, error);
    if (!patched)
        return FALSE;
    g_assert_cmpuint(g_bytes_get_size(patched), ==, length);

    return fd_pwrite_all(fd, g_bytes_get_data(patched, NULL), length, 0, path, error);
}

static void
assert_reference(const char *path, const char *name, const char *format)
{
    g_autofree char *info = run("qemu-img", "info", "-U", "--output=json", path, NULL);
    g_autofree char *name_line = g_strdup_printf("\"backing-filename\": \"%s\"", name);
    g_autofree char *format_line = g_strdup_printf("\"backing-filename-format\": \"%s\"", format);

    if (name) {
        g_assert_nonnull(strstr(info, name_line));
        g_assert_nonnull(strstr(info, format_line));
    } else {
        g_assert_null(strstr(info, "backing-filename"));
    }
}

/* QEMU reads what was patched, and it says the same as before. */
static void
test_patch(Fixture *f, gconstpointer data)
{
    static const struct {
        const char *name;
        const char *format;
    } patches[] = {
        {"other.raw", "raw"}, {NULL, NULL}, {"base.raw", "raw"},
        {"a name that is longer than the one before it, and has blanks-0123abcd.raw", "raw"},
        {"base.raw", "raw"},
    };
    g_autofree char *longer = g_build_filename(f->dir, patches[3].name, NULL);
    g_autofree char *other = g_build_filename(f->dir, "other.raw", NULL);
    g_autofree char *copy = g_build_filename(f->dir, "copy.qcow2", NULL);

    g_free(run("cp", f->base, longer, NULL));
    g_free(run("cp", f->base, other, NULL));
    for (gsize i = 0; i < G_N_ELEMENTS(kinds); i++) {
        if (kinds[i].size)
            continue;
        make_image(f, &kinds[i]);
        g_free(run("qemu-io", "-f", "qcow2", "-c", "write -q -P 0x77 1M 64k", f->image, NULL));
        g_free(run("cp", f->image, copy, NULL));
        for (gsize k = 0; k < G_N_ELEMENTS(patches); k++) {
            g_autoptr(GError) error = NULL;

            g_test_message("%s: %s", kinds[i].options, patches[k].name ? patches[k].name : "-");
            g_assert_true(patch_file(f->image, patches[k].name, patches[k].format, &error));
            g_assert_no_error(error);
            assert_reference(f->image, patches[k].name, patches[k].format);
            g_free(run("qemu-img", "check", "-q", "-f", "qcow2", f->image, NULL));
            if (patches[k].name)
                g_free(run("qemu-img", "compare", "-f", "qcow2", "-F", "qcow2", f->image, copy,
                           NULL));
        }
    }
}

/* Without a reference there was nothing to patch, and nothing changes. */
static void
test_patch_none(Fixture *f, gconstpointer data)
{
    for (gsize i = 0; i < G_N_ELEMENTS(kinds); i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(GBytes) before = NULL;
        g_autoptr(GBytes) after = NULL;

        if (!kinds[i].size)
            continue;
        make_image(f, &kinds[i]);
        before = read_file(f->image);
        g_assert_true(patch_file(f->image, NULL, NULL, &error));
        after = read_file(f->image);
        g_test_message("%s", kinds[i].options);
        g_assert_true(g_bytes_equal(before, after));
    }
}

/* A little cluster: the table of feature names gives way, then nothing does. */
static void
test_patch_room(Fixture *f, gconstpointer data)
{
    static const struct {
        const char *options;
        gsize length; /* of the reference */
        gboolean fits;
    } table[] = {
        {"cluster_size=512", 10, TRUE},   {"cluster_size=512", 300, TRUE},
        {"cluster_size=512", 500, FALSE}, {"cluster_size=4k", 1023, TRUE},
        /* QEMU takes no longer ones, however much room there is. */
        {"cluster_size=4k", 1024, FALSE}, {"cluster_size=64k", 4000, FALSE},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(table); i++) {
        Kind kind = {.options = table[i].options};
        g_autofree char *name = g_strnfill(table[i].length, 'x');
        g_autoptr(GError) error = NULL;

        make_image(f, &kind);
        g_test_message("%s, %zu", table[i].options, table[i].length);
        g_assert_true(patch_file(f->image, name, "raw", &error) == table[i].fits);
        if (table[i].fits)
            assert_reference(f->image, name, "raw");
        else
            g_assert_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_INVALID_PARAMETER);
    }
}

/* --- corrupt ones ----------------------------------------------------------- */

/* Bytes put over a good header, and what is said then; 0: still good. */
typedef struct {
    gsize offset;
    gsize width; /* bytes, big endian */
    guint64 value;
    int code;
} Damage;

static const Damage damages[] = {
    {0, 4, 0, VIRT_SNAP_ERROR_CORRUPT},            /* magic */
    {0, 4, 0x514649fa, VIRT_SNAP_ERROR_CORRUPT},
    {4, 4, 0, VIRT_SNAP_ERROR_CORRUPT},            /* version */
    {4, 4, 1, VIRT_SNAP_ERROR_CORRUPT},
    {4, 4, 4, VIRT_SNAP_ERROR_CORRUPT},
    {8, 8, 1, VIRT_SNAP_ERROR_CORRUPT},            /* backing reference */
    {8, 8, 65536, VIRT_SNAP_ERROR_CORRUPT},
    {8, 8, G_MAXUINT64, VIRT_SNAP_ERROR_CORRUPT},
    {8, 8, 65532, VIRT_SNAP_ERROR_CORRUPT},        /* runs out of the cluster */
    {16, 4, 0, 0},                                 /* empty: there is none */
    {16, 4, 1024, VIRT_SNAP_ERROR_CORRUPT},
    {16, 4, G_MAXUINT32, VIRT_SNAP_ERROR_CORRUPT},
    {16, 4, 100, VIRT_SNAP_ERROR_CORRUPT},         /* then it has a zero byte */
    {20, 4, 8, VIRT_SNAP_ERROR_CORRUPT},           /* cluster bits */
    {20, 4, 22, VIRT_SNAP_ERROR_CORRUPT},
    {20, 4, 64, VIRT_SNAP_ERROR_CORRUPT},
    {20, 4, G_MAXUINT32, VIRT_SNAP_ERROR_CORRUPT},
    {24, 8, G_MAXUINT64, VIRT_SNAP_ERROR_CORRUPT}, /* virtual size */
    {24, 8, 4096, 0},
    {32, 4, 1, VIRT_SNAP_ERROR_NOT_SUPPORTED},     /* encryption */
    {32, 4, 2, 0},
    {32, 4, 3, VIRT_SNAP_ERROR_NOT_SUPPORTED},
    {36, 4, G_MAXUINT32, VIRT_SNAP_ERROR_CORRUPT}, /* L1 */
    {36, 4, (4 << 20) + 1, VIRT_SNAP_ERROR_CORRUPT},
    {40, 8, 1, VIRT_SNAP_ERROR_CORRUPT},
    {40, 8, 0xffffffffffff0000, VIRT_SNAP_ERROR_CORRUPT},
    {48, 8, 513, VIRT_SNAP_ERROR_CORRUPT},         /* refcounts */
    {48, 8, 0xffffffffffff0000, VIRT_SNAP_ERROR_CORRUPT},
    {60, 4, 65537, VIRT_SNAP_ERROR_CORRUPT},       /* snapshots */
    {64, 8, 7, VIRT_SNAP_ERROR_CORRUPT},
    {64, 8, 0xffffffffffff0000, VIRT_SNAP_ERROR_CORRUPT},
    {72, 8, QCOW2_INCOMPATIBLE_DIRTY, 0},          /* features */
    {72, 8, QCOW2_INCOMPATIBLE_CORRUPT, VIRT_SNAP_ERROR_CORRUPT},
    {72, 8, QCOW2_INCOMPATIBLE_DATA_FILE, VIRT_SNAP_ERROR_NOT_SUPPORTED},
    {72, 8, 32, VIRT_SNAP_ERROR_NOT_SUPPORTED},
    {72, 8, (guint64)1 << 63, VIRT_SNAP_ERROR_NOT_SUPPORTED},
    {80, 8, G_MAXUINT64, 0},                       /* compatible features, as they say */
    {100, 4, 72, VIRT_SNAP_ERROR_CORRUPT},         /* header length */
    {100, 4, 65537, VIRT_SNAP_ERROR_CORRUPT},
    {100, 4, G_MAXUINT32, VIRT_SNAP_ERROR_CORRUPT},
    {116, 4, G_MAXUINT32, VIRT_SNAP_ERROR_CORRUPT}, /* length of the first extension */
    {112, 4, 0x44415441, VIRT_SNAP_ERROR_NOT_SUPPORTED}, /* which is a data file's name */
};

static guint8 *
damaged(GBytes *head, const Damage *damage)
{
    guint8 *data = g_memdup2(g_bytes_get_data(head, NULL), g_bytes_get_size(head));

    for (gsize i = 0; i < damage->width; i++)
        data[damage->offset + i] = (guint8)(damage->value >> 8 * (damage->width - 1 - i));

    return data;
}

static void
test_damaged(Fixture *f, gconstpointer data)
{
    g_autoptr(GBytes) head = NULL;

    make_image(f, &kinds[9]);
    head = read_head(f->image, NULL);
    for (gsize i = 0; i < G_N_ELEMENTS(damages); i++) {
        g_autofree guint8 *bytes = damaged(head, &damages[i]);
        g_autoptr(GError) error = NULL;
        g_autoptr(Qcow2Header) header =
            qcow2_header_parse(bytes, g_bytes_get_size(head), "image", &error);
        gboolean ok = header && qcow2_header_check(header, "image", &error);

        g_test_message("%zu = %" G_GINT64_MODIFIER "x", damages[i].offset, damages[i].value);
        g_assert_true(ok == (damages[i].code == 0));
        if (!ok)
            g_assert_error(error, VIRT_SNAP_ERROR, damages[i].code);
    }
}

/* A reference is returned as it is; whoever follows it checks it. */
static void
test_references(Fixture *f, gconstpointer data)
{
    static const char *const names[] = {"json:{\"driver\":\"raw\"}", "nbd://host/x", ":",
                                        "./a:b", "plain", "../up"};
    Kind kind = {.options = "compat=1.1"};

    for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(GBytes) head = NULL;
        g_autoptr(Qcow2Header) header = NULL;

        make_image(f, &kind);
        g_assert_true(patch_file(f->image, names[i], "raw", &error));
        head = read_head(f->image, &error);
        header = parse(head, &error);
        g_assert_cmpstr(header->backing_name, ==, names[i]);
        g_assert_true(qcow2_header_check(header, "image", &error));
    }
}

/* An offset with a length of zero: QEMU sees no backing image either. */
static void
test_empty_reference(Fixture *f, gconstpointer data)
{
    static const guint8 zero[4];
    g_autoptr(GError) error = NULL;
    g_autoptr(Qcow2Header) header = NULL;
    auto_fd fd = -1;

    make_image(f, &kinds[9]);
    fd = fd_open(AT_FDCWD, f->image, O_RDWR, 0, NULL);
    g_assert_true(fd_pwrite_all(fd, zero, sizeof zero, 16, f->image, NULL));
    assert_reference(f->image, NULL, NULL);
    header = qcow2_header_read(fd, f->image, &error);
    g_assert_null(header->backing_name);
    g_assert_true(patch_file(f->image, NULL, NULL, &error));
    g_assert_true(patch_file(f->image, "base.raw", "raw", &error));
    assert_reference(f->image, "base.raw", "raw");
}

/* A file may end at any byte. */
static void
test_short(Fixture *f, gconstpointer data)
{
    g_autoptr(GBytes) head = NULL;
    g_autofree char *cut = g_build_filename(f->dir, "cut", NULL);

    make_image(f, &kinds[9]);
    head = read_head(f->image, NULL);
    for (gsize length = 0; length < 600; length++) {
        /* The input is in an allocation of its own, so that a read beyond its end is noticed. */
        g_autofree guint8 *bytes = g_memdup2(g_bytes_get_data(head, NULL), length);
        g_autoptr(GError) error = NULL;
        g_autoptr(GBytes) read = NULL;
        g_autoptr(Qcow2Header) header = qcow2_header_parse(bytes, length, "image", &error);

        g_assert_true((header == NULL) == (error != NULL));
        g_assert_true(header == NULL || length > 112);
        g_clear_error(&error);
        write_file(cut, bytes ? bytes : (guint8 *)"", (gssize)length);
        read = read_head(cut, &error);
        g_assert_true((read == NULL) == (length < 72));
        if (!read)
            g_assert_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_CORRUPT);
    }
}

/* --- no more than needed -------------------------------------------------- */

/* What is read of a file says the same as its whole first cluster. */
static void
check_read(const char *path)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GBytes) head = read_head(path, NULL);
    g_autoptr(Qcow2Header) whole = parse(head, NULL);
    auto_fd fd = fd_open(AT_FDCWD, path, O_RDONLY, 0, &error);
    g_autoptr(Qcow2Header) read = qcow2_header_read(fd, path, &error);

    g_assert_no_error(error);
    g_assert_cmpstr(read->backing_name, ==, whole->backing_name);
    g_assert_cmpstr(read->backing_format, ==, whole->backing_format);
    g_assert_cmpint(read->data_file, ==, whole->data_file);
    g_assert_cmpuint(read->virtual_size, ==, whole->virtual_size);
    g_assert_cmpuint(read->l1_offset, ==, whole->l1_offset);
}

static void
test_read(Fixture *f, gconstpointer data)
{
    for (gsize i = 0; i < G_N_ELEMENTS(kinds); i++) {
        make_image(f, &kinds[i]);
        check_read(f->image);
    }
}

static void
put(guint8 *out, guint32 a, guint32 b)
{
    a = GUINT32_TO_BE(a);
    b = GUINT32_TO_BE(b);
    memcpy(out, &a, 4);
    memcpy(out + 4, &b, 4);
}

/* An extension of @length bytes that nobody knows, and behind it one that says "data file". */
static void
test_long_extensions(Fixture *f, gconstpointer data)
{
    static const guint32 lengths[] = {8, 3000, 3960, 3968, 3976, 3984, 4096, 50000};

    for (gsize i = 0; i < G_N_ELEMENTS(lengths); i++) {
        g_autofree guint8 *extensions = g_malloc0(lengths[i] + 24);
        auto_fd fd = -1;

        make_image(f, &kinds[0]);
        fd = fd_open(AT_FDCWD, f->image, O_RDWR, 0, NULL);
        put(extensions, 0x01020304, lengths[i]);
        put(extensions + 8 + lengths[i], 0x44415441, 0);
        g_assert_true(fd_pwrite_all(fd, extensions, lengths[i] + 24, 112, f->image, NULL));
        check_read(f->image);
        {
            g_autoptr(Qcow2Header) header = qcow2_header_read(fd, f->image, NULL);

            g_test_message("%u", lengths[i]);
            g_assert_true(header->data_file);
        }
    }
}

/* A reference that begins or ends behind the first block. */
static void
test_far_name(Fixture *f, gconstpointer data)
{
    static const guint32 offsets[] = {200, 4085, 4088, 4096, 60000};

    for (gsize i = 0; i < G_N_ELEMENTS(offsets); i++) {
        g_autoptr(Qcow2Header) header = NULL;
        guint8 reference[12] = {0};
        auto_fd fd = -1;

        make_image(f, &kinds[0]);
        fd = fd_open(AT_FDCWD, f->image, O_RDWR, 0, NULL);
        put(reference, 0, offsets[i]);
        reference[11] = 8;
        g_assert_true(fd_pwrite_all(fd, reference, sizeof reference, 8, f->image, NULL));
        g_assert_true(fd_pwrite_all(fd, "\0\0\0\0\0\0\0", 8, 112, f->image, NULL));
        g_assert_true(fd_pwrite_all(fd, "base.raw", 8, offsets[i], f->image, NULL));
        check_read(f->image);
        header = qcow2_header_read(fd, f->image, NULL);
        g_assert_cmpstr(header->backing_name, ==, "base.raw");
    }
}

/* --- internal snapshots ----------------------------------------------------- */

static GPtrArray *
read_snapshots(const char *path, GError **error)
{
    auto_fd fd = fd_open(AT_FDCWD, path, O_RDONLY, 0, error);
    g_autoptr(GBytes) head = qcow2_head_read(fd, path, error);
    g_autoptr(Qcow2Header) header = head ? parse(head, error) : NULL;

    return header ? qcow2_snapshots_read(fd, header, path, error) : NULL;
}

static void
test_snapshots(Fixture *f, gconstpointer data)
{
    static const char *const names[] = {"first", "mañana & «más»", "-dash", "x"};
    static const char *const compat[] = {"compat=1.1", "compat=0.10"};

    for (gsize c = 0; c < G_N_ELEMENTS(compat); c++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(GPtrArray) snapshots = NULL;
        Kind kind = {.options = compat[c], .size = "3M"};

        make_image(f, &kind);
        for (gsize i = 0; i < G_N_ELEMENTS(names); i++)
            g_free(run("qemu-img", "snapshot", "-c", names[i], f->image, NULL));
        g_free(run("qemu-img", "snapshot", "-d", "x", f->image, NULL));
        snapshots = read_snapshots(f->image, &error);
        g_assert_no_error(error);
        g_assert_cmpuint(snapshots->len, ==, 3);
        for (guint i = 0; i < snapshots->len; i++) {
            const Qcow2Snapshot *snapshot = g_ptr_array_index(snapshots, i);
            g_autofree char *id = g_strdup_printf("%u", i + 1);

            g_assert_cmpstr(snapshot->name, ==, names[i]);
            g_assert_cmpstr(snapshot->id, ==, id);
            g_assert_cmpuint(snapshot->vm_state_bytes, ==, 0);
            g_assert_cmpuint(snapshot->virtual_size, ==, 3 * MIB);
            g_assert_cmpuint(snapshot->date >> 32, >, 1500000000);
        }
    }
}

static void
test_snapshots_damaged(Fixture *f, gconstpointer data)
{
    static const Damage table[] = {
        {60, 4, 60000, VIRT_SNAP_ERROR_CORRUPT},          /* more than there are */
        {64, 8, (guint64)1 << 40, VIRT_SNAP_ERROR_CORRUPT}, /* behind the end */
        {60, 4, 0, 0},
    };
    Kind kind = {.options = "compat=1.1", .size = "1M"};
    g_autoptr(GBytes) head = NULL;

    make_image(f, &kind);
    g_free(run("qemu-img", "snapshot", "-c", "s", f->image, NULL));
    head = read_head(f->image, NULL);
    for (gsize i = 0; i < G_N_ELEMENTS(table); i++) {
        g_autofree guint8 *bytes = damaged(head, &table[i]);
        auto_fd fd = fd_open(AT_FDCWD, f->image, O_RDWR, 0, NULL);
        g_autoptr(GError) error = NULL;
        g_autoptr(GPtrArray) snapshots = NULL;

        g_assert_true(fd_pwrite_all(fd, bytes, 112, 0, f->image, &error));
        snapshots = read_snapshots(f->image, &error);
        g_test_message("row %zu", i);
        g_assert_true((snapshots != NULL) == (table[i].code == 0));
        if (table[i].code)
            g_assert_error(error, VIRT_SNAP_ERROR, table[i].code);
    }
}

int
main(int argc, char **argv)
{
    static const struct {
        const char *name;
        void (*func)(Fixture *f, gconstpointer data);
    } tests[] = {
        {"parse", test_parse},
        {"patch", test_patch},
        {"patch-none", test_patch_none},
        {"patch-room", test_patch_room},
        {"damaged", test_damaged},
        {"references", test_references},
        {"empty-reference", test_empty_reference},
        {"short", test_short},
        {"read", test_read},
        {"long-extensions", test_long_extensions},
        {"far-name", test_far_name},
        {"snapshots", test_snapshots},
        {"snapshots-damaged", test_snapshots_damaged},
    };

    g_test_init(&argc, &argv, NULL);
    for (gsize i = 0; i < G_N_ELEMENTS(tests); i++) {
        g_autofree char *path = g_strdup_printf("/qcow2-header/%s", tests[i].name);

        g_test_add(path, Fixture, NULL, set_up, tests[i].func, tear_down);
    }
    return g_test_run();
}
