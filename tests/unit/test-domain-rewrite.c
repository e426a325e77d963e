/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <string.h>

#include "tests/unit/gate-fixture.h"
#include "tests/unit/harness.h"

/* --- nothing of the other host is left ------------------------------------ */

static void
assert_nothing_left(const char *file)
{
    g_autoptr(GBytes) bytes = read_file(file);
    g_autoptr(GError) error = NULL;
    g_autoptr(xmlDoc) doc =
        xml_parse(g_bytes_get_data(bytes, NULL), g_bytes_get_size(bytes), file, &error);
    xmlNode *root = xmlDocGetRootElement(doc);
    g_autoptr(GPtrArray) targets = gate_targets(root);
    g_autoptr(GateRewrite) to = gate_rewrite_new(targets);
    g_autoptr(GPtrArray) left = NULL;

    g_ptr_array_add(to->files, rewrite_file_new("nvram", "/new/vars.fd", NULL));
    if (xml_node(root, "./os/kernel")) {
        g_ptr_array_add(to->files, rewrite_file_new("kernel", "/new/kernel", NULL));
        g_ptr_array_add(to->files, rewrite_file_new("initrd", "/new/initrd", NULL));
        g_ptr_array_add(to->files, rewrite_file_new("dtb", "/new/dtb", NULL));
    }
    if (g_str_equal(root->name, "domainsnapshot")) {
        SnapshotRewrite snapshot = {&to->domain, NULL, NULL, NULL, NULL};

        g_assert_true(snapshot_rewrite(root, &snapshot, &error));
    } else {
        g_assert_true(domain_rewrite(root, &to->domain, &error));
    }
    left = gate_host_paths(root);
    for (guint i = 0; i < left->len; i++)
        g_test_message("left: %s", (char *)g_ptr_array_index(left, i));
    g_assert_cmpuint(left->len, ==, 0);
    g_assert_null(xml_node(root, "self::domain/@id"));
    g_assert_null(xml_node(root, ".//seclabel"));
    g_assert_null(xml_node(root, ".//partition"));
    g_assert_null(xml_node(root, ".//devices/*/alias[not(starts-with(@name, 'ua-'))]"));
    g_assert_null(xml_node(root, ".//devices/interface/target"));
}

static void
test_ordinary(gconstpointer data)
{
    g_autoptr(GPtrArray) files = corpus(data);

    for (guint i = 0; i < files->len; i++) {
        g_test_message("%s", (char *)g_ptr_array_index(files, i));
        assert_nothing_left(g_ptr_array_index(files, i));
    }
}

/* --- what is put there ---------------------------------------------------- */

#define NAMES                                                                                      \
    "<name>old</name><uuid>11111111-2222-4333-8444-555555555555</uuid>"                            \
    "<genid>22222222-2222-4333-8444-555555555555</genid>"

/* One value by its path before and after; a NULL @after is gone. */
typedef struct {
    const char *name;
    const char *xml;
    const char *path;
    const char *after;
} Case;

static const Case cases[] = {
    {"name", "<domain>" NAMES "</domain>", "string(./name)", "new"},
    {"name twice", "<domain><name>a</name><name>b</name></domain>", "string(./name[2])", ""},
    {"uuid", "<domain>" NAMES "</domain>", "string(./uuid)",
     "99999999-8888-4777-8666-555555555555"},
    {"no uuid", "<domain><name>a</name></domain>", "string(./uuid)",
     "99999999-8888-4777-8666-555555555555"},
    {"uuid of the firmware tables",
     "<domain><sysinfo type='smbios'><system><entry name='uuid'>1</entry></system></sysinfo>"
     "</domain>",
     "string(./sysinfo/system/entry)", "99999999-8888-4777-8666-555555555555"},
    {"genid", "<domain>" NAMES "</domain>", "string(./genid)",
     "33333333-3333-4333-8333-333333333333"},
    {"no genid", "<domain><name>a</name></domain>", "count(./genid)", "0"},
    {"type", "<domain type='kvm'/>", "string(./@type)", "qemu"},
    {"id", "<domain type='kvm' id='3'/>", "count(./@id)", "0"},
    {"machine", "<domain><os><type machine='pc-1.0'>hvm</type></os></domain>",
     "string(./os/type/@machine)", "pc-2.0"},
    {"emulator", "<domain><devices><emulator>/a</emulator></devices></domain>",
     "string(./devices/emulator)", "/usr/bin/qemu-system-new"},
    {"no emulator", "<domain><devices/></domain>", "string(./devices/emulator)",
     "/usr/bin/qemu-system-new"},
    {"cpu", "<domain><cpu mode='custom'><model>X</model></cpu></domain>",
     "concat(count(./cpu), ./cpu/@mode)", "1host-model"},
    {"loader",
     "<domain><os><loader readonly='yes' type='pflash'>/usr/share/OVMF/A</loader></os></domain>",
     "string(./os/loader)", "/usr/share/new.fd"},
    {"no loader", "<domain><os><type>hvm</type></os></domain>", "count(./os/loader)", "0"},
    {"another loader",
     "<domain><os><loader type='rom'>/usr/share/B</loader><nvram template='/t'/></os></domain>",
     "concat(./os/loader, ./os/nvram/@template)", "/usr/share/B/t"},
    {"loader that is chosen", "<domain><os firmware='efi'><loader secure='yes'/></os></domain>",
     "concat(./os/@firmware, ./os/loader/@secure)", "efiyes"},
    {"loader that was chosen",
     "<domain><os firmware='efi'><firmware><feature/></firmware><loader>/x</loader></os></domain>",
     "concat(./os/loader, count(./os/@firmware | ./os/firmware))", "/x0"},
    {"variables of a time without them", "<domain><os><type>hvm</type></os></domain>",
     "count(./os/nvram)", "0"},
    {"template",
     "<domain><os><loader>/usr/share/OVMF/A</loader>"
     "<nvram template='/usr/share/OVMF/V' templateFormat='qcow2'>/x</nvram></os></domain>",
     "concat(./os/nvram/@template, count(./os/nvram/@templateFormat))",
     "/usr/share/new-vars.fd0"},
    {"nvram", "<domain><os><nvram>/x</nvram></os></domain>", "string(./os/nvram)", "/new/vars.fd"},
    {"nvram as source",
     "<domain><os><nvram type='file'><source file='/x'/></nvram></os></domain>",
     "concat(./os/nvram, ./os/nvram/@type, count(./os/nvram/source))", "/new/vars.fd0"},
    {"nvram twice", "<domain><os><nvram>/x</nvram><nvram>/y</nvram></os></domain>",
     "count(./os/nvram)", "1"},
    {"nvram of automatic firmware", "<domain><os firmware='efi'/></domain>", "string(./os/nvram)",
     "/new/vars.fd"},
    {"nvram's format", "<domain><os><nvram format='raw'>/x</nvram></os></domain>",
     "string(./os/nvram/@format)", "qcow2"},
    {"kernel", "<domain><os><kernel>/boot/k</kernel></os></domain>", "string(./os/kernel)",
     "/new/kernel"},
    {"memory in a file",
     "<domain><devices><memory model='nvdimm'><source><path>/srv/other</path></source></memory>"
     "<memory model='nvdimm'><source><path>/srv/nvdimm</path></source></memory></devices></domain>",
     "concat(./devices/memory[1]/source/path, ' ', ./devices/memory[2]/source/path, "
     "count(./os/memory))",
     "/srv/other /new/nvdimm0"},
    {"varstore", "<domain><os><varstore path='/x' template='/t'/></os></domain>",
     "concat(./os/varstore/@path, ./os/varstore)", "/new/varstore.json"},
    {"mac", "<domain><devices><interface><mac address='52:54:00:AA:BB:CC'/></interface></devices>"
            "</domain>",
     "string(./devices/interface/mac/@address)", "52:54:00:00:00:01"},
    {"another mac",
     "<domain><devices><interface><mac address='52:54:00:01:02:03'/></interface></devices>"
     "</domain>",
     "string(./devices/interface/mac/@address)", "52:54:00:01:02:03"},
    {"network",
     "<domain><devices><interface><source network='lab' portid='1'/></interface></devices>"
     "</domain>",
     "concat(./devices/interface/source/@network, count(./devices/interface/source/@portid))",
     "default0"},
    {"bridge", "<domain><devices><interface><source bridge='br7'/></interface></devices></domain>",
     "string(./devices/interface/source/@bridge)", "br0"},
    {"tap", "<domain><devices><interface><target dev='vnet9'/></interface></devices></domain>",
     "count(./devices/interface/target)", "0"},
    {"alias", "<domain><devices><video><alias name='video0'/></video></devices></domain>",
     "count(./devices/video/alias)", "0"},
    {"alias of a user", "<domain><devices><video><alias name='ua-v'/></video></devices></domain>",
     "string(./devices/video/alias/@name)", "ua-v"},
    {"terminal",
     "<domain><devices><console type='pty' tty='/dev/pts/1'><source path='/dev/pts/1'/></console>"
     "</devices></domain>",
     "count(./devices/console/@tty | ./devices/console/source/@path)", "0"},
    {"channel",
     "<domain><devices><channel type='unix'><source mode='bind' "
     "path='/run/libvirt/qemu/channel/1/a'/><target type='virtio' name='a' state='connected'/>"
     "</channel></devices></domain>",
     "count(./devices/channel/source/@path | ./devices/channel/target/@state)", "0"},
    {"trusted channel",
     "<domain><devices><channel type='unix'><source mode='bind' path='/srv/a'/></channel>"
     "</devices></domain>",
     "string(./devices/channel/source/@path)", "/srv/a"},
    {"trusted element",
     "<domain><devices><hostdev><alias name='ua-h'/></hostdev></devices></domain>",
     "count(./devices/hostdev/alias)", "1"},
    {"label", "<domain><seclabel type='dynamic' model='dac'/></domain>", "count(./seclabel)", "0"},
    {"trusted label", "<domain><seclabel type='static' model='dac'/></domain>",
     "string(./seclabel/@type)", "static"},
    {"metadata", "<domain><metadata><m xmlns='urn:m' path='/x'/></metadata></domain>",
     "string(./metadata/*/@path)", "/x"},
    {"partition", "<domain><resource><partition>/m</partition></resource></domain>",
     "count(./resource/partition)", "0"},
    {"empty resource", "<domain><resource><partition>/m</partition></resource></domain>",
     "count(./resource)", "0"},
};

static char *
evaluate(xmlNode *node, const char *path)
{
    g_autoptr(xmlXPathContext) context = xmlXPathNewContext(node->doc);
    g_autoptr(xmlXPathObject) object = NULL;
    xmlChar *text;
    char *copy;

    context->node = node;
    object = xmlXPathEval(BAD_CAST path, context);
    g_assert_nonnull(object);
    text = xmlXPathCastToString(object);
    copy = g_strdup((const char *)text);
    xmlFree(text);

    return copy;
}

static void
fill(GateRewrite *to)
{
    RewriteFile *memory = rewrite_file_new("memory", "/new/nvdimm", NULL);

    memory->was = g_strdup("/srv/nvdimm");
    g_ptr_array_add(to->files, memory);
    g_ptr_array_add(to->files, rewrite_file_new("varstore", "/new/varstore.json", NULL));
    to->domain.genid = "33333333-3333-4333-8333-333333333333";
    to->domain.type = "qemu";
    to->domain.machine = "pc-2.0";
    to->domain.emulator = "/usr/bin/qemu-system-new";
    to->domain.cpu = "<cpu mode='host-model'/>";
    to->domain.loaders =
        g_ptr_array_new_with_free_func((GDestroyNotify)rewrite_loader_free);
    g_ptr_array_add(to->domain.loaders,
                    rewrite_loader_new("/usr/share/OVMF/A", "/usr/share/new.fd",
                                       "/usr/share/new-vars.fd", "raw"));
    to->domain.no_choice = TRUE;
    to->domain.macs = g_hash_table_new(g_str_hash, g_str_equal);
    g_hash_table_insert(to->domain.macs, (gpointer) "52:54:00:aa:bb:cc",
                        (gpointer) "52:54:00:00:00:01");
    to->domain.networks = g_hash_table_new(g_str_hash, g_str_equal);
    g_hash_table_insert(to->domain.networks, (gpointer) "lab", (gpointer) "default");
    to->domain.bridges = g_hash_table_new(g_str_hash, g_str_equal);
    g_hash_table_insert(to->domain.bridges, (gpointer) "br7", (gpointer) "br0");
    g_ptr_array_add(to->files, rewrite_file_new("nvram", "/new/vars.fd", "qcow2"));
    g_ptr_array_add(to->files, rewrite_file_new("kernel", "/new/kernel", NULL));
}

static void
assert_case(const Case *test)
{
    g_autoptr(xmlDoc) doc = gate_parse(test->xml);
    xmlNode *root = xmlDocGetRootElement(doc);
    g_autoptr(GPtrArray) none = g_ptr_array_new();
    g_autoptr(GateRewrite) to = gate_rewrite_new(none);
    g_autofree char *after = NULL;
    g_autoptr(GError) error = NULL;

    fill(to);
    g_assert_true(domain_rewrite(root, &to->domain, &error));
    g_assert_no_error(error);
    after = evaluate(root, test->path);
    g_assert_cmpstr(after, ==, test->after);
    g_ptr_array_unref(to->domain.loaders);
    g_hash_table_unref(to->domain.macs);
    g_hash_table_unref(to->domain.networks);
    g_hash_table_unref(to->domain.bridges);
}

static void
test_cases(void)
{
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_test_message("%s", cases[i].name);
        assert_case(&cases[i]);
    }
}

/* What is not given stays. */
static void
test_nothing(void)
{
    g_autoptr(xmlDoc) doc = gate_load("domain/ordinary/windows-11.xml");
    xmlNode *root = xmlDocGetRootElement(doc);
    const DomainRewrite nothing = {NULL};
    g_autoptr(GError) error = NULL;
    g_autofree char *values = NULL;

    g_assert_true(domain_rewrite(root, &nothing, &error));
    values = evaluate(root, "concat(./name, '|', ./uuid, '|', ./@type, '|', ./devices/emulator, "
                            "'|', ./os/type/@machine, '|', ./cpu/@mode, '|', ./os/loader, '|', "
                            "./devices/interface/mac/@address, '|', ./os/nvram, '|', "
                            "./devices/disk/source/@file)");
    g_assert_cmpstr(values, ==,
                    "win11|0b1b2b3b-4b5b-4b7b-8b9b-abbbcbdbebfb|kvm|/usr/libexec/qemu-kvm|"
                    "pc-q35-8.2|host-model|/usr/share/OVMF/OVMF_CODE_4M.ms.fd|52:54:00:0a:0b:0c||"
                    "/images/win11.qcow2");
}

/* --- disks ---------------------------------------------------------------- */

#define DISKS                                                                                      \
    "<domain><devices>"                                                                            \
    "<disk type='network' device='disk'><driver type='raw' cache='none'/>"                         \
    "<source protocol='rbd' name='a'><host name='h'/><encryption format='luks'/></source>"         \
    "<backingStore type='file'><format type='raw'/><source file='/old'/></backingStore>"           \
    "<target dev='vda'/></disk>"                                                                   \
    "<disk type='block' device='disk'><source dev='/dev/x'/><target dev='vdb'/></disk>"            \
    "<disk type='file' device='disk'><source file='/left'/><target dev='vdc'/></disk>"             \
    "<disk type='file' device='disk'><source file='/trusted'/><target dev='vdd'/></disk>"          \
    "<disk type='network' device='cdrom'><source protocol='http' name='i'/><target dev='sda'/>"    \
    "</disk>"                                                                                      \
    "<disk type='file' device='floppy'><source file='/f'/><target dev='fda'/></disk>"              \
    "</devices></domain>"

static GPtrArray *
disk_places(void)
{
    GPtrArray *disks = g_ptr_array_new_with_free_func((GDestroyNotify)rewrite_disk_free);
    RewriteDisk *chain = rewrite_disk_new("vda", REWRITE_DISK_IMAGES);
    RewriteDisk *single = rewrite_disk_new("vdb", REWRITE_DISK_IMAGES);

    rewrite_disk_add(chain, "/new/top & more.qcow2", "qcow2");
    rewrite_disk_add(chain, "/new/middle.qcow2", "qcow2");
    rewrite_disk_add(chain, "/new/base.raw", "raw");
    rewrite_disk_add(single, "/new/single.raw", "raw");
    g_ptr_array_add(disks, chain);
    g_ptr_array_add(disks, single);
    g_ptr_array_add(disks, rewrite_disk_new("vdc", REWRITE_DISK_LEFT_OUT));
    g_ptr_array_add(disks, rewrite_disk_new("fda", REWRITE_DISK_EMPTY));

    return disks;
}

static void
assert_xml(xmlNode *node, const char *path, const char *expected)
{
    xmlNode *found = xml_node(node, path);
    g_autofree char *text = found ? xml_node_to_string(found) : NULL;
    GString *flat = g_string_new(NULL);

    g_assert_nonnull(text);
    for (const char *at = text; *at; at++) {
        if (*at == '\n') {
            while (at[1] == ' ')
                at++;
            continue;
        }
        g_string_append_c(flat, *at == '"' ? '\'' : *at);
    }
    g_assert_cmpstr(flat->str, ==, expected);
    g_string_free(flat, TRUE);
}

static void
test_disks(void)
{
    g_autoptr(xmlDoc) doc = gate_parse(DISKS);
    xmlNode *root = xmlDocGetRootElement(doc);
    g_autoptr(GPtrArray) disks = disk_places();
    const DomainRewrite to = {.disks = disks};
    g_autoptr(GError) error = NULL;

    g_assert_true(domain_rewrite(root, &to, &error));
    assert_xml(root, "./devices/disk[target/@dev='vda']",
               "<disk type='file' device='disk'><driver type='qcow2' cache='none' name='qemu'/>"
               "<target dev='vda'/><source file='/new/top &amp; more.qcow2'>"
               "<encryption format='luks'/></source>"
               "<backingStore type='file'><format type='qcow2'/>"
               "<source file='/new/middle.qcow2'/><backingStore type='file'><format type='raw'/>"
               "<source file='/new/base.raw'/><backingStore/></backingStore></backingStore>"
               "</disk>");
    assert_xml(root, "./devices/disk[target/@dev='vdb']",
               "<disk type='file' device='disk'><target dev='vdb'/>"
               "<driver name='qemu' type='raw'/><source file='/new/single.raw'/><backingStore/>"
               "</disk>");
    g_assert_null(xml_node(root, "./devices/disk[target/@dev='vdc']"));
    assert_xml(root, "./devices/disk[target/@dev='vdd']",
               "<disk type='file' device='disk'><source file='/trusted'/><target dev='vdd'/>"
               "</disk>");
    assert_xml(root, "./devices/disk[target/@dev='sda']",
               "<disk type='file' device='cdrom'><target dev='sda'/></disk>");
    assert_xml(root, "./devices/disk[target/@dev='fda']",
               "<disk type='file' device='floppy'><target dev='fda'/></disk>");
}

/* --- MAC addresses -------------------------------------------------------- */

static void
test_macs(void)
{
    g_autoptr(GHashTable) macs = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    g_autoptr(xmlDoc) doc = gate_parse(
        "<domain><devices><interface><mac address='52:54:00:AA:BB:CC'/></interface>"
        "<interface><mac address='00:16:3e:01:02:03'/></interface>"
        "<interface><mac address='none'/></interface><interface/></devices></domain>");
    g_autofree char *first = NULL;

    rewrite_macs_add(xmlDocGetRootElement(doc), macs);
    g_assert_cmpuint(g_hash_table_size(macs), ==, 2);
    first = g_strdup(g_hash_table_lookup(macs, "52:54:00:aa:bb:cc"));
    g_assert_true(g_str_has_prefix(first, "52:54:00:"));
    g_assert_cmpstr(first, !=, "52:54:00:aa:bb:cc");
    g_assert_cmpuint(strlen(first), ==, 17);
    g_assert_true(g_str_has_prefix(g_hash_table_lookup(macs, "00:16:3e:01:02:03"), "00:16:3e:"));
    rewrite_macs_add(xmlDocGetRootElement(doc), macs);
    g_assert_cmpstr(g_hash_table_lookup(macs, "52:54:00:aa:bb:cc"), ==, first);
}

/* --- snapshots ------------------------------------------------------------ */

static xmlDoc *
rewrite_snapshot(const char *name, const char *memory, gboolean reverts)
{
    xmlDoc *doc = gate_load(name);
    xmlNode *root = xmlDocGetRootElement(doc);
    g_autoptr(GPtrArray) targets = gate_targets(root);
    g_autoptr(GateRewrite) domain = gate_rewrite_new(targets);
    g_autoptr(GPtrArray) overlays =
        g_ptr_array_new_with_free_func((GDestroyNotify)rewrite_disk_free);
    SnapshotRewrite to = {&domain->domain, NULL, overlays, reverts ? overlays : NULL, memory};
    RewriteDisk *overlay = rewrite_disk_new("vda", REWRITE_DISK_IMAGES);
    g_autoptr(GError) error = NULL;

    rewrite_disk_add(overlay, "/new/overlay.qcow2", "qcow2");
    g_ptr_array_add(overlays, overlay);
    g_assert_true(snapshot_rewrite(root, &to, &error));
    g_assert_no_error(error);

    return doc;
}

static void
test_snapshot_disks(void)
{
    g_autoptr(xmlDoc) doc = rewrite_snapshot("domain/snapshots/disk-only.xml", NULL, FALSE);
    xmlNode *root = xmlDocGetRootElement(doc);
    g_autofree char *values = evaluate(
        root, "concat(./name, '|', ./parent/name, '|', ./state, '|', ./disks/disk/source/@file, "
              "'|', ./domain/name, '|', ./domain/devices/disk/source/@file, '|', "
              "./domain/devices/disk/backingStore/source/@file, '|', "
              "count(./domain/devices/disk[2]/source))");

    g_assert_cmpstr(values, ==,
                    "s2|s1|disk-snapshot|/new/overlay.qcow2|new|/new/top.qcow2|/new/base.raw|0");
}

static void
test_snapshot_memory(void)
{
    g_autoptr(xmlDoc) with = rewrite_snapshot("domain/snapshots/with-memory.xml", "/new/m", TRUE);
    g_autoptr(xmlDoc) without = rewrite_snapshot("domain/snapshots/with-memory.xml", NULL, FALSE);
    const char *path = "concat(./state, '|', ./memory/@snapshot, '|', ./memory/@file, '|', "
                       "count(./cookie/cpu), '|', ./revertDisks/disk/source/@file, '|', "
                       "count(./active), '|', ./inactiveDomain/name, '|', "
                       "./inactiveDomain/devices/disk/source/@file)";
    g_autofree char *kept = evaluate(xmlDocGetRootElement(with), path);
    g_autofree char *lost = evaluate(xmlDocGetRootElement(without), path);

    g_assert_cmpstr(kept, ==, "running|external|/new/m|1|/new/overlay.qcow2|0|new|/new/top.qcow2");
    g_assert_cmpstr(lost, ==, "disk-snapshot|no||0||0|new|/new/top.qcow2");
}

static void
test_snapshot_internal(void)
{
    g_autoptr(xmlDoc) doc = rewrite_snapshot("domain/snapshots/internal.xml", NULL, FALSE);
    g_autofree char *values =
        evaluate(xmlDocGetRootElement(doc), "concat(./state, '|', ./disks/disk/@snapshot, '|', "
                                            "./domain/devices/disk/source/@file)");

    g_assert_cmpstr(values, ==, "shutoff|internal|/new/top.qcow2");
}

static void
test_refused(void)
{
    const DomainRewrite nothing = {NULL};
    const DomainRewrite bad_cpu = {.cpu = "<vcpu/>"};
    const SnapshotRewrite snapshot = {&nothing, NULL, NULL, NULL, NULL};
    g_autoptr(xmlDoc) domain = gate_parse("<domain/>");
    g_autoptr(xmlDoc) other = gate_parse("<network/>");
    g_autoptr(xmlDoc) empty = gate_parse("<domainsnapshot/>");
    g_autoptr(GError) error = NULL;

    g_assert_false(domain_rewrite(xmlDocGetRootElement(other), &nothing, &error));
    g_assert_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_INVALID_PARAMETER);
    g_clear_error(&error);
    g_assert_false(domain_rewrite(xmlDocGetRootElement(domain), &bad_cpu, &error));
    g_assert_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_INVALID_PARAMETER);
    g_clear_error(&error);
    g_assert_false(snapshot_rewrite(xmlDocGetRootElement(empty), &snapshot, &error));
    g_assert_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_INVALID_PARAMETER);
}

/* What the gate lets pass because it is replaced, and was not: it refuses to be the hole. */
static void
test_left(void)
{
    static const char *const table[] = {
        "<domain><os/><os><nvram>/x</nvram></os></domain>",
        "<domain><os><nvram/></os><os><nvram><source file='/x'/></nvram></os></domain>",
        "<domain><os/><os><kernel>/x</kernel></os></domain>",
        "<domain><devices/><devices><emulator>/x</emulator></devices></domain>",
        ("<domain><devices><disk><target dev='sda'/><target dev='vda'/><source file='/x'/></disk>"
         "</devices></domain>"),
    };

    for (gsize i = 0; i < G_N_ELEMENTS(table); i++) {
        g_autoptr(xmlDoc) doc = gate_parse(table[i]);
        g_autoptr(GPtrArray) targets = g_ptr_array_new();
        g_autoptr(GateRewrite) to = NULL;
        g_autoptr(GError) error = NULL;

        g_ptr_array_add(targets, (gpointer) "vda");
        to = gate_rewrite_new(targets);
        to->domain.emulator = "/new/emulator";
        g_ptr_array_add(to->files, rewrite_file_new("kernel", "/new/kernel", NULL));
        g_assert_false(domain_rewrite(xmlDocGetRootElement(doc), &to->domain, &error));
        g_assert_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_ACCESS_DENIED);
        g_assert_nonnull(strstr(error->message, "/x"));
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_data_func("/domain-rewrite/ordinary", "domain/ordinary", test_ordinary);
    g_test_add_data_func("/domain-rewrite/snapshots", "domain/snapshots", test_ordinary);
    g_test_add_func("/domain-rewrite/cases", test_cases);
    g_test_add_func("/domain-rewrite/nothing", test_nothing);
    g_test_add_func("/domain-rewrite/disks", test_disks);
    g_test_add_func("/domain-rewrite/macs", test_macs);
    g_test_add_func("/domain-rewrite/snapshot-disks", test_snapshot_disks);
    g_test_add_func("/domain-rewrite/snapshot-memory", test_snapshot_memory);
    g_test_add_func("/domain-rewrite/snapshot-internal", test_snapshot_internal);
    g_test_add_func("/domain-rewrite/refused", test_refused);
    g_test_add_func("/domain-rewrite/left", test_left);

    return g_test_run();
}
