"""What the envelopes of measurements say, as rows, before anything is made of it.

It is apart from `overblock.measurements.envelope`, as another process that only reads documents
needs no array library.
"""

from overblock.measurements.batches import Line, digest_of
from overblock.measurements.documents import Measurement
from overblock.measurements.files import MeasurementFile

DIGEST = "digest:"  # what stands before the digest of a line, where it is the key
MOST_UID = 128  # signs of a key


class EnvelopeRows:
    """Gathers measurements: what each says in ``rows``, its file in ``files`` at ``of_file``."""

    def __init__(self) -> None:
        self.rows: list[tuple[object, ...]] = []
        self.files: list[MeasurementFile] = []
        self.of_file: list[int] = []

    def __len__(self) -> int:
        """How many were added."""
        return len(self.rows)

    def add(self, line: Line, measurement: Measurement) -> None:
        """Take what the envelope of a measurement says."""
        file, uid = line.file, measurement.measurement_uid or line.file.uid
        given = uid is not None and _is_key(uid)
        if not self.files or file is not self.files[-1]:
            self.files.append(file)
        self.of_file.append(len(self.files) - 1)
        self.rows.append(
            (
                uid if given else DIGEST + digest_of(line.raw),
                line.record,
                measurement.test_name,
                measurement.test_version,
                measurement.measurement_start_time or measurement.test_start_time,
                given,
                measurement.probe_cc,
                measurement.probe_asn,
                measurement.resolver_asn,
                measurement.resolver_ip,
                _joined(measurement.input),
                measurement.report_id,
                measurement.software_name,
                measurement.software_version,
                bool(measurement.bad_fields),
            )
        )

    def join(self, later: "EnvelopeRows") -> None:
        """Take what another one gathered, after what was added here."""
        first = len(self.files)
        self.rows += later.rows
        self.files += later.files
        self.of_file += [first + place for place in later.of_file]


def _is_key(uid: str) -> bool:
    """Whether a collector may have given it: a few signs of ASCII that can be seen."""
    plain = uid.isascii() and uid.isprintable() and " " not in uid
    return plain and 0 < len(uid) <= MOST_UID and not uid.startswith(DIGEST)


def _joined(given: str | list[str] | None) -> str | None:
    return " ".join(given) if isinstance(given, list) else given
