"""Types of axons: which of a neuron's few weights each type stands for, so that sources need few
axons.
"""

from spikefit_nb.kernels.compiled import compiled


@compiled()
def choose_types(ptr, source, kind, n_kinds, orders, seen, common, type_of):
    """Choose for each neuron in turn which type each of its weights is of: as many synapses as
    possible come over axons that are there already.
    """
    # ptr (n_neurons + 1,), source, kind (n_synapses,): where each synapse comes from, and which of
    # its neuron's different weights it has; n_kinds (n_neurons,); orders (n_orders, n_types): all
    # ways to give types to weights; seen (n_sources, n_types) bool: axons that there are;
    # common (n_types, n_types) int64 scratch; type_of (n_neurons, n_types) int64
    n_types = seen.shape[1]
    for v in range(n_kinds.size):
        common[:] = 0
        for j in range(ptr[v], ptr[v + 1]):
            for g in range(n_types):
                common[kind[j], g] += seen[source[j], g]
        best, most = 0, -1
        for o in range(orders.shape[0]):
            saved = 0
            for k in range(n_kinds[v]):
                saved += common[k, orders[o, k]]
            if saved > most:
                best, most = o, saved
        for k in range(n_types):
            type_of[v, k] = orders[best, k]
        for j in range(ptr[v], ptr[v + 1]):
            seen[source[j], type_of[v, kind[j]]] = True
