"""A design leaves as a folder, comes back equal, and a folder from anybody does no harm."""

import json
import os
import subprocess
import zipfile
from hashlib import sha256
from importlib import import_module

import jsonschema
import numpy as np
import pytest

import spikefit_nb as sf
from spikefit_nb.errors import DatasetProblem, DesignProblem, DoesNotFit, FileProblem
from spikefit_nb.export import export, load_deployment, to_neurobench
from spikefit_nb.export.words import methods, references

FOUR_BITS = sf.Design(weight_bits=4, prune_fraction=0.3)


def deployed(chip="loihi1", design=FOUR_BITS, **said):
    dataset = sf.load_dataset("digits").take(20)
    return sf.deploy(
        sf.load_network("digits"), sf.load_profile(chip), dataset, design=design, **said
    )


@pytest.fixture(scope="module")
def report():
    return deployed()


@pytest.fixture
def folder(report, tmp_path):
    return report.export(tmp_path / "out")


def one_layer(weight):
    n_in, n_out = weight.shape
    layers = [sf.Population("in", (n_in,), sf.Input()), sf.Population("out", (n_out,), sf.IF(1.0))]
    return sf.Network(layers, [sf.Projection("in", "out", weight)])


def content(folder):
    return {p.name: p.read_bytes() for p in folder.iterdir()}


def sign(folder):
    """Make the checksums right again, as anybody can who changes a file."""
    names = sorted(p.name for p in folder.iterdir() if p.name != "SHA256SUMS")
    lines = (f"{sha256((folder / n).read_bytes()).hexdigest()}  {n}\n" for n in names)
    (folder / "SHA256SUMS").write_text("".join(lines))


def change(folder, name, key, value):
    """Write another value into a JSON file, and sign it."""
    document = json.loads((folder / name).read_text())
    *path, last = key.split(".")
    place = document
    for step in path:
        place = place[step]
    place[last] = value
    (folder / name).write_text(json.dumps(document))
    sign(folder)


# There and back


def comes_back_equal(report, tmp_path):
    back = load_deployment(report.export(tmp_path / "first"))
    again = back.export(tmp_path / "second")
    assert content(tmp_path / "first") == content(again)
    assert back.network.fingerprint == report.network.fingerprint
    assert back.profile.fingerprint == report.profile.fingerprint
    assert back.dataset.fingerprint == report.dataset.fingerprint
    assert back.differences == ()
    assert [q.value for q in back.report.compared] == [q.value for q in report.compared]


@pytest.mark.parametrize("chip", sf.hardware.profile_names())
def test_what_fits_a_chip_comes_back_equal(chip, tmp_path):
    report = deployed(chip, sf.Design())
    if not report.fits:
        report = deployed(chip, sf.Design(suit_chip=True, weight_values=4, max_fan_in=60))
    if report.fits:
        comes_back_equal(report, tmp_path)


def test_braille_comes_back_equal(tmp_path):
    network, dataset = sf.load_network("braille"), sf.load_dataset("braille").take(60)
    comes_back_equal(sf.deploy(network, sf.load_profile("loihi1"), dataset), tmp_path)


@pytest.mark.parametrize("chip", ["loihi1", "speck"])
def test_the_published_cnn_comes_back_equal(chip, shared_data, tmp_path):
    network = sf.read_nir(shared_data / "nir/02_cnn/cnn_sinabs.nir", source="sinabs")
    dataset = sf.load_dataset("nmnist").take(10)
    suited = sf.Design(suit_chip=True, n_steps=100)
    comes_back_equal(sf.deploy(network, sf.load_profile(chip), dataset, design=suited), tmp_path)


def test_currents_and_values_come_back_equal(tmp_path):
    images = sf.datasets.load_values("digits").select(np.arange(20))
    design = sf.Design(encoder="direct", n_steps=16)
    report = sf.deploy(sf.load_network("digits"), sf.load_profile("loihi2"), images, design=design)
    comes_back_equal(report, tmp_path)


def test_what_was_said_of_a_run_comes_back(tmp_path):
    report = deployed(scenario="real_time", deadline_s=1e-3, decode="first_spike")
    comes_back_equal(report, tmp_path)


def test_a_trial_and_a_recommendation_leave_as_their_report_does(tmp_path):
    parts = sf.load_network("digits"), sf.load_profile("loihi1"), sf.load_dataset("digits").take(20)
    study = sf.search(*parts, n_trials=2, seed=1)
    study.wait()
    chosen = study.recommend(weights={"event_energy_j": 1})
    assert content(chosen.export(tmp_path / "a")) == content(chosen.trial.export(tmp_path / "b"))
    assert load_deployment(tmp_path / "a").design.changes() == chosen.design.changes()


def test_recordings_that_were_left_out_are_asked_for(report, tmp_path):
    folder = report.export(tmp_path / "out", recordings=False)
    assert not (folder / "recordings.npz").exists()
    with pytest.raises(DatasetProblem, match="load_deployment"):
        load_deployment(folder).report  # noqa: B018
    whole = sf.load_dataset("digits")
    with pytest.raises(DatasetProblem, match=r"not what .* was predicted on"):
        load_deployment(folder, dataset=whole.take(19))
    assert load_deployment(folder, dataset=whole.take(20)).differences == ()


def test_a_run_that_comes_out_otherwise_is_told(folder):
    change(folder, "report.json", "energy_j.value", 1.0)
    assert any("Energy" in said for said in load_deployment(folder).differences)


def test_a_deployment_in_one_file_is_the_folder_packed(report, folder, tmp_path):
    packed = report.export(tmp_path / "one.zip")
    with zipfile.ZipFile(packed) as archive:
        assert {name: archive.read(name) for name in archive.namelist()} == content(folder)
    back = load_deployment(packed)
    assert back.differences == ()
    assert back.export(tmp_path / "two.zip").read_bytes() == packed.read_bytes()
    report.export(packed, overwrite=True)
    (tmp_path / "photos.zip").write_text("no archive")
    with pytest.raises(FileProblem, match="no deployment"):
        report.export(tmp_path / "photos.zip", overwrite=True)


# What the folder holds


def test_the_files_are_as_their_schemas_say(folder):
    for name in ("deployment", "mapping"):
        schema = json.loads((folder / f"{name}.schema.json").read_text())
        jsonschema.Draft202012Validator.check_schema(schema)
        jsonschema.validate(json.loads((folder / f"{name}.json").read_text()), schema)


def test_the_checksums_are_those_of_sha256sum(folder):
    subprocess.run(["sha256sum", "--check", "--quiet", "SHA256SUMS"], cwd=folder, check=True)


def test_the_mapping_tells_every_core_packet_and_delay(report, folder):
    mapping = json.loads((folder / "mapping.json").read_text())
    placed = np.concatenate([mapping["neurons"][n] for n in ("hidden", "digit")])
    assert set(placed) == {core["core"] for core in mapping["cores"]}
    assert sum(core["memory_bits"] for core in mapping["cores"]) == report.memory_bits
    packets = sum(pair["packets_per_inference"] for pair in mapping["routes"]["pairs"])
    assert packets == pytest.approx(report.price.counts["packets"])
    assert [row["delay_steps"] for row in mapping["schedule"]] == [0, 1]


def test_every_source_is_cited_and_the_paragraph_says_that_it_is_predicted(report):
    cited = references(report).replace("\\", "")
    for name in report.figures:
        assert report.profile.figure(name).source in cited
    assert report.dataset.source in cited
    assert "no chip was measured" in methods(report)


def test_the_metrics_of_neurobench_are_those_counted_by_hand():
    """2 inputs, both on 2 neurons but for one synapse; only input 0 fires, in 1 of 2 steps."""
    network = one_layer(np.array([[1.0, 1.0], [0.0, 1.0]]))
    spikes = np.zeros((1, 2, 2), bool)
    spikes[0, 0, 0] = True
    found = to_neurobench(
        sf.deploy(network, sf.load_profile("loihi1"), sf.SpikeDataset(spikes, [0]))
    )
    assert found["connection_sparsity"] == 0.25
    assert found["activation_sparsity"] == 0.5  # each neuron fires once in two steps
    assert found["classification_accuracy"] == 1.0
    assert found["synaptic_operations"] == {
        "Effective_MACs": 0.0,
        "Effective_ACs": 2.0,
        "Dense": 8,
    }


# What is refused


def test_what_does_not_fit_cannot_leave(tmp_path):
    large = one_layer(np.ones((4, 9000), np.float32))
    report = sf.deploy(
        large, sf.load_profile("odin"), sf.SpikeDataset(np.ones((1, 2, 4), bool), [0])
    )
    with pytest.raises(DoesNotFit, match="nothing to export"):
        report.export(tmp_path / "out")
    with pytest.raises(DesignProblem, match="has no report"):
        export(sf.search.Recommendation("No trial has finished yet.", None), tmp_path / "out")


def test_a_folder_is_replaced_only_where_that_is_said_and_it_is_a_deployment(report, tmp_path):
    folder = report.export(tmp_path / "out")
    with pytest.raises(FileProblem, match="overwrite=True"):
        report.export(folder)
    report.export(folder, overwrite=True)
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.tex").write_text("years of work")
    with pytest.raises(FileProblem, match="no deployment"):
        report.export(tmp_path / "mine", overwrite=True)
    assert (tmp_path / "mine" / "thesis.tex").exists()


def test_a_full_disk_leaves_nothing_half_written(report, tmp_path, monkeypatch):
    def full(*args):
        raise OSError(28, "No space left on device")

    folder = report.export(tmp_path / "out")
    before = content(folder)
    monkeypatch.setattr(import_module("spikefit_nb.export.bundle"), "_sums", full)
    with pytest.raises(FileProblem, match="No space left"):
        report.export(folder, overwrite=True)
    assert content(folder) == before and list(tmp_path.iterdir()) == [folder]


@pytest.mark.parametrize("name", ["network.nir", "mapping.json", "predicted.npz", "report.html"])
def test_a_changed_file_is_named(folder, name):
    with (folder / name).open("ab") as stream:
        stream.write(b" ")
    with pytest.raises(FileProblem, match=f"{name} is not what it was"):
        load_deployment(folder)


@pytest.mark.parametrize("told", [7, {"value": 1.0}])
def test_a_number_without_its_parts_is_refused_when_it_is_read(folder, told):
    change(folder, "report.json", "energy_j", told)
    with pytest.raises(FileProblem, match="does not belong together"):
        load_deployment(folder)


def test_answers_that_are_no_whole_numbers_are_refused(folder):
    with np.load(folder / "predicted.npz") as stored:
        arrays = dict(stored)
    np.savez(folder / "predicted.npz", **(arrays | {"answers": arrays["answers"] * np.nan}))
    sign(folder)
    with pytest.raises(FileProblem, match="other than whole numbers"):
        load_deployment(folder)


@pytest.mark.parametrize("name", ["../out/network.nir", "/etc/passwd", "..", "a/b"])
def test_names_that_climb_are_refused(folder, name):
    with (folder / "SHA256SUMS").open("a") as stream:
        stream.write(f"{'0' * 64}  {name}\n")
    with pytest.raises(FileProblem, match="names no file here"):
        load_deployment(folder)


@pytest.mark.parametrize("name", ["../climbs", "/etc/cron.d/evil", "a/b"])
def test_names_that_climb_out_of_a_packed_file_are_refused(report, tmp_path, name):
    packed = report.export(tmp_path / "one.zip")
    with zipfile.ZipFile(packed, "a") as archive:
        archive.writestr(name, b"evil")
    with pytest.raises(FileProblem, match="no plain name"):
        load_deployment(packed)


def test_a_packed_file_that_unpacks_to_too_much_is_refused(report, tmp_path, monkeypatch):
    packed = report.export(tmp_path / "one.zip")
    with zipfile.ZipFile(packed, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("zeros", bytes(10_000_000))
    monkeypatch.setattr("spikefit_nb.export.files.LARGEST_BYTES", 1_000_000)
    with pytest.raises(FileProblem, match="unpacks to 10,000,000 bytes"):
        load_deployment(packed)


def test_links_are_refused(folder, tmp_path):
    (folder / "methods.md").rename(tmp_path / "elsewhere.md")
    os.symlink(tmp_path / "elsewhere.md", folder / "methods.md")
    with pytest.raises(FileProblem, match=r"methods\.md is a link"):
        load_deployment(folder)


def test_a_huge_header_is_refused_before_it_is_unpacked(folder):
    values = np.lib.format.magic(1, 0)
    header = b"{'descr': '|u1', 'fortran_order': False, 'shape': (1000000000000,)}"
    header = header.ljust(117) + b"\n"
    with zipfile.ZipFile(folder / "recordings.npz", "w") as archive:
        archive.writestr("spikes.npy", values + len(header).to_bytes(2, "little") + header)
    sign(folder)
    with pytest.raises(FileProblem, match="1,000,000,000,000"):
        load_deployment(folder)


@pytest.mark.parametrize(
    ("name", "key", "value"),
    [
        ("deployment.json", "format", "another, version 9"),
        ("deployment.json", "design", {"no_such_knob": 1}),
        ("deployment.json", "design", {"weight_bits": "__import__('os')"}),
        ("deployment.json", "about", None),
        ("deployment.json", "recordings.shape", [20, 64, 3]),
        ("deployment.json", "recordings.shape", [20, 10**12, 64]),
        ("deployment.json", "recordings.dt_s", -1),
        ("mapping.json", "neurons.digit", [10**6] * 10),
        ("mapping.json", "neurons.digit", ["x"] * 10),
        ("mapping.json", "neurons", {"hidden": [0]}),
    ],
)
def test_what_cannot_be_is_refused_with_a_reason(folder, name, key, value):
    change(folder, name, key, value)
    with pytest.raises(FileProblem, match="out"):
        load_deployment(folder)


@pytest.mark.parametrize("text", ["[1]", "{", '{"a": NaN}', "[" * 100_000, "\xff"])
def test_what_is_no_json_object_is_refused(folder, text):
    (folder / "mapping.json").write_bytes(text.encode("latin-1"))
    sign(folder)
    with pytest.raises(FileProblem, match=r"mapping\.json"):
        load_deployment(folder)


def test_a_script_in_a_name_stays_text(tmp_path):
    evil = "<script>alert(1)</script>"
    dataset = sf.load_dataset("digits").take(5)
    dataset = sf.SpikeDataset(dataset.spikes, dataset.labels, name=evil, source=evil)
    report = sf.deploy(sf.load_network("digits"), sf.load_profile("loihi1"), dataset)
    folder = report.export(tmp_path / "out")
    assert "<script" not in (folder / "report.html").read_text()
    assert "<script" not in load_deployment(folder)._repr_html_()
