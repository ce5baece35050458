"""Profile files: faults with key and line, nothing executed, written and read back exactly."""

import re
import time
import tomllib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spikefit_nb.errors import FileProblem, ProfileProblem
from spikefit_nb.hardware import HardwareProfile, load_profile, profile_names, read_profile
from spikefit_nb.hardware.catalogue import CATALOGUE, parse_profile
from spikefit_nb.hardware.sourced import OWN
from spikefit_nb.hardware.toml_file import LARGEST_FILE_BYTES, MOST_FAULTS_TOLD, find_lines
from tests.profile_files import BEYOND_SCHEMA, BROKEN, GOOD, broken, content, profiles

LOAD_CPU_LIMIT_S = 0.02


def problem_of(text):
    with pytest.raises(ProfileProblem) as caught:
        parse_profile(text, "chip.toml")
    return str(caught.value)


@pytest.mark.parametrize("name", profile_names())
def test_a_file_of_the_catalogue_is_written_back_byte_for_byte(name):
    text = (CATALOGUE / f"{name}.toml").read_bytes()
    assert parse_profile(text, f"{name}.toml").to_toml().encode() == text


def test_the_good_file_holds_what_it_says():
    profile = parse_profile(GOOD, "chip.toml")
    assert profile.to_toml() == GOOD
    assert (profile.name, profile.title, profile.year, profile.step) == (
        "mine",
        "A chip of mine",
        2024,
        "barrier",
    )
    assert profile.value("weight_bits") == (4, 8) and profile.si("energy_packet") == 1.5e-9
    assert profile.checks["total"].value == 26.0 and profile.included == {
        "energy_within_tile": "energy_packet"
    }
    assert profile.sets["calibrated"].figures["energy_packet"].value == 1.75


@pytest.mark.parametrize("fault", [*BROKEN, *BEYOND_SCHEMA])
def test_a_fault_is_told_with_file_line_and_key(fault):
    change = (BROKEN | BEYOND_SCHEMA)[fault]
    _, _, line, said = change
    where = "chip.toml" if line is None else f"chip.toml, line {line}"
    assert f"{where}: {said}" in problem_of(broken(change))


def test_all_faults_of_a_file_are_told_at_once_in_the_order_of_their_lines():
    text = (
        GOOD.replace('"p. 6"', '""')
        .replace('family = "mesh"', 'family = "mish"')
        .replace("value = 128", "value = -1")
    )
    told = problem_of(text).splitlines()
    assert told[0] == "chip.toml has 3 problems."
    assert [line.partition(":")[0] for line in told[1:]] == [
        f"chip.toml, line {n}" for n in (4, 11, 50)
    ]


def test_a_file_of_nothing_but_faults_is_told_within_limits():
    told = problem_of(
        GOOD + "".join(f"\n[figures.nonsense_{n}]\n" for n in range(1000))
    ).splitlines()
    assert (
        told[0] == f"chip.toml has more than {MOST_FAULTS_TOLD} problems."
        and len(told) == MOST_FAULTS_TOLD + 1
    )


def test_keys_of_inline_and_dotted_tables_are_told_with_the_line_around_them():
    text = '\nfigures.cores = {value = 0, unit = "cores", kind = "assumed", source = "p. 1"}'
    assert problem_of('name = "x"\ntitle = "X"\nfamily = "mesh"\nstep = "tick"' + text).startswith(
        "chip.toml, line 5: figures.cores.value is 0"
    )


def test_a_missing_key_of_a_set_is_told_where_the_set_stands_and_not_where_its_figures_do():
    head, _, tail = GOOD.partition('[sets.calibrated]\ntitle = "calibrated coefficients"\n\n')
    assert "line 48: sets.calibrated lacks the key 'title'" in problem_of(
        f"{head}{tail}[sets.calibrated]\n"
    )


TRICKY = "\n".join(
    [
        "",
        'a = """',
        "[not.a.table]",
        'b = "',
        '""""  # a comment with [brackets] and a = 1',
        "'quoted \"key\"' = [ # [",
        '  "]", """]',
        '  """, 1]',
        '"escaped \\u0041".c . d = { x = 1, y = ["}"] }',
        "[[many]]",
        "e = '''it's",
        "f = 1'''",
        '[ "t w o" . f ]',
        "g = 1979-05-27 07:32:00",
    ]
)


def test_lines_are_found_among_strings_lists_comments_and_quoted_keys():
    assert tomllib.loads(TRICKY)["t w o"]["f"]["g"]
    assert find_lines(TRICKY) == {
        ("a",): 2,
        ('quoted "key"',): 6,
        ("escaped A", "c", "d"): 9,
        ("escaped A", "c"): 9,
        ("escaped A",): 9,
        ("many",): 10,
        ("many", "e"): 11,
        ("t w o",): 13,
        ("t w o", "f"): 13,
        ("t w o", "f", "g"): 14,
    }


@given(profiles())
def test_each_key_of_a_written_profile_is_found_on_its_line(profile):
    lines = profile.to_toml().split("\n")
    found = find_lines(profile.to_toml())
    for name in profile.figures:
        assert lines[found["figures", name] - 1] == f"[figures.{name}]"
        for part in ("value", "unit", "kind", "source"):
            assert lines[found["figures", name, part] - 1].startswith(f"{part} = ")


@given(profiles())
def test_what_is_saved_is_read_back_exactly(tmp_path_factory, profile):
    path = profile.save(tmp_path_factory.mktemp("profile") / "chip.toml")
    assert content(read_profile(path)) == content(profile)


@given(st.binary(max_size=300))
def test_any_bytes_are_a_profile_or_a_problem(content):
    with pytest.raises(ProfileProblem):
        parse_profile(content, "chip.toml")


PIECES = [
    "[",
    "]",
    "{",
    "}",
    '"',
    "'",
    '"""',
    "'''",
    "\n",
    "=",
    ".",
    "\\",
    "\r",
    "\0",
    "#",
    "inf",
    "-1",
    "é",
    "value",
    "a.b=1",
    "[figures.cores]",
    "[[sets]]",
    "unit = 3",
    "figures = 1",
    "1e9999",
    "2024-13-45",
]
HARD = [
    "\ud800",
    "0x" + "f" * 9000,
    "9" * 5000,
    "[" * 3000,
    "x." * 500 + "x = 1",
    f"figures.cores.value.{'v.' * 999}v = 1",
]


@settings(max_examples=400)
@given(
    st.lists(
        st.tuples(
            st.integers(0, len(GOOD)),
            st.integers(0, 30),
            st.sampled_from(PIECES + HARD) | st.text(max_size=9),
        )
    )
)
def test_a_mutilated_file_is_a_profile_or_a_problem(changes):
    text = GOOD
    for at, n_dropped, piece in changes:
        text = text[:at] + piece + text[at + n_dropped :]
    try:
        assert isinstance(parse_profile(text, "chip.toml"), HardwareProfile)
    except ProfileProblem as problem:
        assert "chip.toml" in str(problem)


def paths(table, above=()):
    """Every key of nested tables, with those above it."""
    for key, value in table.items():
        yield (*above, key)
        yield from paths(value, (*above, key)) if isinstance(value, dict) else ()


@settings(max_examples=400)
@given(st.lists(st.tuples(st.integers(0, len(GOOD)), st.integers(0, 3), st.sampled_from(PIECES))))
def test_the_line_finder_finds_no_key_that_the_parser_does_not(changes):
    text = GOOD
    for at, n_dropped, piece in changes:
        text = text[:at] + piece + text[at + n_dropped :]
    try:
        known = set(paths(tomllib.loads(text)))
    except ValueError:
        return
    arrays = {path[:1] for path in find_lines(text)} & {
        ("sets",)
    }  # keys of an array of tables stand under its name
    found = {path for path in find_lines(text) if path[:1] not in arrays}
    assert found <= known


def test_a_file_full_of_code_is_text(tmp_path):
    code = f"__import__('pathlib').Path({str(tmp_path / 'ran')!r}).touch()"
    for source in (
        code,
        f"!!python/object/apply:os.system ['touch {tmp_path}/ran']",
        "{{7*7}}",
        "${HOME}",
        "<script>",
    ):
        profile = parse_profile(GOOD.replace("A chip of mine", source), "chip.toml")
        assert profile.title == source and "<script>" not in profile._repr_html_()
        for name in ("value = 128", "[figures.cores]", 'name = "mine"'):
            assert "chip.toml" in problem_of(GOOD.replace(name, source))
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize("name", profile_names())
def test_no_text_of_a_file_is_code_in_its_card(name):
    text = (CATALOGUE / f"{name}.toml").read_text(encoding="utf-8")
    words = re.compile(r'^(title|fitted_on|source|note|conditions) = ".*"$', re.MULTILINE)
    profile = parse_profile(words.sub(r'\1 = "<script>"', text), "chip.toml")
    assert profile.title == "<script>"
    assert "<script>" not in profile._repr_html_()


def test_a_file_too_large_is_refused_before_it_is_parsed(tmp_path, monkeypatch):
    monkeypatch.setattr(tomllib, "loads", lambda text: pytest.fail("it was parsed"))
    (tmp_path / "chip.toml").write_bytes(b"#" * (LARGEST_FILE_BYTES + 1))
    with pytest.raises(
        ProfileProblem, match=r"chip.toml is too large for a profile: more than 262,144 bytes"
    ):
        read_profile(tmp_path / "chip.toml")


def test_a_file_in_another_encoding_is_named_with_the_line():
    with pytest.raises(ProfileProblem, match=r"chip.toml, line 2: this is not text in UTF-8"):
        parse_profile(GOOD.replace("A chip", "Ein grünes Stück").encode("latin-1"), "chip.toml")


def test_windows_line_ends_and_byte_order_mark_are_read(tmp_path):
    (tmp_path / "chip.toml").write_bytes(b"\xef\xbb\xbf" + GOOD.replace("\n", "\r\n").encode())
    assert read_profile(tmp_path / "chip.toml").to_toml() == GOOD
    assert "line 11:" in problem_of(GOOD.replace("value = 128", "value = 0").replace("\n", "\r\n"))


def test_a_file_that_is_not_there_is_named():
    for path in ("absent.toml", Path("/")):
        with pytest.raises(FileProblem, match=r"no profile file.*load_profile\('.*'\)"):
            read_profile(path)


def test_a_profile_is_not_saved_over_another_unless_told(tmp_path):
    path = load_profile("loihi1").save(tmp_path / "chip.toml")
    with pytest.raises(FileProblem, match=r"chip.toml' exists already.*overwrite=True"):
        load_profile("truenorth").save(path)
    assert read_profile(path).name == "loihi1"
    assert load_profile("truenorth").save(str(path), overwrite=True) == path
    assert read_profile(path).name == "truenorth"


def test_a_save_that_fails_leaves_what_was_there(tmp_path, monkeypatch):
    path = load_profile("loihi1").save(tmp_path / "chip.toml")

    def full(self, target):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(FileProblem, match=r"cannot be written: No space left on device"):
        load_profile("truenorth").save(path, overwrite=True)
    assert read_profile(path).name == "loihi1" and list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("name", ["absent/chip.toml", "chip\0.toml", ""])
def test_a_place_that_cannot_be_written_is_named(tmp_path, name):
    with pytest.raises(FileProblem, match="cannot be written"):
        load_profile("loihi1").save(tmp_path / name, overwrite=True)


def test_ones_own_figures_stay_ones_own_in_a_file(tmp_path):
    path = load_profile("loihi1").replace(energy_hop_x=5).save(tmp_path / "mine.toml")
    figure = read_profile(path).figure("energy_hop_x")
    assert (figure.value, figure.kind, figure.source) == (5, "assumed", OWN)


def test_loading_a_profile_is_quick():
    text = max(((CATALOGUE / f"{name}.toml").read_bytes() for name in profile_names()), key=len)

    def cpu_s():
        start = time.process_time()
        parse_profile(text, "chip.toml")
        return time.process_time() - start

    assert min(cpu_s() for _ in range(5)) < LOAD_CPU_LIMIT_S


def test_a_line_too_long_is_refused_before_it_is_parsed(tmp_path):
    (tmp_path / "chip.toml").write_text("a." * 5000 + "a = 1")
    with pytest.raises(
        ProfileProblem, match=r"chip.toml has a line of 10,005 characters; at most 2,000 are read"
    ):
        read_profile(tmp_path / "chip.toml")
