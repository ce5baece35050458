"""Samplers: same seed same points, also in a new process; nothing tried twice; what cannot be is
learnt.
"""

import math
from itertools import pairwise

import numpy as np
import optuna
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution
from optuna.trial import TrialState

from spikefit_nb.errors import UnknownName, WrongArgument
from spikefit_nb.search.expected_front import fittest, n_beating, telling, without_tails
from spikefit_nb.search.gaussian_process import GaussianProcessSampler, _completed
from spikefit_nb.search.history import History
from spikefit_nb.search.hypervolume import boxes_not_beaten, expected_improvement, hypervolume
from spikefit_nb.search.moead import even_weights, neighbours, solved
from spikefit_nb.search.objectives import is_best
from spikefit_nb.search.reinforce import EVENLY, RATE, policy, rewards
from spikefit_nb.search.samplers import SAMPLERS, SamplerSettings, made_sampler
from spikefit_nb.search.setting import Kept
from spikefit_nb.search.surrogate import SPREAD, TYPICAL, GaussianProcess, scales_of
from spikefit_nb.search.unit_cube import UnitCube

MIXED = {
    "bits": IntDistribution(2, 8),
    "steps": IntDistribution(4, 64, log=True),
    "prune": FloatDistribution(0.0, 0.9, step=0.01),
    "threshold": FloatDistribution(0.5, 2.0, log=True),
    "encoder": CategoricalDistribution(["rate", "latency", "delta"]),
    "reset": CategoricalDistribution(["zero", "subtract"]),
    "share": CategoricalDistribution([True, False]),
}
MINIMIZE = ("minimize", "minimize")


def losses_of(params):
    error = 0.5 ** params["bits"] + abs(math.log(params["threshold"])) + params["prune"] ** 4
    energy = params["bits"] * params["steps"] * (1 - params["prune"])
    return error + (params["encoder"] == "delta") / 4, energy * (1 + (params["reset"] == "zero"))


def is_impossible(params):
    return params["bits"] * params["steps"] > 300


def sampler_of(name, seed=3, distributions=MIXED, **options):
    return made_sampler(name, SamplerSettings(distributions, seed, n_initial=6, **options))


def study_of(sampler, directions=MINIMIZE):
    return optuna.create_study(directions=directions, sampler=sampler)


def asked(study, distributions=MIXED):
    return study.ask(distributions)


def told(study, trial, losses=losses_of):
    if is_impossible(trial.params):
        trial.set_user_attr("state", "infeasible")
        study.tell(trial, state=TrialState.FAIL)
    else:
        study.tell(trial, losses(trial.params))


def points(study):
    return [trial.params for trial in study.get_trials()]


def searched(sampler, n, study=None):
    study = study or study_of(sampler)
    study.sampler = sampler
    for _ in range(n):
        told(study, asked(study))
    return study


@pytest.fixture(autouse=True)
def quiet():
    optuna.logging.set_verbosity(optuna.logging.ERROR)


# --- hypervolume ---------------------------------------------------------------------------------


def naive_hypervolume(losses, reference):
    """Counts the cells of a grid of whole numbers that some row beats."""
    cells = np.stack(np.meshgrid(*[np.arange(r) for r in reference], indexing="ij"), axis=-1)
    beaten = (losses[:, None] <= cells.reshape(1, -1, len(reference))).all(axis=2).any(axis=0)
    return int(beaten.sum())


@given(
    arrays(
        np.float64,
        st.tuples(st.integers(0, 8), st.integers(1, 5)),
        elements=st.integers(0, 4).map(float),
    )
)
def test_the_hypervolume_is_the_number_of_cells_that_are_beaten(losses):
    reference = np.full(losses.shape[1], 4)
    assert hypervolume(losses, reference) == pytest.approx(naive_hypervolume(losses, reference))


def test_the_hypervolume_of_one_point_is_a_box():
    assert hypervolume(np.array([[1.0, 2.0, 0.5]]), np.array([2.0, 4.0, 1.0])) == 1.0
    assert hypervolume(np.array([[1.0, 5.0]]), np.array([2.0, 4.0])) == 0.0


@pytest.mark.parametrize("m", [1, 2, 3, 4])
def test_boxes_are_disjoint_and_hold_what_no_point_beats(m):
    random = np.random.default_rng(m)
    front, reference = random.random((12, m)), np.ones(m)
    lower, upper = boxes_not_beaten(front, reference).corners()
    at = random.random((500, m))
    inside = ((lower <= at[:, None]) & (at[:, None] < upper)).all(axis=2).sum(axis=1)
    beaten = (front <= at[:, None]).all(axis=2).any(axis=1)
    assert inside.tolist() == (~beaten).astype(int).tolist()


@pytest.mark.parametrize("m", [1, 2, 3, 4])
def test_the_expected_gain_is_the_mean_gain_of_draws(m):
    random = np.random.default_rng(m)
    front, reference = random.random((6, m)), np.full(m, 1.1)
    mean, std = random.random((3, m)) * 0.8, 0.1 + 0.2 * random.random((3, m))
    before, n = hypervolume(front, reference), 1000
    expected = expected_improvement(mean, std, boxes_not_beaten(front, reference))
    for k in range(3):
        drawn = mean[k] + std[k] * random.standard_normal((n, m))
        gains = [hypervolume(np.vstack([front, row]), reference) - before for row in drawn]
        assert expected[k] == pytest.approx(np.mean(gains), abs=1e-6 + 4 * np.std(gains) / n**0.5)


def test_with_one_objective_it_is_the_expected_improvement():
    boxes = boxes_not_beaten(np.array([[3.0], [2.0]]), np.array([9.0]))
    mean, std = np.array([[2.5]]), np.array([[0.5]])
    phi, density = 0.15865525393145707, 0.24197072451914337  # of the standard normal at -1
    assert expected_improvement(mean, std, boxes)[0] == pytest.approx(0.5 * (density - phi))


# --- knobs as numbers ----------------------------------------------------------------------------


def test_every_step_and_choice_is_drawn_about_equally_often():
    cube = UnitCube(MIXED)
    drawn = cube.params(cube.drawn(np.random.default_rng(0).random((7000, len(MIXED)))))
    counts = np.bincount([params["bits"] for params in drawn])[2:]
    assert len(counts) == 7 and (abs(counts - 1000) < 150).all()
    rates = [params["encoder"] for params in drawn]
    assert abs(rates.count("delta") - 7000 / 3) < 250


def test_points_come_back_from_their_values_and_lie_in_their_ranges():
    cube, random = UnitCube(MIXED), np.random.default_rng(1)
    rows = cube.drawn(random.random((200, len(MIXED))))
    for some in (rows, cube.moved(rows, 0.2, random), cube.moved(rows, 0.01, random)):
        params = cube.params(some)
        np.testing.assert_allclose(cube.rows(params), some, atol=1e-9)
        for values in params:
            assert all(
                MIXED[name]._contains(MIXED[name].to_internal_repr(value))
                for name, value in values.items()
            )


def test_rows_come_back_from_the_uniform_numbers_they_are_drawn_from():
    cube, random = UnitCube(MIXED), np.random.default_rng(3)
    rows = cube.drawn(random.random((200, len(MIXED))))
    np.testing.assert_allclose(cube.drawn(cube.evenly(rows)), rows, atol=1e-9)


def test_a_mixture_lies_between_its_parents_and_on_their_steps():
    cube, random = UnitCube(MIXED), np.random.default_rng(4)
    a, b = (cube.drawn(random.random((200, len(MIXED)))) for _ in range(2))
    mixed = cube.mixed(a, b, random.random(a.shape))
    steps = cube.drawn(cube.evenly(mixed))
    np.testing.assert_allclose(steps, mixed, atol=1e-9)
    width = 1 / 6 / 2 + 1e-9  # half a step of the coarsest range
    assert (mixed >= np.minimum(a, b) - width).all() and (mixed <= np.maximum(a, b) + width).all()


def test_a_move_changes_at_least_one_knob():
    cube, random = UnitCube({"bits": IntDistribution(1, 64)}), np.random.default_rng(2)
    rows = np.full((50, 1), 31 / 63)
    assert (cube.moved(rows, 0.001, random) != rows).all()


OF_TWO = {"bits.a": IntDistribution(2, 8), "share": CategoricalDistribution(["no", "yes"])}
OF_TWO |= {"bits.b": IntDistribution(2, 8), "prune.a": FloatDistribution(0.0, 1.0)}


def test_knobs_of_a_kind_often_move_alike_and_else_apart():
    cube, random = UnitCube(OF_TWO), np.random.default_rng(5)
    rows = np.tile(cube.rows([{"bits.a": 5, "bits.b": 5, "share": "no", "prune.a": 0.5}]), (400, 1))
    moved = cube.params(cube.moved(rows, 0.5, random))
    both = [p for p in moved if p["bits.a"] != 5 and p["bits.b"] != 5]
    # moved apart, two of them would agree in about one of five
    assert sum(p["bits.a"] == p["bits.b"] for p in both) > 0.5 * len(both) > 50
    assert sum((p["bits.a"] == 5) != (p["bits.b"] == 5) for p in moved) > 100


def test_rows_made_alike_agree_in_all_knobs_of_a_kind_and_keep_the_others():
    cube, random = UnitCube(OF_TWO), np.random.default_rng(6)
    rows = cube.drawn(random.random((50, len(OF_TWO))))
    alike = cube.alike(rows)
    for before, after in zip(cube.params(rows), cube.params(alike), strict=True):
        assert after == {**before, "bits.b": before["bits.a"]}


def test_what_becomes_of_values_is_the_same_knob_by_knob_as_point_by_point():
    kept = {"bits.a": Kept(lambda bits: max(4, bits)), "bits.b": Kept(lambda b: b - b % 2)}
    kept |= {"share": Kept(lambda share: share)}
    kept |= {"prune.a": Kept(lambda x: round(x, 1), lambda params: params["share"] == "yes")}
    cube, random = UnitCube(OF_TWO), np.random.default_rng(7)
    rows = cube.drawn(random.random((200, len(OF_TWO))))
    slowly = [
        {
            name: value(params[name])
            for name, (value, acts) in kept.items()
            if not acts or acts(params)
        }
        for params in cube.params(rows)
    ]
    np.testing.assert_allclose(cube.kept(rows, kept), cube.rows(slowly), atol=1e-12)


def test_a_knob_that_does_not_act_has_a_place_that_says_nothing():
    cube = UnitCube(MIXED)
    row = cube.rows([{"bits": 8}])[0]
    assert row[0] == 1.0 and row[1] == 0.5


# --- models --------------------------------------------------------------------------------------


def test_a_gaussian_process_of_these_length_scales_agrees_with_scikit_learn():
    from sklearn.gaussian_process import GaussianProcessRegressor
    from sklearn.gaussian_process.kernels import Matern

    random = np.random.default_rng(0)
    x, at = random.random((23, 3)), random.random((9, 3))
    y = np.sin(4 * x[:, 0]) + x[:, 1]
    ours = GaussianProcess(x, y)
    fixed = GaussianProcessRegressor(
        Matern(scales_of(x, y), nu=2.5), normalize_y=True, alpha=1e-4, optimizer=None
    ).fit(x, y)
    mean, std = fixed.predict(at, return_std=True)
    np.testing.assert_allclose(ours.predicted(at)[0], mean, rtol=1e-6)
    np.testing.assert_allclose(ours.predicted(at)[1], std, rtol=1e-6)


def test_length_scales_are_the_likeliest_on_a_grid():
    from sklearn.gaussian_process import GaussianProcessRegressor
    from sklearn.gaussian_process.kernels import Matern

    x = np.random.default_rng(1).random((20, 1))
    y = np.sin(9 * x[:, 0])
    model = GaussianProcessRegressor(Matern(nu=2.5), normalize_y=True, alpha=1e-4, optimizer=None)
    model.fit(x, y)
    grid = np.log(np.linspace(0.06, 3, 600))
    prior = -(((grid - np.log(TYPICAL)) / SPREAD) ** 2) / 2
    posterior = [model.log_marginal_likelihood([theta]) for theta in grid] + prior
    assert scales_of(x, y)[0] == pytest.approx(np.exp(grid[np.argmax(posterior)]), rel=0.02)


def test_length_scales_follow_from_the_first_points_alone_until_the_next_fit():
    random = np.random.default_rng(2)
    x, y = random.random((24, 2)), random.random(24)
    np.testing.assert_array_equal(scales_of(x[:20], y[:20]), scales_of(x, y))


@given(arrays(np.float64, (9, 2), elements=st.integers(0, 3).map(float)))
def test_the_fittest_are_the_front_and_then_those_beaten_by_fewest(losses):
    beating = n_beating(losses)
    assert {tuple(row) for row in losses[beating == 0]} == {
        tuple(row) for row in losses[is_best(losses)]
    }
    kept = fittest(losses, 5)
    assert len(set(kept)) == 5
    assert max(beating[kept]) <= min(np.delete(beating, kept))


def test_a_front_loses_the_tails_that_gain_next_to_nothing():
    front = np.array([[0.0, 9.0], [0.01, 1.0], [0.5, 0.5], [1.0, 0.01], [9.0, 0.0]])
    assert without_tails(front, np.full(2, 0.02)).tolist() == front[1:4].tolist()
    assert without_tails(front, np.zeros(2)).tolist() == front.tolist()


def test_a_reference_that_nobody_stated_lies_behind_the_front_that_is_expected():
    expected = np.array([[0.0, 9.0], [0.1, 1.0], [0.6, 0.5]])
    losses = np.array([[0.0, 0.0], [10.0, 10.0]])
    nothing, half = np.full(2, np.nan), np.array([0.3, np.nan])
    np.testing.assert_allclose(_completed(nothing, expected, losses), [0.65, 1.05])
    np.testing.assert_allclose(_completed(half, expected, losses)[0], 0.3)


def test_of_many_trials_the_front_the_first_and_the_latest_tell_most():
    losses = np.random.default_rng(0).random((500, 2))
    losses[250] = 0.0, 0.0
    kept = telling(losses, 40)
    assert len(kept) == len(set(kept)) == 40 and 250 in kept
    assert {0, 1, 2, 497, 498, 499} <= set(kept)
    assert telling(losses[:40], 40).tolist() == list(range(40))


# --- the contract of all samplers ----------------------------------------------------------------


@pytest.mark.parametrize("name", SAMPLERS)
class TestEverySampler:
    def test_the_same_seed_gives_the_same_points_and_another_seed_others(self, name):
        first, again, other = (points(searched(sampler_of(name, seed), 12)) for seed in (3, 3, 4))
        assert first == again and first != other

    def test_a_new_process_goes_on_as_if_nothing_had_happened(self, name):
        whole = points(searched(sampler_of(name), 14))
        study = searched(sampler_of(name), 7)
        assert points(searched(sampler_of(name), 7, study)) == whole

    def test_a_batch_holds_different_points_and_its_order_of_ending_changes_nothing(self, name):
        runs = []
        for order in (1, -1):
            study = study_of(sampler_of(name))
            for _ in range(4):
                batch = [asked(study) for _ in range(4)]
                for trial in batch[::order]:
                    told(study, trial)
            runs.append(points(study))
        rows = [tuple(params.values()) for params in runs[0]]
        assert len(set(rows)) == len(rows)
        if name != "nsga2":  # which puts the parents of a generation in the order of their ending
            assert runs[0] == runs[1]

    def test_values_lie_in_their_ranges_and_are_of_their_kind(self, name):
        for params in points(searched(sampler_of(name), 10)):
            assert set(params) == set(MIXED)
            assert type(params["bits"]) is int and 2 <= params["bits"] <= 8
            assert type(params["prune"]) is float and type(params["share"]) is bool
            assert params["prune"] == round(params["prune"], 2)

    def test_an_objective_may_be_maximised_and_a_constraint_set(self, name):
        study = study_of(sampler_of(name), ("maximize", "minimize"))
        for _ in range(12):
            trial = asked(study)
            trial.set_constraint("area", trial.params["bits"] - 6)
            told(study, trial, lambda params: (-losses_of(params)[0], losses_of(params)[1]))
        assert len(study.trials) == 12

    def test_a_study_whose_every_trial_fails_runs_on(self, name):
        study = study_of(sampler_of(name))
        for _ in range(9):
            trial = asked(study)
            trial.set_user_attr("state", "infeasible")
            study.tell(trial, state=TrialState.FAIL)
        assert len(study.trials) == 9


def test_a_sampler_of_optuna_passes_as_it_is_and_a_name_is_checked():
    sampler = optuna.samplers.RandomSampler(seed=1)
    assert made_sampler(sampler, SamplerSettings(MIXED, 0)) is sampler
    with pytest.raises(UnknownName, match="Did you mean 'nsga2'"):
        made_sampler("nsga", SamplerSettings(MIXED, 0))
    with pytest.raises(WrongArgument, match="sampler is a int"):
        made_sampler(3, SamplerSettings(MIXED, 0))


# --- ours ----------------------------------------------------------------------------------------

OURS = ["gaussian_process", "moead", "random", "reinforce", "sobol"]


@pytest.mark.parametrize("name", OURS)
class TestOurSamplers:
    def test_no_point_is_tried_twice_while_others_are_left(self, name):
        small = {"bits": IntDistribution(1, 4), "reset": CategoricalDistribution(["a", "b"])}
        study = study_of(sampler_of(name, distributions=small))
        for _ in range(10):
            trial = study.ask(small)
            study.tell(trial, (trial.params["bits"], -trial.params["bits"]))
        rows = [tuple(params.values()) for params in points(study)]
        assert len(set(rows[:8])) == 8 and len(rows) == 10

    def test_what_is_not_admissible_is_not_proposed(self, name):
        sampler = sampler_of(name, is_admissible=lambda params: not is_impossible(params))
        assert not any(is_impossible(params) for params in points(searched(sampler, 12)))

    def test_points_that_differ_in_knobs_without_effect_are_the_same_point(self, name):
        def canonical(params):
            return {k: v for k, v in params.items() if k == "bits" or params["bits"] > 6}

        two = {"bits": IntDistribution(5, 8), "prune": FloatDistribution(0.0, 1.0)}
        study = study_of(sampler_of(name, distributions=two, canonical=canonical))
        for _ in range(12):
            trial = study.ask()
            bits = trial.suggest_int("bits", 5, 8)
            prune = trial.suggest_float("prune", 0.0, 1.0) if bits > 6 else 0.0
            study.tell(trial, (bits, prune))
        bits = [params["bits"] for params in points(study)]
        assert bits.count(5) <= 1 and bits.count(6) <= 1


def test_starts_come_first_in_their_order_and_none_twice():
    starts = [dict(asked(study_of(sampler_of("random", seed))).params) for seed in range(3)]
    sampler = GaussianProcessSampler(MIXED, seed=0, starts=[*starts, starts[0]], n_initial=8)
    found = points(searched(sampler, 8))
    assert found[:3] == starts and found[3] != starts[0]


def test_a_limit_on_an_objective_and_a_constraint_are_kept_more_often_than_by_chance():
    def share_kept(sampler):
        study, kept = study_of(sampler), []
        for _ in range(30):
            trial = asked(study)
            trial.set_constraint("few steps", trial.params["steps"] - 12)
            told(study, trial)
            error, _ = losses_of(trial.params)
            kept.append(error < 0.3 and trial.params["steps"] <= 12)
        return np.mean(kept[10:])

    bounded = sampler_of("gaussian_process", limits=[0.3, None], logarithmic=[False, True])
    assert share_kept(bounded) > 3 * share_kept(sampler_of("random"))


def test_the_hypervolume_of_a_search_is_well_above_that_of_chance():
    def of(name, seed):
        done = searched(sampler_of(name, seed, reference=[1.0, 500.0]), 30).get_trials()
        values = [trial.values for trial in done if trial.state == TrialState.COMPLETE]
        return hypervolume(np.array(values), np.array([1.0, 500.0]))

    for seed in range(3):
        assert of("gaussian_process", seed) > 1.05 * of("random", seed)


def test_more_objectives_than_boxes_allow_are_searched_by_weights():
    study = study_of(sampler_of("gaussian_process"), ("minimize",) * 5)
    for _ in range(12):
        trial = asked(study)
        study.tell(trial, (*losses_of(trial.params), 1.0, trial.params["bits"], 0.0))
    assert len({tuple(params.values()) for params in points(study)}) == 12


def test_one_objective_is_brought_near_its_least():
    study = study_of(
        GaussianProcessSampler({"x": FloatDistribution(-2.0, 2.0)}, seed=0, n_initial=4),
        ("minimize",),
    )
    for _ in range(15):
        trial = study.ask({"x": FloatDistribution(-2.0, 2.0)})
        study.tell(trial, (trial.params["x"] - 0.7) ** 2)
    assert study.best_value < 1e-4


def test_costs_of_zero_have_a_logarithm():
    sampler = sampler_of("gaussian_process", logarithmic=[False, True])
    study = study_of(sampler)
    for k in range(9):
        study.tell(asked(study), (1.0 / (k + 1), float(k)))
    assert all(a != b for a, b in pairwise(points(study)))


# --- decomposition and policies ------------------------------------------------------------------


def history_of_losses(losses, constraints=None):
    n = len(losses)
    nothing = np.zeros((0, 1))
    return History(
        np.arange(n),
        np.zeros((n, 1)),
        np.array(losses, float),
        constraints=np.zeros((n, 0)) if constraints is None else np.array(constraints, float),
        misfit_numbers=np.zeros(0, int),
        misfits=nothing,
        running=nothing,
        seen=frozenset(),
    )


@pytest.mark.parametrize(("n_objectives", "wanted"), [(2, 20), (3, 21), (4, 20)])
def test_weights_are_spread_evenly_and_sum_to_one(n_objectives, wanted):
    weights = even_weights(n_objectives, 20)
    assert len(weights) == wanted == len(np.unique(weights, axis=0))
    np.testing.assert_allclose(weights.sum(axis=1), 1, atol=1e-3 * n_objectives)
    assert {tuple(np.roll(row, 1)) for row in weights} == {tuple(row) for row in weights}
    near = neighbours(weights, 4)
    assert near[:, 0].tolist() == list(range(len(weights)))


def test_each_problem_is_held_by_the_trial_that_solves_it_best():
    weights = np.array([[1.0, 0.001], [0.001, 1.0]])
    near = neighbours(weights, 2)
    losses = [[0.0, 9.0], [9.0, 0.0], [5.0, 5.0], [1.0, 0.0]]
    assert solved(history_of_losses(losses), weights, near).tolist() == [0, 3]


def test_a_trial_that_breaks_a_constraint_holds_a_problem_only_until_one_breaks_it_less():
    weights, near = np.array([[0.5, 0.5]]), np.array([[0]])
    history = history_of_losses([[0.0, 0.0], [5.0, 5.0], [1.0, 1.0]], [[2.0], [0.0], [1.0]])
    assert solved(history, weights, near).tolist() == [1]


def test_the_reward_is_how_far_a_trial_moves_the_front_or_lies_behind_it():
    losses = [[0.0, 4.0], [4.0, 0.0], [4.0, 4.0], [2.0, 2.0], [0.0, 1.0]]
    # widths are 4 from the second trial on: the first is beaten in one objective by 4
    assert rewards(history_of_losses(losses)).tolist() == [0.0, 1.0, 0.0, 0.5, 0.5]
    assert rewards(history_of_losses([[0.0, 0.0], [4.0, 2.0]])).tolist() == [0.0, -1.0]


def test_a_level_that_pays_becomes_likelier_and_every_level_keeps_a_chance():
    levels, n_levels = np.array([[0, 2], [1, 0]] * 30), np.array([2, 3])
    chances = policy(levels, np.array([1.0, -1.0] * 30), n_levels)
    np.testing.assert_allclose(chances.sum(axis=1), 1)
    assert chances[0, 0] > 0.9 and chances[1, 2] > 0.9
    assert chances[0, 2] == 0 and chances[0, 1] > 0.04 and (chances[1] > 0.03).all()


def test_a_policy_follows_the_gradient_of_its_expected_reward():
    # Williams 1992, eq. 6: the logits move along (reward - baseline) times d log p / d logit
    chances = policy(np.array([[1]]), np.array([1.0]), np.array([3]))[0]
    logits = RATE * np.array([-1 / 3, 2 / 3, -1 / 3])
    wanted = (1 - EVENLY) * np.exp(logits) / np.exp(logits).sum() + EVENLY / 3
    np.testing.assert_allclose(chances, wanted)


@pytest.mark.parametrize("name", ["moead", "reinforce"])
def test_samplers_that_breed_and_learn_do_better_than_chance(name):
    def of(name, seed):
        done = searched(sampler_of(name, seed), 80).get_trials()
        values = [trial.values for trial in done if trial.state == TrialState.COMPLETE]
        return hypervolume(np.array(values), np.array([1.0, 500.0]))

    assert sum(of(name, seed) > of("random", seed) for seed in range(4)) >= 3
