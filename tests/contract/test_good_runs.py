"""Every shape of a good run is tried on the lab, where a task that fails unseen fails the test.

That is asked by `tests.failures` of whatever tests run by `Lab.invoke`, `Lab.playbook`, `invoke`,
and in a terminal.
"""

from __future__ import annotations

import ast

import pytest

from tests.contract.repository import ROOT

# Where → shape → the test, and a word of that file without which it would be another shape.
TRIED = {
    "integration/test_deploy": {
        "plain service": (
            "test_deploys_into_a_warm_and_a_used_slot_lose_no_request",
            '"deploy"',
        ),
        "Ansible alone": ("test_ansible_alone_gives_the_same", 'playbook("deploy"'),
        "rollback": ("test_rollback_moves_traffic_back_and_loses_nothing", '"rollback"'),
        "same release again": ("test_the_same_release_again_touches_nothing", '"deploy"'),
    },
    "integration/test_shapes": {
        "several waves": ("test_many_hosts_move_in_uneven_waves", "25%"),
        "several edges": ("test_a_deploy_moves_the_traffic_of_both_edges", "edges=2"),
        "one host is edge and app": ("test_one_host_is_edge_and_app", "edges=0"),
    },
    "integration/test_service_classes": {
        "workers only": ("test_an_application_of_workers_only", '"class": "worker"'),
        "accessory": (
            "test_an_application_with_an_accessory_and_jobs_before_and_after_its_traffic",
            '"class": "accessory"',
        ),
        "job after traffic": (
            "test_an_application_with_an_accessory_and_jobs_before_and_after_its_traffic",
            '"after_traffic"',
        ),
    },
    "integration/test_hold": {
        "promote": ("test_a_held_run_stays_where_it_is_until_promote", '"promote"'),
        "abort of a held run": ("test_a_held_run_goes_back_as_one", '"abort"'),
        "workers": ("test_workers_wait_for_the_decision", "WORKER"),
    },
    "integration/test_restart": {
        "restart": ("test_every_container_is_new_and_no_request_is_lost", '"restart"'),
        "restart of workers": ("test_workers_alone_start_again", "--service=worker"),
    },
    "integration/test_doctor": {
        "doctor --fix": (
            "test_a_record_that_was_cut_is_written_anew_while_the_host_serves",
            "--fix",
        ),
    },
    "integration/test_singletons": {
        "singleton": ("test_one_over_releases_hosts_and_a_way_back", "singleton: true"),
    },
    "integration/test_jobs": {
        "job before traffic": ("test_a_job_runs_once_over_two_deploys", "before_traffic"),
    },
    "integration/test_capacity": {
        "stop first": ("test_only_the_host_without_room_stops_first", '"stop-first"'),
        "stop first, and back": (
            "test_a_reservation_of_more_than_half_stops_first_and_loses_nothing",
            '"rollback"',
        ),
    },
    "integration/test_scale": {
        "scale": ("test_more_containers_serve_and_no_request_is_lost", '"scale"'),
    },
    "integration/test_remove": {
        "remove": ("test_it_leaves_edges_and_hosts_and_comes_back", '"remove"'),
    },
    "integration/test_adopt": {
        "adopt": (
            "test_it_asks_and_takes_the_place_with_the_data_and_loses_nothing",
            '"adopt"',
        ),
    },
    "faults/test_18_partial_fleet": {
        "limit": ("test_a_limited_deploy_is_told_as_skew_until_the_next_full_one", "--limit"),
        "drift": ("test_a_limited_deploy_is_told_as_skew_until_the_next_full_one", '"drift"'),
    },
    "integration/test_prune": {
        "lock.acquire": ("test_a_freeze_keeps_a_prune_out", '"lock.acquire"'),
        "lock.release": ("test_a_freeze_keeps_a_prune_out", '"lock.release"'),
    },
    # by every command of the pages on these verbs
    "integration/test_docs": {
        "maintenance": ("test_the_commands_of_a_page_work", '"maintenance"'),
        "lock.status": ("test_the_commands_of_a_page_work", '"lock"'),
        "prune": ("test_the_commands_of_a_page_work", '"prune"'),
    },
}
# What CI tries only in its turn: a long test, or one of its cases.
LONG = {
    *("several waves", "several edges", "one host is edge and app", "workers", "workers only"),
    *("restart of workers", "singleton", "accessory", "job after traffic", "stop first, and back"),
    *("abort of a held run", "lock.acquire", "lock.release"),
}
CASES = [
    pytest.param(where, *tried, shape in LONG, id=shape)
    for where, shapes in TRIED.items()
    for shape, tried in shapes.items()
]


@pytest.mark.parametrize(("where", "test", "word", "is_long"), CASES)
def test_a_shape_is_tried_where_it_is_said_to_be(
    where: str, test: str, word: str, is_long: bool
) -> None:
    text = (ROOT / "tests" / f"{where}.py").read_text(encoding="utf-8")
    body = ast.parse(text).body
    functions = {one.name: one for one in body if isinstance(one, ast.FunctionDef)}
    assert test in functions
    assert word in text
    own = [ast.unparse(one) for one in functions[test].decorator_list]
    stated = [ast.unparse(one) for one in body if isinstance(one, ast.Assign)]
    marks = [*own, *(one for one in stated if one.startswith("pytestmark"))]
    assert any("mark.long" in one and "parametrize" not in one for one in marks) == is_long
