/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "import/domain-gate.h"

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
