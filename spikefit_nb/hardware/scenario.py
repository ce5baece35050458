"""How input comes: from a store, or live, as most sensors give it."""

from typing import Literal

from spikefit_nb.errors import UnknownName, expect
from spikefit_nb.hardware.families import FAMILIES
from spikefit_nb.hardware.profile import HardwareProfile

Scenario = Literal["offline", "single_stream", "real_time"]
SCENARIOS: dict[Scenario, str] = {
    "offline": "stored input, back to back",
    "single_stream": "stored input, one at a time",
    "real_time": "live input",
}


def settle_scenario(profile: HardwareProfile, scenario: Scenario | None) -> Scenario:
    """The scenario asked for, or the one a chip is built for.

    Parameters
    ----------
    profile : HardwareProfile
    scenario : str or None, one of SCENARIOS

    Returns
    -------
    str

    Raises
    ------
    WrongArgument
        It is no word.
    UnknownName
        There is no such scenario.

    Examples
    --------
    >>> from spikefit_nb.hardware import load_profile
    >>> settle_scenario(load_profile("loihi1"), None), settle_scenario(load_profile("speck"), None)
    ('single_stream', 'real_time')
    """
    expect(scenario, str | None, "scenario", " or ".join(map(repr, SCENARIOS)))
    if scenario is None:
        return "real_time" if FAMILIES[profile.family].is_live else "single_stream"
    if scenario not in SCENARIOS:
        raise UnknownName("scenario", scenario, SCENARIOS)
    return scenario
