/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <string.h>

#include "tests/unit/gate-fixture.h"
#include "tests/unit/harness.h"

/* --- what passes ----------------------------------------------------------------- */

static void
assert_passes(const char *file)
{
    g_autoptr(GBytes) bytes = read_file(file);
    g_autoptr(GError) error = NULL;
    g_autoptr(xmlDoc) doc =
        xml_parse(g_bytes_get_data(bytes, NULL), g_bytes_get_size(bytes), file, &error);
    g_autoptr(GPtrArray) targets = NULL;
    g_autoptr(GPtrArray) findings = NULL;

    g_assert_no_error(error);
    targets = gate_targets(xmlDocGetRootElement(doc));
    findings = gate_check(xmlDocGetRootElement(doc), targets);
    g_assert_true(domain_gate_pass(findings, &error));
    g_assert_no_error(error);
}

static void
test_ordinary(gconstpointer data)
{
    g_autoptr(GPtrArray) files = corpus(data);

    for (guint i = 0; i < files->len; i++) {
        g_test_message("%s", (char *)g_ptr_array_index(files, i));
        assert_passes(g_ptr_array_index(files, i));
    }
}

/* --- what does not ------------------------------------------------------------------ */

#define BASE                                                                                       \
    "<domain type='kvm'><name>web1</name><os><type>hvm</type></os><devices>"                       \
    "<disk type='file' device='disk'><driver name='qemu' type='qcow2'/>"                           \
    "<source file='/i/a.qcow2'/><target dev='vda' bus='virtio'/></disk></devices></domain>"

/* What is added to a domain, where, and what is found: its path, and something of its value. */
typedef struct {
    const char *parent;
    const char *xml;
    const char *path;
    const char *value;
} Hostile;

#define DEVICES "./devices"
#define DISK "./devices/disk"
#define OS "./os"

static const Hostile hostile[] = {
    /* programs and arguments */
    {DEVICES, "<emulator>/tmp/evil</emulator>", "devices/emulator", "/tmp/evil"},
    {DEVICES, "<emulator>/bin/sh</emulator>", "devices/emulator", "/bin/sh"},
    {DEVICES, "<emulator>/usr/bin/../../tmp/qemu-system-x86_64</emulator>", "devices/emulator",
     ".."},
    {DEVICES, "<emulator>qemu-system-x86_64</emulator>", "devices/emulator", "qemu-system"},
    {DEVICES, "<emulator>/usr/bin/sub/qemu-system-x86_64</emulator>", "devices/emulator", "sub"},
    {".",
     "<qemu:commandline xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'>"
     "<qemu:arg value='-device'/></qemu:commandline>",
     "qemu:commandline", "-device"},
    {".",
     "<q:commandline xmlns:q='http://libvirt.org/schemas/domain/qemu/1.0'><q:env name='A'/>"
     "</q:commandline>",
     "qemu:commandline", "q:env"},
    {".",
     "<commandline xmlns='http://libvirt.org/schemas/domain/qemu/1.0'><arg value='-S'/>"
     "</commandline>",
     "qemu:commandline", "-S"},
    {".",
     "<qemu:override xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'>"
     "<qemu:device alias='video0'/></qemu:override>",
     "qemu:override", "video0"},
    {".",
     "<qemu:capabilities xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'>"
     "<qemu:del capability='blockdev'/></qemu:capabilities>",
     "qemu:capabilities", "blockdev"},
    {".",
     "<qemu:deprecation xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0' behavior='crash'/>",
     "qemu:deprecation", "crash"},
    {".", "<lxc:namespace xmlns:lxc='http://libvirt.org/schemas/domain/lxc/1.0'/>",
     "lxc:namespace", ""},
    {".", "<bootloader>/usr/bin/pygrub</bootloader>", "bootloader", "pygrub"},
    {".", "<xi:include xmlns:xi='http://www.w3.org/2001/XInclude' href='/etc/shadow'/>",
     "xi:include", "/etc/shadow"},
    {DEVICES, "<x:include xmlns:x='http://www.w3.org/2001/XInclude' href='file:///etc/shadow'/>",
     "devices/xi:include", "/etc/shadow"},
    {".", "<name xmlns='urn:other'>x</name>", "xmlns:name", "x"},
    {".", "<memory xmlns:a='urn:a' a:unit='KiB'>1</memory>", "memory/@unit", ""},
    {".", "<?xml-model href='/etc/passwd'?>", "?xml-model", "/etc/passwd"},

    /* devices and files of the host */
    {DEVICES,
     "<hostdev mode='subsystem' type='pci' managed='yes'><source><address domain='0' bus='1'/>"
     "</source></hostdev>",
     "devices/hostdev", "subsystem"},
    {DEVICES,
     "<hostdev mode='subsystem' type='usb'><source><vendor id='0x1234'/></source></hostdev>",
     "devices/hostdev", "0x1234"},
    {DEVICES, "<filesystem type='mount'><source dir='/'/><target dir='host'/></filesystem>",
     "devices/filesystem", "dir=\"/\""},
    {DEVICES, "<shmem name='shm0'><model type='ivshmem-plain'/></shmem>", "devices/shmem", "shm0"},
    {DEVICES, "<lease><lockspace>a</lockspace><key>k</key><target path='/l'/></lease>",
     "devices/lease", "/l"},
    {DEVICES, "<pstore backend='acpi-erst'><path>/tmp/p</path></pstore>", "devices/pstore",
     "/tmp/p"},
    {DEVICES, "<input type='passthrough' bus='virtio'/>", "devices/input", "passthrough"},
    {DEVICES, "<input type='evdev'/>", "devices/input", "evdev"},
    {DEVICES, "<input type='tablet'><source evdev='/dev/input/event1'/></input>",
     "devices/input/source", "event1"},
    {DEVICES, "<video><driver name='vhostuser'/><model type='virtio'/></video>",
     "devices/video/driver", "vhostuser"},
    {DEVICES, "<video><model type='virtio'><acceleration rendernode='/dev/sda'/></model></video>",
     "devices/video/model/acceleration/@rendernode", "/dev/sda"},
    {DEVICES, "<graphics type='spice'><gl rendernode='/dev/dri/renderD128/../../sda'/></graphics>",
     "devices/graphics/gl/@rendernode", "sda"},
    {DEVICES, "<graphics type='vnc' socket='/tmp/vnc.sock'/>", "devices/graphics/@socket",
     "/tmp/vnc.sock"},
    {DEVICES,
     "<graphics type='vnc'><listen type='socket' socket='/var/lib/libvirt/qemu/../../x'/>"
     "</graphics>",
     "devices/graphics/listen/@socket", ".."},
    {DEVICES, "<graphics type='desktop' display=':0'/>", "devices/graphics", "desktop"},
    {DEVICES, "<audio id='1' type='file' path='/tmp/a.wav'/>", "devices/audio", "file"},
    {DEVICES, "<audio id='1' type='none' path='/tmp/a.wav'/>", "devices/audio/@path", "/tmp/a.wav"},
    {DEVICES, "<audio id='1' type='oss'/>", "devices/audio", "oss"},
    {DEVICES, "<audio id='1' type='pulseaudio' serverName='unix:/run/p'/>",
     "devices/audio/@serverName", "/run/p"},
    {DEVICES, "<sound model='ich9'><driver file='/x'/></sound>", "devices/sound/driver/@file",
     "/x"},
    {DEVICES, "<memory model='nvdimm'><target/></memory>", "devices/memory", "nvdimm"},
    {DEVICES, "<memory model='dimm'><source><path>/dev/mem</path></source></memory>",
     "devices/memory/source/path", "/dev/mem"},
    {".", "<memoryBacking><source type='file'/></memoryBacking>", "memoryBacking/source",
     "file"},
    {".", "<memoryBacking><source><path>/x</path></source></memoryBacking>",
     "memoryBacking/source/path", "/x"},
    {DEVICES, "<tpm model='tpm-crb'><backend type='passthrough'/></tpm>",
     "devices/tpm/backend", "passthrough"},
    {DEVICES, "<tpm><backend type='emulator'><device path='/dev/tpm0'/></backend></tpm>",
     "devices/tpm/backend/device", "/dev/tpm0"},
    {DEVICES, "<tpm><backend type='emulator'><source type='dir' path='/var/x'/></backend></tpm>",
     "devices/tpm/backend/source", "/var/x"},
    {DEVICES, "<tpm><backend type='emulator'><encryption secret='6d'/></backend></tpm>",
     "devices/tpm/backend/encryption", "6d"},
    {DEVICES, "<rng model='virtio'><backend model='random'>/dev/sda</backend></rng>",
     "devices/rng/backend", "/dev/sda"},
    {DEVICES, "<rng model='virtio'><backend model='egd' type='udp'/></rng>",
     "devices/rng/backend", "egd"},
    {DEVICES, "<rng><backend model='random'><source mode='connect' host='h'/></backend></rng>",
     "devices/rng/backend/source", "connect"},
    {DEVICES, "<smartcard mode='host'/>", "devices/smartcard", "host"},
    {DEVICES,
     "<smartcard mode='passthrough' type='spicevmc'><database>/etc/pki</database></smartcard>",
     "devices/smartcard/database", "/etc/pki"},
    {DEVICES, "<redirdev bus='usb' type='tcp'/>", "devices/redirdev", "tcp"},
    {DEVICES, "<crypto model='virtio' type='qemu'><backend model='lkcf'/></crypto>",
     "devices/crypto/backend", "lkcf"},
    {DEVICES, "<unknown device='1'/>", "devices/unknown", "device"},
    {DEVICES, "<controller type='usb' file='/x'/>", "devices/controller/@file", "/x"},
    {DEVICES, "<vsock model='/dev/vhost-vsock'/>", "devices/vsock/@model", "/dev/vhost"},

    /* serial lines */
    {DEVICES, "<serial type='file'><target port='0'/></serial>", "devices/serial", "file"},
    {DEVICES, "<serial type='pipe'/>", "devices/serial", "pipe"},
    {DEVICES, "<serial type='dev'/>", "devices/serial", "dev"},
    {DEVICES, "<serial type='tcp'/>", "devices/serial", "tcp"},
    {DEVICES, "<serial type='udp'/>", "devices/serial", "udp"},
    {DEVICES, "<serial type='unix'/>", "devices/serial", "unix"},
    {DEVICES, "<serial type='stdio'/>", "devices/serial", "stdio"},
    {DEVICES, "<serial type='nmdm'/>", "devices/serial", "nmdm"},
    {DEVICES, "<serial type='pty'><source path='/etc/shadow'/></serial>",
     "devices/serial/source/@path", "/etc/shadow"},
    {DEVICES, "<serial type='pty'><source path='/dev/pts/0/../../sda'/></serial>",
     "devices/serial/source/@path", "sda"},
    {DEVICES, "<serial type='pty'><log file='/root/.ssh/authorized_keys'/></serial>",
     "devices/serial/log", "authorized_keys"},
    {DEVICES, "<serial type='null'><source host='h'/></serial>",
     "devices/serial/source/@host", "h"},
    {DEVICES, "<console type='file'/>", "devices/console", "file"},
    {DEVICES, "<console type='pty' tty='/etc/passwd'/>", "devices/console/@tty", "/etc/passwd"},
    {DEVICES, "<parallel type='dev'/>", "devices/parallel", "dev"},
    {DEVICES, "<channel type='unix'><source mode='bind' path='/run/docker.sock'/></channel>",
     "devices/channel/source/@path", "docker.sock"},
    {DEVICES,
     "<channel type='unix'><source mode='connect' path='/var/lib/libvirt/qemu/d/monitor.sock'/>"
     "</channel>",
     "devices/channel/source/@mode", "connect"},
    {DEVICES, "<channel type='pipe'/>", "devices/channel", "pipe"},
    {DEVICES, "<channel type='tcp'/>", "devices/channel", "tcp"},
    {DEVICES, "<channel type='pty'><target type='guestfwd' address='10.0.2.1'/></channel>",
     "devices/channel/target", "guestfwd"},

    /* network cards */
    {DEVICES, "<interface type='direct'/>", "devices/interface", "direct"},
    {DEVICES, "<interface type='ethernet'/>", "devices/interface", "ethernet"},
    {DEVICES, "<interface type='hostdev'/>", "devices/interface", "hostdev"},
    {DEVICES, "<interface type='vhostuser'/>", "devices/interface", "vhostuser"},
    {DEVICES, "<interface type='vdpa'/>", "devices/interface", "vdpa"},
    {DEVICES, "<interface type='server'/>", "devices/interface", "server"},
    {DEVICES, "<interface type='network'><source network='default'/><script path='/x'/></interface>",
     "devices/interface/script", "/x"},
    {DEVICES, "<interface type='bridge'><downscript path='/x'/></interface>",
     "devices/interface/downscript", "/x"},
    {DEVICES, "<interface type='bridge'><source type='unix' bridge='br0'/></interface>",
     "devices/interface/source/@type", "unix"},
    {DEVICES, "<interface type='bridge'><source bridge='br0' path='/tmp/s'/></interface>",
     "devices/interface/source/@path", "/tmp/s"},
    {DEVICES, "<interface type='user'><backend type='passt' logFile='/l'/></interface>",
     "devices/interface/backend/@logFile", "/l"},
    {DEVICES, "<interface type='user'><portForward proto='tcp'/></interface>",
     "devices/interface/portForward", "tcp"},
    {DEVICES, "<interface type='bridge'><backend tap='/dev/sda'/></interface>",
     "devices/interface/backend/@tap", "/dev/sda"},
    {DEVICES, "<interface type='bridge'><rom file='/etc/shadow'/></interface>",
     "devices/interface/rom/@file", "/etc/shadow"},
    {DEVICES, "<interface type='bridge'><mac address='52:54:00:1:2:3'/></interface>",
     "devices/interface/mac/@address", "52:54"},
    {DEVICES, "<interface type='bridge' trustGuestRxFilters='yes'/>",
     "devices/interface/@trustGuestRxFilters", "yes"},
    {DEVICES, "<interface type='bridge'><driver queues='4294967295'/></interface>",
     "devices/interface/driver/@queues", "4294967295"},

    /* disks */
    {DEVICES, "<disk type='file' device='disk'><source file='/etc/shadow'/><target dev='vdb'/></disk>",
     "devices/disk[2]/source", "/etc/shadow"},
    {DEVICES, "<disk type='block' device='disk'><source dev='/dev/sda'/><target dev='vdb'/></disk>",
     "devices/disk[2]/source", "/dev/sda"},
    {DEVICES, "<disk type='file' device='lun'/>", "devices/disk[2]", "lun"},
    {DEVICES, "<disk type='vhostuser' device='disk'/>", "devices/disk[2]", "vhostuser"},
    {DEVICES, "<disk type='nvme' device='disk'/>", "devices/disk[2]", "nvme"},
    {DEVICES, "<disk type='file' device='disk' rawio='yes'/>", "devices/disk[2]/@rawio", "yes"},
    {DEVICES, "<disk type='file' device='disk' sgio='unfiltered'/>", "devices/disk[2]/@sgio",
     "unfiltered"},
    {DISK, "<source file='/i/a' startupPolicy='optional'/>",
     "devices/disk/source[2]/@startupPolicy", "optional"},
    {DISK, "<source file='/i/a' fdgroup='g'/>", "devices/disk/source[2]/@fdgroup", "g"},
    {DISK, "<source file='/i/a'><slices/></source>", "devices/disk/source[2]/slices", "slices"},
    {DISK, "<source file='/i/a'><dataStore type='file'/></source>",
     "devices/disk/source[2]/dataStore", "dataStore"},
    {DISK, "<source file='/i/a'><encryption format='luks'><secret type='passphrase' uuid='1'/>"
           "</encryption></source>",
     "devices/disk/source[2]/encryption", "passphrase"},
    {DISK, "<mirror type='file' job='copy'><source file='/tmp/m'/></mirror>",
     "devices/disk/mirror", "/tmp/m"},
    {DISK, "<auth username='u'><secret type='ceph' uuid='2'/></auth>", "devices/disk/auth", "ceph"},
    {DISK, "<encryption format='luks'/>", "devices/disk/encryption", "luks"},
    {DISK, "<backenddomain name='d'/>", "devices/disk/backenddomain", "d"},
    {DISK, "<address type='drive' controller='4294967295'/>", "devices/disk/address/@controller",
     "4294967295"},

    /* how it boots */
    {OS, "<shim>/boot/shim</shim>", "os/shim", "/boot/shim"},
    {OS, "<init>/bin/sh</init>", "os/init", "/bin/sh"},
    {OS, "<loader readonly='yes' type='pflash'>/tmp/OVMF.fd</loader>", "os/loader", "/tmp/OVMF.fd"},
    {OS, "<loader readonly='yes' type='pflash'>/usr/share/OVMF/../../../tmp/x</loader>",
     "os/loader", "tmp/x"},
    {OS, "<loader readonly='no' type='pflash'>/usr/share/OVMF/OVMF_CODE.fd</loader>", "os/loader",
     "OVMF_CODE"},
    {OS, "<loader type='pflash'>/usr/share/OVMF/OVMF_CODE.fd</loader>", "os/loader", "OVMF_CODE"},
    {OS, "<nvram template='/etc/shadow'>/var/lib/libvirt/qemu/nvram/a.fd</nvram>",
     "os/nvram/@template", "/etc/shadow"},
    {OS, "<nvram type='block'><source dev='/dev/sda'/></nvram>", "os/nvram", "block"},
    {OS, "<nvram type='network'/>", "os/nvram", "network"},
    {OS, "<acpi><table type='slic'>/sys/firmware/acpi/tables/SLIC</table></acpi>", "os/acpi",
     "SLIC"},
    {OS, "<smbios mode='host'/>", "os/smbios/@mode", "host"},
    {".", "<sysinfo type='fwcfg'><entry name='opt/x' file='/etc/shadow'/></sysinfo>",
     "sysinfo/entry/@file", "/etc/shadow"},
    {".", "<sysinfo type='other'/>", "sysinfo", "other"},
    {".", "<launchSecurity type='sev'><policy>1</policy></launchSecurity>", "launchSecurity",
     "sev"},
    {".", "<seclabel type='static' model='selinux'><label>system_u</label></seclabel>",
     "seclabel", "static"},
    {".", "<seclabel type='none'/>", "seclabel", "none"},
    {".", "<idmap><uid start='0' target='0' count='10'/></idmap>", "idmap", "uid"},

    /* too much of something */
    {".", "<iothreads>4000000000</iothreads>", "iothreads", "4000000000"},
    {".", "<vcpu>999999</vcpu>", "vcpu", "999999"},
    {".", "<vcpu cpuset='0-4000000000'>1</vcpu>", "vcpu/@cpuset", "4000000000"},
    {".", "<maxMemory slots='4294967295'>1</maxMemory>", "maxMemory/@slots", "4294967295"},
    {".", "<memory>0xZZ</memory>", "memory", "0xZZ"},
    {".", "<clock offset='timezone' timezone='../../../etc/shadow'/>", "clock/@timezone", ".."},
    {".", "<clock offset='timezone' timezone='/etc/shadow'/>", "clock/@timezone", "/etc/shadow"},
    {".", "<vcpu>1<b/></vcpu>", "vcpu/b", "b"},
    {".", "<features>text</features>", "features", "text"},
    {".", "<blkiotune><device><path>/dev/sda</path></device></blkiotune>", "blkiotune/device",
     "/dev/sda"},
    {".", "<metadata><a:b xmlns:a='urn:a'><xi:include xmlns:xi='http://www.w3.org/2001/XInclude'/>"
          "</a:b></metadata>",
     "metadata", ""},
};

static xmlDoc *
add_to_base(const char *parent, const char *xml)
{
    g_autofree char *wrapped = g_strconcat("<w>", xml, "</w>", NULL);
    g_autoptr(xmlDoc) added = gate_parse(wrapped);
    xmlDoc *doc = gate_parse(BASE);
    xmlNode *node = xml_node(xmlDocGetRootElement(doc), parent);

    for (xmlNode *child = xmlDocGetRootElement(added)->children; child; child = child->next)
        xmlAddChild(node, xmlDocCopyNode(child, doc, 1));

    return doc;
}

static GPtrArray *
find(xmlDoc *doc)
{
    g_autoptr(GPtrArray) targets = g_ptr_array_new();

    g_ptr_array_add(targets, (gpointer) "vda");
    g_ptr_array_add(targets, NULL);

    return gate_check(xmlDocGetRootElement(doc), targets);
}

/* Named with its value and the way out, by which it passes, and nothing else does. */
static void
assert_refused(const Hostile *test)
{
    g_autoptr(xmlDoc) doc = add_to_base(test->parent, test->xml);
    g_autoptr(GPtrArray) findings = find(doc);
    g_autofree char *trust = g_strconcat("web1:", test->path, NULL);
    const char *words[] = {trust, NULL};
    const char *others[] = {"web2:devices/hostdev", NULL};
    g_autoptr(GError) error = NULL;

    g_assert_false(domain_gate_pass(findings, &error));
    g_assert_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_ACCESS_DENIED);
    g_test_message("%s", error->message);
    g_assert_cmpuint(findings->len, ==, 1);
    g_assert_nonnull(strstr(error->message, test->path));
    g_assert_nonnull(strstr(error->message, test->value));
    g_assert_nonnull(strstr(error->message, "--trust 'web1:"));
    g_clear_error(&error);
    g_assert_false(domain_gate_trust(findings, others, &error));
    g_assert_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_INVALID_PARAMETER);
    g_clear_error(&error);
    g_assert_true(domain_gate_trust(findings, words, &error));
    g_assert_true(domain_gate_pass(findings, &error));
    g_assert_no_error(error);
}

static void
test_hostile(void)
{
    for (gsize i = 0; i < G_N_ELEMENTS(hostile); i++) {
        g_test_message("%s", hostile[i].xml);
        assert_refused(&hostile[i]);
    }
    g_assert_cmpuint(G_N_ELEMENTS(hostile), >=, 80);
}

/* Every one of them in one domain: each is named in one answer. */
static void
test_all_at_once(void)
{
    g_autoptr(xmlDoc) doc = gate_parse(BASE);
    g_autoptr(GPtrArray) findings = NULL;
    g_autoptr(GError) error = NULL;
    static const char *const names[] = {"hostdev", "filesystem", "shmem", "lease", NULL};

    for (const char *const *name = names; *name; name++)
        xml_add(xml_node(xmlDocGetRootElement(doc), DEVICES), *name, NULL);
    findings = find(doc);
    g_assert_cmpuint(findings->len, ==, 4);
    g_assert_false(domain_gate_pass(findings, &error));
    for (const char *const *name = names; *name; name++)
        g_assert_nonnull(strstr(error->message, *name));
}

/* --- trust --------------------------------------------------------------------------- */

static void
test_trust(void)
{
    static const struct {
        const char *word;
        int left; /* -1: the word is refused */
    } table[] = {
        {"web1:devices/serial[2]", 2},
        {"devices/serial[2]", 2},
        {"devices/hostdev", 2},
        {"hostdev", 2},
        {"web1:devices/hostdev", 2},
        {"serial", -1},
        {"devices/serial", -1},
        {"@type", -1},
        {"devices", -1},
        {"web2:devices/hostdev", -1},
        {"", -1},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(table); i++) {
        g_autoptr(xmlDoc) doc = add_to_base(
            DEVICES, "<hostdev/><serial type='file'/><serial type='pipe'/>");
        g_autoptr(GPtrArray) findings = find(doc);
        const char *words[] = {table[i].word, NULL};
        g_autoptr(GError) error = NULL;
        gboolean taken = domain_gate_trust(findings, words, &error);

        g_test_message("%s: %s", table[i].word, error ? error->message : "taken");
        g_assert_cmpint(taken ? (int)findings->len : -1, ==, table[i].left);
        if (!taken)
            g_assert_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_INVALID_PARAMETER);
    }
}

/* What a member's documents have at the same place with the same value is one finding; with
 * another value it is shown, too, before anybody can trust it. */
static void
test_documents(void)
{
    static const char *const targets[] = {"vda", NULL};
    static const GateRules rules = {NULL, NULL, targets, NULL};
    static const char *const words[] = {"hostdev", NULL};
    g_autoptr(xmlDoc) one = add_to_base(DEVICES, "<hostdev a='1'/>");
    g_autoptr(xmlDoc) two = add_to_base(DEVICES, "<hostdev a='2'/>");
    g_autoptr(GPtrArray) findings = gate_findings_new();
    g_autoptr(GError) error = NULL;

    domain_gate_check(xmlDocGetRootElement(one), "web1", "domain.xml", &rules, findings);
    domain_gate_check(xmlDocGetRootElement(one), "web1", "snapshots/a.xml", &rules, findings);
    g_assert_cmpuint(findings->len, ==, 1);
    domain_gate_check(xmlDocGetRootElement(two), "web1", "snapshots/b.xml", &rules, findings);
    g_assert_cmpuint(findings->len, ==, 2);
    domain_gate_check(xmlDocGetRootElement(one), "web2", "domain.xml", &rules, findings);
    g_assert_cmpuint(findings->len, ==, 3);
    g_assert_false(domain_gate_trust(findings, words, &error));
    g_assert_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_INVALID_PARAMETER);
    g_assert_nonnull(strstr(error->message, "'web1:devices/hostdev', 'web2:devices/hostdev'"));
}

/* --- snapshots ------------------------------------------------------------------------- */

static void
test_snapshot(void)
{
    static const struct {
        const char *xml;
        const char *path; /* NULL: passes */
    } table[] = {
        {"<domainsnapshot><name>s</name><domain type='kvm'><devices><hostdev/></devices></domain>"
         "</domainsnapshot>",
         "devices/hostdev"},
        {"<domainsnapshot><inactiveDomain type='kvm'><devices><emulator>/tmp/e</emulator></devices>"
         "</inactiveDomain></domainsnapshot>",
         "devices/emulator"},
        {"<domainsnapshot><inactive/></domainsnapshot>", "domainsnapshot/inactive"},
        {"<domainsnapshot><memory snapshot='manual'/></domainsnapshot>",
         "domainsnapshot/memory/@snapshot"},
        {"<domainsnapshot><disks><disk name='vda' snapshot='external'><source file='/a'>"
         "<slices/></source></disk></disks></domainsnapshot>",
         "domainsnapshot/disks/disk/source/slices"},
        {"<domainsnapshot><disks><disk name='/etc/shadow'/></disks></domainsnapshot>",
         "domainsnapshot/disks/disk/@name"},
        {"<domainsnapshot><cookie><devices><hostdev/></devices></cookie></domainsnapshot>",
         "domainsnapshot/cookie/devices"},
        {"<domainsnapshot><cookie><cpu><evil/></cpu></cookie></domainsnapshot>",
         "domainsnapshot/cookie/cpu/evil"},
        {"<domainsnapshot><memory snapshot='external' file='/m'/></domainsnapshot>", NULL},
        {"<inactiveDomain type='kvm'><devices/></inactiveDomain>", NULL},
        {"<network><name>n</name></network>", "network"},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(table); i++) {
        g_autoptr(xmlDoc) doc = gate_parse(table[i].xml);
        g_autoptr(GPtrArray) findings = find(doc);

        g_test_message("%s", table[i].xml);
        g_assert_cmpuint(findings->len, ==, table[i].path ? 1 : 0);
        if (table[i].path)
            g_assert_cmpstr(((GateFinding *)g_ptr_array_index(findings, 0))->path, ==,
                            table[i].path);
    }
}

/* --- too much ----------------------------------------------------------------------------- */

static void
add_many(xmlDoc *doc, const char *parent, const char *name, guint n)
{
    xmlNode *node = xml_node(xmlDocGetRootElement(doc), parent);

    for (guint i = 0; i < n; i++)
        xml_add(node, name, NULL);
}

static void
test_many_threads(void)
{
    g_autoptr(xmlDoc) doc = add_to_base(".", "<iothreadids/>");
    g_autoptr(GPtrArray) findings = NULL;

    add_many(doc, "./iothreadids", "iothread", 1000000);
    findings = find(doc);
    g_assert_cmpuint(findings->len, ==, 1);
    g_assert_cmpstr(((GateFinding *)g_ptr_array_index(findings, 0))->path, ==, "iothreadids");
    g_assert_cmpstr(((GateFinding *)g_ptr_array_index(findings, 0))->value, ==, "iothread");
}

/* An answer is for people, and a document with a million strange elements gets a short one. */
static void
test_many_findings(void)
{
    static const char *const words[] = {"web1:devices/x[1]", NULL};
    g_autoptr(xmlDoc) doc = gate_parse(BASE);
    g_autoptr(GPtrArray) findings = NULL;
    g_autoptr(GError) error = NULL;
    const GateFinding *last;

    add_many(doc, DEVICES, "x", 1000);
    findings = find(doc);
    g_assert_cmpuint(findings->len, ==, 201);
    last = g_ptr_array_index(findings, 200);
    g_assert_null(last->trust);
    g_assert_true(domain_gate_trust(findings, words, &error));
    g_assert_false(domain_gate_pass(findings, &error));
}

static void
test_many_elements(void)
{
    g_autoptr(xmlDoc) doc = add_to_base(".", "<cpu><numa/></cpu>");
    g_autoptr(GPtrArray) findings = NULL;

    for (guint i = 0; i < 100; i++) {
        xmlNode *cell = xml_add(xml_node(xmlDocGetRootElement(doc), "./cpu/numa"), "cell", NULL);
        xmlNode *distances = xml_add(cell, "distances", NULL);

        for (guint j = 0; j < 1000; j++)
            xml_add(distances, "sibling", NULL);
    }
    findings = find(doc);
    g_assert_cmpuint(findings->len, ==, 1);
    g_assert_nonnull(strstr(((GateFinding *)g_ptr_array_index(findings, 0))->reason, "20000"));
}

static void
test_metadata_bombs(void)
{
    g_autofree char *large = g_strnfill(300 * 1024, 'x');
    g_autofree char *small = g_strnfill(200 * 1024, 'x');
    GString *deep = g_string_new(NULL);
    GString *wide = g_string_new(NULL);
    struct {
        const char *content;
        guint findings;
    } table[] = {{small, 0}, {large, 1}, {NULL, 1}, {NULL, 1}};

    for (guint i = 0; i < 100; i++)
        g_string_append(deep, "<a>");
    for (guint i = 0; i < 100; i++)
        g_string_append(deep, "</a>");
    for (guint i = 0; i < 100000; i++)
        g_string_append(wide, "<abc/>");
    table[2].content = deep->str;
    table[3].content = wide->str;
    for (gsize i = 0; i < G_N_ELEMENTS(table); i++) {
        g_autofree char *xml =
            g_strdup_printf("<metadata><m xmlns='urn:m'>%s</m></metadata>", table[i].content);
        g_autoptr(xmlDoc) doc = add_to_base(".", xml);
        g_autoptr(GPtrArray) findings = find(doc);

        g_assert_cmpuint(findings->len, ==, table[i].findings);
    }
    g_string_free(deep, TRUE);
    g_string_free(wide, TRUE);
}

/* A long value is cut off, and one that differs behind the cut is told apart. */
static void
test_long_values(void)
{
    g_autofree char *filler = g_strnfill(5000, 'y');
    g_autofree char *one = g_strdup_printf("<hostdev a='%s1'/><hostdev a='%s2'/>", filler, filler);
    g_autoptr(xmlDoc) doc = add_to_base(DEVICES, one);
    g_autoptr(GPtrArray) findings = find(doc);
    const GateFinding *first = g_ptr_array_index(findings, 0);
    const GateFinding *second = g_ptr_array_index(findings, 1);

    g_assert_cmpuint(findings->len, ==, 2);
    g_assert_cmpuint(strlen(first->value), <, 400);
    g_assert_cmpstr(first->value, !=, second->value);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_data_func("/domain-gate/ordinary", "domain/ordinary", test_ordinary);
    g_test_add_data_func("/domain-gate/snapshots", "domain/snapshots", test_ordinary);
    g_test_add_func("/domain-gate/hostile", test_hostile);
    g_test_add_func("/domain-gate/all-at-once", test_all_at_once);
    g_test_add_func("/domain-gate/trust", test_trust);
    g_test_add_func("/domain-gate/documents", test_documents);
    g_test_add_func("/domain-gate/snapshot", test_snapshot);
    g_test_add_func("/domain-gate/many-threads", test_many_threads);
    g_test_add_func("/domain-gate/many-findings", test_many_findings);
    g_test_add_func("/domain-gate/many-elements", test_many_elements);
    g_test_add_func("/domain-gate/metadata-bombs", test_metadata_bombs);
    g_test_add_func("/domain-gate/long-values", test_long_values);

    return g_test_run();
}
