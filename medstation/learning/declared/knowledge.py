"""Settings: learning from a teacher, from earlier cases and from cases without labels."""

from __future__ import annotations

from medstation.api import Setting

LITTLE_DATA, KEEPING, TEACHER = "Little data", "Keeping knowledge", "Teacher"

SETTINGS: tuple[Setting, ...] = (
    Setting(
        "head_start",
        "choice",
        "fresh",
        "Head starts from",
        "prototypes sets the last layer from the mean of each class's training cases before the first epoch: for a "
        "handful of labels on a base model. With epochs=0 that is all; fresh leaves the layer as the base or chance "
        "has it.",
        choices=("fresh", "prototypes"),
        advanced=True,
        group=LITTLE_DATA,
    ),
    Setting(
        "pseudo_labels",
        "number",
        0.0,
        "Pseudo-labels from",
        "Records without a label join the training with what the model says of them, where it is at least this sure "
        "(0.9 is usual). The base says it at the start; without one of this recipe, the model itself after half of "
        "the epochs. Nothing of it is stored as a label. 0 is off.",
        minimum=0,
        maximum=1,
        advanced=True,
        group=LITTLE_DATA,
    ),
    Setting(
        "rehearsal",
        "number",
        0.0,
        "Earlier cases",
        "The share of every batch that is drawn from the cases which the base model learnt from, so that it does not "
        "forget them (0.3 is usual). They must still be in this vault. 0 is off.",
        minimum=0,
        maximum=0.9,
        advanced=True,
        group=KEEPING,
    ),
    Setting(
        "ewc",
        "number",
        0.0,
        "Hold on to weights",
        "How strongly weights that the base model's earlier cases depend on are held where they were (elastic weight "
        "consolidation; 1 to 100 is usual). Without earlier cases every weight is held alike. 0 is off.",
        minimum=0,
        maximum=1e9,
        advanced=True,
        group=KEEPING,
    ),
    Setting(
        "teacher",
        "text",
        "",
        "Teacher",
        "A finished model of this recipe (NAME or NAME@VERSION), learnt from the same data set, whose answers a "
        "smaller model learns to give. Empty: none.",
        advanced=True,
        group=TEACHER,
    ),
    Setting(
        "teacher_weight",
        "number",
        0.5,
        "Teacher's share",
        "How much of the loss is being like the teacher; the rest is being right.",
        minimum=0,
        maximum=1,
        advanced=True,
        group=TEACHER,
    ),
    Setting(
        "teacher_temperature",
        "number",
        2.0,
        "Temperature",
        "How soft the teacher's probabilities are made: higher tells more of what it thinks of the other classes.",
        minimum=0.1,
        maximum=20,
        advanced=True,
        group=TEACHER,
    ),
)
