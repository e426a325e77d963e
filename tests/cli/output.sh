#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 The virtsnap developers
#
# Where results go and how they end, with libvirt's test driver as the host.
. "$abs_top_srcdir/tests/cli/lib.sh"

run virtsnap -c test:///default uri
ends_with 0 "uri"
is "$out" test:///default "uri prints the connection's"
run virtsnap uri --connect=test:///default
is "$out" test:///default "options may stand behind the command"
run virtsnap -ctest:///default uri
is "$out" test:///default "and may stand right before their value"
run env LIBVIRT_DEFAULT_URI=test:///default virtsnap uri
is "$out" test:///default "without -c the environment decides"
run env LIBVIRT_DEFAULT_URI=nothing:///x virtsnap -c test:///default uri
is "$out" test:///default "-c goes before it"
run virtsnap --json -c test:///default uri
one_object "uri --json"
is "$(jq -r .uri <<<"$out")" test:///default "uri --json says it"

run virtsnap -c test:///default version
ends_with 0 "version"
like "$out" 'virtsnap: +[0-9.]+.*libvirt: +[0-9.]+.*hypervisor: TEST' "version prints all"
run virtsnap --json -c test:///default version
one_object "version --json"
run virtsnap --version
like "$out" '^virtsnap [0-9.]+$' "--version"
run virtsnap -qV
like "$out" '^[0-9.]+$' "--version --quiet is the number"
run virtsnap --json -V
one_object "--version --json"

fails 1 "nothing:///x" "a connection that fails" virtsnap -c nothing:///x uri
run virtsnap --json -c nothing:///x uri
ends_with 1 "and its status with --json"
one_object "is one JSON object"
fails 1 "--service" "--service says that it is not there" virtsnap --service uri
fails_json 1 not-supported "--service" virtsnap --json --service uri
fails 1 "'x\\\\x0Ay'|x\\\\x0Ay" "an error is one line, whatever stands in it" \
    virtsnap -c $'nothing:///x\ny' uri

run virtsnap -d -c test:///default uri
is "$out" test:///default "--debug leaves standard output alone"

# Output that cannot be written is a failure.
for json in '' --json; do
    status=0
    # shellcheck disable=SC2086
    virtsnap $json help >/dev/full 2>"$TEST_DIR/err" || status=$?
    is "$status" 1 "a full device ${json:-without --json}"
    like "$(<"$TEST_DIR/err")" "^error: cannot write" "is said ${json:-without --json}"
    status=0
    # shellcheck disable=SC2086
    virtsnap $json help 2>"$TEST_DIR/err" >&- || status=$?
    is "$status" 1 "a closed standard output ${json:-without --json}"
    # The reader is gone for certain before anything is written.
    # shellcheck disable=SC2086
    { while (echo) 2>/dev/null; do :; done
      status=0; virtsnap $json help 2>"$TEST_DIR/err" || status=$?
      echo "$status" >"$TEST_DIR/status"; } | true
    is "$(<"$TEST_DIR/status")" 1 "a reader that went away ${json:-without --json}"
done
for option in --version --help; do
    status=0
    virtsnapd $option >/dev/full 2>"$TEST_DIR/err" || status=$?
    is "$status" 1 "a full device, virtsnapd $option"
    like "$(<"$TEST_DIR/err")" "^virtsnapd: cannot write" "is said, virtsnapd $option"
    check "virtsnapd $option" virtsnapd $option
done

# Without the schemas nothing can be read, which is not the same as nothing being there.
mkdir -p "$TEST_DIR/exports/shop/s" "$VIRTSNAP_STATE_DIR/sets"
echo '<export/>' >"$TEST_DIR/exports/shop/s/manifest.xml"
fails 1 "schema '.*none/manifest.rng'.*VIRTSNAP_SCHEMA_DIR" "exports without the schema" \
    env VIRTSNAP_SCHEMA_DIR="$TEST_DIR/none" virtsnap export-list "$TEST_DIR/exports"
fails 1 "schema '.*none/manifest.rng'" "to remove them by rules" \
    env VIRTSNAP_SCHEMA_DIR="$TEST_DIR/none" virtsnap export-prune "$TEST_DIR/exports" --keep-last 1
check "a collection" virtsnap -q -c test:///default collection-create-as shop --domain test
fails 1 "schema '.*none/collection.rng'" "collections without the schema" \
    env VIRTSNAP_SCHEMA_DIR="$TEST_DIR/none" virtsnap collection-list
echo '<snapshotset/>' >"$VIRTSNAP_STATE_DIR/sets/one.xml"
cp -r "$VIRTSNAP_SCHEMA_DIR" "$TEST_DIR/some" && rm "$TEST_DIR/some/snapshotset.rng"
fails 1 "schema '.*some/snapshotset.rng'" "sets without the schema" \
    env VIRTSNAP_SCHEMA_DIR="$TEST_DIR/some" virtsnap -c test:///default snapshot-list shop
rm "$VIRTSNAP_STATE_DIR/sets/one.xml"
check "it goes" virtsnap -q collection-undefine shop

status=0
virtsnap --nonsense >/dev/full 2>/dev/null || status=$?
is "$status" 2 "a usage error stays one"

# Tests what surrounds an export; the export itself is tested elsewhere.
fails 2 "--to DIR is needed" "export without --to" virtsnap export c s
fails 2 "not both" "a collection and --domain" virtsnap export c s --domain d --to x
fails 2 "name a collection and its snapshot" "neither of them" virtsnap export s --to x
fails 2 "'lots'" "export --progress=lots" virtsnap export c s --to x --progress=lots
fails 2 "--to is empty" "an empty --to" virtsnap export c s --to ''

# So is a plan of what is to be started; the service is not asked.
fails 2 "choose one" "export --async --dry-run" virtsnap export c s --to x --dry-run --async
fails 2 "choose one" "import --async --dry-run" virtsnap import e --to x --dry-run --async

# A value that an option cannot have is a usage error, wherever it is found.
wrong() { fails 2 "$1" "${*:2}" virtsnap "${@:2}"; }
wrong "'?99" export c s --to x --parallel 99
wrong "'?x'" export c s --to x --bandwidth x
wrong "'?foo'" export c --to x --live=foo
wrong "'?foo'" export c s --to x --snapshots foo
wrong "'?foo'" export c s --to x --compress foo
wrong "'?0'?" export c --live --to x --base latest --keep-reference-points 0
wrong "--mac is 'x'" import e --to x --mac x
wrong "'?0'?" import e --to x --parallel 0
wrong "'x'" import e --to x --rename x
wrong "--in-place" import e --to x --in-place --pool p
wrong "'?x'" import-detach d --bandwidth x
wrong "--timeout is '0'" verify e --boot --timeout 0
wrong "--memory" verify e --boot --memory x
wrong "--timeout: '0'" snapshot-create-as c s --timeout 0
wrong "" snapshot-create-as c s --quiesce --memory
wrong "choose one" snapshot-create-as c s --pause --no-pause
wrong "'?x'" snapshot-delete c s --bandwidth x
wrong "'?x'" reference-point-convert c s --bandwidth x
wrong "RATE" --service job-speed 1 x
fails_json 4 invalid-parameter "with --json" virtsnap --json export c s --to x --parallel 99
ends_with 2 "the status is the same then"
echo '<exportsettings><parallel>99</parallel></exportsettings>' >"$TEST_DIR/wrong.xml"
fails 1 "99" "what is in a file is no usage error" virtsnap export c s --to x \
    --settings "$TEST_DIR/wrong.xml"

done_testing
