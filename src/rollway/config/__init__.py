"""What people write: Compose files with `x-rollway`, parsed into objects that cannot be wrong."""
