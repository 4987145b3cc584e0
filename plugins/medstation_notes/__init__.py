"""The clinical-notes task: import, read, label, learn and predict entities and classes of free text."""
