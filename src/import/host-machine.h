/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include <glib.h>
#include <libxml/tree.h>

G_BEGIN_DECLS

/* Machine types, from a host's <capabilities>. Their names end in a version, and a newer one of
 * the same kind runs what an older one ran. Source: libvirt's formatcaps page. */

/**
 * host_machine_choose:
 * @capabilities: a <capabilities>
 * @arch: "x86_64"
 * @machine: what a domain wants
 *
 * Returns: @machine if the host has it, by this name or as an alias, else the newest of its kind,
 * or NULL; owned by the caller.
 */
char *host_machine_choose(xmlNode *capabilities, const char *arch, const char *machine);

/** host_has_arch: Returns: whether the host has an emulator for @arch. */
gboolean host_has_arch(xmlNode *capabilities, const char *arch);

/** host_has_type: Returns: whether the host runs @arch as domains of @type, "kvm" or "qemu". */
gboolean host_has_type(xmlNode *capabilities, const char *arch, const char *type);

/** host_emulators: Returns: (element-type utf8): those of the host, ended by NULL; the caller's. */
GPtrArray *host_emulators(xmlNode *capabilities);

/** host_version_compare: Returns: as strcmp(), of dotted numbers like "9.10.0". */
int host_version_compare(const char *one, const char *other);

G_END_DECLS
