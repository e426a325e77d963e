/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include <libvirt/libvirt.h>

#include "hypervisor/hypervisor.h"

G_BEGIN_DECLS

/* Defining, starting and undefining domains. The functions are those of HypervisorOps, which
 * documents them. */

DomainRecord *libvirt_describe(Hypervisor *hypervisor, const char *word, gboolean *running,
                               GError **error) G_GNUC_WARN_UNUSED_RESULT;

gboolean libvirt_define(Hypervisor *hypervisor, const char *xml, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

gboolean libvirt_undefine(Hypervisor *hypervisor, const char *uuid, gboolean variables,
                          GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

gboolean libvirt_redefine_snapshot(Hypervisor *hypervisor, const char *domain, const char *xml,
                                   gboolean current, GError **error) G_GNUC_WARN_UNUSED_RESULT;

char *libvirt_capabilities(Hypervisor *hypervisor, GError **error) G_GNUC_WARN_UNUSED_RESULT;

gboolean libvirt_owner(Hypervisor *hypervisor, HypervisorOwner *owner, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

gboolean libvirt_start_domain(Hypervisor *hypervisor, const char *domain, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

gboolean libvirt_restore(Hypervisor *hypervisor, const char *domain, const char *file,
                         gboolean save, GError **error) G_GNUC_WARN_UNUSED_RESULT;

gboolean libvirt_revert(Hypervisor *hypervisor, const char *domain, const char *snapshot,
                        gboolean save, GError **error) G_GNUC_WARN_UNUSED_RESULT;

gboolean libvirt_resume(Hypervisor *hypervisor, const char *domain, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
