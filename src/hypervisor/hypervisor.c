/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include "hypervisor/hypervisor.h"

void
host_info_free(HostInfo *info)
{
    if (!info)
        return;
    g_free(info->uri);
    g_free(info->host);
    g_free(info->type);
    g_free(info->version);
    g_free(info->libvirt_version);
    g_free(info->tpm_states);
    g_free(info);
}

void
snapshot_record_free(SnapshotRecord *record)
{
    if (!record)
        return;
    g_free(record->name);
    g_free(record->xml);
    g_free(record);
}

void
domain_record_free(DomainRecord *record)
{
    if (!record)
        return;
    g_free(record->name);
    g_free(record->uuid);
    g_free(record->xml);
    g_clear_pointer(&record->snapshots, g_ptr_array_unref);
    g_clear_pointer(&record->others, g_ptr_array_unref);
    g_clear_pointer(&record->volumes, g_ptr_array_unref);
    g_free(record);
}
