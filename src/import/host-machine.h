/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include <glib.h>
#include <libxml/tree.h>

G_BEGIN_DECLS

/* Machine types in the <capabilities> of a host. Their names end in a version, and a newer version
 * of the same type can run domains of an older one. Source: libvirt's formatcaps page. */

/**
 * host_machine_choose:
 * @capabilities: a <capabilities>
 * @arch: "x86_64"
 * @machine: machine type of a domain
 *
 * Returns: @machine if the host has a machine type with this name or alias, else the newest version
 * of the same type, or NULL; owned by the caller.
 */
char *host_machine_choose(xmlNode *capabilities, const char *arch, const char *machine);

/** host_machine_canonical: Returns: the name of the machine type for which @machine is an alias
 * ("pc-q35-7.2" for "q35"), or a copy of @machine; owned by the caller. */
char *host_machine_canonical(xmlNode *capabilities, const char *arch, const char *machine);

/** host_has_arch: Returns: TRUE if the host has an emulator for @arch. */
gboolean host_has_arch(xmlNode *capabilities, const char *arch);

/** host_has_type: Returns: TRUE if the host can run domains of @type, "kvm" or "qemu", with
 * @arch. */
gboolean host_has_type(xmlNode *capabilities, const char *arch, const char *type);

/** host_emulators: Returns: (element-type utf8): the emulators of the host, terminated by NULL;
 * owned by the caller. */
GPtrArray *host_emulators(xmlNode *capabilities);

/** host_version_compare: Returns: the order, as strcmp() does, of two versions of numbers and dots
 * like "9.10.0". */
int host_version_compare(const char *one, const char *other);

G_END_DECLS
