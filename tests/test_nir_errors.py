import h5py
import numpy as np
import pytest

from spikefit_nb.errors import FileProblem, UnknownName
from spikefit_nb.nir_file import read_nir
from tests import nir_files as nf


@pytest.fixture
def read(tmp_path):
    """Write a tree as broken.nir and read it."""

    def read_tree(tree, **statements):
        return read_nir(
            nf.save(tmp_path / "broken.nir", tree), **{"dt_s": 1e-4, "reset": "zero", **statements}
        )

    return read_tree


def chain(**nodes):
    return nf.graph({"i": nf.inputs(3), **nodes})


def test_a_missing_file_gets_the_nearest_names(tmp_path):
    (tmp_path / "braille.nir").touch()
    with pytest.raises(
        FileProblem, match=r"There is no file brail.nir in .*Did you mean braille.nir\?"
    ):
        read_nir(tmp_path / "brail.nir")
    with pytest.raises(FileProblem, match=r"Did you mean braille.nir\?"):
        read_nir(tmp_path / "something_else")


def test_a_missing_folder_says_where_you_are(tmp_path):
    with pytest.raises(FileProblem, match=r"the folder .*nowhere does not exist. You are in"):
        read_nir(tmp_path / "nowhere" / "net.nir")


def test_a_folder_is_not_a_file(tmp_path):
    with pytest.raises(FileProblem, match=r"is a folder, not a NIR file. It holds no .nir file"):
        read_nir(tmp_path)


def test_what_is_neither_path_nor_graph_is_named():
    with pytest.raises(FileProblem, match=r"read_nir takes a path or a nir.NIRGraph, not a int: 3"):
        read_nir(3)


def test_a_file_that_is_not_hdf5_shows_how_it_starts(tmp_path):
    (tmp_path / "net.nir").write_bytes(b"PK\x03\x04 torch")
    with pytest.raises(
        FileProblem, match=r"net.nir is not an HDF5 file.*starts with b'PK.*nir.write"
    ):
        read_nir(tmp_path / "net.nir")
    (tmp_path / "net.nir").write_bytes(b"")
    with pytest.raises(FileProblem, match=r"net.nir is not an HDF5 file.*it is empty"):
        read_nir(tmp_path / "net.nir")


def test_hdf5_that_is_not_nir_lists_what_it_holds(tmp_path):
    with h5py.File(tmp_path / "keras.h5", "w") as file:
        file["model_weights/dense"] = np.zeros(3)
    with pytest.raises(
        FileProblem, match=r"keras.h5 is HDF5 but not NIR: .*node/type.*this one has model_weights"
    ):
        read_nir(tmp_path / "keras.h5")


def test_a_truncated_file_is_called_damaged(tmp_path):
    path = nf.save(tmp_path / "net.nir", chain(w=nf.linear(np.ones((50, 3))), n=nf.fire(50)))
    path.write_bytes(path.read_bytes()[:-500])
    with pytest.raises(
        FileProblem, match=r"net.nir is HDF5 but damaged: .*Copy or download it again"
    ):
        read_nir(path)


def test_a_file_of_one_node_is_not_a_graph(tmp_path):
    with h5py.File(tmp_path / "net.nir", "w") as file:
        file["node/type"] = "Linear"
        file["node/nodes/x/type"] = "Input"
    with pytest.raises(FileProblem, match="holds a single Linear node; a whole NIRGraph is needed"):
        read_nir(tmp_path / "net.nir")


def test_an_unknown_node_type_is_named_with_its_node_and_what_is_known(read):
    match = (
        "broken.nir: node 'd' is of type 'ALIF', which is not supported. Supported: "
        "IF, LIF, CubaLIF, Threshold, I"
    )
    with pytest.raises(FileProblem, match=match):
        read(chain(d={"type": "ALIF", "beta": np.ones(3)}, n=nf.fire(3)))


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_weights_that_are_not_finite_are_counted_and_named(read, value):
    weight = np.ones((2, 3))
    weight[1, 2] = value
    with pytest.raises(
        FileProblem, match=r"node 'w' \(Linear\), field 'weight': 1 of 6 values are NaN or infinite"
    ):
        read(chain(w=nf.linear(weight), n=nf.fire(2)))
    with pytest.raises(
        FileProblem, match=r"node 'w' \(Affine\), field 'bias': 1 of 2 values are NaN or infinite"
    ):
        read(chain(w=nf.affine(np.ones((2, 3)), [0, value]), n=nf.fire(2)))
    with pytest.raises(
        FileProblem,
        match=r"node 'n' \(IF\), field 'v_threshold': 3 of 3 values are NaN or infinite",
    ):
        read(chain(n=nf.fire(3, threshold=value)))


def test_a_time_constant_of_zero_names_the_node(read):
    with pytest.raises(
        FileProblem,
        match="node 'n': LIF: tau_mem_s must be above zero, but its smallest value is 0 s",
    ):
        read(chain(n=nf.leaky(3, tau=0.0)))


def test_a_missing_field_names_node_and_field(read):
    lif = nf.leaky(3)
    del lif["tau"]
    with pytest.raises(
        FileProblem, match=r"node 'n' \(LIF\) has no field 'tau'; it has r, v_leak, v_threshold"
    ):
        read(chain(n=lif))


def test_a_field_that_is_not_numeric_is_shown(read):
    with pytest.raises(FileProblem, match=r"node 'n' \(IF\), field 'r' is 'one', not real numbers"):
        read(chain(n={**nf.fire(3), "r": "one"}))


def test_shapes_that_do_not_match_name_both_nodes_and_both_shapes(read):
    match = (
        r"on the edge 'w' -> 'n': node 'w' \(Linear\) gives \(4,\), but node 'n' \(IF\) takes "
        r"\(5,\)"
    )
    with pytest.raises(FileProblem, match=match):
        read(chain(w=nf.linear(np.ones((4, 3))), n=nf.fire(5)))
    match = (
        r"node 'i' \(Input\) gives \(3,\), but node 'w' \(Linear\) takes \(7,\).*say input_shape="
    )
    with pytest.raises(FileProblem, match=match):
        read(chain(w=nf.linear(np.ones((4, 7))), n=nf.fire(4)))


def test_a_convolution_of_a_flat_input_asks_for_the_inputs_shape(read):
    with pytest.raises(
        FileProblem, match=r"'c' \(Conv2d\) takes \(2, any, any\).*say input_shape="
    ):
        read(chain(c=nf.conv(np.ones((4, 2, 3, 3))), n=nf.fire()))


def test_two_ways_into_a_node_must_bring_the_same_shape(read):
    nodes = {
        "i": nf.inputs(3),
        "a": nf.linear(np.ones((4, 3))),
        "b": nf.linear(np.ones((5, 3))),
        "n": nf.fire(),
    }
    with pytest.raises(
        FileProblem, match=r"node 'b' \(Linear\) gives \(5,\), but node 'n' \(IF\) takes \(4,\)"
    ):
        read(nf.graph(nodes, [("i", "a"), ("i", "b"), ("a", "n"), ("b", "n")]))


def test_an_input_shape_of_another_size_is_refused(read):
    match = (
        r"node 'i' \(Input\) states the shape \(3,\), 3 channels, but input_shape=\(2, 2\) has 4"
    )
    with pytest.raises(FileProblem, match=match):
        read(chain(n=nf.fire()), input_shape=(2, 2))


def test_a_window_larger_than_the_picture_names_the_node(read):
    tree = nf.graph({"i": nf.inputs(1, 3, 3), "c": nf.conv(np.ones((1, 1, 5, 5))), "n": nf.fire()})
    with pytest.raises(
        FileProblem, match=r"node 'c' \(Conv2d\): Conv2d: a \(5, 5\) window does not fit"
    ):
        read(tree)


def test_weights_and_biases_of_the_wrong_form_are_shown(read):
    with pytest.raises(FileProblem, match=r"'weight' has shape \(2, 3, 3\); \(out, in\) is needed"):
        read(chain(w=nf.linear(np.ones((2, 3, 3))), n=nf.fire()))
    with pytest.raises(
        FileProblem,
        match=r"'bias' has shape \(5,\), but the node gives \(4,\): one value per output",
    ):
        read(chain(w=nf.affine(np.ones((4, 3)), np.ones(5)), n=nf.fire()))
    picture = {"i": nf.inputs(1, 4, 4), "n": nf.fire()}
    with pytest.raises(
        FileProblem, match=r"'weight' has shape \(2, 3\); \(out, in / groups, y, x\) is needed"
    ):
        read(nf.graph({"i": picture["i"], "c": nf.conv(np.ones((2, 3))), "n": picture["n"]}))


def test_paddings_that_cannot_be_are_named(read):
    picture, kernel = {"i": nf.inputs(1, 6, 6)}, np.ones((1, 1, 2, 2))
    with pytest.raises(
        FileProblem, match=r"field 'padding' is 'full'; 'same', 'valid' or numbers are known"
    ):
        read(nf.graph({**picture, "c": nf.conv(kernel, padding="full"), "n": nf.fire()}))
    with pytest.raises(FileProblem, match=r"padding 'same' goes with stride 1, not \(2, 2\)"):
        read(nf.graph({**picture, "c": nf.conv(kernel, padding="same", stride=2), "n": nf.fire()}))
    with pytest.raises(
        FileProblem, match=r"even window \(2, 2\) and dilation 3 pads the two sides differently"
    ):
        read(
            nf.graph({**picture, "c": nf.conv(kernel, padding="same", dilation=3), "n": nf.fire()})
        )


def test_an_edge_to_nowhere_names_itself_and_lists_the_nodes(read):
    with pytest.raises(
        FileProblem, match=r"edge 'i' -> 'x' names 'x', which does not exist\. Nodes there: i, n"
    ):
        read(nf.graph({"i": nf.inputs(3), "n": nf.fire(3)}, [("i", "x")]))


def test_an_edge_stated_twice_is_refused(read):
    with pytest.raises(FileProblem, match="the edge 'i' -> 'n' is stated twice"):
        read(nf.graph({"i": nf.inputs(3), "n": nf.fire(3)}, [("i", "n"), ("i", "n")]))


def test_a_node_no_input_reaches_is_named(read):
    with pytest.raises(FileProblem, match=r"no path leads from an Input to 'm'\. Edges: i -> n"):
        read(nf.graph({"i": nf.inputs(3), "n": nf.fire(3), "m": nf.fire(3)}, [("i", "n")]))


def test_a_graph_without_input_says_what_to_add(read):
    with pytest.raises(
        FileProblem, match=r"has no Input node, so nothing can drive it. Add nir.Input"
    ):
        read(nf.graph({"n": nf.fire(3)}))


def test_an_integrator_that_feeds_neurons_is_refused_with_what_to_use(read):
    li = {"type": "LI", "tau": np.ones(3), "r": np.ones(3), "v_leak": np.zeros(3)}
    match = (
        r"node 'l' \(LI\) feeds 'n', but an integrator sends no spikes.*LIF behind LI alone is a "
        r"CubaLIF"
    )
    with pytest.raises(FileProblem, match=match):
        read(chain(l=li, w=nf.linear(np.eye(3)), n=nf.fire(3)))


def test_a_loop_without_a_neuron_is_written_out(read):
    nodes = {
        "i": nf.inputs(3),
        "a": nf.linear(np.eye(3)),
        "b": nf.linear(np.eye(3)),
        "n": nf.fire(3),
    }
    with pytest.raises(FileProblem, match="a -> b -> a is a loop without a neuron"):
        read(nf.graph(nodes, [("i", "a"), ("a", "b"), ("b", "a"), ("b", "n")]))


def test_two_populations_that_answer_are_named(read):
    nodes = {"i": nf.inputs(3), "n": nf.fire(3), "m": nf.fire(3), "o": nf.outputs(3)}
    with pytest.raises(
        FileProblem, match=r"2 populations feed an Output: n \(by o\), m \(by o\).*say output='n'"
    ):
        read(nf.graph(nodes, [("i", "n"), ("i", "m"), ("n", "o"), ("m", "o")]))


def test_a_nested_graph_needs_one_way_in(read):
    loop = nf.graph(
        {"lif": nf.leaky(3), "w": nf.linear(np.eye(3)), "out": nf.outputs(3)},
        [("lif", "w"), ("w", "lif"), ("lif", "out")],
    )
    with pytest.raises(
        FileProblem, match=r"the nested graph 'h' has 0 Input nodes \(none\); exactly one"
    ):
        read(chain(h=loop))
    two = nf.graph(
        {"a": nf.inputs(3), "b": nf.inputs(3), "lif": nf.leaky(3), "out": nf.outputs(3)},
        [("a", "lif"), ("b", "lif"), ("lif", "out")],
    )
    with pytest.raises(
        FileProblem, match=r"the nested graph 'h' has 2 Input nodes \(a, b\); exactly one"
    ):
        read(chain(h=two))


def test_a_file_that_states_neither_time_step_nor_reset_asks_for_them(shared_data):
    path = shared_data / "nir" / "03_rnn" / "braille_noDelay_bias_zero.nir"
    match = (
        r"braille_noDelay_bias_zero.nir states neither the time step nor the reset mode; NIR files "
        r"do not. "
        r"From snnTorch\? read_nir\(path, source='snntorch'\); so for sinabs, norse, rockpool, "
        r"spyx. Otherwise say dt_s=.* and "
        r"reset='zero' or 'subtract'"
    )
    with pytest.raises(FileProblem, match=match):
        read_nir(path)
    with pytest.raises(
        FileProblem, match=r"does not state the reset mode; .*Otherwise say reset='zero'"
    ):
        read_nir(path, dt_s=1e-4)
    with pytest.raises(
        FileProblem, match=r"does not state the time step; .*Otherwise say dt_s=.*seconds"
    ):
        read_nir(path, reset="zero")


def test_only_what_matters_is_asked_for(read):
    with pytest.raises(FileProblem, match="does not state the reset mode; "):
        read(chain(n=nf.fire(3)), dt_s=None, reset=None)


def test_statements_that_cannot_be_are_refused(read):
    with pytest.raises(FileProblem, match="reset is 'soft'; it must be 'zero', 'subtract'"):
        read(chain(n=nf.leaky(3)), reset="soft")
    with pytest.raises(FileProblem, match="dt_s is 0; it must be above zero, in seconds"):
        read(chain(n=nf.leaky(3)), dt_s=0)
    with pytest.raises(
        UnknownName, match=r"There is no source 'snnTorch'. Did you mean 'snntorch'"
    ):
        read(chain(n=nf.leaky(3)), source="snnTorch")


def test_metadata_that_disagree_are_listed_with_their_nodes(read):
    nodes = {
        "i": nf.inputs(3),
        "a": nf.leaky(3) | {"metadata": {"reset": "zero"}},
        "b": nf.leaky(3) | {"metadata": {"reset": "subtract"}},
    }
    with pytest.raises(
        FileProblem,
        match=r"state reset in several ways: 'zero' \(a\); 'subtract' \(b\). Say reset=",
    ):
        read(nf.graph(nodes), reset=None)
    assert read(nf.graph(nodes), reset="zero")["a"].neuron.reset == "zero"


@pytest.mark.parametrize(
    ("nodes", "match"),
    [
        (
            {"c": nf.conv(np.ones((1, 1, 3, 3)), stride=0)},
            r"'c' \(Conv2d\), field 'stride' .*whole numbers from 1",
        ),
        (
            {"c": {**nf.conv(np.ones((1, 1, 3, 3))), "input_shape": "six"}},
            "field 'input_shape' is 'six', not real",
        ),
        (
            {"f": {"type": "Flatten", "start_dim": 0.5, "end_dim": -1}},
            r"'f' \(Flatten\), field 'start_dim' is .*whole",
        ),
        (
            {"n": {"type": "IF", "r": np.ones(2), "v_threshold": np.ones(3)}},
            r"do not agree: v_threshold \(3,\), r \(2,\)",
        ),
        ({"n": np.ones(3)}, "node 'n' is array.*a group with a type is needed"),
        ({"o": nf.outputs(1, 6, 6), "n": nf.fire()}, "the edge 'o' -> 'n' leads out of an Output"),
    ],
)
def test_nonsense_in_a_node_is_shown_with_its_place(read, nodes, match):
    with pytest.raises(FileProblem, match=match):
        read(nf.graph({"i": nf.inputs(1, 6, 6), **nodes, "end": nf.fire()}))


def test_a_stated_ann_accuracy_must_be_a_number(read):
    with pytest.raises(
        FileProblem, match="the metadata state ann_accuracy as 'high'; a number is needed"
    ):
        read(nf.graph({"i": nf.inputs(3), "n": nf.fire(3)}, metadata={"ann_accuracy": "high"}))
