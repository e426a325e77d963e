/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include <libvirt/libvirt.h>

#include "hypervisor/domain-survey.h"

G_BEGIN_DECLS

/**
 * libvirt_survey:
 *
 * Reads every domain with all its snapshots, passwords included, so that what is given back to
 * libvirt loses none. Returns: (element-type DomainSurvey): owned by the caller. Source:
 * virConnectListAllDomains, virDomainGetXMLDesc, virDomainSnapshotGetXMLDesc.
 */
GPtrArray *libvirt_survey(virConnectPtr connection, GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
