/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <fcntl.h>
#include <glib/gi18n-lib.h>
#include <string.h>
#include <unistd.h>

#include "image/qcow2-header.h"
#include "import/firmware.h"
#include "import/host-firmware.h"
#include "util/fd.h"
#include "util/xml.h"

/** Whether a domain needs a feature. */
typedef enum {
    NEED_EITHER,
    NEED_YES,
    NEED_NO,
} Need;

/** What a domain needs of its firmware. Strings are NULL where anything will do. */
typedef struct {
    char *arch;
    const char *machine;   /* not owned */
    const char *interface; /* "uefi", "bios" */
    const char *device;    /* "flash", "memory" */
    const char *mode;      /* "split", "stateless" */
    const char *sealed;    /* a feature for encrypted memory */
    char *format;
    Need smm;              /* "requires-smm": only the firmware itself can write to the flash */
    Need secure;           /* "secure-boot" */
    Need keys;             /* "enrolled-keys" */
    guint64 variables;     /* see HostFlash */
} Needs;

static void
needs_clear(Needs *needs)
{
    g_free(needs->arch);
    g_free(needs->format);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Needs, needs_clear)

/* --- what a domain needs ---------------------------------------------------------------- */

static Need
need_of_word(const char *word)
{
    if (!word)
        return NEED_EITHER;

    return g_str_equal(word, "yes") ? NEED_YES : NEED_NO;
}

static Need
need_of_feature(xmlNode *domain, const char *name)
{
    g_autofree char *path =
        g_strdup_printf("./os/firmware/feature[@name='%s']/@enabled", name);
    g_autofree char *word = xml_text(domain, path);

    return need_of_word(word);
}

static gboolean
contains_any(const char *name, const char *const *marks)
{
    for (; *marks; marks++) {
        if (strstr(name, *marks))
            return TRUE;
    }

    return FALSE;
}

/* Where the XML does not say it, only the name of the image does that the other host had. The marks
 * are those of Debian, Fedora, SUSE and Arch. */
static void
needs_from_name(Needs *needs, const char *path)
{
    static const char *const smm[] = {"secboot", "secure", "smm", ".ms.", "snakeoil", NULL};
    static const char *const keys[] = {".ms.", "-ms-", "snakeoil", "enrolled", NULL};
    g_autofree char *base = g_path_get_basename(path);
    g_autofree char *name = g_ascii_strdown(base, -1);

    if (needs->smm == NEED_EITHER)
        needs->smm = contains_any(name, smm) ? NEED_YES : NEED_NO;
    /* The variables of the export have the keys that they have. */
    if (needs->keys == NEED_EITHER && needs->variables == 0)
        needs->keys = contains_any(name, keys) ? NEED_YES : NEED_NO;
}

/* A guest whose memory is encrypted needs firmware that was built for that. */
static const char *
sealed_feature(xmlNode *domain)
{
    static const char *const features[][2] = {
        {"sev", "amd-sev"}, {"sev-snp", "amd-sev-snp"}, {"tdx", "intel-tdx"}};
    g_autofree char *type = xml_text(domain, "./launchSecurity/@type");

    for (gsize i = 0; i < G_N_ELEMENTS(features); i++) {
        if (g_strcmp0(type, features[i][0]) == 0)
            return features[i][1];
    }

    return NULL;
}

static void
needs_from_loader(Needs *needs, xmlNode *loader, const char *path)
{
    g_autofree char *type = xml_attr(loader, "type");
    g_autofree char *secure = xml_attr(loader, "secure");
    g_autofree char *stateless = xml_attr(loader, "stateless");
    gboolean flash = g_strcmp0(type, "pflash") == 0;

    needs->smm = need_of_word(secure);
    needs->format = xml_attr(loader, "format");
    if (type)
        needs->device = flash ? "flash" : "memory";
    if (flash && !needs->interface)
        needs->interface = "uefi";
    if (flash)
        needs->mode = g_strcmp0(stateless, "yes") == 0 ? "stateless" : "split";
    if (path)
        needs_from_name(needs, path);
    if (path && !needs->format)
        needs->format = g_strdup("raw");
}

static void
needs_read(Needs *needs, xmlNode *domain, const char *path)
{
    g_autofree char *firmware = xml_text(domain, "./os/@firmware");
    xmlNode *loader = xml_node(domain, "./os/loader");

    needs->arch = xml_text(domain, "./os/type/@arch");
    needs->sealed = sealed_feature(domain);
    needs->secure = need_of_feature(domain, "secure-boot");
    needs->keys = need_of_feature(domain, "enrolled-keys");
    if (firmware)
        needs->interface = g_str_equal(firmware, "efi") ? "uefi" : "bios";
    if (loader)
        needs_from_loader(needs, loader, path);
}

/* --- what the host has -------------------------------------------------------------------- */

guint64
host_flash_size(int fd, const char *format, const char *what)
{
    guint64 bytes = 0;

    if (g_str_equal(format, "qcow2")) {
        g_autoptr(Qcow2Header) header = qcow2_header_read(fd, what, NULL);

        return header ? header->virtual_size : 0;
    }

    return g_str_equal(format, "raw") && fd_size(fd, &bytes) ? bytes : 0;
}

static guint64
variables_size(const Firmware *firmware)
{
    struct stat st;
    auto_fd fd = firmware->variables ? fd_open_data(AT_FDCWD, firmware->variables, 0, &st) : -1;

    return fd >= 0 ? host_flash_size(fd, firmware->variables_format, firmware->variables) : 0;
}

static gboolean
is_met(const Firmware *firmware, Need need, const char *feature)
{
    return need == NEED_EITHER ||
           (need == NEED_YES) == firmware_has_feature(firmware, feature);
}

static gboolean
is_same(const char *wanted, const char *has)
{
    return !wanted || g_strcmp0(wanted, has) == 0;
}

static gboolean
has_features(const Firmware *firmware, const Needs *needs)
{
    return is_met(firmware, needs->smm, "requires-smm") &&
           is_met(firmware, needs->secure, "secure-boot") &&
           is_met(firmware, needs->keys, "enrolled-keys") &&
           (!needs->sealed || firmware_has_feature(firmware, needs->sealed));
}

static gboolean
fits(const Firmware *firmware, const Needs *needs)
{
    return firmware->executable && is_same(needs->device, firmware->device) &&
           is_same(needs->mode, firmware->mode) && is_same(needs->format, firmware->format) &&
           (!needs->interface || firmware_has_interface(firmware, needs->interface)) &&
           firmware_runs_on(firmware, needs->arch, needs->machine) &&
           has_features(firmware, needs) &&
           (needs->variables == 0 || variables_size(firmware) == needs->variables) &&
           access(firmware->executable, R_OK) == 0;
}

static const Firmware *
find_described(GPtrArray *descriptors, const Needs *needs)
{
    for (guint i = 0; needs->arch && needs->machine && i < descriptors->len; i++) {
        const Firmware *firmware = g_ptr_array_index(descriptors, i);

        if (fits(firmware, needs))
            return firmware;
    }

    return NULL;
}

/* --- by name ------------------------------------------------------------------------------- */

/* Whether one firmware can replace another. Flash images of 2 MiB and 4 MiB have variable stores of
 * different sizes, and those with enrolled keys need a matching machine, so the names must
 * correspond. */
static gboolean
is_similar_firmware(const char *one, const char *other)
{
    static const char *const marks[] = {"4M", "secboot", ".ms", "snakeoil", "qcow2", NULL};
    g_autofree char *name = g_path_get_basename(one);
    g_autofree char *other_name = g_path_get_basename(other);

    for (const char *const *mark = marks; *mark; mark++) {
        if (!strstr(name, *mark) != !strstr(other_name, *mark))
            return FALSE;
    }

    return TRUE;
}

static char *
find_by_name(xmlNode *offered, const char *path)
{
    g_autoptr(GPtrArray) nodes = xml_nodes(offered, "./os/loader/value");

    for (guint i = 0; i < nodes->len; i++) {
        g_autofree char *own = xml_text(g_ptr_array_index(nodes, i), ".");

        if (is_similar_firmware(path, own))
            return g_steal_pointer(&own);
    }

    return NULL;
}

/* --- findings ------------------------------------------------------------------------------ */

static void
add_missing(GPtrArray *findings, const char *member, const char *what)
{
    host_findings_add(findings, member, "firmware", what, g_strdup(_("no firmware of this kind")),
                      NULL, g_strdup(_("install the package with this firmware (ovmf, edk2)")));
}

static void
add_replacement(GPtrArray *findings, const char *member, const char *what, const HostLoader *to,
                const char *descriptor)
{
    char *have = descriptor ? g_strdup_printf(_("'%s' is of the same kind, as '%s' describes it"),
                                              to->loader, descriptor)
                            : g_strdup_printf(_("'%s' is of the same kind"), to->loader);

    host_findings_add(findings, member, "firmware", what, have,
                      g_strdup_printf(_("uses '%s'"), to->loader), NULL);
}

static gboolean
is_described(const HostFlash *flash)
{
    return flash->descriptors && flash->descriptors->len > 0;
}

/* A domain that names an image which is not here. */
static void
compare_image(const char *member, const char *path, const Needs *needs, xmlNode *offered,
              const HostFlash *flash, GPtrArray *findings, HostLoader *to)
{
    const Firmware *firmware =
        is_described(flash) ? find_described(flash->descriptors, needs) : NULL;

    if (firmware) {
        to->loader = g_strdup(firmware->executable);
        to->template = g_strdup(firmware->variables);
        to->template_format = g_strdup(firmware->variables_format);
    } else if (!is_described(flash)) {
        to->loader = find_by_name(offered, path);
    }
    if (to->loader)
        add_replacement(findings, member, path, to, firmware ? firmware->descriptor : NULL);
    else
        add_missing(findings, member, path);
}

/* A domain that leaves the choice to libvirt, which makes it when the domain is defined. */
static void
compare_choice(xmlNode *domain, const char *member, const Needs *needs, xmlNode *offered,
               const HostFlash *flash, GPtrArray *findings)
{
    g_autofree char *kind = xml_text(domain, "./os/@firmware");
    g_autofree char *path =
        kind ? g_strdup_printf("./os/enum[@name='firmware'][not(value='%s')]", kind) : NULL;

    if (!kind)
        return;
    if (is_described(flash) ? !find_described(flash->descriptors, needs)
                            : xml_node(offered, path) != NULL)
        add_missing(findings, member, kind);
}

void
host_compare_firmware(xmlNode *domain, const char *member, const char *machine, xmlNode *offered,
                      const HostFlash *flash, GPtrArray *findings, HostLoader *to)
{
    g_autofree char *path = xml_text(domain, "./os/loader");
    gboolean named = path && *g_strstrip(path);
    g_auto(Needs) needs = {.machine = machine, .variables = flash->variables};

    if (!offered || (named && flash->present))
        return;
    needs_read(&needs, domain, named ? path : NULL);
    if (named)
        compare_image(member, path, &needs, offered, flash, findings, to);
    else
        compare_choice(domain, member, &needs, offered, flash, findings);
}
