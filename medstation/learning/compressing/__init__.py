"""Smaller or quicker models from finished ones: eight bits, pruning, and the form other programs run."""

METHODS = {
    "int8": "stores weights in eight bits: about a quarter of the room",
    "prune": "sets the smallest weights to zero and stores the others",
    "onnx": "writes a file that other programs run, and checks that it says the same",
}
"""Method -> what it does."""
