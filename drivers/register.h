/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

/** Registers the drivers of this folder with the library. To be called when a program starts. */
void register_drivers(void);

/** Keeps what the drivers use from printing errors by itself. For a program, not for a library:
 * it is for the whole process. */
void drivers_keep_quiet(void);
