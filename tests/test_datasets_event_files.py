"""Files of event cameras: AEDAT4 as the maker's own library wrote it, and arrays in .npz files."""

import base64
import builtins
import zlib

import numpy as np
import pytest

from spikefit_nb.datasets import read_events
from spikefit_nb.errors import DatasetProblem, FileProblem

# Written by dv-processing 2.0.4 (dv.io.MonoCameraWriter, EventOnlyConfig("DVXplorer_sample",
# (8, 6), dv.CompressionType.NONE)) from the events that ``written`` lists; packed by zlib.
AEDAT4 = """
eNqNVEFv0zAUfl3DNpUxcZgEBw7B4ziaDCEEqK1U1lb0sFYa1RgSAlmNNyxaO3KcStttP2A3Lty5I478BP4NRw4c
sPNsqWRB9FlJ/CXf+748Oy+797v9o4e97uRxM77V2KsD3AWA4fhlH4powA4EsAWbZoaxZY5BgPNfawCtZBEumMq4
FG3yqBmTTiM00RIyYaGgc9YmMtdDcSpJmFL9oU0ihyNHLdPja8R4mVrQqdYq/MjO22Qq56limfUnoT5PjUCmFRdn
pDMaj/qtyFL/mS0VP+OCzg5lks/YyPiXRQ6lkAfmvqKvFddMrSg4znWa6ypBtmBCZ/+RsSk9lk0VT3VFZQd5puU8
TKimxZNQFnbNFVSHibHnp5ypsmj/ePKqUmBpb3jVPsYRL21nhXfGL9iJt+RCk87TKrOKrDd/ZT1ZJUvmanpt4XvH
J+lMKqbeZ3SezlhlrZEtdum7XMJ+3oqSRce3A0AN4Le53DaHXUGAddMtgTkD2DbZLkhfNva/3vB0+H4Tca1AAPoO
4jUzbOzvIq6bYRk/m4gDwMb79hyxHUX+APG60392hHjD6cM774/6P7j3R/1PufdHfXrp/VE/vvL+qF/77P1R/62r
fzDpvijXbxk7BWsb9szfIzDoHjxw64KEQR0cw4d7P+fzB/BLEL0=
"""


def written():
    """Events of the file, in microseconds of Unix time."""
    k = np.arange(14)
    t = 1_600_000_000_000_000 + 3000 * k + k**2
    return {"t": t, "x": k % 8, "y": k % 6, "p": (k % 3 == 0).astype(int)}


@pytest.fixture
def aedat4(tmp_path):
    path = tmp_path / "small.aedat4"
    path.write_bytes(zlib.decompress(base64.b64decode(AEDAT4)))
    return path


@pytest.fixture
def npz(tmp_path):
    path = tmp_path / "small.npz"
    np.savez(path, **written())
    return path


def by_hand(polarities=2):
    events = written()
    step = (events["t"] - events["t"][0]) // 1000
    channel = ((events["p"] if polarities == 2 else 0) * 6 + events["y"]) * 8 + events["x"]
    spikes = np.zeros((1, step[-1] + 1, polarities * 48), bool)
    spikes[0, step, channel] = True
    return spikes


def test_a_file_of_a_camera_gives_the_events_that_were_written(aedat4):
    dataset = read_events(aedat4, [3])
    assert (dataset.spikes[:] == by_hand()).all() and dataset.channel_shape == (2, 6, 8)
    assert dataset.labels.tolist() == [3]
    assert "events of small.aedat4" in dataset.source
    assert "counts from its first event" in dataset.source


def test_arrays_in_a_file_give_the_same(aedat4, npz):
    same = read_events([npz, npz], sensor_size=(8, 6, 2))
    assert same.labels is None and same.n_samples == 2
    assert (same.spikes[:1] == by_hand()).all() and (same.spikes[1:] == by_hand()).all()
    merged = read_events([str(npz)], sensor_size=(8, 6, 2), merge_polarities=True)
    assert (merged.spikes[:] == by_hand(1)).all()
    mixed = read_events([aedat4, npz], [0, 1], classes=("no", "yes"), n_steps=20)
    assert mixed.spikes.shape == (2, 20, 96) and mixed.classes == ("no", "yes")


def test_a_moment_of_the_camera_s_clock_can_be_said(aedat4):
    late = read_events(aedat4, start_s=1_600_000_000 - 0.005)
    assert (late.spikes[:, 5:] == by_hand()).all() and not late.spikes[:, :5].any()


def test_the_unit_of_times_in_a_file_can_be_said(tmp_path):
    path = tmp_path / "in_ms.npz"
    k = np.arange(400)
    np.savez(path, t=k * 0.5, x=k % 8, y=k % 6, p=k % 2)
    with pytest.raises(DatasetProblem, match="time_unit='ms'"):
        read_events(path, sensor_size=(8, 6, 2))
    assert read_events(path, sensor_size=(8, 6, 2), time_unit="ms").n_steps == 200


def test_a_file_of_another_sensor_is_refused(aedat4, tmp_path):
    with pytest.raises(DatasetProblem, match=r"sensor of \(8, 6, 2\).*camera on their own"):
        read_events([aedat4], sensor_size=(16, 16, 2))


def test_what_cannot_be_read_is_named(aedat4, npz, tmp_path):
    def file(name, content):
        path = tmp_path / name
        path.write_bytes(content)
        return path

    whole = aedat4.read_bytes()
    np.savez(tmp_path / "few.npz", t=[1], x=[2])
    np.savez(tmp_path / "unequal.npz", t=[1, 2], x=[2], y=[1], p=[0])
    for path, words in [
        (tmp_path / "none.aedat4", "There is no file"),
        (file("cut.aedat4", whole[:700]), "not AEDAT4, or a damaged file"),
        (file("text.aedat4", b"events"), "not AEDAT4, or a damaged file"),
        (file("old.aedat", b"#!AER-DAT2.0\r\n" + bytes(16)), "is AEDAT 2 or 3.*as AEDAT4"),
        (file("video.raw", b""), "ends with .raw; .aedat4 and .npz are read"),
        (tmp_path / "few.npz", "no array 'y' and no 'p', but t, x"),
        (tmp_path / "unequal.npz", r"there are t \(2,\), x \(1,\)"),
    ]:
        with pytest.raises(FileProblem, match=words):
            read_events(path, sensor_size=(8, 6, 2))
    with pytest.raises(DatasetProblem, match="does not say how large its sensor is"):
        read_events(npz)
    with pytest.raises(DatasetProblem, match="paths is empty"):
        read_events([])
    with pytest.raises(DatasetProblem, match="2 labels"):
        read_events(aedat4, [0, 1])


def test_without_the_package_it_says_how_to_get_it(aedat4, monkeypatch):
    real = builtins.__import__

    def without(name, *args, **options):
        if name == "aedat":
            raise ImportError(name)
        return real(name, *args, **options)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(FileProblem, match=r"needs the package aedat.*spikefit_nb\[events\]"):
        read_events(aedat4)
