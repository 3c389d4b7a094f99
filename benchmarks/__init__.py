"""What claims about speed rest on: one release, by several methods, in one run."""
