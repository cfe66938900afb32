"""Every exception that overblock raises on purpose.

    OverblockError
      UsageError           the question cannot be asked like this
        UnknownRegister      no source or file of that name
        BadAddress           not an address, network, domain or URL
        BadMoment            not a moment in time
        NoSnapshot           the register has no snapshot at or before that moment
        NoMeasurement        no measurement of that key
        NoDecision           the register has no decision of that number
        NoEvent              no event of that key
        MissingHolders       the question needs a table that is not at hand
        MissingNames         the question needs resolutions that are not at hand
        TooMuchAsked         more at once than is answered
        AskedTooOften        more questions a minute than one asker may put
      SourceError          what was read is not what it should be
        FetchFailed          could not be opened or read
        SourceDrift          the source no longer has the form it had
        TooFewRows           far fewer rows than the source ever had
        UnsafeArchive        an archive that is a bomb, or whose names leave their folder
      CaseError            a case folder that contradicts its own form
      BundleError          a report's bundle that is not what its manifest or signature says
      KeyFileError         a key that is missing, open to others, or no key
      NoticeFailed         a notice could not be delivered
      Overloaded           no answer in time, or too many questions at once
      DrawingFailed        a picture could not be drawn
      CompanionLost        another process that took part in the work has ended
      StoreError           the observatory folder
        NotAStore            no observatory there
        StoreBusy            another process is writing to it
        StoreFull            the disk is
        StoreDamaged         a file of it is missing or not what its name says
          StoreOutdated        another version of overblock wrote it
          PartGone             a part went while it was read; asking again may find the new one

Each class has the ``exit_code`` of the command line and the ``http_status`` of the web; only
`overblock.cli.main` and the web's one handler catch the base.  A bad *record* is no exception:
it is a row in rejects.
"""

from typing import ClassVar


class OverblockError(Exception):
    """Base of all: one clear line that says what, where and which value."""

    exit_code: ClassVar[int] = 1
    http_status: ClassVar[int] = 500


class UsageError(OverblockError):
    """The question cannot be asked like this."""

    exit_code = 2
    http_status = 400


class UnknownRegister(UsageError):
    """No source, register or file of that name."""

    http_status = 404


class BadAddress(UsageError):
    """Not an address, network, domain or URL."""


class BadMoment(UsageError):
    """Not a moment in time."""


class NoSnapshot(UsageError):
    """The register has no snapshot at or before that moment."""

    http_status = 404


class NoMeasurement(UsageError):
    """The observatory has no measurement of that key."""

    http_status = 404


class NoDecision(UsageError):
    """The register has no decision of that number."""

    http_status = 404


class NoEvent(UsageError):
    """The observatory's verdicts have no onset and no end of that key."""

    http_status = 404


class MissingHolders(UsageError):
    """The question needs a table of holders that is not at hand."""


class MissingNames(UsageError):
    """The question needs names with addresses, and none are at hand."""


class TooMuchAsked(UsageError):
    """More at once than is answered."""

    http_status = 413


class AskedTooOften(UsageError):
    """More questions a minute than one asker may put."""

    http_status = 429


class SourceError(OverblockError):
    """What was read is not what it should be."""

    exit_code = 3
    http_status = 502


class FetchFailed(SourceError):
    """Could not be opened or read."""


class SourceDrift(SourceError):
    """The source no longer has the form it had."""


class TooFewRows(SourceError):
    """Far fewer rows than the source ever had: a broken download, not a change of policy."""


class UnsafeArchive(SourceError):
    """An archive that unpacks to too much, or whose names leave their folder."""


class CaseError(OverblockError):
    """A case folder that contradicts its own form."""

    exit_code = 5
    http_status = 422


class NoticeFailed(OverblockError):
    """A notice could not be delivered; what it was about is told again the next time."""

    exit_code = 6
    http_status = 502


class BundleError(OverblockError):
    """A report's bundle that is not what its manifest, its signature or its time stamp says."""

    exit_code = 7
    http_status = 422


class KeyFileError(OverblockError):
    """A key that is missing, open to others, or no key."""

    exit_code = 8


class Overloaded(OverblockError):
    """No answer in time, or too many questions at once: ask again, or for less."""

    exit_code = 9
    http_status = 503


class DrawingFailed(OverblockError):
    """A picture could not be drawn: the process that draws has died; ask once more."""

    exit_code = 10
    http_status = 503


class CompanionLost(OverblockError):
    """Another process that took part in the work has ended before it was done."""

    exit_code = 11
    http_status = 503


class StoreError(OverblockError):
    """The observatory folder."""

    exit_code = 4
    http_status = 503


class NotAStore(StoreError):
    """No observatory folder there."""


class StoreBusy(StoreError):
    """Another process is writing to the observatory."""


class StoreFull(StoreError):
    """The disk is full; what was there before is untouched."""


class StoreDamaged(StoreError):
    """A file of the observatory is missing, or not what its name says."""


class StoreOutdated(StoreDamaged):
    """Another version of overblock wrote the observatory, or a part of it, in another form."""

    remedy: ClassVar[str] = (
        "another version of overblock wrote it: use that one, or make a new observatory "
        "(overblock init NEW) and ingest again; what raw/ holds is as it was fetched"
    )

    def __init__(self, what: str) -> None:
        """Say what is of another form, and what to do: nothing is lost, and nothing is guessed."""
        super().__init__(f"{what}; {self.remedy}")


class PartGone(StoreDamaged):
    """A part that the manifest names is not there: a writer replaced it, or it was removed."""
