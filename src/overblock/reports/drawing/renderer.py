"""The renderer of charts and letters: here, or in a process of its own beside this one.

vl-convert draws them.  It starts a JavaScript engine, which takes a second and a hundred megabytes,
and while it draws nothing else in its process can work.  So who has other work to do meanwhile
starts it apart first (`start_apart`): it warms up, and later draws, on another processor.
"""

import atexit
import os
import pickle
import subprocess
import sys
from contextlib import suppress
from select import select
from threading import Lock
from typing import IO, Any, Literal, TypeAlias, cast

from overblock.errors import DrawingFailed

Locale: TypeAlias = Literal["en-US", "ru-RU"]
Work: TypeAlias = Literal["svg", "png"]

VEGA_LITE = "6.4"  # what the specifications are written for
SECONDS = 60.0  # for one picture; most take a fifth of one


def draw_spec(spec: dict[str, Any], locale: Locale | None = None) -> str:
    """A Vega-Lite specification as SVG; nothing is fetched.

    Raises:
        DrawingFailed: it cannot be drawn, or the process that draws died or takes too long.
    """
    return cast("str", _draw("svg", spec, locale))


def draw_pixels(svg: str, scale: float = 1.0) -> bytes:
    """An SVG as PNG, so many pixels for each of its own; what is see-through comes out too dark.

    Raises:
        DrawingFailed: it cannot be drawn, or the process that draws died or takes too long.
    """
    return cast("bytes", _draw("png", svg, scale))


def vega_script(snippet: str) -> str:
    """Vega as one script that a page can load, with ``snippet`` at its end."""
    import vl_convert  # noqa: PLC0415  (eighty megabytes, which only pictures need)

    made: str = vl_convert.javascript_bundle(snippet, vl_version=VEGA_LITE)
    return made


class Apart:
    """The renderer in a process of its own; pictures are drawn one after the other.

    It reads questions and writes answers as pickles, both ends being ours, and ends when nobody
    can ask any more.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def started(self) -> bool:
        """Whether pictures are drawn there."""
        return self._process is not None

    @property
    def process_id(self) -> int | None:
        """Which process it is; None where there is none."""
        return None if self._process is None else self._process.pid

    def start(self) -> None:
        """Start the process, if it is not there yet; who starts it need not wait for it."""
        with self._lock:
            if self._process is None:
                self._process = subprocess.Popen(  # noqa: S603  (our own program)
                    [sys.executable, "-m", __name__],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    start_new_session=True,  # Ctrl-C is for whoever started it
                )

    def draw(self, work: Work, *given: object, seconds: float = SECONDS) -> object:
        """One picture.

        Raises:
            DrawingFailed: the process has died, or takes too long; it is ended then.
        """
        with self._lock:
            process = self._process
            if process is None or process.stdin is None or process.stdout is None:
                raise DrawingFailed("the process that draws pictures was not started")
            try:
                pickle.dump((work, given), process.stdin)
                process.stdin.flush()
                if not select([process.stdout], [], [], seconds)[0]:
                    self._end()
                    told = f"a picture was not drawn within {seconds:.0f} seconds"
                    raise DrawingFailed(told)
                good, made = pickle.load(process.stdout)  # noqa: S301  (of a process of ours)
            except (EOFError, BrokenPipeError) as error:
                self._end()
                raise DrawingFailed("the process that draws pictures has died") from error
        if not good:
            raise DrawingFailed(made)
        return cast("object", made)

    def end(self) -> None:
        """End the process."""
        with self._lock:
            self._end()

    def _end(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            with suppress(BrokenPipeError):  # what was not yet sent will not be read
                process.communicate()


_APART = Apart()
atexit.register(_APART.end)


def start_apart() -> None:
    """Draw in a process of its own from now on; it ends with this one."""
    _APART.start()


def _draw(work: Work, *given: object) -> object:
    return _APART.draw(work, *given) if _APART.started else _drawn(work, given)


def _drawn(work: Work, given: Any) -> object:  # noqa: ANN401  (of either kind)
    import vl_convert  # noqa: PLC0415  (eighty megabytes, which only pictures need)

    first, second = given
    try:
        if work == "png":
            return vl_convert.svg_to_png(first, scale=second)
        return vl_convert.vegalite_to_svg(
            first, vl_version=VEGA_LITE, allowed_base_urls=[],
            format_locale=second, time_format_locale=second,
        )  # fmt: skip
    except (ValueError, RuntimeError) as error:  # which of them, depends on what is wrong
        told = str(error).partition("\n")[0]
        raise DrawingFailed(f"what shall be drawn cannot be: {told}") from error


def _answer(asked: IO[bytes], told: IO[bytes]) -> None:
    """In the process apart: draw what is asked for, until nobody asks any more."""
    _drawn("svg", ({"mark": "point"}, None))  # loads the engine before the first picture is wanted
    while True:
        try:
            work, given = pickle.load(asked)  # noqa: S301  (of the process that started this one)
        except EOFError:
            return
        try:
            answer = True, _drawn(work, given)
        except DrawingFailed as error:
            answer = False, str(error)
        pickle.dump(answer, told)
        told.flush()


if __name__ == "__main__":
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever a library prints is no answer
    _answer(sys.stdin.buffer, answers)
