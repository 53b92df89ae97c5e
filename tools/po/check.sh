#!/bin/sh
# Fails when a string that people may read has no Chinese translation, or only a fuzzy one, or when a
# translation does not take the same arguments. Run from the root of the project.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
tools/po/extract.sh "$folder/jieli.pot"
msgfmt --check --check-format -o "$folder/jieli.mo" tools/po/zh_CN.po
msgmerge --quiet --no-fuzzy-matching -o "$folder/merged.po" tools/po/zh_CN.po "$folder/jieli.pot"
msgattrib --no-obsolete --untranslated "$folder/merged.po" >"$folder/missing.po"
msgattrib --no-obsolete --only-fuzzy tools/po/zh_CN.po >"$folder/fuzzy.po"
missing=$(grep -c '^msgid ' "$folder/missing.po" || true)
fuzzy=$(grep -c '^msgid ' "$folder/fuzzy.po" || true)
if [ "$missing" -gt 0 ] || [ "$fuzzy" -gt 0 ]; then
    echo "tools/po/zh_CN.po: strings without translation, or fuzzy:" >&2
    cat "$folder/missing.po" "$folder/fuzzy.po" >&2
    exit 1
fi
