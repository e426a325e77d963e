/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

/**
 * libvirt_loop_start:
 *
 * Gives libvirt an event loop in a thread and a main context of its own, for as long as the
 * process runs, unless the program has registered one already: that is kept and used. libvirt's
 * default one iterates GLib's default context, and so would run the program's callbacks in that
 * thread. Source: virEventRegisterImpl(), which keeps the first one.
 */
void libvirt_loop_start(void);
