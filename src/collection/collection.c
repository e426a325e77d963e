/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <glib/gi18n-lib.h>

#include "collection/collection.h"
#include "util/name.h"
#include "util/strings.h"
#include "util/xml.h"

#define SCHEMA "collection.rng"

G_DEFINE_BOXED_TYPE(VirtSnapCollection, virt_snap_collection, virt_snap_collection_copy,
                    virt_snap_collection_free)

/* Element names, indexed by VirtSnapMember. */
static const char *const member_elements[] = {"domain", "collection"};

static gboolean
check_member_name(VirtSnapMember kind, const char *name, GError **error)
{
    return name_check(name, kind == VIRT_SNAP_MEMBER_DOMAIN ? _("domain") : _("collection"),
                      error);
}

static GPtrArray *
members_of_kind(const VirtSnapCollection *self, VirtSnapMember kind)
{
    return kind == VIRT_SNAP_MEMBER_DOMAIN ? self->domains : self->collections;
}

static gboolean
find_collection_member(const VirtSnapCollection *self, VirtSnapMember kind, const char *name,
                       guint *place)
{
    return g_ptr_array_find_with_equal_func(members_of_kind(self, kind), name, g_str_equal, place);
}

static gboolean
is_kind(VirtSnapMember kind)
{
    return kind == VIRT_SNAP_MEMBER_DOMAIN || kind == VIRT_SNAP_MEMBER_COLLECTION;
}

VirtSnapCollection *
virt_snap_collection_new(const char *name, GError **error)
{
    g_return_val_if_fail(name != NULL, NULL);
    g_return_val_if_fail(error == NULL || *error == NULL, NULL);

    VirtSnapCollection *self;

    if (!check_member_name(VIRT_SNAP_MEMBER_COLLECTION, name, error))
        return NULL;

    self = g_new0(VirtSnapCollection, 1);
    self->name = g_strdup(name);
    self->domains = g_ptr_array_new_with_free_func(g_free);
    self->collections = g_ptr_array_new_with_free_func(g_free);

    return self;
}

void
virt_snap_collection_free(VirtSnapCollection *self)
{
    if (!self)
        return;
    g_free(self->name);
    g_ptr_array_unref(self->domains);
    g_ptr_array_unref(self->collections);
    g_free(self);
}

VirtSnapCollection *
virt_snap_collection_copy(const VirtSnapCollection *self)
{
    g_return_val_if_fail(self != NULL, NULL);

    VirtSnapCollection *copy = g_new0(VirtSnapCollection, 1);

    copy->name = g_strdup(self->name);
    copy->domains = strings_copy(self->domains);
    copy->collections = strings_copy(self->collections);

    return copy;
}

const char *
virt_snap_collection_get_name(const VirtSnapCollection *self)
{
    g_return_val_if_fail(self != NULL, NULL);

    return self->name;
}

char **
virt_snap_collection_dup_members(const VirtSnapCollection *self, VirtSnapMember kind)
{
    g_return_val_if_fail(self != NULL, NULL);
    g_return_val_if_fail(is_kind(kind), NULL);

    return strings_to_strv(members_of_kind(self, kind));
}

gboolean
virt_snap_collection_has(const VirtSnapCollection *self, VirtSnapMember kind, const char *name)
{
    g_return_val_if_fail(self != NULL, FALSE);
    g_return_val_if_fail(is_kind(kind), FALSE);
    g_return_val_if_fail(name != NULL, FALSE);

    return find_collection_member(self, kind, name, NULL);
}

gboolean
virt_snap_collection_add(VirtSnapCollection *self, VirtSnapMember kind, const char *name,
                         GError **error)
{
    g_return_val_if_fail(self != NULL, FALSE);
    g_return_val_if_fail(is_kind(kind), FALSE);
    g_return_val_if_fail(name != NULL, FALSE);
    g_return_val_if_fail(error == NULL || *error == NULL, FALSE);

    if (!check_member_name(kind, name, error))
        return FALSE;
    if (find_collection_member(self, kind, name, NULL)) {
        g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_ALREADY_EXISTS,
                    kind == VIRT_SNAP_MEMBER_DOMAIN
                        ? _("The domain '%s' is a member of the collection '%s' already")
                        : _("The collection '%s' is a member of the collection '%s' already"),
                    name, self->name);
        return FALSE;
    }
    g_ptr_array_add(members_of_kind(self, kind), g_strdup(name));

    return TRUE;
}

static gboolean
set_no_member(const VirtSnapCollection *self, VirtSnapMember kind, const char *name, GError **error)
{
    g_autofree char *shown = g_utf8_make_valid(name, -1);

    g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_NOT_FOUND,
                kind == VIRT_SNAP_MEMBER_DOMAIN
                    ? _("The domain '%s' is no member of the collection '%s'")
                    : _("The collection '%s' is no member of the collection '%s'"),
                shown, self->name);

    return FALSE;
}

gboolean
virt_snap_collection_remove(VirtSnapCollection *self, VirtSnapMember kind, const char *name,
                            GError **error)
{
    g_return_val_if_fail(self != NULL, FALSE);
    g_return_val_if_fail(is_kind(kind), FALSE);
    g_return_val_if_fail(name != NULL, FALSE);
    g_return_val_if_fail(error == NULL || *error == NULL, FALSE);

    guint place;

    if (!find_collection_member(self, kind, name, &place))
        return set_no_member(self, kind, name, error);
    g_ptr_array_remove_index(members_of_kind(self, kind), place);

    return TRUE;
}

static GHashTable *
set_of(const GPtrArray *names)
{
    GHashTable *set = g_hash_table_new(g_str_hash, g_str_equal);

    for (guint i = 0; i < names->len; i++)
        g_hash_table_add(set, g_ptr_array_index(names, i));

    return set;
}

gboolean
collection_add_all(VirtSnapCollection *self, VirtSnapMember kind, char *const *names,
                   GError **error)
{
    GPtrArray *all = members_of_kind(self, kind);
    g_autoptr(GHashTable) there = set_of(all);

    for (; names && *names; names++) {
        /* virt_snap_collection_add() sets the error. */
        if (g_hash_table_contains(there, *names))
            return virt_snap_collection_add(self, kind, *names, error);
        if (!check_member_name(kind, *names, error))
            return FALSE;
        g_ptr_array_add(all, g_strdup(*names));
        g_hash_table_add(there, g_ptr_array_index(all, all->len - 1));
    }

    return TRUE;
}

gboolean
collection_remove_all(VirtSnapCollection *self, VirtSnapMember kind, char *const *names,
                      GError **error)
{
    GPtrArray *all = members_of_kind(self, kind);
    g_autoptr(GHashTable) stay = set_of(all);
    g_autoptr(GPtrArray) left = g_ptr_array_new();

    for (char *const *name = names; name && *name; name++) {
        /* A name that is given twice is not a member any more the second time, which is the same
         * error. */
        if (!g_hash_table_remove(stay, *name))
            return set_no_member(self, kind, *name, error);
    }
    for (guint i = 0; i < all->len; i++) {
        char *name = g_ptr_array_index(all, i);

        if (g_hash_table_contains(stay, name))
            g_ptr_array_add(left, name);
        else
            g_free(name);
    }
    g_ptr_array_set_free_func(all, NULL);
    g_ptr_array_set_size(all, 0);
    g_ptr_array_set_free_func(all, g_free);
    g_ptr_array_extend_and_steal(all, g_steal_pointer(&left));

    return TRUE;
}

/* virt_snap_collection_add() is not used here, because it searches all members each time and a
 * document may have a hundred thousand of them. */
static gboolean
parse_members(VirtSnapCollection *self, VirtSnapMember kind, xmlNode *root, GError **error)
{
    g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);
    const char *element = member_elements[kind];

    for (xmlNode *node = xml_child(root, element, NULL); node;
         node = xml_child(root, element, node)) {
        g_autofree char *name = xml_text(node, ".");

        if (!check_member_name(kind, name, error))
            return FALSE;
        if (!g_hash_table_add(seen, name)) {
            g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_INVALID_PARAMETER,
                        _("Line %ld: <%s> names '%s' a second time; once is enough"),
                        xmlGetLineNo(node), element, name);
            return FALSE;
        }
        g_ptr_array_add(members_of_kind(self, kind), g_steal_pointer(&name));
    }

    return TRUE;
}

VirtSnapCollection *
virt_snap_collection_parse(const char *text, gsize length, GError **error)
{
    g_return_val_if_fail(text != NULL || length == 0, NULL);
    g_return_val_if_fail(error == NULL || *error == NULL, NULL);

    g_autoptr(VirtSnapCollection) self = NULL;
    g_autoptr(xmlDoc) doc = NULL;
    g_autofree char *name = NULL;
    xmlNode *root;

    if (length > VIRT_SNAP_COLLECTION_TEXT_MAX) {
        g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_INVALID_PARAMETER,
                    _("The text of a collection has at most %zu bytes, not %zu"),
                    VIRT_SNAP_COLLECTION_TEXT_MAX, length);
        return NULL;
    }
    doc = xml_parse(text, length, _("collection"), error);
    if (!doc || !xml_validate(doc, SCHEMA, _("collection"), error))
        return NULL;

    root = xmlDocGetRootElement(doc);
    name = xml_text(root, "name");
    self = virt_snap_collection_new(name, error);
    if (!self || !parse_members(self, VIRT_SNAP_MEMBER_DOMAIN, root, error) ||
        !parse_members(self, VIRT_SNAP_MEMBER_COLLECTION, root, error))
        return NULL;

    return g_steal_pointer(&self);
}

static void
format_members(const VirtSnapCollection *self, VirtSnapMember kind, xmlNode *root)
{
    const GPtrArray *names = members_of_kind(self, kind);

    for (guint i = 0; i < names->len; i++)
        xml_add(root, member_elements[kind], g_ptr_array_index(names, i));
}

char *
virt_snap_collection_format(const VirtSnapCollection *self)
{
    g_return_val_if_fail(self != NULL, NULL);

    g_autoptr(xmlDoc) doc = xmlNewDoc(BAD_CAST "1.0");
    xmlNode *root = xmlNewNode(NULL, BAD_CAST "collection");

    xmlDocSetRootElement(doc, root);
    xml_add(root, "name", self->name);
    format_members(self, VIRT_SNAP_MEMBER_DOMAIN, root);
    format_members(self, VIRT_SNAP_MEMBER_COLLECTION, root);

    return xml_doc_to_string(doc);
}
