"""Long work in child processes: supervisor, child, messages. No Qt, no torch."""
