"""De-identification of DICOM (PS3.15 annex E): header, pixels, documents, and a second look at what is written."""
