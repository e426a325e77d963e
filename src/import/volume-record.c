/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <glib/gi18n-lib.h>
#include <string.h>

#include "import/record-id.h"
#include "import/volume-record.h"
#include "util/xml.h"

#define SCHEMA "volumes.rng"
#define RECORD_VERSION 1

static void
recorded_volume_free(gpointer data)
{
    RecordedVolume *volume = data;

    g_free(volume->path);
    g_free(volume);
}

VolumeRecord *
volume_record_new(const char *pool)
{
    VolumeRecord *self = g_new0(VolumeRecord, 1);

    self->pool = g_strdup(pool);
    self->boot = origin_boot();
    self->all = g_ptr_array_new_with_free_func(recorded_volume_free);

    return self;
}

void
volume_record_free(VolumeRecord *self)
{
    if (!self)
        return;
    g_free(self->id);
    g_free(self->directory);
    g_free(self->pool);
    g_free(self->boot);
    g_ptr_array_unref(self->all);
    g_free(self);
}

void
volume_record_add(VolumeRecord *self, const char *path, guint64 bytes)
{
    RecordedVolume *volume = g_new0(RecordedVolume, 1);

    volume->path = g_strdup(path);
    volume->bytes = bytes;
    g_ptr_array_add(self->all, volume);
}

/* --- writing -------------------------------------------------------------------- */

char *
volume_record_format(const VolumeRecord *self)
{
    g_autoptr(xmlDoc) doc = xmlNewDoc(BAD_CAST "1.0");
    xmlNode *root = xmlNewDocNode(doc, NULL, BAD_CAST "volumes", NULL);

    xmlDocSetRootElement(doc, root);
    xml_set_uint(root, "version", RECORD_VERSION);
    xml_set(root, "directory", self->directory);
    xml_set(root, "pool", self->pool);
    xml_set(root, "boot", self->boot);
    for (guint i = 0; i < self->all->len; i++) {
        const RecordedVolume *volume = g_ptr_array_index(self->all, i);
        xmlNode *node = xml_add(root, "volume", volume->path);

        xml_set_uint(node, "bytes", volume->bytes);
        record_id_set(node, &volume->id);
    }

    return xml_doc_to_string(doc);
}

/* --- reading -------------------------------------------------------------------- */

static gboolean
get_volume_bytes(xmlNode *node, guint64 *bytes)
{
    g_autofree char *text = xml_attr(node, "bytes");

    return text && g_ascii_string_to_unsigned(text, 10, 0, G_MAXUINT64, bytes, NULL);
}

/* Whether @path may be a file's. Which directory the pool has is libvirt's to say, also if its path
 * has "..". */
static gboolean
is_volume_path(const char *path)
{
    const char *slash = path ? strrchr(path, '/') : NULL;

    return slash && *path == '/' && slash[1] != '\0' && !g_str_equal(slash, "/.") &&
           !g_str_equal(slash, "/..");
}

/* A pool has one directory, and a file in it one name. */
static gboolean
fits_volume(const VolumeRecord *self, const char *path, GHashTable *seen)
{
    const RecordedVolume *first = self->all->len > 0 ? g_ptr_array_index(self->all, 0) : NULL;
    gsize length = (gsize)(strrchr(path, '/') - path) + 1;

    return g_hash_table_add(seen, g_strdup(path)) &&
           (!first || (strncmp(first->path, path, length) == 0 &&
                       !strchr(first->path + length, '/')));
}

static gboolean
parse_volume(VolumeRecord *self, xmlNode *node, GHashTable *seen)
{
    g_autofree char *path = xml_text(node, ".");
    RecordedVolume *volume;

    if (!is_volume_path(path) || !fits_volume(self, path, seen))
        return FALSE;
    volume_record_add(self, path, 0);
    volume = g_ptr_array_index(self->all, self->all->len - 1);

    return get_volume_bytes(node, &volume->bytes) &&
           record_id_get(node, &volume->id) && (volume->id.inode > 0 || volume->id.device == 0);
}

static VolumeRecord *
parse_volumes(xmlNode *root, GError **error)
{
    g_autofree char *pool = xml_attr(root, "pool");
    g_autoptr(VolumeRecord) self = volume_record_new(pool);
    g_autoptr(GHashTable) seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);

    g_free(self->boot);
    self->boot = xml_attr(root, "boot");
    self->directory = xml_attr(root, "directory");
    for (xmlNode *node = NULL; (node = xml_child(root, "volume", node));) {
        if (parse_volume(self, node, seen))
            continue;
        g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_CORRUPT,
                    _("volume %u cannot be one of a storage pool"), self->all->len + 1);
        return NULL;
    }

    return g_steal_pointer(&self);
}

VolumeRecord *
volume_record_parse(const char *text, gsize length, GError **error)
{
    const char *what = _("the record of the volumes of an interrupted import");
    g_autoptr(GError) why = NULL;
    g_autoptr(xmlDoc) doc = xml_parse(text, length, what, &why);
    VolumeRecord *self = doc && xml_validate(doc, SCHEMA, what, &why)
                             ? parse_volumes(xmlDocGetRootElement(doc), &why)
                             : NULL;

    if (!self)
        g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_CORRUPT,
                    _("'volumes', the record of the volumes of an interrupted import, is damaged "
                      "(%s); remove its volumes and then its directory"),
                    why->message);

    return self;
}
