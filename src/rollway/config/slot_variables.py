"""The variables that a host fills in: the only ones that a rendered file still interpolates.

They travel through rendering between marks that no YAML value can hold, so that every other dollar
sign stays literal.
"""

from __future__ import annotations

OPEN, CLOSE = "\x00{", "}\x00"

ADDRESS = "ROLLWAY_ADDRESS"
FILES = "ROLLWAY_FILES"
RELEASE = "ROLLWAY_RELEASE"
SLOT = "ROLLWAY_SLOT"


def variable(name: str) -> str:
    """The marked name: `${NAME}` in the rendered file."""
    return f"{OPEN}{name}{CLOSE}"


def port_variable(service: str, replica: int) -> str:
    """The variable of a replica's port on the host: `ROLLWAY_PORT_API_1`."""
    return f"ROLLWAY_PORT_{variable_part(service)}_{replica}"


def accessory_variable(service: str) -> str:
    """The variable of an accessory's address: `ROLLWAY_ACCESSORY_DB`."""
    return f"ROLLWAY_ACCESSORY_{variable_part(service)}"


def variable_part(service: str) -> str:
    """A service's name as it stands inside a variable's name."""
    return service.upper().replace("-", "_")
