"""What one register file lists, as a report: for the night on which there is nothing else yet."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from overblock.artefacts.signatures import Signature
from overblock.cases.quantities import IPV4_SPACE
from overblock.reports.answers import Group, SignedFacts
from overblock.reports.cases.words import LONG_BEFORE
from overblock.reports.document.case_account import METHOD, safeguard_list
from overblock.reports.document.case_document import Input, inputs_table
from overblock.reports.document.parts import (
    Block,
    Document,
    Figure,
    Form,
    Paragraph,
    Phrase,
    Picture,
    Section,
    Table,
    Value,
    phrase,
)
from overblock.reports.document.register_history import History, custody_blocks, history_blocks
from overblock.reports.document.words import Language
from overblock.reports.registers.extent import ExtentAnswer

MOST_GROUPS = 25  # of a table in the report; the data hold all


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterFindings:
    """What is known of one register file."""

    title: str
    country: str
    at: datetime  # of the snapshot, or of the report where the file says none
    decisions: ExtentAnswer
    holders: ExtentAnswer
    signature: Signature | SignedFacts | None  # None: no signature lies beside it
    history: History | None = None  # None: a file alone, without one


def register_document(
    found: RegisterFindings, inputs: Sequence[Input], *, drawn: bool, language: Language
) -> Document:
    """The report on a register; without its pictures where nobody looks at them."""
    pictures: Sequence[Picture] = ()
    if drawn:
        from overblock.reports.document.pictures import (  # noqa: PLC0415  (charts load slowly)
            register_pictures,
        )

        pictures = register_pictures(found, language)
    return Document(
        name=found.decisions.register,
        title=found.title,
        place=found.country,
        at=found.at,
        utc_offset="+00:00",
        sections=tuple(_sections(found, {picture.name: picture for picture in pictures}, inputs)),
    )


def _sections(
    found: RegisterFindings, drawn: dict[str, Picture], inputs: Sequence[Input]
) -> Iterator[Section]:
    made = Maker(found)
    yield Section(name="minute", title=phrase("In one minute"), blocks=tuple(made.minute()))
    by_decision = made.groups("decision", found.decisions.groups)
    ordered = (*made.signed(), by_decision, *_placed(drawn, "decisions"))
    yield Section(name="ordered", title=phrase("What was ordered"), blocks=ordered)
    if found.history is not None:
        known = tuple(history_blocks(made, found.history))
        yield Section(name="history", title=phrase("How that is known"), blocks=known)
    whose = (made.table_said(), made.groups("holder", found.holders.groups))
    held = (*whose, *_placed(drawn, "holders"))
    yield Section(name="whose", title=phrase("Whose it is"), blocks=held)
    yield Section(name="hit", title=phrase("Who else was hit"), blocks=(UNKNOWN_HIT,))
    yield Section(name="fails", title=phrase("Does it fail"), blocks=(UNMEASURED,))
    checklist = safeguard_list(None)
    yield Section(name="safeguards", title=phrase("The five safeguards"), blocks=(checklist,))
    limits = tuple(Paragraph(text=text) for text in (METHOD[0], METHOD[3]))
    title = phrase("Method, limits and counter-evidence")
    yield Section(name="method", title=title, blocks=limits)
    kept = custody_blocks(made, found.history) if found.history is not None else ()
    blocks = (*kept, inputs_table(inputs))
    yield Section(name="provenance", title=phrase("Provenance"), blocks=blocks)


UNKNOWN_HIT = Paragraph(
    text=phrase(
        "A register alone does not say who lives on its addresses; with names and their addresses "
        "at hand `overblock collateral` does."
    )
)
UNMEASURED = Paragraph(
    text=phrase("Nothing was measured: that something is listed does not say that it fails.")
)


def _placed(drawn: dict[str, Picture], name: str) -> tuple[Block, ...]:
    return (drawn[name],) if name in drawn else ()


@dataclass(frozen=True, slots=True)
class Maker:
    """Makes the blocks of a report on a register."""

    found: RegisterFindings

    def minute(self) -> Iterator[Block]:
        """What to quote."""
        answer, size = self.found.decisions, self.found.decisions.ipv4
        yield Paragraph(
            text=phrase(
                "On {at}, the register listed {total} IPv4 addresses: {share} of all IPv4 "
                "addresses.",
                at=self.found.at,
                total=self.number("extent.ipv4.all", size.all),
                share=self.number("extent.ipv4.share_of_all", size.all / IPV4_SPACE, form="share"),
            ),
            strong=True,
        )
        yield Paragraph(
            text=phrase(
                "{ordered} of them are ordered, by entries that name only addresses; {attached} "
                "come attached to a name or page. An address can be both.",
                ordered=self.number("extent.ipv4.ordered", size.ordered),
                attached=self.number("extent.ipv4.attached", size.attached),
            )
        )
        yield Paragraph(
            text=phrase(
                "IPv6: {prefixes} prefixes, which touch {slash64s} networks of the size /64.",
                prefixes=self.number("extent.ipv6.prefixes", answer.ipv6.prefixes),
                slash64s=self.number("extent.ipv6.slash64s", answer.ipv6.slash64s),
            )
        )
        yield from self._old_orders()
        if answer.snapshot.flags:
            yield Paragraph(
                text=phrase(
                    "The file is flagged: {flags}. What is missing from it is not known.",
                    flags=", ".join(answer.snapshot.flags),
                )
            )

    def _old_orders(self) -> Iterator[Block]:
        """An old order that was put to a new use stands out by itself."""
        names = names_of(self.found.decisions.groups)
        for name, group in zip(names, self.found.decisions.groups[:MOST_GROUPS], strict=False):
            days = group.decided_days_before
            large = group.share is not None and group.share > 0.01  # noqa: PLR2004  (one in a hundred)
            if large and days is not None and days > LONG_BEFORE and group.decision_date:
                told: dict[str, Value] = {
                    "share": self.number(f"decision[{name}].share", group.share, form="share"),
                    "decision": group.key or "",
                    "authority": group.authority or phrase("authority not named"),
                    "date": group.decision_date,
                    "days": self.number(f"decision[{name}].age", days, "days"),
                }
                yield Paragraph(text=self._age(group, told), strong=True)

    def _age(self, group: Group, told: dict[str, Value]) -> Phrase:
        """How old an order was: a file knows its own moment only, a history when it was used."""
        if self.found.history is None:
            return phrase(
                "{share} of what is listed stands under decision {decision} ({authority}) of "
                "{date}, {days} days old at that moment.",
                **told,
            )
        return phrase(
            "{share} of what is listed stands under decision {decision} ({authority}) of {date}, "
            "{days} days old when its largest network, {network}, was first seen listed.",
            network=group.witness or "",
            **told,
        )

    def signed(self) -> Iterator[Block]:
        """Who signed the list, where a signature lies beside it."""
        signature = self.found.signature
        if signature is None:
            yield Paragraph(text=phrase("No signature of the publisher lies beside the file."))
        elif signature.state == "verified":
            yield Paragraph(
                text=phrase(
                    "The list was signed by {signer} ({organisation}) at {at}, by the signer's "
                    "clock, and is unaltered; the chain of the certificate was not checked.",
                    signer=signature.signer or "",
                    organisation=signature.organisation or "",
                    at=signature.signed_at,
                )
            )
        else:
            yield Paragraph(
                text=phrase(
                    "The signature beside the file does not vouch for it: {reason}.",
                    reason=signature.reason,
                )
            )

    def table_said(self) -> Paragraph:
        """By which table of holders, of what date."""
        return Paragraph(
            text=phrase(
                "By {table}; a table of another date may say another holder.",
                table=_dated(self.found.holders.holders_from or ""),
            )
        )

    def groups(self, by: str, groups: Sequence[Group]) -> Table:
        """Listed addresses by decision or holder, the largest first."""
        shown = groups[:MOST_GROUPS]
        by_decision = by == "decision"
        rows = tuple(
            (
                group.key or phrase("not established"),
                *((group.authority or "",) if by_decision else ()),
                self.number(f"{by}[{name}].ipv4", group.ipv4),
                self.number(f"{by}[{name}].share", group.share, form="share"),
                self.number(f"{by}[{name}].networks", group.networks, "networks"),
                group.decision_date or group.witness or "",
            )
            for name, group in zip(names_of(groups), shown, strict=False)
        )
        return Table(
            name=by,
            caption=self._how_many(by, len(shown), len(groups)),
            columns=(
                phrase("decision") if by_decision else phrase("holder"),
                *((phrase("authority"),) if by_decision else ()),
                phrase("addresses"),
                phrase("share"),
                phrase("networks"),
                phrase("decided on") if by_decision else phrase("for instance"),
            ),
            rows=rows,
        )

    def _how_many(self, by: str, shown: int, groups: int) -> Phrase:
        """How many groups a table shows of how many, and whether they overlap."""
        counts: dict[str, Value] = {
            "shown": self.number(f"{by}.shown", shown, "groups"),
            "all": self.number(f"{by}.groups", groups, "groups"),
        }
        if by == "holder":
            return phrase(
                "The {shown} largest of {all} groups of listed IPv4 addresses; no address is in "
                "two of them",
                **counts,
            )
        return phrase(
            "The {shown} largest of {all} groups of listed IPv4 addresses; groups may overlap",
            **counts,
        )

    def number(
        self, name: str, value: float | None, unit: str = "addresses", *, form: Form = "count"
    ) -> Figure:
        """A figure of the file, by its name."""
        answer = self.found.decisions
        asked = f"{name} of {answer.register}, snapshot {(answer.snapshot.digest or '')[:12]}"
        if self.found.history is not None:
            asked = f"{asked}, by its history at {self.found.at:%Y-%m-%dT%H:%M:%SZ}"
        return Figure(
            name=name,
            query=asked,
            value=value,
            unit=unit,
            form=form,
        )


def _dated(table: str) -> Value:
    """A table of holders with its day, as it is written in each language."""
    name, _, day = table.partition(" of ")
    try:
        return phrase("{table} of {day}", table=name, day=date.fromisoformat(day))
    except ValueError:
        return table


def names_of(groups: Sequence[Group]) -> list[str]:
    """What each group's figures are called: acts of one number are told by date and authority."""
    often = Counter(group.key for group in groups)
    names = [
        str(group.key)
        if often[group.key] == 1
        else f"{group.key} of {group.decision_date} by {group.authority}"
        for group in groups
    ]
    seen: Counter[str] = Counter()
    for place, name in enumerate(names):
        seen[name] += 1
        if seen[name] > 1:
            names[place] = f"{name} ({seen[name]})"
    return names
