/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

/** Registers all drivers. To be called when a program starts. */
void register_drivers(void);

/** Keeps the libraries that the drivers use from printing errors, for the whole process. Only for
 * programs, not for the library. */
void drivers_keep_quiet(void);
