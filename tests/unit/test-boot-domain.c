/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <string.h>

#include "import/boot-domain.h"
#include "tests/unit/gate-fixture.h"
#include "tests/unit/harness.h"

/* Domains of a boot test are checked for what they still have of the host. */

static GPtrArray *
disks_for(GPtrArray *targets)
{
    GPtrArray *disks = g_ptr_array_new_with_free_func((GDestroyNotify)boot_disk_free);

    for (guint i = 0; g_ptr_array_index(targets, i); i++) {
        BootDisk *disk = boot_disk_new(g_ptr_array_index(targets, i));

        boot_disk_add(disk, "/new/scratch/disk.qcow2", "qcow2", NULL);
        boot_disk_add(disk, "/new/export/top.qcow2", "qcow2", "virtsnap-0");
        boot_disk_add(disk, "/new/export/base.raw", "raw", "virtsnap-1");
        g_ptr_array_add(disks, disk);
    }

    return disks;
}

/* Rewrites the domain as the plan does it: for this host first, then for the boot test. */
static void
rewrite(xmlNode *root, BootSigns *signs)
{
    g_autoptr(GPtrArray) targets = gate_targets(root);
    g_autoptr(GPtrArray) disks = disks_for(targets);
    g_autoptr(GateRewrite) to = gate_rewrite_new(targets);
    g_autoptr(GError) error = NULL;
    const BootPlace place = {disks, "/new/console.log", "/new/nvram.fd"};

    /* The comparison with the host has replaced an emulator that this host does not have. */
    to->domain.emulator = "/opt/qemu/emulator";
    g_assert_true(domain_rewrite(root, &to->domain, &error));
    g_assert_no_error(error);
    boot_domain(root, &place, signs);
}

static void
assert_none(xmlNode *root, const char *path)
{
    g_autoptr(GPtrArray) nodes = xml_nodes(root, path);

    for (guint i = 0; i < nodes->len; i++) {
        g_autofree char *text = xml_node_to_string(g_ptr_array_index(nodes, i));

        g_test_message("%s", text);
    }
    g_assert_cmpuint(nodes->len, ==, 0);
}

/* Whatever the user trusts, no device belongs to the host and no network card is plugged in. A
 * trusted kernel is only read. */
static void
assert_apart(xmlNode *root)
{
    g_autoptr(GPtrArray) paths = gate_host_paths(xml_node(root, "./devices"));

    for (guint i = 0; i < paths->len; i++)
        g_test_message("%s", (char *)g_ptr_array_index(paths, i));
    g_assert_cmpuint(paths->len, ==, 0);
    assert_none(root, "./devices/*[self::hostdev or self::filesystem or self::shmem or "
                      "self::redirdev or self::smartcard or self::tpm or self::graphics or "
                      "self::vsock or self::lease] | ./seclabel | ./metadata | ./memoryBacking | "
                      "./*[namespace-uri() != '']");
    assert_none(root, "./devices/interface[not(@type='user' and link/@state='down')] | "
                      "./devices/interface/*[self::source or self::target or self::script or "
                      "self::filterref or self::bandwidth or self::backend]");
    assert_none(root, "./devices/*[self::serial or self::console or self::parallel]"
                      "[@type != 'null' and @type != 'file']");
    assert_none(root, "./devices/channel[@type != 'null' and @type != 'unix'] | "
                      "./devices/channel/source");
    assert_none(root, "./on_reboot[. != 'destroy'] | ./on_crash[. != 'destroy']");
}

static void
test_all(gconstpointer name)
{
    g_autoptr(GPtrArray) files = corpus(name);

    for (guint i = 0; i < files->len; i++) {
        g_autofree char *base = g_path_get_basename(g_ptr_array_index(files, i));
        g_autofree char *path = g_build_filename(name, base, NULL);
        g_autoptr(xmlDoc) doc = gate_load(path);
        xmlNode *root = xmlDocGetRootElement(doc);
        BootSigns signs;

        if (!g_str_equal(root->name, "domain"))
            continue;
        g_test_message("%s", base);
        rewrite(root, &signs);
        if (xml_node(root, "./devices"))
            assert_apart(root);
    }
}

static xmlDoc *
rewrite_text(const char *devices, BootSigns *signs)
{
    g_autofree char *text = g_strdup_printf(
        "<domain type='qemu'><name>a</name><uuid>11111111-2222-4333-8444-555555555555</uuid>"
        "<os><type>hvm</type><loader type='pflash'>/usr/share/OVMF/OVMF_CODE_4M.fd</loader></os>"
        "<devices><disk type='file' device='disk'><driver name='qemu' type='raw' io='native' "
        "cache='none'/><source file='/x'/><target dev='vda'/><shareable/></disk>%s</devices>"
        "</domain>",
        devices);
    xmlDoc *doc = gate_parse(text);

    rewrite(xmlDocGetRootElement(doc), signs);

    return doc;
}

/* The chain is written out to its end, and only the image that is thrown away is opened by name. */
static void
test_disk(void)
{
    BootSigns signs;
    g_autoptr(xmlDoc) doc = rewrite_text("", &signs);
    xmlNode *disk = xml_node(xmlDocGetRootElement(doc), "./devices/disk");

    g_assert_nonnull(xml_node(disk, "./driver[@type='qcow2' and not(@io)]"));
    g_assert_null(xml_node(disk, "./shareable"));
    g_assert_nonnull(xml_node(
        disk, "./source[@file='/new/scratch/disk.qcow2' and not(@fdgroup)]/../"
              "backingStore[format/@type='qcow2' and source/@fdgroup='virtsnap-0']/"
              "backingStore[format/@type='raw' and source/@fdgroup='virtsnap-1']/"
              "backingStore[not(*)]"));
    g_assert_false(signs.console || signs.agent || signs.tpm);
    g_assert_nonnull(xml_node(xmlDocGetRootElement(doc), "./os[nvram='/new/nvram.fd']"));
}

#define AGENT                                                                                     \
    "<channel type='unix'><source mode='bind' path='/x'/><target type='virtio' "                  \
    "name='org.qemu.guest_agent.0'/></channel>"

static void
test_signs(void)
{
    BootSigns signs;
    g_autoptr(xmlDoc) doc =
        rewrite_text("<serial type='tcp'><source host='x'/><target port='1'/></serial>"
                     "<serial type='file'><source path='/etc/x'/><target port='0'/></serial>"
                     "<console type='pty'><target type='serial'/></console><tpm/>" AGENT,
                     &signs);
    xmlNode *root = xmlDocGetRootElement(doc);

    g_assert_true(signs.console && signs.agent && signs.tpm);
    g_assert_nonnull(xml_node(root, "./devices/serial[@type='file' and target/@port='0' and "
                                    "source/@path='/new/console.log']"));
    g_assert_nonnull(xml_node(root, "./devices/serial[@type='null' and target/@port='1']"));
    g_assert_null(xml_node(root, "./devices/console"));
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_data_func("/boot-domain/ordinary", "domain/ordinary", test_all);
    g_test_add_data_func("/boot-domain/hostile", "domain/hostile", test_all);
    g_test_add_func("/boot-domain/disk", test_disk);
    g_test_add_func("/boot-domain/signs", test_signs);
    return g_test_run();
}
