# SPDX-License-Identifier: LGPL-2.1-or-later

# valid/X is written as canonical/X; invalid/X is refused.
EXTRA_DIST += \
	tests/data/collection/canonical/any-order.xml \
	tests/data/collection/canonical/comments.xml \
	tests/data/collection/canonical/longest-names.xml \
	tests/data/collection/canonical/minimal.xml \
	tests/data/collection/canonical/names.xml \
	tests/data/collection/canonical/plain.xml \
	tests/data/collection/canonical/same-name-both.xml \
	tests/data/collection/canonical/utf16.xml \
	tests/data/collection/invalid/attribute-of-member.xml \
	tests/data/collection/invalid/collection-twice.xml \
	tests/data/collection/invalid/cut-short.xml \
	tests/data/collection/invalid/deep.xml \
	tests/data/collection/invalid/delete-in-domain.xml \
	tests/data/collection/invalid/doctype.xml \
	tests/data/collection/invalid/domain-twice.xml \
	tests/data/collection/invalid/element-in-name.xml \
	tests/data/collection/invalid/empty-domain.xml \
	tests/data/collection/invalid/empty-file.xml \
	tests/data/collection/invalid/empty-name.xml \
	tests/data/collection/invalid/entity-bomb.xml \
	tests/data/collection/invalid/entity.xml \
	tests/data/collection/invalid/external-entity.xml \
	tests/data/collection/invalid/include.xml \
	tests/data/collection/invalid/latin1.xml \
	tests/data/collection/invalid/line-end-in-name.xml \
	tests/data/collection/invalid/long-name-bytes.xml \
	tests/data/collection/invalid/long-name.xml \
	tests/data/collection/invalid/namespace.xml \
	tests/data/collection/invalid/namespaced-member.xml \
	tests/data/collection/invalid/no-name.xml \
	tests/data/collection/invalid/no-utf8.xml \
	tests/data/collection/invalid/not-xml.xml \
	tests/data/collection/invalid/nul-byte.xml \
	tests/data/collection/invalid/nul-reference.xml \
	tests/data/collection/invalid/other-root.xml \
	tests/data/collection/invalid/settings.xml \
	tests/data/collection/invalid/tab-in-domain.xml \
	tests/data/collection/invalid/text-between.xml \
	tests/data/collection/invalid/two-documents.xml \
	tests/data/collection/invalid/two-names.xml \
	tests/data/collection/invalid/unknown-attribute.xml \
	tests/data/collection/invalid/unknown-element.xml \
	tests/data/collection/invalid/upper-case.xml \
	tests/data/collection/invalid/written-out.xml \
	tests/data/collection/valid/any-order.xml \
	tests/data/collection/valid/comments.xml \
	tests/data/collection/valid/longest-names.xml \
	tests/data/collection/valid/minimal.xml \
	tests/data/collection/valid/names.xml \
	tests/data/collection/valid/plain.xml \
	tests/data/collection/valid/same-name-both.xml \
	tests/data/collection/valid/utf16.xml \
	$(NULL)
