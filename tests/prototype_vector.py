"""A proof that another program made: five awards whose leaf had a phone number for person root."""

from base64 import b64decode

from amends.roster.note import LogKey
from amends_witness.notes import WitnessKey

ORIGIN = "roster.example/amends/golden"
ENTRY = bytes.fromhex(
    "010000000000000000000007a120c5f2607beac18e3240ba7bdc04e51d3d1b2f1250356a0e1eda03053fe02b68a6"
)
PATH = [
    b64decode(step)
    for step in (
        "Ox419M1OlPKEw10Nxbh53uWY1UVNuuBS9WEriv23AZw=",
        "Rk4RSeFyfXEs/hmBkDBTYDu9IN2C6KPGDg166QAb9lk=",
        "d0PKYHpJ2cTCgNX50DxdVfr/JHBDmxgR4HLUfs2ZwJk=",
    )
]
NOTE = (
    "roster.example/amends/golden\n5\n+YKvCo2plz5lKDhuf+rUDAx7pp9OVHHe/MnIoOoIGI4=\n\n"
    "\u2014 roster.example/amends/golden N5SqmzhErAQ28SVyKFyO30dPl6hqLPgnpH+tDPnbrEJCttN3ry6"
    "TswQCMrxI5G6GkJmSpb00HSH+QsTSpHeZd2Wu2QU=\n"
    "\u2014 witness0.example o1BONQAAAABq/YbAfWemDo0P+pNcbGWiIycOBwptm4uqqcp5395pxRHxEJ+mHKPS2J2"
    "5rxoshMSH6zyhdKJxBDNFPHcCtTeDUN3mAA==\n"
)
_WITNESS = WitnessKey(name="witness0.example", seed=bytes([2]) * 32).verifier.text
POLICY = (
    f"log {LogKey(origin=ORIGIN, seed=bytes([1]) * 32).verifier_key}\n"
    f"witness w {_WITNESS} https://w/\nquorum w\n"
)
