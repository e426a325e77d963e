/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <glib/gi18n-lib.h>
#include <inttypes.h>
#include <string.h>

#include "import/host-compare.h"
#include "import/host-devices.h"
#include "import/host-machine.h"
#include "util/xml.h"

/* --- values ---------------------------------------------------------------------- */

HostAdaption *
host_adaption_new(void)
{
    HostAdaption *adaption = g_new0(HostAdaption, 1);

    adaption->networks = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    adaption->loaders =
        g_ptr_array_new_with_free_func((GDestroyNotify)rewrite_loader_free);

    return adaption;
}

void
host_adaption_free(HostAdaption *adaption)
{
    if (!adaption)
        return;
    g_free(adaption->type);
    g_free(adaption->emulator);
    g_free(adaption->machine);
    g_free(adaption->cpu);
    g_ptr_array_unref(adaption->loaders);
    g_free(adaption->video);
    g_hash_table_unref(adaption->networks);
    g_free(adaption);
}

void
host_offer_free(HostOffer *offer)
{
    if (!offer)
        return;
    g_free(offer->offer);
    g_free(offer->problem);
    g_free(offer);
}

void
host_adaption_apply(const HostAdaption *adaption, gboolean force, DomainRewrite *to)
{
    to->emulator = adaption->emulator;
    to->no_choice = adaption->no_choice;
    if (!force)
        return;
    to->type = adaption->type;
    to->machine = adaption->machine;
    to->cpu = adaption->cpu;
    to->loaders = adaption->loaders;
    to->video = adaption->video;
    to->no_spice = adaption->no_spice;
    to->networks = adaption->networks;
}

static void
set_string(char **to, const char *value)
{
    g_free(*to);
    *to = g_strdup(value);
}

/** State of the comparison of one domain. */
typedef struct {
    GPtrArray *domains;
    xmlNode *domain; /* the first of them */
    const char *member;
    const HostOffer *offer;
    xmlNode *capabilities; /* <capabilities> */
    xmlNode *offered;      /* <domainCapabilities>; NULL: there are none */
    char *arch;
    char *type;
    char *machine; /* NULL: none is named */
    GPtrArray *findings;
    HostAdaption *adaption;
} Compare;

static HostFinding *
add_host_finding(Compare *self, const char *kind, const char *what, char *have, char *would_do,
                 char *option)
{
    return host_findings_add(self->findings, self->member, kind, what, have, would_do, option);
}

/* --- type, machine, emulator ------------------------------------------------------- */

static void
compare_type(Compare *self)
{
    if (!host_has_arch(self->capabilities, self->arch)) {
        add_host_finding(self, "emulator", self->arch,
                         g_strdup(_("no emulator for this architecture")), NULL,
                         g_strdup_printf(_("install the package with qemu-system-%s"), self->arch));
    } else if (!host_has_type(self->capabilities, self->arch, self->type)) {
        set_string(&self->adaption->type, "qemu");
        add_host_finding(self, "type", self->type, g_strdup(_("only emulated domains (qemu)")),
                         g_strdup(_("emulates the processor, which is many times slower")),
                         g_strdup(_("make /dev/kvm usable, and load its kernel module")));
    }
}

static void
compare_machine(Compare *self)
{
    const char *machine = self->machine;
    g_autofree char *choice =
        machine ? host_machine_choose(self->capabilities, self->arch, machine) : NULL;

    if (!machine || g_strcmp0(machine, choice) == 0 ||
        !host_has_arch(self->capabilities, self->arch))
        return;
    if (!choice) {
        add_host_finding(self, "machine", machine, g_strdup(_("no machine of this kind")), NULL,
                         g_strdup(_("install a QEMU that has it")));
        return;
    }
    add_host_finding(self, "machine", machine,
                     g_strdup_printf(_("the newest of its kind is '%s'"), choice),
                     g_strdup_printf(_("uses '%s'"), choice),
                     g_strdup(_("install a QEMU that has it")));
    set_string(&self->adaption->machine, choice);
}

/* The path of the emulator differs between distributions, so that of the host is used. */
static void
compare_emulator(Compare *self)
{
    g_autofree char *path = xml_text(self->domain, "./devices/emulator");
    g_autofree char *own = self->offered ? xml_text(self->offered, "./path") : NULL;
    g_autoptr(GPtrArray) paths = host_emulators(self->capabilities);

    if (!path || !own || g_strv_contains((const char *const *)paths->pdata, path))
        return;
    add_host_finding(self, "emulator", path, g_strdup_printf(_("the host's is '%s'"), own),
                     g_strdup_printf(_("uses '%s'"), own), NULL)
        ->blocks = FALSE;
    set_string(&self->adaption->emulator, own);
}

/* --- processor ---------------------------------------------------------------------- */

static gboolean
offers_mode(Compare *self, const char *mode)
{
    g_autofree char *path =
        g_strdup_printf("./cpu/mode[@name='%s' and @supported='yes']", mode);

    return self->offered && xml_node(self->offered, path);
}

static const char *
best_mode(Compare *self)
{
    static const char *const modes[] = {"host-model", "maximum", "host-passthrough", NULL};

    for (const char *const *mode = modes; *mode; mode++) {
        if (offers_mode(self, *mode))
            return *mode;
    }

    return NULL;
}

/* Builds a <cpu> with another mode. Everything except the model, as topology and NUMA cells, is
 * kept. */
static char *
cpu_of_mode(Compare *self, const char *mode)
{
    xmlNode *cpu = xml_node(self->domain, "./cpu");
    g_autoptr(xmlDoc) doc = xmlNewDoc(BAD_CAST "1.0");
    xmlNode *copy;

    copy = xmlNewDocNode(doc, NULL, BAD_CAST "cpu", NULL);
    xmlDocSetRootElement(doc, copy);
    xml_set(copy, "mode", mode);
    for (xmlNode *child = xmlFirstElementChild(cpu); child; child = xmlNextElementSibling(child)) {
        if (g_str_equal(child->name, "topology") || g_str_equal(child->name, "numa"))
            xmlAddChild(copy, xmlDocCopyNode(child, doc, 1));
    }

    return xml_node_to_string(copy);
}

static void
add_cpu(Compare *self, const char *what, const char *have)
{
    const char *mode = best_mode(self);

    add_host_finding(self, "cpu", what, g_strdup(have),
                     mode ? g_strdup_printf(_("uses mode '%s'"), mode) : NULL, NULL);
    if (mode) {
        g_free(self->adaption->cpu);
        self->adaption->cpu = cpu_of_mode(self, mode);
    }
}

static void
compare_host_cpu(Compare *self)
{
    xmlNode *cpu = xml_node(self->domain, "./cpu");
    g_autofree char *mode = cpu ? xml_attr(cpu, "mode") : NULL;
    g_autofree char *model = cpu ? xml_text(cpu, "./model") : NULL;

    if (!cpu || !self->offered)
        return;
    if (mode && !g_str_equal(mode, "custom") && !offers_mode(self, mode))
        add_cpu(self, mode, _("this mode is not offered for domains of this type"));
    else if (self->offer->problem)
        add_cpu(self, model ? model : mode ? mode : "", self->offer->problem);
}

static void
compare_vcpus(Compare *self)
{
    g_autofree char *count = xml_text(self->domain, "./vcpu");
    g_autofree char *most = self->offered ? xml_text(self->offered, "./vcpu/@max") : NULL;

    if (count && most && g_ascii_strtoull(g_strstrip(count), NULL, 10) >
                             g_ascii_strtoull(most, NULL, 10))
        add_host_finding(self, "vcpu", count,
                         g_strdup_printf(_("at most %s for this machine"), most), NULL,
                         g_strdup(_("--no-define, and give the domain fewer")));
}

/* --- memory -------------------------------------------------------------------------- */

/* Source: libvirt's virScaleInteger(), the units of formatdomain; KiB where none is given. */
static guint64
unit_bytes(const char *unit)
{
    static const char letters[] = "KMGTPE";
    const char *at = unit ? strchr(letters, g_ascii_toupper(*unit)) : letters;
    gboolean decimal = unit && strlen(unit) == 2;
    guint64 bytes = 1;

    if (!at || !*at)
        return 1;
    for (; at >= letters; at--)
        bytes *= decimal ? 1000 : 1024;

    return bytes;
}

guint64
host_domain_memory(xmlNode *domain)
{
    g_autofree char *text = xml_text(domain, "./memory");
    g_autofree char *unit = xml_text(domain, "./memory/@unit");
    guint64 number = text ? g_ascii_strtoull(g_strstrip(text), NULL, 10) : 0;
    guint64 one = unit_bytes(unit);

    return number <= G_MAXUINT64 / one ? number * one : G_MAXUINT64;
}

static void
compare_memory(Compare *self)
{
    g_autofree char *text = xml_text(self->domain, "./memory");
    g_autofree char *unit = xml_text(self->domain, "./memory/@unit");
    guint64 host = self->offer->facts->memory;
    g_autofree char *what = NULL;

    if (host_domain_memory(self->domain) <= host)
        return;
    what = g_strdup_printf("%s %s", g_strstrip(text), unit ? unit : "KiB");
    add_host_finding(self, "memory", what, g_strdup_printf(_("%" PRIu64 " MiB in all"), host >> 20),
                     NULL,
                     g_strdup(_("--no-define, and give the domain less")));
}

/* --- firmware -------------------------------------------------------------------------- */

/* Returns: the machine type that @domain will have here. */
static char *
new_machine(const Compare *self, xmlNode *domain)
{
    g_autofree char *machine = xml_text(domain, "./os/type/@machine");
    const char *adapted = self->adaption->machine ? self->adaption->machine : machine;

    return adapted ? host_machine_canonical(self->capabilities, self->arch, adapted) : NULL;
}

static void
compare_firmware(Compare *self)
{
    for (guint i = 0; self->offered && i < self->domains->len; i++) {
        xmlNode *domain = g_ptr_array_index(self->domains, i);
        g_autofree char *machine = new_machine(self, domain);
        HostBooted booted = {domain, self->member, self->arch, machine, self->offered};

        host_compare_firmware(&booted, &self->offer->flash, self->findings,
                              self->adaption->loaders);
    }
}

/* What libvirt 9.2 and later write. The image is what libvirt has chosen, so nothing is lost. */
static void
compare_firmware_choice(Compare *self)
{
    g_autofree char *kind =
        xml_text(self->domain, "./os[normalize-space(loader) != '']/@firmware");
    const char *version = self->offer->facts->libvirt_version;

    if (host_version_compare(version, "9.2.0") >= 0)
        return;
    self->adaption->no_choice = TRUE;
    if (kind)
        add_host_finding(self, "firmware", kind,
                         g_strdup_printf(_("libvirt %s chooses it or is given it, not both"),
                                         version),
                         g_strdup(_("names the firmware alone")), NULL)
            ->blocks = FALSE;
}

/* --- networks and secrets --------------------------------------------------------------- */

static void
compare_network(Compare *self, const char *name)
{
    GPtrArray *networks = self->offer->facts->networks;
    const HostThing *network = host_thing_find(networks, name);
    const HostThing *other = host_thing_find(networks, "default");

    if (!networks)
        return;
    if (network && !network->active) {
        add_host_finding(self, "network", name, g_strdup(_("it is not active")), NULL,
                         g_strdup_printf("virsh net-start '%s'", name))
            ->blocks = FALSE;
    } else if (!network) {
        add_host_finding(self, "network", name, g_strdup(_("no such network")),
                         other ? g_strdup(_("connects to the network 'default'")) : NULL,
                         g_strdup(_("define one of this name with virsh net-define")));
        if (other)
            g_hash_table_insert(self->adaption->networks, g_strdup(name), g_strdup("default"));
    }
}

/* No other one is put in its place: what is plugged into a bridge is on that bridge's network. */
static void
compare_bridge(Compare *self, const char *name)
{
    GPtrArray *bridges = self->offer->facts->bridges;

    if (bridges && !g_ptr_array_find_with_equal_func(bridges, name, g_str_equal, NULL))
        add_host_finding(self, "bridge", name, g_strdup(_("no such bridge")), NULL,
                         g_strdup(_("make one of this name, or import with --no-define and change "
                                    "the domain")));
}

static void
compare_secret(Compare *self, const char *uuid)
{
    GPtrArray *secrets = self->offer->facts->secrets;

    for (guint i = 0; secrets && i < secrets->len; i++) {
        if (g_ascii_strcasecmp(g_ptr_array_index(secrets, i), uuid) == 0)
            return;
    }
    if (secrets)
        add_host_finding(self, "secret", uuid, g_strdup(_("no such secret")), NULL,
                         g_strdup(_("define it with virsh secret-define and secret-set-value")));
}

static void
for_each_node(Compare *self, const char *path, void (*compare)(Compare *self, const char *value))
{
    g_autoptr(GPtrArray) nodes = xml_nodes(self->domain, path);
    g_autoptr(GHashTable) seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);

    for (guint i = 0; i < nodes->len; i++) {
        char *value = xml_text(g_ptr_array_index(nodes, i), ".");

        if (!g_hash_table_contains(seen, value))
            compare(self, value);
        g_hash_table_add(seen, value);
    }
}

/* --- public functions ---------------------------------------------------------------------- */

static void
compare_all(Compare *self)
{
    if (!self->offer->unknown) {
        compare_type(self);
        compare_machine(self);
    }
    compare_emulator(self);
    compare_host_cpu(self);
    compare_vcpus(self);
    compare_memory(self);
    compare_firmware(self);
    compare_firmware_choice(self);
    for_each_node(self, "./devices/interface[@type='network']/source/@network", compare_network);
    for_each_node(self, "./devices/interface[@type='bridge']/source/@bridge", compare_bridge);
    for_each_node(self, ".//secret/@uuid | .//encryption/@secret", compare_secret);
    if (self->offered)
        host_compare_devices(self->domain, self->member, self->offered, self->findings,
                             &self->adaption->video, &self->adaption->no_spice);
    host_compare_versions(self->domain, self->member, self->offer->facts->libvirt_version,
                          self->findings);
}

gboolean
host_compare(GPtrArray *domains, const char *member, const HostOffer *offer, GPtrArray *findings,
             HostAdaption *adaption, GError **error)
{
    xmlNode *domain = g_ptr_array_index(domains, 0);
    const char *text = offer->facts->capabilities;
    g_autoptr(xmlDoc) capabilities = xml_parse(text, strlen(text), "capabilities", error);
    g_autoptr(xmlDoc) offered = NULL;
    g_autofree char *arch = xml_text(domain, "./os/type/@arch");
    g_autofree char *type = xml_attr(domain, "type");
    g_autofree char *machine = xml_text(domain, "./os/type/@machine");
    Compare self = {domains, domain, member, offer, NULL, NULL,
                    NULL, NULL, machine, findings, adaption};

    if (!capabilities)
        return FALSE;
    if (offer->offer) {
        offered = xml_parse(offer->offer, strlen(offer->offer), "domainCapabilities", error);
        if (!offered)
            return FALSE;
        self.offered = xmlDocGetRootElement(offered);
    }
    self.capabilities = xmlDocGetRootElement(capabilities);
    if (!arch)
        arch = xml_text(self.capabilities, "./host/cpu/arch");
    self.arch = arch;
    self.type = type;
    if (arch && type)
        compare_all(&self);

    return TRUE;
}
