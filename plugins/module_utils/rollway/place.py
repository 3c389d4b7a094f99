"""Where a release runs on a host, and the values its Compose file gets there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import count
from typing import Any

from .call import Call
from .files import write_atomic
from .manifest import Manifest
from .names import address_literal, service_name, slot_name, variable_part
from .ports import Ports, read_ports
from .releases import files_folder


@dataclass(frozen=True)
class Place:
    """Where a release is to run: a slot of this host, and what the host is called and reached by.

    `accessories` is name → address, where it differs from what the manifest says.
    """

    slot: str
    host: str
    address: str
    ports: Ports
    accessories: Mapping[str, str]


def place_of(call: Call, params: Mapping[str, Any]) -> Place:
    """Return the place that a step's arguments name."""
    addresses = params.get("accessory_addresses") or {}
    return Place(
        slot=slot_name(params.get("slot")),
        host=params.get("inventory_host") or "",
        address=address_literal(params.get("address")),
        ports=read_ports(call.paths).get(call.paths.app, {}),
        accessories={service_name(name): address_literal(at) for name, at in addresses.items()},
    )


def environment(call: Call, manifest: Manifest, place: Place) -> str:
    """Return the slot's values for Compose's interpolation, as the text of its env file.

    All values are checked names, numbers, addresses and paths, so none needs quoting.
    """
    values = {
        "ROLLWAY_ADDRESS": bracketed(place.address),
        "ROLLWAY_FILES": str(files_folder(call.paths.release(manifest.id))),
        "ROLLWAY_HOST": place.host,
        "ROLLWAY_RELEASE": manifest.id,
        "ROLLWAY_SLOT": place.slot,
    }
    for service, slots in place.ports.items():
        for number, port in zip(count(1), slots[place.slot], strict=False):
            values[f"ROLLWAY_PORT_{variable_part(service)}_{number}"] = str(port)
    known = manifest.accessories.reached_from(place.host) if manifest.accessories else {}
    for name, address in {**known, **place.accessories}.items():
        values[f"ROLLWAY_ACCESSORY_{variable_part(name)}"] = address
    return "".join(f"{name}={value}\n" for name, value in sorted(values.items()))


def bracketed(address: str) -> str:
    """Return an address as it stands before a port: `[2001:db8::1]`, `192.0.2.1`."""
    return f"[{address}]" if ":" in address else address


def write_environment(call: Call, place: Place, text: str) -> None:
    """Write a slot's values, for root alone."""
    call.fence()
    write_atomic(call.paths.slot_env(place.slot), text, mode=0o600)


def has_environment(call: Call, slot: str, text: str) -> bool:
    """Say whether the slot was started with these values."""
    path = call.paths.slot_env(slot)
    return path.is_file() and path.read_text() == text
