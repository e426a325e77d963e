/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

/** register_verbs: Registers the types of work of all verbs, so that records of jobs can be read.
 * To be called when a program starts that reads records. */
void register_verbs(void);
