/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include "hypervisor/drivers.h"

static const Drivers *registered;

void
drivers_register(const Drivers *drivers)
{
    registered = drivers;
}

const Drivers *
drivers_get(void)
{
    if (!registered)
        g_error("no drivers are registered");

    return registered;
}
