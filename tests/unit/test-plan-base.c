/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "export/manifest-format.h"
#include "export/plan-base.h"
#include "export/plan-points.h"
#include "hypervisor/snapshot-ops.h"
#include "tests/unit/harness.h"
#include "tests/unit/plan-fixture.h"
#include "util/fd.h"

/* What is taken from a base, and what is read again. */

#define BELOW(format)                                                                              \
    "<backingStore type='file'><format type='" format "'/><source file='under.qcow2'/>"            \
    "<backingStore/></backingStore>"

/* The merged plan of a domain that is off, and has @below below its image. */
static Plan *
make_plan(PlanFixture *f, const char *below)
{
    const TestSnapshot snapshot = {
        .name = "s", .disks = {{"vda", "over.qcow2", "qcow2", "external", NULL, below}}};
    g_autoptr(GError) error = NULL;
    Plan *plan;

    g_ptr_array_set_size(f->records, 0);
    plan_add(f, "web", FALSE, NULL, &snapshot, 1);
    plan = plan_make(f, &error);
    g_assert_no_error(error);

    return plan;
}

/* Where the image was read from, a moment after it was written. */
static Origin *
origin_in(const Layer *layer, gboolean formats)
{
    auto_fd fd = open(layer->path, O_RDONLY | O_CLOEXEC);
    Origin *origin;

    while (!(origin = origin_new(fd, layer->path)))
        g_usleep(G_USEC_PER_SEC / 100);
    origin->format = formats ? g_strdup(layer->format) : NULL;

    return origin;
}

/* Elsewhere times prove nothing, and nothing is linked before it was read. */
static gboolean
keeps_times(const char *path)
{
    Layer layer = {.path = (char *)path};
    g_autoptr(Origin) origin = origin_in(&layer, FALSE);
    g_autofree char *boot = origin_boot();
    auto_fd fd = open(path, O_RDONLY | O_CLOEXEC);

    return origin_match(origin, boot, fd) == ORIGIN_SAME;
}

static ManifestFile *
add_file(GPtrArray *files, const char *path, const char *role)
{
    ManifestFile *file = manifest_file_new();

    file->path = g_strdup(path);
    file->role = g_strdup(role);
    g_ptr_array_add(files, file);

    return file;
}

/* The export that @plan makes; without @formats, as an earlier version wrote it. */
static ExportBase *
make_base(PlanFixture *f, const Plan *plan, gboolean formats)
{
    const PlanLayer *top = plan_disk_of(plan, 0, 0)->top;
    g_autoptr(GPtrArray) files =
        g_ptr_array_new_with_free_func((GDestroyNotify)manifest_file_free);
    g_autoptr(GPtrArray) warnings = g_ptr_array_new();
    ManifestFile *file = add_file(files, top->file, "layer");
    ExportBase *base = g_new0(ExportBase, 1);
    g_autofree char *xml = NULL;
    g_autoptr(GError) error = NULL;
    struct stat st;

    for (guint i = 0; i < plan->files->len; i++) {
        const PlanFile *other = g_ptr_array_index(plan->files, i);

        add_file(files, other->path, other->role);
    }
    g_assert_cmpint(chmod(top->file, 0400), ==, 0);
    g_assert_cmpint(stat(top->file, &st), ==, 0);
    file->written = (OriginTime){st.st_mtim.tv_sec, (guint32)st.st_mtim.tv_nsec};
    file->format = g_strdup(top->format);
    file->source = g_strdup(top->source->path);
    file->capacity = top->capacity;
    file->bytes = (guint64)st.st_size;
    file->flattened = TRUE;
    for (const Layer *layer = top->source; layer; layer = layer->backing)
        g_ptr_array_add(file->origins, origin_in(layer, formats));
    xml = manifest_format(plan, files, warnings);
    base->manifest = manifest_parse(xml, strlen(xml), &error);
    g_assert_no_error(error);
    base->path = g_strdup(f->dir);
    base->dirfd = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    base->lock = -1;

    return base;
}

/* Only what certainly is the same is linked without a look at its content: the same files, and in
 * the same formats; and without a digest only what nobody can have written to. */
static void
test_formats(PlanFixture *f, gconstpointer data)
{
    static const struct {
        const char *below;
        gboolean formats; /* the base's manifest has them */
        gboolean linked;
        const char *touch;
    } table[] = {
        {BELOW("qcow2"), TRUE, TRUE, NULL},
        {BELOW("raw"), TRUE, FALSE, NULL},
        {BELOW("qcow2"), FALSE, FALSE, NULL},
        {BELOW("raw"), FALSE, FALSE, NULL},
        {BELOW("qcow2"), TRUE, FALSE, "chmod u+w \"$0\""},
        {BELOW("qcow2"), TRUE, FALSE, "touch -d @1 \"$0\""},
    };

    g_free(run("sh", "-ec",
               "qemu-img create -q -f qcow2 under.qcow2 2M; mkdir layers\n"
               "qemu-img create -q -f qcow2 -b under.qcow2 -F qcow2 over.qcow2 2M",
               NULL));
    if (!keeps_times("over.qcow2")) {
        g_test_skip("no file system that keeps its times");
        return;
    }
    plan_set(f, "intent", "merge");
    plan_set(f, "digest", "no");
    for (gsize i = 0; i < G_N_ELEMENTS(table); i++) {
        g_autoptr(Plan) before = make_plan(f, BELOW("qcow2"));
        g_autoptr(Plan) plan = make_plan(f, table[i].below);
        const char *file = plan_disk_of(before, 0, 0)->top->file;
        g_autoptr(GError) error = NULL;
        ExportBase *base;
        struct stat st;

        (void)!unlink(file);
        g_free(run("qemu-img", "convert", "-O", "qcow2", "over.qcow2", file, NULL));
        base = make_base(f, before, table[i].formats);
        if (table[i].touch)
            g_free(run("sh", "-ec", table[i].touch, file, NULL));
        g_assert_cmpint(stat(".", &st), ==, 0);
        g_assert_true(plan_base_apply(plan, base, st.st_dev, &error));
        g_assert_no_error(error);
        g_assert_true((plan_disk_of(plan, 0, 0)->top->way == PLAN_WAY_LINK) == table[i].linked);
    }
}

static const char *
busy_job(Hypervisor *hypervisor, const char *uuid)
{
    return "dump";
}

/* Of a domain that is busy only that is refused which libvirt has to be asked about. */
static void
test_busy(PlanFixture *f, gconstpointer data)
{
    static const HypervisorSnapshotOps snapshots = {.job = busy_job};
    static const HypervisorOps ops = {.snapshots = &snapshots};
    const ExportBase base = {.dirfd = -1, .lock = -1};
    Hypervisor host = {.ops = &ops};
    g_autoptr(GError) error = NULL;
    g_autoptr(Plan) plan = NULL;

    plan_add_two(f);
    plan = plan_make(f, &error);
    g_assert_no_error(error);
    g_assert_true(plan_points_find(&host, plan, &base, &error));
    g_assert_no_error(error);
    plan_disk_of(plan, 0, 0)->top->domain = g_ptr_array_index(plan->domains, 0);
    g_assert_false(plan_points_find(&host, plan, &base, &error));
    g_assert_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_IN_USE);
}

int
main(int argc, char **argv)
{
    static const PlanTest tests[] = {{"formats", test_formats}, {"busy", test_busy}};

    g_test_init(&argc, &argv, NULL);
    plan_run_tests("/plan-base", tests, G_N_ELEMENTS(tests));

    return g_test_run();
}
