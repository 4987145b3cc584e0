"""What the window's tests know of their vault."""

PASSPHRASE = "a long enough passphrase"
TASK = "toy.numbers"
