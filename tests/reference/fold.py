#!/usr/bin/env python3
"""A second fold, written from the text of the law and not from the program: reads an export of
`jieli export` (or of tests/reference/dump) and prints one JSON line for each entry and each case.

    fold.py [--compare] [FILE]

With --compare it prints only what differs from the verdicts and states that the export tells, a
line each, and ends with 1 if there was any. Naive on purpose: every view is made anew from the
set of acts that it holds.
"""
import json
import sys

import export
import rules

KEEP_OPEN = ("rule", "assign", "supervise")
FACT_MEMBERS = ("to", "verifier", "suggest")


class Case:
    def __init__(self, ledger, case_id, acts):
        self.ledger, self.id, self.convenor = ledger, case_id, ledger.convenor
        self.acts = acts
        self.valid = self.baton_or_keep = 0
        self.kinds, self.keep_open = {}, []
        for bit, a in enumerate(acts):
            a.bit, a.about, a.request, a.keeps = bit, None, False, None
        self.by_id = {a.id: a for a in acts}

    def author(self, act):
        return self.ledger.members[act.log]

    def member(self, act, name):
        return self.ledger.member(name, act.law)

    # ---- seen ----

    def find_direct(self, elsewhere):
        """What each act rests on within the case, and whether something of it is missing."""
        before = {}
        convenor = [a for a in self.acts if a.log == self.convenor.id]
        for a in sorted(self.acts, key=lambda a: a.index):
            a.direct, a.elsewhere, a.lacks = set(), False, False
            if a.log in before:
                a.direct.add(before[a.log].bit)
            before[a.log] = a
            if a.hides():
                continue
            a.direct |= {c.bit for c in convenor if c.index < a.law and c is not a}
            for ref in a.refs:
                if ref in self.by_id:
                    a.direct.add(self.by_id[ref].bit)
                elif ref in elsewhere:
                    a.elsewhere = True
                else:
                    a.lacks = True

    def find_seen(self):
        for a in self.acts:
            a.seen = 0
        moved = True
        while moved:
            moved = False
            for a in sorted(self.acts, key=lambda a: (a.time, a.index)):
                seen = a.seen
                for bit in a.direct:
                    seen |= self.acts[bit].seen | 1 << bit
                seen &= ~(1 << a.bit)
                moved = moved or seen != a.seen
                a.seen = seen

    def find_waiting(self):
        """Acts that wait, and those that rest on them."""
        for a in self.acts:
            own = not a.hides() and (a.lacks or a.waits or self.lacks_kind(a))
            a.stuck = own
        for a in self.acts:
            a.blocked = a.stuck or any(self.acts[b].stuck for b in bits(a.seen))

    @staticmethod
    def lacks_kind(a):
        return a.reason is None and a.kind not in rules.CHECKS and a.kind != ""

    # ---- verdicts ----

    def run(self, elsewhere):
        self.find_direct(elsewhere)
        self.find_seen()
        self.find_waiting()
        rulings = [a for a in self.acts
                   if a.log == self.convenor.id and a.kind in ("rule", "assign")]
        for a in self.acts:
            a.order = (bin(a.seen).count("1"), self.author(a).no, a.index)
            mask = a.seen | 1 << a.bit
            a.baton_order = (sum(mask >> r.bit & 1 for r in rulings),) + a.order
        for a in sorted(self.acts, key=lambda a: a.order):
            self.judge(a)
        self.overtake()

    def judge(self, a):
        if a.blocked and not a.hides() and not a.in_cycle:
            a.verdict, a.reason = "pending", None
            return
        if a.reason is None:
            a.reason = self.reason(a)
        a.verdict = "void" if a.reason else "valid"
        if a.verdict == "valid":
            self.file(a)

    def reason(self, a):
        if a.in_cycle:
            return "cycle"
        if a.elsewhere:
            return "ref_elsewhere"
        if a.kind == "":
            return "unknown_kind"
        why = self.facts_reason(a)
        if why:
            return why
        v = rules.View(self, a.seen)
        opens = a.kind in ("report", "assign")
        if opens != (a.id == self.id) or (not opens and v.opening() is None):
            return "no_case"
        return rules.check(a, v)

    def facts_reason(self, a):
        for name in rules.REQUIRED.get(a.kind, ()):
            if name not in a.facts:
                return "facts"
        if any(isinstance(f, dict) for f in a.facts.values()):
            return "facts"
        names = [a.facts[n] for n in FACT_MEMBERS if n in a.facts]
        names += a.facts.get("supports", [])
        names += [i for _, i in a.facts.get("tracks", [])]
        return None if all(self.member(a, n) for n in names) else "no_member"

    def file(self, a):
        v = rules.View(self, a.seen)
        a.about = None
        if a.kind in ("sign-for", "ask-more", "recall"):
            a.about = rules.about(a, v)
        if a.kind == "rule" and rules.request_to(self, a):
            custodian = v.custody().custodian
            a.request = custodian.id != a.facts["to"]
            a.keeps = custodian
        if self.keeps_open(a, v):
            self.keep_open.append(a)
            self.baton_or_keep |= 1 << a.bit
        if a.kind in rules.BATON + ("regrade", "dual-open"):
            self.baton_or_keep |= 1 << a.bit
        self.kinds.setdefault(a.kind, []).append(a)
        self.valid |= 1 << a.bit
        if a.kind in rules.BATON:
            a.after = rules.View(self, a.seen | 1 << a.bit).custody().custodian
        elif a.kind in ("close", "archive"):
            a.grade_seen = v.grade()

    @staticmethod
    def keeps_open(a, v):
        return a.kind in KEEP_OPEN or a.facts.get("outcome") in ("fail", "relapsed") or \
            (a.kind == "regrade" and rules.GRADES.index(a.facts["grade"]) > v.grade())

    def everything(self):
        return rules.View(self, sum(1 << a.bit for a in self.acts if not a.blocked))

    def overtake(self):
        v = self.everything()
        for a in v.all("close", "archive"):
            if not v.stands(a):
                a.verdict = "overtaken"

    # ---- state ----

    @staticmethod
    def conflict_later(v, ruling):
        return ruling.kind == "rule" and v.conflict_hidden(ruling)

    def state(self):
        v = self.everything()
        out = {"id": self.id, "counts": {
            "entries": len(self.acts),
            "pending": sum(a.verdict == "pending" for a in self.acts),
            "void": sum(a.verdict == "void" for a in self.acts),
            "overtaken": sum(a.verdict == "overtaken" for a in self.acts)}}
        if v.opening() is None:
            out["phase"] = "none"
            return out
        tracks = v.tracks()
        archived = bool(v.standing("archive"))
        closed = v.closed()
        ended = archived or (closed and not tracks)
        out["phase"] = "ended" if ended else "closed" if closed else "open"
        out["closed"], out["archived"] = closed, archived
        self.opening_state(out, v)
        self.custody_state(out, v)
        if v.due_on():
            out["due_on"] = v.due_on()
        out["supports"] = {m.id: sorted({step for _, step in v.support_acts(m.id)})
                           for m in self.ledger.members.values() if v.support_acts(m.id)}
        listings = {(s.log, s.facts["level"]): s for s in v.listings()}
        out["listings"] = [{"by": s.log, "level": s.facts["level"], "id": s.id}
                           for s in listings.values()]
        out["tracks"] = [{"track": n, "investigator": i, "outcome": o or "", "id": a.id}
                         for n, i, a, o in tracks]
        if rules.rectified_verifiers(v):
            out["verifier"] = rules.rectified_verifiers(v)
        out["handler"] = v.handler()
        if v.orders():
            out["erasures"] = len(v.orders())
        out["last_s"] = max(a.time for a in v.every())
        if closed:
            out["closure"] = [c.id for c in v.standing("archive") + v.standing("close")]
            out["pass"] = [p.id for c in v.standing("close")
                           for p in rules.View(self, c.seen).counting_passes()]
        return out

    def opening_state(self, out, v):
        opening = v.opening()
        out["opener"], out["opened_s"] = opening.log, opening.time
        out["assigned"] = opening.kind == "assign"
        out["sector"], out["district"] = opening.facts["sector"], opening.facts["district"]
        out["grade"] = rules.GRADES[v.grade()]

    def custody_state(self, out, v):
        c = v.custody()
        out["custodian"], out["custody_since_s"] = c.custodian.id, c.since
        out["in_force"] = c.force.id
        out["refusals"] = len(v.refusals())
        out["custody_moves"] = len(c.had) - 1
        out["custody_returns"] = sum(m in c.had[:i] for i, m in enumerate(c.had))
        petitions = [p for p in v.all("petition")
                     if not any(r.seen >> p.bit & 1 for r in v.all("rule"))]
        out["petition_open"] = bool(petitions)
        if petitions:
            out["petition"] = [p.id for p in v.latest(petitions)]
        if v.interim():
            out["interim_control"] = v.interim().id
        if c.offer:
            a, by, to, request = c.offer
            out["offer"] = {"id": a.id, "by": by.id, "to": to.id, "request": request,
                            "since_s": a.time,
                            "signed_for": bool(rules.concerning(v, "sign-for", a)),
                            "asked_more": bool(rules.concerning(v, "ask-more", a)),
                            "recall_asked": bool(rules.concerning(v, "recall", a))}
        if c.ruling:
            r = c.ruling
            out["ruling"] = {"id": r.id, "named": r.facts["to"],
                             "final": r.facts.get("authority", "office") != "office",
                             "signed_for": bool(rules.concerning(v, "sign-for", r)) or any(
                                 a.base == r.id for a in v.all("accept")),
                             "conflict_later": self.conflict_later(v, r)}


def bits(mask):
    while mask:
        low = mask & -mask
        yield low.bit_length() - 1
        mask ^= low


# ---- all cases together ----

def case_of(e):
    return e.case if e.case else e.id if e.kind in ("report", "assign") else None


def mark_cycles(ledger, entries):
    """Entries that reach each other: by refs, by their predecessor on the case, by law."""
    by_id = {e.id: e for e in entries}
    convenor = sorted((e for e in entries if e.log == ledger.convenor.id), key=lambda e: e.index)
    edges, before = {}, {}
    for i, e in enumerate(convenor):
        edges["prefix", i] = [e] + ([("prefix", i - 1)] if i else [])
    for e in sorted(entries, key=lambda e: e.index):
        out = edges[e] = []
        spot = (e.log, case_of(e))
        if case_of(e) and spot in before:
            out.append(before[spot])
        before[spot] = e
        if e.hides():
            continue
        out += [by_id[r] for r in e.refs if r in by_id and case_of(by_id[r]) == case_of(e)]
        below = sum(c.index < e.law for c in convenor)
        if below and e.reason != "law_lowered":
            out.append(("prefix", below - 1))
    for group in components(edges):
        found = [e for e in group if isinstance(e, export.Entry)]
        if len(found) > 1:
            for e in found:
                e.in_cycle = True


def components(edges):
    """Strongly connected components (Tarjan, without recursion)."""
    number, low, stack, on = {}, {}, [], set()
    for start in edges:
        if start in number:
            continue
        work = [(start, iter(edges[start]))]
        number[start] = low[start] = len(number)
        stack.append(start)
        on.add(start)
        while work:
            node, rest = work[-1]
            for to in rest:
                if to not in number:
                    number[to] = low[to] = len(number)
                    stack.append(to)
                    on.add(to)
                    work.append((to, iter(edges[to])))
                    break
                if to in on:
                    low[node] = min(low[node], number[to])
            else:
                work.pop()
                if work:
                    low[work[-1][0]] = min(low[work[-1][0]], low[node])
                if low[node] == number[node]:
                    group = []
                    while not group or group[-1] != node:
                        group.append(stack.pop())
                        on.discard(group[-1])
                    yield group


def fold(ledger):
    """Judges every entry; the cases in order of id."""
    ledger.prepare()
    entries = [e for e in ledger.entries() if e.verdict != "foreign"]
    mark_cycles(ledger, entries)
    folded = held = ledger.header.get("convenor_size", len(ledger.logs.get(ledger.convenor.id, ())))
    while True:
        for e in entries:
            e.law_waits = e.law > folded
        cases = fold_cases(ledger, entries)
        below = [e.index for e in entries if e.log == ledger.convenor.id
                 and e.verdict == "pending"]
        now = min(below + [held])
        if now >= folded:
            return cases
        folded = now


def fold_cases(ledger, entries):
    groups, elsewhere = {}, {e.id for e in entries}
    for e in entries:
        if not hasattr(e, "first_reason"):
            e.first_reason, e.first_waits = e.reason, e.waits
        e.reason = e.first_reason
        e.waits = e.first_waits or (e.law_waits and e.reason is None)
        case = case_of(e)
        if case is not None and e.kind_no not in export.GOVERNANCE:
            groups.setdefault(case, []).append(e)
        elif e.kind_no not in export.GOVERNANCE:
            judge_caseless(e)
    cases = [Case(ledger, i, sorted(g, key=lambda e: (ledger.members[e.log].no, e.index)))
             for i, g in sorted(groups.items())]
    for c in cases:
        c.run(elsewhere)
    return cases


def judge_caseless(e):
    if e.reason is None and (e.waits or e.kind in ("zero-report", "rehabilitate")):
        e.verdict = "pending"
        return
    e.reason = e.reason or ("unknown_kind" if e.kind == "" else "no_case")
    e.verdict = "void"


# ---- printing and comparing ----

def tell(ledger, cases):
    for e in ledger.entries():
        line = {"id": e.id, "log": e.log, "index": e.index, "verdict": e.verdict}
        if e.reason:
            line["reason"] = e.reason
        print(json.dumps(line, ensure_ascii=False))
    for c in cases:
        print(json.dumps({"case": c.id, "state": c.state()}, ensure_ascii=False))


LOOSE = ("closure", "pass", "petition", "verifier")


def same(key, mine, theirs):
    """Where the law leaves open which of concurrent acts is shown, `mine` names them all."""
    if key in LOOSE:
        return theirs in mine
    if key == "supports":
        told = {r["member"]: r["status"] for r in theirs}
        return told.keys() == mine.keys() and all(told[m] in mine[m] for m in mine)
    if key in ("listings", "tracks"):
        def plain(rows):
            return sorted(json.dumps({k: v for k, v in r.items() if k != "since_s"}, sort_keys=True)
                          for r in rows)
        return plain(mine) == plain(theirs or [])
    return mine == theirs


def compare(ledger, cases):
    """Lines that say what differs."""
    seed = ledger.header.get("seed", "")
    out = []
    for e in ledger.entries():
        told = e.line.get("verdict")
        if told is None:
            continue
        if e.verdict != told:
            out.append(f"seed {seed}: verdict of {e.kind} {e.log}/{e.index}: {told} "
                       f"{e.told or ''} there, {e.verdict} {e.reason or ''} here")
        elif (e.reason or None) != e.told:
            out.append(f"seed {seed}: reason of {e.kind} {e.log}/{e.index}: {e.told} there, "
                       f"{e.reason} here")
    for c in cases:
        theirs, mine = ledger.states.get(c.id), c.state()
        for key in mine if theirs else ():
            if not same(key, mine[key], theirs.get(key)):
                out.append(f"seed {seed}: state {key} of {c.id[:8]}: {theirs.get(key)} there, "
                           f"{mine[key]} here")
        for key in ("offer", "ruling", "interim_control", "petition", "due_on", "verifier",
                    "closure", "pass", "erasures"):
            if theirs and key in theirs and key not in mine and mine["phase"] != "none":
                out.append(f"seed {seed}: state {key} of {c.id[:8]}: {theirs[key]} there, "
                           "none here")
    return out


def main(arguments):
    comparing = "--compare" in arguments
    files = [a for a in arguments if not a.startswith("--")]
    stream = open(files[0], encoding="utf-8") if files else sys.stdin
    ledgers = differences = 0
    for ledger in export.read(stream):
        cases = fold(ledger)
        ledgers += 1
        if not comparing:
            tell(ledger, cases)
            continue
        for line in compare(ledger, cases):
            differences += 1
            print(line)
    if comparing:
        print(f"{ledgers} ledgers, {differences} differences")
    return 1 if differences else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
