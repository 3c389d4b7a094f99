from __future__ import annotations

import socket

from ansible.module_utils.rollway.listening import (
    Socket,
    is_loopback,
    listening_ports,
    parse_table,
    sockets,
)

# Lines as the kernel of a little-endian machine writes them.
TCP = """\
  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 00000000:1F40 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 1 1
   1: 020012AC:1F40 0A004D0A:D431 01 00000000:00000000 00:00000000 00000000     0        0 2 1
   2: 0100007F:1F40 0100007F:9C40 01 00000000:00000000 00:00000000 00000000     0        0 3 1
"""
MAPPED = """\
  sl  local_address                         remote_address                        st
   0: 0000000000000000FFFF0000020012AC:1F40 0000000000000000FFFF00000A004D0A:D431 01
   1: 00000000000000000000000001000000:1F40 00000000000000000000000001000000:9C40 01
"""


def test_the_ipv4_table_is_read() -> None:
    assert list(parse_table(TCP)) == [
        Socket(8000, "0.0.0.0", "0A"),
        Socket(8000, "10.77.0.10", "01"),
        Socket(8000, "127.0.0.1", "01"),
    ]


def test_mapped_addresses_of_the_ipv6_table_are_ipv4() -> None:
    assert [one.remote for one in parse_table(MAPPED)] == ["10.77.0.10", "::1"]


def test_loopback_is_known_in_both_families() -> None:
    assert [is_loopback(one) for one in ("127.0.0.1", "::1", "10.0.0.1")] == [True, True, False]


def test_a_port_something_listens_on_is_found_on_this_very_machine() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        assert port in listening_ports(sockets())
    assert port not in listening_ports(sockets())


def test_a_process_that_is_gone_has_no_sockets() -> None:
    assert sockets(2**22 + 1) == []
