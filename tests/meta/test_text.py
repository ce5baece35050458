"""Nothing in the repository names one person's machine, a package host, or a promise to do it
later.
"""

import re
import subprocess

import pytest

from tests.meta.source import REPOSITORY

# Written in pieces, so that this file passes its own test.
FORBIDDEN = {
    "a machine's path": re.compile("/" + "work/|/" + "root/|/" + r"home/\w"),
    "a package host": re.compile(
        "py" + r"pi\.(org|python)|python" + r"hosted\.org|(ana)?" + r"conda\.org|npm" + r"js\."
    ),
    "a promise": re.compile(r"\b(TO" + "DO|FIX" + "ME|X" + r"XX)\b"),
}


def faults(text: str) -> list[str]:
    """What a line of text may not hold, with the line's number."""
    return [
        f"line {number}: {what}"
        for number, line in enumerate(text.splitlines(), 1)
        for what, pattern in FORBIDDEN.items()
        if pattern.search(line)
    ]


def tracked_texts():
    """Path and text of every tracked file that is text."""
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=REPOSITORY, capture_output=True, check=False
    )
    if listed.returncode:
        pytest.skip("not a git checkout")
    for name in listed.stdout.decode().split("\0"):
        path = REPOSITORY / name
        content = path.read_bytes() if name and path.is_file() else b""
        if content and b"\0" not in content:
            yield name, content.decode("utf-8")


def test_tracked_text_is_clean():
    assert [f"{name}, {fault}" for name, text in tracked_texts() for fault in faults(text)] == []


def test_no_lock_file_is_tracked():
    assert "uv.lock" not in dict(tracked_texts())


@pytest.mark.parametrize(
    "line",
    [
        "see /" + "work/data",
        "/" + "root/.cache",
        "https://py" + "pi.org/simple",
        "# TO" + "DO later",
        "FIX" + "ME",
    ],
)
def test_a_planted_line_is_caught(line):
    assert faults(f"fine\n{line}") and faults(f"fine\n{line}")[0].startswith("line 2")


def test_ordinary_words_pass():
    assert (
        faults(
            "pip install uv && uv run pytest  # --allow-root; the network; https://github.com/x/y"
        )
        == []
    )
