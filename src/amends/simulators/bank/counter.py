"""A counter that pays people out: a branch, or a notary with whom money is deposited.

Lists come in, and every evening a report goes out: what was deposited and lies ready, who came with
which document, what nobody took in time, between the balance of the morning and that of the
evening. People come on one of five days, by a hash of their number.
"""

import csv
import io
import json
import os
from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, timedelta
from hashlib import blake2b
from pathlib import Path
from zoneinfo import ZoneInfo

from amends.kernel.money import Money
from amends.simulators.bank.faults import Fault, Faults
from amends.simulators.bank.fetching import fetched

CLOSES_AT = time(18)
EXPIRES_AFTER = timedelta(days=30)
_COMING_DAYS = 5
_HEADER = ("编号", "状态", "金额", "时间", "收据号", "经办", "证件尾号")
_PERSON = 6
"""Cells in the row of a list."""

Row = tuple[str, ...]


class Counter:
    """One counter, one drop. `advance` lets time pass; what it knows lies beside the folders."""

    def __init__(self, drop: Path, currency: str, zone: str, faults: Faults) -> None:
        self._drop = drop
        self._currency = currency
        self._zone = ZoneInfo(zone)
        self._faults = faults
        self._state = drop / "counter.json"
        for folder in (drop, drop / "outbox", drop / "inbox", drop / "fetched"):
            folder.mkdir(mode=0o700, exist_ok=True)
        kept = json.loads(self._state.read_text("utf-8")) if self._state.exists() else {}
        self._people: dict[str, list[str]] = kept.get("people", {})
        self._balance: int = kept.get("balance", 0)
        self._funded: int = kept.get("funded", 0)
        self._receipts: int = kept.get("receipts", 0)
        self._day: str | None = kept.get("day")

    def advance(self, now: datetime) -> None:
        """Close the days that are over, take lists, and close this one if its time has come."""
        local = now.astimezone(self._zone)
        self._day = self._day or local.date().isoformat()
        self._close_until(local)
        for path in fetched(self._drop, "*.csv"):
            self._take(path.read_bytes().decode("utf-8-sig"))
            path.unlink()
        self._close_until(local)
        kept = {
            "people": self._people,
            "balance": self._balance,
            "funded": self._funded,
            "receipts": self._receipts,
            "day": self._day,
        }
        self._state.write_text(json.dumps(kept), encoding="utf-8")

    def _close_until(self, local: datetime) -> None:
        while True:
            day = date.fromisoformat(str(self._day))
            closes = datetime.combine(day, CLOSES_AT, self._zone)
            if closes > local:
                return
            self._report(day, closes)
            self._day = (day + timedelta(days=1)).isoformat()

    def _take(self, text: str) -> None:
        """A list: its people, and the money that comes with it."""
        rows = list(csv.reader(text.splitlines()))[1:]
        for cells in rows:
            if len(cells) != _PERSON:
                raise ValueError("a list has a row that is none")
        people, total = rows[:-1], rows[-1]
        amounts = [self._minor(cells[3]) for cells in people]
        if str(len(people)) != total[1] or sum(amounts) != self._minor(total[3]):
            raise ValueError("a list does not add up")
        for cells, amount in zip(people, amounts, strict=True):
            if cells[0] not in self._people:
                self._people[cells[0]] = ["listed", str(amount), cells[2], str(self._day)]
                self._funded += amount

    def _report(self, day: date, closes: datetime) -> None:
        """What happened on a day, as a table."""
        opening = self._balance
        rows: list[Row] = []
        if self._funded:
            rows.append(self._row("", "交存", self._funded, closes, receipt=self._receipt()))
            self._balance += self._funded
            self._funded = 0
        for number, person in self._people.items():
            rows += self._of(number, person, day, closes)
        if not rows and opening == self._balance == 0:
            return
        first = self._row("", "期初余额", opening, datetime.combine(day, time(8), self._zone))
        last = self._row("", "期末余额", self._balance, closes)
        self._put(f"report-{day}.csv", [_HEADER, first, *rows, last])

    def _of(self, number: str, person: list[str], day: date, closes: datetime) -> Iterator[Row]:
        """What happens to one person on a day."""
        state, amount, end, listed = person[0], int(person[1]), person[2], person[3]
        if state == "listed":
            yield self._row(number, "已提存", amount, closes, receipt=self._receipt())
            yield self._row(number, "可领取", amount, closes)
            person[0] = "ready"
        elif state == "ready" and day - date.fromisoformat(listed) >= EXPIRES_AFTER:
            yield self._row(number, "逾期退回", amount, closes)
            person[0] = "expired"
        elif state == "ready" and self._comes(number, day - date.fromisoformat(listed)):
            yield from self._came(number, person, amount, end, closes)

    def _comes(self, number: str, after: timedelta) -> bool:
        share = blake2b(number.encode(), digest_size=1).digest()[0] % _COMING_DAYS
        return after.days == 1 + share and not self._faults.rule(Fault.NEVER_COMES, number)

    def _came(
        self, number: str, person: list[str], amount: int, end: str, at: datetime
    ) -> Iterator[Row]:
        """Somebody stands at the counter."""
        if self._faults.rule(Fault.UNIDENTIFIED, number):
            yield self._row(number, "身份不符", amount, at)
            person[0] = "unidentified"
            return
        seen = "ZZZZ" if self._faults.rule(Fault.OTHER_DOCUMENT, number) else end
        for _ in range(2 if self._faults.rule(Fault.COLLECTS_TWICE, number) else 1):
            self._balance -= amount
            yield self._row(number, "已领取", amount, at, receipt=self._receipt(), seen=seen)
        person[0] = "collected"

    def _row(
        self,
        number: str,
        state: str,
        minor: int,
        at: datetime,
        *,
        receipt: str = "",
        seen: str = "",
    ) -> Row:
        amount = str(Money(amount_minor=minor, currency=self._currency))[4:]
        local = at.astimezone(self._zone).strftime("%Y-%m-%d %H:%M:%S")
        return (number, state, amount, local, receipt, "柜员07" if seen else "", seen)

    def _receipt(self) -> str:
        self._receipts += 1
        return f"SJ{self._receipts:08d}"

    def _minor(self, text: str) -> int:
        return Money.parse(f"{self._currency} {text}").amount_minor

    def _put(self, name: str, rows: Sequence[Row]) -> None:
        out = io.StringIO()
        csv.writer(out).writerows(rows)
        aside = self._drop / "inbox" / f".{name}"
        with os.fdopen(os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(out.getvalue().encode("gb18030"))
        aside.rename(self._drop / "inbox" / name)
