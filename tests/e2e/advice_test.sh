#!/usr/bin/env bash
# What the programs say when something is wrong: messages, next steps and exit codes.
# Reports each step as a TAP line. JIELI_BUILD names the build folder.
. "$(dirname "$0")/steps.bash"

AW=(--home "$DIR/anweiban")
H=$DIR/anweiban
K=$DIR

expect "a ledger of two signatures begins" 0 genesis --home "$DIR/two" --domain aw.example.gov \
    --member anweiban --members configs/ezhou/members.tsv --post 管理员 --person E001 \
    --key "$K/t1.key" --root-key "$K/t2.key" --root-post 安委会主任 --root-person E000 \
    --root-key "$K/t3.key" --root-post 安委会主任 --root-person E002 --k 2 --no-passphrase
says "with a warning" "take --k 1"
expect "a ledger begins" 0 genesis "${AW[@]}" --domain aw.example.gov --member anweiban \
    --members configs/ezhou/members.tsv --post 管理员 --person E001 --key "$K/e001.key" \
    --root-key "$K/e000.key" --root-post 安委会主任 --root-person E000 --no-passphrase
LEDGER=$(sed -n 's/^ledger = //p' "$H/jieli.conf")
start anweiban
NODE=$!
expect "the node is certified" 0 init "${AW[@]}" --key "$K/e001.key"
expect "an officer is enrolled" 0 officer add --post 经办人 --person E011 --new-key "$K/a1.key" \
    --no-passphrase "${AW[@]}" --key "$K/e001.key"
REPORT=(report --district echeng --source inspection --clause GB50028 --grade general
    --title 管网 --enterprise 某公司 "${AW[@]}" --key "$K/a1.key")
expect "without a map no sector is doubted" 0 "${REPORT[@]}" --sector nosuch
says_not "no warning" "warning"
expect "a row of the map is added" 0 duty add ranqi --leads anweiban "${AW[@]}" --key "$K/e000.key"

# A table with one bad row leaves no row behind, and says which one it is.
printf '# id\tlead\tsupports\nlvyou\tanweiban\t\n# a comment\nyanhua\tanweiban\tweihua\n' >"$DIR/map.tsv"
DUTY=(duty "$DIR/map.tsv" "${AW[@]}" --key "$K/e000.key")
expect "a row with a member that is not admitted is refused" 1 "${DUTY[@]}"
says "with its line and the member" "$DIR/map.tsv:4: weihua is no admitted member"
says "and with where to look" "jieli members"
expect "so is one given by itself" 1 duty add yanhua --leads weihua "${AW[@]}" --key "$K/e000.key"
says "by the member" "jieli duty: weihua is no admitted member"
printf '# id\tlead\tlevel\nlvyou\tanweiban\tcounty\n' >"$DIR/map.tsv"
expect "a wrong cell is named" 2 "${DUTY[@]}"
says "with its line" "$DIR/map.tsv:2: a level is city or district"
expect "the map is listed" 0 duty list "${AW[@]}"
says_not "without the good row of the bad table" "lvyou"
printf '# id\tlead\tsupports\nlvyou\tanweiban\t\n' >"$DIR/map.tsv"
expect "a good table is taken" 0 "${DUTY[@]}"
expect "the map is listed again" 0 duty list "${AW[@]}"
says "with its row" "lvyou"

# A slip of the pen in a sector: told, never refused.
expect "a sector that the map lacks is taken" 0 "${REPORT[@]}" --sector ranqii
says "with a warning" "has no sector ranqii"
says "and the nearest codes" "nearest: ranqi"
expect "machines are warned as well" 0 "${REPORT[@]}" --sector ranqii --json
says "in a field of the answer" '"warnings":["warning'
expect "a sector of the map is taken" 0 "${REPORT[@]}" --sector ranqi
says_not "without a warning" "warning"
CASE=$(sed -n 's/^case //p' "$OUT")

# What is missing is said before a question is asked, and none is asked where nobody answers.
expect "an offer without its clause" 2 offer "$CASE" --ground competent "${AW[@]}" --key "$K/a1.key"
says "is told that the clause is missing" "clause"
says_not "and not asked" "[y/N]"
expect "a case is handed to nobody unknown" 1 hand-to "$CASE" --officer E999 "${AW[@]}" \
    --key "$K/a1.key"
says "who is named" "person number E999"
expect "and to one of ours" 0 hand-to "$CASE" --officer E011 "${AW[@]}" --key "$K/a1.key"

# Key files.
cp "$K/a1.key" "$K/wide.key" && chmod 644 "$K/wide.key" && ln -s a1.key "$K/link.key"
expect "a key that others may read is refused" 7 progress "$CASE" "${AW[@]}" --key "$K/wide.key"
says "for its mode" "mode 0644"
says "with the remedy" "chmod 600 $K/wide.key"
expect "a link to a key is refused" 7 progress "$CASE" "${AW[@]}" --key "$K/link.key"
says "as a link" "symbolic link"

# Files and folders.
expect "a bundle into no folder" 3 bundle create "$DIR/none/x.bundle" "${AW[@]}"
says "is told so" "no such folder"
expect "a file that is no bundle" 2 bundle apply /dev/null "${AW[@]}"
says "is told so" "no bundle of Jieli"
expect "a bundle that is not there" 3 bundle apply "$DIR/none.bundle" "${AW[@]}"
says "is told so" "no such file"
: >"$DIR/no.heads"
expect "a file without heads" 2 bundle create "$DIR/x.bundle" --since "$DIR/no.heads" "${AW[@]}"
says "is told so" "holds no heads"
expect "a bundle is made" 0 bundle create "$DIR/all.bundle" "${AW[@]}"
head -c 3000 "$DIR/all.bundle" >"$DIR/cut.bundle"
expect "a bundle cut short" 8 bundle apply "$DIR/cut.bundle" "${AW[@]}"
says "is told so" "cut short"

# Audit.
expect "a bundle is audited" 0 audit "$DIR/all.bundle" --genesis "$LEDGER"
case $LEDGER in *0) WRONG=${LEDGER%?}1 ;; *) WRONG=${LEDGER%?}0 ;; esac
expect "a mistyped ledger is no damage" 2 audit "$DIR/all.bundle" --genesis "$WRONG"
says "both are told apart" "is of the ledger $LEDGER"
says_not "nothing is called broken" "BROKEN"
expect "the same of a home" 2 audit "${AW[@]}" --genesis "$WRONG"
expect "no home to be audited" 2 audit --home "$DIR/none" --json
says "the object says the same" '"exit":2'
expect "a file that is no bundle is audited" 1 audit /dev/null --genesis "$LEDGER"
says_not "colons stand alone" "::"
expect "a copy that is not there is no damage either" 2 audit "${AW[@]}" --against "$DIR/none"
says "the copy is named" "$DIR/none, to compare with: there is no such file"
expect "nor is one that is no bundle" 2 audit "$DIR/all.bundle" --genesis "$LEDGER" \
    --against /dev/null
says "and is told so" "/dev/null, to compare with: this file is no bundle"
expect "the copy it came from is no other" 0 audit "$DIR/all.bundle" --genesis "$LEDGER" \
    --against "$H"
expect "one case is made a file" 0 bundle create "$DIR/one.bundle" --case "$CASE" "${AW[@]}"
expect "and compared with nothing" 2 audit "$DIR/one.bundle" --genesis "$LEDGER" \
    --against "$DIR/all.bundle"
says "for what it is" "holds a part of the logs"
expect "an unknown command answers machines" 2 dance --json
says "with an object" '"error":"ERR_USAGE"'

# Help.
expect "outcomes of a look-back" 0 look-back --help
says "are its own" "--outcome held"
says_not "and no others" "no-hazard"
expect "an offer's recipient" 0 offer --help
says "may come from the map" "else by the map"

# Doctor.
expect "the doctor finds all well" 0 doctor "${AW[@]}"
says "on the clock of the committee" "UTC+8"
says "of our log as well" "our own log"
ENV=(PATH=/usr/bin)
expect "machines get data" 0 doctor "${AW[@]}" --json
says "in one language" "MiB free"
says "and as figures" '"free_bytes":'
ENV=(JIELI_LANG=en)

# Drafts.
expect "an act is drafted" 0 draft recall "$CASE" "${AW[@]}" --key "$K/a1.key"
expect "drafts are listed" 0 drafts "${AW[@]}"
says "as waiting" "waits for signatures"

# Two histories of one log.
kill "$NODE" && wait "$NODE" 2>/dev/null
cp -a "$H" "$DIR/copy"
start anweiban
NODE=$!
expect "the home goes on" 0 progress "$CASE" "${AW[@]}" --key "$K/a1.key"
kill "$NODE" && wait "$NODE" 2>/dev/null
start copy
COPY=$!
expect "its copy goes on as well" 0 progress "$CASE" --home "$DIR/copy" --key "$K/a1.key"
expect "and makes a bundle" 0 bundle create "$DIR/copy.bundle" --home "$DIR/copy"
kill "$COPY" && wait "$COPY" 2>/dev/null
start anweiban
NODE=$!
expect "the bundle of a fork" 8 bundle apply "$DIR/copy.bundle" "${AW[@]}"
says "names whose log it is" "another history of the log of anweiban"
COUNT=$((COUNT + 1))
if grep -q 'event=fork member=anweiban' "$DIR/anweiban.log"; then
    echo "ok $COUNT - the node's own lines tell it"
else
    FAILED=1
    echo "not ok $COUNT - the node's own lines tell it"
fi
expect "blind spots list it" 9 blindspots "${AW[@]}"
says "once" "one member signed two histories"
expect "the doctor as well" 1 doctor "${AW[@]}"
says "as bad" "two histories of it are proven"
kill "$NODE" && wait "$NODE" 2>/dev/null

# A home older than what it published, and damaged files.
mv "$DIR/copy" "$DIR/older" && cp "$H/last-head" "$DIR/kept"
rm "$DIR/older/last-head"
start older
NODE=$!
expect "a home without its last head is read" 0 show "$CASE" --home "$DIR/older"
expect "and signs nothing" 8 progress "$CASE" --home "$DIR/older" --key "$K/a1.key"
says "what to do is said" "never delete last-head"
expect "the doctor knows" 1 doctor --home "$DIR/older"
says "why" "older than what was published"
kill "$NODE" && wait "$NODE" 2>/dev/null
truncate -s 20000 "$DIR/older/db/data.mdb"
expect "a shortened database is told" 8 show "$CASE" --home "$DIR/older"
says "with its file" "db/data.mdb"
expect "by the audit as well" 1 audit --home "$DIR/older"
says "with its file" "db/data.mdb"
cp "$H/db/data.mdb" "$DIR/whole.mdb"
for at in 2 3 4 5 6 8 12 20; do
    cp "$DIR/whole.mdb" "$H/db/data.mdb"
    head -c 40960 /dev/urandom |
        dd of="$H/db/data.mdb" bs=4096 seek=$at conv=notrunc status=none
    COUNT=$((COUNT + 1))
    jieli audit "${AW[@]}"
    audited=$?
    timeout 10 "$BUILD/jielid" "${AW[@]}" >"$DIR/noise.log" 2>&1
    started=$?
    # Pages that are free now are nothing's loss: then the audit ends as before, the node goes on.
    case $audited/$started in
    [138]/70 | 3/124 | 1/72 | 3/72 | 1/124) echo "ok $COUNT - noise over page $at is told" ;;
    *)
        FAILED=1
        echo "not ok $COUNT - noise over page $at is told"
        echo "# audit $audited, jielid $started"
        sed 's/^/# /' "$OUT" "$DIR/noise.log"
        ;;
    esac
done
cp "$DIR/whole.mdb" "$H/db/data.mdb"
truncate -s 100 "$H/genesis"
expect "a damaged genesis is told" 8 show "$CASE" "${AW[@]}"
says "with its file" "genesis: the file is damaged"
echo "1..$COUNT"
exit $FAILED
