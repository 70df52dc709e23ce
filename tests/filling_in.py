"""Somebody who fills in the forms of the public site, over HTTP and without a script."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from html import unescape
from http.client import HTTPConnection
from urllib.parse import urlsplit

Files = Sequence[tuple[str, str, bytes]]
"""Name, type and content of each file that is chosen."""
HIDDEN = re.compile(r'<input type="hidden" name="([^"]*)" value="([^"]*)">')


@dataclass
class Hand:
    """Somebody with a browser without scripts: what stands on the page, and what they fill in."""

    address: str
    path: str
    html: str = ""
    status: int = 0
    headers: Mapping[str, str] = field(default_factory=dict)
    content: bytes = b""

    def begin(self) -> "Hand":
        """Open the form."""
        return self._ask("GET", b"", {})

    def send(self, fields: Mapping[str, str], files: Files = (), go: str = "next") -> "Hand":
        """Press a button: the page's hidden fields, those that are filled in, and files."""
        carried = [(unescape(n), unescape(v)) for n, v in HIDDEN.findall(self.html)]
        return self.post([*carried, *fields.items(), ("go", go)], files)

    def post(self, fields: Sequence[tuple[str, str]], files: Files = ()) -> "Hand":
        """Send exactly these fields."""
        line = b"--edge\r\nContent-Disposition: form-data; name="
        parts = [line + f'"{n}"\r\n\r\n{v}\r\n'.encode() for n, v in fields]
        parts += [
            line
            + f'"evidence"; filename="{name}"\r\nContent-Type: {kind}\r\n\r\n'.encode()
            + content
            + b"\r\n"
            for name, kind, content in files
        ]
        kind = {"content-type": "multipart/form-data; boundary=edge"}
        return self._ask("POST", b"".join(parts) + b"--edge--\r\n", kind)

    def _ask(self, method: str, body: bytes, headers: dict[str, str]) -> "Hand":
        connection = HTTPConnection(urlsplit(self.address).netloc, timeout=60)
        connection.request(method, self.path, body, headers)
        answer = connection.getresponse()
        content = answer.read()
        held = replace(
            self,
            html="" if content.startswith(b"%PDF") else content.decode(),
            content=content,
            status=answer.status,
            headers={name.lower(): value for name, value in answer.getheaders()},
        )
        connection.close()
        return held

    @property
    def text(self) -> str:
        """What somebody reads."""
        return unescape(re.sub(r"<[^>]+>", " ", self.html.partition("<main")[2]))
