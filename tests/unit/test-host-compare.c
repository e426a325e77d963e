/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <string.h>

#include "hypervisor/host-facts.h"
#include "hypervisor/hypervisor.h"
#include "import/host-compare.h"
#include "import/host-machine.h"
#include "tests/unit/gate-fixture.h"
#include "tests/unit/harness.h"

/* --- a host as values ---------------------------------------------------------- */

#define CAPABILITIES                                                                               \
    "<capabilities><host><cpu><arch>x86_64</arch></cpu></host>"                                    \
    "<guest><os_type>hvm</os_type><arch name='x86_64'>"                                            \
    "<emulator>/usr/bin/qemu-system-x86_64</emulator>"                                             \
    "<machine>pc-i440fx-7.2</machine><machine canonical='pc-i440fx-7.2'>pc</machine>"              \
    "<machine>pc-i440fx-6.2</machine><machine>pc-q35-7.2</machine><machine>pc-q35-7.10</machine>"  \
    "<machine canonical='pc-q35-7.2'>q35</machine><machine>microvm</machine>"                      \
    "<domain type='qemu'/></arch></guest>"                                                         \
    "<guest><os_type>hvm</os_type><arch name='aarch64'>"                                           \
    "<emulator>/usr/bin/qemu-system-aarch64</emulator><machine>virt-7.2</machine>"                 \
    "<domain type='qemu'/><domain type='kvm'/></arch></guest></capabilities>"

#define OFFER                                                                                      \
    "<domainCapabilities><path>/usr/bin/qemu-system-x86_64</path><vcpu max='255'/>"                \
    "<os><loader supported='yes'><value>/usr/share/OVMF/OVMF_CODE_4M.fd</value></loader></os>"     \
    "<cpu><mode name='host-passthrough' supported='no'/>"                                          \
    "<mode name='maximum' supported='yes'/><mode name='host-model' supported='yes'/></cpu>"        \
    "<devices><graphics supported='yes'><enum name='type'><value>vnc</value></enum></graphics>"    \
    "<video supported='yes'><enum name='modelType'><value>vga</value><value>virtio</value></enum>" \
    "</video><tpm supported='no'/><disk supported='yes'><enum name='bus'><value>virtio</value>"    \
    "<value>sata</value></enum></disk></devices></domainCapabilities>"

static HostFacts *
facts_new(void)
{
    HostFacts *facts = host_facts_new();

    facts->capabilities = g_strdup(CAPABILITIES);
    facts->libvirt_version = g_strdup("9.0.0");
    facts->memory = G_GUINT64_CONSTANT(4) << 30;
    g_ptr_array_add(facts->networks, host_thing_new("default", TRUE));
    g_ptr_array_add(facts->networks, host_thing_new("asleep", FALSE));
    g_ptr_array_add(facts->bridges, g_strdup("br0"));
    g_ptr_array_add(facts->secrets, g_strdup("11111111-2222-4333-8444-aaaaaaaaaaaa"));

    return facts;
}

/* --- what does not fit ------------------------------------------------------------- */

#define DOMAIN(TYPE, REST)                                                                         \
    "<domain type='" TYPE "'><os><type arch='x86_64' machine='pc-i440fx-7.2'>hvm</type></os>" REST \
    "</domain>"

/* One domain and the one finding of it. */
static const struct {
    const char *xml;
    const char *kind; /* NULL: it fits */
    const char *what;
    const char *would_do; /* something of it; NULL: nothing */
    gboolean blocks;
} table[] = {
    {DOMAIN("qemu", ""), NULL, NULL, NULL, FALSE},
    {DOMAIN("kvm", ""), "type", "kvm", "emulates", TRUE},
    {"<domain type='qemu'><os><type arch='riscv64' machine='virt'>hvm</type></os></domain>",
     "emulator", "riscv64", NULL, TRUE},
    {"<domain type='qemu'><os><type arch='x86_64' machine='pc-q35-9.2'>hvm</type></os></domain>",
     "machine", "pc-q35-9.2", "'pc-q35-7.10'", TRUE},
    {"<domain type='qemu'><os><type arch='x86_64' machine='pc-q35-rhel9.4.0'>hvm</type></os>"
     "</domain>",
     "machine", "pc-q35-rhel9.4.0", "'pc-q35-7.10'", TRUE},
    {"<domain type='qemu'><os><type arch='x86_64' machine='xenfv'>hvm</type></os></domain>",
     "machine", "xenfv", NULL, TRUE},
    {"<domain type='qemu'><os><type arch='x86_64' machine='pc'>hvm</type></os></domain>", NULL,
     NULL, NULL, FALSE},
    {DOMAIN("qemu", "<devices><emulator>/usr/libexec/qemu-kvm</emulator></devices>"), "emulator",
     "/usr/libexec/qemu-kvm", "/usr/bin/qemu-system-x86_64", FALSE},
    {DOMAIN("qemu", "<cpu mode='host-passthrough'/>"), "cpu", "host-passthrough", "host-model",
     TRUE},
    {DOMAIN("qemu", "<cpu mode='maximum'/>"), NULL, NULL, NULL, FALSE},
    {DOMAIN("qemu", "<vcpu>256</vcpu>"), "vcpu", "256", NULL, TRUE},
    {DOMAIN("qemu", "<vcpu>255</vcpu>"), NULL, NULL, NULL, FALSE},
    {DOMAIN("qemu", "<memory>4194305</memory>"), "memory", "4194305 KiB", NULL, TRUE},
    {DOMAIN("qemu", "<memory unit='GiB'>4</memory>"), NULL, NULL, NULL, FALSE},
    {DOMAIN("qemu", "<memory unit='TiB'>1</memory>"), "memory", "1 TiB", NULL, TRUE},
    {DOMAIN("qemu", "<memory unit='GB'>4</memory>"), NULL, NULL, NULL, FALSE},
    {DOMAIN("qemu", "<memory unit='b'>4</memory>"), NULL, NULL, NULL, FALSE},
    {DOMAIN("qemu", "<memory unit='EiB'>18446744073709551615</memory>"), "memory",
     "18446744073709551615 EiB", NULL, TRUE},
    {DOMAIN("qemu", "<devices><interface type='network'><source network='lab'/></interface>"
                    "<interface type='network'><source network='lab'/></interface></devices>"),
     "network", "lab", "'default'", TRUE},
    {DOMAIN("qemu", "<devices><interface type='network'><source network='asleep'/></interface>"
                    "</devices>"),
     "network", "asleep", NULL, FALSE},
    {DOMAIN("qemu", "<devices><interface type='bridge'><source bridge='br0'/></interface>"
                    "</devices>"),
     NULL, NULL, NULL, FALSE},
    {DOMAIN("qemu", "<devices><interface type='bridge'><source bridge='br9'/></interface>"
                    "</devices>"),
     "bridge", "br9", NULL, TRUE},
    {DOMAIN("qemu", "<devices><interface type='network'><source network='default'/></interface>"
                    "</devices>"),
     NULL, NULL, NULL, FALSE},
    {DOMAIN("qemu", "<devices><disk><source><encryption><secret uuid='2'/></encryption></source>"
                    "</disk></devices>"),
     "secret", "2", NULL, TRUE},
    {DOMAIN("qemu", "<devices><tpm><backend><encryption "
                    "secret='11111111-2222-4333-8444-AAAAAAAAAAAA'/></backend></tpm></devices>"),
     "device", "tpm", NULL, TRUE},
    {DOMAIN("qemu", "<devices><graphics type='spice'/></devices>"), "device", "graphics spice",
     "VNC", TRUE},
    {DOMAIN("qemu", "<devices><video><model type='qxl'/></video></devices>"), "device",
     "video qxl", "'virtio'", TRUE},
    {DOMAIN("qemu", "<devices><disk><target bus='ide'/></disk></devices>"), "device", "disk ide",
     NULL, TRUE},
    {DOMAIN("qemu", "<devices><disk><target bus='sata'/></disk></devices>"), NULL, NULL, NULL,
     FALSE},
    {DOMAIN("qemu", "<features><ps2 state='off'/></features>"), "libvirt", "ps2", "leaves it out",
     TRUE},
    {DOMAIN("qemu", "<throttlegroups/>"), "libvirt", "throttlegroups", "leaves it out", TRUE},
};

static GPtrArray *
compare(const char *xml, HostOffer *offer, HostAdaption *adaption)
{
    g_autoptr(xmlDoc) doc = gate_parse(xml);
    g_autoptr(GPtrArray) domains = g_ptr_array_new();
    GPtrArray *findings = host_findings_new();
    g_autoptr(GError) error = NULL;

    g_ptr_array_add(domains, xmlDocGetRootElement(doc));
    g_assert_true(host_compare(domains, "web1", offer, findings, adaption, &error));
    g_assert_no_error(error);

    return findings;
}

static void
assert_row(gsize row, HostOffer *offer)
{
    g_autoptr(HostAdaption) adaption = host_adaption_new();
    g_autoptr(GPtrArray) findings = compare(table[row].xml, offer, adaption);
    const HostFinding *finding = findings->len > 0 ? g_ptr_array_index(findings, 0) : NULL;

    g_assert_cmpuint(findings->len, ==, table[row].kind ? 1 : 0);
    if (!finding)
        return;
    g_assert_cmpstr(finding->member, ==, "web1");
    g_assert_cmpstr(finding->kind, ==, table[row].kind);
    g_assert_cmpstr(finding->what, ==, table[row].what);
    g_assert_cmpint(finding->blocks, ==, table[row].blocks);
    g_assert_cmpint(finding->would_do != NULL, ==, table[row].would_do != NULL);
    if (finding->would_do)
        g_assert_nonnull(strstr(finding->would_do, table[row].would_do));
    g_assert_true(finding->would_do || finding->option);
}

static void
test_compare(void)
{
    g_autoptr(HostFacts) facts = facts_new();
    HostOffer offer = {facts, (char *)OFFER, NULL, FALSE, {0}};

    for (gsize i = 0; i < G_N_ELEMENTS(table); i++) {
        g_test_message("%s", table[i].xml);
        assert_row(i, &offer);
    }
}

static void
test_cpu_model(void)
{
    g_autoptr(HostFacts) facts = facts_new();
    HostOffer offer = {facts, (char *)OFFER, (char *)"no avx512f here", FALSE, {0}};
    g_autoptr(HostAdaption) adaption = host_adaption_new();
    g_autoptr(GPtrArray) findings =
        compare(DOMAIN("qemu", "<cpu><model>Icelake-Server</model><topology sockets='2'/>"
                               "<feature name='x'/></cpu>"),
                &offer, adaption);
    const HostFinding *finding = g_ptr_array_index(findings, 0);

    g_assert_cmpuint(findings->len, ==, 1);
    g_assert_cmpstr(finding->what, ==, "Icelake-Server");
    g_assert_cmpstr(finding->have, ==, "no avx512f here");
    g_assert_nonnull(strstr(adaption->cpu, "mode=\"host-model\""));
    g_assert_nonnull(strstr(adaption->cpu, "<topology sockets=\"2\"/>"));
    g_assert_null(strstr(adaption->cpu, "feature"));
}

/* Where there are no descriptors what libvirt offers is compared by its name. */
static void
assert_firmware_named(const HostFinding *finding, const char *loader)
{
    g_autofree char *have = loader ? g_strdup_printf("'%s' is of the same kind", loader) : NULL;
    g_autofree char *uses = loader ? g_strdup_printf("uses '%s'", loader) : NULL;

    g_assert_cmpstr(finding->would_do, ==, uses);
    g_assert_cmpstr(finding->have, ==, have ? have : "no firmware of this kind");
    g_assert_cmpstr(finding->option, ==,
                    have ? NULL : "install the package with this firmware (ovmf, edk2)");
}

static void
test_firmware(void)
{
    static const struct {
        const char *path;
        const char *would_do;
    } loaders[] = {
        {"/usr/share/edk2/x64/OVMF_CODE_4M.fd", "/usr/share/OVMF/OVMF_CODE_4M.fd"},
        {"/other/OVMF_CODE.fd", NULL},
        {"/other/OVMF_CODE_4M.ms.fd", NULL},
        {"/usr/share/edk2/ovmf/OVMF_CODE_4M.secboot.qcow2", NULL},
    };
    g_autoptr(HostFacts) facts = facts_new();
    HostOffer offer = {facts, (char *)OFFER, NULL, FALSE, {0}};

    for (gsize i = 0; i < G_N_ELEMENTS(loaders); i++) {
        g_autofree char *xml = g_strdup_printf(
            "<domain type='qemu'><os><type arch='x86_64' machine='pc'>hvm</type>"
            "<loader type='pflash' readonly='yes'>%s</loader></os></domain>",
            loaders[i].path);
        g_autoptr(HostAdaption) adaption = host_adaption_new();
        g_autoptr(GPtrArray) findings = compare(xml, &offer, adaption);
        const HostFinding *finding = g_ptr_array_index(findings, 0);
        const RewriteLoader *loader = rewrite_loader_find(adaption->loaders, loaders[i].path);

        g_test_message("%s", loaders[i].path);
        g_assert_cmpuint(findings->len, ==, 1);
        g_assert_cmpstr(finding->kind, ==, "firmware");
        g_assert_cmpstr(loader ? loader->path : NULL, ==, loaders[i].would_do);
        assert_firmware_named(finding, loaders[i].would_do);
    }
}

/* With --force-host everything that something can be done about fits afterwards. */
static void
test_adaption(void)
{
    g_autoptr(HostFacts) facts = facts_new();
    HostOffer offer = {facts, (char *)OFFER, NULL, FALSE, {0}};
    g_autoptr(HostAdaption) adaption = host_adaption_new();
    g_autoptr(xmlDoc) doc = gate_parse(
        "<domain type='kvm'><os><type arch='x86_64' machine='pc-q35-9.2'>hvm</type></os>"
        "<cpu mode='host-passthrough'/><devices><emulator>/usr/libexec/qemu-kvm</emulator>"
        "<graphics type='spice' autoport='yes'><image compression='off'/></graphics>"
        "<channel type='spicevmc'/><redirdev type='spicevmc'/><audio id='1' type='spice'/>"
        "<video><model type='qxl' ram='65536'/></video>"
        "<interface type='network'><source network='lab'/></interface></devices></domain>");
    xmlNode *root = xmlDocGetRootElement(doc);
    g_autoptr(GPtrArray) domains = g_ptr_array_new();
    g_autoptr(GPtrArray) before = host_findings_new();
    g_autoptr(GPtrArray) after = host_findings_new();
    g_autoptr(GError) error = NULL;
    DomainRewrite to = {NULL};

    g_ptr_array_add(domains, root);
    g_assert_true(host_compare(domains, "web1", &offer, before, adaption, &error));
    g_assert_cmpuint(before->len, ==, 7);
    g_assert_false(host_findings_pass(before, FALSE, &error));
    g_assert_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_INVALID_STATE);
    g_assert_null(strstr(error->message, "/usr/libexec/qemu-kvm"));
    g_clear_error(&error);
    g_assert_true(host_findings_pass(before, TRUE, &error));
    host_adaption_apply(adaption, TRUE, &to);
    g_assert_true(domain_rewrite(root, &to, &error));
    g_assert_true(host_compare(domains, "web1", &offer, after, adaption, &error));
    for (guint i = 0; i < after->len; i++) {
        g_autofree char *line = host_finding_to_string(g_ptr_array_index(after, i));

        g_test_message("%s", line);
    }
    g_assert_cmpuint(after->len, ==, 0);
    g_assert_null(xml_node(root, ".//*[@type='spice' or @type='spicevmc']"));
}

static void
test_unforced(void)
{
    g_autoptr(HostAdaption) adaption = host_adaption_new();
    DomainRewrite to = {NULL};

    adaption->emulator = g_strdup("/usr/bin/kvm");
    adaption->machine = g_strdup("pc");
    host_adaption_apply(adaption, FALSE, &to);
    g_assert_cmpstr(to.emulator, ==, "/usr/bin/kvm");
    g_assert_null(to.machine);
}

/* A hypervisor that does not say what it offers: only what is known without that is compared. */
static void
test_unknown(void)
{
    g_autoptr(HostFacts) facts = facts_new();
    HostOffer offer = {facts, NULL, NULL, TRUE, {0}};
    g_autoptr(HostAdaption) adaption = host_adaption_new();
    g_autoptr(GPtrArray) findings = compare(
        "<domain type='xen'><os><type arch='riscv64' machine='virt'>hvm</type></os>"
        "<devices><interface type='network'><source network='lab'/></interface></devices></domain>",
        &offer, adaption);

    g_assert_cmpuint(findings->len, ==, 1);
    g_assert_cmpstr(((HostFinding *)g_ptr_array_index(findings, 0))->kind, ==, "network");
}

static void
test_versions(void)
{
    g_assert_cmpint(host_version_compare("9.0.0", "9.0.0"), ==, 0);
    g_assert_cmpint(host_version_compare("9.9.0", "9.10.0"), <, 0);
    g_assert_cmpint(host_version_compare("10.0.0", "9.10.0"), >, 0);
    g_assert_cmpint(host_version_compare("7.2", "7.10"), <, 0);
    g_assert_cmpint(host_version_compare("7", "7.0.1"), <, 0);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/host-compare/compare", test_compare);
    g_test_add_func("/host-compare/cpu-model", test_cpu_model);
    g_test_add_func("/host-compare/firmware", test_firmware);
    g_test_add_func("/host-compare/adaption", test_adaption);
    g_test_add_func("/host-compare/unforced", test_unforced);
    g_test_add_func("/host-compare/unknown", test_unknown);
    g_test_add_func("/host-compare/versions", test_versions);

    return g_test_run();
}
