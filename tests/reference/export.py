"""Exports of `jieli export` as Python objects: the lines, the roster that governance entries make,
and what is wrong with an entry before its case is looked at.

Signatures, proofs of possession and undecodable bytes are not in an export: for these the reasons
of the export are taken as they are.
"""
import hashlib
import json

HIDES_REFS = {"undecodable", "wrong_ledger", "wrong_member", "signature", "excess"}
GOVERNANCE = set(range(1, 15))
GOVERNANCE_BUILT = {1, 2, 3, 4, 5, 8}
MAX_REFS, MAX_ENTRIES = 64, 1024


def cbor(data, at=0):
    """One deterministic item: (value, place behind it). Tags and floats do not occur."""
    major, info = data[at] >> 5, data[at] & 31
    at += 1
    if major == 7:
        return info == 21, at
    if info >= 24:
        width = 1 << (info - 24)
        info = int.from_bytes(data[at:at + width], "big")
        at += width
    if major == 0:
        return info, at
    if major == 1:
        return -1 - info, at
    if major in (2, 3):
        raw = data[at:at + info]
        return (raw.decode() if major == 3 else raw), at + info
    if major == 4:
        out = []
        for _ in range(info):
            value, at = cbor(data, at)
            out.append(value)
        return out, at
    out = {}
    for _ in range(info):
        key, at = cbor(data, at)
        out[key], at = cbor(data, at)
    return out, at


class Member:
    def __init__(self, no, admission, since, admission_id):
        self.no, self.since, self.admission_id = no, since, admission_id
        self.suspended_since = self.valid_size = None
        self.id, self.kind, self.institution = admission[1], admission[3], admission[4]
        self.powers, self.vertical = set(admission[5]), admission[6]
        self.officers = [Officer(self, admission[9][1:].hex(), admission[11],
                                 {admission[10], "管理员"}, -1, admission_id)]

    def officer(self, key, before):
        for o in self.officers:
            if o.key == key and o.index < before and (o.left is None or before <= o.left):
                return o
        return None


class Officer:
    def __init__(self, member, key, person, posts, index, enrolment):
        self.member, self.key, self.person = member, key, person
        self.posts, self.index, self.enrolment = posts, index, enrolment
        self.left = None        # by the entry at this index of the log
        self.desk = None        # transport key, where the officer may work from a desk


class Entry:
    """One line. `log` is where it stands, `member` whom it names."""

    def __init__(self, line):
        self.line = line
        self.id, self.log, self.index = line["id"], line["log"], line["index"]
        self.log_epoch = line.get("epoch", 0)
        self.decoded = "kind" in line
        self.verdict, self.reason = None, None
        self.waits = self.in_cycle = False
        self.told = line.get("reason")
        self.member = line.get("member", self.log)
        self.kind = line.get("kind", "")
        self.kind_no = line.get("kind_no", 0)
        self.refs = line.get("refs", [])
        self.base, self.case = line.get("base"), line.get("case")
        self.law = line["law"]["size"] if self.decoded else 0
        self.facts = line.get("facts", {})
        self.time = line.get("time_s", 0)
        self.signers = []

    def hides(self):
        return self.reason in HIDES_REFS


def read(stream):
    """The ledgers of a stream: a line with "jieli_export" begins each."""
    ledger = None
    for text in stream:
        line = json.loads(text)
        if "jieli_export" in line:
            if ledger:
                yield ledger
            ledger = Ledger(line)
        elif "log" in line:
            ledger.add(Entry(line))
        elif "state" in line:
            ledger.states[line["case"]] = line["state"]
    if ledger:
        yield ledger


def root(ids):
    """RFC 6962; ids are leaf hashes."""
    if not ids:
        return hashlib.sha256(b"").digest()
    if len(ids) == 1:
        return ids[0]
    split = 1
    while split * 2 < len(ids):
        split *= 2
    return hashlib.sha256(b"\x01" + root(ids[:split]) + root(ids[split:])).digest()


class Ledger:
    def __init__(self, header):
        self.header, self.logs, self.states = header, {}, {}
        self.simulated = header.get("simulated", False)
        genesis, _ = cbor(bytes.fromhex(header["genesis"]))
        self.roots = {r[0][1:].hex(): (r[1], r[2]) for r in genesis[6]}
        self.convenor = Member(0, genesis[8], -1, None)
        self.members = {self.convenor.id: self.convenor}
        self.enrolments, self.refused, self.duties = {}, set(), []

    def add(self, entry):
        self.logs.setdefault(entry.log, []).append(entry)

    def entries(self):
        for log in self.logs.values():
            yield from log

    def member(self, name, law):
        m = self.members.get(name)
        return m if m is not None and m.since < law else None

    def leads(self, sector, district, law):
        """Leads of the rows that answer as of law, both levels."""
        out = set()
        for level in (1, 2):
            rows = [r for since, r in self.duties if since < law and r[2] == level
                    and r[0] == sector]
            for where in (district, "*"):
                found = [r for r in rows if r[1] == where]
                if found:
                    out |= set(found[-1][3])
                    break
        return out

    # ---- what is wrong before the case is looked at ----

    def prepare(self):
        names = [self.convenor.id] + [n for n in self.logs if n != self.convenor.id]
        self.first_places = {}
        for name in names:
            for e in self.logs.get(name, []):
                if e.member == name:
                    self.first_places.setdefault(e.id, e)
        for name in names:
            self.judge_log(name)
        for name in names:
            for e in self.logs.get(name, []):
                beyond = self.beyond(e)
                if e.reason is None and e.verdict is None:
                    e.reason = self.judge_signers(e, beyond)
                elif beyond and e.verdict == "valid":
                    e.verdict, e.reason = "void", "suspended"

    def beyond(self, e):
        """Whether a suspension, by its size alone, makes the entry void."""
        m = self.members.get(e.log)
        return m is not None and m.valid_size is not None and e.index >= m.valid_size

    def judge_log(self, name):
        nonces, law, counts, place = set(), 0, {}, 0
        member = self.members.get(name)
        ids = [bytes.fromhex(e.id) for e in self.logs.get(name, [])]
        for e in self.logs.get(name, []):
            if e.decoded and e.member != name or self.first_places.get(e.id) not in (e, None):
                e.verdict = "foreign"
                continue
            if member is None or (e.index != place and not self.simulated):
                e.waits = True
            place += 1
            e.reason = self.judge_form(e, nonces, law, counts, ids)
            if e.decoded and e.reason != "law_lowered":
                law = max(law, e.law)
            if e.reason is None and e.kind_no in GOVERNANCE:
                self.govern(e)
            elif e.kind_no == 3 and e.reason is not None:
                self.refused.add(e.id)

    def judge_form(self, e, nonces, law, counts, ids):
        if e.told in ("undecodable", "signature"):
            self.note(e, nonces, counts)
            return e.told
        if not e.decoded:
            return "undecodable"
        if e.line.get("ledger", self.header["ledger"]) != self.header["ledger"]:
            return "wrong_ledger"
        again, excess = self.note(e, nonces, counts)
        if self.simulated and e.told in ("repeated", "law_lowered"):
            return e.told          # told by the simulation, whose logs have no such places
        if again:
            return "repeated"
        if not self.simulated and e.law < law or (e.log == self.convenor.id and e.law > e.index):
            return "law_lowered"
        own = e.line.get("own")
        if not self.simulated and own and (
                own["size"] > e.index or root(ids[:own["size"]]).hex() != own["root"]):
            return "own_branch"
        if len(e.refs) > MAX_REFS or excess:
            return "excess"
        return None

    def note(self, e, nonces, counts):
        if not e.decoded:
            return False, False
        mark = (e.line["signers"][0]["key"], e.line["nonce"])
        again = mark in nonces and not self.simulated
        nonces.add(mark)
        case = e.case or (e.id if e.kind in ("report", "assign") else None)
        counts[case] = counts.get(case, 0) + 1
        return again, case is not None and counts[case] > MAX_ENTRIES

    def judge_signers(self, e, beyond):
        """Sets e.signers to (person, member, post, role); e.waits for an enrolment not held."""
        if e.kind_no in GOVERNANCE:
            return None
        own, waits = self.members.get(e.log), False
        if beyond and any("enrolment" in s for s in e.line["signers"]):
            return "suspended"
        for i, s in enumerate(e.line["signers"]):
            if "enrolment" in s:
                o = self.enrolments.get(s["enrolment"])
                if o is None and s["enrolment"] not in self.refused:
                    held = any(x.id == s["enrolment"] for x in self.entries())
                    if not held:
                        waits = True
                        continue
                if o is not None and (o.member is own or o.key != s["key"] or
                                      o.member.since >= e.law or
                                      (o.member.suspended_since is not None and
                                       o.member.suspended_since < e.law)):
                    o = None
                if i == 0:
                    o = None
            else:
                o = own.officer(s["key"], e.index) if own else None
            if o is None or s["post"] not in o.posts:
                return "not_enrolled"
            e.signers.append((o.person, o.member, s["post"], s["role"]))
        e.waits = e.waits or waits
        if e.index == 0:
            return "not_first"
        return "suspended" if beyond else None

    def govern(self, e):
        if e.kind_no not in GOVERNANCE_BUILT:
            e.verdict = "pending"
            return
        e.reason = self.govern_reason(e)
        if e.reason is None:
            e.verdict = "valid"
        elif e.kind_no == 3:
            self.refused.add(e.id)

    def govern_reason(self, e):
        member = self.members.get(e.log)
        signers = e.line["signers"]
        if e.case or e.base or "other_case" in e.line:
            return "facts"
        if (e.index == 0) and e.kind != "certify":
            return "not_first"
        found = []
        for s in signers:
            if "enrolment" in s:
                return "signers"
            o = member.officer(s["key"], e.index) if member else None
            as_root = self.roots.get(s["key"]) if member is self.convenor else None
            if not (o and s["post"] in o.posts) and not (as_root and s["post"] == as_root[0]):
                return "not_enrolled"
            found.append((o, as_root))
        first, is_root = found[0]
        admin = first is not None and "管理员" in first.posts
        if e.kind == "admit":
            return self.admit(e, member, is_root)
        if e.kind == "suspend":
            return self.suspend(e, member, is_root)
        if e.kind == "duty":
            return self.duty(e, member, is_root or admin)
        if not admin:
            return "not_administrator"
        if e.told in ("proof", "key"):
            return e.told
        if e.kind == "leave":
            key = e.facts["officer_key"][2:]
            held = member.officer(key, e.index)
            if held is None:
                return "not_enrolled"
            held.left, held.desk = e.index, None
            return None
        if e.kind == "enrol":
            key = e.facts["officer_key"][2:]
            held = member.officer(key, e.index)
            if held is None and any(x.key == key for x in member.officers):
                return "key_exists" if "person" in e.facts else "facts"
            desk = e.facts.get("transport")
            if desk is not None:
                desk = None if desk == {"cbor": "40"} else desk
                if desk is None and not held:
                    return "facts"
                if desk and any(x.desk == desk and x is not held for x in member.officers):
                    return "key_exists"
            elif held:
                return "key_exists"
            if held:
                held.desk = desk
                self.refused.add(e.id)
                return None
            o = Officer(member, key, e.facts["person"], set(e.facts["posts"]), e.index, e.id)
            o.desk = desk
            member.officers.append(o)
            self.enrolments[e.id] = o
        elif e.index == 0 and member is not self.convenor and member.admission_id not in e.refs:
            return "not_first"
        return None

    def admit(self, e, member, is_root):
        if member is not self.convenor:
            return "not_convenor"
        if not is_root:
            return "not_root"
        admission, _ = cbor(bytes.fromhex(e.facts["admission"]))
        if admission[1] in self.members:
            return "member_exists"
        if e.told in ("proof", "key"):
            return e.told
        m = Member(len(self.members), admission, e.index, e.id)
        self.members[m.id] = m
        self.enrolments[e.id] = m.officers[0]
        return None

    def suspend(self, e, member, is_root):
        if member is not self.convenor:
            return "not_convenor"
        if not is_root:
            return "not_root"
        size = e.facts.get("count")
        if not ("to" in e.facts and "clause" in e.facts and type(size) is int and size > 0):
            return "facts"
        m = self.member(e.facts["to"], e.law)
        if m is None:
            return "no_member"
        if m is self.convenor:
            return "self"
        if m.suspended_since is None:
            m.suspended_since, m.valid_size = e.index, size
        m.valid_size = min(m.valid_size, size)
        return None

    def duty(self, e, member, may):
        if member is not self.convenor:
            return "not_convenor"
        if not may:
            return "not_administrator"
        rows, _ = cbor(bytes.fromhex(e.facts["duty_rows"]))
        if any(self.member(n, e.law) is None for r in rows for n in r[3] + r[4]):
            return "no_member"
        self.duties += [(e.index, r) for r in rows]
        return None
