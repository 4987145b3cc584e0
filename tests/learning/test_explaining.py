"""Explanations find what a network really uses, agree with other implementations, and admit when they are no good."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import Any

import captum.attr
import pytest
import torch
from torch import nn

from medstation.api import BadInput, Json, NotFound, Unavailable
from medstation.learning.asked import Asked, blocks, blurred
from medstation.learning.explaining import names
from medstation.learning.explaining.deeplift import deeplift
from medstation.learning.explaining.explain import Explanation, explain
from medstation.learning.explaining.faithfulness import faithfulness
from medstation.learning.explaining.gradients import integrated
from medstation.learning.explaining.mapping import features, laid_out
from medstation.learning.explaining.question import Question
from medstation.learning.recipe import Recipe

NUMBERS = ("occlusion", "gradients", "deeplift", "lime", "shap")


class Plain(Recipe[Any]):
    """Nothing but what an explanation asks a recipe: how to run its network."""

    def __init__(self, name: str = "features", decides: Any = "classes") -> None:
        self.inputs, self.decides, self._name = ("" if name == "ids" else name), decides, name

    def outputs(self, model: nn.Module, batch: Mapping[str, torch.Tensor]) -> torch.Tensor:
        said: torch.Tensor = model(batch[self._name])
        return said.flatten(0, -2) if self.decides == "classes" else said.flatten()

    def survey(self, case: Any, bench: Any) -> Json: ...
    def plan(self, surveys: Any, settings: Any, base: Any) -> Json: ...
    def build(self, config: Json) -> nn.Module: ...
    def prepare(self, case: Any, config: Json, bench: Any) -> Any: ...
    def size(self, sample: Any) -> int: ...
    def batch(self, samples: Any, config: Json, rng: Any) -> Any: ...
    def loss(self, model: nn.Module, batch: Any) -> torch.Tensor: ...
    def score(self, model: nn.Module, sample: Any, config: Json) -> Any: ...


class TwoOfEight(nn.Module):
    """Class 1 is what features 2 and 5 say together; the others only whisper."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.first, self.second = nn.Linear(8, 6), nn.Linear(6, 2)
        with torch.no_grad():
            for one in self.parameters():
                one.mul_(0.05)
            self.first.weight[0, 2] = self.first.weight[1, 5] = 2.0
            self.second.weight[1, :2] = 2.0

    def forward(self, entering: torch.Tensor) -> torch.Tensor:
        read = torch.relu(self.first(entering))
        said: torch.Tensor = self.second(nn.functional.gelu(read))
        return said


def eight() -> Asked:
    entering = torch.ones(1, 8)
    return Asked({"features": entering}, {"features": torch.zeros(1, 8)}, {"features": torch.arange(8)[None]},
                 names=("no", "yes"))  # fmt: skip


@pytest.mark.parametrize("method", NUMBERS)
def test_what_a_network_uses_is_found_and_checked(method: str) -> None:
    made = explain(Plain(), TwoOfEight().eval(), eight(), method)
    assert set(made.parts.argsort()[-2:]) == {2, 5} and made.target == "yes"
    assert made.check.better and made.check.insertion > made.check.random > made.check.deletion
    assert made.values["features"].shape == (1, 8)


@pytest.mark.parametrize("method", ["gradients", "deeplift", "shap"])
def test_the_parts_add_up_to_the_change_of_the_answer(method: str) -> None:
    question = Question(Plain(), TwoOfEight().eval(), eight())
    made = explain(Plain(), TwoOfEight().eval(), eight(), method)
    assert float(made.parts.sum()) == pytest.approx(question.full - question.empty, abs=0.02)


def test_deeplift_is_captums_where_that_works() -> None:
    torch.manual_seed(1)
    net = nn.Sequential(nn.Linear(8, 12), nn.ReLU(), nn.Linear(12, 9), nn.Tanh(), nn.Linear(9, 3)).eval()
    asked = eight()
    mine = deeplift(Question(Plain(), net, asked))["features"]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        target = int(net(asked.batch["features"]).argmax())
        theirs = captum.attr.DeepLift(net).attribute(asked.batch["features"], torch.zeros(1, 8), target=target)
    torch.testing.assert_close(mine, theirs.detach(), rtol=1e-4, atol=1e-6)


def test_deeplift_works_where_an_activation_is_used_twice_and_in_place() -> None:
    class Twice(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.one, self.two, self.act = nn.Linear(8, 8), nn.Linear(8, 2), nn.ReLU(inplace=True)

        def forward(self, entering: torch.Tensor) -> torch.Tensor:
            said: torch.Tensor = self.two(self.act(self.one(self.act(self.one(entering)))))
            return said

    torch.manual_seed(2)
    question = Question(Plain(), Twice().eval(), eight())
    assert float(deeplift(question)["features"].sum()) == pytest.approx(question.full - question.empty, abs=1e-4)


def test_an_explanation_that_knows_nothing_is_said_to_be_no_better_than_chance() -> None:
    question = Question(Plain(), TwoOfEight().eval(), eight())
    wrong = torch.arange(8).float() * 0 - torch.tensor([0, 0, 9.0, 0, 0, 9.0, 0, 0])
    check = faithfulness(question, wrong, lambda done: None)
    assert not check.better and "do not rely on this picture" in check.says
    right = faithfulness(question, -wrong, lambda done: None)
    assert right.better and right.gain == pytest.approx(right.insertion - right.deletion)


def test_a_value_foretold_below_nothing_is_explained_too() -> None:
    net = nn.Linear(8, 1, bias=False)
    with torch.no_grad():
        net.weight.copy_(torch.tensor([[0.0, 0, -3, 0, 0, -2, 0, 0.1]]))
    made = explain(Plain(decides="values"), net.eval(), eight(), "gradients")
    assert list(made.parts.argsort()[:2]) == [2, 5] and made.check.better
    assert made.check.insertion_curve[-1] == pytest.approx(1.0) and made.check.deletion_curve[-1] == pytest.approx(0.0)


@pytest.mark.parametrize("method", ["occlusion", "gradients", "deeplift"])
def test_of_a_text_the_telling_word_is_found(method: str) -> None:
    class Reader(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            torch.manual_seed(3)
            self.table, self.head = nn.Embedding(20, 4), nn.Linear(4, 2)
            with torch.no_grad():
                self.table.weight.mul_(0.05)[7] = torch.tensor([2.0, -2, 2, -2])
                self.head.weight.copy_(torch.tensor([[-1.0, 1, -1, 1], [1, -1, 1, -1]]))

        def forward(self, ids: torch.Tensor) -> torch.Tensor:
            said: torch.Tensor = self.head(torch.tanh(self.table(ids)).mean(1))
            return said

    ids = torch.tensor([[3, 4, 7, 5, 9, 11]])
    asked = Asked({"ids": ids}, {"ids": torch.ones_like(ids)}, {"ids": torch.arange(6)[None]})
    made = explain(Plain("ids"), Reader().eval(), asked, method)
    assert int(made.parts.argmax()) == 2 and made.check.better


def test_grad_cam_points_at_the_bright_corner() -> None:
    torch.manual_seed(4)
    filters = nn.Conv2d(1, 1, 3, padding=1, bias=False)
    torch.nn.init.constant_(filters.weight, 1 / 9)
    head = nn.Linear(1, 2)
    with torch.no_grad():
        head.weight.copy_(torch.tensor([[-1.0], [1.0]]))
    net = nn.Sequential(filters, nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), head).eval()
    image = torch.zeros(1, 1, 16, 16)
    image[..., 2:6, 2:6] = 8.0
    asked = Asked({"image": image}, {"image": blurred(image)}, {"image": blocks((16, 16))[None, None]})
    made = explain(Plain("image"), net, asked, "gradcam")
    assert made.values["image"][0, 0, :8, :8].sum() > 0.9 * made.values["image"].sum() > 0


@pytest.mark.parametrize(("method", "why"), [("gradcam", "no convolution"), ("rollout", "no attention")])
def test_a_method_that_does_not_suit_a_network_says_so(method: str, why: str) -> None:
    with pytest.raises(Unavailable, match=why) as told:
        explain(Plain(), TwoOfEight().eval(), eight(), method)
    assert "occlusion" in told.value.hint


def test_unknown_methods_and_classes_are_told_with_those_there_are() -> None:
    with pytest.raises(NotFound) as told:
        explain(Plain(), TwoOfEight().eval(), eight(), "tea leaves")
    assert all(name in told.value.hint for name in names())
    with pytest.raises(NotFound) as told:
        explain(Plain(), TwoOfEight().eval(), eight(), "occlusion", target="perhaps")
    assert "no, yes" in told.value.hint


def test_the_class_asked_about_can_be_another_than_the_predicted_one() -> None:
    made = explain(Plain(), TwoOfEight().eval(), eight(), "gradients", target="no")
    usual = explain(Plain(), TwoOfEight().eval(), eight(), "gradients")
    assert made.target == "no" and made.parts[2] < usual.parts[2] / 10


def test_a_record_that_moves_nothing_is_not_explained() -> None:
    with pytest.raises(BadInput, match="moves the model's answer nowhere"):
        asked = eight()
        Question(Plain(decides="values"), nn.Linear(8, 1), Asked(asked.batch, asked.batch, asked.units))


def test_a_model_is_left_as_it_was() -> None:
    net = TwoOfEight().eval()
    before = {name: one.clone() for name, one in net.state_dict().items()}
    integrated(Question(Plain(), net, eight()))
    explain(Plain(), net, eight(), "deeplift")
    assert all(torch.equal(one, before[name]) for name, one in net.state_dict().items())
    assert all(one.requires_grad for one in net.parameters())
    assert not any(module._forward_hooks for module in net.modules())


def test_blocks_cover_an_image_evenly() -> None:
    numbers = blocks((28, 30))
    assert numbers.unique().tolist() == list(range(64))
    assert torch.bincount(numbers.flatten()).min() >= 9
    image = torch.full((1, 1, 9, 11), 3.0)
    torch.testing.assert_close(blurred(image), image)


def test_alike_cases_lie_together_on_the_map() -> None:
    torch.manual_seed(5)
    net = TwoOfEight().eval()
    vectors = []
    for number in range(12):
        asked = eight()
        entering = torch.randn(1, 8) * 0.05 + (2.0 if number % 2 else -2.0)
        vectors.append(features(Plain(), net, Asked({"features": entering}, asked.absent, asked.units)))
    places = laid_out(vectors)
    assert places.shape == (12, 2)
    middles = [places[parity::2].mean(axis=0) for parity in (0, 1)]
    apart = float(((middles[0] - middles[1]) ** 2).sum() ** 0.5)
    assert all(((places[parity::2] - middles[parity]) ** 2).sum(1).max() ** 0.5 < apart for parity in (0, 1))
    with pytest.raises(BadInput, match="too few"):
        laid_out(vectors[:3])


def test_an_explanation_is_the_same_every_time() -> None:
    first, second = (explain(Plain(), TwoOfEight().eval(), eight(), "lime") for _ in range(2))
    assert isinstance(first, Explanation)
    assert (first.parts == second.parts).all() and first.check == second.check
