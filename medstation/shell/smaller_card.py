"""A card of the model page: smaller forms of the model, and what this one gained and lost if it is one."""

from __future__ import annotations

from PySide6.QtCore import Signal

from medstation.api import ModelInfo, Recipe
from medstation.widgets.panels import ButtonRow, Card, Facts, button, label


class SmallerCard(Card):
    """Signal: `asked(method)`, "int8", "prune" or "onnx"."""

    asked = Signal(str)

    def __init__(self) -> None:
        super().__init__(self.tr("Smaller or quicker"))
        self.facts = Facts()
        self.says = label(
            self.tr("Each makes a new candidate, measured on the same test patients."), "small", wrap=True
        )
        ways = (
            ("int8", self.tr("In eight bits"), self.tr("Weights in a quarter of the room; a new candidate")),
            ("prune", self.tr("Half of the weights"), self.tr("The smaller half of the weights becomes zero")),
            ("onnx", self.tr("ONNX file…"), self.tr("For other programs, checked that it says the same")),
        )
        self.buttons = {name: button(title, tip=tip) for name, title, tip in ways}
        for name, made in self.buttons.items():
            made.clicked.connect(lambda _, name=name: self.asked.emit(name))
        self.body.addWidget(self.facts)
        self.body.addWidget(self.says)
        self.body.addWidget(ButtonRow(*self.buttons.values()))

    def show_model(self, model: ModelInfo, recipe: Recipe | None) -> None:
        """Nothing for models that are no network of the engine."""
        self.setVisible(bool(recipe and recipe.engine))
        made = model.card.get("compressed")
        rows: list[tuple[str, str]] = []
        if made:
            size = self.tr("{0} → {1} MB, {2} times smaller")
            before, after = made["bytes_before"] / 1e6, made["bytes_after"] / 1e6
            rows.append(
                (self.tr("Made smaller by"), {"int8": self.tr("eight bits")}.get(made["method"], self.tr("pruning")))
            )
            rows.append((self.tr("Measured against"), made["against"]))
            rows.append((self.tr("Size"), size.format(f"{before:.2f}", f"{after:.2f}", f"{made['smaller']:.1f}")))
            if made["seconds_before"] is not None:
                pace = (f"{1000 * made[name]:.0f}" for name in ("seconds_before", "seconds_after"))
                rows.append((self.tr("Time per case"), self.tr("{0} → {1} ms").format(*pace)))
            rows.append((self.tr("Zeros"), f"{100 * made['zeros']:.0f} %"))
        self.facts.show_rows(rows)
