"""The lower bound where nobody has published how a chip stores a synapse."""


def plain_bits(n_synapses: int, weight_bits: int) -> int:
    """Bits that synapses take at the very least: their weights, without index, header or padding.

    ``n_synapses * weight_bits``.

    A lower bound: a network over it cannot fit, one under it may not fit either. It is all that can be said of
    Loihi 2, whose format is not public; the compiler's printed 12,000 words of synapse memory a core are words of
    a width that no document gives.

    Parameters
    ----------
    n_synapses : int
    weight_bits : int, bits of a weight

    Returns
    -------
    int, bits

    Source: arithmetic; Loihi 2's 12,000 words: lava-nc/lava-dl@d825ac5
    tutorials/lava/lib/dl/netx/pilotnet_snn/benchmark.ipynb, output of the run cell.

    Examples
    --------
    >>> plain_bits(65536, 4) // 8 // 1024  # ODIN's crossbar, in kB
    32
    """
    return n_synapses * weight_bits


def words(bits: int, word_bits: int) -> int:
    """Whole words that hold so many bits.

    ``ceil(bits / word_bits)``.

    Parameters
    ----------
    bits : int
    word_bits : int, bits of a word

    Returns
    -------
    int, words

    Source: arithmetic.

    Examples
    --------
    >>> words(129, 128)
    2
    """
    return -(-bits // word_bits)
