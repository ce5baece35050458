import hashlib
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import pytest

from spikefit_nb.errors import FileProblem
from spikefit_nb.fetch import fetch

CONTENT = b"a network"
DIGEST = hashlib.sha256(CONTENT).hexdigest()


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


@pytest.fixture
def cache(monkeypatch, tmp_path):
    monkeypatch.delenv("SPIKEFIT_DATA", raising=False)
    folder = tmp_path / "cache"
    monkeypatch.setattr("pooch.os_cache", lambda _: folder)
    return folder


@pytest.fixture
def upstream(tmp_path):
    folder = tmp_path / "upstream"
    folder.mkdir()
    (folder / "net.nir").write_bytes(CONTENT)
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=folder))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/net.nir"
    server.shutdown()
    server.server_close()


def test_the_users_folder_is_looked_in_first_however_deep(monkeypatch, tmp_path):
    deep = tmp_path / "nir" / "03_rnn"
    deep.mkdir(parents=True)
    (deep / "net.nir").write_bytes(CONTENT)
    monkeypatch.setenv("SPIKEFIT_DATA", str(tmp_path))
    assert fetch("net.nir", "http://127.0.0.1:9/nothing/there", DIGEST) == deep / "net.nir"


def test_a_file_is_downloaded_once_and_checked(cache, upstream):
    path = fetch("net.nir", upstream, DIGEST)
    assert path.read_bytes() == CONTENT and path.parent == cache
    assert fetch("net.nir", "http://127.0.0.1:9/nothing/there", DIGEST) == path


def test_another_checksum_is_refused(cache, upstream):
    with pytest.raises(
        FileProblem, match=r"does not have the expected checksum sha256 0000.*Try again"
    ):
        fetch("net.nir", upstream, "0" * 64)


def test_offline_says_which_file_from_where_and_what_to_do(cache):
    with pytest.raises(
        FileProblem, match=r"net.nir is not at hand.*http://127.0.0.1:9/net.nir.*set SPIKEFIT_DATA"
    ):
        fetch("net.nir", "http://127.0.0.1:9/net.nir", DIGEST)


def test_a_data_folder_that_does_not_exist_is_named(monkeypatch, tmp_path):
    monkeypatch.setenv("SPIKEFIT_DATA", str(tmp_path / "nowhere"))
    with pytest.raises(
        FileProblem, match=r"nowhere', which is not a folder. Correct it, or unset it"
    ):
        fetch("net.nir", "http://127.0.0.1:9/net.nir", DIGEST)


def test_another_kind_of_checksum_and_what_a_file_is_are_told(cache, upstream, capsys):
    md5 = "md5:" + hashlib.md5(CONTENT).hexdigest()
    assert fetch("net.nir", upstream, md5, about="1 kB, BSD-3").read_bytes() == CONTENT
    assert capsys.readouterr().out == f"Downloading net.nir (1 kB, BSD-3) from {upstream}, once.\n"
    fetch("net.nir", upstream, md5, about="1 kB, BSD-3")
    assert capsys.readouterr().out == ""
    with pytest.raises(
        FileProblem, match=r"net.nir \(1 kB, BSD-3\) from .* expected checksum md5 0000"
    ):
        fetch("net.nir", upstream, "md5:" + "0" * 32, about="1 kB, BSD-3")
