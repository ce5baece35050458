"""Pythons that have another tool: made where CI is set, else those that the user has made."""

import os
import shutil
import subprocess

import pytest

from tests.tools import environments

IN_CI = ("brian2", "sanafe", "sinabs", "snntorch")  # light enough to be made in every run


def python_with(name):
    """The Python of an environment, or a skip."""
    if os.environ.get("CI") == "true" and name in IN_CI and shutil.which("uv"):
        try:
            return environments.make(name)
        except subprocess.CalledProcessError as error:
            pytest.fail(f"the environment {name!r} cannot be made: {error}")
    if not environments.is_made(name):
        pytest.skip(f"{name} is not here: python -m tests.tools.environments {name}")
    return environments.python_of(name)
