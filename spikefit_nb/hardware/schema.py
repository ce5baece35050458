"""The format of a profile file as a JSON Schema, so that editors complete and check it while one
writes.

``python -m spikefit_nb.hardware.schema`` says where it is, and writes it anew after a change of the
vocabulary. A file whose first line is ``#:schema`` and that path is completed by editors that know
TOML, and checked by ``taplo check``.
"""

import json
import os
from pathlib import Path

from spikefit_nb.hardware.check import (
    FIRST_YEAR,
    LAST_YEAR,
    NARROWEST_WEIGHT_BITS,
    NEEDED,
    WIDEST_WEIGHT_BITS,
    arithmetic_names,
    least,
)
from spikefit_nb.hardware.families import FAMILIES
from spikefit_nb.hardware.figures import ABOVE_ZERO, FIGURES, PROPERTIES, STEPS, Meaning
from spikefit_nb.hardware.sourced import KINDS, LARGEST, OPTIONAL, PARTS
from spikefit_nb.units import SCALE_OF_PREFIX

SCHEMA_FILE = Path(__file__).with_name("profile.schema.json")
ANY_NUMBER = {"type": "number", "minimum": 0, "maximum": LARGEST}
FITTED_ON = "The system and workloads that its costs were measured, fitted or simulated on"
SPREAD = "From where to where it was published or measured: [low, high], each like the value"
TEXT = {"type": "string", "pattern": r"\S"}
CHOSEN = ("supports", "lacks")  # figures whose words are PROPERTIES


def schema() -> dict:
    """Describe a profile file in JSON Schema, draft 2020-12."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Hardware profile of spikefit_nb",
        **_table(_keys(), NEEDED),
        "$defs": {
            "kind": {"enum": list(KINDS), "description": "How the figure came about"},
            "source": TEXT | {"description": "Where it says so: paper, section, table, page"},
            "name": {"enum": list(FIGURES)},
            "included": _table({name: _ref("name") for name in FIGURES})
            | {"description": "What is not published alone: figure = the figure that contains it"},
            "figures": _table({name: _figure(name, meaning) for name, meaning in FIGURES.items()}),
            "check": _entry(
                {"anyOf": [ANY_NUMBER, TEXT, _list(ANY_NUMBER), _list(TEXT)]},
                TEXT,
                {"anyOf": [ANY_NUMBER, _list(ANY_NUMBER)]},
            ),
            "set": _table(
                {
                    "title": TEXT,
                    "fitted_on": TEXT | {"description": FITTED_ON},
                    "included": _ref("included"),
                    "figures": _ref("figures"),
                },
                ("title",),
            ),
        },
    }


def schema_text() -> str:
    """The text of the schema's file."""
    return json.dumps(schema(), indent=1, ensure_ascii=False) + "\n"


def _keys() -> dict:
    return {
        "name": TEXT | {"description": "Short name, such as loihi1"},
        "title": TEXT | {"description": "Name for people, such as Intel Loihi"},
        "year": {
            "type": "integer",
            "minimum": FIRST_YEAR,
            "maximum": LAST_YEAR,
            "description": "Year it came out",
        },
        "family": {"enum": list(FAMILIES), "description": "Which rules of capacity apply"},
        "step": {"enum": list(STEPS), "description": "What ends a time step"},
        "arithmetic": {
            "enum": list(arithmetic_names()),
            "description": "What its neurons count in; left out: float32",
        },
        "fitted_on": TEXT | {"description": FITTED_ON},
        "included": _ref("included"),
        "figures": _ref("figures"),
        "checks": _free(
            _ref("check"),
            "Published totals to hold a prediction against: any names, shown, never priced",
        ),
        "sets": _free(_ref("set"), "Other coefficients of the same chip"),
    }


def _ref(name: str) -> dict:
    return {"$ref": f"#/$defs/{name}"}


def _table(properties: dict, required: tuple[str, ...] = ()) -> dict:
    return {
        "type": "object",
        "additionalProperties": False,
        "required": list(required),
        "properties": properties,
    }


def _free(entry: dict, description: str) -> dict:
    return {
        "type": "object",
        "additionalProperties": entry,
        "propertyNames": TEXT,
        "description": description,
    }


def _list(item: dict) -> dict:
    return {"type": "array", "minItems": 1, "items": item}


def _figure(name: str, meaning: Meaning) -> dict:
    unit = {"const": meaning.unit}
    if meaning.base:
        prefixes = "|".join(prefix for prefix in SCALE_OF_PREFIX if prefix)
        pattern = f"^({prefixes})?{meaning.base}$"
        unit = {"type": "string", "pattern": pattern, "default": meaning.unit}
    spread = None if meaning.shape == "words" else _value(name, meaning)
    return {
        "description": f"{meaning.says} ({meaning.unit})",
        **_entry(_value(name, meaning), unit, spread),
    }


def _entry(value: dict, unit: dict, end: dict | None) -> dict:
    """A figure, with the form of its spread's two ends where it can have one."""
    parts = dict(zip(PARTS, (value, unit, _ref("kind"), _ref("source")), strict=True))
    spread = {"type": "array", "minItems": 2, "maxItems": 2, "items": end, "description": SPREAD}
    return _table(parts | ({OPTIONAL[0]: spread} if end else {}), PARTS)


def _value(name: str, meaning: Meaning) -> dict:
    if name in CHOSEN:
        return _list({"enum": list(PROPERTIES)})
    if meaning.shape == "words":
        return _list(TEXT)
    kind = "integer" if meaning.is_count else "number"
    number = {"type": kind, "minimum": least(name), "maximum": LARGEST}
    if name == "weight_bits":
        number["maximum"] = WIDEST_WEIGHT_BITS
        return _list(number) | {"contains": {"minimum": NARROWEST_WEIGHT_BITS}}
    if name in ABOVE_ZERO:
        number["exclusiveMinimum"] = number.pop("minimum")
    return _list(number) if meaning.shape == "numbers" else number


if __name__ == "__main__":
    if not os.path.exists(SCHEMA_FILE) or SCHEMA_FILE.read_text(encoding="utf-8") != schema_text():
        SCHEMA_FILE.write_text(schema_text(), encoding="utf-8")
    print(SCHEMA_FILE)
