"""MedStation's health signals task: recordings over time, from ECG to glucose."""
