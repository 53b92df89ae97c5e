#!/usr/bin/env bash
# The part of STYLE.md that a script can judge. Prints file:line of what breaks a rule and fails.
set -u
cd "$(dirname "$0")/.."
export LC_ALL=C.UTF-8

files=$(find crypto ledger net node tools tests -name '*.[ch]' -not -path 'tests/fuzz/corpus/*' |
    LC_ALL=C sort)
product=$(echo "$files" | grep -v '^tests/')
silent=$(echo "$files" | grep -E '^(crypto|ledger|net)/')

# Names the rule behind each finding "file:line: text" of the input.
broken() { sed "s|\$|   ($1)|"; }

long_functions() {
    awk '
        FNR == 1 { start = 0 }
        /^[a-zA-Z_].*\(/ && !/;[[:space:]]*$/ { start = FNR }
        /^}/ {
            if (start > 0 && FNR - start + 1 > 70)
                print FILENAME ":" start ": " FNR - start + 1 " lines"
            start = 0
        }
        /^[^ ].*;[[:space:]]*$/ { start = 0 }' $1
}

# Wide characters take two columns.
long_lines() {
    perl -CSD -ne 'chomp; $n = length($_) + (() = /[\x{2e80}-\x{a4cf}\x{ac00}-\x{d7a3}\x{f900}-\x{faff}\x{fe30}-\x{fe4f}\x{ff01}-\x{ff60}]/g);
        print "$ARGV:$.: $n columns\n" if $n > 100; close ARGV if eof' $1
}

own_types() {
    local known='u?int(8|16|32|64|max|ptr|_fast8|_fast32|_least64)_t|s?size_t|ptrdiff_t|wchar_t|wint_t'
    known="$known|(off|pid|uid|gid|mode|time|dev|ino|blksize|suseconds|useconds|clockid|socklen)_t"
    known="$known|(nfds|in_port|tcflag|speed|sa_family|posix_[a-z_]+|sigset|sig_atomic|pthread(_[a-z]+)?|cpu_set|fsblkcnt)_t"
    known="$known|(atomic_[a-z0-9]+|json|json_(int|error)|mdb_(size|mode)|utf8proc_[a-z0-9]+|LargestIntegralType|locale|max_align)_t"
    grep -noE '\b[A-Za-z_0-9]+_t\b' $1 | grep -vE ":($known)\$"
}

globals() {
    grep -nE '^(static |extern |_Thread_local )*([a-zA-Z_]+ )+\**[a-zA-Z_0-9]+(\[[^]]*\])*( = .*|;|,)$' \
        $1 | grep -vE ':(static |extern )*const |:(struct|union|enum) [a-z_0-9]+;|:typedef |\*const |:return '
    grep -nE '^(static |extern )*const [a-z_ ]*\*[a-z_0-9]+(\[[^]]*\])*( = .*|;)$' $1
    grep -nE '^[[:space:]]+static ' $1 | grep -vE 'static const (struct \{.*\} [a-z_]+\[|[^*]*$)|\*const |static_assert|static inline'
}

findings=$({
long_functions "$files" | broken 'a function has at most 70 lines'
for file in $files; do
    lines=$(wc -l <"$file")
    [ "$lines" -le 600 ] || echo "$file:600: $lines lines"
done | broken 'a file has at most 600 lines'
long_lines "$files" | broken 'a line has at most 100 columns'
grep -nP '\t' $files | broken 'no tabs'
grep -nE '[[:space:]]+$' $files | broken 'no blanks at the end of a line'
grep -nE '\btypedef (struct|union)\b' $files | broken 'no typedef of a struct'
own_types "$files" | broken 'no type of ours ends in _t'
grep -nE '^[a-z][^=]*\bcrypto_[a-z0-9_]+(\(|\[|;| =)' $files | broken 'crypto_ is for libsodium'
grep -nE '\b(printf|fprintf|vprintf|vfprintf|dprintf|puts|fputs|putchar|perror)\(' $silent |
    broken 'only node/ and tools/ print'
globals "$product" | broken 'no globals but constants'
grep -nE '\b(sleep|usleep|nanosleep)\(' $(echo "$files" | grep '^tests/') |
    broken 'tests wait on a condition'
grep -nwE 'TODO|FIXME|XXX|HACK' $files | broken 'nothing is left to do'
})
[ -z "$findings" ] || { echo "$findings"; exit 1; }
