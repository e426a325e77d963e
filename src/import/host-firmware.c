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
    const char *arch;      /* not owned, nor is the next */
    const char *machine;
    const char *interface; /* "uefi", "bios" */
    const char *device;    /* "flash", "memory" */
    const char *mode;      /* "split", "stateless" */
    const char *sealed;    /* a feature for encrypted memory */
    char *format;
    Need smm;              /* "requires-smm": only the firmware itself can write to the flash */
    Need secure;           /* "secure-boot" */
    Need keys;             /* "enrolled-keys" */
    gboolean s3, s4;       /* "acpi-s3", "acpi-s4" */
    guint64 variables;     /* their size; 0: any */
} Needs;

static void
needs_clear(Needs *needs)
{
    g_free(needs->format);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Needs, needs_clear)

/* --- what a domain needs ---------------------------------------------------------------- */

static Need
need_of_word(const char *word)
{
    if (!word)
        return NEED_EITHER;

    return g_str_equal(word, "yes") || g_str_equal(word, "on") ? NEED_YES : NEED_NO;
}

static Need
need_at(xmlNode *domain, const char *path)
{
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
 * are those of Debian, Fedora, SUSE and Arch; AAVMF has a "no-secboot". Whoever has <smm> can have
 * either kind. */
static void
needs_from_name(Needs *needs, const char *path, gboolean has_smm)
{
    static const char *const secure[] = {"secboot", "secure", ".ms.", "-ms-", "snakeoil", NULL};
    static const char *const keys[] = {".ms.", "-ms-", "snakeoil", "enrolled", NULL};
    g_autofree char *base = g_path_get_basename(path);
    g_autofree char *name = g_ascii_strdown(base, -1);
    gboolean marked = contains_any(name, secure) && !strstr(name, "no-sec");
    gboolean either = has_smm || needs->smm == NEED_YES;

    if (needs->secure == NEED_EITHER)
        needs->secure = marked ? NEED_YES : either ? NEED_EITHER : NEED_NO;
    if (needs->smm == NEED_EITHER && !marked && !has_smm)
        needs->smm = NEED_NO;
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
needs_from_kind(Needs *needs, xmlNode *domain)
{
    g_autofree char *firmware = xml_text(domain, "./os/@firmware");
    g_autofree char *type = xml_text(domain, "./os/loader/@type");
    gboolean flash = g_strcmp0(type, "pflash") == 0;

    if (firmware)
        needs->interface = g_str_equal(firmware, "efi") ? "uefi" : "bios";
    else if (flash)
        needs->interface = "uefi";
    /* An image without a type is one of a ROM. */
    if (flash || type || !firmware)
        needs->device = flash ? "flash" : "memory";
    if (xml_node(domain, "./os/loader[@stateless='yes']"))
        needs->mode = "stateless";
    else if (flash)
        needs->mode = "split";
}

/* What is in memory has no mark that tells the one kind from the other, but for the names of
 * those of PCs. */
static void
needs_from_rom(Needs *needs, const char *path)
{
    g_autofree char *name = g_path_get_basename(path);

    if (!needs->interface)
        needs->interface = strstr(name, "bios") ? "bios" : "uefi";
}

/* @path: (nullable): the image that the domain names */
static void
needs_read(Needs *needs, xmlNode *domain, const char *path)
{
    needs_from_kind(needs, domain);
    needs->sealed = sealed_feature(domain);
    needs->secure = need_at(domain, "./os/firmware/feature[@name='secure-boot']/@enabled");
    needs->keys = need_at(domain, "./os/firmware/feature[@name='enrolled-keys']/@enabled");
    needs->smm = need_at(domain, "./os/loader/@secure");
    needs->s3 = xml_node(domain, "./pm/suspend-to-mem[@enabled='yes']") != NULL;
    needs->s4 = xml_node(domain, "./pm/suspend-to-disk[@enabled='yes']") != NULL;
    needs->format = xml_text(domain, "./os/loader/@format");
    if (!path)
        return;
    if (!needs->format)
        needs->format = g_strdup("raw");
    if (g_strcmp0(needs->device, "memory") == 0)
        needs_from_rom(needs, path);
    needs_from_name(needs, path, xml_node(domain, "./features/smm[not(@state='off')]") != NULL);
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
template_size(const char *path, const char *format)
{
    struct stat st;
    auto_fd fd = fd_open_data(AT_FDCWD, path, 0, &st);

    return fd >= 0 ? host_flash_size(fd, format, path) : 0;
}

static guint64
variables_size(const Firmware *firmware)
{
    return firmware->variables ? template_size(firmware->variables, firmware->variables_format) : 0;
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
           (!needs->s3 || firmware_has_feature(firmware, "acpi-s3")) &&
           (!needs->s4 || firmware_has_feature(firmware, "acpi-s4")) &&
           (!needs->sealed || firmware_has_feature(firmware, needs->sealed));
}

static gboolean
is_readable(const char *path)
{
    return !path || access(path, R_OK) == 0;
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
           is_readable(firmware->executable) && is_readable(firmware->variables);
}

static const Firmware *
find_described(GPtrArray *descriptors, const Needs *needs)
{
    for (guint i = 0; i < descriptors->len; i++) {
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

/* --- what is here ----------------------------------------------------------------------- */

static gboolean
is_described(const HostFlash *flash)
{
    return flash->descriptors && flash->descriptors->len > 0;
}

static gboolean
is_seen(const HostFlash *flash, const char *path)
{
    Hypervisor *hypervisor = flash->hypervisor;

    return (!hypervisor || hypervisor->ops->sees(hypervisor, path, NULL)) && is_readable(path);
}

/* What packages call the variables of an image: OVMF_VARS_4M.fd beside OVMF_CODE_4M.fd. */
static char *
sibling_template(const char *path)
{
    const char *name = strrchr(path, '/');
    const char *code = name ? strstr(name, "CODE") : NULL;

    return code ? g_strdup_printf("%.*sVARS%s", (int)(code - path), path, code + 4) : NULL;
}

/* Returns: the size of the variables that belong to an image of this host; 0: it is not known. */
static guint64
own_size(const HostFlash *flash, xmlNode *domain, const char *path)
{
    g_autofree char *named = xml_text(domain, "./os/nvram/@template");
    g_autofree char *format = xml_text(domain, "./os/nvram/@templateFormat");
    g_autofree char *sibling = sibling_template(path);

    for (guint i = 0; is_described(flash) && i < flash->descriptors->len; i++) {
        const Firmware *firmware = g_ptr_array_index(flash->descriptors, i);

        if (g_strcmp0(firmware->executable, path) == 0)
            return variables_size(firmware);
    }
    if (named && is_readable(named))
        return template_size(named, format ? format : "raw");

    return sibling && is_readable(sibling) ? template_size(sibling, "raw") : 0;
}

/* An image that is here is of no use with variables of another size, nor without any. */
static gboolean
is_usable(const HostFlash *flash, xmlNode *domain, const char *path)
{
    g_autofree char *template = xml_text(domain, "./os/nvram/@template");
    guint64 own;

    if (flash->loader && g_str_equal(flash->loader, path))
        return TRUE;
    if (!is_seen(flash, path))
        return FALSE;
    if (!flash->has_variables)
        return !template || is_readable(template);
    own = flash->variables > 0 ? own_size(flash, domain, path) : 0;

    return own == 0 || own == flash->variables;
}

/* --- findings ------------------------------------------------------------------------------ */

/* Documents of one domain mostly name the same firmware. */
static gboolean
is_told(GPtrArray *findings, const char *member, const char *what)
{
    for (guint i = 0; i < findings->len; i++) {
        const HostFinding *finding = g_ptr_array_index(findings, i);

        if (g_strcmp0(finding->member, member) == 0 && g_str_equal(finding->kind, "firmware") &&
            g_str_equal(finding->what, what))
            return TRUE;
    }

    return FALSE;
}

static void
add_missing(GPtrArray *findings, const char *member, const char *what, const char *have)
{
    host_findings_add(findings, member, "firmware", what, g_strdup(have), NULL,
                      g_strdup(_("install the package with this firmware (ovmf, edk2)")));
}

static void
add_replacement(GPtrArray *findings, const char *member, const RewriteLoader *to,
                const char *descriptor)
{
    char *have = descriptor ? g_strdup_printf(_("'%s' is of the same kind, as '%s' describes it"),
                                              to->path, descriptor)
                            : g_strdup_printf(_("'%s' is of the same kind"), to->path);

    host_findings_add(findings, member, "firmware", to->was, have,
                      g_strdup_printf(_("uses '%s'"), to->path), NULL);
}

/* Returns: (transfer full) (nullable): what replaces the image @path. */
static RewriteLoader *
find_replacement(const HostBooted *booted, const char *path, const HostFlash *flash,
                 const Firmware *firmware)
{
    g_autofree char *named = NULL;

    if (firmware)
        return rewrite_loader_new(path, firmware->executable, firmware->variables,
                                  firmware->variables_format);
    if (!is_described(flash))
        named = find_by_name(booted->offered, path);

    return named ? rewrite_loader_new(path, named, NULL, NULL) : NULL;
}

/* A domain that names an image which is not here, or not of this kind. */
static void
compare_image(const HostBooted *booted, const char *path, const Needs *needs,
              const HostFlash *flash, GPtrArray *findings, GPtrArray *loaders)
{
    const Firmware *firmware =
        is_described(flash) ? find_described(flash->descriptors, needs) : NULL;
    RewriteLoader *to = find_replacement(booted, path, flash, firmware);

    if (!to) {
        add_missing(findings, booted->member, path, _("no firmware of this kind"));
        return;
    }
    g_ptr_array_add(loaders, to);
    add_replacement(findings, booted->member, to, firmware ? firmware->descriptor : NULL);
}

/* libvirt takes the first that has what is asked for, and then looks whether the domain can start
 * with it. */
static const char *
what_is_wrong(const HostBooted *booted, const Needs *needs, const HostFlash *flash)
{
    Needs asked = *needs;
    const Firmware *firmware;

    asked.variables = 0;
    firmware = find_described(flash->descriptors, &asked);
    if (!firmware)
        return _("no firmware of this kind");
    if (needs->variables > 0 && variables_size(firmware) != needs->variables)
        return _("the firmware that libvirt chooses has variables of another size");
    if (firmware_has_feature(firmware, "requires-smm") &&
        xml_node(booted->domain, "./features/smm[@state='off']"))
        return _("the firmware that libvirt chooses needs <smm>, which is off");

    return NULL;
}

/* A domain that leaves the choice to libvirt, which makes it when the domain is defined or
 * starts. */
static void
compare_choice(const HostBooted *booted, const Needs *needs, const HostFlash *flash,
               GPtrArray *findings)
{
    g_autofree char *kind = xml_text(booted->domain, "./os/@firmware");
    g_autofree char *path =
        kind ? g_strdup_printf("./os/enum[@name='firmware'][not(value='%s')]", kind) : NULL;
    const char *wrong = NULL;

    if (!kind || is_told(findings, booted->member, kind))
        return;
    if (is_described(flash))
        wrong = what_is_wrong(booted, needs, flash);
    else if (xml_node(booted->offered, path))
        wrong = _("no firmware of this kind");
    if (wrong)
        add_missing(findings, booted->member, kind, wrong);
}

void
host_compare_firmware(const HostBooted *booted, const HostFlash *flash, GPtrArray *findings,
                      GPtrArray *loaders)
{
    g_autofree char *path = xml_text(booted->domain, "./os/loader");
    gboolean named = path && *g_strstrip(path);
    g_auto(Needs) needs = {.arch = booted->arch, .machine = booted->machine,
                           .variables = flash->variables};

    if (named && (is_usable(flash, booted->domain, path) ||
                  is_told(findings, booted->member, path)))
        return;
    needs_read(&needs, booted->domain, named ? path : NULL);
    if (named)
        compare_image(booted, path, &needs, flash, findings, loaders);
    else
        compare_choice(booted, &needs, flash, findings);
}
