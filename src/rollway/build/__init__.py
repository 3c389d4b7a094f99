"""Builds an application's images, labels them and pushes them to the environment's registry."""

from rollway.build.app import build_version
from rollway.build.environment import build_app
from rollway.build.target import Target, load_target

__all__ = ["Target", "build_app", "build_version", "load_target"]
