"""A small model service: an iris classifier behind the KServe open inference protocol v2."""
