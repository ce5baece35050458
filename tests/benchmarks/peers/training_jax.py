"""One epoch of slopes in JAX: a scan over steps forward, its transposed scan back.

Layers are chains of dense products, and convolutions, each before neurons that reset
to zero. The reset passes no slope on, as in the package's default.
"""

import json

import numpy as np

HEIGHT, WIDTH = 0.2, 0.5  # of the arctangent surrogate, the package's own


def prepare(arrays: dict[str, np.ndarray], n_samples: int) -> tuple:
    import jax
    import jax.numpy as jnp

    fire = _step_at_threshold()
    layers = json.loads(str(arrays["layers"]))
    weights = [jnp.asarray(arrays[f"weight{k}"]) for k in range(int(arrays["n_weights"]))]
    neurons = [
        {name: jnp.asarray(arrays[f"{k}.{name}"]) for name in layer["columns"]}
        for k, layer in enumerate(layers)
    ]

    gain = float(arrays["gain"])

    def run(weights, x, wanted):
        def step(carry, x):
            sent, states, after = dict(carry[0]), carry[1], []
            for layer, c, (v, i) in zip(layers, neurons, states, strict=True):
                v, i = _integrate(layer, c, v, i, _arrive(layer, sent, x, weights=weights))
                spikes = fire((v - c["threshold"]) / c["threshold"])
                kept = jax.lax.stop_gradient(spikes)
                v = v * (1 - kept)
                sent[layer["name"]] = spikes
                after.append((v, i))
            return (sent, after), spikes

        n = x.shape[1]
        zeros = [jnp.zeros((n, layer["n"])) for layer in layers]
        sent = {layer["name"]: z for layer, z in zip(layers, zeros, strict=True)}
        _, spikes = jax.lax.scan(step, (sent, [(z, z) for z in zeros]), x)
        counts = spikes.sum(0)
        return -(wanted * jax.nn.log_softmax(gain * counts)).sum(), counts

    slope = jax.jit(jax.grad(run, has_aux=True))
    size, n_steps, n_channels = (int(arrays[k]) for k in ("batch", "n_steps", "n_channels"))
    first = np.searchsorted(arrays["sample"], np.arange(0, n_samples + size, size))
    starts = range(0, n_samples, size)

    def epoch() -> tuple:
        total, counts = [np.zeros(w.shape, np.float32) for w in weights], []
        for k, start in enumerate(starts):
            n, events = min(size, n_samples - start), slice(first[k], first[k + 1])
            x = np.zeros((n_steps, n, n_channels), np.float32)
            at = arrays["step"][events], arrays["sample"][events] - start, arrays["channel"][events]
            x[at] = arrays["count"][events]
            told, counted = slope(weights, x, arrays["wanted"][start : start + n])
            total = [a + np.asarray(b) for a, b in zip(total, told, strict=True)]
            counts.append(np.asarray(counted))
        return total, np.concatenate(counts)

    def counts(result: tuple) -> dict[str, np.ndarray]:
        total, counted = result
        return {"spikes": counted.astype(int), "slopes": np.concatenate([t.ravel() for t in total])}

    return jax.__version__, epoch, counts


def _step_at_threshold():
    """The step at a threshold, in thresholds above it, with the surrogate for a slope."""
    import jax
    import jax.numpy as jnp

    @jax.custom_jvp
    def fire(above):
        return (above >= 0).astype(jnp.float32)

    @fire.defjvp
    def _(primals, tangents):
        (above,), (moved,) = primals, tangents
        return fire(above), HEIGHT / (1 + (above / WIDTH) ** 2) * moved

    return fire


def _arrive(layer: dict, sent: dict, x, *, weights: list):
    """What all projections into a layer bring in a step."""
    import jax

    total = 0.0
    for edge in layer["edges"]:
        source = x if edge["source"] == "input" else sent[edge["source"]]
        weight = weights[edge["weight"]]
        if edge["kind"] == "dense":
            total = total + source @ weight
            continue
        padding = [(p, p) for p in edge["padding"]]
        maps = source.reshape(-1, *edge["input_shape"])
        maps = jax.lax.conv_general_dilated(maps, weight, edge["stride"], padding)
        total = total + maps.reshape(maps.shape[0], -1)
    return total


def _integrate(layer: dict, c: dict, v, i, current) -> tuple:
    """One step of the equation."""
    driven = current + c["bias"]
    if layer["model"] == "IF":
        return v + c["r"] * driven, i
    i = i + c["a_syn"] * (c["w_in"] * driven - i)
    return v + c["a_mem"] * (c["v_leak"] - v + c["r"] * i), i


if __name__ == "__main__":
    from pacing import serve  # it lies beside this file

    serve(prepare)
