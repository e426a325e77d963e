#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 The virtsnap developers
#
# Messages come in the user's language, and names survive every locale.
. "$abs_top_srcdir/tests/cli/lib.sh"
requires msgfmt localedef /usr/share/i18n/locales/es_ES

mkdir -p "$TEST_DIR/locale/es/LC_MESSAGES"
check "the Spanish messages compile" \
    msgfmt -c -o "$TEST_DIR/locale/es/LC_MESSAGES/virtsnap.mo" "$abs_top_srcdir/po/es.po"
# This locale is Spanish, because in C.UTF-8 newer C libraries ignore LANGUAGE.
mkdir "$TEST_DIR/locales"
check "a Spanish locale" \
    localedef --no-archive -i es_ES -f UTF-8 "$TEST_DIR/locales/es_ES.UTF-8"
spanish()
{
    env VIRTSNAP_LOCALE_DIR="$TEST_DIR/locale" LOCPATH="$TEST_DIR/locales" LC_ALL=es_ES.UTF-8 \
        virtsnap "$@"
}

run spanish help
like "$out" "OPCIONES GLOBALES" "the help in Spanish"
is "$(longer_than 80 <<<"$out")" "" "fits 80 columns, accents and all"
run spanish exprot
like "$err" "^error: no existe la orden 'exprot'; ¿quería decir 'export'\\?" "an error in Spanish"
run spanish --json nonsense-command
mapfile -t error < <(jq -r '.error.name, .error.message' <<<"$out")
is "${error[0]}" invalid-parameter "names in JSON are not translated"
like "${error[1]}" "no existe la orden" "messages in JSON are"
mapfile -t all < <(commands)
# One virtsnap prints the help of all commands; each one's goes to a file of its number.
printf '%s --help\n' "${all[@]}" >"$TEST_DIR/script"
spanish <"$TEST_DIR/script" |
    awk -v file="$TEST_DIR/text-" '/^  NOMBRE$/ { n++ } { print >(file n) }'
for i in "${!all[@]}"; do
    command=${all[i]} out=$(<"$TEST_DIR/text-$((i + 1))")
    like "$out" "NOMBRE.*\ $command -.*.*SINOPSIS.*DESCRIPCIÓN" "$command --help in Spanish"
    is "$(longer_than 80 <<<"$out")" "" "$command --help fits 80 columns"
done
run env LC_ALL=C LANGUAGE=es VIRTSNAP_LOCALE_DIR="$TEST_DIR/locale" virtsnap help
like "$out" "GLOBAL OPTIONS" "the C locale is English"

# cron sets no locale. Names are bytes then, and are printed as they were given.
for locale in C C.UTF-8; do
    run env LC_ALL=$locale virtsnap help 'señal 日本'
    like "$err" "señal 日本" "a name in the locale $locale"
    run env LC_ALL=$locale virtsnap export 'señal' --domain '日本' --to "$TEST_DIR/ü" --progress='ñ'
    like "$err" "'ñ'" "the value of an option in the locale $locale"
    run env LC_ALL=$locale virtsnap --json help $'\xff'
    one_object "bytes that are not UTF-8 in the locale $locale"
done

done_testing
