"""What every test may count on."""

import os
from pathlib import Path

import pytest
from hypothesis import settings

# A checkout may have the published data beside it; without it the tests that need it fetch it by
# checksum.
DATA = Path(__file__).parents[2] / "shared" / "data"
if DATA.is_dir():
    os.environ.setdefault("SPIKEFIT_DATA", str(DATA))

# No deadline, since the first call of a kernel compiles it; the same examples on every run.
settings.register_profile("repository", deadline=None, derandomize=True)
settings.load_profile("repository")


@pytest.fixture
def shared_data(monkeypatch):
    """The folder of published networks and recordings, also set as SPIKEFIT_DATA; CI must have
    it.
    """
    if not DATA.is_dir():
        reason = "the published data are not beside the checkout, in ../shared/data"
        if os.environ.get("CI") == "true":
            pytest.fail(f"{reason}; in CI they must be")
        pytest.skip(reason)
    monkeypatch.setenv("SPIKEFIT_DATA", str(DATA))
    return DATA
