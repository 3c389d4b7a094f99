"""An application at the edge, and what HAProxy said of it, as tests need them."""

from __future__ import annotations

from typing import Any

from ansible.module_utils.rollway.edge_model import Backend, Server
from ansible.module_utils.rollway.haproxy_state import Counters, Running

# `show proc` of HAProxy 2.6.12 while an old worker still had a connection
PROCESSES = """\
#<PID>          <type>          <reloads>       <uptime>        <version>
21976           master          2 [failed: 0]   0d00h00m47s     2.6.12-1+deb12u4
# workers
24683           worker          0               0d00h00m00s     2.6.12-1+deb12u4
# old workers
24156           worker          1               1d02h03m04s     2.6.12-1+deb12u4
# programs

"""

# `show servers state;show stat -1 4 -1` of HAProxy 2.6.12, columns of no interest left out
STATES = """\
1
# be_id be_name srv_id srv_name srv_addr srv_op_state srv_admin_state srv_uweight srv_port
3 rollway_iris 1 a-blue-1 127.0.0.1 0 0 100 19001
3 rollway_iris 2 a-green-1 127.0.0.1 2 4 50 19002
4 rollway_other 1 x-blue-1 fd00::1 0 5 100 19003

# pxname,svname,scur,stot,econ,eresp,wredis,chkfail,check_status,hrsp_5xx,req_tot,cli_abrt,srv_abrt,
rollway_iris,a-blue-1,0,7,2,1,1,5,* L7TOUT,3,3,0,0,
rollway_iris,a-green-1,4,90,,,,,L7OK,0,86,0,0,

"""


def backend(**changes: Any) -> Backend:
    """The backend of iris."""
    values: dict[str, Any] = {
        "app": "iris",
        "ready": "/v2/health/ready",
        "hosts": (),
        "path": "/",
        "retry": ("GET", "HEAD"),
        "drain_seconds": 30.0,
    }
    return Backend(**{**values, **changes})


def server(name: str, state: str = "ready", weight: int = 100, port: int = 20000) -> Server:
    """A server of host a, `blue` or `green` by its name."""
    return Server(name, "a", name.split("-")[1], "192.0.2.11", port, state, weight)


def running(
    name: str, admin: str = "ready", operation: str = "up", weight: int = 100, port: int = 20000
) -> Running:
    """The same as a worker runs it."""
    return Running(name, "192.0.2.11", port, admin, operation, weight, Counters())
