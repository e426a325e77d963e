/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <fcntl.h>
#include <glib/gi18n-lib.h>
#include <sys/stat.h>

#include "import/import-times.h"
#include "import/import-undo-record.h"
#include "import/own-record.h"
#include "import/record-id.h"
#include "util/fd.h"
#include "util/xml.h"

#define RECORD_BYTES_MAX ((gsize)16 << 20)

static void
undo_domain_free(gpointer data)
{
    UndoDomain *domain = data;

    g_free(domain->name);
    g_free(domain->uuid);
    g_free(domain->tpm);
    g_free(domain);
}

static void
undo_collection_free(gpointer data)
{
    UndoCollection *collection = data;

    g_free(collection->name);
    g_free(collection->xml);
    g_free(collection);
}

void
undo_record_free(ImportUndo *self)
{
    if (!self)
        return;
    fd_clear(&self->fd);
    fd_clear(&self->parent_fd);
    fd_clear(&self->dir_fd);
    volume_record_free(self->volumes);
    g_clear_pointer(&self->times, g_hash_table_unref);
    g_ptr_array_unref(self->left);
    g_ptr_array_unref(self->domains);
    g_ptr_array_unref(self->collections);
    g_free(self->directory);
    g_free(self->parent);
    g_free(self->name);
    g_free(self->mark);
    g_free(self->id);
    g_free(self->uri);
    g_free(self->boot);
    g_free(self->export);
    g_free(self->protection);
    g_free(self);
}

ImportUndo *
undo_record_new(const char *directory)
{
    ImportUndo *self = g_new0(ImportUndo, 1);

    self->directory = g_strdup(directory);
    self->parent = g_path_get_dirname(directory);
    self->name = g_path_get_basename(directory);
    self->mark = g_strdup_printf(".%s.import", self->name);
    self->parent_fd = self->fd = self->dir_fd = -1;
    self->left = g_ptr_array_new_with_free_func(g_free);
    self->domains = g_ptr_array_new_with_free_func(undo_domain_free);
    self->collections = g_ptr_array_new_with_free_func(undo_collection_free);

    return self;
}

gboolean
undo_record_in_use(const ImportUndo *self, GError **error)
{
    g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_IN_USE,
                _("Another import into '%s' is under way; wait for it or end it"),
                self->directory);

    return FALSE;
}

gboolean
undo_record_is_at(const ImportUndo *self, const char *name)
{
    struct stat there;
    struct stat here;

    return self->dir_fd >= 0 && fstat(self->dir_fd, &here) == 0 &&
           fstatat(self->parent_fd, name, &there, AT_SYMLINK_NOFOLLOW) == 0 &&
           there.st_dev == here.st_dev && there.st_ino == here.st_ino;
}

/* --- the document ------------------------------------------------------------- */

UndoDomain *
undo_record_add_domain(ImportUndo *self, const char *name, const char *uuid, const char *tpm)
{
    UndoDomain *domain = g_new0(UndoDomain, 1);

    domain->name = g_strdup(name);
    domain->uuid = g_strdup(uuid);
    domain->tpm = g_strdup(tpm);
    g_ptr_array_add(self->domains, domain);

    return domain;
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
    xml_set(root, "directory", self->directory);
    xml_set(root, "uri", self->uri);
    xml_set(root, "boot", self->boot);
    record_id_set(root, &self->place);
    for (guint i = 0; i < self->domains->len; i++) {
        const UndoDomain *domain = g_ptr_array_index(self->domains, i);

        xmlNode *node = xml_add(root, "domain", domain->name);

        xml_set(node, "uuid", domain->uuid);
        if (domain->tpm)
            xml_set(node, "tpm", domain->tpm);
        if (domain->variables)
            xml_set(node, "variables", "made");
    }
    for (guint i = 0; i < self->collections->len; i++) {
        const UndoCollection *collection = g_ptr_array_index(self->collections, i);

        xml_set(xml_add(root, "collection", collection->xml), "name", collection->name);
    }

    if (self->export)
        xml_set(xml_add(root, "export", self->export), "protection", self->protection);
    import_times_format(self->times, root);

    return xml_doc_to_string(doc);
}

static void
parse_undo_domains(ImportUndo *self, xmlNode *root)
{
    for (xmlNode *node = NULL; (node = xml_child(root, "domain", node));) {
        g_autofree char *name = xml_text(node, ".");
        g_autofree char *uuid = xml_attr(node, "uuid");
        g_autofree char *tpm = xml_attr(node, "tpm");

        if (name && uuid)
            undo_record_add_domain(self, name, uuid, tpm)->variables =
                xml_node(node, "./@variables") != NULL;
    }
}

static void
parse_undo_collections(ImportUndo *self, xmlNode *root)
{
    for (xmlNode *node = NULL; (node = xml_child(root, "collection", node));) {
        char *name = xml_attr(node, "name");
        char *xml = xml_text(node, ".");

        if (name && xml)
            undo_record_add_collection(self, g_steal_pointer(&name), g_steal_pointer(&xml));
        g_free(name);
        g_free(xml);
    }
}

/* A symbolic link on the way leads to the same place. */
static gboolean
is_undo_place(const ImportUndo *self, const char *directory)
{
    g_autofree char *parent = g_path_get_dirname(directory);
    g_autofree char *name = g_path_get_basename(directory);
    struct stat there;
    struct stat here;

    return g_str_equal(name, self->name) && stat(parent, &there) == 0 &&
           fstat(self->parent_fd, &here) == 0 && there.st_dev == here.st_dev &&
           there.st_ino == here.st_ino;
}

/* A mark may have been copied from elsewhere. The domains of the import have the path that it was
 * given. */
static gboolean
take_undo_directory(ImportUndo *self, xmlNode *root, GError **error)
{
    g_autofree char *directory = xml_attr(root, "directory");

    if (directory && is_undo_place(self, directory)) {
        g_free(self->directory);
        self->directory = g_steal_pointer(&directory);
        return TRUE;
    }
    g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_ACCESS_DENIED,
                _("'%s/%s' is of an interrupted import into '%s', which the next import into that "
                  "directory takes back; remove it here"),
                self->parent, self->mark, directory ? directory : "");

    return FALSE;
}

gboolean
undo_record_read(ImportUndo *self, GError **error)
{
    g_autoptr(GBytes) bytes =
        own_record_find(self->parent_fd, self->mark, RECORD_BYTES_MAX, &self->id, error);
    g_autoptr(xmlDoc) doc =
        bytes ? xml_parse(g_bytes_get_data(bytes, NULL), g_bytes_get_size(bytes), self->mark,
                          error)
              : NULL;
    xmlNode *root = doc ? xmlDocGetRootElement(doc) : NULL;

    if (!bytes)
        g_prefix_error(error, "%s: ", self->parent);
    if (!root || !take_undo_directory(self, root, error))
        return FALSE;
    self->uri = xml_attr(root, "uri");
    self->boot = xml_attr(root, "boot");
    if (!record_id_get(root, &self->place))
        self->place = (OriginId){0};
    parse_undo_domains(self, root);
    parse_undo_collections(self, root);
    self->export = xml_text(root, "./export");
    self->protection = xml_text(root, "./export/@protection");
    self->times = import_times_parse(root);

    return TRUE;
}
