"""A console over a made-up case, and what a browser and an authenticator would do with it."""

import base64
import hashlib
import json
import re
import time
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import cbor2
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256

from amends.access import rules
from amends.access import service as access
from amends.access.model import Role, Site
from amends.governance import service as governance
from amends.kernel.errors import WaitingForApprovalError
from amends.payouts.sending import switch
from amends.vault.opened import OpenCase, open_case
from made_cases import write_case
from made_roster import TWO, awarded, files, pay_made_up, toml

PEOPLE = 30
ROLES = {
    "root": [Role.ADMINISTRATOR],
    "carla": [Role.CASEWORKER],
    "anna": [Role.APPROVER, Role.READER],
    "ben": [Role.APPROVER],
    "rita": [Role.READER],
    "axel": [Role.AUDITOR],
}
"""Operators of the case. ``anna`` and ``ben`` have approved its awards."""


def with_operators(root: Path) -> None:
    """Thirty people with awards, payments in several states, six operators, a proposal waiting."""
    write_case(root, toml(PEOPLE), files(PEOPLE))
    states = {"settled": range(20), "returned": range(20, 23), "refused": range(23, 25)}
    with open_case(root, approve_as=TWO) as opened:
        awarded(opened)
        pay_made_up(opened, {**states, "accepted": range(25, 27)})
        for name, roles in ROLES.items():
            if name not in TWO:
                governance.add_operator(opened, name)
            access.set_roles(opened, name, roles)
        carla = replace(opened, by="carla", approve_as=())
        switch.halt(carla, "a rehearsal")
        with suppress(WaitingForApprovalError):
            switch.resume(carla)


@dataclass(slots=True)
class Telephone:
    """An operator's authenticator for codes; each code is shown once, as if one had waited."""

    secret: bytes
    step: int = 0

    def code(self) -> str:
        """A code that holds now and was not shown before; the fourth in a minute is waited for."""
        self.step = max(int(time.time()) // 30 - 1, self.step + 1)
        time.sleep(max(0.0, (self.step - 1) * 30 - time.time()))  # one of the next 30 s holds
        return rules.code_at(self.secret, datetime.fromtimestamp(self.step * 30, UTC))


def telephone(opened: OpenCase, site: Site, name: str) -> Telephone:
    """The authenticator of an operator who was invited and has enrolled it."""
    token = access.invite(opened, name)
    offered = access.begin_enrolment(opened, site, token)
    phone = Telephone(base64.b32decode(offered.totp_secret.replace(" ", "")))
    access.enrol(opened, site, token, access.proof_of(phone.code()))
    return phone


@dataclass(slots=True)
class SecurityKey:
    """A software authenticator of WebAuthn: ES256, user verified, one key."""

    origin: str
    counter: int = 0
    key: ec.EllipticCurvePrivateKey = field(
        default_factory=lambda: ec.generate_private_key(ec.SECP256R1())
    )
    name: bytes = b"a credential of sixteen"

    def made(self, options: str) -> str:
        """The answer to ``navigator.credentials.create``."""
        wanted = json.loads(options)
        numbers = self.key.public_key().public_numbers()
        cose = {1: 2, 3: -7, -1: 1, -2: numbers.x.to_bytes(32), -3: numbers.y.to_bytes(32)}
        credential = bytes(16) + len(self.name).to_bytes(2) + self.name + cbor2.dumps(cose)
        data = self._data(wanted["rp"]["id"], 0x45) + credential
        attestation = cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": data})
        client = self._client("webauthn.create", wanted["challenge"])
        return self._answer(
            {"clientDataJSON": _url(client), "attestationObject": _url(attestation)}
        )

    def signed(self, options: str) -> str:
        """The answer to ``navigator.credentials.get``."""
        wanted = json.loads(options)
        self.counter += 1
        data = self._data(wanted["rpId"], 0x05)
        client = self._client("webauthn.get", wanted["challenge"])
        signature = self.key.sign(data + hashlib.sha256(client).digest(), ec.ECDSA(SHA256()))
        return self._answer(
            {
                "clientDataJSON": _url(client),
                "authenticatorData": _url(data),
                "signature": _url(signature),
            }
        )

    def _data(self, host: str, flags: int) -> bytes:
        return hashlib.sha256(host.encode()).digest() + bytes([flags]) + self.counter.to_bytes(4)

    def _client(self, kind: str, challenge: str) -> bytes:
        content = {"type": kind, "challenge": challenge, "origin": self.origin}
        return json.dumps(content).encode()

    def _answer(self, response: dict[str, str]) -> str:
        name = _url(self.name)
        return json.dumps({"id": name, "rawId": name, "type": "public-key", "response": response})


def _url(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


@dataclass(frozen=True, slots=True, kw_only=True)
class Got:
    """An answer over HTTP."""

    status: int
    headers: dict[str, str]
    text: str
    content: bytes = b""
    cookies: tuple[str, ...] = ()

    @property
    def form_token(self) -> str:
        """The token in the page's forms."""
        found = re.search(r'name="form_token" value="([0-9a-f]{64})"', self.text)
        assert found, self.text[:400]
        return found[1]

    def json(self) -> Any:  # noqa: ANN401 -- JSON
        """The body as JSON."""
        return json.loads(self.text)


@dataclass(slots=True)
class Visitor:
    """A browser of the console that runs no script; ``token``: of its session."""

    origin: str
    token: str = ""
    language: str = "en"

    def get(self, path: str, **headers: str) -> Got:
        """Ask for a page."""
        return self._ask("GET", path, b"", headers)

    def post(self, path: str, form: dict[str, str] | None = None, **headers: str) -> Got:
        """Send a form, as a page of the console would."""
        usual = {"content-type": "application/x-www-form-urlencoded", "origin": self.origin}
        return self._ask("POST", path, urlencode(form or {}).encode(), {**usual, **headers})

    def act(self, page: str, path: str, form: dict[str, str]) -> Got:
        """Fill in a form of a page and send it."""
        return self.post(path, {**form, "form_token": self.get(page).form_token})

    def call(self, method: str, path: str, body: object = None, key: str = "") -> Got:
        """Call the interface for programs."""
        headers = {"authorization": f"Bearer {self.token}", "content-type": "application/json"}
        if key:
            headers["idempotency-key"] = key
        content = b"" if body is None else json.dumps(body).encode()
        return self._ask(method, f"/api/v1{path}", content, headers, cookies=False)

    def sign_in(self, name: str, phone: Telephone) -> Got:
        """Sign in with a code."""
        return self.post("/sign-in", {"name": name, "proof": phone.code(), "then": "/"})

    def _ask(
        self, method: str, path: str, body: bytes, headers: dict[str, str], *, cookies: bool = True
    ) -> Got:
        host = self.origin.partition("://")[2]
        connection = HTTPConnection(host, timeout=120)
        sent = {"host": host, "accept-language": self.language, **headers}
        if cookies and self.token:
            sent["cookie"] = f"__Host-amends={self.token}"
        connection.request(method, path, body, sent)
        answer: HTTPResponse = connection.getresponse()
        content = answer.read()
        text = "" if content.startswith(b"%PDF") else content.decode()
        given = tuple(answer.headers.get_all("set-cookie") or ())
        connection.close()
        for cookie in given:
            found = re.match(r"__Host-amends=([^;]*)", cookie)
            if found:
                self.token = found[1].strip('"')
        return Got(
            status=answer.status,
            headers={name.lower(): value for name, value in answer.headers.items()},
            text=text,
            content=content,
            cookies=given,
        )
