"""What a person can do: one module per verb, used by the window and the command line alike."""
