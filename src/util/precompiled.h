/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */
#pragma once

/* What nearly every file includes and what takes a compiler the longest, for
 * builds with --enable-precompiled-headers. A file still includes by itself
 * whatever it needs: the others know nothing of this one.
 */

#include <config.h>

#include <gio/gio.h>
#include <glib/gstdio.h>
#include <libxml/tree.h>
#include <string.h>
