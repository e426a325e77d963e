#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 The virtsnap developers
#
# This is no test. It makes what the first live test would wait for, the guest and what libvirt
# knows of QEMU, while the build leaves a processor idle. It needs nothing that is built. Each test
# makes what is missing, so it does not matter when this script ends, or how.
. "$abs_top_srcdir/tests/tap.sh"
. "$abs_top_srcdir/tests/live/lib.sh"
live_setup
