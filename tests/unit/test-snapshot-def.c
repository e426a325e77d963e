/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <string.h>

#include "hypervisor/snapshot-def.h"
#include "tests/unit/harness.h"
#include "util/xml.h"

#define NO SNAPSHOT_LOCATION_NO
#define INTERNAL SNAPSHOT_LOCATION_INTERNAL
#define EXTERNAL SNAPSHOT_LOCATION_EXTERNAL
#define MANUAL SNAPSHOT_LOCATION_MANUAL

static SnapshotDef *
load(const char *name, GError **error)
{
    g_autofree char *file = g_strdup_printf("snapshot/%s.xml", name);
    g_autofree char *path = data_path(file);
    g_autoptr(GBytes) bytes = read_file(path);
    g_autofree char *text =
        g_strndup(g_bytes_get_data(bytes, NULL), g_bytes_get_size(bytes));

    return snapshot_def_parse(text, name, error);
}

/* What is said of a snapshot as a whole. */
static const struct {
    const char *file;
    const char *name;
    const char *parent;
    const char *state;
    gint64 time;
    SnapshotLocation memory;
    const char *memory_file;
    const char *nvram;
    const char *nvram_format;
    gboolean tpm;
    const char *kind;
    const char *domain;
    guint n_disks;
} snapshots[] = {
    {"external-running", "monday", NULL, "disk-snapshot", 1700000000, NO, NULL, NULL, NULL, FALSE,
     "external", "web", 2},
    {"external-memory", "tuesday", "monday", "running", 1700086400, EXTERNAL,
     "/images/web.tuesday.mem", NULL, NULL, FALSE, "external", "web", 1},
    {"internal-running", "before update", NULL, "running", 1700000000, INTERNAL, NULL, NULL, NULL,
     FALSE, "internal", "web", 1},
    {"internal-shutoff", "cold", NULL, "shutoff", 1700000000, NO, NULL, NULL, NULL, FALSE,
     "internal", "web", 2},
    {"uefi-tpm", "fw", NULL, "shutoff", 1700000000, NO, NULL,
     "/var/lib/libvirt/qemu/nvram/web_VARS.fd", NULL, TRUE, "external", "web", 1},
    {"uefi-source", "fw2", NULL, "shutoff", 1700000000, NO, NULL, "/nvram/web.qcow2", "qcow2",
     FALSE, "external", "web", 1},
    {"drives", "all kinds", NULL, "disk-snapshot", 1700000000, NO, NULL, NULL, NULL, FALSE,
     "external", "web", 8},
    {"by-path", "by path", NULL, "disk-snapshot", 1700000000, NO, NULL, NULL, NULL, FALSE,
     "manual", "web", 2},
    {"no-disks", "diskless", NULL, "running", 1700000000, INTERNAL, NULL, NULL, NULL, FALSE,
     "internal", "web", 0},
    {"names", "-- «ñ» & <b> \"q\" 's'", "père & mère", "disk-snapshot", 1700000000, NO, NULL, NULL,
     NULL, FALSE, "external", "-web <1>", 1},
    {"no-format", "x", NULL, "disk-snapshot", 0, NO, NULL, NULL, NULL, FALSE, "external", "web",
     1},
};

static void
test_snapshots(void)
{
    g_autoptr(GPtrArray) files = corpus("snapshot/valid");

    for (gsize i = 0; i < G_N_ELEMENTS(snapshots); i++) {
        g_autoptr(GError) error = NULL;
        g_autofree char *file = g_strdup_printf("valid/%s", snapshots[i].file);
        g_autoptr(SnapshotDef) def = load(file, &error);

        g_test_message("%s", snapshots[i].file);
        g_assert_no_error(error);
        g_assert_cmpstr(def->name, ==, snapshots[i].name);
        g_assert_cmpstr(def->parent, ==, snapshots[i].parent);
        g_assert_cmpstr(def->state, ==, snapshots[i].state);
        g_assert_cmpint(def->creation_time, ==, snapshots[i].time);
        g_assert_cmpint(def->memory, ==, snapshots[i].memory);
        g_assert_cmpstr(def->memory_file, ==, snapshots[i].memory_file);
        if (snapshots[i].nvram) {
            const DomainFile *nvram = g_ptr_array_index(def->files, 0);

            g_assert_cmpstr(nvram->role, ==, "nvram");
            g_assert_cmpstr(nvram->path, ==, snapshots[i].nvram);
            g_assert_cmpstr(nvram->format, ==, snapshots[i].nvram_format);
        }
        g_assert_true((def->tpm != NULL) == snapshots[i].tpm);
        g_assert_cmpstr(snapshot_def_kind(def), ==, snapshots[i].kind);
        g_assert_cmpstr(def->domain_name, ==, snapshots[i].domain);
        g_assert_cmpstr(def->domain_uuid, ==, "8a2ee8d7-6f2b-4d0f-9d0a-3d0d3f5a6c01");
        g_assert_cmpuint(def->disks->len, ==, snapshots[i].n_disks);
    }
    /* Every file has a row. */
    g_assert_cmpuint(files->len, ==, G_N_ELEMENTS(snapshots));
}

static const struct {
    const char *file;
    guint index;
    const char *target;
    const char *device;
    const char *type;
    const char *path;
    const char *source; /* NULL: an empty drive */
    const char *format;
    gboolean read_only;
    SnapshotLocation location;
} disks[] = {
    {"external-running", 0, "vda", "disk", "file", "/images/web.qcow2", "/images/web.qcow2",
     "qcow2", FALSE, EXTERNAL},
    {"external-running", 1, "vdb", "disk", "file", "/images/data.raw", "/images/data.raw", "raw",
     FALSE, EXTERNAL},
    {"external-memory", 0, "vda", "disk", "file", "/images/web.monday", "/images/web.monday",
     "qcow2", FALSE, EXTERNAL},
    {"internal-shutoff", 0, "vda", "disk", "file", "/images/web.qcow2", "/images/web.qcow2",
     "qcow2", FALSE, INTERNAL},
    {"internal-shutoff", 1, "sda", "cdrom", "file", NULL, NULL, "raw", TRUE, NO},
    {"drives", 1, "vdb", "disk", "block", "/dev/vg/b", "/dev/vg/b", "raw", FALSE, NO},
    {"drives", 2, "vdc", "disk", "network", NULL, "pool/image", "raw", FALSE, NO},
    {"drives", 3, "vdd", "disk", "volume", NULL, "d.qcow2", "qcow2", FALSE, NO},
    {"drives", 4, "sda", "cdrom", "file", "/iso/install.iso", "/iso/install.iso", "raw", TRUE, NO},
    {"drives", 5, "sdb", "cdrom", "file", NULL, NULL, "raw", TRUE, NO},
    {"drives", 6, "fda", "floppy", "file", NULL, NULL, "raw", FALSE, NO},
    /* Not in the snapshot's list at all. */
    {"drives", 7, "vde", "disk", "file", "/images/shared.raw", "/images/shared.raw", "raw", TRUE,
     NO},
    {"by-path", 0, "vda", "disk", "file", "/images/a.qcow2", "/images/a.qcow2", "qcow2", FALSE,
     EXTERNAL},
    {"by-path", 1, "vdb", "disk", "file", "/images/b.raw", "/images/b.raw", "raw", FALSE, MANUAL},
    {"names", 0, "vda", "disk", "file", "/images/a & b/it's.qcow2", "/images/a & b/it's.qcow2",
     "qcow2", FALSE, EXTERNAL},
    {"no-format", 0, "vda", "disk", "file", "/i/x", "/i/x", NULL, FALSE, EXTERNAL},
};

static void
test_disks(void)
{
    for (gsize i = 0; i < G_N_ELEMENTS(disks); i++) {
        g_autofree char *file = g_strdup_printf("valid/%s", disks[i].file);
        g_autoptr(SnapshotDef) def = load(file, NULL);
        const DiskDef *disk = g_ptr_array_index(def->disks, disks[i].index);

        g_test_message("%s %u", disks[i].file, disks[i].index);
        g_assert_cmpstr(disk->target, ==, disks[i].target);
        g_assert_cmpstr(disk->device, ==, disks[i].device);
        g_assert_cmpstr(disk->storage->type, ==, disks[i].type);
        g_assert_cmpstr(disk->storage->path, ==, disks[i].path);
        g_assert_cmpstr(disk->storage->label, ==, disks[i].source);
        g_assert_true(disk_def_is_empty(disk) == (disks[i].source == NULL));
        g_assert_cmpstr(disk->storage->format, ==, disks[i].format);
        g_assert_true(disk->read_only == disks[i].read_only);
        g_assert_cmpint(disk->location, ==, disks[i].location);
    }
}

static void
test_backing(void)
{
    g_autoptr(SnapshotDef) def = load("valid/external-running", NULL);
    const DiskDef *chain = g_ptr_array_index(def->disks, 0);
    const DiskDef *alone = g_ptr_array_index(def->disks, 1);
    const StorageDef *mid = chain->storage->backing;

    g_assert_cmpuint(storage_def_depth(chain->storage), ==, 3);
    g_assert_cmpstr(mid->path, ==, "/images/mid.qcow2");
    g_assert_cmpstr(mid->format, ==, "qcow2");
    g_assert_cmpstr(mid->backing->path, ==, "/images/base.raw");
    g_assert_cmpstr(mid->backing->format, ==, "raw");
    g_assert_true(mid->backing->ends);
    g_assert_null(alone->storage->backing);
    g_assert_false(alone->storage->ends);
}

/* The domain as it was is a <domain> of its own that says how it would start again. */
static void
test_domain_xml(void)
{
    static const struct {
        const char *file;
        const char *source; /* of its first disk */
    } table[] = {
        {"external-running", "<source file=\"/images/web.qcow2\"/>"},
        {"external-memory", "<source file=\"/images/web.monday\"/>"},
        {"names", "<source file=\"/images/a &amp; b/it's.qcow2\"/>"},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(table); i++) {
        g_autofree char *file = g_strdup_printf("valid/%s", table[i].file);
        g_autoptr(SnapshotDef) def = load(file, NULL);
        g_autoptr(GError) error = NULL;
        g_autoptr(xmlDoc) doc =
            xml_parse(def->domain_xml, strlen(def->domain_xml), "domain", &error);
        xmlNode *root = xmlDocGetRootElement(doc);
        g_autofree char *type = NULL;

        g_assert_no_error(error);
        type = xml_attr(root, "type");
        g_assert_cmpstr((const char *)root->name, ==, "domain");
        g_assert_cmpstr(type, ==, "kvm");
        /* Not the active form, which libvirt would not define. */
        g_assert_nonnull(strstr(def->domain_xml, table[i].source));
        g_assert_null(strstr(def->domain_xml, "index=\"3\""));
        g_assert_null(strstr(def->domain_xml, "inactiveDomain"));
    }
}

static void
test_invalid(void)
{
    g_autoptr(GPtrArray) files = corpus("snapshot/invalid");

    for (guint i = 0; i < files->len; i++) {
        g_autoptr(GBytes) bytes = read_file(g_ptr_array_index(files, i));
        g_autofree char *text =
            g_strndup(g_bytes_get_data(bytes, NULL), g_bytes_get_size(bytes));
        g_autoptr(GError) error = NULL;

        g_test_message("%s", (char *)g_ptr_array_index(files, i));
        g_assert_null(snapshot_def_parse(text, "domain 'web', snapshot 's'", &error));
        g_assert_nonnull(error);
        g_assert_true(error->domain == VIRT_SNAP_ERROR);
        g_assert_nonnull(strstr(error->message, "domain 'web', snapshot 's'"));
    }
}

static void
test_image_paths(void)
{
    static const char xml[] =
        "<domain><devices>"
        "<disk><source file='/a &amp; b'/><target dev='vda'/>"
        "<backingStore><source file='/below'/></backingStore></disk>"
        "<disk type='block'><source dev='/dev/b'/></disk>"
        "<disk device='cdrom'><source file='/iso'/><readonly/></disk>"
        "<disk device='floppy'/>"
        "<disk><source file='/c'/></disk>"
        "</devices></domain>";
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) paths = domain_image_paths(xml, NULL, &error);

    g_assert_no_error(error);
    g_assert_cmpuint(paths->len, ==, 3);
    g_assert_cmpstr(g_ptr_array_index(paths, 0), ==, "/a & b");
    g_assert_cmpstr(g_ptr_array_index(paths, 1), ==, "/dev/b");
    g_assert_cmpstr(g_ptr_array_index(paths, 2), ==, "/c");
    g_assert_null(domain_image_paths("<domain", NULL, &error));
    g_assert_nonnull(error);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/snapshot-def/snapshots", test_snapshots);
    g_test_add_func("/snapshot-def/disks", test_disks);
    g_test_add_func("/snapshot-def/backing", test_backing);
    g_test_add_func("/snapshot-def/domain-xml", test_domain_xml);
    g_test_add_func("/snapshot-def/invalid", test_invalid);
    g_test_add_func("/snapshot-def/image-paths", test_image_paths);
    return g_test_run();
}
