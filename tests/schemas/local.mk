# SPDX-License-Identifier: LGPL-2.1-or-later

schema_tests = tests/schemas/agree.sh
TESTS += $(schema_tests)
EXTRA_DIST += $(schema_tests)
