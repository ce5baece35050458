"""Every figure of a chip says its value, unit, kind and source."""

import math
import tomllib
from collections.abc import Iterator

import pytest

from tests.meta.source import PACKAGE

PROFILES = PACKAGE / "hardware" / "profiles"
KINDS = ("measured", "simulated", "datasheet", "derived", "assumed")
KEYS = ("value", "unit", "kind", "source")


def published(profile: dict) -> Iterator[tuple[str, dict]]:
    """Name and content of all that is said to be published: figures, checks, and the figures of
    other sets.
    """
    for holder in (profile, *profile.get("sets", {}).values()):
        yield from holder.get("figures", {}).items()
        yield from holder.get("checks", {}).items()


def faults(profile: dict) -> Iterator[str]:
    """What is missing or wrong in the figures of one profile."""
    for name, figure in published(profile):
        missing = [key for key in KEYS if key not in figure]
        if missing:
            yield f"{name} has no {', '.join(missing)}"
            continue
        if figure["kind"] not in KINDS:
            yield f"{name} is {figure['kind']!r}, not one of {', '.join(KINDS)}"
        if not str(figure["source"]).strip():
            yield f"{name} has an empty source"
        value = figure["value"]
        if isinstance(value, float) and not math.isfinite(value):
            yield f"{name} is {value}"
    if not profile.get("figures"):
        yield "no figures at all"


def test_every_figure_is_sourced():
    profiles = {
        path.name: tomllib.loads(path.read_text(encoding="utf-8"))
        for path in PROFILES.glob("*.toml")
    }
    assert [
        f"{name}: {fault}"
        for name, profile in sorted(profiles.items())
        for fault in faults(profile)
    ] == []


GOOD = {"value": 2.36e-11, "unit": "J", "kind": "simulated", "source": "Davies 2018, table 2"}


@pytest.mark.parametrize(
    ("figure", "fault"),
    [
        ({k: v for k, v in GOOD.items() if k != "source"}, "synapse has no source"),
        ({"value": 1.0}, "synapse has no unit, kind, source"),
        (GOOD | {"source": "  "}, "synapse has an empty source"),
        (
            GOOD | {"kind": "guessed"},
            "synapse is 'guessed', not one of measured, simulated, datasheet, derived, assumed",
        ),
        (GOOD | {"value": math.inf}, "synapse is inf"),
    ],
)
def test_a_planted_figure_is_caught(figure, fault):
    assert list(faults({"figures": {"synapse": figure}})) == [fault]
    good = {"figures": {"hop": GOOD}}
    assert list(faults(good | {"checks": {"synapse": figure}})) == [fault]
    assert list(faults(good | {"sets": {"other": {"figures": {"synapse": figure}}}})) == [fault]


def test_a_good_figure_passes_and_an_empty_profile_does_not():
    assert list(faults({"figures": {"synapse": GOOD}})) == []
    assert list(faults({"name": "chip"})) == ["no figures at all"]
