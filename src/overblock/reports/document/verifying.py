"""A stranger's look at a bundle: is each byte what was named, and each figure what it says.

Nothing of the bundle is believed: files are hashed, the signature and the time stamp are checked
against what the stranger trusts, and every figure is computed anew from the bundle's inputs.
"""

from datetime import datetime
from hashlib import sha256
from pathlib import Path

import msgspec

from overblock.custody import manifest as custody
from overblock.custody.keys import verify
from overblock.custody.stamps import check_roots, read_stamp
from overblock.errors import BundleError, CaseError, SourceError, StoreError, UsageError
from overblock.reports.document.bundle import bundle_inputs
from overblock.reports.document.observatory import stamps_in
from overblock.reports.document.redacting import redaction_problems
from overblock.reports.document.subjects import subject_in

MAX_SIDE_BYTES = 1 << 20  # of a signature or a time stamp


class FigureCheck(msgspec.Struct, frozen=True, kw_only=True):
    """One figure of the manifest against the one computed anew."""

    name: str
    query: str
    said: str | None  # None: the manifest has no such figure
    found: str | None  # None: nothing here gives it
    agrees: bool


class StampedFile(msgspec.Struct, frozen=True, kw_only=True):
    """An input of which an authority that the asker trusts says when it existed."""

    name: str
    stamped_at: datetime
    stamped_by: str | None


class VerifyAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """The answer of ``overblock verify``."""

    bundle: str
    title: str
    made_at: str
    manifest: str  # SHA-256 of its bytes
    files: int
    figures: int
    figures_agree: int
    signed_by: str | None  # fingerprint of the key; None: unsigned, or the signature is false
    stamped_at: datetime | None  # None: unstamped, unchecked, or the stamp does not hold
    stamped_by: str | None
    problems: list[str]
    checks: list[FigureCheck]
    redacted: list[str] = []  # what was left out to protect people; empty: nothing was asked for
    stamped_files: list[StampedFile] = []  # inputs whose own time stamp holds

    @property
    def holds(self) -> bool:
        """Whether nothing at all is wrong with it."""
        return not self.problems


def verify_bundle(
    folder: Path, *, roots: Path | None = None, signer: str | None = None
) -> VerifyAnswer:
    """Check a bundle.

    ``roots`` are the certificates that the asker trusts for time stamps (PEM); ``signer`` is the
    fingerprint of the key that the bundle is to be signed with.

    Raises:
        BundleError: it is no bundle, or its manifest is broken.
        UsageError: there are no certificates in ``roots``.
    """
    if roots is not None:
        check_roots(roots)
    manifest, raw = custody.read_manifest(folder)
    problems = list(custody.differences(folder, manifest))
    signed_by = _signed_by(folder, raw, signer, problems)
    stamped_at, stamped_by = _stamped(folder, raw, roots, problems)
    stamped_files = _stamped_files(folder, roots, problems)
    checks = _figures(folder, manifest, problems)
    problems += redaction_problems(folder, manifest.redacted)
    problems += [_told(check) for check in checks if not check.agrees]
    return VerifyAnswer(
        bundle=folder.name,
        title=manifest.title,
        made_at=manifest.made_at,
        manifest=sha256(raw).hexdigest(),
        files=len(manifest.files),
        figures=len(manifest.figures),
        figures_agree=sum(check.agrees for check in checks),
        signed_by=signed_by,
        stamped_at=stamped_at,
        stamped_by=stamped_by,
        problems=problems,
        checks=checks,
        redacted=manifest.redacted,
        stamped_files=stamped_files,
    )


def _told(check: FigureCheck) -> str:
    return f"figure {check.name}: the manifest says {check.said}, its inputs give {check.found}"


def _signed_by(folder: Path, raw: bytes, wanted: str | None, problems: list[str]) -> str | None:
    signature = _side(folder / custody.SIGNATURE, problems)
    found = None
    if signature is not None:
        try:
            found = verify(raw, signature)
        except BundleError as error:
            problems.append(f"{custody.SIGNATURE}: {error}")
    if wanted is not None and (found or "").replace(" ", "") != wanted.replace(" ", "").lower():
        problems.append(f"it is signed by {found or 'nobody'}, not by {wanted}")
    return found


def _stamped(
    folder: Path, raw: bytes, roots: Path | None, problems: list[str]
) -> tuple[datetime | None, str | None]:
    stamp = _side(folder / custody.STAMP, problems)
    if stamp is None or roots is None:
        return None, None
    try:
        found = read_stamp(sha256(raw).digest(), stamp, roots)
    except BundleError as error:
        problems.append(f"{custody.STAMP}: {error}")
        return None, None
    return found.at, found.authority


def _stamped_files(folder: Path, roots: Path | None, problems: list[str]) -> list[StampedFile]:
    """Inputs that were stamped as they were fetched; without roots nothing is known of them."""
    found = []
    for name, digest, stamp in stamps_in(folder) if roots is not None else ():
        try:
            told = read_stamp(bytes.fromhex(digest), stamp, roots)  # type: ignore[arg-type]  # roots are there where this runs
        except BundleError as error:
            problems.append(f"{name}.tsr: {error}")
        else:
            found.append(StampedFile(name=name, stamped_at=told.at, stamped_by=told.authority))
    return found


def _side(path: Path, problems: list[str]) -> bytes | None:
    if not path.exists():
        return None
    if path.is_symlink() or path.stat().st_size > MAX_SIDE_BYTES:
        problems.append(f"{path.name} is no file of its kind")
        return None
    return path.read_bytes()


def _figures(folder: Path, manifest: custody.Manifest, problems: list[str]) -> list[FigureCheck]:
    """Every figure, computed anew from the inputs."""
    try:
        inputs = bundle_inputs(folder)
        found = subject_in(folder).document(inputs, drawn=False).figures()
    except (CaseError, SourceError, StoreError, UsageError, BundleError, OSError) as error:
        problems.append(f"the figures cannot be computed anew: {error}")
        return []
    checks = []
    for name in dict.fromkeys((*manifest.figures, *found)):
        said, anew = manifest.figures.get(name), found.get(name)
        same = said is not None and anew is not None
        checks.append(
            FigureCheck(
                name=name,
                query=said.query if said else "",
                said=said.value if said else None,
                found=anew.text if anew else None,
                agrees=same and said.value == anew.text and said.query == anew.query,  # type: ignore[union-attr]  # both are there where `same`
            )
        )
    return checks
