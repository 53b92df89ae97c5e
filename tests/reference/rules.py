"""What the law says of each act, over a view: the part of a case that somebody had seen.

A check returns None for a valid act, else the reason why it is void.
"""

BATON = ("report", "assign", "offer", "accept", "refuse", "rule")
DIRECTORS = ("安委会主任", "安委会副主任")
VERIFIER = "验收人"


class Custody:
    """After a baton act: custodian, what is in force, and the open offer."""

    def __init__(self):
        self.force = self.custodian = self.ruling = self.took = None
        self.former = []                        # (ruling, custodian replaced, by whom)
        self.offer = None                       # (act, by, to, is a request)
        self.had = []                           # custodians in turn
        self.since = 0


def request_to(case, act):
    """The member that a rule or assign asks instead of ordering: a vertical organ of another
    institution."""
    to = case.member(act, act.facts["to"])
    return to if to.vertical and to.institution != case.convenor.institution else None


def give(custody, member, act):
    if custody.custodian is not member:
        custody.custodian, custody.since = member, act.time
        custody.had.append(member)
        custody.took = act


def apply(case, custody, a):
    """The baton act `a` in its place."""
    kind, author, custody.force = a.kind, case.author(a), a
    offered, custody.offer = custody.offer, None
    if kind == "report":
        give(custody, author, a)
        if "to" in a.facts:
            custody.offer = (a, author, case.member(a, a.facts["to"]), False)
    elif kind == "assign":
        custody.ruling = a
        asked = request_to(case, a)
        give(custody, author if asked else case.member(a, a.facts["to"]), a)
        if asked:
            custody.offer = (a, author, asked, True)
    elif kind == "offer":
        custody.offer = (a, author, case.member(a, a.facts["to"]), False)
    elif kind == "accept":
        give(custody, author, a)
    elif kind == "rule":
        custody.ruling = a
        now = a.keeps if a.request else case.member(a, a.facts["to"])
        if now is not custody.custodian:
            custody.former.append((a, custody.custodian, now))
        if a.request:
            give(custody, a.keeps, a)
            custody.offer = (a, author, case.member(a, a.facts["to"]), True)
        else:
            give(custody, case.member(a, a.facts["to"]), a)


class View:
    """`mask`: the acts seen, valid or not; only valid ones count."""

    def __init__(self, case, mask):
        self.case, self.mask, self.shown = case, mask & case.valid, mask
        self.cache = {}

    def all(self, *kinds):
        """Valid acts of these kinds in the view, each behind what it had seen."""
        out = [a for k in kinds for a in self.case.kinds.get(k, ()) if self.mask >> a.bit & 1]
        return sorted(out, key=lambda a: a.order) if len(kinds) > 1 else out

    def has(self, a):
        return self.mask >> a.bit & 1

    def once(self, name, make):
        if name not in self.cache:
            self.cache[name] = make()
        return self.cache[name]

    def custody(self):
        return self.once("custody", self.make_custody)

    def make_custody(self):
        c = Custody()
        for a in sorted(self.all(*BATON), key=lambda a: a.baton_order):
            apply(self.case, c, a)
        return c

    def opening(self):
        found = self.all("report", "assign")
        return found[0] if found else None

    # ---- values ----

    def latest(self, acts):
        """Those not seen by another of them."""
        return [a for a in acts if not any(b.seen >> a.bit & 1 for b in acts)]

    def grade(self):
        return self.once("grade", lambda: max(
            GRADES.index(a.facts["grade"])
            for a in self.latest(self.all("report", "assign", "regrade"))))

    def major(self):
        return self.grade() > 0

    def due_on(self):
        acts = [a for a in self.all("report", "assign", "rule", "order", "supervise")
                if "due_on" in a.facts]
        replacing = [a for a in acts if self.replaces(a)]
        return min((a.facts["due_on"] for a in acts
                    if not any(b.seen >> a.bit & 1 for b in replacing)), default=None)

    def replaces(self, act):
        """An order beside a custody act that shows another custodian replaces no term."""
        return act.kind != "order" or all(
            act.seen >> b.bit & 1 or b.seen >> act.bit & 1 or b.after.id == act.log
            for b in self.all(*BATON))

    # ---- parties ----

    def listings(self):
        lifts = [u for u in self.all("unsupervise") if not conflicted(u, self.extended(u, True))]
        return [s for s in self.all("supervise")
                if not any(u.log == s.log and u.seen >> s.bit & 1 for u in lifts)]

    def orders(self):
        """Orders of erasure."""
        return [a for a in self.all("erase") if a.facts["step"] == "decide"]

    def lists(self, member):
        return any(s.log == member.id for s in self.listings())

    def refusals(self):
        return [a for a in self.all("refuse") if a.facts["code"] != "recalled"]

    def refused(self, member):
        return any(a.log == member.id for a in self.all("refuse"))

    def support_acts(self, name):
        """What was last said of a support: (act, step)."""
        said = []
        for a in self.all("join", "rule", "assign"):
            if name in a.facts.get("supports", ()) or \
                    (a.kind == "join" and a.facts["step"] == "ask" and a.facts["to"] == name):
                said.append((a, "ask"))
            elif a.kind == "join" and a.facts["step"] != "ask" and a.log == name:
                said.append((a, a.facts["step"]))
        return [(a, step) for a, step in said if not any(b.seen >> a.bit & 1 for b, _ in said)]

    def support(self, name):
        said = self.support_acts(name)
        return said[-1][1] if said else None

    def supports(self, name):
        return self.support(name) in ("ask", "confirm")

    def interim(self):
        """The custodian that the last ruling replaced, until the new one writes an entry that has
        seen it, or another takes the case."""
        c = self.custody()
        if not c.former or c.former[-1][0] is not c.ruling:
            return None
        named, ruling = c.former[-1][2].id, c.ruling
        if named == ruling.log or named != c.custodian.id:
            return None
        if any(a.log == named and a.seen >> ruling.bit & 1
               for a in self.case.acts if self.shown >> a.bit & 1):
            return None
        return c.former[-1][1]

    def every(self):
        return [a for a in self.case.acts if self.has(a)]

    def handler(self):
        c = self.custody()
        handed = [a for a in self.all("hand-to") if a.log == c.custodian.id]
        if handed:
            return handed[-1].facts["officer"]
        return c.took.signers[0][0] if c.took else None

    def conflict(self, law):
        """The convenor's institution is custodian, refuser, lead or investigated."""
        case, opening = self.case, self.opening()
        concerned = [self.custody().custodian] + [case.author(a) for a in self.refusals()]
        for name in case.ledger.leads(opening.facts["sector"], opening.facts["district"], law):
            concerned.append(case.ledger.members[name])
        if self.all("dual-open"):
            concerned += self.custody().had
        return any(m.institution == case.convenor.institution for m in concerned)

    # ---- closures ----

    def stands(self, closure):
        for b in self.all(*BATON):
            if not closure.seen >> b.bit & 1 and not any(
                    closure.seen >> r.bit & 1 and not b.seen >> r.bit & 1
                    for r in self.all("rule") if r is not b):
                return False
        for k in self.case.keep_open:
            if self.has(k) and not closure.seen >> k.bit & 1:
                return False
        if self.conflict_hidden(closure) or any(
                GRADES.index(g.facts["grade"]) > closure.grade_seen
                for g in self.all("regrade")
                if not closure.seen >> g.bit & 1 and not g.seen >> closure.bit & 1):
            return False
        if closure.kind == "archive":
            return all(closure.seen >> d.bit & 1 for d in self.all("dual-open"))
        return True

    def conflict_hidden(self, act):
        """The convenor signed alone, and a conflict shows among acts that had not seen this one."""
        if act.log != self.case.convenor.id or second_signed(self.case, act):
            return False
        more = sum(1 << a.bit for a in self.every()
                   if a is not act and not a.seen >> act.bit & 1)
        return View(self.case, act.seen | more).conflict(act.law)

    def standing(self, kind):
        return [c for c in self.all(kind) if self.stands(c)]

    def closed(self):
        return self.once("closed", lambda: bool(self.standing("close")))

    def extended(self, act, before=False):
        """What `act` had seen, and every baton and keep-open act of this view; `before`: without
        those that had seen `act`."""
        extra = self.case.baton_or_keep & self.mask
        if before:
            extra &= ~sum(1 << a.bit for a in self.every() if a.seen >> act.bit & 1)
        return View(self.case, act.seen | extra & ~(1 << act.bit))

    def valid_with(self, act):
        return check(act, self.extended(act)) is None

    def counting_passes(self):
        bad = [a for a in self.case.keep_open if self.has(a) and a.kind in ("verify", "look-back")]
        return [p for p in self.all("verify") if p.facts["outcome"] != "fail" and
                all(p.seen >> f.bit & 1 for f in bad) and self.valid_with(p)]

    def tracks(self):
        """Present openings: (name, investigator, opening, outcome or None)."""
        opened = self.all("dual-open")
        out = []
        for a in opened:
            for name, investigator in a.facts["tracks"]:
                if any(b.seen >> a.bit & 1 and any(n == name for n, _ in b.facts["tracks"])
                       for b in opened):
                    continue
                ends = [e for e in self.all("dual-end") if e.facts["track"] == name
                        and e.seen >> a.bit & 1
                        and (e.facts["outcome"] == "waived" or e.log == investigator)
                        and self.valid_with(e)]
                out.append((name, investigator, a,
                            min((e.facts["outcome"] for e in ends), default=None)))
        return out


GRADES = ["general", "major", "imminent"]


def second_signed(case, act):
    """By a director or vice director of the committee, or the oversight member."""
    return any((m is case.convenor and post in DIRECTORS) or m.kind == "oversight"
               for _, m, post, _ in act.signers[1:])


def conflicted(act, v):
    """The convenor alone where its own institution is concerned."""
    return v.case.author(act) is v.case.convenor and v.conflict(act.law) and \
        not second_signed(v.case, act)


# ---- one check for each act ----

def check(act, v):
    return CHECKS[act.kind](act, v, v.case.author(act))


def free(act, v, me):
    return None


def notify(act, v, me):
    return "self" if act.facts["to"] == me.id else None


def report(act, v, me):
    return "self" if act.facts.get("to") == me.id else None


def assign(act, v, me):
    return None if me is v.case.convenor else "not_convenor"


def offer(act, v, me):
    c = v.custody()
    if c.custodian is not me:
        return "not_custodian"
    if c.offer:
        return "offer_open"
    if act.facts["to"] == me.id:
        return "self"
    if v.closed():
        return "closed"
    return None if act.base == c.force.id else "base"


def answer(act, v, me):
    c = v.custody()
    if not c.offer:
        return "no_offer"
    if c.offer[2] is not me:
        return "not_offered"
    if act.base != c.force.id:
        return "base"
    if act.kind == "refuse" and act.facts["code"] == "recalled" and \
            not concerning(v, "recall", c.offer[0]):
        return "no_recall"
    return None


def rule(act, v, me):
    if me is not v.case.convenor:
        return "not_convenor"
    return "conflict" if conflicted(act, v) else None


def concerning(v, kind, baton):
    return [a for a in v.all(kind) if a.about is baton]


def about(act, v):
    """The offer or ruling that a statement concerns."""
    c = v.custody()
    if c.offer and (act.kind != "sign-for" or c.offer[2] is v.case.author(act)):
        return c.offer[0]
    return c.ruling


def sign_for(act, v, me):
    c = v.custody()
    if c.offer and c.offer[2] is me:
        return None
    if c.ruling and c.ruling.facts["to"] == me.id:
        return None
    return "not_offered"


def ask_more(act, v, me):
    c = v.custody()
    if not c.offer:
        return "no_offer"
    if c.offer[2] is not me:
        return "not_offered"
    return "repeat_ask" if concerning(v, "ask-more", c.offer[0]) else None


def recall(act, v, me):
    c = v.custody()
    if not c.offer:
        return "no_offer"
    return None if c.offer[1] is me else "not_party"


def petition(act, v, me):
    return None if v.custody().custodian is me or v.refused(me) else "not_party"


def join(act, v, me):
    step = act.facts["step"]
    if step == "ask":
        if "to" not in act.facts:
            return "facts"
        if me is not v.case.convenor and v.custody().custodian is not me:
            return "not_custodian"
        return "self" if act.facts["to"] == me.id else None
    if step not in ("confirm", "decline"):
        return "facts"
    return None if v.support(me.id) else "not_asked"


def custodian_only(act, v, me):
    return None if v.custody().custodian is me else "not_custodian"


def order(act, v, me):
    if v.custody().custodian is not me:
        return "not_custodian"
    return None if "enforce" in me.powers else "no_power"


def plan(act, v, me):
    if v.custody().custodian is not me and not v.supports(me.id):
        return "not_party"
    return "facts" if v.major() and len(act.facts["five"]) < 5 else None


def progress(act, v, me):
    if v.custody().custodian is me or v.supports(me.id) or v.interim() is me:
        return None
    return "not_party"


def regrade(act, v, me):
    now, new = v.grade(), GRADES.index(act.facts["grade"])
    above = me is v.case.convenor or v.lists(me)
    if not above and v.custody().custodian is not me:
        return "not_party"
    return None if new > now or (above and new != now) else "grade"


def supervise(act, v, me):
    return None if me is v.case.convenor or me.kind in ("board", "district") else "no_power"


def unsupervise(act, v, me):
    if not v.lists(me):
        return "no_listing" if any(s.log == me.id for s in v.all("supervise")) else "not_lister"
    return "conflict" if conflicted(act, v) else None


def rectified_verifiers(v):
    """Named in the latest; several when they are concurrent."""
    found = [a for a in v.all("rectified") if "verifier" in a.facts]
    return [a.facts["verifier"] for a in v.latest(found)]


def may_verify(v, me):
    named = [a.facts.get("verifier") for a in v.all("rectified", "supervise")]
    return me.id in named or me is v.case.convenor or v.lists(me) or \
        (v.custody().custodian is me and not v.major() and not v.listings())


def verify(act, v, me):
    if act.facts["outcome"] not in ("pass", "fail", "no-hazard"):
        return "facts"
    if not may_verify(v, me):
        return "not_verifier"
    persons = [p for p, m, post, role in act.signers if role == "verify" and post == VERIFIER
               and m is me]
    if len(set(persons)) < 2:
        return "signers"
    if act.facts["outcome"] == "fail":
        return None
    if v.major() and me.institution == v.custody().custodian.institution:
        return "same_institution"
    handled = {a.signers[0][0] for a in v.all("plan", "progress", "order", "rectified")}
    handled.add(v.handler())
    return "handler" if handled & set(persons) else None


def closer(act, v, me):
    c, listings = v.custody(), v.listings()
    if not v.major() and not listings and c.custodian is me:
        return "conflict" if conflicted(act, v) else None
    if me is v.case.convenor:
        return "conflict" if conflicted(act, v) else None
    if not v.lists(me):
        return "not_closer"
    return "same_institution" if me.institution == c.custodian.institution else None


def close(act, v, me):
    if v.custody().offer:
        return "offer_open"
    why = closer(act, v, me)
    if why:
        return why
    return None if v.counting_passes() else "no_pass"


def archive(act, v, me):
    tracks = v.tracks()
    if not v.closed():
        return "no_closure"
    if v.custody().offer:
        return "offer_open"
    if not tracks:
        return "no_track"
    if any(t[3] is None for t in tracks):
        return "track_open"
    return closer(act, v, me)


def look_back(act, v, me):
    if act.facts["outcome"] not in ("held", "relapsed"):
        return "facts"
    if not v.all("close", "archive"):
        return "no_closure"
    if me in v.custody().had or v.supports(me.id) or v.opening().log == me.id or \
            any(s.log == me.id for s in v.all("supervise")) or me is v.case.convenor or \
            me.kind == "oversight":
        return None
    return "not_party"


def correct(act, v, me):
    target = v.case.by_id.get(act.facts["target"])
    seen = target is not None and act.seen >> target.bit & 1
    return None if seen and target.log == me.id else "not_author"


def erase(act, v, me):
    step, target = act.facts["step"], v.case.by_id.get(act.facts.get("target"))
    if step == "decide":
        if "clause" not in act.facts:
            return "facts"
        return None if "enforce" in me.powers else "no_power"
    if step != "confirm" or "target" not in act.facts:
        return "facts"
    return None if target in v.orders() else "not_asked"


def dual_open(act, v, me):
    if me is v.case.convenor or v.lists(me) or me.kind == "oversight":
        return None
    return "not_party"


def dual_end(act, v, me):
    if act.facts["outcome"] not in ("concluded", "waived"):
        return "facts"
    present = [(a, i) for a in v.all("dual-open") for n, i in a.facts["tracks"]
               if n == act.facts["track"]]
    present = [(a, i) for a, i in present if not any(b.seen >> a.bit & 1 for b, _ in present)]
    waives = act.facts["outcome"] == "waived"
    if waives and me is not v.case.convenor:
        return "not_convenor"
    if waives and conflicted(act, v):
        return "conflict"
    if not present:
        return "no_track"
    if waives:
        return None
    return None if any(i == me.id for _, i in present) else "not_investigator"


CHECKS = {
    "report": report, "assign": assign, "offer": offer, "accept": answer, "refuse": answer,
    "rule": rule, "sign-for": sign_for, "ask-more": ask_more, "recall": recall,
    "petition": petition, "join": join, "notify": notify, "hand-to": free, "order": order,
    "plan": plan, "progress": progress, "control": progress, "regrade": regrade,
    "supervise": supervise, "unsupervise": unsupervise, "rectified": custodian_only,
    "verify": verify, "close": close, "archive": archive, "look-back": look_back,
    "report-back": custodian_only, "correct": correct, "dual-open": dual_open,
    "dual-end": dual_end, "erase": erase,
}
REQUIRED = {
    "report": ("sector", "district", "grade", "source"),
    "assign": ("to", "sector", "district", "grade", "due_on"),
    "offer": ("to", "ground", "clause"), "refuse": ("code",), "rule": ("to", "authority"),
    "join": ("step",), "notify": ("to",), "hand-to": ("officer",), "order": ("due_on", "doc_no"),
    "plan": ("five",), "regrade": ("grade",), "supervise": ("level",), "verify": ("outcome",),
    "look-back": ("outcome",), "correct": ("target",), "dual-open": ("tracks", "trigger"),
    "dual-end": ("track", "outcome"), "erase": ("step",),
}
