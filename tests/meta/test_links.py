"""Links of texts and notebooks lead somewhere, citations are well-formed, pictures are used."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote

import pytest

from tests.meta.source import REPOSITORY

LINK = re.compile(r"!?\[(?:[^\[\]]|\[[^\]]*\])*\]\(([^)\s]+)\)")
PICTURE_HTML = re.compile(r'<img[^>]*\ssrc="([^"]+)"')
FENCE = re.compile(r"^(`{3,}|~{3,}).*?^\1", re.MULTILINE | re.DOTALL)
DOI = re.compile(r"\b(?:doi:|DOI:? |doi\.org/)(\w[^\s,;)\]}\"'|\\]+)")
ARXIV = re.compile(r"\barXiv[: ]\s?(\d[^\s,;)\]}\"'|\\]+)", re.IGNORECASE)
IS_DOI = re.compile(r"10\.\d{4,9}/\S+[^.\s]")
IS_ARXIV = re.compile(r"\d{2}(?:0[1-9]|1[0-2])\.\d{4,5}(?:v\d+)?")
TEXTS = [
    path
    for pattern in ("*.md", "notebooks/**/*.md", "tutorials/**/*.md", "**/*.ipynb")
    for path in sorted(REPOSITORY.glob(pattern))
    if not {".venv", "build", "generated", ".ipynb_checkpoints"} & set(path.parts)
]
PICTURES = [p for room in ("notebooks", "tutorials") for p in REPOSITORY.glob(f"{room}/images/*")]
CITED_IN = [*TEXTS, *sorted(REPOSITORY.glob("spikefit_nb/**/*.py"))]
CITED_IN += [p for ending in ("toml", "csv") for p in REPOSITORY.glob(f"spikefit_nb/**/*.{ending}")]


def words_of(path: Path) -> str:
    """What a page or the texts of a notebook say, code in fences left out."""
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".ipynb":
        cells = json.loads(text)["cells"]
        text = "\n\n".join("".join(c["source"]) for c in cells if c["cell_type"] == "markdown")
    return FENCE.sub("", text)


def headings(text: str) -> set[str]:
    """The anchors that a page's headings have."""
    titles = re.findall(r"^#+ (.*)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).strip().replace(" ", "-") for title in titles}


def broken(path: Path, text: str) -> Iterator[str]:
    """Links of a page to files or headings that are not there."""
    for link in [*LINK.findall(text), *PICTURE_HTML.findall(text)]:
        if re.match(r"[a-z]+:", link):
            continue
        file, _, anchor = unquote(link).partition("#")
        target = (path.parent / file).resolve() if file else path
        if "generated" in target.parts:  # written when the site is built, whose own check it is
            continue
        if not target.exists() or (
            anchor
            and target.suffix in {".md", ".ipynb"}
            and anchor not in headings(words_of(target))
        ):
            yield link


def malformed(text: str) -> list[str]:
    """Identifiers of papers that cannot be any."""
    dois, arxivs = DOI.findall(text), ARXIV.findall(text)
    wrong = [doi for doi in dois if not IS_DOI.fullmatch(doi.rstrip("."))]
    return wrong + [one for one in arxivs if not IS_ARXIV.fullmatch(one.rstrip(".:"))]


@pytest.mark.parametrize("path", TEXTS, ids=lambda p: p.relative_to(REPOSITORY).as_posix())
def test_links_lead_somewhere(path):
    assert list(broken(path, words_of(path))) == []


def test_citations_are_well_formed():
    texts = {path: path.read_text(encoding="utf-8") for path in CITED_IN}
    faults = {str(path): found for path, text in texts.items() if (found := malformed(text))}
    n_cited = sum(len(DOI.findall(t)) + len(ARXIV.findall(t)) for t in texts.values())
    assert n_cited > 30 and faults == {}


def test_every_picture_is_shown():
    shown = {
        (path.parent / unquote(link)).resolve()
        for path in TEXTS
        for link in [*LINK.findall(words_of(path)), *PICTURE_HTML.findall(words_of(path))]
    }
    assert PICTURES and [path.name for path in PICTURES if path.resolve() not in shown] == []


@pytest.mark.parametrize(
    "text",
    ["[gone](nowhere.md)", "[no such heading](README.md#nothing)", "![gone](images/none.png)"],
)
def test_a_broken_link_is_noticed(text):
    assert len(list(broken(REPOSITORY / "CHANGELOG.md", text))) == 1


@pytest.mark.parametrize("text", ["doi:11.1234/x", "arXiv:2513.1234", "arXiv 25.11549"])
def test_a_malformed_citation_is_noticed(text):
    assert len(malformed(text)) == 1
    assert malformed("arXiv 2511.21549, arXiv:1901.01234v2; doi:10.1088/2634-4386/add293.") == []
