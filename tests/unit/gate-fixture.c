/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <string.h>

#include "tests/unit/gate-fixture.h"
#include "tests/unit/harness.h"

xmlDoc *
gate_load(const char *name)
{
    g_autofree char *path = data_path(name);
    g_autoptr(GBytes) bytes = read_file(path);
    g_autoptr(GError) error = NULL;
    xmlDoc *doc = xml_parse(g_bytes_get_data(bytes, NULL), g_bytes_get_size(bytes), name, &error);

    g_assert_no_error(error);

    return doc;
}

xmlDoc *
gate_parse(const char *text)
{
    g_autoptr(GError) error = NULL;
    xmlDoc *doc = xml_parse(text, strlen(text), "test", &error);

    g_assert_no_error(error);

    return doc;
}

GPtrArray *
gate_targets(xmlNode *root)
{
    g_autoptr(GPtrArray) nodes = xml_nodes(
        root, ".//devices/disk[not(@device='cdrom' or @device='floppy')]/target/@dev");
    GPtrArray *targets = g_ptr_array_new_with_free_func(g_free);

    for (guint i = 0; i < nodes->len; i++)
        g_ptr_array_add(targets, xml_text(g_ptr_array_index(nodes, i), "."));
    g_ptr_array_add(targets, NULL);

    return targets;
}

GPtrArray *
gate_check(xmlNode *root, GPtrArray *targets)
{
    static const char *const emulators[] = {"/opt/qemu/emulator", NULL};
    static const char *const firmware[] = {"/opt/firmware/code.fd", NULL};
    static const char *const files[] = {"kernel", "initrd", "dtb", "nvram", NULL};
    const GateRules rules = {emulators, firmware, (const char *const *)targets->pdata, files,
                             TRUE};
    GPtrArray *findings = gate_findings_new();

    domain_gate_check(root, "web1", "domain.xml", &rules, findings);

    return findings;
}

static gboolean
may_stay(const char *value)
{
    static const char *const prefixes[] = {
        "/new/", "/usr/", "/dev/urandom", "/dev/random", "/dev/hwrng", "/dev/net/tun",
        "/dev/vhost-net", "/opt/qemu/emulator", "/opt/firmware/code.fd", "/run/libvirt/nix-ovmf/",
        "/bin/", NULL};

    for (const char *const *prefix = prefixes; *prefix; prefix++) {
        if (g_str_has_prefix(value, *prefix))
            return TRUE;
    }

    return FALSE;
}

GPtrArray *
gate_host_paths(xmlNode *root)
{
    g_autoptr(GPtrArray) nodes = xml_nodes(
        root, ".//@*[not(ancestor::metadata)] | "
              ".//text()[not(ancestor::metadata or parent::description or parent::title or "
              "parent::name or parent::cmdline or parent::entry or parent::serial or "
              "parent::vendor or parent::product)]");
    GPtrArray *paths = g_ptr_array_new_with_free_func(g_free);

    for (guint i = 0; i < nodes->len; i++) {
        g_autofree char *value = xml_text(g_ptr_array_index(nodes, i), ".");

        if (*g_strstrip(value) == '/' && !may_stay(value))
            g_ptr_array_add(paths, g_steal_pointer(&value));
    }

    return paths;
}

GateRewrite *
gate_rewrite_new(GPtrArray *targets)
{
    GateRewrite *rewrite = g_new0(GateRewrite, 1);

    rewrite->disks = g_ptr_array_new_with_free_func((GDestroyNotify)rewrite_disk_free);
    rewrite->files = g_ptr_array_new_with_free_func((GDestroyNotify)rewrite_file_free);
    for (guint i = 0; i < targets->len && g_ptr_array_index(targets, i); i++) {
        RewriteDisk *disk = rewrite_disk_new(g_ptr_array_index(targets, i), REWRITE_DISK_IMAGES);

        rewrite_disk_add(disk, "/new/top.qcow2", "qcow2");
        rewrite_disk_add(disk, "/new/base.raw", "raw");
        g_ptr_array_add(rewrite->disks, disk);
    }
    rewrite->domain.name = "new";
    rewrite->domain.uuid = "99999999-8888-4777-8666-555555555555";
    rewrite->domain.disks = rewrite->disks;
    rewrite->domain.files = rewrite->files;

    return rewrite;
}

void
gate_rewrite_free(GateRewrite *rewrite)
{
    g_ptr_array_unref(rewrite->disks);
    g_ptr_array_unref(rewrite->files);
    g_free(rewrite);
}
