"""The lines of code that do what was done by hand, and the whole session as one cell."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from spikefit_nb.adapt import Design
from spikefit_nb.datasets import load_dataset
from spikefit_nb.hardware import HardwareProfile, load_profile, profile_names
from spikefit_nb.nir_file import load_network, network_names
from spikefit_nb.search.places import place_in_words

CHANGED = "_changed"  # ends the name of a chip with figures of the user's own
GIVEN = "# {names}: as you gave {it} to the workbench"


class Step(NamedTuple):
    """One action: the line that does it, which names it sets, and which it reads."""

    line: str  # nothing where what it sets was made elsewhere
    makes: tuple[str, ...]
    uses: tuple[str, ...] = ()


def with_step(steps: Sequence[Step], step: Step) -> tuple[Step, ...]:
    """Add a step to a session; it takes the place of one before it that nothing has read."""
    if steps and steps[-1].makes == step.makes and not set(step.makes) & set(step.uses):
        steps = steps[:-1]
    return (*steps, step)


def needed(steps: Sequence[Step], wanted: Iterable[str]) -> tuple[list[Step], set[str]]:
    """The steps that some names rest on, in order, and the names that no step sets."""
    missing, kept = set(wanted), list[Step]()
    for step in reversed(steps):
        if missing & set(step.makes):
            missing = (missing - set(step.makes)) | set(step.uses)
            kept.append(step)
    return kept[::-1], missing


def session_cell(steps: Sequence[Step], last: Sequence[Step]) -> str:
    """A cell that repeats a session: what its last steps rest on, then these."""
    wanted = {name for step in last for name in step.uses}
    kept, missing = needed(steps, wanted)
    names = sorted({*missing, *(step.makes[0] for step in kept if not step.line)})
    given = GIVEN.format(names=", ".join(names), it="it" if len(names) == 1 else "them")
    lines = ["import spikefit_nb as sf", "", *([given] if names else [])]
    return "\n".join([*lines, *(step.line for step in (*kept, *last) if step.line)])


def network_line(network: Any) -> str:
    """The line that gives a network, where it is one of those that come by name."""
    name = network.name
    is_ours = name in network_names() and load_network(name).fingerprint == network.fingerprint
    return f"network = sf.load_network({name!r})" if is_ours else ""


def profile_line(profile: HardwareProfile) -> str:
    """The line that gives a chip, where it is one of the catalogue, or one with other figures."""
    name = profile.name.removesuffix(CHANGED)
    if name not in profile_names():
        return ""
    base = load_profile(name)
    own = {c.figure: profile.value(c.figure) for c in profile.diff(base).changes}
    if base.replace(**own).fingerprint != profile.fingerprint:
        return ""
    changed = f".replace({arguments(own)})" if own else ""
    return f"profile = sf.load_profile({name!r}){changed}"


def replace_line(figure: str, value: object) -> str:
    """The line that gives a chip a figure of one's own."""
    return f"profile = profile.replace({arguments({figure: value})})"


def design_line(design: Design) -> str:
    """The line that gives a design."""
    return f"design = sf.{design!r}"


def deploy_line(has_recordings: bool, said: Mapping[str, Any]) -> str:
    """The line that prices a design, or judges it where there are no recordings; ``said`` is of
    its input.
    """
    if has_recordings:
        given = "".join(f", {name}={value!r}" for name, value in said.items())
        return f"report = sf.deploy(network, profile, dataset, design=design{given})"
    return "report = sf.check_fit(network, profile, design)"


def remedy_line(number: int, has_recordings: bool) -> str:
    """The line that takes a remedy over."""
    data = ", dataset=dataset" if has_recordings else ""
    found = f"remedy = sf.check_fit(network, profile, design{data}).remedies[{number}]"
    return f"{found}\nnetwork, profile, design = remedy.network, remedy.profile, remedy.design"


def search_line(asked: Mapping[str, Any]) -> str:
    """The line that searches."""
    return f"study = sf.search(network, profile, dataset, {arguments(asked, tuples=True)})"


def load_study_line(storage: str, *, goes_on: bool) -> str:
    """The line that brings a study back, with what it needs to go on."""
    given = ", network=network, profile=profile, dataset=dataset" if goes_on else ""
    return f"study = sf.load_study({place_in_words(storage)!r}{given})"


def trial_line(study: Any, trial: Any) -> str:
    """The line that gives a trial of a study; nothing where it is of another one."""
    if study.reference is not None and trial.number == study.reference.number:
        return "trial = study.reference"
    places = {t.number: place for place, t in enumerate(study.trials)}
    return f"trial = study.trials[{places[trial.number]}]" if trial.number in places else ""


def recommend_line(
    weights: Mapping[str, float], at_least: Mapping[str, float], at_most: Mapping[str, float]
) -> str:
    """The line that picks the best design."""
    asked = {"weights": dict(weights), "at_least": dict(at_least), "at_most": dict(at_most)}
    return f"best = study.recommend({arguments({k: v for k, v in asked.items() if v})})"


def arguments(values: Mapping[str, object], *, tuples: bool = False) -> str:
    """Arguments of a call, as they are written; tuples as lists, unless they are to stay."""
    return ", ".join(
        f"{name}={(value if tuples else _plain(value))!r}" for name, value in values.items()
    )


def _plain(value: object) -> object:
    return list(value) if isinstance(value, tuple) else value


def dataset_line(dataset: Any) -> str:
    """The line that gives recordings, where they are those that come with the package."""
    if dataset is None:
        return "dataset = None"
    is_ours = dataset.name == "digits" and dataset.fingerprint == load_dataset("digits").fingerprint
    return "dataset = sf.load_dataset('digits')" if is_ours else ""


LINE_OF: dict[str, Callable[[Any], str]] = {
    "network": network_line,
    "profile": profile_line,
    "dataset": dataset_line,
    "design": design_line,
}
