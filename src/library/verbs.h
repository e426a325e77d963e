/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

/** register_verbs: Has the records of jobs know the work of every verb. To be called when a program
 * starts that reads them. */
void register_verbs(void);
