"""What a redacted report leaves out, for docs/howto/protect-people.md."""

from overblock.cases.private_tables import RULES


def rules() -> str:
    """Every column that is left out, with the reason."""
    rows = [
        f"| {rule.table}.csv | {rule.column} | {rule.why}"
        f"{'; kept where the row leads to a public archive' if rule.unless_public else ''} |"
        for rule in RULES
    ]
    return "\n".join(["| table | column | why it is left out |", "| --- | --- | --- |", *rows])
