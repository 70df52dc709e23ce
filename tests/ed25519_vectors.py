"""Signatures of RFC 8032 and at the edges of it: C2SP/CCTV, and all points of small order."""

# RFC 8032 §7.1: public key, message, and the two halves of the signature.
_RFC_8032 = """
d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a
-
e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555
fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b

3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c
72
92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da0
85ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00

fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025
af82
6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac1
8ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a
"""
RFC_8032 = [
    (key, message.strip("-"), first + second)
    for key, message, first, second in (
        part.split("\n") for part in _RFC_8032.strip().split("\n\n")
    )
]

# C2SP/CCTV, ed25519vectors.json.
ZERO, MIXED = "00" * 32, "10eb7c3acfb2bed3e0d6ab89bf5a3d6afddd1176ce4812e38d9fd485058fdb1f"
ABOVE = "ed" + "ff" * 30 + "7f"
FIRST = "36684ea91032ba5b1dbab2d02f4debc74c3327f2b3802e2e4d371aa42b12b56b"
SECOND = "b797b156efcd45a4e2454d2fd0b21438b3ccd80d4c7fd1d1b2c8e55bd4ed4a94"
SIGNED = "05ba9a796274d80437afa36f1236563f2f3b0aa84cecddc3d20914615ba4fe02"
MINUS = "00" * 31 + "80"
RESIDUE, NON_CANONICAL_KEY, NON_CANONICAL_NONCE = (
    "low_order_residue",
    "non_canonical_A",
    "non_canonical_R",
)
CCTV = {
    # number in the file: key, R, S, number of the message, flags that forbid it
    0: (ZERO, ZERO, ZERO, " 3", {RESIDUE}),
    1: (ZERO, ZERO, ZERO, " 11", set[str]()),
    2: (ZERO, FIRST, SIGNED, " 7", {RESIDUE}),
    3: (ZERO, FIRST, SIGNED, " 3", set[str]()),
    4: (
        MIXED,
        ZERO,
        "5e176f12cfb0d4e6eb6929b19ae4c998ef05c1c2cf628a9b1fa1c21312627108",
        " 7",
        {RESIDUE},
    ),
    5: (
        MIXED,
        ZERO,
        "9472a69cd9a701a50d130ed52189e2455b23767db52cacb8716fb896ffeeac09",
        " 3",
        set[str](),
    ),
    6: (
        MIXED,
        FIRST,
        "c02e2b9e63e385c058bf62b14b3a2b29ccefe8e38ddb536bc3f9865320a3d801",
        " 10",
        {RESIDUE},
    ),
    7: (
        MIXED,
        FIRST,
        "bbfd00bd9c259d8d222d15e67a3d8228585050dbb9b9585be20d8fadc721da03",
        "",
        set[str](),
    ),
    9: (ABOVE, ZERO, ZERO, " 6", {NON_CANONICAL_KEY}),
    11: (ABOVE, FIRST, SIGNED, "", {NON_CANONICAL_KEY}),
    12: (ABOVE, FIRST, SIGNED, " 7", {RESIDUE, NON_CANONICAL_KEY}),
    15: (ZERO, ABOVE, ZERO, " 10", {NON_CANONICAL_NONCE}),
    17: (
        MIXED,
        ABOVE,
        "ad7a355469b5c87e550469f6b2de409ee723acd584bf35f86b80c384e8ceb702",
        " 3",
        {NON_CANONICAL_NONCE},
    ),
    19: (
        MIXED,
        ABOVE,
        "9472a69cd9a701a50d130ed52189e2455b23767db52cacb8716fb896ffeeac09",
        " 3",
        {NON_CANONICAL_NONCE},
    ),
    21: (ABOVE, ABOVE, ZERO, " 15", {NON_CANONICAL_KEY, NON_CANONICAL_NONCE}),
    23: (ZERO, MINUS, ZERO, " 3", set[str]()),
    25: (ZERO, SECOND, SIGNED, " 9", set[str]()),
    27: (
        MIXED,
        MINUS,
        "050abffcd4d8ccbb4b8d6bf6649f5aa99e8de5cc182a7409633856ff53f49e0c",
        " 10",
        set[str](),
    ),
    29: (
        MIXED,
        SECOND,
        "732d9e0279fe001d90327efa319816e3e4506b78432b8b4e1f2fdc4b960d700f",
        " 2",
        set[str](),
    ),
    31: (ABOVE, MINUS, ZERO, " 9", {NON_CANONICAL_KEY}),
}
SMALL = [
    bytes.fromhex(text)
    for text in (
        "00" * 32,
        MINUS,
        "01" + "00" * 31,
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
        "ec" + "ff" * 30 + "7f",
    )
]
OTHERWISE = [
    bytes.fromhex(text)
    for text in (
        ABOVE,
        "ed" + "ff" * 31,
        "01" + "00" * 30 + "80",
        "ee" + "ff" * 30 + "7f",
        "ee" + "ff" * 31,
        "ec" + "ff" * 31,
    )
]
