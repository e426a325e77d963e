/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <glib/gi18n-lib.h>

#include "import/rewrite-check.h"
#include "util/xml.h"

static gboolean
still_there(xmlNode *node, GError **error)
{
    g_autofree char *text = xml_node_to_string(node);

    g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_ACCESS_DENIED,
                _("'%s' is in the export, and libvirt would take it for a file of this host"),
                text);

    return FALSE;
}

/* Whether all that @xpath selects is @wanted or, where that is NULL, empty. */
static gboolean
check_texts(xmlNode *domain, const char *xpath, const char *wanted, GError **error)
{
    g_autoptr(GPtrArray) nodes = xml_nodes(domain, xpath);

    for (guint i = 0; i < nodes->len; i++) {
        xmlNode *node = g_ptr_array_index(nodes, i);
        g_autofree char *text = xml_text(node, ".");

        if (xmlFirstElementChild(node) || g_strcmp0(text, wanted ? wanted : "") != 0)
            return still_there(node, error);
    }

    return TRUE;
}

static gboolean
check_rewritten_files(xmlNode *domain, const DomainRewrite *to, GError **error)
{
    gboolean nvram = FALSE;

    for (guint i = 0; to->files && i < to->files->len; i++) {
        const RewriteFile *file = g_ptr_array_index(to->files, i);
        gboolean attribute = g_str_equal(file->element, "varstore");
        g_autofree char *xpath =
            g_strconcat("./os/", file->element, attribute ? "/@path" : "", NULL);

        nvram = nvram || g_str_equal(file->element, "nvram");
        if (!check_texts(domain, xpath, file->path, error))
            return FALSE;
    }

    return nvram || check_texts(domain, "./os/nvram", NULL, error);
}

static gboolean
is_image_of(const RewriteDisk *disk, const char *path)
{
    for (guint i = 0; i < disk->images->len; i++) {
        const RewriteImage *image = g_ptr_array_index(disk->images, i);

        if (g_strcmp0(image->path, path) == 0)
            return TRUE;
    }

    return FALSE;
}

/* A source that was written has a path, and no other attribute. */
static gboolean
check_rewritten_disk(xmlNode *node, const RewriteDisk *disk, GError **error)
{
    g_autoptr(GPtrArray) sources = xml_nodes(node, "./source | ./backingStore//source");

    for (guint i = 0; i < sources->len; i++) {
        xmlNode *source = g_ptr_array_index(sources, i);
        g_autofree char *path = xml_attr(source, "file");

        if (!is_image_of(disk, path) || source->properties->next)
            return still_there(source, error);
    }

    return TRUE;
}

static gboolean
check_rewritten_disks(xmlNode *domain, const DomainRewrite *to, GError **error)
{
    g_autoptr(GPtrArray) targets = xml_nodes(domain, "./devices/disk/target");

    for (guint i = 0; i < targets->len; i++) {
        xmlNode *target = g_ptr_array_index(targets, i);
        g_autofree char *name = xml_attr(target, "dev");
        const RewriteDisk *disk = rewrite_disk_find(to->disks, name);

        if (disk && !check_rewritten_disk(target->parent, disk, error))
            return FALSE;
    }

    return TRUE;
}

gboolean
rewrite_check(xmlNode *domain, const DomainRewrite *to, GError **error)
{
    return (!to->emulator || check_texts(domain, "./devices/emulator", to->emulator, error)) &&
           check_rewritten_files(domain, to, error) && check_rewritten_disks(domain, to, error);
}
