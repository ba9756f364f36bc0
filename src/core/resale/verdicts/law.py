"""The lowest ceiling of all the rules that apply, after those of a group have met."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from core.resale.law.facts import ResaleFacts
from core.resale.law.rule import Combination, Rule
from core.resale.verdicts.applying import Standing
from core.resale.verdicts.ceilings import Ceiling, Unreckoned, ceiling_of


@dataclass(frozen=True, slots=True)
class LegalCeiling:
    """What the law allows: each rule's own ceiling by its id, the lowest in `lowest`, and what nobody can reckon."""

    of_rules: Mapping[str, Ceiling]
    lowest: tuple[tuple[Rule, Ceiling], ...]
    unreckoned: tuple[tuple[Rule, Unreckoned], ...]


_NONE = LegalCeiling({}, (), ())


def legal_ceiling(found: Sequence[Standing], facts: ResaleFacts, currency: str) -> LegalCeiling:
    """Reckon what every rule allows, and find the lowest; all of them where several are equally low."""
    reckoned = [(one, ceiling_of(one.rule, facts, currency)) for one in found if one.caps]
    lifted: list[_Limb] = [(one, None) for one in found if one.is_lifted_limb]
    if not reckoned:
        return _NONE
    deciding: list[tuple[Rule, Ceiling]] = []
    unreckoned: list[tuple[Rule, Unreckoned]] = []
    for limbs in _groups([*reckoned, *lifted]):
        for rule, ceiling in _meeting(limbs):
            if isinstance(ceiling, Ceiling):
                deciding.append((rule, ceiling))
            elif ceiling is not None:
                unreckoned.append((rule, ceiling))
    lowest = min((ceiling.ask_minor for _, ceiling in deciding), default=0)
    return LegalCeiling(
        {one.rule.id: ceiling for one, ceiling in reckoned if isinstance(ceiling, Ceiling)},
        tuple((rule, ceiling) for rule, ceiling in deciding if ceiling.ask_minor == lowest),
        tuple(unreckoned),
    )


type _Limb = tuple[Standing, Ceiling | Unreckoned | None]
"""A rule with its ceiling; None for a limb that is lifted, and so knows no height."""


def _groups(reckoned: Sequence[_Limb]) -> list[list[_Limb]]:
    """Return limbs of a MAX group together, and every other rule alone."""
    together: dict[tuple[str, str], list[_Limb]] = {}
    for limb in reckoned:
        rule = limb[0].rule
        is_limb = rule.combination is Combination.MAX and rule.group is not None
        key = ("group", rule.group or "") if is_limb else ("rule", rule.id)
        together.setdefault(key, []).append(limb)
    return list(together.values())


def _meeting(limbs: list[_Limb]) -> list[tuple[Rule, Ceiling | Unreckoned | None]]:
    """Return what decides among limbs of which the highest counts.

    A higher limb helps the seller, so it has to be known that it applies. Where that is known of none, limbs with the
    same conditions stand or fall together, and the least that may be left of all counts.
    """
    if len(limbs) == 1:
        return [(limbs[0][0].rule, limbs[0][1])]
    certain = [limb for limb in limbs if not limb[0].assumed]
    if certain:
        return [_highest(certain)]
    ordered = sorted(limbs, key=_conditions)
    return [_highest(list(alike)) for _, alike in groupby(ordered, key=_conditions)]


def _highest(limbs: list[_Limb]) -> tuple[Rule, Ceiling | Unreckoned | None]:
    """Return the highest limb; one that nobody can reckon does not help."""
    for one, ceiling in limbs:
        if ceiling is None:
            return one.rule, None
    known = [(one.rule, ceiling) for one, ceiling in limbs if isinstance(ceiling, Ceiling)]
    if not known:
        return limbs[0][0].rule, limbs[0][1]
    return max(known, key=lambda limb: limb[1].ask_minor)


def _conditions(limb: _Limb) -> str:
    rule = limb[0].rule
    return repr((rule.place, rule.hook, rule.scope, rule.applies_at, rule.effective_from, rule.effective_to))
