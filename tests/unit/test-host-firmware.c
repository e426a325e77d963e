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
    {"pc-q35-7.2", CODE("secure='no'", "OVMF_CODE.secboot.fd"), LARGE, "plain.fd"},
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
compare(const Host *host, const char *xml, const char *machine, guint64 variables,
        HostLoader *to)
{
    g_autoptr(xmlDoc) doc = gate_parse(xml);
    g_autoptr(xmlDoc) offered = gate_parse("<domainCapabilities/>");
    HostFlash flash = {host->descriptors, FALSE, variables};
    GPtrArray *findings = host_findings_new();

    host_compare_firmware(xmlDocGetRootElement(doc), "web", machine,
                          xmlDocGetRootElement(offered), &flash, findings, to);

    return findings;
}

static void
assert_replaced(const Host *host, const HostLoader *to, const HostFinding *finding,
                const char *image)
{
    g_autofree char *path = g_build_filename(host->directory, image, NULL);

    g_assert_cmpstr(to->loader, ==, path);
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
        g_autofree char *xml =
            g_strdup_printf("<domain><os><type arch='x86_64'>hvm</type>%s</os></domain>",
                            images[i].os);
        HostLoader to = {NULL, NULL, NULL};
        g_autoptr(GPtrArray) findings =
            compare(&host, xml, images[i].machine, images[i].variables, &to);
        const HostFinding *finding = g_ptr_array_index(findings, 0);

        g_test_message("%s", xml);
        g_assert_cmpuint(findings->len, ==, 1);
        g_assert_cmpstr(finding->kind, ==, "firmware");
        if (images[i].image) {
            assert_replaced(&host, &to, finding, images[i].image);
        } else {
            g_assert_null(to.loader);
            g_assert_cmpstr(finding->have, ==, "no firmware of this kind");
        }
        g_free(to.loader);
        g_free(to.template);
        g_free(to.template_format);
    }
}

/* Where libvirt chooses, there has to be something that it can choose. */
static void
test_choice(void)
{
    static const struct {
        const char *os;
        const char *machine;
        gboolean fits;
    } table[] = {
        {"<os firmware='efi'>", "pc-q35-7.2", TRUE},
        {"<os firmware='efi'>", "pc-i440fx-7.2", TRUE},
        {"<os firmware='efi'>", "virt-7.2", FALSE},
        {"<os firmware='bios'>", "pc-q35-7.2", FALSE},
        {"<os firmware='efi'><loader secure='yes'/>", "pc-q35-7.2", TRUE},
        {"<os firmware='efi'><loader secure='yes'/>", "pc-i440fx-7.2", FALSE},
        {"<os firmware='efi'><firmware><feature name='enrolled-keys' enabled='yes'/></firmware>",
         "pc-i440fx-7.2", FALSE},
        {"<os>", "virt-7.2", TRUE},
    };
    g_auto(Host) host = host_new();

    for (gsize i = 0; i < G_N_ELEMENTS(table); i++) {
        g_autofree char *xml = g_strdup_printf(
            "<domain>%s<type arch='x86_64'>hvm</type></os></domain>", table[i].os);
        HostLoader to = {NULL, NULL, NULL};
        g_autoptr(GPtrArray) findings = compare(&host, xml, table[i].machine, 0, &to);

        g_test_message("%s %s", table[i].os, table[i].machine);
        g_assert_cmpuint(findings->len, ==, table[i].fits ? 0 : 1);
        g_assert_null(to.loader);
    }
}

/* A guest with encrypted memory needs firmware that was built for it. */
static void
test_sealed(void)
{
    g_auto(Host) host = host_new();
    HostLoader to = {NULL, NULL, NULL};
    g_autoptr(GPtrArray) findings =
        compare(&host,
                "<domain><os firmware='efi'><type arch='x86_64'>hvm</type></os>"
                "<launchSecurity type='sev'/></domain>",
                "pc-q35-7.2", 0, &to);

    g_assert_cmpuint(findings->len, ==, 1);
}

/* The size is what the guest sees. */
static void
test_size(void)
{
    g_autoptr(Scratch) scratch = scratch_new();
    g_autofree char *path = g_build_filename(scratch, "vars", NULL);
    g_autofree char *output = run("qemu-img", "create", "-q", "-f", "qcow2", path, "528K", NULL);
    int fd = open(path, O_RDONLY | O_CLOEXEC);

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
    g_test_add_func("/host-firmware/choice", test_choice);
    g_test_add_func("/host-firmware/sealed", test_sealed);
    g_test_add_func("/host-firmware/size", test_size);

    return g_test_run();
}
