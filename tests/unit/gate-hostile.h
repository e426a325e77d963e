/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* An ordinary domain, and additions to it that must not be accepted from a stranger. */

#define GATE_BASE                                                                                  \
    "<domain type='kvm'><name>web1</name><os><type>hvm</type></os><devices>"                       \
    "<disk type='file' device='disk'><driver name='qemu' type='qcow2'/>"                           \
    "<source file='/i/a.qcow2'/><target dev='vda' bus='virtio'/></disk></devices></domain>"

/** What is added to it, where, and what is found: its path, and something of its value. */
typedef struct {
    const char *parent; /* XPath from the domain */
    const char *xml;
    const char *path;
    const char *value;
} GateHostile;

/** All of them, ended by one without XML. */
extern const GateHostile gate_hostile[];

G_END_DECLS
