"""What all tests share: how hard the property tests try.

A busy machine is no bug, so no example has a deadline.  CI asks for the thorough profile with
``HYPOTHESIS_PROFILE=ci``.
"""

import os

from hypothesis import settings

settings.register_profile("quick", deadline=None)
settings.register_profile("ci", deadline=None, max_examples=500, derandomize=True)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "quick"))
