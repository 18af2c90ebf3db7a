"""post_bodies.py HOST:PORT PATH CONNECTIONS FILE...: posts each file once over so many connections, as fast as they are answered.

The requests are made before the clock starts. Prints {"wall", "cpu", "ms": [of each request], "accepted": sum over the answers}.
"""
import json
import pathlib
import resource
import socket
import sys
import threading
import time


def answer(connection, buffer):
    """Status and body of the next answer; what was read beyond it stays in the buffer."""
    while (end := buffer.find(b"\r\n\r\n")) < 0:
        buffer += received(connection)
    head = bytes(buffer[:end]).lower()
    length = int(head.split(b"content-length:", 1)[1].split(b"\r\n", 1)[0])
    while len(buffer) < end + 4 + length:
        buffer += received(connection)
    body = bytes(buffer[end + 4:end + 4 + length])
    del buffer[:end + 4 + length]
    return int(head[9:12]), body


def received(connection):
    data = connection.recv(1 << 16)
    if not data:
        raise ConnectionError("the server closed the connection")
    return data


def post(connection, requests, times, answers):
    buffer = bytearray()
    for request in requests:
        start = time.perf_counter()
        connection.sendall(request)
        status, body = answer(connection, buffer)
        if status != 200:
            raise SystemExit(f"post_bodies: {status} {body[:1000].decode()}")
        answers.append(body)
        times.append((time.perf_counter() - start) * 1e3)


def main(server, path, connections, *files):
    host, port = server.rsplit(":", 1)
    requests = []
    for file in files:
        body = pathlib.Path(file).read_bytes()
        requests.append(f"POST {path} HTTP/1.1\r\nHost: {server}\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body)
    count = int(connections)
    sockets = [socket.create_connection((host, int(port))) for _ in range(count)]
    for connection in sockets:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    times, answers = [], []
    threads = [threading.Thread(target=post, args=(sockets[i], requests[i::count], times, answers)) for i in range(count)]
    before = resource.getrusage(resource.RUSAGE_SELF)
    start = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    wall = time.perf_counter() - start
    after = resource.getrusage(resource.RUSAGE_SELF)
    if len(answers) != len(requests):
        raise SystemExit("post_bodies: not every request was answered")
    accepted = sum(json.loads(body).get("accepted", 0) for body in answers)
    print(json.dumps({"wall": wall, "cpu": after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, "ms": times,
                      "accepted": accepted}))


if __name__ == "__main__":
    main(*sys.argv[1:])
