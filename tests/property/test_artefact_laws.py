"""Opening agrees with the plain tools that made what is opened, and survives what nobody made.

The models are slow and obvious: Python's own `tarfile`, and a history kept as one dictionary a
commit.
"""

import bz2
import gzip
import io
import lzma
import tarfile
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

import zstandard
from hypothesis import example, given, settings
from hypothesis import strategies as st

from git_worlds import FIRST_SECOND, Made, git, make_repository
from overblock.artefacts.git import History
from overblock.artefacts.git_commits import list_commits, walk_commits
from overblock.artefacts.git_packs import write_index
from overblock.artefacts.git_program import Git
from overblock.artefacts.limits import LIMITS, Limits
from overblock.artefacts.opening import Artefact, open_artefacts
from overblock.artefacts.unpacking import unpack
from overblock.errors import FetchFailed, SourceError

PACKERS: list[Callable[[bytes], bytes]] = [
    gzip.compress,
    bz2.compress,
    lzma.compress,
    zstandard.ZstdCompressor(write_checksum=True).compress,
]
MAGICS = [pack(b"")[:6] for pack in PACKERS] + [b"PK\x03\x04", b"PK\x05\x06", b""]

packers = st.sampled_from(PACKERS)
plain = st.binary(max_size=1200).map(lambda drawn: b"t" + drawn)  # no format begins so


def opened(packed: bytes, accept: Callable[[str], bool]) -> list[Artefact]:
    return list(open_artefacts(["-"], accept, stdin=io.BytesIO(packed)))


def refusal(packed: bytes) -> str:
    """What is said against it; empty if it is taken."""
    try:
        opened(packed, lambda _: True)
    except SourceError as error:
        return str(error)
    return ""


@given(packers, st.lists(plain | plain.map(lambda part: part * 99), min_size=1, max_size=3))
def test_packing_and_unpacking_change_nothing(
    pack: Callable[[bytes], bytes], parts: list[bytes]
) -> None:
    whole = b"".join(parts)
    assert unpack(b"".join(map(pack, parts)), "x", Limits()) == (whole, False)


@given(packers, plain, st.data())
def test_a_cut_never_adds_and_is_never_silent(
    pack: Callable[[bytes], bytes], text: bytes, data: st.DataObject
) -> None:
    packed = pack(text)
    stop = data.draw(st.integers(10, len(packed) - 1))
    try:
        content, truncated = unpack(packed[:stop], "x", Limits())
    except FetchFailed:
        return
    assert truncated
    assert text.startswith(content)


@given(st.sampled_from(MAGICS), st.binary(max_size=200))
def test_bytes_that_nobody_packed_are_taken_or_refused_in_one_line(
    magic: bytes, rest: bytes
) -> None:
    assert "\n" not in refusal(magic + rest)


@given(st.binary(max_size=40), st.integers(0, 2047))
def test_a_tar_with_a_damaged_spot_is_read_or_refused(damage: bytes, at: int) -> None:
    info = tarfile.TarInfo("ё" * 60 + "/dump.csv")
    info.size = 600
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w") as archive:
        archive.addfile(info, io.BytesIO(b"x" * 600))
    packed = bytearray(made.getvalue())
    packed[at : at + len(damage)] = damage
    assert "\n" not in refusal(bytes(packed))


names = st.text(st.sampled_from("aé/."), min_size=1, max_size=150).filter(
    lambda name: not name.startswith("/") and ".." not in name.split("/") and name[-1] not in "/."
)


@given(
    st.lists(st.tuples(names, plain), min_size=1, max_size=4),
    st.sampled_from([tarfile.PAX_FORMAT, tarfile.GNU_FORMAT]),
)
@example([("a" * 120 + "/" + "b" * 90, b"")], tarfile.USTAR_FORMAT)
def test_tars_are_read_as_the_standard_library_reads_them(
    files: Sequence[tuple[str, bytes]], tar_format: int
) -> None:
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w", format=tar_format) as archive:
        for name, content in files:
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    with tarfile.open(fileobj=io.BytesIO(made.getvalue())) as archive:
        model = [
            (info.name, opened_file.read())
            for info in archive
            if (opened_file := archive.extractfile(info))
        ]
    assert [(a.name, a.content) for a in opened(made.getvalue(), lambda _: True)] == model


changes = st.dictionaries(
    st.sampled_from(["dump-0", "dump-1", "old/dump-0", "readme"]),
    st.none() | st.sampled_from([b"1", b"2", b"3"]),
    max_size=2,
)


@st.composite
def histories(draw: st.DrawFn) -> list[Made]:
    """Commits in a random graph, all of them under the last; files go only where they are."""
    made: list[Made] = []
    states: list[dict[str, bytes]] = []
    for n in range(draw(st.integers(1, 9))):
        parents = [n - 1] if n else []
        if n > 1 and draw(st.booleans()):
            parents.append(draw(st.integers(0, n - 2)))
        state = dict(states[parents[0]]) if n else {}
        drawn = draw(changes)
        kept = {path: new for path, new in drawn.items() if new is not None or path in state}
        state.update({path: new for path, new in kept.items() if new is not None})
        for path in [path for path, new in kept.items() if new is None]:
            del state[path]
        states.append(state)
        seconds = FIRST_SECOND + draw(st.integers(0, 5)) * 60 + n
        made.append(Made(kept, parents=parents, seconds=seconds))
    return made


def state_of(commits: Sequence[Made], n: int) -> dict[str, bytes]:
    """The model: the wanted files after commit ``n``, followed from the first one on."""
    parents = commits[n].parents or []
    state = state_of(commits, parents[0]) if parents else {}
    for path, content in commits[n].changes.items():
        if content is None:
            state.pop(path, None)
        elif path != "readme":
            state[path] = content
    return {path: content for path, content in state.items() if path != "readme"}


def spoken(commits: Sequence[Made], order: Sequence[int]) -> list[tuple[int, bytes]]:
    """The model: walk in order, and speak when a commit moves the files to another state."""
    last: dict[str, bytes] = {}
    said = []
    for n in order:
        state = state_of(commits, n)
        parents = commits[n].parents or []
        moved = not parents or any(state_of(commits, parent) != state for parent in parents)
        if moved and state != last:
            last = state
            if state:
                said.append((n, b"+".join(state[path] for path in sorted(state))))
    return said


@settings(max_examples=6, deadline=None)
@given(histories())
def test_versions_are_those_of_a_history_kept_by_hand(commits: list[Made]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        repository = Path(folder) / "r"
        ids = make_repository(repository, commits)
        listed = git(repository, "rev-list", "--date-order", "--reverse", "main").split()
        with History(repository) as history:
            found = list(history.versions(lambda name: name != "readme", b"+".join))
        order = [ids.index(oid) for oid in listed]
        assert [(ids.index(v.commit), v.content) for v in found] == spoken(commits, order)
        reader = Git(folder=repository)
        assert walk_commits(reader, ids[-1]) == list_commits(reader, ids[-1])


@settings(max_examples=5, deadline=None)
@given(parts=st.lists(plain.map(lambda part: part * 9), min_size=1, max_size=6), grow=st.booleans())
def test_the_index_of_any_pack_is_the_one_that_git_makes(parts: list[bytes], *, grow: bool) -> None:
    commits = [
        Made({"dump-0": b"".join(parts[: n + 1]) if grow else part, "dump-1": part})
        for n, part in enumerate(parts)
    ]
    with tempfile.TemporaryDirectory() as folder:
        make_repository(Path(folder) / "r", commits)
        git(Path(folder) / "r", "repack", "-adfq")
        [pack] = (Path(folder) / "r" / "objects" / "pack").glob("*.pack")
        theirs = pack.with_suffix(".idx").read_bytes()
        pack.with_suffix(".idx").unlink()
        assert write_index(pack, LIMITS)
        assert pack.with_suffix(".idx").read_bytes() == theirs
