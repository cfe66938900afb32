"""The observatory: a folder anyone can open.  Nothing else knows a path in it.

::

    observatory/
      raw/ab/ab12….zst + .json               every artefact as fetched, and where it came from
      tables/<table>/<partition>/<digest>.parquet    immutable parts, named by their content
      manifest.json                          which parts are live: the one file that ever changes
      watches/<digest>.json                  what a watched fleet looked like last time
      lock                                   held by the one process that writes

A writer puts parts beside their place, renames them in, and at last renames a new manifest in: a
crash at any moment leaves the old state or the new one.  A reader takes the manifest once and
reads the parts it names; where a part has gone meanwhile, it asks again from the new manifest.
"""

import fcntl
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass, replace
from hashlib import file_digest, sha256
from io import BytesIO
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Self, TypeVar

import msgspec

from overblock.durable import disk, put, remove_left
from overblock.errors import NotAStore, PartGone, StoreBusy, StoreDamaged, StoreOutdated
from overblock.tables import ALL, Table

if TYPE_CHECKING:
    import polars as pl

FORMAT = 1
T = TypeVar("T")
_NOTHING: dict[str, dict[str, Any]] = {"parts": {}, "facts": {}}
Parts = dict[str, dict[str, list[str]]]  # table → partition → digests


@dataclass(frozen=True, slots=True)
class View:
    """The store at one moment: all reads through one view belong together."""

    root: Path
    parts: Parts
    facts: Mapping[str, Any]  # small things beside the tables: where a fold stands
    sure: bool = False  # that no writer took the part that is gone: the rest may be answered

    def told(self, error: StoreDamaged) -> str:
        """What is broken, for an answer without it; raises on where asking anew may help."""
        if isinstance(error, PartGone) and not self.sure:
            raise error
        return str(error).replace(f"{self.root}/", "")

    def paths(self, table: Table, partition: str) -> list[Path]:
        """The files that hold a partition of a table."""
        digests = self.parts.get(table.name, {}).get(partition, [])
        folder = self.root / "tables" / table.name / partition
        return [folder / f"{digest}.parquet" for digest in digests]

    def partitions(self, table: Table) -> list[str]:
        """Which partitions of a table have any rows."""
        return sorted(name for name, digests in self.parts.get(table.name, {}).items() if digests)

    def read(self, table: Table, partition: str) -> "pl.DataFrame":
        """All rows of a partition."""
        import polars as pl  # noqa: PLC0415  (a third of a second, which `check` must not pay)

        frames = list(self.read_parts(table, partition))
        return pl.concat(frames) if frames else table.empty()

    def read_parts(self, table: Table, partition: str) -> Iterator["pl.DataFrame"]:
        """The rows of a partition, a part at a time: for tables that do not fit memory."""
        import polars as pl  # noqa: PLC0415  (a third of a second, which `check` must not pay)

        for path in self.paths(table, partition):
            with _part(path):
                frame = pl.read_parquet(path)
            table.check_names(frame.columns, path)
            yield table.check(frame)

    def choose(
        self, table: Table, partition: str, chosen: "Callable[[pl.LazyFrame], pl.LazyFrame]"
    ) -> "pl.DataFrame":
        """Some rows or columns of a partition: only they are read."""
        import polars as pl  # noqa: PLC0415  (a third of a second, which `check` must not pay)

        try:
            return chosen(self.scan(table, partition)).collect()
        except FileNotFoundError as error:
            raise PartGone(f"a part of {table.name}/{partition} is not there") from error
        except pl.exceptions.ComputeError as error:
            raise StoreDamaged(f"a part of {table.name}/{partition} is broken: {error}") from error

    def scan(self, table: Table, partition: str) -> "pl.LazyFrame":
        """The rows of a partition, to be filtered before they are read."""
        import polars as pl  # noqa: PLC0415  (a third of a second, which `check` must not pay)

        paths = self.paths(table, partition)
        for path in paths:
            with _part(path):
                names = list(pl.read_parquet_schema(path))
            table.check_names(names, path)
        return pl.scan_parquet(paths) if paths else table.empty().lazy()


@dataclass(frozen=True, slots=True)
class Store:
    """An observatory folder, open for reading."""

    root: Path

    @classmethod
    def create(cls, root: Path) -> Self:
        """Make a new observatory; one that is there already stays as it is."""
        with disk(root):
            for folder in (root / "raw", root / "tables"):
                folder.mkdir(parents=True, exist_ok=True)
            if not (root / "manifest.json").exists():
                _begin(root)
        return cls(root)

    @classmethod
    def open(cls, root: Path) -> Self:
        """Open an observatory.

        Raises:
            NotAStore: there is none at ``root``.
        """
        if not (root / "manifest.json").is_file():
            raise NotAStore(f"{root} is no observatory; `overblock init {root}` makes one")
        return cls(root)

    def view(self) -> View:
        """The store as it is now."""
        live = _read_manifest(self.root)["live"]
        return View(self.root, live["parts"], live["facts"])

    def ask(self, question: Callable[[View], T], tries: int = 5) -> T:
        """Answer a question from one view; again from a newer one if a writer came between."""
        for _ in range(tries - 1):
            view = self.view()
            try:
                return question(view)
            except (PartGone, FileNotFoundError):  # the latter by a lazy scan
                if self.view().parts == view.parts:  # nobody replaced it: it is lost
                    return question(replace(view, sure=True))
        return question(self.view())

    @contextmanager
    def writing(self, what: str) -> Iterator["Writer"]:
        """Hold the store for writing ``what``: one that was killed at the same goes on.

        Raises:
            StoreBusy: another process holds it.
        """
        with disk(self.root), (self.root / "lock").open("a+") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError as error:
                raise StoreBusy(f"another process is writing to {self.root}") from error
            for place in ("", "raw/**/", "tables/**/"):  # a watch may be writing beside these
                for left in self.root.glob(f"{place}.*.new"):
                    remove_left(left)  # of one that was killed; stamps may be coming in just now
            state = _read_manifest(self.root)
            live, begun = state["live"], state["building"]
            resumed = begun is not None and begun["what"] == what
            if not resumed:  # half of something else is no business here: it begins anew
                begun = deepcopy(live)
            yield Writer(self.root, what, begun["parts"], begun["facts"], live, resumed)

    def raw(self, digest: str) -> bytes:
        """An artefact as it was fetched.

        Raises:
            StoreDamaged: it is not there, or not what its name says.
        """
        import zstandard  # noqa: PLC0415  (only where raw bytes are read)

        path = _raw_path(self.root, digest)
        try:
            content = zstandard.ZstdDecompressor().stream_reader(path.read_bytes()).read()
        except OSError as error:
            raise StoreDamaged(f"raw artefact {digest} is not there: {error}") from error
        except zstandard.ZstdError as error:
            raise StoreDamaged(f"raw artefact {digest} cannot be unpacked: {error}") from error
        if digest_of(content) != digest:
            raise StoreDamaged(f"raw artefact {digest} is not what its name says")
        return content

    def note_path(self, kind: str, name: str) -> Path:
        """Where a small file beside the tables has its place: what a watch remembers.

        ``name`` becomes part of a path only as its digest, so it may be anything.
        """
        return self.root / kind / f"{digest_of(name.encode())[:32]}.json"

    def artefacts(self) -> list[str]:
        """The digests of all artefacts that were kept, sorted."""
        return sorted(path.stem for path in (self.root / "raw").glob("*/*.zst"))

    def stamp_path(self, digest: str) -> Path:
        """Where the time stamp of an artefact has its place."""
        return _raw_path(self.root, digest).with_suffix(".tsr")

    def copy_raw(self, digest: str, target: Path) -> None:
        """Lay an artefact on the disk as it was fetched, in little memory.

        Raises:
            StoreDamaged: it is not there, or not what its name says.
        """
        import zstandard  # noqa: PLC0415  (only where raw bytes are read)

        path = _raw_path(self.root, digest)
        try:
            with path.open("rb") as kept, target.open("wb") as written:
                zstandard.ZstdDecompressor().copy_stream(kept, written)
        except OSError as error:
            raise StoreDamaged(f"raw artefact {digest} cannot be copied: {error}") from error
        except zstandard.ZstdError as error:
            raise StoreDamaged(f"raw artefact {digest} cannot be unpacked: {error}") from error
        if digest_of(target) != digest:
            raise StoreDamaged(f"raw artefact {digest} is not what its name says")

    def provenance(self, digest: str) -> dict[str, Any]:
        """Where an artefact came from."""
        path = _raw_path(self.root, digest).with_suffix(".json")
        try:
            found: dict[str, Any] = json.loads(path.read_bytes())
        except (OSError, ValueError) as error:
            raise StoreDamaged(f"{path} cannot be read: {error}") from error
        return found


@dataclass(slots=True)
class Writer:
    """The one writer: what it adds is seen by no reader before `publish`."""

    root: Path
    what: str
    parts: Parts
    facts: dict[str, Any]
    _live: dict[str, Any]
    resumed: bool  # goes on from a checkpoint of one that was killed

    def view(self) -> View:
        """The store as it will be once published."""
        return View(self.root, self.parts, self.facts)

    def append(self, table: Table, partition: str, frame: "pl.DataFrame") -> str | None:
        """Add rows as a part of their own, and say its digest; the same again changes nothing."""
        if frame.is_empty():
            return None
        digest = self._write_part(table, partition, frame)
        digests = self.parts.setdefault(table.name, {}).setdefault(partition, [])
        if digest not in digests:
            digests.append(digest)
        return digest

    def move(self, table: Table, partition: str, to: str) -> None:
        """Give the parts of a partition to another: its name may be known only at the end."""
        folder = self.root / "tables" / table.name / to
        for path in self.view().paths(table, partition):
            folder.mkdir(parents=True, exist_ok=True)
            path.replace(folder / path.name)
        moved = self.parts.get(table.name, {}).pop(partition, [])
        held = self.parts.setdefault(table.name, {}).setdefault(to, [])
        held.extend(digest for digest in moved if digest not in held)

    def replace(self, table: Table, partition: str, frame: "pl.DataFrame") -> None:
        """Put rows in the place of all that the partition held."""
        self.drop(table, partition)
        self.append(table, partition, frame)

    def drop(self, table: Table, partition: str) -> None:
        """Remove a partition."""
        self.parts.get(table.name, {}).pop(partition, None)

    def checkpoint(self) -> None:
        """Keep what was written so far, unseen: a writer that is killed goes on from here."""
        building = {"what": self.what, "parts": self.parts, "facts": self.facts}
        _write_manifest(self.root, {"live": self._live, "building": building})

    def publish(self) -> None:
        """Make all that was written seen at once, and remove what it replaced."""
        self._live = deepcopy({"parts": self.parts, "facts": self.facts})
        _write_manifest(self.root, {"live": self._live, "building": None})
        view = self.view()
        live = {
            path
            for table in ALL
            for partition in view.partitions(table)
            for path in view.paths(table, partition)
        }
        for path in (self.root / "tables").glob("*/*/*.parquet"):
            if path not in live:  # replaced, or left by a writer that was killed
                path.unlink(missing_ok=True)

    def put_raw(self, content: bytes | Path, provenance: Mapping[str, Any] | None) -> str:
        """Keep an artefact as fetched; returns its SHA-256.  What is there stays as it is.

        What was not fetched but made of artefacts has no provenance of its own.
        """
        import zstandard  # noqa: PLC0415  (only where raw bytes are kept)

        digest = digest_of(content)
        path = _raw_path(self.root, digest)
        if not path.exists():
            with _opened(content) as source:
                compressor = zstandard.ZstdCompressor(level=3)
                put(path, lambda target: compressor.copy_stream(source, target))
        if provenance is not None and not path.with_suffix(".json").exists():
            told = msgspec.json.encode(dict(provenance))
            put(path.with_suffix(".json"), lambda target: target.write(told))
        return digest

    def _write_part(self, table: Table, partition: str, frame: "pl.DataFrame") -> str:
        buffer = BytesIO()
        table.check(frame).write_parquet(
            buffer, compression="zstd", statistics=True, row_group_size=table.group_rows
        )
        content = buffer.getvalue()
        digest = sha256(content).hexdigest()[:32]
        path = self.root / "tables" / table.name / partition / f"{digest}.parquet"
        if not path.exists():
            put(path, lambda target: target.write(content))
        return digest


@contextmanager
def _part(path: Path) -> Iterator[None]:
    """Say of a part that cannot be read which it is, and why."""
    import polars as pl  # noqa: PLC0415  (a third of a second, which `check` must not pay)

    try:
        yield
    except FileNotFoundError as error:
        raise PartGone(f"{path} is not there") from error
    except pl.exceptions.ComputeError as error:
        raise StoreDamaged(f"{path} is no Parquet file: {error}") from error


def _begin(root: Path) -> None:
    """Write the first manifest, unless another process did so meanwhile and went on from it."""
    with (root / "lock").open("a+") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (root / "manifest.json").exists():
            _write_manifest(root, {"live": _NOTHING, "building": None})


def _read_manifest(root: Path) -> dict[str, Any]:
    path = root / "manifest.json"
    try:
        written = json.loads(path.read_bytes())
    except (OSError, ValueError) as error:
        raise StoreDamaged(f"{path} cannot be read: {error}") from error
    if not isinstance(written, dict) or not {"format", "live", "building"} <= written.keys():
        raise StoreDamaged(f"{path} is no manifest: {str(written)[:80]}")
    if written["format"] != FORMAT:
        raise StoreOutdated(f"{path} is of format {written['format']!r}, wanted {FORMAT}")
    return written


def _write_manifest(root: Path, state: Mapping[str, Any]) -> None:
    written = json.dumps({"format": FORMAT, **state}, indent=1, default=str)
    put(root / "manifest.json", lambda target: target.write(written.encode()))


def digest_of(content: bytes | Path) -> str:
    """The SHA-256 that an artefact is known by."""
    if isinstance(content, bytes):
        return sha256(content).hexdigest()
    with content.open("rb") as opened:
        return file_digest(opened, "sha256").hexdigest()


@contextmanager
def _opened(content: bytes | Path) -> Iterator[IO[bytes]]:
    with BytesIO(content) if isinstance(content, bytes) else content.open("rb") as opened:
        yield opened


def _raw_path(root: Path, digest: str) -> Path:
    return root / "raw" / digest[:2] / f"{digest}.zst"
