/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* What a value may be. Rules:
 *   word        no '/', at most 256 bytes
 *   number      decimal with a sign or 0x and hexadecimal
 *   few         a number up to 16384, or USB's "1.2" of such: hosts need memory for each
 *   set         processors or nodes, as "0-3,^2", up to 65535
 *   text        at most 4096 bytes
 *   any         at most 4096 bytes, of what is replaced or removed
 *   mac         a MAC address
 *   zone        a time zone, below the system's own
 *   emulator    an emulator of this host, or what packages install as one
 *   firmware    a file below the directories of firmware packages, or one that this host offers
 *   file        the export holds it
 *   random      nothing, or one of the host's random devices
 *   pts         a pseudo terminal
 *   channel     a socket below libvirt's own directories
 *   rendernode  a render node of a graphics card
 *   =a|b|c      one of those words */

/** What an export may name of this host, and what of it is replaced in any case. */
typedef struct {
    const char *const *emulators; /* absolute paths, from the host's capabilities; NULL: none */
    const char *const *firmware;  /* absolute paths that the host itself offers as <loader> or NVRAM
                                   * template, beside the directories of firmware packages; NULL:
                                   * none */
    const char *const *disks; /* targets ("vda") whose source and chain are replaced by images of
                               * the export, or that are left out; NULL: none */
    const char *const *files; /* elements of <os> whose file is replaced by one of the export:
                               * "kernel", "initrd", "dtb", "shim", "loader"; NULL: none. NVRAM
                               * always is */
} GateRules;

/** What a value belongs to. */
typedef struct {
    const GateRules *rules;
    const char *element; /* name of the element */
} GateContext;

/**
 * gate_value_allowed:
 * @rule: as above; NULL lets white space pass only
 *
 * No rule lets control characters pass other than a tab or a line's end in text.
 *
 * Returns: whether @value is taken from an export.
 */
gboolean gate_value_allowed(const char *rule, const char *value, const GateContext *context);

/** gate_value_reason: Returns: (transfer none): why @rule lets a value not pass, translated. */
const char *gate_value_reason(const char *rule);

G_END_DECLS
