# SPDX-License-Identifier: LGPL-2.1-or-later

hostile_tests = tests/hostile/exports.sh tests/hostile/import-domains.sh tests/hostile/imports.sh
TESTS += $(hostile_tests)
EXTRA_DIST += $(hostile_tests) tests/hostile/lib.sh
check_PROGRAMS += tests/hostile/opens
