/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* The rules for values:
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
 *   card        a kind of network card that needs nothing of this host but a network or bridge by
 *               its name, or one of the user's own
 *   =a|b|c      one of those words */

/** What of this host an export may name, and what is replaced in any case. */
typedef struct {
    const char *const *emulators; /* absolute paths, from the host's capabilities; NULL: none */
    const char *const *firmware;  /* absolute paths that the host offers as <loader> or NVRAM
                                   * template, in addition to the directories of firmware packages;
                                   * NULL: none */
    const char *const *disks; /* targets ("vda") of disks whose source and chain are replaced by
                               * images of the export, or that are removed; NULL: none */
    const char *const *files; /* elements of <os> whose file is replaced by one of the export:
                               * "kernel", "initrd", "dtb", "shim", "loader"; NULL: none. The NVRAM
                               * always is */
    gboolean user_cards; /* a network card may be of type "user". Its guest reaches what listens on
                          * this host for programs of this host alone: for whoever runs guests as
                          * himself it is the usual card, and else nobody's to give */
} GateRules;

/** The context of a value. */
typedef struct {
    const GateRules *rules;
    const char *element; /* name of the element */
    gboolean attribute;  /* it is the value of an attribute, and not the element's text */
} GateContext;

/**
 * gate_value_allowed:
 * @rule: one of the rules above; NULL accepts only white space
 *
 * No rule accepts control characters other than tabs and line breaks in text.
 *
 * Returns: TRUE if @rule accepts @value.
 */
gboolean gate_value_allowed(const char *rule, const char *value, const GateContext *context);

/** gate_value_reason: Returns: (transfer none): why @rule does not accept a value, translated. */
const char *gate_value_reason(const char *rule);

G_END_DECLS
