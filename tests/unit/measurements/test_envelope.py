"""Who measured what, when and from where, and what is odd about it."""

import json
from datetime import UTC, datetime
from typing import Any

import polars as pl
import pytest

from overblock.measurements.batches import Block, decoded, digest_of
from overblock.measurements.envelope import Envelopes
from overblock.measurements.envelope_rows import DIGEST, EnvelopeRows
from overblock.measurements.files import MeasurementFile, file_of
from overblock.measurements.flags import FLAGS

HOUR = "2024030107_RU_telegram.n1.0.jsonl.gz"
UID = "20240301071530.250000_RU_telegram_0123456789abcdef"
SOUND: dict[str, Any] = {
    "test_name": "telegram",
    "test_version": "0.3.0",
    "measurement_uid": UID,
    "measurement_start_time": "2024-03-01 07:15:00",
    "probe_cc": "RU",
    "probe_asn": "AS12389",
    "resolver_asn": "AS12389",
    "report_id": "r",
    "software_name": "miniooni",
    "software_version": "3.20.0",
    "test_keys": {},
}


def block(raw: bytes, file: MeasurementFile) -> Block:
    return Block(file, 1, raw, 0, len(raw))


def frame(*changes: dict[str, Any], name: str = HOUR) -> pl.DataFrame:
    raw = b"\n".join(json.dumps(SOUND | change).encode() for change in changes)
    envelopes = Envelopes()
    for line, measurement in decoded(block(raw, file_of(name)), []):
        envelopes.add(line, measurement)
    return envelopes.frame()


def row(name: str = HOUR, **changes: object) -> dict[str, Any]:
    return frame(changes, name=name).row(0, named=True)


def test_a_sound_measurement_has_no_flag() -> None:
    assert row() == {
        "measurement_uid": UID,
        "artefact": "",
        "file": HOUR,
        "record": 1,
        "test": "telegram",
        "test_version": "0.3.0",
        "started_at": datetime(2024, 3, 1, 7, 15, tzinfo=UTC),
        "received_at": datetime(2024, 3, 1, 7, 15, 30, 250_000, tzinfo=UTC),
        "probe_cc": "RU",
        "probe_asn": 12389,
        "resolver_asn": 12389,
        "target": None,
        "report_id": "r",
        "software": "miniooni 3.20.0",
        "flags": [],
    }


@pytest.mark.parametrize(
    ("changes", "flags"),
    [
        ({"measurement_start_time": "2099-01-01 00:00:00"}, ["future_clock"]),
        ({"measurement_start_time": "1970-01-01 00:00:07"}, ["old_clock"]),
        ({"measurement_start_time": "2022-01-01 00:00:00"}, ["old_clock"]),
        ({"measurement_start_time": "2024-02-27 00:00:00"}, ["late"]),
        ({"measurement_start_time": "once"}, ["no_clock"]),
        ({"probe_cc": "ZZ"}, ["no_country"]),
        ({"probe_cc": "US"}, ["wrong_country"]),
        ({"probe_asn": "AS0", "resolver_asn": None}, ["no_network"]),
        ({"probe_asn": "", "resolver_asn": "AS0"}, ["no_network"]),
        ({"resolver_asn": "AS15169"}, ["foreign_resolver"]),
        ({"resolver_ip": "[scrubbed]"}, ["scrubbed"]),
        ({"measurement_uid": None}, ["no_uid"]),
        ({"measurement_uid": "a b"}, ["no_uid"]),
        ({"measurement_uid": "digest:0"}, ["no_uid"]),
        ({"measurement_uid": "u" * 500}, ["no_uid"]),
        ({"probe_cc": {"a": 1}}, ["bad_field", "no_country"]),
        ({"input": "http://x.example/" + "a" * 9000}, ["bad_field"]),
    ],
)
def test_what_is_odd_has_a_flag(changes: dict[str, Any], flags: list[str]) -> None:
    assert row(**changes)["flags"] == flags
    assert set(flags) <= set(FLAGS)


def test_without_a_uid_the_digest_of_the_line_is_the_key() -> None:
    raw = json.dumps(SOUND | {"measurement_uid": None}).encode()
    assert row(measurement_uid=None)["measurement_uid"] == DIGEST + digest_of(raw)


def test_what_an_uploaded_file_is_called_is_the_uid_of_its_measurement() -> None:
    assert row(name=f"x.tar.gz/2024030107/{UID}.post", measurement_uid=None)["flags"] == []


def test_the_moment_of_receipt_is_the_uid_s_and_else_the_path_s() -> None:
    hour = datetime(2024, 3, 1, 7, tzinfo=UTC)
    assert row(measurement_uid="u")["received_at"] == hour
    assert row(measurement_uid="99990301071530.250000_RU_x")["received_at"] == hour
    assert row(measurement_uid="20241301071530.250000_RU_x")["received_at"] == hour
    assert row(name="x.jsonl", measurement_uid="u")["received_at"] is None


@pytest.mark.parametrize(
    "written", ["2015-12-23T10:11:12Z", "2015-12-23 10:11:12.5", 1450865472.0, "1450865472"]
)
def test_old_forms_of_a_moment_are_read(written: object) -> None:
    started_at = row(measurement_start_time=None, test_start_time=written)["started_at"]
    assert started_at == datetime(2015, 12, 23, 10, 11, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("written", "target"),
    [
        ("https://www.example.com/A?b=ü", "https://www.example.com/A?b=ü"),
        ("HTTP://Яндекс.РФ/Я", "http://xn--d1acpjx3f.xn--p1ai/Я"),
        (" http://shop.example/\n", "http://shop.example/"),
        ("Shop.Example.", "shop.example"),
        ("8.8.8.8:53", "8.8.8.8:53"),
        (["ajax.aspnetcdn.com", "meek.azureedge.net"], "ajax.aspnetcdn.com meek.azureedge.net"),
        ("  ", None),
        (None, None),
    ],
)
def test_a_target_is_the_input_in_canonical_form(written: object, target: str | None) -> None:
    assert row(input=written)["target"] == target


def test_no_measurements_are_an_empty_frame() -> None:
    assert Envelopes().frame().is_empty()
    assert Envelopes().frame().schema == frame({}).schema


def test_a_name_that_is_no_path_of_ooni_says_nothing() -> None:
    assert file_of("2024139999_RU_telegram.x.jsonl") == MeasurementFile(
        name="2024139999_RU_telegram.x.jsonl"
    )
    old = file_of("jsonl/webconnectivity/AM/20200301/00/20200301_AM_webconnectivity.l.0.jsonl.gz")
    assert old.received_at == datetime(2020, 3, 1, tzinfo=UTC)
    assert (old.country, old.test) == ("AM", "webconnectivity")


def test_what_was_gathered_apart_is_what_is_gathered_at_once() -> None:
    """Each row keeps its file, wherever a piece ends."""
    names = ["a.jsonl", HOUR, "b.jsonl", HOUR]
    raw = json.dumps(SOUND).encode() + b"\n" + json.dumps(SOUND | {"probe_cc": "US"}).encode()
    blocks = [block(raw, file_of(name)) for name in names]
    parts = []
    for pieces in (blocks, blocks[:1], blocks[1:3], [], blocks[3:]):
        parts.append(EnvelopeRows())
        for each in pieces:
            for line, measurement in decoded(each, []):
                parts[-1].add(line, measurement)
    whole, joined = Envelopes(), Envelopes()
    whole.join(parts[0])
    for part in parts[1:]:
        joined.join(part)
    assert joined.frame().equals(whole.frame())
    assert whole.frame()["file"].to_list() == [name for name in names for _ in range(2)]
    odd = [flags for name in names for flags in ([], ["wrong_country"] if name == HOUR else [])]
    assert whole.frame()["flags"].to_list() == odd
