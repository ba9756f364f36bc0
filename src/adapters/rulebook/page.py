"""The page of the documentation that shows a rulebook: docs/rulebook.md."""

from collections.abc import Iterable, Iterator
from itertools import groupby

import pycountry

from adapters.rulebook.words import ceiling_in_words, dates_in_words, scope_in_words
from core.resale.law.rule import AppliesAt, Combination, Compared, Hook, Rule, RuleStatus
from core.resale.law.rulebook import Rulebook

_HEAD = """\
# The rulebook

What Fairseat knows of the law about reselling tickets. Written by `make rulebook` from the files in
`src/adapters/rulebook/rules`; change those, not this page. `fairseat rulebook list --place US-ME` shows the rules of
one place, `fairseat rulebook lint FOLDER` says what is wrong with a rulebook of your own.

**This is not legal advice.** Most sources were read in part, some only in what others wrote about them; each rule keeps
its doubts. A lawyer has to confirm every rule that you rely on.

Version `{version}`. Rules: {rules}, of which {binding} bind and {dormant} sleep. Places: {places}.

## How to read it

- A rule **binds** when it is in force and its confidence is high or medium. All others sleep: they are shown and decide
  nothing. *Not known* means that nobody knows what the rule is, not that there is none.
- **Dates** name the first day and, after *to*, the first day on which the rule no longer holds. `?` is a first day that
  nobody confirmed: the rule holds now. They are held against the day of the resale, unless *applies at* names another
  moment.
- **Scope**: the conditions that Fairseat checks come first, what only words can say after it. A fact that is not known
  counts as if the condition held, and the verdict names it.
- The **strictest** of all ceilings counts. Within a group marked *max* the highest does; where a rule marked *override*
  applies, the others of its group do not, and for that each of its facts has to be known.
- What is held against a ceiling is the price and what the buyer has to pay on top, before tax, unless *compared* says
  otherwise. Hardly any source settles that; the stricter reading was taken. Ceilings are rounded down, since no source
  speaks of rounding and all of them say that a price may not exceed.
- Places are codes of ISO 3166-1 and ISO 3166-2, and EU. The place of the event brings a rule in, unless *hook* names
  the buyer's or the seller's.
- **Rights** are what an organiser may not take away; **duties** what seller or platform has to do.
"""


def rulebook_page(rulebook: Rulebook) -> str:
    """Return the page, in Markdown; the same rulebook gives the same page."""
    binding = sum(rule.binds for rule in rulebook.rules)
    places = {rule.place for rule in rulebook.rules}
    head = _HEAD.format(
        version=rulebook.version,
        rules=len(rulebook.rules),
        places=len(places),
        binding=binding,
        dormant=len(rulebook.rules) - binding,
    )
    rules = sorted(rulebook.rules, key=lambda rule: (_name(rule.place[:2]), rule.place, rule.id))
    sections = (_section(place, of_place) for place, of_place in groupby(rules, key=lambda rule: rule.place))
    return "\n".join([head, *sections])


def _section(place: str, rules: Iterable[Rule]) -> str:
    lines = [f"## {_name(place)} ({place})", ""]
    lines += ["| rule | what it says | scope | effects | status | dates | citation | doubts |"]
    lines += ["|---|---|---|---|---|---|---|---|"]
    lines += ["| " + " | ".join(_cell(text) for text in _row(rule)) + " |" for rule in rules]
    return "\n".join([*lines, ""])


def _row(rule: Rule) -> Iterator[str]:
    yield f"**{rule.name}** `{rule.id}` v{rule.version}"
    yield "; ".join(filter(None, [ceiling_in_words(rule), rule.base_text]))
    conditions = scope_in_words(rule.scope)
    yield " ".join(filter(None, [f"`{conditions}`." if conditions else "", rule.scope_text]))
    yield "; ".join(_effects(rule))
    status = str(rule.status).replace("_", " ")
    sleeps = "" if rule.binds or rule.status is not RuleStatus.IN_FORCE else ", sleeps"
    yield f"{status}{sleeps}; {rule.confidence} confidence"
    yield "; ".join(filter(None, [dates_in_words(rule), f"reviewed {rule.reviewed_on}"]))
    yield f"[{rule.citation.replace('[', '(').replace(']', ')')}]({rule.source})" if rule.source else rule.citation
    yield rule.doubts


def _effects(rule: Rule) -> Iterator[str]:
    words = (("lifted by", rule.lifted_by), ("rights", rule.rights), ("duties", rule.duties))
    for name, members in words:
        if members:
            yield f"{name}: {', '.join(sorted(str(member).replace('_', ' ') for member in members))}"
    if rule.group:
        combined = f" ({rule.combination})" if rule.combination is not Combination.STRICTEST else ""
        yield f"group: {rule.group}{combined}"
    if rule.applies_at is not AppliesAt.RESALE:
        yield f"applies at: {rule.applies_at.replace('_', ' ')}"
    if rule.hook is not Hook.EVENT:
        yield f"hook: {rule.hook}"
    if rule.compared is not Compared.BUYER_TOTAL_BEFORE_TAX:
        yield f"compared: {rule.compared.replace('_', ' ')}"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ") or "–"


_NAMES = {"EU": "European Union", "GB-EAW": "United Kingdom: England and Wales", "KR": "South Korea", "TW": "Taiwan"}


def _name(place: str) -> str:
    """Return the name of a place, a part after its country's."""
    if place in _NAMES:
        return _NAMES[place]
    country = pycountry.countries.get(alpha_2=place[:2])
    name = str(country.name) if country is not None else place
    part = pycountry.subdivisions.get(code=place) if "-" in place else None  # type: ignore[no-untyped-call]  # untyped in pycountry
    return f"{name}: {part.name}" if isinstance(part, pycountry.SubdivisionHierarchy) else name
