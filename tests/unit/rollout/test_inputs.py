"""What the inventory says, where its templates fail or its values are none."""

from __future__ import annotations

from typing import Any

import pytest

from rollway.errors import RollwayError
from rollway.rollout.inputs import addresses_of, retry_after
from rollway.rollout.maintenance import MAINTENANCE


class TemplateError(Exception):
    """As Ansible raises one."""


class Spoiled(dict[str, Any]):
    def get(self, _name: str, _default: Any = None) -> Any:
        raise TemplateError("'nope'\nis undefined")


def test_a_template_that_fails_names_every_host() -> None:
    variables = {"a": {"rollway_address": "192.0.2.1"}, "b": Spoiled(), "c": Spoiled(), "d": {}}
    with pytest.raises(RollwayError) as caught:
        addresses_of(list(variables), variables, TemplateError)
    assert str(caught.value) == (
        "b/rollway_address: 'nope' is undefined\n  c/rollway_address: 'nope' is undefined; "
        "accepted: the IP address at which the edge reaches the host; "
        "next: edit hosts.yml of the inventory"
    )
    assert addresses_of(["a", "d"], variables, TemplateError) == {"a": "192.0.2.1", "d": ""}


@pytest.mark.parametrize("told", ["soon", "-5", "1.5", "", "9" * 5000, "٣", None])
def test_when_clients_come_back_is_a_number(told: Any) -> None:
    with pytest.raises(RollwayError, match=r"^rollway_maintenance_retry_seconds: "):
        retry_after(MAINTENANCE, lambda _: told)


def test_when_clients_come_back_matters_to_maintenance_alone() -> None:
    assert retry_after("rollback", lambda _: "soon") == 0
    assert retry_after(MAINTENANCE, lambda _: 120) == 120
