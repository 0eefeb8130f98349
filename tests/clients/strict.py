# strict.py PORT - each kind of answer, parsed by h11, which is strict.
import socket
import sys

import h11

port = int(sys.argv[1])


def ask(*requests, wanted, version="1.1"):
    """Send the requests on one connection; return what h11 makes of the answers."""
    got = []
    for method, target, fields in requests:
        conn = h11.Connection(h11.CLIENT)
        if not got or closed:
            sock = socket.create_connection(("127.0.0.1", port), timeout=20)
        sock.sendall(conn.send(h11.Request(method=method, target=target, headers=[("Host", "localhost")] + fields)))
        sock.sendall(conn.send(h11.EndOfMessage()))
        status, body = None, b""
        while True:
            event = conn.next_event()
            if event is h11.NEED_DATA:
                conn.receive_data(sock.recv(65536))
            elif isinstance(event, h11.Response):
                status, headers = event.status_code, dict(event.headers)
                assert b"date" in headers, headers
            elif isinstance(event, h11.Data):
                body += bytes(event.data)
            elif isinstance(event, h11.EndOfMessage):
                break
        rest = conn.trailing_data[0]
        assert not rest, f"after the answer to {method} {target} there are bytes that do not belong to it: {rest[:40]}"
        closed = conn.their_state is not h11.DONE
        got.append((status, body))
    statuses = [status for status, _ in got]
    assert statuses == wanted, f"the answers are {statuses}, and not {wanted}"
    return [body for _, body in got]


close = [("Connection", "close")]
future = [("If-Modified-Since", "Thu, 01 Jan 2099 00:00:00 GMT")]
bodies = ask(
    ("GET", "/hello.html", []),
    ("HEAD", "/hello.html", []),
    ("GET", "/nothing", []),
    ("HEAD", "/nothing", []),
    ("GET", "/dir", []),
    ("HEAD", "/dir", []),
    ("GET", "/hello.html", future),
    ("HEAD", "/hello.html", future),
    ("DELETE", "/hello.html", []),
    ("FETCH", "/hello.html", []),
    ("GET", "/big.bin", []),
    ("GET", "/hello.html", close),
    wanted=[200, 200, 404, 404, 301, 301, 304, 304, 405, 501, 200, 200],
)
assert bodies[0] == b"<h1>hello</h1>\n" == bodies[11], bodies[0]
assert all(bodies[i] == b"" for i in (1, 3, 5, 6, 7)), bodies
assert len(bodies[10]) == 3000000

# What h11 itself would not send: the answers are still HTTP, and then an end.
for request, wanted in (
    (b"GET / HTTP/1.1\r\n\r\n", 400),
    (b"GET / HTTP/2.0\r\nHost: a\r\n\r\n", 505),
    (b"GET /" + b"x" * 10000 + b" HTTP/1.1\r\nHost: a\r\n\r\n", 414),
    (b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"x" * 20000 + b"\r\n\r\n", 431),
    (b"GET / HTTP/1.1\r\nHost: a\r\nX: ", 408),
):
    conn = h11.Connection(h11.CLIENT)
    conn.send(h11.Request(method="GET", target="/", headers=[("Host", "a")]))
    conn.send(h11.EndOfMessage())
    with socket.create_connection(("127.0.0.1", port), timeout=20) as sock:
        sock.sendall(request)
        while (data := sock.recv(65536)):
            conn.receive_data(data)
        conn.receive_data(b"")
    response = conn.next_event()
    assert response.status_code == wanted, f"the answer is {response.status_code}, and not {wanted}"
    event = conn.next_event()
    while isinstance(event, h11.Data):
        event = conn.next_event()
    assert isinstance(event, h11.EndOfMessage), event
