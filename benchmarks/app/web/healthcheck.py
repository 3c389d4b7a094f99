"""Asks this container's own server; exits 0 when the answer is 200."""

import socket
import sys

with socket.create_connection(("127.0.0.1", 8000), timeout=2) as connection:
    connection.sendall(b"GET / HTTP/1.0\r\n\r\n")
    status = connection.recv(64).split()[1:2]
sys.exit(status != [b"200"])
