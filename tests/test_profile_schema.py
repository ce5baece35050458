"""The schema that editors read says what the reader says."""

import tomllib

import jsonschema
import pytest
from hypothesis import given

from spikefit_nb.hardware import FIGURES, profile_names
from spikefit_nb.hardware.catalogue import CATALOGUE
from spikefit_nb.hardware.figures import GROUPS, group_of
from spikefit_nb.hardware.schema import SCHEMA_FILE, schema, schema_text
from tests.profile_files import BROKEN, GOOD, broken, profiles

VALIDATOR = jsonschema.Draft202012Validator(schema())


def test_the_schema_in_the_package_is_what_the_generator_gives():
    assert SCHEMA_FILE.read_text(encoding="utf-8") == schema_text(), (
        "run `python -m spikefit_nb.hardware.schema`"
    )


def test_the_schema_is_one():
    jsonschema.Draft202012Validator.check_schema(schema())


@pytest.mark.parametrize("name", profile_names())
def test_a_file_of_the_catalogue_follows_the_schema(name):
    VALIDATOR.validate(tomllib.loads((CATALOGUE / f"{name}.toml").read_text(encoding="utf-8")))


@given(profiles())
def test_what_is_saved_follows_the_schema(profile):
    VALIDATOR.validate(tomllib.loads(profile.to_toml()))


@pytest.mark.parametrize("fault", BROKEN)
def test_a_fault_is_seen_by_the_schema_too(fault):
    assert VALIDATOR.is_valid(tomllib.loads(GOOD))
    assert not VALIDATOR.is_valid(tomllib.loads(broken(BROKEN[fault])))


@pytest.mark.parametrize("name", FIGURES)
def test_a_figure_explains_itself_in_the_editor(name):
    meaning = FIGURES[name]
    described = schema()["$defs"]["figures"]["properties"][name]["description"]
    assert described == f"{meaning.says} ({meaning.unit})" and group_of(name) in GROUPS
