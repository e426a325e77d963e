/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <glib/gi18n-lib.h>

#include "hypervisor/storage-def.h"
#include "util/xml.h"

/* --- known elements --------------------------------------------------------- */

/* Attributes and children that are read here or that do not change the content of the disk, as how
 * it is attached and how fast it is. A disk with anything else is refused if it is to be copied.
 * Among the elements deliberately missing are <transient> (writes are discarded), <backenddomain>
 * (the file is on another machine), fdgroup (another file than the path is opened), <slices> (the
 * image is a part of the file), <dataStore> and the <snapshot> of a source, and everything that
 * belongs to network sources (<host>, <cookies>, <timeout>, …). */
typedef struct {
    const char *const *attributes;
    const char *const *children;
} Known;

#define WORDS(...) ((const char *const[]){__VA_ARGS__, NULL})

static const Known known_disk = {
    WORDS("type", "device", "model", "snapshot", "rawio", "sgio"),
    WORDS("driver", "source", "backingStore", "mirror", "encryption", "auth", "target", "boot",
          "readonly", "shareable", "serial", "iotune", "throttlefilters", "alias", "acpi",
          "address", "geometry", "blockio", "wwn", "vendor", "product", "privateData")};

static const Known known_driver = {
    WORDS("name", "type", "cache", "error_policy", "rerror_policy", "io", "ioeventfd",
          "event_idx", "copy_on_read", "discard", "discard_no_unref", "iothread", "detect_zeroes",
          "queues", "queue_size", "iommu", "ats", "packed", "page_per_vq"),
    WORDS("metadata_cache", "iothreads", "statistics")};

static const Known known_backing = {
    WORDS("type", "index"), WORDS("format", "source", "backingStore", "encryption", "privateData")};

static const Known known_format = {WORDS("type"), WORDS("metadata_cache")};

/* A kind of disk that can be copied: libvirt's name, the storage of its image, and the known
 * content of its <source>. A kind whose bytes are in a local file or block device needs only a row
 * in this table. */
typedef struct {
    const char *type;
    ImageOn on; /* ANY: the type of the volume decides */
    Known source;
} Kind;

#define LOCAL_CHILDREN WORDS("encryption", "seclabel", "reservations", "privateData")

static const Kind kinds[] = {
    {"file", IMAGE_ON_FILE, {WORDS("file", "index", "startupPolicy"), LOCAL_CHILDREN}},
    {"block", IMAGE_ON_DEVICE, {WORDS("dev", "index", "startupPolicy"), LOCAL_CHILDREN}},
    {"volume",
     IMAGE_ON_ANY,
     {WORDS("pool", "volume", "mode", "index", "startupPolicy"), LOCAL_CHILDREN}},
};

static const Known known_encryption = {WORDS("format", "engine"),
                                       WORDS("secret", "cipher", "ivgen")};

/* Records the first problem of @self. @where: path of the element within that of the image, empty
 * for the image's own element. */
static void
note_problem(StorageDef *self, const char *where, const char *attribute, const char *what)
{
    if (!self->problem)
        self->problem = g_strconcat(where, *where ? "/" : "", attribute, what, NULL);
}

static void
note_unknown(StorageDef *self, const char *where, xmlNode *node, const Known *known)
{
    for (const xmlAttr *attr = node->properties; attr; attr = attr->next) {
        if (!g_strv_contains(known->attributes, (const char *)attr->name))
            note_problem(self, where, "@", (const char *)attr->name);
    }
    for (const xmlNode *child = node->children; child; child = child->next) {
        if (child->type == XML_ELEMENT_NODE &&
            !g_strv_contains(known->children, (const char *)child->name))
            note_problem(self, where, "", (const char *)child->name);
    }
}

/* --- parsing ---------------------------------------------------------------- */

static void
storage_host_free(StorageHost *host)
{
    g_free(host->transport);
    g_free(host->name);
    g_free(host->port);
    g_free(host->socket);
    g_free(host);
}

static char *
first_attr(xmlNode *node, const char *const *names)
{
    for (; *names; names++) {
        char *value = xml_attr(node, *names);

        if (value)
            return value;
    }

    return NULL;
}

/* A name for messages for a source of any kind. vhost-user and NVMe sources may have no name at
 * all; a source without attributes that name something and without children is an empty drive. */
static char *
make_label(xmlNode *source)
{
    char *label = first_attr(source, WORDS("file", "dev", "name", "volume", "dir", "path"));

    if (label)
        return label;

    return source->children ? g_strdup("?") : NULL;
}

static void
parse_hosts(StorageDef *self, xmlNode *source)
{
    for (xmlNode *node = NULL; (node = xml_child(source, "host", node));) {
        StorageHost *host = g_new0(StorageHost, 1);

        host->transport = xml_attr(node, "transport");
        if (!host->transport)
            host->transport = g_strdup("tcp");
        host->name = xml_attr(node, "name");
        host->port = xml_attr(node, "port");
        host->socket = xml_attr(node, "socket");
        g_ptr_array_add(self->hosts, host);
    }
}

/* @parent: a <source>, or the <disk> itself, below which older versions of libvirt put
 * <encryption>. */
static void
parse_encryption(StorageDef *self, const char *where, xmlNode *parent)
{
    xmlNode *node = xml_child(parent, "encryption", NULL);
    xmlNode *secret = node ? xml_child(node, "secret", NULL) : NULL;
    g_autofree char *format = node ? xml_attr(node, "format") : NULL;
    g_autofree char *engine = node ? xml_attr(node, "engine") : NULL;

    if (!node)
        return;
    note_unknown(self, where, node, &known_encryption);
    if (g_strcmp0(format, "luks") != 0)
        note_problem(self, where, "@", "format");
    if (engine && !g_str_equal(engine, "qemu"))
        note_problem(self, where, "@", "engine");
    g_free(self->encryption);
    self->encryption = format ? g_steal_pointer(&format) : g_strdup("?");
    g_free(self->secret);
    self->secret = secret ? first_attr(secret, WORDS("uuid", "usage")) : NULL;
}

static const Kind *
find_storage_kind(const char *type)
{
    for (gsize i = 0; i < G_N_ELEMENTS(kinds); i++) {
        if (g_str_equal(kinds[i].type, type))
            return &kinds[i];
    }

    return NULL;
}

/* Records mode='direct', with which QEMU gets the volume from the pool's server. mode='host' is the
 * local file or device of the pool. */
static void
note_mode(StorageDef *self, const char *where, xmlNode *source)
{
    g_autofree char *mode = xml_attr(source, "mode");

    if (mode && !g_str_equal(mode, "host"))
        note_problem(self, where, "@", "mode");
}

static void
parse_source(StorageDef *self, const char *where, xmlNode *source)
{
    g_autofree char *encryption = g_strconcat(where, "/encryption", NULL);
    const Kind *kind = find_storage_kind(self->type);

    if (kind)
        note_unknown(self, where, source, &kind->source);
    note_mode(self, where, source);
    self->label = make_label(source);
    if (g_str_equal(self->type, "file"))
        self->path = xml_attr(source, "file");
    else
        self->path = first_attr(source, WORDS("dev", "dir", "path"));
    self->protocol = xml_attr(source, "protocol");
    self->name = xml_attr(source, "name");
    self->query = xml_attr(source, "query");
    self->index = xml_attr(source, "index");
    self->pool = xml_attr(source, "pool");
    self->volume = xml_attr(source, "volume");
    parse_hosts(self, source);
    parse_encryption(self, encryption, source);
}

static StorageDef *
storage_def_new(xmlNode *node)
{
    StorageDef *self = g_new0(StorageDef, 1);

    self->type = xml_attr(node, "type");
    if (!self->type)
        self->type = g_strdup("file");
    self->hosts = g_ptr_array_new_with_free_func((GDestroyNotify)storage_host_free);

    return self;
}

static StorageDef *
parse_top_image(xmlNode *node)
{
    StorageDef *self = storage_def_new(node);
    xmlNode *source = xml_child(node, "source", NULL);
    xmlNode *driver = xml_child(node, "driver", NULL);

    note_unknown(self, "", node, &known_disk);
    if (driver) {
        note_unknown(self, "driver", driver, &known_driver);
        self->format = xml_attr(driver, "type");
    }
    parse_encryption(self, "encryption", node);
    if (source)
        parse_source(self, "source", source);

    return self;
}

/* Parses a <backingStore>, for which libvirt always writes type, <format> and <source>. */
static StorageDef *
parse_backing(xmlNode *node)
{
    StorageDef *self = storage_def_new(node);
    xmlNode *source = xml_child(node, "source", NULL);
    xmlNode *format = xml_child(node, "format", NULL);

    note_unknown(self, "backingStore", node, &known_backing);
    if (!xmlHasProp(node, BAD_CAST "type"))
        note_problem(self, "backingStore", "@", "type");
    parse_encryption(self, "backingStore/encryption", node);
    if (format) {
        note_unknown(self, "backingStore/format", format, &known_format);
        self->format = xml_attr(format, "type");
    } else {
        note_problem(self, "backingStore", "", "format");
    }
    if (source)
        parse_source(self, "backingStore/source", source);
    else
        note_problem(self, "backingStore", "", "source");

    return self;
}

static gboolean
is_end(xmlNode *store)
{
    return !xmlHasProp(store, BAD_CAST "type") && !xmlFirstElementChild(store);
}

StorageDef *
storage_def_parse(xmlNode *disk)
{
    StorageDef *top = parse_top_image(disk);
    StorageDef *last = top;
    xmlNode *node = disk;

    /* Not recursive, because a document may describe chains of any depth. */
    while ((node = xml_child(node, "backingStore", NULL))) {
        last->ends = is_end(node);
        if (last->ends)
            break;
        last->backing = parse_backing(node);
        last = last->backing;
    }

    return top;
}

void
volume_def_free(VolumeDef *volume)
{
    if (!volume)
        return;
    g_free(volume->pool);
    g_free(volume->volume);
    g_free(volume->type);
    g_free(volume->path);
    g_clear_error(&volume->problem);
    g_free(volume);
}

guint
storage_def_depth(const StorageDef *self)
{
    guint depth = 0;

    for (; self; self = self->backing)
        depth++;

    return depth;
}

void
storage_def_free(StorageDef *self)
{
    while (self) {
        StorageDef *backing = self->backing;

        g_free(self->type);
        g_free(self->format);
        g_free(self->label);
        g_free(self->path);
        g_free(self->protocol);
        g_free(self->name);
        g_free(self->query);
        g_free(self->index);
        g_ptr_array_unref(self->hosts);
        g_free(self->pool);
        g_free(self->volume);
        g_free(self->found);
        g_clear_error(&self->missing);
        g_free(self->encryption);
        g_free(self->secret);
        g_free(self->problem);
        g_free(self);
        self = backing;
    }
}

/* --- checking --------------------------------------------------------------- */

static const VolumeDef *
find_volume(const StorageDef *self, GPtrArray *volumes)
{
    for (guint i = 0; i < volumes->len; i++) {
        const VolumeDef *volume = g_ptr_array_index(volumes, i);

        if (g_strcmp0(volume->pool, self->pool) == 0 &&
            g_strcmp0(volume->volume, self->volume) == 0)
            return volume;
    }

    return NULL;
}

void
storage_def_find_volumes(StorageDef *self, GPtrArray *volumes)
{
    for (; self; self = self->backing) {
        const VolumeDef *volume = self->pool ? find_volume(self, volumes) : NULL;

        if (!volume)
            continue;
        g_free(self->found);
        self->found = g_strdup(volume->type);
        g_free(self->path);
        self->path = g_strdup(volume->path);
        g_clear_error(&self->missing);
        self->missing = volume->problem ? g_error_copy(volume->problem) : NULL;
    }
}

static ImageOn
image_on_of(const StorageDef *self)
{
    const Kind *kind = find_storage_kind(self->found ? self->found : self->type);

    return kind ? kind->on : IMAGE_ON_ANY;
}

static gboolean
refuse_kind(const StorageDef *self, GError **error)
{
    g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_NOT_SUPPORTED,
                _("disks of the kind '%s' ('%s') are not supported yet; leave it out with "
                  "--exclude"),
                self->type, self->label ? self->label : "");

    return FALSE;
}

static gboolean
check_storage_image(const StorageDef *self, GError **error)
{
    if (!find_storage_kind(self->type))
        return refuse_kind(self, error);
    if (self->problem) {
        g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_NOT_SUPPORTED,
                    _("the XML of '%s' has '%s', which is not supported and could change what the "
                      "guest sees; leave it out with --exclude"),
                    self->label ? self->label : "", self->problem);
        return FALSE;
    }
    if (self->missing) {
        g_propagate_error(error, g_error_copy(self->missing));
        return FALSE;
    }

    return self->path || refuse_kind(self, error);
}

/* A backing image that is encrypted as a whole is refused, because the backing reference in an
 * overlay's header cannot name the secret that QEMU needs. */
static gboolean
check_backing_image(const StorageDef *self, GError **error)
{
    if (!self->encryption || g_strcmp0(self->format, "raw") != 0)
        return TRUE;
    g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_NOT_SUPPORTED,
                _("the backing image '%s' is encrypted as a whole ('encryption'), which is not "
                  "supported below another image; leave it out with --exclude"),
                self->label);

    return FALSE;
}

gboolean
storage_def_check(const StorageDef *self, GError **error)
{
    if (!check_storage_image(self, error))
        return FALSE;
    for (const StorageDef *below = self->backing; below; below = below->backing) {
        if (!check_storage_image(below, error) || !check_backing_image(below, error))
            return FALSE;
    }

    return TRUE;
}

Layer *
storage_def_resolve(const StorageDef *self, ChainCache *cache, GError **error)
{
    guint n = storage_def_depth(self);
    g_autofree ChainImage *images = g_new0(ChainImage, n);
    const StorageDef *last = self;

    for (guint i = 0; i < n; i++, self = self->backing) {
        images[i] = (ChainImage){self->path, self->format, self->encryption != NULL,
                                 image_on_of(self)};
        last = self;
    }

    return chain_resolve(cache, images, n, last->ends, error);
}
