# SPDX-License-Identifier: LGPL-2.1-or-later

# What needs a machine of its own: no part of `make check`, whose time is limited.
machine_tests = \
	tests/machine/apparmor.sh \
	tests/machine/cifs.sh \
	tests/machine/foreign.sh \
	tests/machine/nfs.sh \
	tests/machine/pool-nfs.sh \
	tests/machine/pools.sh \
	$(NULL)

.PHONY: check-machine
check-machine: $(BUILT_SOURCES)
	$(MAKE) all
	TEST_TIMEOUT=3600 $(MAKE) check-TESTS TESTS='$(machine_tests)'

EXTRA_DIST += \
	$(machine_tests) \
	tests/in-machine \
	tests/machine/init \
	tests/machine/initrd-init \
	tests/machine/lib.sh \
	tests/machine/pool-lib.sh \
	$(NULL)
