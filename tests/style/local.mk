# SPDX-License-Identifier: LGPL-2.1-or-later

style_tests = \
	tests/style/circles.sh \
	tests/style/house.sh \
	tests/style/po.sh \
	$(NULL)
TESTS += $(style_tests)

EXTRA_DIST += \
	$(style_tests) \
	tests/style/clang.sh \
	tests/style/lib.sh \
	$(NULL)
