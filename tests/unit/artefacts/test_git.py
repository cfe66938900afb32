import gzip
import os
import tempfile
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest

from git_worlds import Made, git, loosen, make_repository, object_file
from overblock.artefacts import git_commits, git_program
from overblock.artefacts.git import History, Version, is_git, pack_of
from overblock.artefacts.limits import Limits
from overblock.errors import FetchFailed, UsageError


def is_dump(name: str) -> bool:
    return name.startswith("dump")


def join(parts: Sequence[bytes]) -> bytes:
    return b"+".join(parts)


def versions(path: Path, ref: str | None = None) -> list[Version]:
    with History(path, ref) as history:
        return list(history.versions(is_dump, join))


def contents(path: Path, ref: str | None = None) -> list[bytes | None]:
    return [version.content for version in versions(path, ref)]


THREE = [Made({"dump.csv": b"1", "other": b"o"}), Made({"other": b"p"}), Made({"dump.csv": b"2"})]


def test_a_version_says_which_commit_made_it_and_of_what(tmp_path: Path) -> None:
    first, _, third = make_repository(tmp_path / "r", THREE)
    old, new = versions(tmp_path / "r")
    assert (old.commit, old.content) == (first, b"1")
    assert (new.commit, new.content) == (third, b"2")
    assert old.committed_at == datetime(2017, 7, 14, 2, 40, tzinfo=UTC)
    assert old.blobs == (("dump.csv", git(tmp_path / "r", "rev-parse", f"{first}:dump.csv")),)
    assert not old.problem


def test_every_form_of_a_repository_gives_the_same(tmp_path: Path) -> None:
    bare = tmp_path / "bare"
    make_repository(bare, THREE)
    git(bare, "clone", "--quiet", ".", str(tmp_path / "tree"))
    git(tmp_path / "tree", "worktree", "add", "-q", "--detach", str(tmp_path / "second"), "main")
    git(bare, "bundle", "create", "-q", str(tmp_path / "b.bundle"), "main")
    for form in ("tree", "second", "b.bundle"):
        assert is_git(tmp_path / form)
        assert versions(tmp_path / form) == versions(bare)


def test_other_files_and_folders_are_no_git(tmp_path: Path) -> None:
    (tmp_path / "dump.csv").write_bytes(b"Updated")
    assert not is_git(tmp_path)
    assert not is_git(tmp_path / "dump.csv")
    assert not is_git(tmp_path / "missing")
    with pytest.raises(FetchFailed, match="neither a git repository nor a bundle nor a pack"):
        versions(tmp_path / "dump.csv")


def test_a_repository_of_sha256_is_read(tmp_path: Path) -> None:
    make_repository(tmp_path / "r", THREE, "--object-format=sha256")
    git(tmp_path / "r", "bundle", "create", "-q", str(tmp_path / "b"), "main")
    assert contents(tmp_path / "r") == contents(tmp_path / "b") == [b"1", b"2"]


def test_a_file_may_go_and_come_back(tmp_path: Path) -> None:
    made = [
        Made({"readme": b""}),
        Made({"dump.csv": b"1"}),
        Made({"dump.csv": None}),
        Made({"dump.csv": b"1"}),
    ]
    make_repository(tmp_path / "r", made)
    assert contents(tmp_path / "r") == [b"1", b"1"]


def test_a_file_that_moves_stays_the_same_register(tmp_path: Path) -> None:
    make_repository(
        tmp_path / "r",
        [Made({"dump.csv": b"1"}), Made({"dump.csv": None, "new/dump.csv": b"2"})],
    )
    assert [v.blobs[0][0] for v in versions(tmp_path / "r")] == ["dump.csv", "new/dump.csv"]


def test_merged_branches_are_woven_by_time(tmp_path: Path) -> None:
    """Two machines that feed one mirror both publish states of the register."""
    made = [
        Made({"dump.csv": b"1"}),
        Made({"dump.csv": b"2"}, parents=[0]),
        Made({"dump.csv": b"3"}, parents=[0]),
        Made({"readme": b""}, parents=[1]),
        Made({"dump.csv": b"4"}, parents=[3]),
        Made({"dump.csv": b"3"}, parents=[4, 2]),
    ]
    make_repository(tmp_path / "r", made)
    assert contents(tmp_path / "r") == [b"1", b"2", b"3", b"4", b"3"]


def test_a_merge_that_changes_nothing_is_silent(tmp_path: Path) -> None:
    made = [
        Made({"dump.csv": b"1"}),
        Made({"readme": b""}, parents=[0]),
        Made({"dump.csv": b"2"}, parents=[0]),
        Made({"dump.csv": b"2", "readme": b""}, parents=[1, 2]),
    ]
    make_repository(tmp_path / "r", made)
    assert contents(tmp_path / "r") == [b"1", b"2"]


def test_the_parts_of_a_register_are_joined_in_name_order(tmp_path: Path) -> None:
    made = [
        Made({"dump-01.csv": b"b", "dump-00.csv": b"a"}),
        Made({"dump-01.csv": b"B"}),
        Made({"dump-02.csv": b"a"}),
        Made({"dump-01.csv": None, "dump-02.csv": None}),
    ]
    make_repository(tmp_path / "r", made)
    assert contents(tmp_path / "r") == [b"a+b", b"a+B", b"a+B+a", b"a"]


def test_several_files_of_a_source_without_parts_are_a_problem(tmp_path: Path) -> None:
    make_repository(tmp_path / "r", [Made({"dump.csv": b"1", "old/dump.csv": b"2"})])
    with History(tmp_path / "r") as history:
        [version] = history.versions(is_dump)
    assert version.content is None
    assert version.problem.endswith("dump.csv, old/dump.csv")


def test_what_is_known_is_passed_over(tmp_path: Path) -> None:
    make_repository(tmp_path / "r", THREE)
    with History(tmp_path / "r") as history:
        first, second = history.versions(is_dump)
        known = {first.blobs[0][1]}
        assert [c.oid for c in history.commits(is_dump, known)] == [second.commit]
        assert list(history.versions(is_dump, skip=known)) == [second]


def test_a_compressed_file_is_opened_and_its_cut_end_noticed(tmp_path: Path) -> None:
    packed = gzip.compress(os.urandom(3000))
    make_repository(
        tmp_path / "r",
        [Made({"dump.csv.gz": gzip.compress(b"1")}), Made({"dump.csv.gz": packed[:2000]})],
    )
    whole, cut = versions(tmp_path / "r")
    assert whole.content == b"1"
    assert not whole.truncated
    assert cut.truncated


@pytest.mark.parametrize("mode", ["120000", "160000"])
def test_a_link_or_a_module_is_no_file(mode: str, tmp_path: Path) -> None:
    [first] = make_repository(tmp_path / "r", [Made({"dump.csv": b"1"})])
    link = git(tmp_path / "r", "hash-object", "-w", "--stdin", stdin=b"/etc/passwd")
    target = first if mode == "160000" else link
    entry = f"{mode} {'commit' if mode == '160000' else 'blob'} {target}\tdump.csv\n"
    tree = git(tmp_path / "r", "mktree", stdin=entry.encode())
    commit = git(tmp_path / "r", "commit-tree", "-p", first, "-m", "x", tree)
    git(tmp_path / "r", "update-ref", "refs/heads/main", commit)
    assert contents(tmp_path / "r") == [b"1"]


def test_a_missing_blob_costs_its_own_version(tmp_path: Path) -> None:
    make_repository(tmp_path / "r", [Made({"dump.csv": b"%d" % n}) for n in range(4)])
    loosen(tmp_path / "r")
    oid = git(tmp_path / "r", "rev-parse", "main~2:dump.csv")
    object_file(tmp_path / "r", oid).unlink()
    found = versions(tmp_path / "r")
    assert [v.content for v in found] == [b"0", None, b"2", b"3"]
    assert found[1].problem == f"dump.csv: blob {oid} is missing"


@pytest.mark.parametrize("damage", [b"", b"nonsense", b"x\x9c"])
def test_a_damaged_blob_costs_its_own_version(damage: bytes, tmp_path: Path) -> None:
    make_repository(tmp_path / "r", [Made({"dump.csv": b"%d" % n * 999}) for n in range(4)])
    loosen(tmp_path / "r")
    file = object_file(tmp_path / "r", git(tmp_path / "r", "rev-parse", "main~2:dump.csv"))
    file.chmod(0o600)
    file.write_bytes(damage)
    found = versions(tmp_path / "r")
    assert [v.content and v.content[:1] for v in found] == [b"0", None, b"2", b"3"]
    assert "blob" in found[1].problem


def test_a_blob_with_a_damaged_middle_costs_its_own_version(tmp_path: Path) -> None:
    make_repository(tmp_path / "r", [Made({"dump.csv": os.urandom(90_000)}) for _ in range(3)])
    loosen(tmp_path / "r")
    file = object_file(tmp_path / "r", git(tmp_path / "r", "rev-parse", "main~1:dump.csv"))
    file.chmod(0o600)
    packed = bytearray(file.read_bytes())
    packed[50_000:50_400] = bytes(400)
    file.write_bytes(packed)
    found = versions(tmp_path / "r")
    assert [v.content is None for v in found] == [False, True, False]
    assert "cannot be read" in found[1].problem


def test_a_missing_tree_costs_its_own_version(tmp_path: Path) -> None:
    commits = make_repository(tmp_path / "r", [Made({"dump.csv": b"%d" % n}) for n in range(4)])
    loosen(tmp_path / "r")
    object_file(tmp_path / "r", git(tmp_path / "r", "rev-parse", "main~2^{tree}")).unlink()
    found = versions(tmp_path / "r")
    assert [v.content for v in found] == [b"0", None, b"2", b"3"]
    assert found[1].commit == commits[1]
    assert "unable to read tree" in found[1].problem


def test_a_missing_commit_costs_what_came_before_it(tmp_path: Path) -> None:
    commits = make_repository(tmp_path / "r", [Made({"dump.csv": b"%d" % n}) for n in range(5)])
    loosen(tmp_path / "r")
    object_file(tmp_path / "r", commits[2]).unlink()
    found = versions(tmp_path / "r")
    assert [v.content for v in found] == [None, b"3", b"4"]
    assert found[0].commit == commits[2]
    assert f"commit {commits[2]} is missing" in found[0].problem


def test_a_history_of_nothing_but_broken_trees_is_given_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(git_commits, "MOST_BROKEN", 2)
    make_repository(tmp_path / "r", [Made({"dump.csv": b"%d" % n}) for n in range(5)])
    loosen(tmp_path / "r")
    for n in range(5):
        tree = git(tmp_path / "r", "rev-parse", f"main~{n}^{{tree}}")
        object_file(tmp_path / "r", tree).unlink()
    with pytest.raises(FetchFailed, match="over 2 broken commits"):
        versions(tmp_path / "r")


def test_a_shallow_clone_gives_what_it_has(tmp_path: Path) -> None:
    make_repository(tmp_path / "r", THREE)
    url = f"file://{tmp_path / 'r'}"
    git(tmp_path, "clone", "--quiet", "--depth=1", url, "shallow")
    assert contents(tmp_path / "shallow") == [b"2"]


def test_a_blob_over_the_limit_is_not_taken(tmp_path: Path) -> None:
    make_repository(tmp_path / "r", [Made({"dump.csv": b"x" * n}) for n in (10, 5000, 20)])
    with History(tmp_path / "r", limits=Limits(max_bytes=100)) as history:
        found = list(history.versions(is_dump))
    assert [v.content and len(v.content) for v in found] == [10, None, 20]
    assert "5000 bytes, more than 100" in found[1].problem


def test_a_branch_can_be_named(tmp_path: Path) -> None:
    commits = make_repository(tmp_path / "r", THREE)
    git(tmp_path / "r", "branch", "old", commits[0])
    git(tmp_path / "r", "tag", "-a", "-m", "t", "v1", commits[0])
    for ref in ("old", "refs/heads/old", "v1", commits[0]):
        assert contents(tmp_path / "r", ref) == [b"1"]
    for ref in ("nothing", "--all", "main; ls"):
        with pytest.raises(UsageError, match="no branch, tag or commit"):
            versions(tmp_path / "r", ref)


def test_without_a_head_the_only_branch_is_taken(tmp_path: Path) -> None:
    commits = make_repository(tmp_path / "r", THREE)
    git(tmp_path / "r", "symbolic-ref", "HEAD", "refs/heads/unborn")
    assert contents(tmp_path / "r") == [b"1", b"2"]
    git(tmp_path / "r", "branch", "other", commits[0])
    with pytest.raises(UsageError, match="which branch"):
        versions(tmp_path / "r")


def test_an_empty_repository_holds_no_branch(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q", "--bare", "r")
    with pytest.raises(FetchFailed, match="holds no branch"):
        versions(tmp_path / "r")


def test_a_cut_bundle_fails(tmp_path: Path) -> None:
    make_repository(tmp_path / "r", THREE)
    bundle = tmp_path / "b.bundle"
    git(tmp_path / "r", "bundle", "create", "-q", str(bundle), "main")
    bundle.write_bytes(bundle.read_bytes()[:-30])
    with pytest.raises(FetchFailed, match=r"b\.bundle: (error|fatal): "):
        versions(bundle)


def test_a_bundle_that_needs_another_says_so(tmp_path: Path) -> None:
    make_repository(tmp_path / "r", THREE)
    bundle = tmp_path / "b.bundle"
    git(tmp_path / "r", "bundle", "create", "-q", str(bundle), "main", "^main~1")
    with pytest.raises(FetchFailed, match="lacks these prerequisite commits"):
        versions(bundle)


def test_a_pack_keeps_what_was_read(tmp_path: Path) -> None:
    make_repository(tmp_path / "r", THREE)
    oids = [version.blobs[0][1] for version in versions(tmp_path / "r")]
    pack = pack_of(tmp_path / "r", oids, tmp_path)
    assert pack_of(tmp_path / "r", oids, tmp_path) == pack
    with History.from_pack(pack) as history:
        assert [blob.content for blob in history.read(oids[::-1])] == [b"2", b"1"]
    pack.with_suffix(".idx").unlink()  # a raw tier keeps the pack alone
    missing = "0" * 40
    with History.from_pack(pack) as history:
        assert [b.content for b in history.read([oids[0], missing])] == [b"1", None]
        assert history.present([oids[0], missing]) == oids[:1]


def test_what_is_no_object_id_is_not_asked_for(tmp_path: Path) -> None:
    make_repository(tmp_path / "r", THREE)
    with History(tmp_path / "r") as history, pytest.raises(UsageError, match="no object id"):
        list(history.read(["HEAD\n--all"]))


def test_a_history_is_read_while_it_is_open(tmp_path: Path) -> None:
    make_repository(tmp_path / "r", THREE)
    with pytest.raises(UsageError, match="with"):
        list(History(tmp_path / "r").versions(is_dump))


def test_nothing_is_left_behind_when_reading_is_interrupted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_repository(tmp_path / "r", [Made({"dump.csv": b"%d" % n * 99_999}) for n in range(20)])
    git(tmp_path / "r", "bundle", "create", "-q", str(tmp_path / "b"), "main")
    (tmp_path / "tmp").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "tmp"))

    def interrupted() -> None:
        with History(tmp_path / "b") as history:
            reading = history.versions(is_dump)
            next(reading)
            assert list((tmp_path / "tmp").iterdir())
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert not list((tmp_path / "tmp").iterdir())


def test_without_the_git_program_the_complaint_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_repository(tmp_path / "r", THREE)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(FetchFailed, match="git is not installed"):
        versions(tmp_path / "r")


def test_a_repository_on_which_git_hangs_is_given_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A configuration may include a pipe into which nobody writes."""
    monkeypatch.setattr("overblock.artefacts.git.ASKING_SECONDS", 0.2)
    make_repository(tmp_path / "r", THREE)
    os.mkfifo(tmp_path / "pipe")
    git(tmp_path / "r", "config", "include.path", str(tmp_path / "pipe"))
    with pytest.raises(FetchFailed, match=r"git gave no answer in 0\.2 s"):
        versions(tmp_path / "r")


def test_the_environment_of_the_user_has_no_say(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_repository(tmp_path / "r", THREE)
    monkeypatch.setenv("GIT_DIR", "/nowhere")
    monkeypatch.setenv("GIT_CONFIG_COUNT", "nonsense")
    assert contents(tmp_path / "r") == [b"1", b"2"]


def test_the_first_grave_line_is_the_complaint() -> None:
    assert git_program.first_line(b"hint: x\nfatal: y\nerror: z") == "fatal: y"
    assert git_program.first_line(b"") == "git said nothing"
