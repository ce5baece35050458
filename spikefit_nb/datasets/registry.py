"""Where recordings that come by name are found, whose they are, and under which licence."""

from typing import NamedTuple


class Upstream(NamedTuple):
    """A file on the network."""

    name: str
    url: str
    checksum: str  # sha256, or another with its name before it, such as "md5:..."
    n_bytes: int


class Entry(NamedTuple):
    """What is known of a data set before it is loaded."""

    title: str
    licence: str
    citation: str
    files: tuple[Upstream, ...] = ()
    local: tuple[str, ...] = ()  # ready-made files of the user's, taken first

    @property
    def source(self) -> str:
        """Citation and licence in one line."""
        return f"{self.citation} ({self.licence})"

    def about(self, file: Upstream) -> str:
        """Size and licence of a file, for messages."""
        return f"{file.n_bytes / 1e6:,.1f} MB, {self.licence}"


BRAILLE = (
    "https://raw.githubusercontent.com/neuromorphic-polito/L2MU-Braille/"
    "72344f68bd1ad300b5c7c593603ed1adce7a858b/data/braille_splitted/"
)
SHA256_OF_PART = (
    "82476076171d2492f4e0f633d366e4560c9982d1884b2357da696fa4158ceae1",
    "ea76521171e38c316bedb74b0e3e40d95dd30d8c8106c957aef721ce63a6b5d0",
    "e8e66c139a9c65414c03e3a6bbd07bb9cae422c5c793af574e92fdad0cfbccc1",
    "1541fbb2ab9d5c986ea77009e76419ff7539d44394feb9548fb36b60df30a747",
    "ce97b35d5445cc54c1e8da043223498808c8e6496da9f4d891f21b748d238bf5",
    "da331b348c0ba1e19b8e46d6fc621f0f935409859d117deaf73e4816d34f5878",
    "c41223746ae604b8d512662ff837cb035ead9e54bb5b1e033ebc2531a1e18a6e",
    "21e8e74fecd204b9259b7ebfa10deca7020bbf85f8f77833c26173a7373ee25d",
    "3b04eb2114e7f49df3da24f91af4f1c5b206c2258c24a8ef2778645854632a20",
    "a0c6c816207b973999413a11806838332949e242b9365f2c88001450c316fdbf",
)
MNIST = "https://ossci-datasets.s3.amazonaws.com/mnist/"
MNIST_CITATION = "LeCun, Cortes & Burges, The MNIST database of handwritten digits, 1998"
MNIST_LICENCE = "CC BY-SA 3.0"

REGISTRY = {
    "braille": Entry(
        "Braille letters read by a robot finger: 1,158 recordings, 12 sensors, 256 bins of 5 ms",
        "Apache-2.0",
        "Braille letters, Mueller-Cleve et al. 2022, Front Neurosci 16:951164, "
        "doi:10.5281/zenodo.7050094; spikes as in github.com/neuromorphic-polito/L2MU-Braille",
        tuple(
            Upstream(f"ds_val_{k}.pt", f"{BRAILLE}ds_val_{k}.pt", sha256, 3_443_879)
            for k, sha256 in enumerate(SHA256_OF_PART)
        ),
        ("braille7_union.npz",),
    ),
    "digits": Entry(
        "8 x 8 digits: 360 images that no network of ours was trained on; ships with scikit-learn",
        "BSD-3-Clause; data CC BY 4.0",
        "scikit-learn load_digits, the test part of Alpaydin & Kaynak, Optical Recognition of "
        "Handwritten Digits, UCI 1998, doi:10.24432/C50P49",
    ),
    "mnist": Entry(
        "28 x 28 digits: the 10,000 test images",
        MNIST_LICENCE,
        MNIST_CITATION + ", test part",
        (
            Upstream(
                "t10k-images-idx3-ubyte.gz",
                MNIST + "t10k-images-idx3-ubyte.gz",
                "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
                1_648_877,
            ),
            Upstream(
                "t10k-labels-idx1-ubyte.gz",
                MNIST + "t10k-labels-idx1-ubyte.gz",
                "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
                4_542,
            ),
        ),
    ),
    "mnist_train": Entry(
        "28 x 28 digits: the 60,000 training images",
        MNIST_LICENCE,
        MNIST_CITATION + ", training part",
        (
            Upstream(
                "train-images-idx3-ubyte.gz",
                MNIST + "train-images-idx3-ubyte.gz",
                "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
                9_912_422,
            ),
            Upstream(
                "train-labels-idx1-ubyte.gz",
                MNIST + "train-labels-idx1-ubyte.gz",
                "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
                28_881,
            ),
        ),
    ),
    # No sha256 is published; the md5 is the one that tonic checks. Those who quote the licence
    # differ (CC BY 4.0, CC BY-SA 4.0); the download page decides.
    "nmnist": Entry(
        "N-MNIST, digits seen by a moving event camera: 2 x 34 x 34 channels, 300 bins of 1 ms",
        "CC BY-SA 4.0 as commonly quoted, the download page decides",
        "N-MNIST, Orchard et al. 2015, Front Neurosci 9:437, doi:10.17632/468j46mzdv.1",
        (
            Upstream(
                "nmnist_test.zip",
                "https://data.mendeley.com/public-files/datasets/468j46mzdv/files/"
                "05a4d654-7e03-4c15-bdfa-9bb2bcbea494/file_downloaded",
                "md5:69ca8762b2fe404d9b9bad1103e97832",
                170_000_000,
            ),
        ),
        ("nmnist/train1k.zip",),
    ),
}
