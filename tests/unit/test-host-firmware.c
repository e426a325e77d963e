/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "import/firmware.h"
#include "import/host-firmware.h"
#include "tests/unit/gate-fixture.h"
#include "tests/unit/harness.h"
#include "util/xml.h"

#define SMALL (128 << 10) /* the variables of images of 2 MiB */
#define LARGE (528 << 10) /* those of images of 4 MiB */

/** A host with firmware as files. */
typedef struct {
    char *directory;
    GPtrArray *descriptors;
} Host;

static void
host_clear(Host *host)
{
    g_ptr_array_unref(host->descriptors);
    scratch_free(host->directory);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Host, host_clear)

static void
add_image(const char *directory, const char *name, gsize bytes)
{
    g_autofree char *path = g_build_filename(directory, name, NULL);

    write_file(path, "", 0);
    g_assert_cmpint(truncate(path, bytes), ==, 0);
}

static void
describe(const char *directory, const char *name, const char *code, const char *variables,
         const char *machines, const char *features)
{
    g_autofree char *path = g_build_filename(directory, name, NULL);
    g_autofree char *text = g_strdup_printf(
        "{\"interface-types\": [\"uefi\"], \"mapping\": {\"device\": \"flash\", "
        "\"executable\": {\"filename\": \"%s/%s\", \"format\": \"raw\"}, "
        "\"nvram-template\": {\"filename\": \"%s/%s\", \"format\": \"raw\"}}, "
        "\"targets\": [{\"architecture\": \"x86_64\", \"machines\": [%s]}], "
        "\"features\": [%s]}",
        directory, code, directory, variables, machines, features);

    write_file(path, text, -1);
}

static Host
host_new(void)
{
    char *directory = scratch_new();
    const char *directories[] = {directory, NULL};

    add_image(directory, "keys.fd", 64);
    add_image(directory, "smm.fd", 64);
    add_image(directory, "plain.fd", 64);
    add_image(directory, "old.fd", 64);
    add_image(directory, "vars.fd", LARGE);
    add_image(directory, "vars-old.fd", SMALL);
    describe(directory, "1.json", "gone.fd", "vars.fd", "\"pc-*\"", "");
    describe(directory, "2.json", "keys.fd", "vars.fd", "\"pc-q35-*\"",
             "\"requires-smm\", \"secure-boot\", \"enrolled-keys\"");
    describe(directory, "3.json", "smm.fd", "vars.fd", "\"pc-q35-*\"",
             "\"requires-smm\", \"secure-boot\"");
    describe(directory, "4.json", "plain.fd", "vars.fd", "\"pc-i440fx-*\", \"pc-q35-*\"",
             "\"acpi-s3\"");
    describe(directory, "5.json", "old.fd", "vars-old.fd", "\"pc-i440fx-*\", \"pc-q35-*\"", "");

    return (Host){directory, firmware_list(directories)};
}

#define CODE(ATTRIBUTES, NAME)                                                                     \
    "<loader type='pflash' readonly='yes' " ATTRIBUTES ">/other/" NAME "</loader>"

/** One domain, and the image that replaces what it names. */
static const struct {
    const char *machine;
    const char *os;
    guint64 variables;
    const char *image; /* NULL: there is none */
} images[] = {
    {"pc-q35-7.2", CODE("", "OVMF_CODE_4M.fd"), LARGE, "plain.fd"},
    {"pc-q35-7.2", CODE("", "OVMF_CODE_4M.fd"), 0, "plain.fd"},
    {"pc-i440fx-7.2", CODE("", "OVMF_CODE_4M.fd"), LARGE, "plain.fd"},
    {"pc-q35-7.2", CODE("", "OVMF_CODE.fd"), SMALL, "old.fd"},
    {"pc-q35-7.2", CODE("", "OVMF_CODE.fd"), 1 << 20, NULL},
    {"pc-q35-7.2", CODE("secure='yes'", "code.fd"), LARGE, "keys.fd"},
    {"pc-q35-7.2", CODE("secure='yes'", "code.fd"), 0, "smm.fd"},
    {"pc-q35-7.2", CODE("secure='no'", "OVMF_CODE.secboot.fd"), LARGE, NULL},
    {"pc-q35-7.2", CODE("", "ovmf-x86_64-ms-4m-code.bin"), LARGE, "keys.fd"},
    {"pc-q35-7.2", CODE("", "AAVMF_CODE.no-secboot.fd"), LARGE, "plain.fd"},
    {NULL, CODE("", "OVMF_CODE_4M.fd"), LARGE, "plain.fd"},
    {"pc-q35-7.2", "<loader>/other/OVMF.fd</loader>", 0, NULL},
    {"pc-q35-7.2", CODE("", "OVMF_CODE.secboot.fd"), 0, "smm.fd"},
    {"pc-q35-7.2", CODE("", "OVMF_CODE_4M.ms.fd"), 0, "keys.fd"},
    {"pc-q35-7.2", CODE("secure='yes'", "OVMF_CODE.secboot.fd"), SMALL, NULL},
    {"pc-i440fx-7.2", CODE("secure='yes'", "OVMF_CODE.secboot.fd"), LARGE, NULL},
    {"virt-7.2", CODE("", "AAVMF_CODE.fd"), 0, NULL},
    {"pc-q35-7.2", CODE("format='qcow2'", "OVMF_CODE_4M.qcow2"), 0, NULL},
    {"pc-q35-7.2", CODE("stateless='yes'", "OVMF.fd"), 0, NULL},
    {"pc-q35-7.2", "<loader type='rom'>/other/bios.bin</loader>", 0, NULL},
    {"pc-q35-7.2",
     "<firmware><feature name='enrolled-keys' enabled='no'/>"
     "<feature name='secure-boot' enabled='yes'/></firmware>" CODE("secure='yes'", "x.ms.fd"),
     LARGE, "smm.fd"},
};

static GPtrArray *
loaders_new(void)
{
    return g_ptr_array_new_with_free_func((GDestroyNotify)rewrite_loader_free);
}

static GPtrArray *
compare(const HostFlash *flash, const char *xml, const char *machine, GPtrArray *loaders)
{
    g_autoptr(xmlDoc) doc = gate_parse(xml);
    g_autoptr(xmlDoc) offered = gate_parse("<domainCapabilities/>");
    HostBooted booted = {xmlDocGetRootElement(doc), "web", "x86_64", machine,
                         xmlDocGetRootElement(offered)};
    GPtrArray *findings = host_findings_new();

    host_compare_firmware(&booted, flash, findings, loaders);
    /* Another document of the same domain. */
    host_compare_firmware(&booted, flash, findings, loaders);

    return findings;
}

static HostFlash
flash_of(const Host *host, guint64 variables)
{
    return (HostFlash){host->descriptors, NULL, NULL, variables > 0, variables};
}

static void
assert_replaced(const Host *host, const RewriteLoader *to, const HostFinding *finding,
                const char *image)
{
    g_autofree char *path = g_build_filename(host->directory, image, NULL);

    g_assert_cmpstr(to->path, ==, path);
    g_assert_true(g_str_has_prefix(to->template, host->directory));
    g_assert_cmpstr(to->template_format, ==, "raw");
    g_assert_nonnull(strstr(finding->have, ".json"));
    g_assert_nonnull(strstr(finding->would_do, path));
}

static void
test_image(void)
{
    g_auto(Host) host = host_new();

    for (gsize i = 0; i < G_N_ELEMENTS(images); i++) {
        g_autofree char *xml = g_strdup_printf("<domain><os>%s</os></domain>", images[i].os);
        HostFlash flash = flash_of(&host, images[i].variables);
        g_autoptr(GPtrArray) loaders = loaders_new();
        g_autoptr(GPtrArray) findings = compare(&flash, xml, images[i].machine, loaders);
        const HostFinding *finding = g_ptr_array_index(findings, 0);

        g_test_message("%s", xml);
        g_assert_cmpuint(findings->len, ==, 1);
        g_assert_cmpstr(finding->kind, ==, "firmware");
        g_assert_cmpuint(loaders->len, ==, images[i].image ? 1 : 0);
        if (images[i].image)
            assert_replaced(&host, g_ptr_array_index(loaders, 0), finding, images[i].image);
        else
            g_assert_cmpstr(finding->have, ==, "no firmware of this kind");
    }
}

/* Where writers may be restricted, secure boot may be wanted. */
static void
test_smm(void)
{
    g_auto(Host) host = host_new();
    HostFlash flash = flash_of(&host, LARGE);
    g_autoptr(GPtrArray) loaders = loaders_new();
    g_autoptr(GPtrArray) findings =
        compare(&flash,
                "<domain><os>" CODE("", "OVMF_CODE.fd") "</os>"
                "<features><smm state='on'/></features></domain>",
                "pc-q35-7.2", loaders);

    g_assert_cmpuint(findings->len, ==, 1);
    assert_replaced(&host, g_ptr_array_index(loaders, 0), g_ptr_array_index(findings, 0),
                    "keys.fd");
}

/* Images that this host has, with variables in the export or without. */
static void
test_present(void)
{
    static const struct {
        const char *image;
        const char *template; /* NULL: none is named */
        guint64 variables;
        const char *other; /* what replaces it; NULL: it is used */
    } table[] = {
        {"plain.fd", NULL, LARGE, NULL},        {"plain.fd", NULL, SMALL, "old.fd"},
        {"plain.fd", NULL, 0, NULL},            {"plain.fd", "vars.fd", 0, NULL},
        {"plain.fd", "gone.fd", 0, "plain.fd"}, {"plain.fd", "gone.fd", LARGE, NULL},
        {"X_CODE.fd", NULL, LARGE, "plain.fd"}, {"X_CODE.fd", NULL, SMALL, NULL},
        {"keys.fd", "vars-old.fd", LARGE, NULL}, {"alone.fd", "vars-old.fd", LARGE, "plain.fd"},
        {"alone.fd", NULL, LARGE, NULL},
    };
    g_auto(Host) host = host_new();

    add_image(host.directory, "X_CODE.fd", 64);
    add_image(host.directory, "X_VARS.fd", SMALL);
    add_image(host.directory, "alone.fd", 64);
    for (gsize i = 0; i < G_N_ELEMENTS(table); i++) {
        g_autofree char *template =
            table[i].template
                ? g_strdup_printf("<nvram template='%s/%s'/>", host.directory, table[i].template)
                : g_strdup("");
        g_autofree char *xml = g_strdup_printf(
            "<domain><os><loader type='pflash' readonly='yes'>%s/%s</loader>%s</os></domain>",
            host.directory, table[i].image, template);
        HostFlash flash = flash_of(&host, table[i].variables);
        g_autoptr(GPtrArray) loaders = loaders_new();
        g_autoptr(GPtrArray) findings = compare(&flash, xml, "pc-q35-7.2", loaders);

        g_test_message("%s", xml);
        g_assert_cmpuint(findings->len, ==, table[i].other ? 1 : 0);
        if (table[i].other)
            assert_replaced(&host, g_ptr_array_index(loaders, 0), g_ptr_array_index(findings, 0),
                            table[i].other);
    }
}

/* What is in the export is not looked for. */
static void
test_exported(void)
{
    g_auto(Host) host = host_new();
    HostFlash flash = {host.descriptors, NULL, "/other/own.fd", FALSE, 0};
    g_autoptr(GPtrArray) loaders = loaders_new();
    g_autoptr(GPtrArray) findings =
        compare(&flash,
                "<domain><os><loader type='pflash' readonly='no'>/other/own.fd</loader></os>"
                "</domain>",
                "pc-q35-7.2", loaders);

    g_assert_cmpuint(findings->len, ==, 0);
}

/* Where libvirt chooses, there has to be something that it can choose, and that the domain starts
 * with. */
static void
test_choice(void)
{
    static const struct {
        const char *rest; /* of a <domain><os …  */
        const char *machine;
        guint64 variables;
        const char *wrong; /* NULL: it fits */
    } table[] = {
        {"firmware='efi'/>", "pc-q35-7.2", 0, NULL},
        {"firmware='efi'/>", "pc-q35-7.2", LARGE, NULL},
        {"firmware='efi'/>", "pc-q35-7.2", SMALL, "another size"},
        {"firmware='efi'/>", "pc-i440fx-7.2", 0, NULL},
        {"firmware='efi'/>", "virt-7.2", 0, "no firmware"},
        {"firmware='bios'/>", "pc-q35-7.2", 0, "no firmware"},
        {"firmware='efi'><loader secure='yes'/></os>", "pc-q35-7.2", 0, NULL},
        {"firmware='efi'><loader secure='yes'/></os>", "pc-i440fx-7.2", 0, "no firmware"},
        {"firmware='efi'><loader stateless='yes'/></os>", "pc-q35-7.2", 0, "no firmware"},
        {"firmware='efi'><firmware><feature name='enrolled-keys' enabled='yes'/></firmware></os>",
         "pc-i440fx-7.2", 0, "no firmware"},
        {"firmware='efi'/><features><smm state='off'/></features>", "pc-q35-7.2", 0, "<smm>"},
        {"firmware='efi'/><features><smm state='off'/></features>", "pc-i440fx-7.2", 0, NULL},
        {"firmware='efi'/><pm><suspend-to-mem enabled='yes'/></pm>", "pc-q35-7.2", 0, NULL},
        {"firmware='efi'/><pm><suspend-to-disk enabled='yes'/></pm>", "pc-q35-7.2", 0,
         "no firmware"},
        {"firmware='efi'/><launchSecurity type='sev'/>", "pc-q35-7.2", 0, "no firmware"},
        {"/>", "virt-7.2", 0, NULL},
    };
    g_auto(Host) host = host_new();

    for (gsize i = 0; i < G_N_ELEMENTS(table); i++) {
        g_autofree char *xml = g_strdup_printf("<domain><os %s</domain>", table[i].rest);
        HostFlash flash = flash_of(&host, table[i].variables);
        g_autoptr(GPtrArray) loaders = loaders_new();
        g_autoptr(GPtrArray) findings = compare(&flash, xml, table[i].machine, loaders);

        g_test_message("%s %s", table[i].rest, table[i].machine);
        g_assert_cmpuint(findings->len, ==, table[i].wrong ? 1 : 0);
        g_assert_cmpuint(loaders->len, ==, 0);
        if (table[i].wrong)
            g_assert_nonnull(strstr(
                ((const HostFinding *)g_ptr_array_index(findings, 0))->have, table[i].wrong));
    }
}

/* The size is what the guest sees. */
static void
test_size(void)
{
    g_autoptr(Scratch) scratch = scratch_new();
    g_autofree char *path = g_build_filename(scratch, "vars", NULL);
    int fd;

    g_free(run("qemu-img", "create", "-q", "-f", "qcow2", path, "528K", NULL));
    fd = open(path, O_RDONLY | O_CLOEXEC);
    g_assert_cmpint(fd, >=, 0);
    g_assert_cmpuint(host_flash_size(fd, "qcow2", path), ==, LARGE);
    g_assert_cmpuint(host_flash_size(fd, "raw", path), >, 0);
    g_assert_cmpuint(host_flash_size(fd, "raw", path), !=, LARGE);
    g_assert_cmpuint(host_flash_size(fd, "vmdk", path), ==, 0);
    g_assert_cmpint(close(fd), ==, 0);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/host-firmware/image", test_image);
    g_test_add_func("/host-firmware/smm", test_smm);
    g_test_add_func("/host-firmware/present", test_present);
    g_test_add_func("/host-firmware/exported", test_exported);
    g_test_add_func("/host-firmware/choice", test_choice);
    g_test_add_func("/host-firmware/size", test_size);

    return g_test_run();
}
