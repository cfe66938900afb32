"""Compressed bytes to plain ones: gzip, bzip2, xz and zstd, known by their first bytes.

Output is made in steps of bounded size and counted as it comes, so a bomb is met when it passes
the limit and not after.  A stream that merely ends too early gives what it holds and is marked
`Unpacked.truncated`: half a register is evidence, if it is known to be half.  A stream that is
*damaged* (a checksum, an impossible code) is refused, as any byte of it may be wrong.
"""

import bz2
import io
import lzma
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, BinaryIO, Literal, Protocol, TypeAlias, cast

import zstandard
from isal import igzip_lib

from overblock.artefacts.limits import Limits
from overblock.errors import FetchFailed, UnsafeArchive

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer  # exists for type checkers only

Packing: TypeAlias = Literal["gzip", "bzip2", "xz", "zstd"]

HEAD_BYTES = 512  # enough to know any format, tar included
READ_BYTES = 1 << 18
STEP_BYTES = 1 << 19  # the most that one call of a decoder gives, zstd apart; caches hold it
XZ_MEMORY = 512 << 20  # `xz -9` needs 65 MiB; a header may ask for 4 GiB
ZSTD_WINDOW = 128 << 20  # what `zstd -19` and the format's own advice stay within
ZSTD_PIECE = 1 << 10  # zstd gives all of its output at once: at most 32 MiB for so much input

MAGIC_BYTES = 10  # the longest of the signs below
_BZIP2_BLOCKS = (b"1AY&SY", b"\x17rE8P\x90")  # the first block, or the end of an empty stream


def packing_of(head: bytes) -> Packing | None:
    """How a file that begins with ``head`` is compressed; None if it is not."""
    if head.startswith(b"\x1f\x8b\x08"):
        return "gzip"
    if head.startswith(b"BZh") and head[4:MAGIC_BYTES] in _BZIP2_BLOCKS:
        return "bzip2"
    if head.startswith(b"\xfd7zXZ\0"):
        return "xz"
    if head.startswith(b"\x28\xb5\x2f\xfd") or (
        head[1:4] == b"\x2a\x4d\x18" and head[0] & 0xF0 == 0x50  # noqa: PLR2004  (0x50 to 0x5f)
    ):
        return "zstd"
    return None


class _Decoder(Protocol):
    """One compressed stream, from its first byte to its last."""

    def feed(self, data: bytes) -> Iterator[bytes]:
        """Unpack ``data``, in steps."""

    @property
    def rest(self) -> bytes | None:
        """What was fed beyond the end of the stream; None while it has not ended."""


class _Blocks:
    """gzip, bzip2 and xz, whose decoders behave alike."""

    def __init__(
        self,
        decoder: igzip_lib.IgzipDecompressor | bz2.BZ2Decompressor | lzma.LZMADecompressor,
    ) -> None:
        self._decoder = decoder

    def feed(self, data: bytes) -> Iterator[bytes]:
        yield self._decoder.decompress(data, STEP_BYTES)
        while not self._decoder.eof and not self._decoder.needs_input:
            yield self._decoder.decompress(b"", STEP_BYTES)

    @property
    def rest(self) -> bytes | None:
        return self._decoder.unused_data if self._decoder.eof else None


class _Zstd:
    def __init__(self) -> None:
        bounded = zstandard.ZstdDecompressor(max_window_size=ZSTD_WINDOW)
        self._decoder = bounded.decompressobj()
        self._beyond = b""

    def feed(self, data: bytes) -> Iterator[bytes]:
        for at in range(0, len(data), ZSTD_PIECE):
            yield self._decoder.decompress(data[at : at + ZSTD_PIECE])
            if self._decoder.eof:
                self._beyond = self._decoder.unused_data + data[at + ZSTD_PIECE :]
                return

    @property
    def rest(self) -> bytes | None:
        return self._beyond if self._decoder.eof else None


_DECODERS: dict[Packing, Callable[[], _Decoder]] = {
    # twice as fast as zlib; header, checksum and length are verified
    "gzip": lambda: _Blocks(igzip_lib.IgzipDecompressor(flag=igzip_lib.DECOMP_GZIP)),
    "bzip2": lambda: _Blocks(bz2.BZ2Decompressor()),
    "xz": lambda: _Blocks(lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=XZ_MEMORY)),
    "zstd": _Zstd,
}
_GZIP_DAMAGE = cast("type[Exception]", igzip_lib.error)  # its stub calls the class an instance
_DAMAGE = (_GZIP_DAMAGE, lzma.LZMAError, zstandard.ZstdError, OSError, EOFError, ValueError)


class Unpacked(io.RawIOBase):
    """The plain bytes of a compressed stream, to be read as a file.

    Streams that follow one another are read as one, as gzip, xz and the rest do themselves; zero
    bytes between and after them are padding.

    Raises (when read):
        FetchFailed: the stream is damaged, or ends before its first byte.
        UnsafeArchive: it unpacks to more than the ratio of ``limits`` allows.
    """

    def __init__(self, outer: BinaryIO, packing: Packing, name: str, limits: Limits) -> None:
        super().__init__()
        self.truncated = False  # known once the end is reached
        self.n_out = 0
        self._outer, self._packing, self._name, self._limits = outer, packing, name, limits
        self._n_in = 0
        self._ready = memoryview(b"")
        self._chunks = self._unpack()

    def readable(self) -> bool:
        """Yes: a file to read, and nothing else."""
        return True

    def readinto(self, buffer: "WriteableBuffer", /) -> int:
        """Fill ``buffer`` as far as the next step goes; 0 at the end."""
        while not self._ready:
            chunk = next(self._chunks, None)
            if chunk is None:
                return 0
            self._ready = memoryview(chunk)
        room = memoryview(buffer).cast("B")
        taken = min(len(room), len(self._ready))
        room[:taken] = self._ready[:taken]
        self._ready = self._ready[taken:]
        return taken

    def chunks(self) -> Iterator[bytes]:
        """The rest of the bytes as they come: the same as reading, with no copy."""
        return self._chunks

    def _unpack(self) -> Iterator[bytes]:
        decoder: _Decoder | None = _DECODERS[self._packing]()
        while data := self._outer.read(READ_BYTES):
            self._n_in += len(data)
            while data:
                if decoder is None:
                    data = self._next_stream(data)
                    decoder = _DECODERS[self._packing]() if data else None
                if decoder is not None:
                    yield from self._steps(decoder, data)
                    data = decoder.rest or b""
                    decoder = None if decoder.rest is not None else decoder
        self.truncated = decoder is not None
        if self.truncated and not self.n_out:
            raise FetchFailed(f"{self._name}: {self._packing} cut before its first byte")

    def _next_stream(self, data: bytes) -> bytes:
        data = data.lstrip(b"\0")
        if len(data) >= MAGIC_BYTES and packing_of(data) != self._packing:
            beyond = data[:MAGIC_BYTES]
            raise FetchFailed(f"{self._name}: after the {self._packing} data comes {beyond!r}")
        return data

    def _steps(self, decoder: _Decoder, data: bytes) -> Iterator[bytes]:
        steps = decoder.feed(data)
        while True:
            try:
                out = next(steps, None)
            except _DAMAGE as error:
                raise FetchFailed(
                    f"{self._name}: {self._packing} damaged after {self.n_out} bytes: {error}"
                ) from error
            if out is None:
                return
            self.n_out += len(out)
            self._check_ratio()
            if out:
                yield out

    def _check_ratio(self) -> None:
        fair = max(self._limits.floor_bytes, self._n_in * self._limits.max_ratio)
        if self.n_out > fair:
            raise UnsafeArchive(
                f"{self._name}: {self._n_in} bytes unpack to more than {fair}:"
                f" over {self._limits.max_ratio} to 1"
            )


def read_bounded(chunks: Iterator[bytes], name: str, max_bytes: int) -> bytes:
    """All of ``chunks`` as one value, made without a second copy.

    Raises:
        UnsafeArchive: there is more than ``max_bytes``.
    """
    whole = io.BytesIO()
    for chunk in chunks:
        if whole.tell() + len(chunk) > max_bytes:
            raise UnsafeArchive(f"{name}: more than {max_bytes} bytes")
        whole.write(chunk)
    return whole.getvalue()


def unpack(raw: bytes, name: str, limits: Limits) -> tuple[bytes, bool]:
    """Open ``raw`` if it is compressed: the plain bytes, and whether their end is missing.

    Raises:
        FetchFailed: it is damaged.
        UnsafeArchive: it is a bomb, or is compressed twice.
    """
    packing = packing_of(raw[:HEAD_BYTES])
    if packing is None:
        return raw, False
    stream = Unpacked(io.BytesIO(raw), packing, name, limits)
    content = read_bounded(stream.chunks(), name, limits.max_bytes)
    if again := packing_of(content[:HEAD_BYTES]):
        raise UnsafeArchive(f"{name}: compressed twice, {packing} and then {again}")
    return content, stream.truncated
