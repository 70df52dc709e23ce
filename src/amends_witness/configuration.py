"""The witness's configuration file: name, files, address, logs, bounds. Unknown keys are errors."""

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from amends_witness.deciding import Logs
from amends_witness.notes import ED25519, MalformedError, VerifierKey, verifier_key
from amends_witness.server import Bounds

DEFAULT_LISTEN = "127.0.0.1:7380"
_MOST = 1_000_000
_LAST_PORT = 0xFFFF
_KEYS = {"key", "state", "listen", "requests_per_minute", "connections", "log"}


class ConfigurationError(Exception):
    """The configuration is not what it should be."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Configuration:
    """What the operator wrote. Paths are relative to the file."""

    key: Path
    state: Path
    listen: tuple[str, int]
    bounds: Bounds
    logs: Logs


def read(path: Path) -> Configuration:
    """The configuration in a file.

    Raises:
        ConfigurationError: naming the file and what is wrong.
    """
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
        _known(content)
        return Configuration(
            key=path.parent / _text(content, "key", "witness.key"),
            state=path.parent / _text(content, "state", "witness.db"),
            listen=_address(_text(content, "listen", DEFAULT_LISTEN)),
            bounds=Bounds(
                requests_per_minute=_count(content, "requests_per_minute", 120),
                connections=_count(content, "connections", 64),
            ),
            logs=_logs(content.get("log", [])),
        )
    except OSError as error:
        reason = os.strerror(error.errno or 0)
        raise ConfigurationError(f"{path}: 无法读取 / cannot be read: {reason}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{path}: 不是 TOML / is no TOML: {error}") from None
    except (ConfigurationError, MalformedError) as error:
        raise ConfigurationError(f"{path}: {error}") from None


def _known(content: Mapping[str, object]) -> None:
    """Refuse keys that nobody asks for: most often mistakes of spelling."""
    unknown = sorted(set(content) - _KEYS)
    if unknown:
        raise ConfigurationError(f"未知的键 / unknown keys: {', '.join(unknown)}")


def _text(content: Mapping[str, object], name: str, default: str) -> str:
    value = content.get(name, default)
    if not isinstance(value, str) or not value:
        raise ConfigurationError(f"{name}: 应为文本 / is a text")
    return value


def _count(content: Mapping[str, object], name: str, default: int) -> int:
    value = content.get(name, default)
    if not isinstance(value, int) or isinstance(value, bool) or not 0 < value <= _MOST:
        raise ConfigurationError(f"{name}: 应为 1 以上的整数 / is a whole number from 1")
    return value


def _address(text: str) -> tuple[str, int]:
    host, colon, port = text.rpartition(":")
    if not colon or not host or not (port.isascii() and port.isdigit()) or int(port) > _LAST_PORT:
        raise ConfigurationError('listen: 形如 / is like "127.0.0.1:7380"')
    return host.strip("[]"), int(port)


def _logs(content: object) -> Logs:
    """Each log with its keys; a log is known by the name of its key unless it says its origin."""
    if not isinstance(content, list) or not content:
        raise ConfigurationError("没有 [[log]] / there is no [[log]]")
    logs: dict[str, tuple[VerifierKey, ...]] = {}
    for one in content:
        if not isinstance(one, dict) or set(one) - {"key", "origin"} or "key" not in one:
            raise ConfigurationError("[[log]]: key，可加 origin / key, and origin if it differs")
        key = verifier_key(_text(one, "key", ""), ED25519)
        origin = _text(one, "origin", key.name)
        if key in logs.get(origin, ()):
            raise ConfigurationError("[[log]]: 同一密钥出现两次 / one key stands there twice")
        logs[origin] = (*logs.get(origin, ()), key)
    return logs
