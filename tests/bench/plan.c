/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "export/plan-build.h"
#include "image/qcow2-header.h"

/* usage: plan [DOMAINS [LAYERS]]
 *
 * Plans the export of that many domains with two disks each, whose chains have that many layers
 * (images on disk, headers and all), and says in TAP how long it took and how much memory it
 * needed. More than what is promised is a failure. */

#define DOMAINS 1000
#define DISKS 2
#define LAYERS 10
/* Planning takes less than two seconds. A busy machine needs more, and a cost that grows with the
 * square of the input takes minutes. */
#define SECONDS_MAX 60.0
#define MEBIBYTES_MAX 200

typedef struct {
    guint domains;
    guint layers;
    char *directory;
    GBytes *head; /* of an image with a backing file, to be patched */
} Bench;

static void
run(const char *const *argv)
{
    g_autoptr(GError) error = NULL;
    int status = 0;

    if (!g_spawn_sync(NULL, (char **)argv, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, NULL, NULL,
                      &status, &error) ||
        !g_spawn_check_wait_status(status, &error))
        g_error("%s: %s", argv[0], error->message);
}

static char *
layer_path(const Bench *bench, guint domain, guint disk, guint layer)
{
    return g_strdup_printf("%s/d%u-%u-%u.qcow2", bench->directory, domain, disk, layer);
}

/* Makes one image with qemu-img; all others are copies of it with another backing file. */
static void
read_head(Bench *bench)
{
    g_autofree char *path = g_build_filename(bench->directory, "model.qcow2", NULL);
    const char *const argv[] = {"qemu-img", "create", "-q",   "-u", "-f", "qcow2", "-F",
                                "qcow2",    "-b",     "none", path, "1G", NULL};
    char *data;
    gsize length;

    run(argv);
    if (!g_file_get_contents(path, &data, &length, NULL))
        g_error("no %s", path);
    bench->head = g_bytes_new_take(data, length);
}

/* Writes what is not zero, in pages: what is left out reads as zeros, and 20,000 images in full
 * would be 4 GB. */
static gboolean
write_pages(int fd, const guint8 *data, gsize length, gsize at)
{
    static const guint8 zeros[4096];

    for (gsize done = 0; done < length; done += sizeof zeros) {
        gsize size = MIN(sizeof zeros, length - done);

        if (memcmp(data + done, zeros, size) != 0 &&
            pwrite(fd, data + done, size, (off_t)(at + done)) != (gssize)size)
            return FALSE;
    }

    return ftruncate(fd, (off_t)(at + length)) == 0;
}

static void
make_layer(const Bench *bench, guint domain, guint disk, guint layer)
{
    g_autofree char *path = layer_path(bench, domain, disk, layer);
    g_autofree char *below = layer > 0 ? layer_path(bench, domain, disk, layer - 1) : NULL;
    g_autoptr(GError) error = NULL;
    g_autoptr(GBytes) head = NULL;
    gsize length;
    gsize patched;
    const guint8 *data = g_bytes_get_data(bench->head, &length);
    int fd = g_open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

    head = qcow2_header_patch(data, MIN(length, 65536), below, below ? "qcow2" : NULL, path,
                              &error);
    patched = head ? g_bytes_get_size(head) : 0;
    if (!head || fd < 0 || !write_pages(fd, g_bytes_get_data(head, NULL), patched, 0) ||
        !write_pages(fd, data + patched, length - patched, patched) || close(fd) != 0)
        g_error("cannot make %s: %s", path, error ? error->message : g_strerror(errno));
}

static void
make_images(Bench *bench)
{
    bench->directory = g_dir_make_tmp("bench-XXXXXX", NULL);
    read_head(bench);
    for (guint domain = 0; domain < bench->domains; domain++)
        for (guint disk = 0; disk < DISKS; disk++)
            for (guint layer = 0; layer < bench->layers; layer++)
                make_layer(bench, domain, disk, layer);
}

static char *
domain_xml(const Bench *bench, guint domain, const char *overlay)
{
    g_autoptr(GString) disks = g_string_new(NULL);

    for (guint disk = 0; disk < DISKS; disk++) {
        g_autofree char *top = layer_path(bench, domain, disk, bench->layers - 1);

        g_string_append_printf(disks,
                               "<disk type='file' device='disk'><driver name='qemu' "
                               "type='qcow2'/><source file='%s%s'/><target dev='vd%c' "
                               "bus='virtio'/></disk>",
                               top, overlay, 'a' + (int)disk);
    }

    return g_strdup_printf("<domain type='kvm'><name>domain%u</name>"
                           "<uuid>c7a5fdbd-edaf-9455-926a-%012u</uuid><devices>%s</devices>"
                           "</domain>",
                           domain, domain, disks->str);
}

static DomainRecord *
make_record(const Bench *bench, guint domain)
{
    DomainRecord *record = g_new0(DomainRecord, 1);
    SnapshotRecord *snapshot = g_new0(SnapshotRecord, 1);
    g_autofree char *then = domain_xml(bench, domain, "");

    snapshot->name = g_strdup("snap1");
    snapshot->xml = g_strdup_printf(
        "<domainsnapshot><name>snap1</name><state>disk-snapshot</state>"
        "<creationTime>1700000000</creationTime><memory snapshot='no'/><disks>"
        "<disk name='vda' snapshot='external' type='file'/>"
        "<disk name='vdb' snapshot='external' type='file'/></disks>%s</domainsnapshot>",
        then);
    record->name = g_strdup_printf("domain%u", domain);
    record->uuid = g_strdup_printf("c7a5fdbd-edaf-9455-926a-%012u", domain);
    record->active = TRUE;
    record->xml = domain_xml(bench, domain, ".overlay");
    record->snapshots = g_ptr_array_new_with_free_func((GDestroyNotify)snapshot_record_free);
    g_ptr_array_add(record->snapshots, snapshot);

    return record;
}

static GPtrArray *
make_records(const Bench *bench)
{
    GPtrArray *records = g_ptr_array_new_with_free_func((GDestroyNotify)domain_record_free);

    for (guint domain = 0; domain < bench->domains; domain++)
        g_ptr_array_add(records, make_record(bench, domain));

    return records;
}

static HostInfo *
make_host(void)
{
    HostInfo *host = g_new0(HostInfo, 1);

    host->uri = g_strdup("bench:///");
    host->host = g_strdup("bench");
    host->type = g_strdup("QEMU");
    host->version = g_strdup("0");
    host->libvirt_version = g_strdup("0");

    return host;
}

static void
report(const Bench *bench, const Plan *plan, double seconds)
{
    struct rusage usage;
    double mebibytes;

    getrusage(RUSAGE_SELF, &usage);
    mebibytes = (double)usage.ru_maxrss / 1024;
    printf("# %u domains, %u disks each, chains of %u: %.2f s, %.0f MiB at most\n",
           bench->domains, DISKS, bench->layers, seconds, mebibytes);
    printf("%s 1 - every layer is planned\n",
           plan->layers->len == bench->domains * DISKS * bench->layers ? "ok" : "not ok");
    printf("%s 2 - in less than %.0f seconds\n", seconds < SECONDS_MAX ? "ok" : "not ok",
           SECONDS_MAX);
    printf("%s 3 - with less than %d MiB\n", mebibytes < MEBIBYTES_MAX ? "ok" : "not ok",
           MEBIBYTES_MAX);
    puts("1..3");
}

int
main(int argc, char **argv)
{
    Bench bench = {
        .domains = argc > 1 ? (guint)atoi(argv[1]) : DOMAINS,
        .layers = argc > 2 ? (guint)atoi(argv[2]) : LAYERS,
    };
    g_autoptr(VirtSnapExportSettings) settings = virt_snap_export_settings_new();
    g_autoptr(GPtrArray) records = NULL;
    g_autoptr(Plan) plan = NULL;
    g_autoptr(GError) error = NULL;
    gint64 start;
    gint64 end;

    make_images(&bench);
    records = make_records(&bench);
    start = g_get_monotonic_time();
    plan = plan_build("all", NULL, "snap1", settings, records, make_host(), &error);
    end = g_get_monotonic_time();
    if (!plan)
        g_error("%s", error->message);
    report(&bench, plan, (double)(end - start) / G_USEC_PER_SEC);
    {
        const char *const rm[] = {"rm", "-rf", bench.directory, NULL};

        run(rm);
    }
    g_bytes_unref(bench.head);
    g_free(bench.directory);

    return 0;
}
