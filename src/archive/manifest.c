/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <glib/gi18n-lib.h>
#include <inttypes.h>
#include <string.h>

#include "archive/manifest.h"
#include "util/error-private.h"
#include "util/fd.h"
#include "util/name.h"
#include "util/xml.h"

/* Maximal size of a manifest; the digest nodes of 100 TiB take 67 MiB of text. */
#define MANIFEST_BYTES_MAX ((gsize)256 << 20)

/* The version of the manifests that this program writes. */
#define FORMAT_VERSION 1

ManifestFile *
manifest_file_new(void)
{
    ManifestFile *file = g_new0(ManifestFile, 1);

    file->origins = origins_new();

    return file;
}

void
manifest_file_free(ManifestFile *file)
{
    if (!file)
        return;
    g_free(file->path);
    g_free(file->role);
    g_clear_pointer(&file->nodes, g_bytes_unref);
    g_free(file->format);
    g_free(file->backing);
    g_free(file->source);
    g_clear_pointer(&file->origins, g_ptr_array_unref);
    g_free(file);
}

void
manifest_checkpoint_free(ManifestCheckpoint *self)
{
    if (!self)
        return;
    g_free(self->name);
    g_free(self->id);
    origin_free(self->image);
    g_free(self->run);
    g_free(self);
}

static void
manifest_disk_free(ManifestDisk *disk)
{
    manifest_checkpoint_free(disk->checkpoint);
    g_free(disk->target);
    g_free(disk->device);
    g_free(disk->layer);
    g_free(disk->internal);
    g_free(disk->recorded);
    g_free(disk->source);
    g_free(disk);
}

static void
manifest_snapshot_free(ManifestSnapshot *snapshot)
{
    g_free(snapshot->name);
    g_free(snapshot->kind);
    g_free(snapshot->consistency);
    g_free(snapshot->reason);
    g_ptr_array_unref(snapshot->disks);
    g_free(snapshot);
}

static void
manifest_domain_free(ManifestDomain *domain)
{
    g_free(domain->name);
    g_free(domain->uuid);
    g_free(domain->directory);
    g_ptr_array_unref(domain->snapshots);
    g_free(domain);
}

void
manifest_free(Manifest *manifest)
{
    if (!manifest)
        return;
    g_free(manifest->collection);
    g_free(manifest->snapshot);
    g_free(manifest->created);
    g_free(manifest->host);
    g_free(manifest->boot);
    g_free(manifest->base);
    g_free(manifest->base_snapshot);
    g_ptr_array_unref(manifest->domains);
    g_hash_table_unref(manifest->by_path);
    g_ptr_array_unref(manifest->files);
    g_ptr_array_unref(manifest->warnings);
    g_free(manifest);
}

/* Reads a number from an attribute. The schema guarantees that it is there, is a number and
 * fits. */
static guint64
get_number_attr(xmlNode *node, const char *name)
{
    g_autofree char *text = xml_attr(node, name);

    return text ? g_ascii_strtoull(text, NULL, 10) : 0;
}

static OriginTime
time_attr(xmlNode *node, const char *name)
{
    g_autofree char *text = xml_attr(node, name);

    return origin_time_parse(text);
}

static ManifestCheckpoint *
parse_checkpoint(xmlNode *node)
{
    ManifestCheckpoint *self = g_new0(ManifestCheckpoint, 1);

    self->name = xml_attr(node, "name");
    self->id = xml_attr(node, "id");
    self->image = g_new0(Origin, 1);
    self->image->path = xml_attr(node, "image");
    self->image->device = get_number_attr(node, "device");
    self->image->inode = get_number_attr(node, "inode");
    self->image->born = time_attr(node, "born");
    self->run = xml_attr(node, "run");
    self->creation_time = (gint64)get_number_attr(node, "creationTime");

    return self;
}

static ManifestDisk *
parse_manifest_disk(xmlNode *node)
{
    ManifestDisk *disk = g_new0(ManifestDisk, 1);
    xmlNode *checkpoint = xml_child(node, "checkpoint", NULL);

    disk->target = xml_attr(node, "target");
    disk->device = xml_attr(node, "device");
    disk->layer = xml_attr(node, "layer");
    disk->internal = xml_attr(node, "internal");
    disk->recorded = xml_attr(node, "recorded");
    disk->source = xml_attr(node, "source");
    if (checkpoint)
        disk->checkpoint = parse_checkpoint(checkpoint);

    return disk;
}

static ManifestSnapshot *
parse_manifest_snapshot(xmlNode *node)
{
    ManifestSnapshot *snapshot = g_new0(ManifestSnapshot, 1);

    snapshot->name = xml_attr(node, "name");
    snapshot->kind = xml_attr(node, "kind");
    snapshot->consistency = xml_attr(node, "consistency");
    snapshot->reason = xml_attr(node, "reason");
    snapshot->creation_time = (gint64)get_number_attr(node, "creationTime");
    snapshot->memory = xml_is_yes(node, "./@memory", FALSE);
    snapshot->disks = g_ptr_array_new_with_free_func((GDestroyNotify)manifest_disk_free);
    for (xmlNode *disk = NULL; (disk = xml_child(node, "disk", disk));)
        g_ptr_array_add(snapshot->disks, parse_manifest_disk(disk));

    return snapshot;
}

static ManifestDomain *
parse_manifest_domain(xmlNode *node)
{
    ManifestDomain *domain = g_new0(ManifestDomain, 1);

    domain->name = xml_attr(node, "name");
    domain->uuid = xml_attr(node, "uuid");
    domain->directory = xml_attr(node, "directory");
    domain->snapshots = g_ptr_array_new_with_free_func((GDestroyNotify)manifest_snapshot_free);
    for (xmlNode *snapshot = NULL; (snapshot = xml_child(node, "snapshot", snapshot));)
        g_ptr_array_add(domain->snapshots, parse_manifest_snapshot(snapshot));

    return domain;
}

static void
parse_digest(ManifestFile *file, const char *text)
{
    const char *hex = text + strlen("sha256:");

    for (int i = 0; i < DIGEST_BYTES; i++)
        file->digest[i] = (guint8)(g_ascii_xdigit_value(hex[2 * i]) << 4 |
                                   g_ascii_xdigit_value(hex[2 * i + 1]));
    file->has_digest = TRUE;
}

static Origin *
parse_origin(xmlNode *node)
{
    Origin *origin = g_new0(Origin, 1);

    origin->path = xml_attr(node, "path");
    origin->format = xml_attr(node, "format");
    origin->device = get_number_attr(node, "device");
    origin->inode = get_number_attr(node, "inode");
    origin->bytes = get_number_attr(node, "bytes");
    origin->modified = time_attr(node, "modified");
    origin->changed = time_attr(node, "changed");
    origin->born = time_attr(node, "born");

    return origin;
}

static ManifestFile *
parse_manifest_file(xmlNode *node)
{
    ManifestFile *file = manifest_file_new();
    g_autofree char *digest = xml_attr(node, "digest");
    g_autofree char *nodes = xml_text(node, "./nodes");

    file->path = xml_attr(node, "path");
    file->role = xml_attr(node, "role");
    file->bytes = get_number_attr(node, "bytes");
    file->format = xml_attr(node, "format");
    file->capacity = get_number_attr(node, "capacity");
    file->backing = xml_attr(node, "backing");
    file->source = xml_attr(node, "source");
    file->flattened = xml_is_yes(node, "./@flattened", FALSE);
    file->linked = xml_is_yes(node, "./@linked", FALSE);
    file->written = time_attr(node, "written");
    for (xmlNode *origin = NULL; (origin = xml_child(node, "origin", origin));)
        g_ptr_array_add(file->origins, parse_origin(origin));
    if (!file->role)
        file->role = g_strdup("layer");
    if (digest)
        parse_digest(file, digest);
    if (nodes) {
        gsize length;
        guchar *data = g_base64_decode(nodes, &length);

        file->nodes = g_bytes_new_take(data, length);
    }

    return file;
}

static Manifest *
parse_manifest_root(xmlNode *root)
{
    Manifest *manifest = g_new0(Manifest, 1);
    xmlNode *creator = xml_child(root, "creator", NULL);
    xmlNode *domains = xml_child(root, "domains", NULL);
    xmlNode *files = xml_child(root, "files", NULL);

    manifest->collection = xml_text(root, "./collection");
    manifest->snapshot = xml_text(root, "./snapshot");
    manifest->created = xml_attr(creator, "time");
    manifest->host = xml_attr(creator, "host");
    manifest->boot = xml_attr(creator, "boot");
    manifest->base = xml_text(root, "./base/@path");
    manifest->base_snapshot = xml_text(root, "./base/@snapshot");
    manifest->domains = g_ptr_array_new_with_free_func((GDestroyNotify)manifest_domain_free);
    manifest->files = g_ptr_array_new_with_free_func((GDestroyNotify)manifest_file_free);
    manifest->by_path = g_hash_table_new(g_str_hash, g_str_equal);
    manifest->warnings = g_ptr_array_new_with_free_func(g_free);
    for (xmlNode *node = NULL; (node = xml_child(domains, "domain", node));)
        g_ptr_array_add(manifest->domains, parse_manifest_domain(node));
    for (xmlNode *node = xmlFirstElementChild(files); node; node = xmlNextElementSibling(node))
        g_ptr_array_add(manifest->files, parse_manifest_file(node));
    for (xmlNode *node = NULL; (node = xml_child(root, "warning", node));)
        g_ptr_array_add(manifest->warnings, xml_text(node, "."));

    return manifest;
}

ManifestFile *
manifest_file(const Manifest *manifest, const char *path)
{
    return g_hash_table_lookup(manifest->by_path, path);
}

static const ManifestDomain *
find_domain(const Manifest *manifest, const char *uuid)
{
    for (guint i = 0; i < manifest->domains->len; i++) {
        const ManifestDomain *domain = g_ptr_array_index(manifest->domains, i);

        if (g_ascii_strcasecmp(domain->uuid, uuid) == 0)
            return domain;
    }

    return NULL;
}

const ManifestDisk *
manifest_disk(const Manifest *manifest, const char *uuid, const char *target)
{
    const ManifestDomain *domain = find_domain(manifest, uuid);
    const ManifestSnapshot *first = domain ? g_ptr_array_index(domain->snapshots, 0) : NULL;

    for (guint i = 0; first && i < first->disks->len; i++) {
        const ManifestDisk *disk = g_ptr_array_index(first->disks, i);

        if (g_str_equal(disk->target, target))
            return disk;
    }

    return NULL;
}

/* An empty drive, and one whose medium is not copied unless that is asked for, have nothing to
 * leave out. */
gboolean
manifest_disk_is_left_out(const ManifestDisk *disk)
{
    static const char *const reasons[] = {"no-storage", "excluded", "no-snapshot", NULL};

    return !disk->layer && disk->recorded && g_strv_contains(reasons, disk->recorded);
}

char *
manifest_memory_path(const ManifestDomain *domain, guint index)
{
    const ManifestSnapshot *snapshot = g_ptr_array_index(domain->snapshots, index);
    g_autofree char *component = name_to_component(snapshot->name);

    return index == 0 ? g_strconcat(domain->directory, "/memory.save", NULL)
                      : g_strconcat(domain->directory, "/snapshots/", component, ".save", NULL);
}

/* --- checks that a schema cannot express ------------------------------------ */

G_GNUC_PRINTF(2, 3)
static gboolean
corrupt_manifest(GError **error, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    g_propagate_error(error, g_error_new_valist(VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_CORRUPT, format,
                                                args));
    va_end(args);

    return FALSE;
}

static const ManifestFile *
find_layer(GHashTable *files, const char *path)
{
    const ManifestFile *file = g_hash_table_lookup(files, path);

    return file && file->format ? file : NULL;
}

/* Adds a file. A layer must come after its backing layer in the manifest, so that there can be no
 * cycle. */
static gboolean
add_known_file(GHashTable *files, ManifestFile *file, GError **error)
{
    if (file->backing && !find_layer(files, file->backing))
        return corrupt_manifest(error,
                                _("The manifest has no layer '%s' before '%s', which is "
                                  "based on it"),
                                file->backing, file->path);
    if (!g_hash_table_insert(files, file->path, file))
        return corrupt_manifest(error, _("The manifest names '%s' twice"), file->path);

    return TRUE;
}

/* Whoever reads the file takes its sizes for offsets, which are signed. */
static gboolean
check_sizes(const ManifestFile *file, GError **error)
{
    return (file->bytes <= G_MAXINT64 && file->capacity <= G_MAXINT64) ||
           corrupt_manifest(error, _("The manifest says of '%s' that it is larger than any file"),
                            file->path);
}

/* Each segment is compared with its node, whether there is a digest of the whole or not. */
static gboolean
check_nodes(const ManifestFile *file, GError **error)
{
    guint8 digest[DIGEST_BYTES];

    if (!file->nodes)
        return TRUE;
    if (g_bytes_get_size(file->nodes) / DIGEST_BYTES != digest_n_segments(file->bytes) ||
        g_bytes_get_size(file->nodes) % DIGEST_BYTES != 0)
        return corrupt_manifest(error, _("The manifest has nodes of '%s' for another size"),
                                file->path);
    if (!file->has_digest)
        return TRUE;
    digest_fold(g_bytes_get_data(file->nodes, NULL), file->bytes, digest);

    return memcmp(digest, file->digest, DIGEST_BYTES) == 0 ||
           corrupt_manifest(error, _("The manifest's nodes of '%s' do not add up to its digest"),
                            file->path);
}

static gboolean
check_manifest_disks(GHashTable *files, const ManifestSnapshot *snapshot, GError **error)
{
    g_autoptr(GHashTable) targets = g_hash_table_new(g_str_hash, g_str_equal);

    for (guint i = 0; i < snapshot->disks->len; i++) {
        const ManifestDisk *disk = g_ptr_array_index(snapshot->disks, i);

        const ManifestFile *layer = disk->layer ? find_layer(files, disk->layer) : NULL;

        if (!g_hash_table_add(targets, disk->target))
            return corrupt_manifest(error,
                                    _("The manifest has the disk '%s' twice in the snapshot '%s'"),
                                    disk->target, snapshot->name);
        if (disk->layer && !layer)
            return corrupt_manifest(error,
                                    _("The manifest has no layer '%s', which the disk '%s' needs"),
                                    disk->layer, disk->target);
        if (disk->internal && !g_str_equal(layer->format, "qcow2"))
            return corrupt_manifest(error,
                                    _("The manifest looks for the internal snapshot '%s' in '%s', "
                                      "which is not qcow2"),
                                    disk->internal, disk->layer);
    }

    return TRUE;
}

static gboolean
needs_file(GHashTable *files, const ManifestDomain *domain, const char *path, const char *role,
           GError **error)
{
    const ManifestFile *file = g_hash_table_lookup(files, path);

    return (file && g_str_equal(file->role, role)) ||
           corrupt_manifest(error, _("The manifest has no '%s', which the domain '%s' needs"), path,
                            domain->name);
}

/* The memory state of an internal snapshot is inside an image. The kind of a snapshot is that of
 * its last disk, which the storage may have taken ("manual"). */
static gboolean
is_memory_inside(const ManifestSnapshot *snapshot)
{
    gboolean external = g_str_equal(snapshot->kind, "external");

    for (guint i = 0; !external && i < snapshot->disks->len; i++) {
        if (((const ManifestDisk *)g_ptr_array_index(snapshot->disks, i))->internal)
            return TRUE;
    }

    return g_str_equal(snapshot->kind, "internal");
}

static gboolean
check_manifest_memory(GHashTable *files, const ManifestDomain *domain, guint index, GError **error)
{
    const ManifestSnapshot *snapshot = g_ptr_array_index(domain->snapshots, index);
    g_autofree char *path = manifest_memory_path(domain, index);

    return !snapshot->memory || is_memory_inside(snapshot) ||
           needs_file(files, domain, path, "memory", error);
}

static gboolean
check_manifest_domain(GHashTable *files, const ManifestDomain *domain, GError **error)
{
    g_autofree char *path = g_strconcat(domain->directory, "/domain.xml", NULL);

    if (!needs_file(files, domain, path, "domain", error))
        return FALSE;
    for (guint i = 0; i < domain->snapshots->len; i++) {
        if (!check_manifest_memory(files, domain, i, error) ||
            !check_manifest_disks(files, g_ptr_array_index(domain->snapshots, i), error))
            return FALSE;
    }

    return TRUE;
}

static gboolean
check_references(const Manifest *manifest, GError **error)
{
    g_autoptr(GHashTable) directories = g_hash_table_new(g_str_hash, g_str_equal);

    for (guint i = 0; i < manifest->files->len; i++) {
        ManifestFile *file = g_ptr_array_index(manifest->files, i);

        if (!add_known_file(manifest->by_path, file, error) || !check_sizes(file, error) ||
            !check_nodes(file, error))
            return FALSE;
    }
    for (guint i = 0; i < manifest->domains->len; i++) {
        const ManifestDomain *domain = g_ptr_array_index(manifest->domains, i);

        if (!g_hash_table_add(directories, domain->directory))
            return corrupt_manifest(error, _("The manifest has two domains in '%s'"),
                                    domain->directory);
        if (!check_manifest_domain(manifest->by_path, domain, error))
            return FALSE;
    }

    return TRUE;
}

/* Turns an invalid parameter into a corrupt export, because the manifest is part of the export. */
static void
blame_export(GError **error)
{
    error_recode(error, VIRT_SNAP_ERROR_INVALID_PARAMETER, VIRT_SNAP_ERROR_CORRUPT);
}

/* A later version has another schema, so only the version is read. */
static gboolean
check_version(xmlNode *root, GError **error)
{
    guint64 version = get_number_attr(root, "version");

    if (version <= FORMAT_VERSION)
        return TRUE;
    g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_NOT_SUPPORTED,
                _("The manifest is of version %" PRIu64 ", which a later virtsnap has made; this "
                  "one knows version %d"),
                version, FORMAT_VERSION);

    return FALSE;
}

Manifest *
manifest_parse(const char *text, gsize length, GError **error)
{
    g_autoptr(Manifest) manifest = NULL;
    g_autoptr(xmlDoc) doc = xml_parse(text, length, MANIFEST_FILE, error);

    if (!doc || !check_version(xmlDocGetRootElement(doc), error) ||
        !xml_validate(doc, MANIFEST_SCHEMA, MANIFEST_FILE, error)) {
        blame_export(error);
        return NULL;
    }
    manifest = parse_manifest_root(xmlDocGetRootElement(doc));
    if (!check_references(manifest, error))
        return NULL;

    return g_steal_pointer(&manifest);
}

static Manifest *
parse_manifest_bytes(GBytes *bytes, GError **error)
{
    if (!bytes) {
        blame_export(error);
        return NULL;
    }

    return manifest_parse(g_bytes_get_data(bytes, NULL), g_bytes_get_size(bytes), error);
}

Manifest *
manifest_load(int dirfd, GError **error)
{
    g_autoptr(GBytes) bytes = file_read_at(dirfd, MANIFEST_FILE, MANIFEST_BYTES_MAX, error);

    return parse_manifest_bytes(bytes, error);
}

Manifest *
manifest_load_open(int fd, GError **error)
{
    g_autoptr(GBytes) bytes = file_read_fd(fd, MANIFEST_FILE, MANIFEST_BYTES_MAX, error);

    return parse_manifest_bytes(bytes, error);
}
