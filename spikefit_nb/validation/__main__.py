"""Print the table of published measurements beside their predictions, or write it to a file:
``python -m spikefit_nb.validation [notebooks/validation.md]``.
"""

import sys
from pathlib import Path

from spikefit_nb.validation import validate


def main(arguments: list[str]) -> None:
    """Predict all rows."""
    page = validate().to_markdown()
    if arguments:
        Path(arguments[0]).write_text(page, encoding="utf-8")
    else:
        print(page, end="")


if __name__ == "__main__":
    main(sys.argv[1:])
