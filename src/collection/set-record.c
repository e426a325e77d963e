/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <glib/gi18n-lib.h>
#include <stdlib.h>

#include "collection/set-record.h"
#include "util/xml.h"

#define RECORD_VERSION 1

/* --- making ------------------------------------------------------------------------ */

static void
disk_free(SetDisk *disk)
{
    g_free(disk->target);
    g_free(disk->source);
    g_free(disk->format);
    g_free(disk->overlay);
    g_free(disk->next);
    g_free(disk->written);
    g_free(disk->run);
    g_free(disk);
}

static void
set_member_free(SetMember *member)
{
    g_free(member->domain);
    g_free(member->uuid);
    g_free(member->state);
    g_free(member->after);
    g_free(member->kind);
    g_free(member->memory);
    g_ptr_array_unref(member->disks);
    g_free(member);
}

void
set_record_free(SetRecord *self)
{
    if (!self)
        return;
    g_free(self->id);
    g_free(self->collection);
    g_free(self->snapshot);
    g_free(self->back_to);
    g_free(self->program);
    g_free(self->version);
    g_free(self->user);
    g_free(self->point);
    g_ptr_array_unref(self->members);
    g_free(self);
}

static SetRecord *
record_alloc(void)
{
    SetRecord *self = g_new0(SetRecord, 1);

    self->members = g_ptr_array_new_with_free_func((GDestroyNotify)set_member_free);

    return self;
}

SetRecord *
set_record_new(const char *collection, const char *snapshot)
{
    SetRecord *self = record_alloc();
    const char *program = g_get_prgname();

    self->id = g_uuid_string_random();
    self->collection = g_strdup(collection);
    self->snapshot = g_strdup(snapshot);
    self->program = g_strdup(program && *program ? program : PACKAGE);
    self->version = g_strdup(PACKAGE_VERSION);
    self->user = g_strdup(g_get_user_name());
    self->created = g_get_real_time() / G_USEC_PER_SEC;

    return self;
}

char *
set_record_mark(const SetRecord *self)
{
    return g_strdup_printf("virtsnap set %s", self->id);
}

SetMember *
set_record_add(SetRecord *self, const char *domain, const char *uuid)
{
    SetMember *member = g_new0(SetMember, 1);

    member->domain = g_strdup(domain);
    member->uuid = g_strdup(uuid);
    member->disks = g_ptr_array_new_with_free_func((GDestroyNotify)disk_free);
    g_ptr_array_add(self->members, member);

    return member;
}

SetDisk *
set_member_add_disk(SetMember *self, const char *target, const char *source, const char *format,
                    const char *overlay)
{
    SetDisk *disk = g_new0(SetDisk, 1);

    disk->target = g_strdup(target);
    disk->source = g_strdup(source);
    disk->format = g_strdup(format);
    disk->overlay = g_strdup(overlay);
    g_ptr_array_add(self->disks, disk);

    return disk;
}

const SetMember *
set_record_member(const SetRecord *self, const char *uuid)
{
    for (guint i = 0; i < self->members->len; i++) {
        const SetMember *member = g_ptr_array_index(self->members, i);

        if (g_ascii_strcasecmp(member->uuid, uuid) == 0)
            return member;
    }

    return NULL;
}

const SetDisk *
set_member_disk(const SetMember *self, const char *target)
{
    for (guint i = 0; i < self->disks->len; i++) {
        const SetDisk *disk = g_ptr_array_index(self->disks, i);

        if (g_strcmp0(disk->target, target) == 0)
            return disk;
    }

    return NULL;
}

gboolean
set_record_concerns(const SetRecord *self, GPtrArray *domains)
{
    for (guint i = 0; i < self->members->len; i++) {
        const SetMember *member = g_ptr_array_index(self->members, i);

        if (g_ptr_array_find_with_equal_func(domains, member->domain, g_str_equal, NULL))
            return TRUE;
    }

    return FALSE;
}

/* --- writing ------------------------------------------------------------------------ */

static void
format_followed(xmlNode *parent, const SetDisk *disk)
{
    xmlNode *node = xml_add(parent, "checkpoint", NULL);

    if (!disk->written)
        return;
    xml_set_uint(node, "device", disk->device);
    xml_set_uint(node, "inode", disk->inode);
    xml_set(node, "written", disk->written);
    xml_set(node, "run", disk->run);
    if (disk->point_time > 0)
        xml_set_uint(node, "creationTime", (guint64)disk->point_time);
}

static void
format_member(xmlNode *root, const SetMember *member)
{
    xmlNode *node = xml_add(root, "member", NULL);

    xml_set(node, "domain", member->domain);
    xml_set(node, "uuid", member->uuid);
    xml_set(node, "state", member->state);
    xml_set(node, "after", member->after);
    xml_set(node, "kind", member->kind);
    xml_set(node, "asked", consistency_name(member->asked));
    xml_set(node, "consistency", consistency_name(member->consistency));
    xml_set(node, "reason", consistency_reason_name(member->reason));
    xml_set_uint(node, "frozenMs", member->frozen_ms);
    xml_set_uint(node, "creationTime", member->creation_time);
    for (guint i = 0; i < member->disks->len; i++) {
        const SetDisk *disk = g_ptr_array_index(member->disks, i);
        xmlNode *one = xml_add(node, "disk", NULL);

        xml_set(one, "target", disk->target);
        xml_set(one, "source", disk->source);
        xml_set(one, "format", disk->format);
        xml_set(one, "overlay", disk->overlay);
        xml_set(one, "next", disk->next);
        if (disk->followed)
            format_followed(one, disk);
    }
    if (member->memory)
        xml_add(node, "memory", member->memory);
}

char *
set_record_format(const SetRecord *self)
{
    g_autoptr(xmlDoc) doc = xmlNewDoc(BAD_CAST "1.0");
    xmlNode *root = xmlNewDocNode(doc, NULL, BAD_CAST "snapshotset", NULL);
    xmlNode *creator;

    xmlDocSetRootElement(doc, root);
    xml_set_uint(root, "version", RECORD_VERSION);
    xml_set(root, "id", self->id);
    xml_set(root, "complete", self->complete ? "yes" : "no");
    xml_set(root, "bestEffort", self->best_effort ? "yes" : "no");
    xml_set_uint(root, "windowMs", self->window_ms);
    xml_set(root, "temporary", self->temporary ? "yes" : NULL);
    xml_set(root, "point", self->point);
    xml_set(root, "converting", self->converting ? "yes" : NULL);
    if (self->collection)
        xml_add(root, "collection", self->collection);
    xml_add(root, "snapshot", self->snapshot);
    if (self->back_to)
        xml_add(root, "backTo", self->back_to);
    creator = xml_add(root, "creator", NULL);
    xml_set(creator, "program", self->program);
    xml_set(creator, "version", self->version);
    xml_set(creator, "user", self->user);
    xml_set_uint(creator, "time", self->created);
    for (guint i = 0; i < self->members->len; i++)
        format_member(root, g_ptr_array_index(self->members, i));

    return xml_doc_to_string(doc);
}

/* --- reading ------------------------------------------------------------------------ */

/* Returns: the number in an attribute, which the schema has checked. */
static gint64
number_of(xmlNode *node, const char *name)
{
    g_autofree char *text = xml_attr(node, name);

    return g_ascii_strtoll(text, NULL, 10);
}

static Consistency
record_consistency(xmlNode *node, const char *name)
{
    g_autofree char *text = xml_attr(node, name);
    Consistency consistency;

    consistency_parse(text, &consistency);

    return consistency;
}

static void
parse_followed(SetDisk *disk, xmlNode *node)
{
    g_autofree char *device = xml_attr(node, "device");
    g_autofree char *inode = xml_attr(node, "inode");
    g_autofree char *time = xml_attr(node, "creationTime");

    disk->followed = TRUE;
    disk->device = device ? g_ascii_strtoull(device, NULL, 10) : 0;
    disk->inode = inode ? g_ascii_strtoull(inode, NULL, 10) : 0;
    disk->written = xml_attr(node, "written");
    disk->run = xml_attr(node, "run");
    disk->point_time = time ? g_ascii_strtoll(time, NULL, 10) : 0;
}

static void
parse_disk(SetMember *member, xmlNode *node)
{
    g_autofree char *target = xml_attr(node, "target");
    g_autofree char *source = xml_attr(node, "source");
    g_autofree char *format = xml_attr(node, "format");
    g_autofree char *overlay = xml_attr(node, "overlay");
    SetDisk *disk = set_member_add_disk(member, target, source, format, overlay);
    xmlNode *followed = xml_child(node, "checkpoint", NULL);

    disk->next = xml_attr(node, "next");
    if (followed)
        parse_followed(disk, followed);
}

static void
parse_member(SetRecord *self, xmlNode *node)
{
    g_autofree char *domain = xml_attr(node, "domain");
    g_autofree char *uuid = xml_attr(node, "uuid");
    g_autofree char *reason = xml_attr(node, "reason");
    SetMember *member = set_record_add(self, domain, uuid);

    member->state = xml_attr(node, "state");
    member->after = xml_attr(node, "after");
    member->kind = xml_attr(node, "kind");
    member->asked = record_consistency(node, "asked");
    member->consistency = record_consistency(node, "consistency");
    consistency_reason_parse(reason, &member->reason);
    member->frozen_ms = number_of(node, "frozenMs");
    member->creation_time = number_of(node, "creationTime");
    member->memory = xml_text(node, "./memory");
    for (xmlNode *disk = xml_child(node, "disk", NULL); disk;
         disk = xml_child(node, "disk", disk))
        parse_disk(member, disk);
}

static SetRecord *
parse_root(xmlNode *root)
{
    SetRecord *self = record_alloc();
    xmlNode *creator = xml_child(root, "creator", NULL);

    self->id = xml_attr(root, "id");
    self->complete = xml_is_yes(root, "./@complete", FALSE);
    self->best_effort = xml_is_yes(root, "./@bestEffort", FALSE);
    self->window_ms = number_of(root, "windowMs");
    self->temporary = xml_is_yes(root, "./@temporary", FALSE);
    self->point = xml_attr(root, "point");
    self->converting = xml_is_yes(root, "./@converting", FALSE);
    self->collection = xml_text(root, "./collection");
    self->snapshot = xml_text(root, "./snapshot");
    self->back_to = xml_text(root, "./backTo");
    self->program = xml_attr(creator, "program");
    self->version = xml_attr(creator, "version");
    self->user = xml_attr(creator, "user");
    self->created = number_of(creator, "time");
    for (xmlNode *node = xml_child(root, "member", NULL); node;
         node = xml_child(root, "member", node))
        parse_member(self, node);

    return self;
}

SetRecord *
set_record_parse(const char *text, gsize length, GError **error)
{
    g_autoptr(GError) why = NULL;
    g_autoptr(xmlDoc) doc = xml_parse(text, length, _("the record of a snapshot collection"), &why);

    if (doc &&
        xml_validate(doc, SET_RECORD_SCHEMA, _("the record of a snapshot collection"), &why))
        return parse_root(xmlDocGetRootElement(doc));
    g_set_error_literal(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_CORRUPT, why->message);

    return NULL;
}
