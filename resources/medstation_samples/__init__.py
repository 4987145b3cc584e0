"""Sample files for the demo, made by code: nobody's data, free to show and to share."""
