"""The page that checks receipts, in a real browser, held against the verifier in Python."""

import base64
import functools
import json
import re
import threading
import zlib
from collections.abc import Iterable, Iterator
from functools import partial
from hashlib import sha256
from html import unescape
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from importlib import resources
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from amends.kernel.wording import lint
from amends.roster import entries, letters, proving, service, site
from amends.roster.publication import Chosen, receipt_text
from amends.roster.site import page_of
from amends.roster.tiles import TileTree
from amends.vault.opened import OpenCase
from amends_verify import claim, verify
from amends_verify.verify import MALFORMED, RosterError
from asked_verifiers import by_publisher, in_browser, in_python
from changed_receipts import (
    changed_bytes,
    cosigned,
    insiders,
    misnamed,
    opening_of,
    other_json,
    other_notes,
    rewritten,
    spoiled,
    with_opening,
    with_other_corrections,
    witnessed_policy,
)
from chromium import Chromium, chromium
from made_cases import OpenedCase
from made_roster import TWO, thirty_awarded
from receipt_vector import SENTENCES, published
from roster_logs import BOUND, VALUES, MadeLog, twenty
from walked_site import WIDTHS, faults

TEXT = resources.files("amends_verify").joinpath("check.html").read_text(encoding="utf-8")
SCRIPT = TEXT.partition("<script>")[2].partition("</script>")[0]
POLICY = twenty().policy
RECEIPT = twenty().receipt(3).encode()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page as it is published, and as it comes."""
    made = tmp_path_factory.mktemp("page")
    (made / "check.html").write_bytes(page_of(POLICY))
    (made / "empty.html").write_text(TEXT, encoding="utf-8")
    return made


@pytest.fixture(scope="module")
def browser(folder: Path) -> Iterator[Chromium]:
    """A browser, for all tests here."""
    with chromium(folder / "profile") as running:
        yield running


@pytest.fixture
def page(browser: Chromium, folder: Path) -> Chromium:
    """The published page, freshly opened from disk."""
    browser.look(width=390)
    browser.open((folder / "check.html").as_uri())
    return browser


@pytest.fixture
def thirty(opened_case: OpenedCase) -> OpenCase:
    """Thirty people with awards."""
    return opened_case(approve_as=TWO, like=thirty_awarded)


def verdicts(page: Chromium, asked: Iterable[tuple[bytes, str]]) -> list[bool]:
    """Whether the page takes each receipt under its policy."""
    return [not why for why in in_browser(page, asked)]


def accepted(data: bytes, policy: str) -> bool:
    """Whether the verifier in Python takes it."""
    return not in_python(data, policy)


@pytest.fixture(autouse=True)
def _remembered_signatures(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each signature is computed once in Python: the same question has the same answer."""
    monkeypatch.setattr(verify, "signed", functools.cache(verify.signed))


def corrected() -> MadeLog:
    """Thirty people: one is owed more, one is owed nothing, and then something again."""
    log = MadeLog(people=30).begin()
    log.correct((3, 1, 1, 600_000), (7, entries.ANNULLED, 2, 0))
    return log.correct((7, 0, 3, 500_000))


CORRECTED = corrected().receipt(7).encode()


def falsely_corrected() -> Iterator[bytes]:
    """Corrections that stand in a signed log, with reasons that there are not, and nearly."""
    for reason in (0, 7, 8, 255):
        log = MadeLog(people=5).begin().correct((3, 1, reason, 600_000))
        yield log.receipt(3).encode()


def opened_by_its_person() -> bytes:
    """A receipt that says a name and a phone, and not what leaked."""
    log = MadeLog(people=20).begin()
    tree = TileTree()
    tree.append(log.log)
    values = {name: str(VALUES[name]) for name in ("name", "phone")}
    text = receipt_text(
        BOUND,
        3,
        log.openings[3],
        log.proved(tree, 5),
        checkpoint=log.checkpoint(tree),
        chosen=Chosen(categories=False, values=values),
    )
    return text.encode()


# What it takes and what not.


@pytest.mark.parametrize("people", [1, 2, 20, 21, 254, 300])
def test_receipts_of_logs_of_every_shape_are_accepted(page: Chromium, people: int) -> None:
    """First, middle and last award of small and odd logs."""
    log = MadeLog(people=people).begin()
    receipts = [log.receipt(award).encode() for award in {0, people // 2, people - 1}]
    assert verdicts(page, [(one, POLICY) for one in receipts]) == [True] * len(receipts)


def test_the_page_says_what_the_table_of_receipts_says(page: Chromium) -> None:
    """Each case is accepted, or refused with its own sentence, in Chinese and English."""
    cases = published()
    found = in_browser(page, [(one.receipt, one.policy) for one in cases])
    expected = [one.refused + one.more for one in cases]
    names = [one.name for one in cases]
    wrong = [one for one in zip(names, found, expected, strict=True) if one[1] != one[2]]
    assert wrong == []


def test_receipts_with_more_in_them_are_accepted(page: Chromium) -> None:
    """Corrections, opened names, cosignatures of known and unknown witnesses."""
    log = corrected()
    receipts = [log.receipt(3), log.receipt(7), log.receipt(8)]
    asked = [(one.encode(), POLICY) for one in receipts]
    asked += [(opened_by_its_person(), POLICY), (cosigned(RECEIPT, 0, 1), POLICY)]
    asked += [(cosigned(RECEIPT, 0, 2), witnessed_policy())]
    asked += [(cosigned(RECEIPT, 0, 0, 1), witnessed_policy())]
    assert [accepted(*one) for one in asked] == [True] * len(asked)
    assert verdicts(page, asked) == [True] * len(asked)


def test_every_changed_byte_cut_and_insertion_is_refused(page: Chromium) -> None:
    """No place of a receipt is idle, in the page as in the verifier in Python."""
    receipts = list(changed_bytes(RECEIPT))
    taken = verdicts(page, [(one, POLICY) for one in receipts])
    assert [one for one, good in zip(receipts, taken, strict=True) if good] == []


def test_every_changed_byte_of_a_witnessed_receipt_is_refused(page: Chromium) -> None:
    """With just its quorum of cosignatures; the corrected receipt, too."""
    whole, policy = cosigned(RECEIPT, 0, 1), witnessed_policy()
    asked = [
        (one, policy) for one in changed_bytes(whole) if one.startswith(RECEIPT) and one != RECEIPT
    ]
    line = corrected().receipt(7).encode()
    asked += [(one, POLICY) for one in list(changed_bytes(line))[::7]]
    taken = verdicts(page, asked)
    assert [one for one, good in zip(asked, taken, strict=True) if good] == []


def test_every_forgery_has_the_same_verdict(page: Chromium) -> None:
    """Openings, JSON, checkpoints, right and wrong: all three refuse for the same reason."""
    forged = [*rewritten(RECEIPT), *other_json(RECEIPT), *other_notes(RECEIPT), *insiders()]
    forged += [*with_other_corrections(CORRECTED), *falsely_corrected()]
    asked = [(one, POLICY) for one in forged]
    asked += [(cosigned(RECEIPT, *some), witnessed_policy()) for some in ((), (0,), (1, 1), (2, 1))]
    asked += [(spoiled(RECEIPT), witnessed_policy()), *misnamed(RECEIPT)]
    expected = [in_python(*one) for one in asked]
    found = in_browser(page, asked)
    differing = [one for one in zip(asked, expected, found, strict=True) if one[1] != one[2]]
    assert differing == []
    assert [by_publisher(*one) for one in asked] == expected
    assert [accepted(one, POLICY) for one in insiders()].count(True) == 5


def test_lists_are_lists(page: Chromium) -> None:
    """An object whose keys would do is no list, and no corrections are no field that says so."""
    opening = opening_of(RECEIPT)
    digests = dict.fromkeys(opening["digests"], 0)
    asked = [
        with_opening(RECEIPT, opening | {"digests": digests}),
        with_opening(RECEIPT, opening | {"corrections": None}),
        with_opening(RECEIPT, opening | {"corrections": {}}),
        with_opening(RECEIPT, opening),
    ]
    assert verdicts(page, [(one, POLICY) for one in asked]) == [False, False, False, True]


_SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-1, 40),
    st.sampled_from([2**32, 2**53 - 1, 2**53, 2**53 + 1, 2**64 - 1, 2**64, -(2**53)]),
    st.sampled_from(["", "0", "3", "golden", "CNY", "00" * 16, "00" * 32, "é\U0001f9fe\u2028\x7f"]),
    st.text(max_size=4),
)
_VALUES = st.recursive(_SCALARS, lambda inner: st.lists(inner, max_size=3), max_leaves=4)


def places(inside: dict[Any, Any] | list[Any]) -> list[tuple[Any, Any]]:
    """Every place in a JSON value: what holds it, and its key there."""
    keys = list(inside) if isinstance(inside, dict) else list(range(len(inside)))
    deeper = [inside[key] for key in keys if isinstance(inside[key], dict | list)]
    return [(inside, key) for key in keys] + [one for more in deeper for one in places(more)]


@st.composite
def false_openings(draw: st.DrawFn) -> bytes:
    """A receipt in whose JSON something was exchanged or taken away, at one or two places."""
    receipt = draw(st.sampled_from([RECEIPT, CORRECTED]))
    opening = opening_of(receipt)
    for _ in range(draw(st.integers(1, 2))):
        holder, key = draw(st.sampled_from(places(opening)))
        if draw(st.integers(0, 4)):
            holder[key] = draw(_VALUES)
        else:
            del holder[key]
        if not opening:
            break
    return with_opening(receipt, opening)


@st.composite
def false_bytes(draw: st.DrawFn) -> bytes:
    """A receipt of which some bytes are others, more or fewer."""
    data = bytearray(draw(st.sampled_from([RECEIPT, CORRECTED, cosigned(RECEIPT, 0, 1)])))
    for _ in range(draw(st.integers(1, 3))):
        at, length = draw(st.integers(0, len(data))), draw(st.integers(0, 3))
        data[at : at + length] = draw(st.binary(max_size=3))
    return bytes(data)


@given(asked=st.lists(false_openings() | false_bytes(), min_size=1, max_size=20))
@settings(max_examples=60, suppress_health_check=list(HealthCheck))
def test_what_nobody_thought_of_has_the_same_verdict(page: Chromium, asked: list[bytes]) -> None:
    """Openings of any shape and any bytes: all three verifiers say the same."""
    found = in_browser(page, [(one, POLICY) for one in asked])
    assert found == [in_python(one, POLICY) for one in asked]
    assert found == [by_publisher(one, POLICY) for one in asked]


@pytest.mark.parametrize("receipt", [RECEIPT, CORRECTED])
def test_the_square_of_a_printed_receipt_is_read(page: Chromium, receipt: bytes) -> None:
    """The page makes the receipt of it again, and of nothing else that a scanner may give."""
    square = letters.paper_text(receipt.decode())
    read = "unpapered({}).then((data) => hex(data), () => null)"
    assert page.run(read.format(json.dumps(square + "\r\n"))) == receipt.hex()
    others = [
        square[:at] + ("A" if square[at] != "A" else "B") + square[at + 1 :]
        for at in range(5, len(square), 9)
    ]
    others += [
        square[:-1],
        square[:-3],
        square + "AAA",
        square + "A",
        square.lower(),
        "AMR1-",
        square[:9],
    ]
    made = page.run(f"Promise.all({json.dumps(others)}.map((one) => {read.format('one')}))")
    for text, found in zip(others, made, strict=True):
        try:
            expected = claim.unpapered(text).hex()
        except (RosterError, *MALFORMED):
            expected = None
        assert found == expected


def test_a_square_that_unpacks_to_far_too_much_is_refused(page: Chromium) -> None:
    """A few kB that would become megabytes are given up early."""
    data = zlib.compress(bytes(30_000_000), 9)
    pairs = [data[at : at + 2] for at in range(0, len(data), 2)]
    text = "AMR1-" + "".join(letters._base45(pair) for pair in pairs)
    assert (
        page.run(f"unpapered({json.dumps(text)}).catch((error) => error.words[1])")
        == "the square was not read whole"
    )


# What people see.


def ask(page: Chromium, text: str) -> str:
    """Paste a text, press the button; what the page answers."""
    page.run(f"show('nothing'); $('text').value = {json.dumps(text)}; $('check').click()")
    return answer(page)


def answer(page: Chromium) -> str:
    """What the page answers, as soon as it does."""
    waiting = """(async () => {
        while (!$('answer').firstChild) await new Promise((next) => setTimeout(next, 10));
        return $('answer').innerText;
    })()"""
    return str(page.run(waiting))


def test_a_good_receipt_is_answered_in_plain_words(page: Chromium) -> None:
    """Amount, case, drill, what is not proved; Chinese and English say the same."""
    said = ask(page, RECEIPT.decode())
    for part in ("模拟演练", "核对通过", "¥5,000.00 CNY", "golden", "不证明钱已经到账", "自带"):
        assert part in said
    for part in ("Simulated", "Verified", "does not prove", "keys came with this page"):
        assert part in said
    assert "更正" not in said
    assert page.run("$('answer').querySelector('pre').textContent.includes('person_root')")
    assert page.complaints() == []


def test_corrections_and_opened_fields_are_shown(page: Chromium) -> None:
    """What is owed now stands first, then what was before and why; a name as it was opened."""
    log = corrected()
    said = ask(page, log.receipt(3))
    assert said.index("¥6,000.00 CNY") < said.index("¥5,000.00 CNY")
    assert "金额有误\namount was wrong" in said
    annulled = MadeLog(people=5).begin().correct((3, entries.ANNULLED, 2, 0)).receipt(3)
    assert "¥0.00 CNY" in ask(page, annulled)
    said = ask(page, opened_by_its_person().decode())
    assert "样本甲" in said
    assert "13800009753" in said


def test_a_bad_receipt_is_answered_in_plain_words(page: Chromium) -> None:
    """That it is not verified, what to do, and the reason below; never that it is."""
    said = ask(page, RECEIPT.decode()[:-9])
    assert "核对没有通过" in said
    assert "核对通过" not in said
    assert "Not verified" in said
    assert "signature does not have its length" in said
    assert page.complaints() == []


def test_every_reason_has_its_words() -> None:
    """Each reason that the script can give stands in both languages, and none is left over."""
    judging = SCRIPT.partition("// The page.")[0]
    said = re.findall(r'"([^"\n]*[\u4e00-\u9fff][^"\n]*)",\s*"([^"\n]*)"', judging)
    assert len(said) == len({*said})
    assert {*said} == {*SENTENCES.values(), ("方块图没有扫描完整", "the square was not read whole")}
    bare = re.findall(r"need\((?!given)[^;]*\);", judging.partition("async function keyOf")[0])
    assert [one for one in bare if "..." not in one and '", "' not in one] == []


def test_an_answer_goes_when_the_question_changes(page: Chromium) -> None:
    """Nobody reads an answer that belongs to another text or policy."""
    for box in ("text", "policy"):
        ask(page, RECEIPT.decode())
        page.run(f"$('{box}').dispatchEvent(new Event('input'))")
        assert page.run("$('answer').childElementCount") == 0


def test_a_saved_answer_does_not_come_back(browser: Chromium, tmp_path: Path) -> None:
    """A page that was saved with its answer opens without it."""
    empty = '<section id="answer" aria-live="polite" aria-atomic="true"></section>'
    assert empty in TEXT
    saved = tmp_path / "saved.html"
    answered = empty.replace("></", ' class="good"><h2>✓</h2></')
    saved.write_text(TEXT.replace(empty, answered), encoding="utf-8")
    browser.open(saved.as_uri())
    assert browser.run("$('answer').childElementCount") == 0


def test_a_chosen_file_is_checked(page: Chromium, folder: Path) -> None:
    """Byte by byte: a file has no line break to lose."""
    (folder / "receipt").write_bytes(RECEIPT)
    (folder / "cut").write_bytes(RECEIPT[:-1])
    node = page.call("DOM.getDocument", depth=-1)["root"]["nodeId"]
    field = page.call("DOM.querySelector", nodeId=node, selector="#file")["nodeId"]
    (folder / "long").write_bytes(b"x" * 70_000)
    for name, word in (("receipt", "Verified:"), ("cut", "Not verified"), ("long", "too long")):
        page.run("show('nothing')")
        page.call("DOM.setFileInputFiles", nodeId=field, files=[str(folder / name)])
        assert word in answer(page)


def test_a_pasted_receipt_may_lose_its_last_line_break(page: Chromium) -> None:
    """Blanks around a copy say nothing; the square's text can be pasted, too."""
    assert "Verified:" in ask(page, "\n  " + RECEIPT.decode().rstrip())
    assert "Verified:" in ask(page, letters.paper_text(RECEIPT.decode()))


def test_nothing_is_answered_where_nothing_was_asked(page: Chromium) -> None:
    """The browser says in its own language that the field is empty."""
    page.run("$('check').click()")
    assert not page.run("$('text').validity.valid")
    assert page.run("document.activeElement.id") == "text"
    assert page.run("$('answer').childElementCount") == 0


def test_a_page_without_policy_asks_for_one(browser: Chromium, folder: Path) -> None:
    """As it comes it believes nobody; a policy from a newspaper is pasted, and then it checks."""
    browser.open((folder / "empty.html").as_uri())
    assert browser.run("$('trust').open")
    assert "policy is not right" in ask(browser, RECEIPT.decode())
    browser.run(f"$('policy').value = {json.dumps(POLICY)}")
    said = ask(browser, RECEIPT.decode())
    assert "Verified:" in said
    assert "keys came with this page" not in said


@pytest.mark.parametrize(
    "lame",
    [
        "crypto.subtle.importKey = async () => { throw new DOMException('', 'NotSupportedError') }",
        "crypto.subtle.verify = async () => true",
        "crypto.subtle.verify = async () => false",
        "Object.defineProperty(Crypto.prototype, 'subtle', { value: undefined })",
    ],
)
def test_a_browser_without_signatures_says_so(tmp_path: Path, folder: Path, lame: str) -> None:
    """It never says verified, nor that the receipt is bad, and names the offline verifier."""
    with chromium(tmp_path / "profile", [lame]) as page:
        page.open((folder / "check.html").as_uri())
        for said in (answer(page), ask(page, RECEIPT.decode())):
            assert "This browser cannot check it" in said
            assert "offline verifier" in said
            assert "erified:" not in said


def test_every_sentence_stands_in_both_languages(page: Chromium) -> None:
    """Chinese first, English beneath it, marked as such, so that both are read out right."""
    page.run("$('trust').open = true")
    for text in (RECEIPT.decode(), RECEIPT.decode()[:-9]):
        ask(page, text)
        bare = page.run("""[...document.querySelectorAll("h1, h2, p, label, summary, dt, button")]
            .filter((one) => one.checkVisibility() && !one.querySelector(":scope > [lang=en]"))
            .map((one) => one.outerHTML).filter((one) => !one.includes("<label"))""")
        assert bare == []
        told = page.run("""[...document.querySelectorAll("[lang=en]")].map((one) => [
            one.textContent, one.parentNode.firstChild.textContent])""")
        assert [one for one, _ in told if re.search("[\u4e00-\u9fff]", one)] == []
        assert page.run("document.documentElement.lang") == "zh-Hans"


def test_the_page_is_for_everybody(browser: Chromium, folder: Path) -> None:
    """By day and by night, on phone and desk, before an answer and after it: axe has no objection.

    Nothing is wider than the screen, and a finger hits each control.
    """
    address, found = (folder / "check.html").as_uri(), []
    controls = "[...document.querySelectorAll('button, input, summary, textarea')]"
    for width, dark in product((*WIDTHS, 320), (False, True)):
        browser.look(width=width, dark=dark)
        browser.open(address)
        browser.run("$('trust').open = true")
        for text in ("", RECEIPT.decode(), "x"):
            if text:
                ask(browser, text)
            found += [(width, dark, one) for one in faults(browser, address, own=False)]
            assert browser.run("document.documentElement.scrollWidth") <= width
            assert browser.run(f"Math.min(...{controls}.map((one) => one.offsetHeight))") >= 44
    assert found == []
    assert browser.run("$('answer').getAttribute('aria-live')") == "polite"


# What the page is.


def test_the_page_is_one_file_that_does_nothing_else() -> None:
    """tests/tidy counts its lines; the digests of both parts stand in its own content policy."""
    for tag in ("style", "script"):
        content = TEXT.partition(f"<{tag}>")[2].partition(f"</{tag}>")[0]
        digest = base64.b64encode(sha256(content.encode()).digest()).decode()
        assert re.search(rf"{tag}-src\s+'sha256-{re.escape(digest)}'", TEXT)
    assert "default-src 'none'; connect-src 'none'" in TEXT
    assert "trusted-types 'none'; style-src" in TEXT
    assert "require-trusted-types-for 'script'; script-src" in TEXT
    assert not re.search(
        r"innerHTML|outerHTML|eval|Function\(|fetch\(|XMLHttp|import\(|https?:", TEXT
    )
    assert not re.search(r"localStorage|sessionStorage|cookie|indexedDB|<a\b|src=|href=", TEXT)


def test_the_words_of_the_page_pass_the_lint() -> None:
    """As everything that the public reads."""
    words = re.sub(
        r"<(style|script)>.*?</\1>|<code>.*?</code>|<!--.*?-->", "", TEXT, flags=re.DOTALL
    )
    text = unescape(re.sub(r"<[^>]*>", "\n", words))
    said = re.findall(r'"([^"\n]*[\u4e00-\u9fff][^"\n]*)",\s*"([^"\n]*)"', SCRIPT)
    text += "\n".join(word for pair in said for word in pair)
    assert "核对赔偿凭证" in text
    assert "核对没有通过" in text
    assert lint(text) == []


def test_only_the_policy_line_differs_from_case_to_case() -> None:
    """So anybody can hold a published page against the one that comes with the program."""
    strange = 'log a+b+c\n# "><script>alert(1)</script>&amp;\n'
    made, own = page_of(strange).decode().split("\n"), TEXT.split("\n")
    differing = [one for one, other in zip(made, own, strict=True) if one != other]
    assert len(differing) == 1
    assert differing[0].startswith('<meta name="amends-policy" content="log a+b+c&#10;')
    assert unescape(differing[0].partition('content="')[2].removesuffix('">')) == strange


def test_publish_lays_the_page_beside_the_log(
    thirty: OpenCase, browser: Chromium, tmp_path: Path
) -> None:
    """With the case's own policy; lost or changed it comes back; a receipt of the case passes."""
    service.publish(thirty)
    policy, receipt = tmp_path / "policy", tmp_path / "receipt"
    service.write_policy(thirty, policy)
    proving.write_receipt(thirty, 7, receipt)
    published = thirty.case.site / site.PAGE
    assert published.read_bytes() == page_of(policy.read_text(encoding="utf-8"))
    for damage in (published.unlink, lambda: published.write_bytes(b"<html>")):
        damage()
        service.publish(thirty)
        assert published.read_bytes() == page_of(policy.read_text(encoding="utf-8"))
    browser.open(published.as_uri())
    assert "Verified:" in ask(browser, receipt.read_text(encoding="utf-8"))
    assert "Not verified" in ask(browser, RECEIPT.decode())


def test_the_policy_arrives_as_it_was_written(page: Chromium) -> None:
    """Line breaks included."""
    assert page.run("$('policy').value") == POLICY


def test_a_page_from_a_server_asks_for_nothing_more(page: Chromium, folder: Path) -> None:
    """One request; then nothing can be fetched, sent, or written as markup."""
    asked: list[str] = []

    class Handler(SimpleHTTPRequestHandler):
        def log_request(self, code: object = "", size: object = "") -> None:
            asked.append(f"{self.path} {code} {size}".split()[0])

    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, directory=folder)) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        address = f"http://127.0.0.1:{server.server_port}/check.html"
        page.open(address)
        assert "Verified:" in ask(page, RECEIPT.decode())
        assert page.complaints() == []
        assert page.requests() == [address]
        assert page.run("fetch('check.html').then(() => 'out', () => 'refused')") == "refused"
        markup = "try { document.body.innerHTML = 'x'; 'in'; } catch { 'refused'; }"
        assert page.run(markup) == "refused"
        server.shutdown()
    assert asked == ["/check.html"]
