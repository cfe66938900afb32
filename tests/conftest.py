"""How the laws are tried: as often everywhere, and without a clock.

A property test that fails because the machine was busy says nothing of the property.
`pytest --hypothesis-profile thorough` looks five times as long, before a release or after a doubt.
"""

from hypothesis import HealthCheck, settings

pytest_plugins = ["stamping_authority"]  # fixtures that several folders of tests share

settings.register_profile(
    "steady",
    deadline=None,
    max_examples=100,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.register_profile("thorough", settings.get_profile("steady"), max_examples=500)
settings.load_profile("steady")
