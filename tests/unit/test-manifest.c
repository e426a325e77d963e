/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>

#include "archive/manifest.h"
#include "export/manifest-format.h"
#include "tests/unit/harness.h"
#include "tests/unit/records.h"
#include "util/fd.h"
#include "util/xml.h"

/* --- corpora ---------------------------------------------------------------- */

static Manifest *
parse_path(const char *path, GError **error)
{
    g_autoptr(GBytes) bytes = read_file(path);

    return manifest_parse(g_bytes_get_data(bytes, NULL), g_bytes_get_size(bytes), error);
}

static void
test_valid(void)
{
    g_autoptr(GPtrArray) paths = corpus("manifest/valid");

    for (guint i = 0; i < paths->len; i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(Manifest) manifest = parse_path(g_ptr_array_index(paths, i), &error);

        g_test_message("%s", (char *)g_ptr_array_index(paths, i));
        g_assert_no_error(error);
        g_assert_nonnull(manifest->snapshot);
    }
}

static void
test_invalid(gconstpointer data)
{
    g_autoptr(GPtrArray) paths = corpus(data);

    for (guint i = 0; i < paths->len; i++) {
        g_autoptr(GError) error = NULL;

        g_test_message("%s", (char *)g_ptr_array_index(paths, i));
        g_assert_null(parse_path(g_ptr_array_index(paths, i), &error));
        /* A manifest of a later version is not reported as corrupt. */
        g_assert_true(g_error_matches(
            error, VIRT_SNAP_ERROR,
            g_str_has_suffix(g_ptr_array_index(paths, i), "/version.xml")
                ? VIRT_SNAP_ERROR_NOT_SUPPORTED
                : VIRT_SNAP_ERROR_CORRUPT));
        g_assert_nonnull(strstr(error->message, "manifest"));
    }
}

static void
test_usual(void)
{
    g_autofree char *path = data_path("manifest/valid/usual.xml");
    g_autoptr(GError) error = NULL;
    g_autoptr(Manifest) m = parse_path(path, &error);
    const ManifestDomain *domain = g_ptr_array_index(m->domains, 0);
    const ManifestSnapshot *snapshot = g_ptr_array_index(domain->snapshots, 0);
    const ManifestDisk *disk = g_ptr_array_index(snapshot->disks, 0);
    const ManifestDisk *drive = g_ptr_array_index(snapshot->disks, 1);
    const ManifestDisk *internal = g_ptr_array_index(snapshot->disks, 2);
    const ManifestFile *layer = manifest_file(m, "layers/web-01234567.qcow2");
    const ManifestFile *text = manifest_file(m, "domains/web <1>/domain.xml");
    g_autofree char *digest = digest_to_string(layer->digest);
    guint8 nodes[32];

    for (guint8 i = 0; i < sizeof nodes; i++)
        nodes[i] = i;
    g_assert_cmpstr(m->collection, ==, "web farm");
    g_assert_cmpstr(m->snapshot, ==, "monday");
    g_assert_cmpstr(m->created, ==, "2026-11-24T02:00:00Z");
    g_assert_cmpstr(m->host, ==, "kvm1");
    g_assert_cmpuint(m->domains->len, ==, 1);
    g_assert_cmpstr(domain->name, ==, "web <1>");
    g_assert_cmpstr(domain->directory, ==, "domains/web <1>");
    g_assert_cmpuint(domain->snapshots->len, ==, 2);
    g_assert_cmpstr(snapshot->kind, ==, "external");
    g_assert_cmpstr(snapshot->consistency, ==, "unknown");
    g_assert_cmpint(snapshot->creation_time, ==, 1700000000);
    g_assert_false(snapshot->memory);
    g_assert_cmpstr(disk->target, ==, "vda");
    g_assert_cmpstr(disk->layer, ==, "layers/web-01234567.qcow2");
    g_assert_cmpstr(disk->source, ==, "/images/web.qcow2");
    g_assert_null(disk->recorded);
    g_assert_cmpstr(drive->recorded, ==, "empty");
    g_assert_null(drive->layer);
    g_assert_null(drive->source);
    g_assert_cmpstr(internal->internal, ==, "monday");
    g_assert_cmpuint(m->files->len, ==, 3);
    g_assert_cmpstr(layer->role, ==, "layer");
    g_assert_cmpuint(layer->bytes, ==, 196624);
    g_assert_cmpuint(layer->capacity, ==, 64 << 20);
    g_assert_cmpstr(layer->backing, ==, "layers/base-89abcdef.raw");
    g_assert_false(layer->flattened);
    g_assert_true(layer->has_digest);
    g_assert_cmpstr(digest, ==,
                    "sha256:756c3e6a2503acf61c2f0cbed5246cb33ac0ee8cc4f5cdd45257b07dc427b026");
    g_assert_cmpmem(g_bytes_get_data(layer->nodes, NULL), g_bytes_get_size(layer->nodes), nodes,
                    sizeof nodes);
    g_assert_cmpstr(text->role, ==, "domain");
    g_assert_null(text->format);
    g_assert_null(text->nodes);
    g_assert_null(manifest_file(m, "layers"));
    g_assert_cmpuint(m->warnings->len, ==, 1);
}

static void
test_base(void)
{
    g_autofree char *path = data_path("manifest/valid/base.xml");
    g_autoptr(GError) error = NULL;
    g_autoptr(Manifest) m = parse_path(path, &error);
    const ManifestFile *base = manifest_file(m, "layers/base-89abcdef.raw");
    const ManifestFile *web = manifest_file(m, "layers/web-01234567.qcow2");
    const Origin *origin = g_ptr_array_index(base->origins, 0);

    g_assert_no_error(error);
    g_assert_cmpstr(m->base, ==, "/backup/web farm/sunday");
    g_assert_cmpstr(m->base_snapshot, ==, "sunday");
    g_assert_cmpstr(m->boot, ==, "0f3c9c52-5f0e-4d0c-8a3c-0d7c0a3f6e11");
    g_assert_true(base->linked);
    g_assert_false(base->flattened);
    g_assert_cmpint(base->written.seconds, ==, 1700000002);
    g_assert_cmpuint(base->written.nanoseconds, ==, 123456789);
    g_assert_cmpuint(base->origins->len, ==, 1);
    g_assert_cmpstr(origin->path, ==, "/images/base.raw");
    g_assert_cmpstr(origin->format, ==, "raw");
    g_assert_null(((const Origin *)g_ptr_array_index(web->origins, 0))->format);
    g_assert_cmpuint(origin->device, ==, 64768);
    g_assert_cmpuint(origin->inode, ==, 131);
    g_assert_cmpuint(origin->bytes, ==, 67108865);
    g_assert_cmpuint(origin->modified.nanoseconds, ==, 1);
    g_assert_cmpuint(origin->changed.nanoseconds, ==, 999999999);
    g_assert_cmpint(origin->born.seconds, ==, 1600000000);
    g_assert_false(web->linked);
    g_assert_cmpuint(web->origins->len, ==, 2);
    g_assert_cmpint(web->written.seconds, ==, -1);
}

static void
test_checkpoint(void)
{
    g_autofree char *path = data_path("manifest/valid/checkpoint.xml");
    g_autoptr(GError) error = NULL;
    g_autoptr(Manifest) m = parse_path(path, &error);
    const ManifestDomain *domain = m ? g_ptr_array_index(m->domains, 0) : NULL;
    const ManifestSnapshot *snapshot = domain ? g_ptr_array_index(domain->snapshots, 0) : NULL;
    const ManifestDisk *disk = snapshot ? g_ptr_array_index(snapshot->disks, 0) : NULL;
    const ManifestDisk *other = snapshot ? g_ptr_array_index(snapshot->disks, 1) : NULL;

    g_assert_no_error(error);
    g_assert_nonnull(disk->checkpoint);
    g_assert_cmpstr(disk->checkpoint->name, ==,
                    "virtsnap.export-0123abcd-20261124T020000Z-0f3c9c52");
    g_assert_cmpstr(disk->checkpoint->id, ==, "0f3c9c52-5f0e-4d0c-8a3c-0d7c0a3f6e11");
    g_assert_cmpstr(disk->checkpoint->image->path, ==, "/images/web.qcow2");
    g_assert_cmpuint(disk->checkpoint->image->device, ==, 64768);
    g_assert_cmpuint(disk->checkpoint->image->inode, ==, 131);
    g_assert_cmpint(disk->checkpoint->image->born.seconds, ==, 1600000000);
    g_assert_cmpstr(disk->checkpoint->run, ==, "6f1c3e0a-0000-4000-8000-0123456789ab 12345 1");
    g_assert_cmpint(disk->checkpoint->creation_time, ==, 1795802400);
    g_assert_null(other->checkpoint);
}

/* --- what is written is read ------------------------------------------------ */

static ManifestFile *
file_new(const char *path, const char *role, guint64 bytes, guint8 fill)
{
    ManifestFile *file = manifest_file_new();

    file->path = g_strdup(path);
    file->role = g_strdup(role);
    file->bytes = bytes;
    file->has_digest = fill != 0;
    memset(file->digest, fill, sizeof file->digest);

    return file;
}

/* A planned layer as an export writes it into the manifest. */
static ManifestFile *
layer_new(const PlanLayer *layer, guint64 bytes, guint8 fill)
{
    ManifestFile *file = file_new(layer->file, "layer", bytes, fill);
    gsize length = digest_n_segments(bytes) * DIGEST_BYTES;
    g_autofree guint8 *nodes = g_malloc(length + 1);

    memset(nodes, fill, length);
    file->nodes = fill ? g_bytes_new(nodes, length) : NULL;
    if (fill)
        digest_fold(nodes, bytes, file->digest);
    file->format = g_strdup(layer->format);
    file->capacity = layer->capacity;
    file->backing = layer->backing ? g_strdup(layer->backing->file) : NULL;
    file->source = g_strdup(layer->source->path);
    file->flattened = layer->way == PLAN_WAY_FLATTEN;

    return file;
}

static void
assert_same_file(const ManifestFile *got, const ManifestFile *wanted)
{
    g_assert_cmpstr(got->path, ==, wanted->path);
    g_assert_cmpstr(got->role, ==, wanted->role);
    g_assert_cmpuint(got->bytes, ==, wanted->bytes);
    g_assert_true(got->has_digest == wanted->has_digest);
    g_assert_cmpmem(got->digest, DIGEST_BYTES, wanted->digest, DIGEST_BYTES);
    g_assert_cmpstr(got->format, ==, wanted->format);
    g_assert_cmpuint(got->capacity, ==, wanted->capacity);
    g_assert_cmpstr(got->backing, ==, wanted->backing);
    g_assert_cmpstr(got->source, ==, wanted->source);
    g_assert_true(got->flattened == wanted->flattened);
    g_assert_true((got->nodes == NULL) == (wanted->nodes == NULL));
    if (got->nodes)
        g_assert_true(g_bytes_equal(got->nodes, wanted->nodes));
}

static void
assert_same_disks(const ManifestSnapshot *got, const PlanSnapshot *wanted)
{
    g_assert_cmpuint(got->disks->len, ==, wanted->disks->len);
    for (guint i = 0; i < got->disks->len; i++) {
        const ManifestDisk *disk = g_ptr_array_index(got->disks, i);
        const PlanDisk *plan = g_ptr_array_index(wanted->disks, i);

        g_assert_cmpstr(disk->target, ==, plan->def->target);
        g_assert_cmpstr(disk->device, ==, plan->def->device);
        g_assert_cmpstr(disk->layer, ==, plan->top ? plan->top->file : NULL);
        g_assert_cmpstr(disk->internal, ==, plan->internal);
        g_assert_cmpstr(disk->recorded, ==, plan->recorded);
        g_assert_cmpstr(disk->source, ==, plan->def->storage->label);
    }
}

static Plan *
make_plan(const char *dir, const char *intent, const char *collection)
{
    g_autofree char *script = g_strdup_printf(
        "cd '%s'; rm -rf *; qemu-img create -q -f raw 'ba & se.raw' 1M;"
        "qemu-img create -q -f qcow2 -b 'ba & se.raw' -F raw '<top>.qcow2'",
        dir);
    g_autofree char *top = g_build_filename(dir, "<top>.qcow2", NULL);
    const TestSnapshot snapshots[] = {
        {.name = "sñ 'apos' \"quote\" & <x>",
         .disks = {{"vda", top, "qcow2", "external"},
                   {"vdb", NULL, "raw", "no", "device='cdrom'"},
                   {"vdc", "/x", "raw", "no"}}},
        {.name = "older", .state = "shutoff"},
    };
    g_autoptr(GPtrArray) records =
        g_ptr_array_new_with_free_func((GDestroyNotify)domain_record_free);
    g_autoptr(VirtSnapExportSettings) settings = virt_snap_export_settings_new();
    g_autoptr(GError) error = NULL;
    Plan *plan;

    g_free(run("sh", "-ec", script, NULL));
    g_assert_true(virt_snap_export_settings_set(settings, "intent", intent, &error));
    g_ptr_array_add(records, test_record("-web <&> ../x", TRUE, NULL, snapshots, 2));
    plan = plan_build(collection, NULL, snapshots[0].name, settings, records, test_host(), &error);
    g_assert_no_error(error);
    g_ptr_array_add(plan->warnings, g_strdup("a warning with <, & and ñ"));

    return plan;
}

static void
test_round_trip(void)
{
    static const struct {
        const char *intent;
        const char *collection;
        guint8 fill; /* 0: no digests */
        guint64 bytes;
    } table[] = {
        {"preserve-chain", "a & b", 0xab, 196608}, {"merge", NULL, 0x01, 65536},
        {"preserve-chain", NULL, 0, 1},            {"merge", "c", 0xff, (guint64)200 << 20},
        {"preserve-chain", "c", 0x10, 0},
    };
    g_autoptr(Scratch) dir = scratch_new();

    for (gsize i = 0; i < G_N_ELEMENTS(table); i++) {
        g_autoptr(Plan) plan = make_plan(dir, table[i].intent, table[i].collection);
        g_autoptr(GPtrArray) files =
            g_ptr_array_new_with_free_func((GDestroyNotify)manifest_file_free);
        g_autoptr(GError) error = NULL;
        g_autofree char *text = NULL;
        g_autoptr(Manifest) m = NULL;
        const ManifestDomain *domain;
        const PlanDomain *planned = g_ptr_array_index(plan->domains, 0);

        g_test_message("row %zu", i);
        for (guint k = 0; k < plan->files->len; k++) {
            const PlanFile *file = g_ptr_array_index(plan->files, k);

            g_ptr_array_add(files, file_new(file->path, file->role, file->bytes, table[i].fill));
        }
        for (guint k = 0; k < plan->layers->len; k++)
            g_ptr_array_add(files, layer_new(g_ptr_array_index(plan->layers, k), table[i].bytes,
                                             table[i].bytes ? table[i].fill : 0));
        text = manifest_format(plan, files, plan->warnings);
        m = manifest_parse(text, strlen(text), &error);
        g_assert_no_error(error);
        g_assert_cmpstr(m->collection, ==, table[i].collection);
        g_assert_cmpstr(m->snapshot, ==, plan->snapshot);
        g_assert_cmpstr(m->host, ==, "kvm1.example.org");
        g_assert_cmpuint(m->files->len, ==, files->len);
        for (guint k = 0; k < files->len; k++)
            assert_same_file(g_ptr_array_index(m->files, k), g_ptr_array_index(files, k));
        domain = g_ptr_array_index(m->domains, 0);
        g_assert_cmpstr(domain->name, ==, planned->name);
        g_assert_cmpstr(domain->uuid, ==, planned->uuid);
        g_assert_cmpstr(domain->directory, ==, planned->directory);
        g_assert_cmpuint(domain->snapshots->len, ==, 2);
        assert_same_disks(g_ptr_array_index(domain->snapshots, 0),
                          g_ptr_array_index(planned->snapshots, 0));
        g_assert_cmpstr(g_ptr_array_index(m->warnings, m->warnings->len - 1), ==,
                        "a warning with <, & and ñ");
    }
}

/* Long chains and many files take time in proportion to their number. */
static void
test_large(void)
{
    enum { N = 20000 };
    g_autofree char *path = data_path("manifest/valid/least.xml");
    g_autoptr(GBytes) bytes = read_file(path);
    g_autofree char *least = g_strndup(g_bytes_get_data(bytes, NULL), g_bytes_get_size(bytes));
    g_autoptr(GString) text = g_string_new(least);
    g_autoptr(GString) layers = g_string_new("<files><layer path='layers/0.qcow2' bytes='1' "
                                             "format='qcow2' capacity='1' source=''/>");
    g_autoptr(GError) error = NULL;
    g_autoptr(Manifest) m = NULL;
    gint64 begin = g_get_monotonic_time();

    for (int i = 0; i < N; i++)
        g_string_append_printf(layers,
                               "<layer path='layers/%d.qcow2' bytes='1' format='qcow2' "
                               "capacity='1' backing='layers/%d.qcow2' source=''/>",
                               i + 1, i);
    g_string_append(layers, "</files>");
    g_string_replace(text, "<files/>", layers->str, 1);
    m = manifest_parse(text->str, text->len, &error);
    g_assert_no_error(error);
    g_assert_cmpuint(m->files->len, ==, N + 1);
    g_assert_cmpint(g_get_monotonic_time() - begin, <, 120 * G_USEC_PER_SEC);
}

/* Loads manifests from a directory: one that is there, one that is not, and one that is no
 * manifest. */
static void
test_load(void)
{
    static const struct {
        const char *script;
        gboolean ok;
    } table[] = {
        {"cp \"$0\" manifest.xml", TRUE},
        {"rm manifest.xml", FALSE},
        {"cp \"$0\" other; ln -s other manifest.xml", FALSE},
        {"rm manifest.xml; mkdir manifest.xml", FALSE},
        {"rmdir manifest.xml; mkfifo manifest.xml", FALSE},
        {"rm manifest.xml; truncate -s 300M manifest.xml", FALSE},
    };
    g_autoptr(Scratch) dir = scratch_new();
    g_autofree char *usual = data_path("manifest/valid/usual.xml");
    g_autoptr(GError) error = NULL;
    auto_fd fd = fd_open_dir(AT_FDCWD, dir, &error);

    for (gsize i = 0; i < G_N_ELEMENTS(table); i++) {
        g_autofree char *script = g_strdup_printf("cd '%s'; %s", dir, table[i].script);
        g_autoptr(Manifest) m = NULL;

        g_test_message("%s", table[i].script);
        g_clear_error(&error);
        g_free(run("sh", "-ec", script, usual, NULL));
        m = manifest_load(fd, &error);
        g_assert_true((m != NULL) == table[i].ok);
        g_assert_true((error == NULL) == table[i].ok);
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/manifest/valid", test_valid);
    g_test_add_data_func("/manifest/invalid", "manifest/invalid", test_invalid);
    g_test_add_func("/manifest/base", test_base);
    g_test_add_func("/manifest/checkpoint", test_checkpoint);
    g_test_add_data_func("/manifest/refused", "manifest/refused", test_invalid);
    g_test_add_func("/manifest/usual", test_usual);
    g_test_add_func("/manifest/round-trip", test_round_trip);
    g_test_add_func("/manifest/large", test_large);
    g_test_add_func("/manifest/load", test_load);
    return g_test_run();
}
