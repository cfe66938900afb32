"""Which states of the wanted files a history holds, read from commits and trees alone.

Git lists the commits, parents before children and else by their time, and says what each changes
against its first parent; from that the state after every commit follows.  A commit that is missing
or a tree that is broken costs its own states and no others: the walk is started again behind it.
"""

import re
import tempfile
from collections import Counter
from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from heapq import heapify, heappop, heappush
from subprocess import Popen
from typing import IO, TypeAlias

from overblock.artefacts.archives import Accept, plain_basename
from overblock.artefacts.git_objects import read_objects
from overblock.artefacts.git_program import Git, first_line, lines_file
from overblock.errors import FetchFailed

Files: TypeAlias = tuple[tuple[str, str], ...]  # (path, object id), in path order
_Change: TypeAlias = tuple[str, str | None]  # (path, its new object id; None: no file any more)

MOST_BROKEN = 1000  # commits: each costs a process
READ_BYTES = 1 << 16
EMPTY_TREES = {  # by the length of an id: SHA-1 and SHA-256 of no bytes, as a tree
    40: "4b825dc642cb6eb9a060e54bf8d69288fbee4904",
    64: "6ef19b41225c5369f1c104d45d8d85efa9b057b53b14b4b9b939dd74decc5321",
}
COMMIT_BYTES = 1 << 20  # the longest message that is worth a history

_TREE = re.compile(rb"tree ([0-9a-f]{40,64})\n")
_PARENT = re.compile(rb"^parent ([0-9a-f]{40,64})$", re.MULTILINE)
_COMMITTER = re.compile(rb"^committer .*> (\d{1,18}) [+-]\d{4}$", re.MULTILINE)
_KIND, _PLAIN_FILE = 0o170000, 0o100000
_LAST_SECOND = 253402300799  # of the year 9999


@dataclass(frozen=True, slots=True, kw_only=True)
class Commit:
    """One commit, and the wanted files as it leaves them."""

    oid: str
    committed_at: datetime
    files: Files
    problem: str = ""  # why ``files`` is not known


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """One commit among others."""

    oid: str
    seconds: int  # since 1970, as its committer's clock said
    parents: tuple[str, ...]  # those that are there
    missing: tuple[str, ...] = ()  # those that are not


def changed_states(git: Git, tip: str, accept: Accept) -> Iterator[Commit]:
    """Every commit up to ``tip`` that brings the wanted files into another state, oldest first.

    Branches that were merged are woven together by time.  A merge speaks only if it leaves
    another state than the commit before it; a commit without any wanted file says nothing.  A
    missing commit speaks at the time of the one that names it.
    """
    try:
        nodes = list_commits(git, tip)
    except FetchFailed:
        nodes = walk_commits(git, tip)  # slower, and copes with what is missing
    known: dict[str, Files | None] = {}
    last: Files = ()
    for node, problem in _files_after(git, nodes, accept, known):
        moment = datetime.fromtimestamp(max(0, min(node.seconds, _LAST_SECOND)), UTC)
        for oid in node.missing:
            why = f"commit {oid} is missing: what came before {node.oid} is not known"
            yield Commit(oid=oid, committed_at=moment, files=(), problem=why)
        files = known[node.oid]
        if files is None:
            yield Commit(oid=node.oid, committed_at=moment, files=(), problem=problem)
            continue
        moved = any(known[parent] != files for parent in node.parents) or not node.parents
        if moved and files != last:
            last = files
            if files:
                yield Commit(oid=node.oid, committed_at=moment, files=files)


def list_commits(git: Git, tip: str) -> list[Node]:
    """All commits up to ``tip``: parents before children and else by time.

    Raises:
        FetchFailed: one of them is missing.
    """
    order = ("--date-order", "--reverse", "--parents", "--timestamp")
    listed = git.ask("rev-list", *order, "--end-of-options", tip, complaint=f"commit {tip}")
    words = (line.split() for line in listed.decode("ascii").splitlines())
    return [
        Node(oid=oid, seconds=int(seconds), parents=tuple(parents))
        for seconds, oid, *parents in words
    ]


def walk_commits(git: Git, tip: str) -> list[Node]:
    """The same as `list_commits`, from the commits themselves, around those that are missing.

    Raises:
        FetchFailed: ``tip`` itself is missing.
    """
    peel = ("rev-parse", "--verify", "--end-of-options", f"{tip}^{{commit}}")
    tip = git.ask(*peel, complaint=f"commit {tip}").decode("ascii").strip()
    shallow = git.folder / "shallow"
    roots = set(shallow.read_text("ascii").split()) if shallow.exists() else set[str]()
    texts = _all_commits(git)
    nodes, waiting = dict[str, Node](), [tip]
    while waiting:
        oid = waiting.pop()
        if oid not in nodes and oid in texts:
            node = nodes[oid] = _parse_commit(oid, texts, roots)
            waiting.extend(node.parents)
    return _in_date_order(nodes)


def _all_commits(git: Git) -> dict[str, bytes]:
    every = ("--batch-all-objects", "--unordered", "--batch-check=%(objecttype) %(objectname)")
    listed = git.ask("cat-file", *every, complaint="the objects of the repository")
    words = (line.split() for line in listed.decode("ascii").splitlines())
    oids = [oid for kind, oid, *_ in words if kind == "commit"]
    contents = read_objects(git, oids, "commit", COMMIT_BYTES)
    pairs = zip(oids, contents, strict=True)
    return {oid: content for oid, content in pairs if isinstance(content, bytes)}


def _parse_commit(oid: str, texts: Mapping[str, bytes], roots: Container[str]) -> Node:
    head = texts[oid].partition(b"\n\n")[0]
    parents = [] if oid in roots else [found.decode("ascii") for found in _PARENT.findall(head)]
    committer = _COMMITTER.search(head)
    return Node(
        oid=oid,
        seconds=int(committer[1]) if committer else 0,
        parents=tuple(parent for parent in parents if parent in texts),
        missing=tuple(parent for parent in parents if parent not in texts),
    )


def _in_date_order(nodes: Mapping[str, Node]) -> list[Node]:
    """Newest first, no commit before its children; then turned round."""
    n_children = Counter(parent for node in nodes.values() for parent in node.parents)
    ready = [(-node.seconds, node.oid) for node in nodes.values() if not n_children[node.oid]]
    heapify(ready)
    newest_first = list[Node]()
    while ready:
        node = nodes[heappop(ready)[1]]
        newest_first.append(node)
        for parent in node.parents:
            n_children[parent] -= 1
            if not n_children[parent]:
                heappush(ready, (-nodes[parent].seconds, parent))
    return newest_first[::-1]


def _files_after(
    git: Git, nodes: Sequence[Node], accept: Accept, known: dict[str, Files | None]
) -> Iterator[tuple[Node, str]]:
    """Enter into ``known`` the wanted files after each commit; None where its tree is broken.

    Gives each commit as it is entered, with what is wrong.
    """
    done = n_broken = 0
    while done < len(nodes):
        bases = [_base(node, known) for node in nodes[done:]]
        lines = [_asked(git, *pair) for pair in zip(nodes[done:], bases, strict=True)]
        with tempfile.TemporaryFile() as complaints:
            runs = _run_diff(git, lines, accept, complaints)
            for base, changes in zip(bases, runs):  # noqa: B905  (it ends early at a broken tree)
                known[nodes[done].oid] = _applied(known.get(base) or (), changes)
                done += 1
                yield nodes[done - 1], ""
            complaints.seek(0)
            complaint = first_line(complaints.read())
        if done < len(nodes):
            n_broken += 1
            why = f"the files of commit {nodes[done].oid} are not known: {complaint}"
            if n_broken > MOST_BROKEN:
                raise FetchFailed(f"over {MOST_BROKEN} broken commits, the last: {why}")
            known[nodes[done].oid] = None
            done += 1
            yield nodes[done - 1], why


def _base(node: Node, known: Mapping[str, Files | None]) -> str:
    """The parent that a commit is compared with; empty: with no files at all."""
    first = node.parents[0] if node.parents else ""
    return first if known.get(first, ()) is not None else ""


def _asked(git: Git, node: Node, base: str) -> str:
    """The line that makes git compare a commit with ``base``, or its tree with the empty one."""
    if base or not (node.parents or node.missing):
        return f"{node.oid} {base}".rstrip()
    [text] = read_objects(git, [node.oid], "commit", COMMIT_BYTES)
    tree = _TREE.match(text) if isinstance(text, bytes) else None
    if tree is None:
        return node.oid  # git will find it as broken as we do
    return f"{EMPTY_TREES[len(node.oid)]} {tree[1].decode('ascii')}"


def _run_diff(
    git: Git, lines: Sequence[str], accept: Accept, complaints: IO[bytes]
) -> Iterator[list[_Change]]:
    """What each commit changes among the wanted files; ends before one that is broken."""
    form = ("-r", "--root", "--always", "--raw", "--no-abbrev", "--no-renames", "-z")
    with (
        lines_file(lines) as asked,
        git.start("diff-tree", "--stdin", *form, stdin=asked, stderr=complaints) as process,
    ):
        try:
            tokens = _tokens(process)
            token: bytes | None = next(tokens, b"")
            for line in lines:
                token = _after_header(token or b"", line, tokens)
                if token is None:
                    return
                changes = list[_Change]()
                while token.startswith(b":"):
                    changes.extend(_read_change(token, next(tokens, b""), accept))
                    token = next(tokens, b"")
                yield changes
        finally:
            process.kill()


def _tokens(process: "Popen[bytes]") -> Iterator[bytes]:
    """What git prints, cut at the zero bytes."""
    rest = b""
    while process.stdout and (data := process.stdout.read(READ_BYTES)):
        *whole, rest = (rest + data).split(b"\0")
        yield from whole
    if rest.endswith(b"\n"):
        yield rest


def _after_header(token: bytes, line: str, tokens: Iterator[bytes]) -> bytes | None:
    """What follows the header of ``line``; None if there is none: its commit is broken.

    For a commit the header is its id; for two trees it is the line as it was asked.
    """
    first, _, _ = line.partition(" ")
    if first in EMPTY_TREES.values():
        header = f"{line}\n".encode("ascii")
        return token.removeprefix(header) if token.startswith(header) else None
    return next(tokens, b"") if token == first.encode("ascii") else None


def _read_change(raw: bytes, path: bytes, accept: Accept) -> Iterator[_Change]:
    """``:100644 100644 OLD NEW M`` and a path, if it is of a wanted file."""
    name = path.decode("utf-8", "surrogateescape")
    if accept(plain_basename(name)):
        _, mode, _, oid, _ = raw.split()
        is_file = int(mode, 8) & _KIND == _PLAIN_FILE  # no link, no module, not deleted
        yield name, oid.decode("ascii") if is_file else None


def _applied(base: Files, changes: Sequence[_Change]) -> Files:
    if not changes:
        return base
    files = dict(base)
    for path, oid in changes:
        if oid is None:
            files.pop(path, None)
        else:
            files[path] = oid
    return tuple(sorted(files.items()))
