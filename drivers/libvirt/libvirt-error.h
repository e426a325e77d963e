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
 * @format: what was being done and to what, printf-like
 *
 * Translates libvirt's last error of this thread (virGetLastError) into our domain. libvirt's own
 * text and its error code and domain stay in the message, for whoever has to look deeper.
 */
void libvirt_error_set(GError **error, const char *format, ...) G_GNUC_PRINTF(2, 3);

G_END_DECLS
