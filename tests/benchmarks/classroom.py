"""Measure the memory of a student's kernel, one lesson or homework after another: ``uv run python
-m tests.benchmarks.classroom``.
"""

import time
from argparse import ArgumentParser
from collections.abc import Iterator
from itertools import cycle, islice
from pathlib import Path
from typing import NamedTuple

import nbformat
import psutil
from jupyter_client.manager import start_new_kernel

from tests.benchmarks.contest import REPOSITORY

FOLDERS = ("tutorials", "tutorials/teaching/homework")
CELL_S = 600


class Measured(NamedTuple):
    """The most that a kernel held after one of its cells, and how long it computed."""

    notebook: str
    n_bytes: int
    cpu_s: float


def notebooks(folders: tuple[str, ...] = FOLDERS) -> list[Path]:
    """What students open, in order."""
    return [path for folder in folders for path in sorted((REPOSITORY / folder).glob("*.ipynb"))]


def measure(path: Path) -> Measured:
    """Run all cells of a notebook in a kernel of its own, and look at it after each."""
    manager, client = start_new_kernel(cwd=str(path.parent))
    try:
        kernel = psutil.Process(manager.provisioner.pid)
        n_bytes = 0
        for cell in nbformat.read(path, as_version=4).cells:
            if cell.cell_type == "code":
                reply = client.execute_interactive(
                    cell.source, timeout=CELL_S, output_hook=lambda message: None
                )
                if reply["content"]["status"] != "ok":
                    raise RuntimeError(f"{path.name}: {reply['content'].get('evalue')}")
                n_bytes = max(n_bytes, kernel.memory_info().rss)
        spent = kernel.cpu_times()
        return Measured(path.name, n_bytes, spent.user + spent.system)
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)


def in_turn(paths: list[Path], n_kernels: int) -> Iterator[Measured]:
    """So many kernels, one after another, each with the next notebook."""
    return (measure(path) for path in islice(cycle(paths), n_kernels))


def main(arguments: list[str] | None = None) -> None:
    """Print a line for each kernel, and the most of all."""
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("--kernels", type=int, default=30)
    parser.add_argument("--only", default="", help="notebooks whose name begins so")
    given = parser.parse_args(arguments)
    paths = [path for path in notebooks() if path.name.startswith(given.only)]
    start, most = time.perf_counter(), 0
    for found in in_turn(paths, given.kernels):
        most = max(most, found.n_bytes)
        words = f"{found.n_bytes / 1e6:6,.0f} MB{found.cpu_s:8.1f} s CPU"
        print(f"{found.notebook:48}{words}", flush=True)
    minutes = (time.perf_counter() - start) / 60
    print(f"{given.kernels} kernels in turn, {minutes:.0f} min: {most / 1e6:,.0f} MB at the most")


if __name__ == "__main__":
    main()
