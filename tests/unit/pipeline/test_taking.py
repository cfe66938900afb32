"""What other processes load: little, so that they are there soon."""

import subprocess
import sys

HEAVY = (
    "polars",
    "numpy",
    "pyarrow",
    "tldextract",
    "requests",
    "cryptography",
    "multiprocessing",
)


def test_another_process_loads_no_library_that_it_seldom_needs() -> None:
    code = (
        "import sys; from overblock.pipeline import accompanying, taking;"
        f" print([each for each in {HEAVY} if each in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout.strip() == "[]"
