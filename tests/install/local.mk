# SPDX-License-Identifier: LGPL-2.1-or-later

TESTS += tests/install/abi.sh tests/install/install.sh tests/install/versions.sh
EXTRA_DIST += tests/install/abi.sh tests/install/install.sh tests/install/versions.sh
