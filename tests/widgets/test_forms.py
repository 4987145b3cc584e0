"""A form says what its settings say: same values, same limits, same words."""

from __future__ import annotations

import pytest
from PySide6.QtWidgets import QCheckBox, QComboBox, QLineEdit
from pytestqt.qtbot import QtBot

from medstation.api import Setting, WrongUsage
from medstation.widgets.forms import SettingsForm

pytestmark = pytest.mark.gui

SETTINGS = (
    Setting("epochs", "integer", 20, "Epochs", "How often all cases are seen", minimum=1, maximum=500),
    Setting("learning_rate", "number", 3e-4, "Learning rate", minimum=1e-7, maximum=1),
    Setting("augment", "switch", True, "Augment"),
    Setting("optimizer", "choice", "adamw", "Optimizer", choices=("adamw", "sgd")),
    Setting("note", "text", "", "Note", advanced=True),
    Setting("weight_decay", "number", 0.01, "Weight decay", minimum=0, maximum=1, advanced=True),
)


@pytest.fixture
def form(qtbot: QtBot) -> SettingsForm:
    made = SettingsForm(SETTINGS)
    qtbot.addWidget(made)
    made.show()
    return made


def _type(form: SettingsForm, name: str, text: str) -> None:
    edit = form.control(name)
    assert isinstance(edit, QLineEdit)
    edit.setText(text)


def test_an_untouched_form_gives_the_defaults(form: SettingsForm) -> None:
    assert form.values() == {setting.name: setting.default for setting in SETTINGS}


def test_values_go_in_and_come_out_with_their_types(form: SettingsForm) -> None:
    given = {"epochs": 3, "learning_rate": 0.01, "augment": False, "optimizer": "sgd", "note": "a", "weight_decay": 0.5}
    form.fill({**given, "unknown": 1})
    assert form.values() == given
    assert isinstance(form.control("augment"), QCheckBox) and isinstance(form.control("optimizer"), QComboBox)


def test_a_value_out_of_range_is_told_below_its_control(form: SettingsForm) -> None:
    _type(form, "epochs", "0")
    assert len(form.faults()) == 1 and "out of range" in form.faults()[0]
    with pytest.raises(WrongUsage, match="epochs"):
        form.values()
    _type(form, "epochs", "7")
    assert form.faults() == [] and form.values()["epochs"] == 7


def test_scientific_numbers_can_be_typed(form: SettingsForm) -> None:
    _type(form, "learning_rate", "1e-5")
    assert form.values()["learning_rate"] == pytest.approx(1e-5)


def test_advanced_settings_are_folded_until_asked_for(form: SettingsForm) -> None:
    assert not form.control("weight_decay").isVisible()
    form.folds[0].button.click()
    assert form.control("weight_decay").isVisible()
    assert form.control("epochs").isVisible()


def test_edits_are_announced(form: SettingsForm, qtbot: QtBot) -> None:
    with qtbot.waitSignal(form.changed):
        _type(form, "epochs", "8")


def test_every_control_says_what_it_is(form: SettingsForm) -> None:
    for setting in SETTINGS:
        control = form.control(setting.name)
        assert control.accessibleName() == setting.title and control.toolTip()
