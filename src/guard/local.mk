# SPDX-License-Identifier: LGPL-2.1-or-later

# Thaws guests when whoever froze them was killed; found beside the other programs in the build tree.
libexec_PROGRAMS += virtsnap-guard
virtsnap_guard_SOURCES = src/guard/main.c
virtsnap_guard_LDADD = $(internal_libs)
# Whoever holds guests needs it, in the build tree too.
EXTRA_virtsnap_DEPENDENCIES = virtsnap-guard$(EXEEXT)
EXTRA_virtsnapd_DEPENDENCIES = virtsnap-guard$(EXEEXT)
