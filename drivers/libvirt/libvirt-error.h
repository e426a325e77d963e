/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include <libvirt/libvirt.h>
#include <libvirt/virterror.h>

#include "util/error.h"

G_BEGIN_DECLS

typedef virDomain LibvirtDomain;
typedef virDomainSnapshot LibvirtSnapshot;

static inline void
libvirt_domain_clear(LibvirtDomain *domain)
{
    if (domain)
        virDomainFree(domain);
}

static inline void
libvirt_snapshot_clear(LibvirtSnapshot *snapshot)
{
    if (snapshot)
        virDomainSnapshotFree(snapshot);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC(LibvirtDomain, libvirt_domain_clear)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LibvirtSnapshot, libvirt_snapshot_clear)

/**
 * libvirt_error_set:
 * @error: (nullable)
 * @...: what was being done and to what, printf-like
 *
 * Translates libvirt's last error in this thread (virGetLastError()) to VIRT_SNAP_ERROR. The
 * message includes libvirt's text, error code and error domain for diagnosis.
 *
 * Every call of libvirt resets the last error, even virDomainGetName(). The error is therefore
 * saved before the arguments are evaluated, which may call libvirt.
 */
#define libvirt_error_set(error, ...)                                                             \
    G_STMT_START {                                                                                \
        virErrorPtr libvirt_error_ = virSaveLastError();                                          \
        libvirt_error_take(error, libvirt_error_, __VA_ARGS__);                                   \
    }                                                                                             \
    G_STMT_END

/**
 * libvirt_error_take:
 * @last: (nullable) (transfer full): an error of libvirt
 * @format: what was being done and to what, printf-like
 *
 * Translates a saved error as libvirt_error_set() does.
 */
void libvirt_error_take(GError **error, virErrorPtr last, const char *format, ...)
    G_GNUC_PRINTF(3, 4);

G_END_DECLS
