"""What the public process costs for each request, beside nginx serving the same files.

    python bench/web.py [--requests N] [--rounds N]

The unit is CPU time of the server's processes by the kernel's scheduler, over the requests that
were answered: it hardly moves when the machine is busy. Both servers stand at once, each with one
worker and otherwise as they come, and are asked in turns over 32 connections that stay open: a
baked page (compressed), a claim bucket of 32 KiB, and the progress as JSON, all with the same
headers. nginx has to be on the PATH (apt-get install nginx); without it the benchmark says so, and
measures our process alone. Under 5,000 requests it only shows that it works.
"""

import argparse
import json
import os
import selectors
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from amends.web.headers import PUBLIC

sys.path.append(str(Path(__file__).parents[1] / "tests"))

from made_site import sample_case

CONNECTIONS = 32
FEWEST = 5_000
LIMITS = {"page": 3.5, "bucket": 3.0, "json": 3.5}
PATHS = {
    "page": "/zh/progress.html",
    "bucket": "/log/claims/000/000",
    "json": "/data/progress.json",
}
_NGINX = """
daemon off; worker_processes 1; pid {home}/nginx.pid; error_log {home}/error.log crit; user {user};
events {{ worker_connections 256; }}
http {{
  access_log off; sendfile on; tcp_nopush on; keepalive_requests 100000000;
  keepalive_timeout 600s;
  client_body_temp_path {home}/body; proxy_temp_path {home}/proxy; fastcgi_temp_path {home}/fast;
  uwsgi_temp_path {home}/uwsgi; scgi_temp_path {home}/scgi;
  types {{ text/html html; application/json json; }}
  {headers}
  gzip_static on;
  server {{ listen 127.0.0.1:{port}; root {site}; }}
}}
"""


def main() -> None:
    """Measure both in turns; fail where a limit is passed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=20_000)
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as home:
        site = sample_case(Path(home) / "case").site
        for folder in (Path(home), *(Path(home) / "case").rglob("*")):
            folder.chmod(0o755 if folder.is_dir() else 0o644)
        found = measured(Path(home), site, arguments.requests, arguments.rounds)
    enough = arguments.requests >= FEWEST
    if enough and any(ratio > LIMITS[name] for name, ratio in found.items()):
        raise SystemExit("a limit is passed")


@contextmanager
def nginx_of(home: Path, folder: Path) -> Iterator["Server | None"]:
    """Nginx over a folder; None where it is not on the PATH."""
    program = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
    if program is None:
        yield None
        return
    with _nginx(program, home, folder) as server:
        yield server


def measured(home: Path, site: Path, requests: int, rounds: int) -> dict[str, float]:
    """The ratio of each kind, printed with its parts; empty without nginx."""
    nginx = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
    with _ours(site) as ours:
        if nginx is None:
            print("nginx is not on the PATH: apt-get install nginx; our process alone:")
            for name, path in PATHS.items():
                print(f"  {name:<7} {cost_us(ours, path, requests):6.1f} µs a request")
            return {}
        with _nginx(nginx, home, site) as theirs:
            found = {}
            for name, path in PATHS.items():
                pairs = [
                    (cost_us(ours, path, requests), cost_us(theirs, path, requests))
                    for _ in range(rounds)
                ]
                ratios = sorted(mine / other for mine, other in pairs)
                found[name] = statistics.median(ratios)
                mine, other = (statistics.median(column) for column in zip(*pairs, strict=True))
                print(
                    f"  {name:<7} {mine:6.1f} µs a request, nginx {other:6.1f}: "
                    f"{found[name]:.2f} times ({ratios[0]:.2f} to {ratios[-1]:.2f}), "
                    f"limit {LIMITS[name]}"
                )
    return found


Server = tuple[int, int]
"""Process and port."""


@contextmanager
def _ours(site: Path) -> Iterator[Server]:
    """The public process, as ``amends serve`` starts it."""
    port = _free()
    told = {"site": str(site), "host": "127.0.0.1", "port": port}
    told |= {"conninfo": None, "inbox": None, "numbers": ""}
    process = subprocess.Popen([sys.executable, "-m", "amends.web.public"], stdin=subprocess.PIPE)
    if process.stdin is None:
        raise SystemExit("no pipe to our process")
    process.stdin.write(json.dumps(told).encode() + b"\n")
    process.stdin.flush()
    try:
        _await(port)
        yield process.pid, port
    finally:
        process.terminate()
        process.wait(30)
        process.stdin.close()


@contextmanager
def _nginx(program: str, home: Path, site: Path) -> Iterator[Server]:
    """Another server, nginx, over the same directory with the same headers."""
    port, config = _free(), home / "nginx.conf"
    headers = "".join(f'add_header {name} "{value}";' for name, value in PUBLIC)
    user = "root" if os.geteuid() == 0 else "nobody"
    config.write_text(
        _NGINX.format(home=home, site=site, port=port, user=user, headers=headers), encoding="utf-8"
    )
    process = subprocess.Popen([program, "-p", str(home), "-c", str(config), "-e", "stderr"])
    try:
        _await(port)
        yield process.pid, port
    finally:
        process.terminate()
        process.wait(30)


def cost_us(
    server: Server, path: str, requests: int, headers: str = "", host: str = "localhost"
) -> float:
    """CPU microseconds of the server for each of so many requests. *headers*: more lines."""
    pid, port = server
    asked = f"GET {path} HTTP/1.1\r\nHost: {host}\r\nAccept-Encoding: gzip\r\n{headers}\r\n"
    _ask(port, asked.encode(), max(requests // 20, CONNECTIONS))
    before = _cpu_ns(pid)
    done = _ask(port, asked.encode(), requests)
    return (_cpu_ns(pid) - before) / done / 1000


def _ask(port: int, asked: bytes, requests: int) -> int:
    """Ask so often over connections that stay open; how many answers came."""
    selector, left, done = selectors.DefaultSelector(), requests, 0
    for _ in range(CONNECTIONS):
        link = socket.create_connection(("127.0.0.1", port), timeout=60)
        link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        link.sendall(asked)
        left -= 1
        selector.register(link, selectors.EVENT_READ, _Answer(link))
    while selector.get_map():
        for key, _ in selector.select():
            answer = key.data
            if not answer.complete():
                continue
            done += 1
            if left > 0:
                left -= 1
                answer.link.sendall(asked)
            else:
                selector.unregister(answer.link)
                answer.link.close()
    selector.close()
    return done


@dataclass
class _Answer:
    """An answer that comes over a connection. ``left``: bytes of its body still to come."""

    link: socket.socket
    left: int = 0

    def complete(self) -> bool:
        """Take in what came; whether that was the last of it."""
        data = self.link.recv(1 << 18)
        if not self.left:
            head, _, data = data.partition(b"\r\n\r\n")
            if not head.startswith(b"HTTP/1.1 200"):
                raise SystemExit(f"a server says {head[:40]!r}")
            self.left = int(head.lower().partition(b"content-length: ")[2].split(b"\r\n")[0])
        self.left -= len(data)
        return self.left <= 0


def _cpu_ns(pid: int) -> int:
    """CPU time of a process and its children, all threads, by the scheduler."""
    family = [pid, *(int(one) for one in _children(pid))]
    return sum(
        int((task / "schedstat").read_text(encoding="ascii").split()[0])
        for one in family
        for task in Path(f"/proc/{one}/task").iterdir()
    )


def _children(pid: int) -> list[str]:
    return Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()


def _free() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _await(port: int) -> None:
    for _ in range(600):
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise SystemExit("a server does not come up")


if __name__ == "__main__":
    main()
