"""Witnesses for tests: in this process on a free port, or as processes of their own."""

import http.client
import subprocess
import sys
import threading
import time
from base64 import b64encode
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

from amends.roster.merkle import Tree, consistency_proof, leaf_hash
from amends.roster.note import LogKey
from amends_witness import state
from amends_witness.deciding import Logs, Witness
from amends_witness.notes import ED25519, WitnessKey, verifier_key
from amends_witness.server import Bounds, WitnessServer
from amends_witness.state import State

NOW_S = 1_795_000_000
MANY = Bounds(requests_per_minute=100_000, connections=64)


def log_key(name: str = "log.example/one", seed: int = 1) -> LogKey:
    """The key of a made-up log."""
    return LogKey(origin=name, seed=bytes([seed]) * 32)


def grown(size: int, branch: str = "") -> Tree:
    """A tree of made-up leaves; a *branch* differs in its last leaf."""
    leaves = [leaf_hash(b"leaf %d" % at) for at in range(size)]
    if branch and leaves:
        leaves[-1] = leaf_hash(f"{branch} {size}".encode())
    return Tree(b"".join(leaves))


def request(key: LogKey, tree: Tree, old: int = 0, proof: Sequence[bytes] | None = None) -> bytes:
    """The body that asks for a cosignature of *tree*, for a witness that knows *old* leaves."""
    if proof is None:
        proof = consistency_proof(tree.node, old, tree.size) if 0 < old <= tree.size else ()
    lines = [f"old {old}", *(b64encode(step).decode() for step in proof)]
    return ("\n".join(lines) + "\n\n" + key.checkpoint(tree.size, tree.root())).encode()


def a_witness(
    directory: Path, *keys: LogKey, name: str = "witness.example/w", now_s: int = NOW_S
) -> Witness:
    """A witness with a state in *directory*, at a fixed time; the same name has the same key."""
    key = WitnessKey(name=name, seed=sha256(name.encode()).digest())
    path = directory / "witness.db"
    if not path.exists():
        directory.mkdir(parents=True, exist_ok=True)
        state.create(path, name, key.verifier.text)
    logs: Logs = {
        one.origin: (verifier_key(one.verifier_key, ED25519),) for one in keys or (log_key(),)
    }
    kept = State(path, key.verifier.text)
    return Witness(key=key, logs=logs, state=kept, now_s=lambda: now_s)


@dataclass(kw_only=True)
class Serving:
    """A witness that serves. ``lines``: what it logged."""

    witness: Witness
    url: str
    port: int
    lines: list[str] = field(default_factory=list)


@contextmanager
def serving(witness: Witness, bounds: Bounds = MANY, port: int = 0) -> Iterator[Serving]:
    """Serve on loopback, on a free port if none is given."""
    lines: list[str] = []
    server = WitnessServer(("127.0.0.1", port), witness, bounds, lines.append)
    port = int(server.server_address[1])
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield Serving(witness=witness, url=f"http://127.0.0.1:{port}", port=port, lines=lines)
    finally:
        server.end()
        thread.join()


def posted(port: int, body: bytes, path: str = "/add-checkpoint") -> tuple[int, str, str]:
    """Status, kind and body of an answer."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    try:
        connection.request("POST", path, body)
        answer = connection.getresponse()
        return answer.status, answer.getheader("Content-Type", ""), answer.read().decode()
    finally:
        connection.close()


def made(directory: Path, *keys: LogKey, name: str = "witness.example/w") -> Path:
    """A witness as its operator makes it; its configuration, on a port that the system chooses."""
    done = run("make", str(directory), "--name", name)
    assert done.returncode == 0, done.stderr
    file = directory / "witness.toml"
    logs = "".join(f'\n[[log]]\nkey = "{key.verifier_key}"\n' for key in keys or (log_key(),))
    text = file.read_text(encoding="utf-8").replace(":7380", ":0").replace("120", "100000")
    file.write_text(text + logs, encoding="utf-8")
    return file


def run(*words: str) -> "subprocess.CompletedProcess[str]":
    """``python -m amends_witness``."""
    command = [sys.executable, "-m", "amends_witness", *words]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@contextmanager
def process(file: Path, before: str = "") -> Iterator[tuple["subprocess.Popen[str]", int]]:
    """A witness as a process, and its port. *before*: code that runs in it first."""
    code = f"import sys\n{before}\nfrom amends_witness.__main__ import main\nsys.exit(main())"
    command = [sys.executable, "-c", code, "run", str(file)]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as running:
        try:
            assert running.stderr is not None
            first = running.stderr.readline()
            yield running, int(first.split()[2].rpartition(":")[2])
        finally:
            if running.poll() is None:
                running.terminate()
            running.wait(20)


def until(what: object, patience_s: float = 10) -> None:
    """Wait until calling *what* gives something true."""
    assert callable(what)
    end = time.monotonic() + patience_s
    while not what():
        assert time.monotonic() < end
        time.sleep(0.02)


def vector(directory: Path) -> dict[str, object]:
    """The vector of docs/formats/witness-vector.json: a conversation, from fixed keys and time."""
    witness, key = a_witness(directory), log_key()
    stranger = log_key("log.example/two", 2)
    fork = grown(9, "fork")
    requests = {
        "the first checkpoint": request(key, grown(5)),
        "a client that knows nothing": request(key, grown(9)),
        "a proof that leads elsewhere": request(key, grown(9), old=5, proof=[bytes(32)]),
        "a checkpoint that follows": request(key, grown(9), old=5),
        "the same once more": request(key, grown(9), old=9),
        "another root of that size": request(key, fork, old=9, proof=()),
        "an old size above the new one": request(key, grown(5), old=9, proof=()),
        "a log that is not witnessed": request(stranger, grown(5)),
        "a key that is not the log's": request(log_key(seed=3), grown(12), old=9),
        "a size with a leading zero": request(key, grown(12), old=9).replace(b"old 9", b"old 09"),
    }
    conversation = []
    for title, body in requests.items():
        answer = witness.add_checkpoint(body)
        conversation.append(
            {
                "what": title,
                "request": body.decode(),
                "status": answer.status,
                "content_type": answer.kind,
                "body": answer.body,
            }
        )
    return {
        "about": "A log and a witness, from fixed seeds and time; see docs/formats/witness.md.",
        "conversation": conversation,
        "log_seed_hex": key.seed.hex(),
        "log_verifier_key": key.verifier_key,
        "time_s": NOW_S,
        "witness_private_key": witness.key.text,
        "witness_verifier_key": witness.key.verifier.text,
    }
