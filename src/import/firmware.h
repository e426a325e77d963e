/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "util/error.h"

G_BEGIN_DECLS

/* Descriptors of the firmware of a host: files in JSON by which packages tell what each image can
 * do and for which machines it is. libvirt chooses by the same files. Source: QEMU's
 * docs/interop/firmware.json. */

typedef struct {
    char *architecture;  /* as QEMU calls it: "x86_64", "i386" */
    GPtrArray *machines; /* char*: patterns like "pc-q35-*" */
} FirmwareTarget;

typedef struct {
    char *descriptor; /* path of the descriptor */
    GPtrArray *interfaces; /* char*: "uefi", "bios", … */
    char *device;     /* "flash", "memory"; "kernel" is none that a domain names */
    char *mode;       /* "split", "stateless", "combined"; NULL unless it is a flash */
    char *executable; /* absolute path of the image */
    char *format;     /* its format: "raw", "qcow2" */
    char *variables;  /* absolute path of the variables that a new domain gets; NULL: none */
    char *variables_format; /* their format; NULL: none */
    GPtrArray *targets;  /* FirmwareTarget */
    GPtrArray *features; /* char*: "secure-boot", "requires-smm", "enrolled-keys", … */
} Firmware;

/**
 * firmware_parse:
 * @text: at most FIRMWARE_BYTES
 * @descriptor: path of the descriptor
 *
 * Returns: owned by the caller; NULL with CORRUPT naming @descriptor and what is wrong in it.
 * Members that are not known are passed over, as the format has it.
 */
Firmware *firmware_parse(const char *text, gsize length, const char *descriptor, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/** The largest descriptor in bytes; real ones have less than 2 KiB. */
#define FIRMWARE_BYTES ((gsize)1 << 16)

/**
 * firmware_list:
 * @directories: absolute paths, terminated by NULL; a file replaces one of the same name in a
 * directory before, and an empty one only hides it
 *
 * Reads all descriptors of a host. Those that cannot be read or parsed are left out: no domain is
 * given what they describe. Returns: (element-type Firmware): in the order in which they are
 * preferred, owned by the caller.
 */
GPtrArray *firmware_list(const char *const *directories);

/**
 * firmware_directories:
 * @session: whether guests run as the user of this process, who can have own descriptors
 *
 * Returns: the directories for firmware_list(), to be freed with g_strfreev().
 */
char **firmware_directories(gboolean session);

/** firmware_has_feature: Whether it has the feature @name. */
gboolean firmware_has_feature(const Firmware *self, const char *name);

/** firmware_has_interface: Whether the guest finds the interface @name: "uefi", "bios". */
gboolean firmware_has_interface(const Firmware *self, const char *name);

/** firmware_runs_on: Whether it is for machines of the type @machine, as "pc-q35-7.2" (NULL: for
 * any one), of the architecture that libvirt calls @arch. */
gboolean firmware_runs_on(const Firmware *self, const char *arch, const char *machine);

/** firmware_free: Frees @self, which may be NULL. */
void firmware_free(Firmware *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Firmware, firmware_free)

G_END_DECLS
