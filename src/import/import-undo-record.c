/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include "import/import-times.h"
#include "import/import-undo-record.h"
#include "util/fd.h"
#include "util/xml.h"

#define RECORD_BYTES_MAX ((gsize)16 << 20)

void
undo_record_add_domain(ImportUndo *self, const char *name, const char *uuid, const char *tpm)
{
    UndoDomain *domain = g_new0(UndoDomain, 1);

    domain->name = g_strdup(name);
    domain->uuid = g_strdup(uuid);
    domain->tpm = g_strdup(tpm);
    g_ptr_array_add(self->domains, domain);
}

void
undo_record_add_collection(ImportUndo *self, char *name, char *xml)
{
    UndoCollection *collection = g_new0(UndoCollection, 1);

    collection->name = name;
    collection->xml = xml;
    g_ptr_array_add(self->collections, collection);
}

char *
undo_record_format(const ImportUndo *self)
{
    g_autoptr(xmlDoc) doc = xmlNewDoc(BAD_CAST "1.0");
    xmlNode *root = xmlNewNode(NULL, BAD_CAST "import");

    xmlDocSetRootElement(doc, root);
    xml_set_uint(root, "device", self->device);
    xml_set_uint(root, "inode", self->inode);
    for (guint i = 0; i < self->domains->len; i++) {
        const UndoDomain *domain = g_ptr_array_index(self->domains, i);

        xmlNode *node = xml_add(root, "domain", domain->name);

        xml_set(node, "uuid", domain->uuid);
        if (domain->tpm)
            xml_set(node, "tpm", domain->tpm);
    }
    for (guint i = 0; i < self->collections->len; i++) {
        const UndoCollection *collection = g_ptr_array_index(self->collections, i);

        xml_set(xml_add(root, "collection", collection->xml), "name", collection->name);
    }

    import_times_format(self->times, root);

    return xml_doc_to_string(doc);
}

static guint64
get_undo_number(xmlNode *node, const char *name)
{
    g_autofree char *text = xml_attr(node, name);

    return text ? g_ascii_strtoull(text, NULL, 10) : 0;
}

gboolean
undo_record_parse(ImportUndo *self, GError **error)
{
    g_autoptr(GBytes) bytes = file_read_at(self->parent_fd, self->record, RECORD_BYTES_MAX, error);
    g_autoptr(xmlDoc) doc =
        bytes ? xml_parse(g_bytes_get_data(bytes, NULL), g_bytes_get_size(bytes), self->record,
                          error)
              : NULL;
    xmlNode *root = doc ? xmlDocGetRootElement(doc) : NULL;

    self->device = root ? get_undo_number(root, "device") : 0;
    self->inode = root ? get_undo_number(root, "inode") : 0;
    for (xmlNode *node = NULL; root && (node = xml_child(root, "domain", node));) {
        g_autofree char *name = xml_text(node, ".");
        g_autofree char *uuid = xml_attr(node, "uuid");
        g_autofree char *tpm = xml_attr(node, "tpm");

        if (name && uuid)
            undo_record_add_domain(self, name, uuid, tpm);
    }
    for (xmlNode *node = NULL; root && (node = xml_child(root, "collection", node));) {
        char *name = xml_attr(node, "name");
        char *xml = xml_text(node, ".");

        if (name && xml)
            undo_record_add_collection(self, g_steal_pointer(&name), g_steal_pointer(&xml));
        g_free(name);
        g_free(xml);
    }

    self->times = root ? import_times_parse(root) : NULL;

    return root != NULL;
}
