"""The knobs of a design as controls: what each is called, how far it turns, what it waits for."""

from dataclasses import replace
from typing import Any, NamedTuple

from spikefit_nb.adapt import Design
from spikefit_nb.network import PerPopulation
from spikefit_nb.search import DesignSpace

AT_ONCE = ("neurons_per_core", "share_cores")  # all others change what the network computes
LABELS = {
    "n_steps": "Steps",
    "weight_bits": "Weight bits",
    "weight_values": "Weight values",
    "prune_fraction": "Synapses removed",
    "prune_neurons": "Neurons removed",
    "threshold_scale": "Thresholds times",
    "neurons_per_core": "Neurons a core",
}
SHARE_STEP, FACTOR_STEP = 0.05, 0.1


class Control(NamedTuple):
    """One knob as a person turns it."""

    name: str
    label: str
    shape: str  # "whole", "share", "factor", "switch" or "choice"
    ends: tuple[float, float]
    step: float
    choices: tuple
    as_trained: Any  # the value that changes nothing
    why: str

    @property
    def is_at_once(self) -> bool:
        """Whether it needs no run of the network."""
        return self.name.partition(".")[0] in AT_ONCE


def controls(space: DesignSpace) -> tuple[Control, ...]:
    """The knobs of a space as controls; those that answer at once come first."""
    found = [_control(knob) for knob in space.knobs]
    return tuple(sorted(found, key=lambda control: not control.is_at_once))


def _control(knob: Any) -> Control:
    kind, _, population = knob.name.partition(".")
    label = LABELS.get(kind, kind.replace("_", " ").capitalize())
    if population:
        label = f"{label}, {population}"
    known = knob.found
    if isinstance(known.range, list):
        shape = "switch" if set(known.range) <= {False, True} else "choice"
        return Control(
            knob.name,
            label,
            shape,
            (0, 0),
            step=0,
            choices=tuple(known.range),
            as_trained=known.as_trained,
            why=known.why,
        )
    low, high = known.range
    shape, step = "whole", float(known.step)
    if isinstance(low, float) or isinstance(high, float):
        shape = "share" if high <= 1 else "factor"
        step = SHARE_STEP if shape == "share" else FACTOR_STEP
    trained = high if known.as_trained is None else known.as_trained
    return Control(
        knob.name,
        label,
        shape,
        (low, high),
        step=step,
        choices=(),
        as_trained=trained,
        why=known.why,
    )


def value_in(design: Design, control: Control) -> Any:
    """Where a knob stands in a design, within what the control can show."""
    kind, _, population = control.name.partition(".")
    value = getattr(design, kind, None)
    if isinstance(value, PerPopulation):
        value = value.get(population)
    default = getattr(Design(), kind, None)
    if value is None or value == default:
        return control.as_trained
    if control.choices:
        return value if value in control.choices else control.as_trained
    low, high = control.ends
    return min(max(value, low), high)


def turned(space: DesignSpace, design: Design, name: str, value: Any) -> Design:
    """A design with one knob turned; what the space has no knob for stays as it is."""
    known = controls(space)
    params = {control.name: value_in(design, control) for control in known} | {name: value}
    made = space.design(_acting(space, params, name))
    kinds = {control.name.partition(".")[0] for control in known}
    others = {knob: own for knob, own in design.changes().items() if knob not in kinds}
    return replace(made, **others) if others else made


def _acting(space: DesignSpace, params: dict[str, Any], name: str) -> dict[str, Any]:
    """Knobs with the partition under which the one that was turned acts."""
    if "partition" not in params or name == "partition":
        return params
    tried = ({**params, "partition": way} for way in (params["partition"], "layers", "auto"))
    return next((way for way in tried if name in space.canonical(way)), params)
