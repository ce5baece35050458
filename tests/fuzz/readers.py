"""Damaged files for every way in: ``uv run python -m tests.fuzz.readers --seconds 60``.

Each file is drawn from the seed and its number alone, so a finding comes again with ``--keep``:
``--reader nir --seed 5 --number 1234 --keep damaged.nir``. ``--start`` goes on where an earlier
campaign of the seed ended.
"""

import gc
import tempfile
import time
from argparse import ArgumentParser
from pathlib import Path
from random import Random

from tests.fuzz.campaign import Tally, Try, run
from tests.fuzz.originals import READERS, Reader, originals_of
from tests.fuzz.watch import outcome

GARBAGE_EVERY = 2000


def damaged_file(name: str, originals: list[bytes], seed: int, number: int) -> bytes:
    """The file of a number."""
    draw = Random(f"{name} {seed} {number}")
    return READERS[name].damaged(draw.choice(originals), draw)


def tried(name: str, originals: list[bytes], seed: int) -> Try:
    """Writes the file of a number into memory where there is such a folder, and reads it."""
    reader: Reader = READERS[name]
    memory = Path("/dev/shm")
    folder = tempfile.mkdtemp(dir=memory if memory.is_dir() else None)
    path = Path(folder) / f"damaged{reader.ending}"

    def trial(number: int):
        path.write_bytes(damaged_file(name, originals, seed, number))
        if number % GARBAGE_EVERY == 0:
            gc.collect()
        return outcome(lambda: reader.read(path))

    return trial


def campaign(name: str, seed: int, numbers: range, seconds: float) -> Tally:
    """Read damaged files of one kind."""
    originals = originals_of(READERS[name])
    return run(lambda: tried(name, originals, seed), numbers, seconds)


def main(arguments: list[str] | None = None) -> bool:
    """Run campaigns and print their counts; returns whether nothing was found."""
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("--reader", choices=READERS, action="append", help="default: all")
    parser.add_argument("--seed", type=int, default=int(time.time()), help="default: a new one")
    parser.add_argument("--seconds", type=float, default=60.0, help="for all readers together")
    parser.add_argument("--number", type=int, help="this one alone")
    parser.add_argument("--start", type=int, default=0)
    parser.add_argument("--files", type=int, default=10**9, help="of each reader, at most")
    parser.add_argument("--keep", type=Path, help="write the file of --number here")
    given = parser.parse_args(arguments)
    names = given.reader or list(READERS)
    if given.keep:
        content = damaged_file(names[0], originals_of(READERS[names[0]]), given.seed, given.number)
        given.keep.write_bytes(content)
    numbers = range(given.start, given.start + given.files)
    if given.number is not None:
        numbers = range(given.number, given.number + 1)
    print(f"seed {given.seed}", flush=True)
    is_clean = True
    for name in names:
        tally = campaign(name, given.seed, numbers, given.seconds / len(names))
        print(f"{name}: {tally.report()}", flush=True)
        is_clean &= tally.is_clean
    return is_clean


if __name__ == "__main__":
    raise SystemExit(not main())
