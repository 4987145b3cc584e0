"""How the command line names a model and sums it up."""

from __future__ import annotations

from argparse import ArgumentParser
from dataclasses import asdict

from medstation.api import Json, ModelInfo


def one_model(parser: ArgumentParser) -> ArgumentParser:
    """A verb that is about one model."""
    parser.add_argument("model", metavar="M", help="id, name, or name@version")
    return parser


def summary(model: ModelInfo) -> Json:
    """A model without its config."""
    facts = asdict(model)
    return {**{name: facts[name] for name in ("id", "name", "version", "state", "task", "recipe")}, "card": model.card}
