/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <string.h>

#include "import/host-machine.h"
#include "util/xml.h"

int
host_version_compare(const char *one, const char *other)
{
    while (*one || *other) {
        char *end_one, *end_other;
        guint64 first = g_ascii_strtoull(one, &end_one, 10);
        guint64 second = g_ascii_strtoull(other, &end_other, 10);

        if (first != second)
            return first < second ? -1 : 1;
        if (end_one == one && end_other == other)
            return 0;
        one = *end_one == '.' ? end_one + 1 : end_one;
        other = *end_other == '.' ? end_other + 1 : end_other;
    }

    return 0;
}

/* The version in a name: "9.2.0" in "pc-q35-rhel9.2.0". A name without version ("pc", "virt") is
 * the newest version. */
static const char *
machine_version(const char *machine)
{
    const char *version = machine + strlen(machine);

    while (version > machine && (g_ascii_isdigit(version[-1]) || version[-1] == '.'))
        version--;
    /* The 35 in "q35" is not a version. */
    return version > machine && (version[-1] == '-' || strchr(version, '.')) ? version : NULL;
}

/* The type without version and distribution: "pc-q35" for "pc-q35-rhel9.2.0" as well. The alias
 * "pc" means "pc-i440fx". */
static char *
machine_board(const char *machine)
{
    static const struct {
        const char *prefix;
        const char *board;
    } boards[] = {
        {"pc-q35", "q35"},       {"q35", "q35"},   {"pc-i440fx", "pc"}, {"pc-", "pc"},
        {"s390-ccw", "s390-ccw"}, {"virt", "virt"}, {"pseries", "pseries"},
    };

    if (g_str_equal(machine, "pc"))
        return g_strdup("pc");
    for (gsize i = 0; i < G_N_ELEMENTS(boards); i++) {
        if (g_str_has_prefix(machine, boards[i].prefix))
            return g_strdup(boards[i].board);
    }

    return g_strdup(machine);
}

static xmlNode *
find_arch(xmlNode *capabilities, const char *arch)
{
    for (xmlNode *guest = NULL; (guest = xml_child(capabilities, "guest", guest));) {
        xmlNode *node = xml_child(guest, "arch", NULL);
        g_autofree char *name = node ? xml_attr(node, "name") : NULL;

        if (g_strcmp0(name, arch) == 0)
            return node;
    }

    return NULL;
}

static char *
better_machine(char *best, const char *board, const char *name)
{
    g_autofree char *other = machine_board(name);
    const char *version = machine_version(name);

    if (!version || !g_str_equal(other, board) ||
        (best && host_version_compare(machine_version(best), version) >= 0))
        return best;
    g_free(best);

    return g_strdup(name);
}

char *
host_machine_choose(xmlNode *capabilities, const char *arch, const char *machine)
{
    xmlNode *node = find_arch(capabilities, arch);
    g_autofree char *board = machine_board(machine);
    g_autofree char *best = NULL;
    g_autoptr(GPtrArray) machines = NULL;

    if (!node)
        return NULL;
    machines = xml_nodes(node, ".//machine");
    for (guint i = 0; i < machines->len; i++) {
        g_autofree char *name = xml_text(g_ptr_array_index(machines, i), ".");

        if (g_str_equal(name, machine))
            return g_steal_pointer(&name);
        best = better_machine(best, board, name);
    }

    return g_steal_pointer(&best);
}

char *
host_machine_canonical(xmlNode *capabilities, const char *arch, const char *machine)
{
    xmlNode *node = find_arch(capabilities, arch);
    g_autoptr(GPtrArray) machines = node ? xml_nodes(node, ".//machine[@canonical]") : NULL;

    for (guint i = 0; machines && i < machines->len; i++) {
        g_autofree char *name = xml_text(g_ptr_array_index(machines, i), ".");

        if (g_strcmp0(name, machine) == 0)
            return xml_attr(g_ptr_array_index(machines, i), "canonical");
    }

    return g_strdup(machine);
}

gboolean
host_has_arch(xmlNode *capabilities, const char *arch)
{
    return find_arch(capabilities, arch) != NULL;
}

gboolean
host_has_type(xmlNode *capabilities, const char *arch, const char *type)
{
    xmlNode *node = find_arch(capabilities, arch);

    for (xmlNode *domain = NULL; node && (domain = xml_child(node, "domain", domain));) {
        g_autofree char *name = xml_attr(domain, "type");

        if (g_strcmp0(name, type) == 0)
            return TRUE;
    }

    return FALSE;
}

GPtrArray *
host_emulators(xmlNode *capabilities)
{
    g_autoptr(GPtrArray) nodes = xml_nodes(capabilities, "./guest/arch//emulator");
    GPtrArray *paths = g_ptr_array_new_with_free_func(g_free);

    for (guint i = 0; i < nodes->len; i++)
        g_ptr_array_add(paths, xml_text(g_ptr_array_index(nodes, i), "."));
    g_ptr_array_add(paths, NULL);

    return paths;
}
