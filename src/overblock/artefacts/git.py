"""Every version of a register's files that a git history holds, without checking any out.

Registers are kept in git by those who mirror them: each commit is a snapshot.  Here a repository, a
bundle of one or a pack of its objects becomes a series of versions, oldest first.  The git program
itself does the reading (docs/decisions/0006-git-by-its-own-program.md), confined as
`overblock.artefacts.git_program` says.
"""

import re
import shutil
import tempfile
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self, TypeAlias

from overblock.artefacts.archives import Accept
from overblock.artefacts.git_commits import Commit, Files, changed_states
from overblock.artefacts.git_objects import Unreadable, read_objects
from overblock.artefacts.git_packs import write_index
from overblock.artefacts.git_program import ASKING_SECONDS, Git, init_empty, lines_file
from overblock.artefacts.limits import LIMITS, Limits
from overblock.artefacts.unpacking import unpack
from overblock.errors import FetchFailed, SourceError, UsageError

Join: TypeAlias = Callable[[Sequence[bytes]], bytes]

BUNDLE_MAGIC = (b"# v2 git bundle\n", b"# v3 git bundle\n")
PACK_MAGIC = b"PACK"

INDEXING_SECONDS = 3600  # for a pack of gigabytes
LINE_BYTES = 1 << 12  # of a bundle's head: the name of a branch
MOST_REFS = 1_000_000

_PART = re.compile(r"\.\d\d$")  # what a file in parts has after its name
_OID = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """The wanted files as one commit leaves them."""

    commit: str
    committed_at: datetime
    blobs: Files  # (path, object id) of each file, in path order
    content: bytes | None  # unpacked and joined; None where it cannot be read
    problem: str = ""  # why not
    truncated: bool = False  # a compressed file of it has lost its end


@dataclass(frozen=True, slots=True, kw_only=True)
class Blob:
    """One object of a history."""

    oid: str
    content: bytes | None
    problem: str = ""


def is_git(path: str | Path) -> bool:
    """Whether ``path`` is a work tree, a bare repository or a bundle."""
    path = Path(path)
    if path.is_dir():
        return (path / ".git").exists() or _is_bare(path)
    return _begins_with(path, BUNDLE_MAGIC)


def _is_bare(path: Path) -> bool:
    return (path / "HEAD").is_file() and (path / "objects").is_dir() and (path / "refs").is_dir()


def _begins_with(path: Path, magics: tuple[bytes, ...]) -> bool:
    if not path.is_file():
        return False
    with path.open("rb") as file:
        return file.read(max(map(len, magics))).startswith(magics)


class History:
    """A history, open for reading: ``with History(path) as history``.

    What is needed on disk for that lies in a temporary folder, which goes when the block ends,
    however it ends.
    """

    def __init__(self, path: str | Path, ref: str | None = None, limits: Limits = LIMITS) -> None:
        self._path, self._ref, self._limits = Path(path), ref, limits
        self._held = ExitStack()
        self._git: Git | None = None
        self._refs: Mapping[str, str] = {}

    @classmethod
    def from_pack(cls, path: str | Path, limits: Limits = LIMITS) -> Self:
        """A pack that `pack_of` made: it holds blobs and no commits."""
        return cls(path, limits=limits)

    def __enter__(self) -> Self:
        name = str(self._path)
        try:
            with ExitStack() as held:
                folder = Path(held.enter_context(tempfile.TemporaryDirectory(prefix="overblock-")))
                if self._path.is_dir():
                    self._git, self._refs = _open_repository(self._path, folder)
                elif _begins_with(self._path, BUNDLE_MAGIC):
                    self._git, self._refs = _open_bundle(self._path, folder, self._limits)
                elif _begins_with(self._path, (PACK_MAGIC,)):
                    self._git = _open_pack(self._path, folder, self._limits)
                else:
                    raise FetchFailed(f"{name}: neither a git repository nor a bundle nor a pack")
                self._held = held.pop_all()
        except OSError as error:
            raise FetchFailed(f"{name}: {error.strerror or error}") from error
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._git = None
        self._held.close()

    @property
    def tip(self) -> str:
        """The commit that the history ends with.

        Raises:
            UsageError: there is no such branch, or none is named and there are several.
        """
        if self._ref is not None:
            return self._named(self._ref)
        branches = {ref: oid for ref, oid in self._refs.items() if ref.startswith("refs/heads/")}
        if "HEAD" in self._refs:
            return self._refs["HEAD"]
        if len(branches) == 1:
            return next(iter(branches.values()))
        if not branches:
            raise FetchFailed(f"{self._path}: holds no branch")
        raise UsageError(f"{self._path}: which branch? It holds {', '.join(sorted(branches))}")

    def _named(self, ref: str) -> str:
        for full in (ref, f"refs/heads/{ref}", f"refs/tags/{ref}", f"refs/remotes/{ref}"):
            if full in self._refs:
                return self._refs[full]
        if _OID.fullmatch(ref):
            return ref
        known = ", ".join(sorted(self._refs)[:20]) or "none"
        raise UsageError(f"{self._path}: no branch, tag or commit {ref!r}; there are: {known}")

    def versions(
        self, accept: Accept, join: Join | None = None, skip: Container[str] = ()
    ) -> Iterator[Version]:
        """Each state of the files whose plain basename ``accept`` takes, oldest first.

        Several files are made one by ``join``, in path order.  A version made only of objects in
        ``skip`` is passed over unread.  What cannot be read comes without content, and the next
        one follows.  One version is held at a time.
        """
        return self.read_commits(self.commits(accept, skip), join)

    def commits(self, accept: Accept, skip: Container[str] = ()) -> list[Commit]:
        """The commits that `versions` gives, before their files are read: how many they are."""
        return [
            commit
            for commit in changed_states(self._at_work(), self.tip, accept)
            if commit.problem or any(oid not in skip for _, oid in commit.files)
        ]

    def signed_commits(self, accept: Accept, ending: str) -> list[tuple[Commit, str, str]]:
        """The states of the wanted files that a detached signature lies beside, oldest first.

        A signature has the name of its file, or of the file that its parts make, and ``ending``.
        One that came in a later commit is of the files as they stood there.  Each is given with
        the path and the object id of the signature.
        """

        def beside(name: str) -> bool:
            return name.endswith(ending) and accept(name.removesuffix(ending))

        at_work, tip = self._at_work(), self.tip
        if not any(True for _ in changed_states(at_work, tip, beside)):
            return []
        found: dict[tuple[Files, str], tuple[Commit, str, str]] = {}
        for commit in changed_states(at_work, tip, lambda name: accept(name) or beside(name)):
            signs = {path: oid for path, oid in commit.files if path.endswith(ending)}
            files = tuple(pair for pair in commit.files if pair[0] not in signs)
            path = _PART.sub("", files[0][0]) + ending if files else ""
            if path in signs:
                state = replace(commit, files=files)
                found.setdefault((files, signs[path]), (state, path, signs[path]))
        return list(found.values())

    def read_commits(
        self, commits: Sequence[Commit], join: Join | None = None
    ) -> Iterator[Version]:
        """The versions that ``commits`` made, in the order given."""
        asked = _to_ask(commits)
        flat = [oid for oids in asked for oid in oids]
        contents = read_objects(self._at_work(), flat, "blob", self._limits.max_bytes)
        held: dict[str, bytes | Unreadable] = {}
        for commit, fresh in zip(commits, asked, strict=True):
            now = {oid for _, oid in commit.files}
            held = {oid: content for oid, content in held.items() if oid in now}
            held.update((oid, next(contents)) for oid in fresh)
            yield self._version(commit, join, held)
            if len(now) == 1:
                held.clear()  # a whole register; the next one is another

    def _version(
        self, commit: Commit, join: Join | None, contents: Mapping[str, bytes | Unreadable]
    ) -> Version:
        content, problem, truncated = None, commit.problem, False
        if not problem:
            try:
                content, truncated = self._joined(commit, join, contents)
            except SourceError as error:
                problem = str(error)
        return Version(
            commit=commit.oid,
            committed_at=commit.committed_at,
            blobs=commit.files,
            content=content,
            problem=problem,
            truncated=truncated,
        )

    def _joined(
        self, commit: Commit, join: Join | None, contents: Mapping[str, bytes | Unreadable]
    ) -> tuple[bytes, bool]:
        parts, cut = [], False
        for path, oid in commit.files:
            raw = contents[oid]
            if isinstance(raw, Unreadable):
                raise FetchFailed(f"{path}: {raw.why}")
            part, truncated = unpack(raw, path, self._limits)
            parts.append(part)
            cut = cut or truncated
        if len(parts) == 1:
            return parts[0], cut
        if join is None:
            paths = ", ".join(path for path, _ in commit.files)
            raise FetchFailed(f"several files of one source, which has no parts: {paths}")
        return join(parts), cut

    def read(self, oids: Sequence[str]) -> Iterator[Blob]:
        """Objects by their ids, in that order: how a pack is read, or one version again.

        Raises:
            UsageError: what is given is no object id.
        """
        _check_oids(oids)
        contents = read_objects(self._at_work(), oids, "blob", self._limits.max_bytes)
        for oid, content in zip(oids, contents, strict=True):
            if isinstance(content, Unreadable):
                yield Blob(oid=oid, content=None, problem=content.why)
            else:
                yield Blob(oid=oid, content=content)

    def present(self, oids: Iterable[str]) -> list[str]:
        """Those of ``oids`` that are there, in their order: what a pack can be made of."""
        with lines_file(list(oids)) as asked:
            form = "--batch-check=%(objectname) %(objecttype)"
            complaint = f"{self._path}: its objects"
            found = self._at_work().ask("cat-file", form, complaint=complaint, stdin=asked)
        pairs = (line.split() for line in found.decode("ascii").splitlines())
        return [oid for oid, kind in pairs if kind == "blob"]

    def pack(self, oids: Sequence[str], folder: Path) -> Path:
        """Write a pack that holds ``oids`` and needs nothing else; its index goes beside it.

        Its name says which objects it holds.  Deltas are taken over as they are, so this is fast
        and as small as the history was.

        Raises:
            FetchFailed: an object is missing, or the folder cannot be written to.
        """
        _check_oids(oids)
        with lines_file(oids) as asked:
            printed = self._at_work().ask(
                "pack-objects",
                "--quiet",
                "--delta-base-offset",
                str(folder / "pack"),
                complaint=f"{folder}: no pack can be written there",
                stdin=asked,
            )
        return folder / f"pack-{printed.decode('ascii').strip()}.pack"

    def _at_work(self) -> Git:
        if self._git is None:
            raise UsageError(f"{self._path}: a history is read within its `with` block")
        return self._git


def pack_of(repository: str | Path, oids: Sequence[str], folder: Path) -> Path:
    """`History.pack` of a repository that is not open."""
    with History(repository) as history:
        return history.pack(oids, folder)


def _check_oids(oids: Sequence[str]) -> None:
    for oid in oids:
        if not _OID.fullmatch(oid):
            raise UsageError(f"{oid[:80]!r} is no object id")


def _to_ask(commits: Sequence[Commit]) -> list[list[str]]:
    """For each commit the objects to read: those that the one before it did not just read.

    Of a register in one file every version is new; of one in many parts few of them are, and
    those of the version before are still at hand.
    """
    asked, held = list[list[str]](), set[str]()
    for commit in commits:
        oids = dict.fromkeys(oid for _, oid in commit.files)
        asked.append([oid for oid in oids if oid not in held])
        held = set(oids) if len(oids) > 1 else set()
    return asked


def _open_repository(path: Path, folder: Path) -> tuple[Git, dict[str, str]]:
    """Only this asks git about the repository itself; all else sees its objects alone."""
    theirs = Git(folder=path if _is_bare(path) else path / ".git")
    where = ("--path-format=absolute", "--show-object-format", "--git-path", "objects")
    asked = theirs.ask(
        "rev-parse", *where, "--git-path", "shallow", complaint=str(path), seconds=ASKING_SECONDS
    )
    lines = asked.decode("utf-8", "surrogateescape").splitlines()
    if len(lines) != 3:  # noqa: PLR2004  (the three that were asked for)
        raise FetchFailed(f"{path}: git answers {lines!r}")
    object_format, objects, shallow = lines
    form = "--format=%(objectname) %(refname)"
    listed = theirs.ask("for-each-ref", form, complaint=str(path), seconds=ASKING_SECONDS)
    refs = _read_refs(listed)
    head = theirs.ask(
        "rev-parse", "--revs-only", "HEAD", complaint=str(path), seconds=ASKING_SECONDS
    )
    if head.strip():
        refs["HEAD"] = head.decode("ascii").strip()
    init_empty(folder, object_format)
    if Path(shallow).is_file():
        shutil.copyfile(shallow, folder / "shallow")
    return Git(folder=folder, objects=Path(objects)), refs


def _open_bundle(path: Path, folder: Path, limits: Limits) -> tuple[Git, dict[str, str]]:
    git = Git(folder=folder)
    with path.open("rb") as file:
        head = _read_bundle_head(file)
        is_sha256 = b"@object-format=sha256\n" in head
        init_empty(folder, "sha256" if is_sha256 else "sha1")
        if not any(line.startswith((b"-", b"@")) for line in head.splitlines()):
            kept = _kept_pack(folder)
            with kept.open("wb") as pack:
                shutil.copyfileobj(file, pack, 1 << 20)
            if write_index(kept, limits):
                return git, _read_refs(head)
            kept.unlink()
    asked = ("bundle", "unbundle", str(path.resolve()))
    return git, _read_refs(git.ask(*asked, complaint=str(path), seconds=INDEXING_SECONDS))


def _read_bundle_head(file: BinaryIO) -> bytes:
    """The lines before the pack: what it needs, what it can, and its branches."""
    lines = list[bytes]()
    while (line := file.readline(LINE_BYTES)) not in (b"", b"\n"):
        lines.append(line)
        if len(lines) > MOST_REFS or not line.endswith(b"\n"):
            raise FetchFailed(f"{file.name}: a bundle whose head has no end")
    return b"".join(lines)


def _open_pack(path: Path, folder: Path, limits: Limits) -> Git:
    init_empty(folder, "sha1")
    kept, index = _kept_pack(folder), path.with_suffix(".idx")
    kept.symlink_to(path.resolve())
    git = Git(folder=folder)
    if index.exists():
        kept.with_suffix(".idx").symlink_to(index.resolve())
    elif not write_index(kept, limits):
        git.ask("index-pack", str(kept), complaint=str(path), seconds=INDEXING_SECONDS)
    return git


def _kept_pack(folder: Path) -> Path:
    return folder / "objects" / "pack" / "pack-kept.pack"


def _read_refs(listed: bytes) -> dict[str, str]:
    """Lines of an object id and the name of a branch or a tag."""
    lines = listed.decode("utf-8", "surrogateescape").splitlines()
    pairs = (line.partition(" ") for line in lines)
    return {ref: oid for oid, _, ref in pairs if _OID.fullmatch(oid)}
