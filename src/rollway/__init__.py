"""Rollway: zero-downtime releases of Compose applications to plain Docker hosts."""
