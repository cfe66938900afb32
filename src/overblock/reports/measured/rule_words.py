"""What a rule says, for whoever asks why a verdict is what it is."""

from functools import cache

import msgspec

from overblock.measurements.rules import Rule
from overblock.measurements.verdicts import all_rules


class RuleWords(msgspec.Struct, frozen=True, kw_only=True):
    """One rule in words; a rule with a better claim was asked before it."""

    rule_id: str
    layer: str
    state: str
    blocked: str  # yes, no, down or unknown
    confidence: float  # 0 to 1: a judgement, not a frequency
    because: str
    evidence: list[str]  # the signs that are shown with its verdicts


def rules_in_words() -> list[RuleWords]:
    """Every rule, in the order in which they are asked."""
    return list(_rules().values())


def rule_words(rule_id: str | None) -> RuleWords | None:
    """The rule of that id; None where no rule here has it, as of verdicts of another version."""
    return _rules().get(rule_id or "")


@cache
def _rules() -> dict[str, RuleWords]:
    return {rule.id: _words(rule) for rule in all_rules()}


def _words(rule: Rule) -> RuleWords:
    return RuleWords(
        rule_id=rule.id,
        layer=rule.layer,
        state=rule.state,
        blocked=rule.blocked,
        confidence=rule.confidence,
        because=" ".join(rule.because.split()),
        evidence=list(rule.evidence),
    )
