# SPDX-License-Identifier: LGPL-2.1-or-later

# What is promised about planning is tested with everything else.
check_PROGRAMS += tests/bench/plan
TESTS += tests/bench/plan
