"""A receipt that no honest program writes: one award that two people hold."""

import json
from base64 import b64decode, b64encode
from hashlib import sha256

from amends.kernel.canonical import canonical
from amends.roster import entries
from amends.roster.commitment import (
    HIDDEN,
    SHOWN,
    commitment,
    digests_of,
    field_digest,
    nonce_of,
    normal_value,
    person_root,
    salts_of,
)
from cheating.publisher import BOUND, Person, Publisher


def two_names(
    log: Publisher,
    award: int,
    other: Person,
    number: int,
    *,
    committed: bool = True,
    seven: bool = False,
) -> tuple[bytes, bytes]:
    """The receipt of *award* as its person's, and as *other*'s, under another *number* and name.

    *committed*: the award is changed to commit to the other's fields beside its own person's; else
    the receipt says so and the log does not. *seven*: beside both numbers and both names it leaves
    out what else it should commit to, so that there are as many fields as there have to be.
    """
    opening = log.openings[award]
    seed = sha256(b"the other" + opening.seed).digest()
    shown = BOUND.shown(number, opening.categories)
    theirs = dict(zip(SHOWN, salts_of(seed, SHOWN), strict=True))
    hidden = dict(zip(HIDDEN, salts_of(seed, HIDDEN), strict=True))
    values = {name: normal_value(name, other.values[name]) for name in HIDDEN}
    more = [field_digest("award", theirs["award"], shown["award"])]
    more += [field_digest(name, hidden[name], values[name]) for name in HIDDEN]
    digests = digests_of(BOUND, award, opening)
    if committed and seven:
        own = opening.hidden[HIDDEN.index("name")]
        digests = sorted(
            {*digests, *more[:1], more[1 + HIDDEN.index("name")], own} - ({*opening.hidden} - {own})
        )
    elif committed:
        digests = sorted({*digests, *more})
    if committed:
        root = person_root(digests)
        hiding = commitment(nonce_of(opening.seed), root)
        row = log.rows[award]
        log.log[log.places[award]] = entries.award_entry(row.kind, row.amount_minor, hiding)
    head, extra_line, *rest = log.receipt(award).decode().split("\n")
    extra = json.loads(b64decode(extra_line.removeprefix("extra ")))
    if committed:
        extra |= {"digests": [one.hex() for one in digests], "person_root": root.hex()}
    name = [hidden["name"].hex(), other.name]
    opened = extra["opened"] | {"award": [theirs["award"].hex(), str(number)], "name": name}
    theirs_too = extra | {"award_index": number, "opened": opened}
    first, second = (
        "\n".join([head, "extra " + b64encode(canonical(one).encode()).decode(), *rest]).encode()
        for one in (extra, theirs_too)
    )
    return first, second
