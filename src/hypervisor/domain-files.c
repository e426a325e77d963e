/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <string.h>

#include "hypervisor/domain-files.h"
#include "util/xml.h"

/* Directory of packaged software. Firmware below it belongs to a package and exists on every host
 * where that package is installed. */
#define HOST_SOFTWARE "/usr/"

/* Elements and attributes whose whole text is a path, and what an export does with the file
 * there. */
static const struct {
    const char *xpath;
    const char *element;
    DomainFileFate fate;
    const char *role;
    const char *name;
} places[] = {
    {"./os/kernel", "kernel", DOMAIN_FILE_COPIED, "kernel", "kernel"},
    {"./os/initrd", "initrd", DOMAIN_FILE_COPIED, "initrd", "initrd"},
    {"./os/dtb", "dtb", DOMAIN_FILE_COPIED, "dtb", "dtb"},
    {"./os/shim", "shim", DOMAIN_FILE_COPIED, "kernel", "shim"},
    {"./os/acpi/table", "acpi", DOMAIN_FILE_NAMED, NULL, NULL},
    {"./sysinfo/entry/@file", "sysinfo", DOMAIN_FILE_NAMED, NULL, NULL},
    {"./devices/pstore/path", "pstore", DOMAIN_FILE_NAMED, NULL, NULL},
    {"./devices/filesystem/source/@file", "filesystem", DOMAIN_FILE_NAMED, NULL, NULL},
    {"./devices/filesystem/source/@dev", "filesystem", DOMAIN_FILE_NAMED, NULL, NULL},
    {"./devices/filesystem/source/@dir", "filesystem", DOMAIN_FILE_NAMED, NULL, NULL},
    {"./devices/filesystem/source/@volume", "filesystem", DOMAIN_FILE_NAMED, NULL, NULL},
    {"./devices/filesystem/source/@socket", "filesystem", DOMAIN_FILE_NAMED, NULL, NULL},
    {"./devices/shmem/@name", "shmem", DOMAIN_FILE_NAMED, NULL, NULL},
    {"./devices/smartcard/database", "smartcard", DOMAIN_FILE_NAMED, NULL, NULL},
    {"./devices/*/rom/@file", "rom", DOMAIN_FILE_NAMED, NULL, NULL},
};

void
domain_file_free(DomainFile *file)
{
    if (!file)
        return;
    g_free(file->path);
    g_free(file->source);
    g_free(file->type);
    g_free(file->format);
    g_free(file->strange);
    g_free(file);
}

static DomainFile *
domain_file_new(DomainFileFate fate, const char *element, const char *role, const char *name)
{
    DomainFile *file = g_new0(DomainFile, 1);

    file->fate = fate;
    file->element = element;
    file->role = role;
    file->name = name;
    file->type = g_strdup("file");

    return file;
}

/* The text that @xpath selects in @node, without surrounding white space; NULL if there is none. */
static char *
get_path_text(xmlNode *node, const char *xpath)
{
    g_autofree char *text = xml_text(node, xpath);

    return text && *g_strstrip(text) ? g_steal_pointer(&text) : NULL;
}

static void
add_places(GPtrArray *files, xmlNode *domain)
{
    for (gsize i = 0; i < G_N_ELEMENTS(places); i++) {
        g_autoptr(GPtrArray) nodes = xml_nodes(domain, places[i].xpath);

        for (guint j = 0; j < nodes->len; j++) {
            DomainFile *file =
                domain_file_new(places[i].fate, places[i].element, places[i].role, places[i].name);

            file->path = get_path_text(g_ptr_array_index(nodes, j), ".");
            file->source = g_strdup(file->path ? file->path : "");
            g_ptr_array_add(files, file);
        }
    }
}

/* --- memory backed by a file ------------------------------------------------- */

static void
add_memory(GPtrArray *files, xmlNode *domain)
{
    g_autoptr(GPtrArray) nodes =
        xml_nodes(domain, "./devices/memory[@model='nvdimm' or @model='virtio-pmem']");

    for (guint i = 0; i < nodes->len; i++) {
        xmlNode *node = g_ptr_array_index(nodes, i);
        DomainFile *file = domain_file_new(DOMAIN_FILE_COPIED, "memory", "nvdimm", "nvdimm");

        file->path = get_path_text(node, "./source/path");
        file->source = g_strdup(file->path ? file->path : "");
        file->shared = xml_node(node, "./target/readonly") == NULL;
        g_ptr_array_add(files, file);
    }
}

/* --- firmware ---------------------------------------------------------------- */

/* The first child of @source that could change what is read, as slices or encryption; labels and
 * the like cannot. */
static char *
strange_child(xmlNode *source)
{
    static const char *const harmless[] = {"seclabel", "privateData", "host", "reservations",
                                           NULL};

    for (xmlNode *node = xmlFirstElementChild(source); node; node = xmlNextElementSibling(node)) {
        if (!g_strv_contains(harmless, (const char *)node->name))
            return g_strdup((const char *)node->name);
    }

    return NULL;
}

/* Reads the path of a file. Since 8.5 libvirt may write it like the source of a disk. */
static void
read_file_source(DomainFile *file, xmlNode *node)
{
    xmlNode *source = xml_child(node, "source", NULL);
    char *type = xml_attr(node, "type");

    if (type) {
        g_free(file->type);
        file->type = type;
    }
    if (!source) {
        file->path = get_path_text(node, "./text()");
    } else {
        file->path = xml_attr(source, "file");
        if (!file->path)
            file->path = xml_attr(source, "dev");
        file->source = xml_attr(source, "name");
        file->strange = strange_child(source);
    }
    if (!file->source)
        file->source = g_strdup(file->path ? file->path : file->type);
}

/* Adds the file of <nvram>. If the element only names a template, there is no file yet. */
static void
add_nvram(GPtrArray *files, xmlNode *os)
{
    xmlNode *node = xml_child(os, "nvram", NULL);
    g_autoptr(DomainFile) file = domain_file_new(DOMAIN_FILE_STATE, "nvram", "nvram", "nvram.fd");

    if (!node)
        return;
    file->format = xml_attr(node, "format");
    file->created = TRUE;
    file->shared = TRUE;
    read_file_source(file, node);
    if (file->path || !g_str_equal(file->type, "file"))
        g_ptr_array_add(files, g_steal_pointer(&file));
}

void
domain_files_add_variables(GPtrArray *files, const char *format)
{
    DomainFile *file = domain_file_new(DOMAIN_FILE_STATE, "nvram", "nvram", "nvram.fd");

    file->format = g_strdup(format);
    file->source = g_strdup("nvram");
    g_ptr_array_add(files, file);
}

static void
add_varstore(GPtrArray *files, xmlNode *os)
{
    xmlNode *node = xml_child(os, "varstore", NULL);
    DomainFile *file;
    char *path = node ? xml_attr(node, "path") : NULL;

    if (!path)
        return;
    file = domain_file_new(DOMAIN_FILE_STATE, "varstore", "nvram", "varstore.json");
    file->path = path;
    file->source = g_strdup(path);
    file->created = TRUE;
    file->shared = TRUE;
    g_ptr_array_add(files, file);
}

/* Adds the file of <loader>. A writable flash holds code and variables in one file, to which the
 * firmware writes, so it is state of the guest. Any other firmware outside of /usr is only
 * reported. */
static void
add_loader(GPtrArray *files, xmlNode *os)
{
    xmlNode *node = xml_child(os, "loader", NULL);
    g_autofree char *type = node ? xml_attr(node, "type") : NULL;
    g_autofree char *readonly = node ? xml_attr(node, "readonly") : NULL;
    g_autofree char *stateless = node ? xml_attr(node, "stateless") : NULL;
    g_autoptr(DomainFile) file = NULL;
    gboolean writable = g_strcmp0(type, "pflash") == 0 && g_strcmp0(readonly, "yes") != 0 &&
                        g_strcmp0(stateless, "yes") != 0;

    if (!node)
        return;
    file = domain_file_new(writable ? DOMAIN_FILE_STATE : DOMAIN_FILE_NAMED, "loader",
                           writable ? "loader" : NULL, writable ? "loader.fd" : NULL);
    file->format = xml_attr(node, "format");
    file->shared = writable;
    read_file_source(file, node);
    /* The type attribute of <loader> ("rom", "pflash") does not say where the file is. */
    g_free(file->type);
    file->type = g_strdup("file");
    if (!file->path || (!writable && g_str_has_prefix(file->path, HOST_SOFTWARE)))
        return;
    g_ptr_array_add(files, g_steal_pointer(&file));
}

/* Reports automatically selected EFI firmware: it has a file of variables as well, but the XML does
 * not name that before libvirt has selected the firmware. */
static void
add_automatic(GPtrArray *files, xmlNode *os)
{
    g_autofree char *firmware = xml_attr(os, "firmware");
    DomainFile *file;

    if (g_strcmp0(firmware, "efi") != 0 || xml_child(os, "loader", NULL) ||
        xml_child(os, "nvram", NULL) || xml_child(os, "varstore", NULL))
        return;
    file = domain_file_new(DOMAIN_FILE_NAMED, "os firmware='efi'", NULL, NULL);
    file->source = g_strdup("?");
    g_ptr_array_add(files, file);
}

GPtrArray *
domain_files_parse(xmlNode *domain)
{
    g_autoptr(GPtrArray) files =
        g_ptr_array_new_with_free_func((GDestroyNotify)domain_file_free);
    xmlNode *os = xml_child(domain, "os", NULL);

    if (os) {
        add_nvram(files, os);
        add_varstore(files, os);
        add_loader(files, os);
        add_automatic(files, os);
    }
    add_memory(files, domain);
    add_places(files, domain);

    return g_steal_pointer(&files);
}
