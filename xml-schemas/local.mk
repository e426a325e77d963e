# SPDX-License-Identifier: LGPL-2.1-or-later

dist_schema_DATA += \
	xml-schemas/collection.rng \
	xml-schemas/job.rng \
	xml-schemas/common.rng \
	xml-schemas/exportsettings.rng \
	xml-schemas/importsettings.rng \
	xml-schemas/manifest.rng \
	xml-schemas/snapshotset.rng \
	xml-schemas/snapshotsettings.rng \
	xml-schemas/volumes.rng \
	$(NULL)
