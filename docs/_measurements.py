"""The page of measurements: flags, classes of failures, and the words that they are known by."""

from collections import defaultdict

from _generate import _grid
from overblock.measurements.failures import NAMED, TEXTS, WORDS
from overblock.measurements.flags import FLAGS


def flags() -> str:
    """What can be odd about a measurement."""
    return _grid(("flag", "meaning"), [(f"`{name}`", said) for name, said in FLAGS.items()])


def failure_classes() -> str:
    """The classes of failures, and how many ways of saying each are known."""
    words, texts = defaultdict[str, list[str]](list), defaultdict[str, int](int)
    for word, name in WORDS.items():
        words[name].append(f"`{word}`")
    for _, name in TEXTS:
        texts[name] += 1
    rows = [
        (f"`{name}`", said, ", ".join(words[name]), str(texts[name]))
        for name, said in NAMED.items()
    ]
    return _grid(("class", "meaning", "words of probes", "texts of systems"), rows)
