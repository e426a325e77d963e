# SPDX-License-Identifier: LGPL-2.1-or-later

memory_tests = tests/memory/valgrind.sh
TESTS += $(memory_tests)
EXTRA_DIST += $(memory_tests)
