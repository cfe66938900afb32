"""A small made-up register with a history in git, for where the real one is not there."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from bench_git import git

FIRST = datetime(2018, 4, 16, tzinfo=UTC)


def make_register_history(folder: Path, n_states: int = 50) -> Path:
    """A bundle of hourly states of a register; each has a record more than the last."""
    git("init", "--quiet", "--bare", "--initial-branch=main", str(folder / "made"))
    stream, records = b"", b""
    for number in range(n_states):
        at = FIRST + timedelta(hours=number)
        records += b"192.0.2.%d;shop%d.example;;A;%d;2018-04-16\n" % (number, number, number)
        content = b"Updated: %s\n%s" % (f"{at:%Y-%m-%d %H:%M:%S %z}".encode("ascii"), records)
        stream += b"commit refs/heads/main\ncommitter a <a@b> %d +0000\n" % at.timestamp()
        stream += b"data 0\nM 100644 inline dump.csv\ndata %d\n%s\n" % (len(content), content)
    git("-C", str(folder / "made"), "fast-import", "--quiet", stdin=stream)
    bundle = folder / "made.bundle"
    git("-C", str(folder / "made"), "bundle", "create", "-q", str(bundle), "main")
    return bundle
