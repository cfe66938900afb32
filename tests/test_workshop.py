"""The project's own files agree with each other: locks, Makefile, hooks, fragments."""

import re
import subprocess
import tomllib
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from shared_data import ROOT

KINDS_OF_CHANGE = {"added", "changed", "fixed"}


def project() -> dict[str, Any]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))


def locked(name: str) -> dict[str, str]:
    """Each locked package with its version."""
    text = (ROOT / name).read_text("utf-8")
    return dict(re.findall(r"^([a-z0-9-]+)==(\S+) \\$", text, re.MULTILINE))


def wanted(*groups: str) -> list[Requirement]:
    stated = project()["dependency-groups"]
    return [Requirement(line) for group in groups for line in stated[group]]


def test_the_lock_holds_what_the_project_asks_for() -> None:
    """`make lock` mends it."""
    pins = locked("requirements.lock")
    asked = [Requirement(line) for line in project()["project"]["dependencies"]]
    for requirement in [*asked, *wanted("dev", "build")]:
        assert requirement.specifier.contains(pins[canonicalize_name(requirement.name)])


def test_the_lock_of_the_peers_holds_what_benchmarks_compare_with() -> None:
    pins = locked("requirements-peers.lock")
    for requirement in wanted("peers"):
        assert requirement.specifier.contains(pins[canonicalize_name(requirement.name)])


@pytest.mark.parametrize("name", ["requirements.lock", "requirements-peers.lock"])
def test_every_locked_package_has_its_hashes(name: str) -> None:
    text = (ROOT / name).read_text("utf-8")
    lines = [line for line in text.splitlines() if line and not line.lstrip().startswith("#")]
    pins = [line for line in lines if not line.startswith("    --hash=sha256:")]
    assert len(pins) == len(locked(name))  # each is a pin that goes on in a hash, no option


def test_make_tells_every_target_that_a_person_may_want() -> None:
    makefile = (ROOT / "Makefile").read_text("utf-8")
    phony = re.findall(r"^\.PHONY: (.+)$", makefile, re.MULTILINE)[0].split()
    told = subprocess.run(
        ["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    assert [target for target in phony if f"  make {target} " not in told] == []


def test_every_target_is_phony_and_exists() -> None:
    """A file of the name of a target would silence it."""
    makefile = (ROOT / "Makefile").read_text("utf-8")
    phony = set(re.findall(r"^\.PHONY: (.+)$", makefile, re.MULTILINE)[0].split())
    assert phony == set(re.findall(r"^([a-z][a-z-]*):", makefile, re.MULTILINE))


def test_a_fragment_of_the_changelog_says_what_kind_of_change_it_is() -> None:
    names = [path.name for path in (ROOT / "changelog.d").iterdir() if path.name[0] != "."]
    odd = [name for name in names if not re.fullmatch(r"[\w-]+\.(\w+)\.md", name)]
    assert odd == []
    assert {name.split(".")[1] for name in names} <= KINDS_OF_CHANGE


def test_what_ci_runs_can_be_run() -> None:
    script = ROOT / ".ci" / "run"
    assert script.stat().st_mode & 0o111
    subprocess.run(["bash", "-n", script], check=True)
