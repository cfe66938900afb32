"""What the envelopes of measurements say, as rows, before anything is made of it.

It is apart from `overblock.measurements.envelope`, as another process that only reads documents
needs no array library.
"""

from overblock.measurements.batches import Line, digest_of
from overblock.measurements.documents import Measurement, Mended
from overblock.measurements.files import MeasurementFile

DIGEST = "digest:"  # what stands before the digest of a line, where it is the key
MOST_UID = 128  # signs of a key


class EnvelopeRows:
    """Gathers measurements: what each says in ``rows``, their files in ``files``.

    What is done here is done with every document on its own, while other memory is at hand: what
    can be done with columns is left to `overblock.measurements.envelope`.
    """

    def __init__(self) -> None:
        self.rows: list[tuple[object, ...]] = []
        self.files: list[MeasurementFile] = []
        self.begins: list[int] = []  # of each file, the place of its first row
        self._file: MeasurementFile | None = None

    def __len__(self) -> int:
        """How many were added."""
        return len(self.rows)

    def add(self, line: Line, measurement: Measurement) -> None:
        """Take what the envelope of a measurement says."""
        file = line.file
        if file is not self._file:
            self._begin(file)
        uid = measurement.measurement_uid or file.uid
        given = (
            uid is not None
            and uid.isascii()  # a collector's keys are a few signs of it, that can be seen
            and uid.isprintable()
            and " " not in uid
            and len(uid) <= MOST_UID
            and not uid.startswith(DIGEST)
        )
        target = measurement.input
        if isinstance(target, list):
            target = " ".join(target)
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
                target,
                measurement.report_id,
                measurement.software_name,
                measurement.software_version,
                type(measurement) is Mended,
            )
        )

    def join(self, later: "EnvelopeRows") -> None:
        """Take what another one gathered, after what was added here."""
        first = len(self.rows)
        self.rows += later.rows
        self.files += later.files
        self.begins += [first + place for place in later.begins]
        self._file = None

    def _begin(self, file: MeasurementFile) -> None:
        self.files.append(file)
        self.begins.append(len(self.rows))
        self._file = file
