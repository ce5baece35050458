"""What the package imports, it asks for: itself, or through a dependency that cannot do without
it.
"""

import ast
import re
import sys
import tomllib
from importlib import metadata

from tests.meta.source import REPOSITORY, modules
from tests.meta.test_floors import ROOT, imports

DISTRIBUTION_OF = {
    "skopt": "scikit-optimize",
    "sklearn": "scikit-learn",
    "IPython": "ipython",
    "yaml": "pyyaml",
}
BY_OTHERS = "export/scripts/run_"  # programs that another tool's own Python runs
BROUGHT_BY = {
    "joblib": "scikit-optimize",  # with loky, which starts worker processes
    "h5py": "nir",  # a .nir file is an HDF5 file
    "scikit-learn": "scikit-optimize",  # its Gaussian process is scikit-learn's
    "ipython": "ipywidgets",  # a widget is shown by IPython
    "traitlets": "ipywidgets",  # a widget's state is made of traits
}


def distribution(requirement: str) -> str:
    """The name in a requirement such as "numpy>=2.1", spelt one way."""
    return re.split(r"[<>=!~; \[(]", requirement)[0].lower().replace("_", "-")


PROJECT = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))["project"]
DECLARED = {
    distribution(line)
    for lines in (PROJECT["dependencies"], *PROJECT.get("optional-dependencies", {}).values())
    for line in lines
}


def undeclared(tree: ast.AST) -> set[str]:
    """Distributions that a module imports and nothing asks for."""
    libraries = (
        {name.partition(".")[0] for name in imports(tree)}
        - set(sys.stdlib_module_names)
        - {ROOT, ""}
    )
    names = {distribution(DISTRIBUTION_OF.get(library, library)) for library in libraries}
    return {name for name in names if BROUGHT_BY.get(name, name) not in DECLARED}


def test_every_import_is_asked_for():
    assert [
        f"{path}: {name}"
        for path, tree in modules()
        if not str(path).startswith(BY_OTHERS)
        for name in sorted(undeclared(tree))
    ] == []


def test_what_is_brought_along_really_is():
    for name, bringer in BROUGHT_BY.items():
        assert name in {distribution(line) for line in metadata.requires(bringer)}, (
            f"{bringer} no longer brings {name}"
        )


def test_a_planted_import_is_caught():
    tree = ast.parse(
        "import os, numpy\nfrom torch.nn import Linear\nimport h5py, skopt\nimport "
        "spikefit_nb.units"
    )
    assert undeclared(tree) == {"torch"}
