/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <fcntl.h>
#include <glib/gstdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "hypervisor/host-facts.h"
#include "hypervisor/hypervisor.h"
#include "import/import-host.h"
#include "import/import-planner.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/host-paths.h"
#include "util/fd.h"
#include "util/xml.h"

/* A whole export, planned as an import does it. An input is the files of one, each after a line
 * "== PATH"; what is before the first of them are letters for what is asked of the import. A file
 * has the size that the manifest says: spaces or zeros are added, or its end is missing. Without
 * that a change of any document would be one of its size, and end there. */

const char *const fuzz_corpora[] = {"import-plan", NULL};

#define DIRECTORY "/new/place"
#define MARK "\n== "
/* What is text in an export is filled up with spaces, and what is larger with a hole. */
#define TEXT_MAX (64 * 1024)
#define SIZE_MAX_BYTES (G_GUINT64_CONSTANT(1) << 40)

/* --- a host ------------------------------------------------------------------- */

#define CAPABILITIES                                                                              \
    "<capabilities><host><cpu><arch>x86_64</arch></cpu></host>"                                   \
    "<guest><os_type>hvm</os_type><arch name='x86_64'>"                                           \
    "<emulator>/usr/bin/qemu-system-x86_64</emulator><machine>pc-i440fx-7.2</machine>"            \
    "<machine canonical='pc-i440fx-7.2'>pc</machine><machine>pc-q35-7.2</machine>"                \
    "<domain type='qemu'/><domain type='kvm'/></arch></guest></capabilities>"

#define OFFER                                                                                     \
    "<domainCapabilities><path>/usr/bin/qemu-system-x86_64</path><vcpu max='255'/>"               \
    "<os><loader supported='yes'><value>/usr/share/OVMF/OVMF_CODE_4M.fd</value></loader></os>"    \
    "<cpu><mode name='host-passthrough' supported='no'/>"                                         \
    "<mode name='maximum' supported='yes'/></cpu><devices><graphics supported='yes'>"             \
    "<enum name='type'><value>vnc</value></enum></graphics><video supported='yes'>"               \
    "<enum name='modelType'><value>vga</value></enum></video></devices></domainCapabilities>"

static gboolean
fuzz_sees(Hypervisor *hypervisor, const char *path, GError **error)
{
    return TRUE;
}

static HostFacts *
fuzz_host_facts(Hypervisor *hypervisor, GError **error)
{
    HostFacts *facts = host_facts_new();

    facts->capabilities = g_strdup(CAPABILITIES);
    facts->libvirt_version = g_strdup("9.0.0");
    facts->memory = G_GUINT64_CONSTANT(4) << 30;
    g_ptr_array_add(facts->networks, host_thing_new("default", TRUE));

    return facts;
}

static char *
fuzz_domain_capabilities(Hypervisor *hypervisor, const char *arch, const char *machine,
                         const char *type, GError **error)
{
    return g_strdup(OFFER);
}

static gboolean
fuzz_compare_cpu(Hypervisor *hypervisor, const char *arch, const char *machine, const char *type,
                 const char *cpu, char **problem, GError **error)
{
    *problem = g_strdup("it has another processor");

    return TRUE;
}

static const HypervisorOps host_ops = {
    .name = "fuzz",
    .sees = fuzz_sees,
    .host_facts = fuzz_host_facts,
    .domain_capabilities = fuzz_domain_capabilities,
    .compare_cpu = fuzz_compare_cpu,
};

/* --- an export -------------------------------------------------------------------- */

typedef struct {
    char *path;
    const char *data; /* not owned */
    gsize length;
} Part;

static void
part_free(gpointer data)
{
    g_free(((Part *)data)->path);
    g_free(data);
}

static const char *
find(const char *data, gsize length, const char *what)
{
    return length > 0 ? memmem(data, length, what, strlen(what)) : NULL;
}

/* Returns: no more parts than a directory can have entries without being slow. */
static GPtrArray *
split(const char *data, gsize length)
{
    GPtrArray *parts = g_ptr_array_new_with_free_func(part_free);
    const char *end = data + length;
    const char *mark = find(data, length, MARK);

    while (mark && parts->len < 64) {
        const char *name = mark + strlen(MARK);
        const char *line = find(name, (gsize)(end - name), "\n");
        Part *part;

        if (!line)
            break;
        mark = find(line, (gsize)(end - line), MARK);
        part = g_new0(Part, 1);
        part->path = g_strndup(name, (gsize)(line - name));
        part->data = line + 1;
        part->length = line + 1 > (mark ? mark : end) ? 0 : (gsize)((mark ? mark : end) - line - 1);
        g_ptr_array_add(parts, part);
    }

    return parts;
}

static Manifest *
manifest_of(GPtrArray *parts)
{
    for (guint i = 0; i < parts->len; i++) {
        const Part *part = g_ptr_array_index(parts, i);

        if (g_str_equal(part->path, MANIFEST_FILE))
            return manifest_parse(part->data, part->length, NULL);
    }

    return NULL;
}

static void
make_directories(int dirfd, const char *path)
{
    for (const char *slash = strchr(path, '/'); slash; slash = strchr(slash + 1, '/')) {
        g_autofree char *above = g_strndup(path, (gsize)(slash - path));

        mkdirat(dirfd, above, 0700);
    }
}

static void
give_size(int fd, const Part *part, guint64 bytes)
{
    if (bytes > part->length && bytes <= TEXT_MAX && g_str_has_suffix(part->path, ".xml")) {
        g_autofree char *spaces = g_strnfill((gsize)bytes - part->length, ' ');

        g_assert_true(fd_pwrite_all(fd, spaces, (gsize)bytes - part->length, part->length,
                                    part->path, NULL));
    } else if (bytes <= SIZE_MAX_BYTES) {
        g_assert_cmpint(ftruncate(fd, (off_t)bytes), ==, 0);
    }
}

/* Paths that lead out of the export, or cannot name a file, are tested by the manifest's own fuzz
 * entry. */
static void
write_part(int dirfd, const Part *part, const Manifest *manifest)
{
    const ManifestFile *file = manifest ? manifest_file(manifest, part->path) : NULL;
    auto_fd fd = -1;

    if (*part->path == '/' || strstr(part->path, "..") || strlen(part->path) > 255)
        return;
    make_directories(dirfd, part->path);
    fd = openat(dirfd, part->path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0)
        return;
    g_assert_true(fd_pwrite_all(fd, part->data, part->length, 0, part->path, NULL));
    if (file)
        give_size(fd, part, file->bytes);
}

static void
write_export(const char *path, GPtrArray *parts)
{
    g_autoptr(Manifest) manifest = manifest_of(parts);
    auto_fd dirfd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    g_assert_cmpint(dirfd, >=, 0);
    for (guint i = 0; i < parts->len; i++)
        write_part(dirfd, g_ptr_array_index(parts, i), manifest);
}

/* --- what is planned --------------------------------------------------------------- */

static void
assert_relative(const char *path)
{
    g_auto(GStrv) parts = g_strsplit(path, "/", -1);

    for (char **part = parts; *part; part++) {
        g_assert_cmpint(**part, !=, '\0');
        g_assert_cmpint(**part, !=, '.');
    }
}

static void
assert_ours(const char *path)
{
    g_assert_true(g_str_has_prefix(path, DIRECTORY "/"));
    assert_relative(path + strlen(DIRECTORY "/"));
}

static void
assert_files(const ImportPlan *plan)
{
    guint64 bytes = 0;

    for (guint i = 0; i < plan->files->len; i++) {
        const ImportFile *file = g_ptr_array_index(plan->files, i);

        assert_relative(file->path);
        g_assert_true(file->from->has_digest || file->identity);
        g_assert_false(file->shared && file->writable && file->from->format);
        if (file->backing)
            assert_ours(file->backing);
        bytes += file->from->bytes;
    }
    g_assert_cmpuint(bytes, ==, plan->bytes);
    for (guint i = 0; i < plan->overlays->len; i++) {
        const ImportOverlay *overlay = g_ptr_array_index(plan->overlays, i);

        assert_relative(overlay->path);
        assert_ours(overlay->backing);
    }
}

static void
assert_document(const char *text, const char *name)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(xmlDoc) doc = xml_parse(text, strlen(text), "plan", &error);

    g_assert_no_error(error);
    g_assert_cmpstr((const char *)xmlDocGetRootElement(doc)->name, ==, name);
    host_paths_assert_none(xmlDocGetRootElement(doc), DIRECTORY);
}

static void
assert_domain(const ImportDomain *domain)
{
    assert_document(domain->xml, "domain");
    for (guint i = 0; i < domain->snapshots->len; i++)
        assert_document(((const ImportSnapshot *)g_ptr_array_index(domain->snapshots, i))->xml,
                        "domainsnapshot");
    for (guint i = 0; i < domain->disks->len; i++)
        assert_ours(((const ImportDisk *)g_ptr_array_index(domain->disks, i))->path);
    if (domain->memory)
        assert_ours(domain->memory);
    assert_relative(domain->directory);
}

/* Whether any document of the export has @mac. */
static gboolean
is_old_mac(GPtrArray *parts, const char *mac)
{
    for (guint i = 0; i < parts->len; i++) {
        const Part *part = g_ptr_array_index(parts, i);

        if (find(part->data, part->length, mac))
            return TRUE;
    }

    return FALSE;
}

static void
assert_new_macs(const char *text, GPtrArray *parts)
{
    g_autoptr(xmlDoc) doc = xml_parse(text, strlen(text), "plan", NULL);
    g_autoptr(GPtrArray) macs = xml_nodes(xmlDocGetRootElement(doc), "//interface/mac/@address");

    for (guint i = 0; i < macs->len; i++) {
        g_autofree char *mac = xml_text(g_ptr_array_index(macs, i), ".");

        g_assert_false(is_old_mac(parts, mac));
    }
}

static void
assert_new_cards(const ImportPlan *plan, GPtrArray *parts)
{
    for (guint i = 0; i < plan->domains->len; i++) {
        const ImportDomain *domain = g_ptr_array_index(plan->domains, i);

        assert_new_macs(domain->xml, parts);
        for (guint j = 0; j < domain->snapshots->len; j++)
            assert_new_macs(((const ImportSnapshot *)g_ptr_array_index(domain->snapshots, j))->xml,
                            parts);
    }
}

static void
assert_plan(const ImportPlan *plan)
{
    assert_files(plan);
    for (guint i = 0; i < plan->domains->len; i++)
        assert_domain(g_ptr_array_index(plan->domains, i));
}

/* --- planning ------------------------------------------------------------------------ */

static ImportSettings *
settings_of(const char *data, gsize length)
{
    ImportSettings *settings = import_settings_new();
    const char *mark = find(data, length, MARK);
    g_autofree char *letters = g_strndup(data, mark ? MIN((gsize)(mark - data), 16) : 0);

    settings->with_snapshots = strchr(letters, 's') != NULL;
    settings->new_uuid = strchr(letters, 'u') != NULL;
    settings->new_mac = strchr(letters, 'm') != NULL;
    settings->force_host = strchr(letters, 'f') != NULL;
    settings->suffix = strchr(letters, 'x') ? g_strdup(".new") : NULL;

    return settings;
}

static ImportPlan *
plan_export(const char *path, const ImportSettings *settings, ImportSource **source,
            GError **error)
{
    Hypervisor hypervisor = {&host_ops};
    g_autoptr(ImportHost) host = import_host_new(&hypervisor, settings->force_host, error);

    g_assert_nonnull(host);
    *source = import_source_open(path, error);

    return *source ? import_plan_make(*source, settings, DIRECTORY, host, error) : NULL;
}

static void
look_at(const char *path, const ImportSettings *settings, GPtrArray *parts)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(ImportSource) source = NULL;
    g_autoptr(ImportPlan) plan = plan_export(path, settings, &source, &error);

    g_assert_true((plan == NULL) == (error != NULL));
    if (plan)
        assert_plan(plan);
    if (plan && settings->new_mac)
        assert_new_cards(plan, parts);
    if (!plan)
        g_assert_true(g_utf8_validate(error->message, -1, NULL));
}

/* The files are in memory if there is a file system for that, because none of them has to last. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autoptr(GPtrArray) parts = split((const char *)data, size);
    g_autoptr(ImportSettings) settings = settings_of((const char *)data, size);
    gboolean fast = access("/dev/shm", W_OK) == 0;
    g_autofree char *path =
        g_build_filename(fast ? "/dev/shm" : g_get_tmp_dir(), "virtsnap-fuzz.XXXXXX", NULL);

    g_assert_nonnull(g_mkdtemp(path));
    write_export(path, parts);
    look_at(path, settings, parts);
    g_assert_true(tree_remove_at(AT_FDCWD, path, NULL));

    return 0;
}
