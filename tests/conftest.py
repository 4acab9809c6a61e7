"""What holds for every test."""

from hypothesis import settings

# No test is judged by the time it takes on a machine that does other things too.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")
