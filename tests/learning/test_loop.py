"""What the loop promises of a run."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from medstation.api import (
    BadInput,
    Checkpoint,
    Evaluation,
    Event,
    Finished,
    Metric,
    ModelInfo,
    Progress,
    Started,
    WrongUsage,
)
from medstation.learning import fit
from medstation.learning.weights import unpack


def of(kind: type, events: list[Event]) -> list:
    return [event for event in events if isinstance(event, kind)]


def epoch_values(events: list[Event]) -> dict[int, dict[str, float]]:
    return {int(event.epoch): dict(event.values) for event in of(Metric, events) if "learning_rate" in event.values}


def test_a_run_tells_its_whole_story_in_order(toy):
    events = toy.run(epochs=2)
    story = [type(event).__name__ for event in events if not isinstance(event, Progress | Metric)]
    assert story == ["Started", "Evaluation", "Checkpoint", "Checkpoint", "Evaluation", "Finished"]
    assert of(Started, events)[0].facts["cases"] == {"train": 10, "validation": 3, "test": 3}
    assert of(Finished, events)[0].stopped == "completed"


def test_progress_never_goes_back(toy):
    done = [event.done for event in of(Progress, toy.run(epochs=3))]
    assert done == sorted(done)
    assert done[0] >= 0 and done[-1] <= 1


def test_it_learns_and_says_so_on_the_frozen_test_cases(toy):
    before, after = of(Evaluation, toy.run(epochs=60))
    assert (before.model, after.model) == ("before", "after")
    assert set(before.cases) == set(after.cases) == {"r-13", "r-14", "r-15"}
    assert sum(one["closeness"] for one in after.cases.values()) > sum(
        one["closeness"] for one in before.cases.values()
    )
    assert set(after.cases["r-13"]) == {"closeness"}


def test_the_same_seed_gives_the_same_run_to_the_last_bit(toy):
    first, second = toy.run(epochs=3), toy.run(epochs=3)
    assert epoch_values(first) == epoch_values(second)
    assert of(Finished, first)[0].weights == of(Finished, second)[0].weights


def test_another_seed_gives_another_run(toy):
    assert epoch_values(toy.run(seed=1, epochs=1)) != epoch_values(toy.run(seed=2, epochs=1))


@pytest.mark.parametrize("optimizer", ["adamw", "sgd"])
@pytest.mark.parametrize("cut", [1, 3])
def test_a_resumed_run_equals_the_unbroken_one_to_the_last_bit(toy, optimizer, cut):
    whole = toy.run(epochs=5, optimizer=optimizer, accumulation=2)
    toy.bench.saved = of(Checkpoint, whole)[cut - 1].data
    resumed = toy.run(epochs=5, optimizer=optimizer, accumulation=2)
    expected = {epoch: values for epoch, values in epoch_values(whole).items() if epoch > cut}
    assert epoch_values(resumed) == expected
    assert of(Finished, resumed)[0].weights == of(Finished, whole)[0].weights
    assert of(Evaluation, resumed) == of(Evaluation, whole)


def test_a_run_killed_in_the_middle_of_an_epoch_resumes_to_the_same_end(toy):
    whole = toy.run(epochs=3)
    killed = fit(toy.recipe, toy.request(epochs=3), toy.bench)
    for event in killed:
        if isinstance(event, Checkpoint):
            toy.bench.saved = event.data
        if isinstance(event, Metric) and event.epoch > 2:
            break
    killed.close()
    torch.rand(7)
    assert of(Finished, toy.run(epochs=3))[0].weights == of(Finished, whole)[0].weights


def test_a_finished_checkpoint_resumes_straight_to_its_end(toy):
    whole = toy.run(epochs=2)
    toy.bench.saved = of(Checkpoint, whole)[-1].data
    again = toy.run(epochs=2)
    assert not of(Checkpoint, again)
    assert of(Finished, again)[0].weights == of(Finished, whole)[0].weights


def test_a_loss_that_is_no_number_in_the_first_epoch_stops_with_the_reason_and_what_to_do(toy):
    toy.recipe.loss = lambda model, batch: _nan_later(toy, model, batch)
    toy.steps = 6
    with pytest.raises(BadInput) as caught:
        toy.run(epochs=4, learning_rate=0.5)
    assert "learning rate 0.5" in caught.value.message
    assert "lower learning_rate" in caught.value.hint


def test_a_loss_that_is_no_number_later_ends_the_run_with_the_best_epoch_kept_and_the_reason_noted(toy):
    toy.recipe.loss = lambda model, batch: _nan_later(toy, model, batch)
    toy.steps = 0
    events = toy.run(epochs=4)
    finished = of(Finished, events)[0]
    assert (finished.stopped, finished.epochs) == ("early", 2)
    assert any("the loss became nan at step 8" in note for note in finished.facts["notes"])
    assert len(of(Checkpoint, events)) == 2
    assert all(bool(tensor.isfinite().all()) for tensor in unpack(finished.weights).values())


def test_where_memory_runs_out_the_same_batch_is_computed_in_parts_and_that_is_said(toy):
    whole = toy.run(epochs=1)
    plain, toy.recipe.loss = toy.recipe.loss, lambda model, batch: _crowded(plain, model, batch)
    events = toy.run(epochs=1)
    notes = of(Finished, events)[0].facts["notes"]
    assert any("each batch is computed in 4 parts" in note for note in notes)
    assert len(of(Metric, events)) == len(of(Metric, whole))


def _crowded(plain, model: nn.Module, batch) -> torch.Tensor:
    """A machine that holds one sample at a time."""
    if len(batch["target"]) > 1:
        raise torch.OutOfMemoryError("the device ran out of memory")
    return plain(model, batch)


def _nan_later(toy, model: nn.Module, batch) -> torch.Tensor:
    toy.steps += 1
    loss = nn.functional.mse_loss(model(batch["features"]), batch["target"])
    return loss * float("nan") if toy.steps > 7 else loss


def test_it_ends_early_when_nothing_gets_better(toy):
    toy.recipe.score = lambda model, sample, config: {"closeness": 0.5}
    finished = of(Finished, toy.run(epochs=40, patience=3))[0]
    assert (finished.stopped, finished.epochs, finished.best_epoch) == ("early", 4, 1)


def test_the_best_epoch_is_kept_not_the_last(toy):
    values = iter(
        [0.5] * 3 + [0.9] * 3 + [0.1] * 6 + [0.0] * 3
    )  # 3 test cases before, then 3 validation cases per epoch
    toy.recipe.score = lambda model, sample, config: {"closeness": next(values, 0.0)}
    events = toy.run(epochs=3)
    finished = of(Finished, events)[0]
    assert finished.best_epoch == 1
    best = {
        name: tensor for name, tensor in unpack(of(Checkpoint, events)[0].data).items() if name.startswith("model/")
    }
    assert all(torch.equal(best["model/" + name], tensor) for name, tensor in unpack(finished.weights).items())


def test_a_stop_keeps_the_best_so_far_and_still_tests_it(toy):
    epochs = []
    toy.bench.stop = lambda: len(epochs) >= 2
    events = []
    for event in fit(toy.recipe, toy.request(epochs=50), toy.bench):
        events.append(event)
        epochs += [event] if isinstance(event, Checkpoint) else []
    finished = of(Finished, events)[0]
    assert (finished.stopped, finished.epochs) == ("user", 2)
    assert [event.model for event in of(Evaluation, events)] == ["before", "after"]


def test_a_time_limit_ends_the_run_in_good_order(toy):
    finished = of(Finished, toy.run(epochs=10_000, time_limit=0.01))[0]
    assert finished.stopped == "early"


def test_a_base_model_is_the_starting_point_and_the_before_value(toy):
    trained = of(Finished, toy.run(epochs=60))[0]
    toy.bench.stored_weights["m-1"] = trained.weights
    base = ModelInfo("m-1", "toy", 1, "approved", "toy", "toy", trained.config, {})
    events = toy.run(seed=9, base=base, epochs=1)
    first_after = of(Evaluation, toy.run(epochs=60))[1]
    assert of(Evaluation, events)[0].cases == first_after.cases
    assert of(Started, events)[0].facts["base"] == "toy 1"


def test_a_base_for_other_classes_gets_a_new_head_and_the_run_says_so(toy):
    trained = of(Finished, toy.run(epochs=1))[0]
    toy.bench.stored_weights["m-1"] = trained.weights
    base = ModelInfo("m-1", "toy", 1, "approved", "toy", "toy", trained.config, {})
    toy.recipe.plan = lambda surveys, settings, base: {"width": 8, "outputs": 2}
    toy.recipe.loss = lambda model, batch: model(batch["features"]).square().mean()
    toy.recipe.score = lambda model, sample, config: {"closeness": 0.0}
    notes = of(Started, toy.run(base=base, epochs=1))[0].facts["notes"]
    assert any("2 of its tensors were made anew" in note for note in notes)


def test_without_validation_the_last_epoch_is_kept_and_the_run_says_so(toy):
    request = toy.request(epochs=2)
    few = [case for case in request.cases if case.part != "validation"]
    events = list(fit(toy.recipe, type(request)("run-1", "toy", {"epochs": 2}, few, 0), toy.bench))
    assert of(Finished, events)[0].best_epoch == 2
    assert "No validation cases" in of(Started, events)[0].facts["notes"][0]


def test_a_data_set_without_training_cases_is_refused(toy):
    request = toy.request()
    none = [case for case in request.cases if case.part != "train"]
    with pytest.raises(BadInput, match="no labelled training cases"):
        list(fit(toy.recipe, type(request)("run-1", "toy", {}, none, 0), toy.bench))


def test_a_patient_in_train_and_test_is_refused(toy):
    request = toy.request()
    train, test = request.cases[0], request.cases[-1]
    leaking = type(test)(type(test.record)(**{**vars(test.record), "person": train.record.person}), test.label, "test")
    with pytest.raises(BadInput, match="patient P0 is in the test part"):
        list(fit(toy.recipe, type(request)("run-1", "toy", {}, [*request.cases[:-1], leaking], 0), toy.bench))


def test_an_unknown_setting_is_named(toy):
    with pytest.raises(WrongUsage, match="learning_speed"):
        toy.run(learning_speed=1)


def test_a_run_leaves_torch_as_it_found_it(toy):
    torch.manual_seed(11)
    threads, state = torch.get_num_threads(), torch.get_rng_state()
    toy.run(epochs=1)
    assert torch.get_num_threads() == threads
    assert torch.equal(torch.get_rng_state(), state)
    assert not torch.are_deterministic_algorithms_enabled()
