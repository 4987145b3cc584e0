"""Patients, records, labels, data sets, runs, models and predictions, kept in the vault."""
