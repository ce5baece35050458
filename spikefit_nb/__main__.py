"""``python -m spikefit_nb check net.nir --chip loihi1``: a gate for continuous integration.

It exits with 0 where the network passes, 1 where it does not fit or misses a limit, 2 where the
input cannot be read.
"""

import argparse
import ast
import json
import os
import sys
import traceback
from collections.abc import Sequence
from typing import Any

from spikefit_nb.adapt import Design
from spikefit_nb.errors import DesignProblem, SpikefitError
from spikefit_nb.export import load_deployment
from spikefit_nb.export.gate import Limits, Verdict, chip_at, judge_on, recordings_at
from spikefit_nb.fit import SupportMatrix, support_matrix
from spikefit_nb.network import Network
from spikefit_nb.nir_file import read_nir

PASSES, FAILS, BAD_INPUT = 0, 1, 2
OF_FILE = ("source", "dt_s", "reset")  # what read_nir may have to be told


def _parser() -> argparse.ArgumentParser:
    """What can be said on the command line."""
    found = argparse.ArgumentParser(
        prog="python -m spikefit_nb", description="Does a spiking network fit a neuromorphic chip?"
    )
    commands = found.add_subparsers(dest="command", required=True)
    check = commands.add_parser("check", help="a gate: exit code 0 passes, 1 fails, 2 bad input")
    support = commands.add_parser("support", help="what of a network each chip has circuits for")
    for command in (check, support):
        command.add_argument("network", help="a NIR file, or the folder of a deployment")
        command.add_argument("--source", help="the tool that wrote the file: snntorch, sinabs, ...")
        command.add_argument("--dt-s", type=float, help="seconds of a step, where the file is mute")
        command.add_argument("--reset", help="zero, subtract or none, where the file is mute")
        command.add_argument("--data", help="recordings: an .npz file, or a name such as digits")
        command.add_argument("--json", action="store_true", help="answer in JSON")
    check.add_argument(
        "--chip", action="append", required=True, help="a name or a TOML file; may be repeated"
    )
    support.add_argument("--chip", action="append", help="may be repeated; default: all chips")
    check.add_argument("--calibration", help="recordings to adapt by, never those of --data")
    for name, example in (
        ("--at-least", "accuracy=0.95"),
        ("--at-most", "energy_j=1e-5"),
        ("--design", "weight_bits=4"),
    ):
        check.add_argument(name, action="append", default=[], metavar=example)
    return found


def main(arguments: Sequence[str] | None = None) -> int:
    """Answer a command line, and tell the exit code.

    Parameters
    ----------
    arguments : sequence of str, optional; by default those of the process

    Returns
    -------
    int: 0 passes, 1 does not fit or misses a limit, 2 cannot be read

    Examples
    --------
    >>> import tempfile
    >>> from spikefit_nb.nir_file import load_network, write_nir
    >>> path = Path(tempfile.mkdtemp()) / "digits.nir"
    >>> _ = write_nir(load_network("digits"), path)
    >>> main(["check", str(path), "--chip", "loihi1"])
    passes on loihi1: fits loihi1: 2 of 128 cores
    0
    """
    said = _parser().parse_args(arguments)
    try:
        answers = _check(said) if said.command == "check" else [_support(said)]
    except (SpikefitError, OSError) as error:
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
        return BAD_INPUT
    except Exception:  # a fault of ours must not look like a verdict
        traceback.print_exc()
        return BAD_INPUT
    if said.json:
        print(json.dumps([_document(answer) for answer in answers], indent=1, allow_nan=False))
    else:
        for answer in answers:
            _print(answer)
    return FAILS if any(isinstance(a, Verdict) and not a.passes for a in answers) else PASSES


def _network(said: argparse.Namespace) -> Network:
    """The network of the command line."""
    if os.path.isdir(said.network):
        return load_deployment(said.network).network
    told = {name: getattr(said, name) for name in OF_FILE}
    return read_nir(said.network, **{name: value for name, value in told.items() if value})


def _check(said: argparse.Namespace) -> list[Verdict]:
    """A verdict for each chip."""
    settings = _pairs(said.design, "--design")
    try:
        design = Design(**settings)
    except TypeError:
        known = ", ".join(Design.__dataclass_fields__)
        raise DesignProblem(f"--design {settings}: settings are {known}.") from None
    limits = Limits(
        _pairs(said.at_least, "--at-least"),
        _pairs(said.at_most, "--at-most"),
        design,
        recordings_at(said.calibration) if said.calibration else None,
    )
    network, dataset = _network(said), recordings_at(said.data) if said.data else None
    return [judge_on(network, chip_at(chip), dataset, limits) for chip in said.chip]


def _support(said: argparse.Namespace) -> SupportMatrix:
    """What each chip has for the network."""
    chips = [chip_at(chip) for chip in said.chip] if said.chip else None
    dataset = recordings_at(said.data) if said.data else None
    return support_matrix(_network(said), chips, dataset=dataset)


def _pairs(given: Sequence[str], option: str) -> dict[str, Any]:
    """``name=value`` pairs; a value is a number, True, False, None, or a word."""
    found = {}
    for pair in given:
        name, is_there, value = pair.partition("=")
        if not is_there:
            raise DesignProblem(f"{option} {pair}: say name=value, such as accuracy=0.95.")
        try:
            found[name.strip()] = ast.literal_eval(value)
        except (ValueError, SyntaxError):
            found[name.strip()] = value
    return found


def _document(answer: Verdict | SupportMatrix) -> dict[str, Any]:
    """An answer as plain Python."""
    passes = {"passes": answer.passes} if isinstance(answer, Verdict) else {}
    return {**answer.to_dict(), "headline": answer.headline, **passes}


def _print(answer: Verdict | SupportMatrix) -> None:
    """An answer as lines: the headline, then what has to be known."""
    print(answer.headline)
    if isinstance(answer, SupportMatrix):
        for chip in answer.chips:
            print(f"  {chip.profile.name}: {chip.state}")
            for name, found in chip.nodes.items():
                if found.why:
                    print(f"    {name}: {found.said}")
        return
    for name, found in answer.fit.supported.nodes.items():
        if found.why:
            print(f"  {name}: {found.said}")
    for need in answer.fit.violations:
        print(f"  {need.words} ({need.source})")
    if answer.report is not None and answer.fit.fits:
        print(f"  {answer.report.finding}")


if __name__ == "__main__":
    sys.exit(main())
