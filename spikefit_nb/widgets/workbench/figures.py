"""The figures of a chip as a person edits them: by group, as text, and back to numbers."""

from typing import NamedTuple

from spikefit_nb.errors import ProfileProblem
from spikefit_nb.hardware import FIGURES, HardwareProfile, Sourced

OWN = "the user"


class Row(NamedTuple):
    """One figure as it is shown."""

    name: str
    label: str
    value: str
    unit: str
    kind: str
    source: str
    says: str
    is_own: bool


def rows_by_group(profile: HardwareProfile) -> dict[str, list[Row]]:
    """The figures of a chip under their headings."""
    groups: dict[str, list[Row]] = {}
    for (name, figure), told in zip(profile.figures.items(), profile.quantities, strict=True):
        groups.setdefault(told.of, []).append(_row(name, figure))
    return groups


def _row(name: str, figure: Sourced) -> Row:
    values = figure.value if isinstance(figure.value, tuple) else (figure.value,)
    written = ", ".join(v if isinstance(v, str) else f"{v:.15g}" for v in values)
    spread = f" ({figure.spread_text})" if figure.spread else ""
    return Row(
        name,
        name.replace("_", " "),
        written,
        f"{figure.unit}{spread}",
        kind=figure.kind,
        source=figure.source,
        says=FIGURES[name].says,
        is_own=figure.source == OWN,
    )


def value_of(name: str, written: str, figure: Sourced) -> object:
    """The value that a text says, of the shape that a figure has."""
    words = [word.strip().removesuffix(figure.unit).strip() for word in written.split(",")]
    if FIGURES[name].shape == "words":
        return [word for word in words if word]
    if not isinstance(figure.value, tuple):
        words = ["".join(words)]  # commas between thousands
    try:
        numbers = [int(word) if word.isdigit() else float(word) for word in words]
    except ValueError:
        raise ProfileProblem(
            f"{name.replace('_', ' ')}: {written!r} is no number; it is given in {figure.unit}, "
            f"such as {figure.text}."
        ) from None
    return numbers if isinstance(figure.value, tuple) else numbers[0]
