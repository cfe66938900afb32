"""When an answer is still the same to who has it: the clock alone makes no news.

Ages and the moment of the question change each minute, and nobody who reads "5 hours old" has to
load it again for that.  Two answers with one validator say the same, to the hour (a weak one:
RFC 9110, 8.8.1).
"""

from hashlib import blake2b
from typing import Any

import msgspec
from litestar import Response

HOUR = 3600
OF_THE_CLOCK = {"at", "since"}


def entity_tag(answer: object, *more: str) -> str:
    """The validator of an answer to the question that ``more`` names: its path, its language."""
    told = [_still(msgspec.to_builtins(answer)), *more]
    return f'W/"{blake2b(msgspec.json.encode(told), digest_size=12).hexdigest()}"'


def tagged(response: Response[Any], answer: object, *more: str) -> Response[Any]:
    """A response that says its validator."""
    response.headers["ETag"] = entity_tag(answer, *more)
    return response


def _still(value: Any) -> Any:  # noqa: ANN401  (whatever JSON holds)
    """What is said, without what the clock changes."""
    if isinstance(value, list):
        return [_still(one) for one in value]
    if not isinstance(value, dict):
        return value
    kept = {name: _still(one) for name, one in value.items() if name not in OF_THE_CLOCK}
    if isinstance(age := value.get("age"), float):
        kept["age"] = age // HOUR
    return kept
