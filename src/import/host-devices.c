/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <glib/gi18n-lib.h>

#include "import/host-devices.h"
#include "import/host-machine.h"
#include "util/xml.h"

/* --- devices --------------------------------------------------------------------- */

/* A value in the domain, and where the host lists the values that it supports. */
static const struct {
    const char *in_domain;
    const char *device; /* element below <devices> of <domainCapabilities> */
    const char *list;
} values[] = {
    {"./devices/disk/target/@bus", "disk", "bus"},
    {"./devices/disk/@device", "disk", "diskDevice"},
    {"./devices/graphics/@type", "graphics", "type"},
    {"./devices/video/model/@type", "video", "modelType"},
    {"./devices/rng/@model", "rng", "model"},
    {"./devices/rng/backend/@model", "rng", "backendModel"},
    {"./devices/tpm/@model", "tpm", "model"},
    {"./devices/tpm/backend/@type", "tpm", "backendModel"},
    {"./devices/tpm/backend/@version", "tpm", "backendVersion"},
    {"./devices/redirdev/@bus", "redirdev", "bus"},
    {"./devices/channel/@type", "channel", "type"},
    {"./devices/crypto/@model", "crypto", "model"},
    {"./devices/interface/backend/@type", "interface", "backendType"},
    {"./devices/panic/@model", "panic", "model"},
};

static xmlNode *
find_list(xmlNode *device, const char *name)
{
    g_autofree char *path = g_strdup_printf("./enum[@name='%s']", name);

    return xml_node(device, path);
}

static gboolean
is_value_listed(xmlNode *list, const char *value)
{
    g_autoptr(GPtrArray) nodes = xml_nodes(list, "./value");

    for (guint i = 0; i < nodes->len; i++) {
        g_autofree char *text = xml_text(g_ptr_array_index(nodes, i), ".");

        if (g_str_equal(text, value))
            return TRUE;
    }

    return FALSE;
}

static char *
listed_words(xmlNode *list)
{
    g_autoptr(GPtrArray) nodes = xml_nodes(list, "./value");
    GString *words = g_string_new(NULL);

    for (guint i = 0; i < nodes->len; i++) {
        g_autofree char *text = xml_text(g_ptr_array_index(nodes, i), ".");

        g_string_append_printf(words, "%s%s", i ? ", " : "", text);
    }

    return g_string_free(words, FALSE);
}

static char *
best_video(xmlNode *list)
{
    static const char *const models[] = {"virtio", "vga", "bochs", "cirrus", NULL};

    for (const char *const *model = models; *model; model++) {
        if (is_value_listed(list, *model))
            return g_strdup(*model);
    }

    return NULL;
}

/** A value that the host does not support. */
typedef struct {
    const char *member;
    GPtrArray *findings;
    char **video;
    gboolean *no_spice;
} Devices;

static char *
get_replacement_text(const Devices *self, const char *device, const char *value, xmlNode *list)
{
    if (g_str_equal(device, "graphics") && g_str_equal(value, "spice") &&
        is_value_listed(list, "vnc")) {
        *self->no_spice = TRUE;
        return g_strdup(_("gives it VNC in its place, and no channels of SPICE"));
    }
    if (g_str_equal(device, "video") && !*self->video)
        *self->video = best_video(list);
    if (g_str_equal(device, "video") && *self->video)
        return g_strdup_printf(_("uses '%s'"), *self->video);

    return NULL;
}

static void
compare_value(const Devices *self, const char *device, const char *value, xmlNode *list)
{
    g_autofree char *what = g_strdup_printf("%s %s", device, value);
    g_autofree char *words = listed_words(list);

    if (is_value_listed(list, value))
        return;
    host_findings_add(self->findings, self->member, "device", what,
                      *words ? g_strdup_printf(_("there are %s"), words)
                             : g_strdup(_("there is none")),
                      get_replacement_text(self, device, value, list),
                      g_strdup(_("install the package of QEMU that has it")));
}

static void
compare_values(const Devices *self, xmlNode *domain, gsize row, xmlNode *list)
{
    g_autoptr(GPtrArray) nodes = xml_nodes(domain, values[row].in_domain);
    g_autoptr(GHashTable) seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);

    for (guint i = 0; i < nodes->len; i++) {
        char *value = xml_text(g_ptr_array_index(nodes, i), ".");

        if (!g_hash_table_contains(seen, value))
            compare_value(self, values[row].device, value, list);
        g_hash_table_add(seen, value);
    }
}

/* Whether the host reports that it does not support this kind of device at all. */
static gboolean
is_missing(const Devices *self, xmlNode *domain, const char *device, xmlNode *offer)
{
    g_autofree char *supported = xml_attr(offer, "supported");
    g_autofree char *path = g_strdup_printf("./devices/%s", device);

    if (g_strcmp0(supported, "no") != 0)
        return FALSE;
    if (xml_node(domain, path))
        host_findings_add(self->findings, self->member, "device", device,
                          g_strdup(_("there is none")), NULL,
                          g_strdup(_("install what it needs (swtpm for a TPM)")));

    return TRUE;
}

void
host_compare_devices(xmlNode *domain, const char *member, xmlNode *offered, GPtrArray *findings,
                     char **video, gboolean *no_spice)
{
    const Devices self = {member, findings, video, no_spice};
    const char *missing = NULL;

    for (gsize i = 0; i < G_N_ELEMENTS(values); i++) {
        g_autofree char *path = g_strdup_printf("./devices/%s", values[i].device);
        xmlNode *offer = xml_node(offered, path);
        xmlNode *list = offer ? find_list(offer, values[i].list) : NULL;

        if (!offer || (missing && g_str_equal(missing, values[i].device)))
            continue;
        if (is_missing(&self, domain, values[i].device, offer))
            missing = values[i].device;
        else if (list)
            compare_values(&self, domain, i, list);
    }
}

/* --- versions ---------------------------------------------------------------------- */

static const struct {
    const char *in_domain;
    const char *name;
    const char *since;
} newer[] = {
    {"./devices/crypto", "crypto", "9.1.0"},
    {"./cpu/maxphysaddr[@limit]", "maxphysaddr limit", "9.3.0"},
    {"./devices/disk/driver[@discard_no_unref]", "discard_no_unref", "9.5.0"},
    {"./features/async-teardown", "async-teardown", "9.6.0"},
    {"./devices/audio[@type='pipewire']", "audio pipewire", "9.10.0"},
    {"./devices/disk/driver/iothreads", "iothreads of a disk", "10.0.0"},
    {"./devices/memory/target[@dynamicMemslots]", "dynamicMemslots", "10.1.0"},
    {"./cpu/topology[@clusters and @clusters != '1']", "clusters", "10.1.0"},
    {"./devices/controller/target[@memReserve]", "memReserve", "10.3.0"},
    {"./features/ras", "ras", "10.4.0"},
    {"./devices/sound[@model='virtio']", "sound virtio", "10.4.0"},
    {"./features/ps2", "ps2", "10.7.0"},
    {"./features/hyperv/emsr_bitmap", "hyperv emsr_bitmap", "10.7.0"},
    {"./features/hyperv/xmm_input", "hyperv xmm_input", "10.7.0"},
    {"./devices/tpm/backend/profile", "profile of a TPM", "10.10.0"},
    {"./features/hyperv/tlbflush/*", "hyperv tlbflush", "11.0.0"},
    {"./features/aia", "aia", "11.1.0"},
    {"./throttlegroups | ./devices/disk/throttlefilters", "throttlegroups", "11.2.0"},
    {"./devices/controller/driver/iothreads", "iothreads of a controller", "11.2.0"},
    {"./os/shim", "shim", "11.2.0"},
};

/* QEMU would be given the image as one without a format, in which the guest finds nothing. */
static void
compare_flash_format(xmlNode *domain, const char *member, const char *version,
                     GPtrArray *findings)
{
    if (host_version_compare(version, "9.2.0") >= 0 ||
        !xml_node(domain, "./os/loader[@format and @format != 'raw'] | "
                          "./os/nvram[@format and @format != 'raw']"))
        return;
    host_findings_add(findings, member, "libvirt", "loader format",
                      g_strdup_printf(_("it came with libvirt %s, this is %s"), "9.2.0", version),
                      NULL, g_strdup_printf(_("libvirt %s or later"), "9.2.0"));
}

void
host_compare_versions(xmlNode *domain, const char *member, const char *version,
                      GPtrArray *findings)
{
    compare_flash_format(domain, member, version, findings);
    for (gsize i = 0; i < G_N_ELEMENTS(newer); i++) {
        if (host_version_compare(version, newer[i].since) >= 0 ||
            !xml_node(domain, newer[i].in_domain))
            continue;
        host_findings_add(findings, member, "libvirt", newer[i].name,
                          g_strdup_printf(_("it came with libvirt %s, this is %s"), newer[i].since,
                                          version),
                          g_strdup(_("leaves it out")),
                          g_strdup_printf(_("libvirt %s or later"), newer[i].since));
    }
}
