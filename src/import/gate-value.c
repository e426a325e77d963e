/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <glib/gi18n-lib.h>
#include <string.h>

#include "import/gate-value.h"

#define WORD_BYTES 256
#define TEXT_BYTES 4096
#define FEW 16384
#define SET_LAST 65535

typedef gboolean (*ValueCheck)(const char *value, const GateContext *context);

#define WORDS(...) ((const char *const[]){__VA_ARGS__, NULL})

static gboolean
contains_word(const char *const *words, const char *word)
{
    return words && g_strv_contains(words, word);
}

/* --- plain values ------------------------------------------------------------ */

static gboolean
is_printable(const char *value)
{
    for (; *value; value++) {
        if (g_ascii_iscntrl(*value) && *value != '\t' && *value != '\n' && *value != '\r')
            return FALSE;
    }

    return TRUE;
}

static gboolean
check_text_value(const char *value, const GateContext *context)
{
    return strlen(value) <= TEXT_BYTES;
}

static gboolean
check_word(const char *value, const GateContext *context)
{
    return strlen(value) <= WORD_BYTES && !strpbrk(value, "/\n\r\t");
}

/* Skips decimal or hexadecimal digits. Returns: the position behind them; NULL if there are
 * none. */
static const char *
skip_digits(const char *value)
{
    gboolean hex = g_str_has_prefix(value, "0x") || g_str_has_prefix(value, "0X");
    const char *first = hex ? value + 2 : value;
    const char *end = first + strspn(first, hex ? "0123456789abcdefABCDEF" : "0123456789");

    return end > first && end - first <= 20 ? end : NULL;
}

static gboolean
check_number_value(const char *value, const GateContext *context)
{
    const char *end = skip_digits(*value == '-' || *value == '+' ? value + 1 : value);

    return end && !*end;
}

/* Skips a number that is at most @last. Returns: the position behind it; NULL if there is none. */
static const char *
skip_bounded(const char *value, guint64 last)
{
    const char *end = skip_digits(value);

    return end && g_ascii_strtoull(value, NULL, *value == '0' && value[1] ? 16 : 10) <= last ? end
                                                                                            : NULL;
}

static gboolean
check_few(const char *value, const GateContext *context)
{
    do
        value = skip_bounded(value, FEW);
    while (value && *value++ == '.');

    return value && !value[-1];
}

static gboolean
check_set(const char *value, const GateContext *context)
{
    if (strlen(value) > TEXT_BYTES || strspn(value, "0123456789,-^ ") < strlen(value))
        return FALSE;
    while ((value = strpbrk(value, "0123456789"))) {
        value = skip_bounded(value, SET_LAST);
        if (!value)
            return FALSE;
    }

    return TRUE;
}

static gboolean
check_mac(const char *value, const GateContext *context)
{
    for (guint i = 0; i < 17; i++) {
        if (i % 3 == 2 ? value[i] != ':' : !g_ascii_isxdigit(value[i]))
            return FALSE;
    }

    return !value[17];
}

/* --- paths on this host ------------------------------------------------------ */

/* Whether the path is absolute and has no "." or ".." component. */
static gboolean
is_clean_path(const char *path)
{
    return *path == '/' && strlen(path) <= TEXT_BYTES && !strstr(path, "//") &&
           !strstr(path, "/../") && !strstr(path, "/./") && !g_str_has_suffix(path, "/..") &&
           !g_str_has_suffix(path, "/.");
}

static gboolean
is_below_path(const char *path, const char *const *directories)
{
    for (; *directories; directories++) {
        if (g_str_has_prefix(path, *directories))
            return TRUE;
    }

    return FALSE;
}

static gboolean
check_zone(const char *value, const GateContext *context)
{
    return *value != '/' && *value != ':' && !strstr(value, "..") && strlen(value) <= WORD_BYTES;
}

/* Whether this is an emulator of the host, or in a directory where packages of a distribution
 * install it, to which only root can write. */
static gboolean
check_emulator(const char *value, const GateContext *context)
{
    static const char *const directories[] = {"/usr/bin/", "/usr/sbin/", "/usr/libexec/",
                                              "/usr/local/bin/", "/bin/", NULL};
    const char *name = strrchr(value, '/');

    if (!is_clean_path(value))
        return FALSE;
    if (contains_word(context->rules->emulators, value))
        return TRUE;
    for (const char *const *directory = directories; *directory; directory++) {
        if (strncmp(value, *directory, (gsize)(name + 1 - value)) == 0 &&
            strlen(*directory) == (gsize)(name + 1 - value))
            return g_str_has_prefix(name, "/qemu-system-") || g_str_equal(name, "/qemu-kvm") ||
                   g_str_equal(name, "/kvm");
    }

    return FALSE;
}

/* Whether this is firmware that the host offers, or in a directory of firmware packages of Debian,
 * Fedora, SUSE, Arch or NixOS. A loader without a path only says what libvirt is to choose. What is
 * replaced by a file of the export is the text of its element; a template is not, and libvirt
 * copies it into what the guest can read. */
static gboolean
check_firmware(const char *value, const GateContext *context)
{
    static const char *const directories[] = {
        "/usr/share/OVMF/",  "/usr/share/ovmf/",    "/usr/share/AAVMF/",
        "/usr/share/edk2/",  "/usr/share/edk2-",    "/usr/share/qemu/",
        "/usr/share/qemu-kvm/", "/usr/share/qemu-efi", "/usr/share/seabios/",
        "/usr/share/u-boot", "/usr/lib/u-boot/",    "/run/libvirt/nix-ovmf/",
        NULL};

    if (!context->attribute && (!*value || contains_word(context->rules->files, context->element)))
        return TRUE;

    return is_clean_path(value) &&
           (contains_word(context->rules->firmware, value) || is_below_path(value, directories));
}

static gboolean
check_file_value(const char *value, const GateContext *context)
{
    return contains_word(context->rules->files, context->element);
}

static gboolean
check_random(const char *value, const GateContext *context)
{
    return g_strv_contains(WORDS("", "/dev/urandom", "/dev/random", "/dev/hwrng"), value);
}

static gboolean
check_pts(const char *value, const GateContext *context)
{
    const char *end;

    if (!g_str_has_prefix(value, "/dev/pts/"))
        return FALSE;
    end = skip_digits(value + strlen("/dev/pts/"));

    return end && !*end;
}

/* Whether this is a socket of the system's libvirt, of a user's libvirt below the home directory or
 * /run/user, or of an embedded driver. It is removed when the domain is rewritten, because libvirt
 * creates another one. */
static gboolean
check_channel(const char *value, const GateContext *context)
{
    if (!is_clean_path(value))
        return FALSE;

    return check_pts(value, context) || strstr(value, "/libvirt/qemu/") ||
           strstr(value, "/lib/qemu/channel/");
}

static gboolean
check_rendernode(const char *value, const GateContext *context)
{
    const char *end;

    if (!g_str_has_prefix(value, "/dev/dri/renderD"))
        return FALSE;
    end = skip_digits(value + strlen("/dev/dri/renderD"));

    return end && !*end;
}

static gboolean
check_card(const char *value, const GateContext *context)
{
    if (g_str_equal(value, "user"))
        return context->rules->user_cards;

    return g_strv_contains(WORDS("network", "bridge", "null", "internal"), value);
}

/* --- the rules --------------------------------------------------------------- */

static const struct {
    const char *rule;
    ValueCheck check;
    const char *reason;
} rules[] = {
    {"word", check_word, N_("it is too long, or names a file")},
    {"number", check_number_value, N_("it is no number")},
    {"few", check_few, N_("it is no number, or one that asks for too much of the host")},
    {"set", check_set, N_("it is no set of processors or nodes, or names too many")},
    {"text", check_text_value, N_("it is too long")},
    {"any", check_text_value, N_("it is too long")},
    {"mac", check_mac, N_("it is no MAC address")},
    {"zone", check_zone, N_("it is no time zone")},
    {"emulator", check_emulator, N_("the program is no emulator of this host")},
    {"firmware", check_firmware,
     N_("the file is not in a directory where packages have their firmware")},
    {"file", check_file_value, N_("it is a file of the host, and the export does not hold it")},
    {"random", check_random, N_("it is not one of the host's random devices")},
    {"pts", check_pts, N_("it is a file or device of the host")},
    {"channel", check_channel, N_("the socket is not in a directory of libvirt")},
    {"card", check_card, N_("it reaches the network of the host")},
    {"rendernode", check_rendernode, N_("it is no render node of a graphics card")},
};

static gboolean
is_one_of(const char *words, const char *value)
{
    g_auto(GStrv) split = g_strsplit(words, "|", -1);

    return g_strv_contains((const char *const *)split, value);
}

static gboolean
is_blank(const char *value)
{
    return value[strspn(value, " \t\r\n")] == '\0';
}

gboolean
gate_value_allowed(const char *rule, const char *value, const GateContext *context)
{
    g_autofree char *stripped = NULL;

    if (!rule)
        return is_blank(value);
    if (!is_printable(value))
        return FALSE;
    stripped = g_strstrip(g_strdup(value));
    if (*rule == '=')
        return is_one_of(rule + 1, stripped);
    for (gsize i = 0; i < G_N_ELEMENTS(rules); i++) {
        if (g_str_equal(rules[i].rule, rule))
            return rules[i].check(stripped, context);
    }

    g_return_val_if_reached(FALSE);
}

const char *
gate_value_reason(const char *rule)
{
    for (gsize i = 0; rule && i < G_N_ELEMENTS(rules); i++) {
        if (g_str_equal(rules[i].rule, rule))
            return _(rules[i].reason);
    }

    return _("this value is not taken from an export");
}
