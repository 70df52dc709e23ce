"""Whoever is at work sees that payments are halted: on every page, in both languages."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from html import unescape

import pytest

from amends.payouts.sending import switch
from amends.web.console.menus import paths
from made_cases import Original, Prepare, SharedServer
from served_console import Stand, filled, served_case

SAID = {
    "en": "UTC by carla: a rehearsal",
    "zh": "UTC 起由 carla 暂停：a rehearsal",
}
STOPPED = {
    "en": "UTC by axel, and what was handed over is taken back where it can be: worse",
    "zh": "UTC 起由 axel 停止，已交出而能撤回的一律撤回：worse",
}


@pytest.fixture(scope="module")
def stand(original: Callable[[Prepare], Original], server: SharedServer) -> Iterator[Stand]:
    """A case whose payments somebody has halted, served."""
    with served_case(original(filled), server) as found:
        yield found


def test_every_page_says_that_payments_are_halted_or_stopped_until_they_go_on(
    stand: Stand,
) -> None:
    """A banner stands on each page of the menu, for who may see it; then that of the stop; none."""
    for language in ("en", "zh"):
        for path in paths():
            for name in ("carla", "root"):
                got = stand.visitor(name, language).get(path)
                if got.status == 200:
                    assert 'class="banner halted"' in got.text, path
                    assert SAID[language] in unescape(got.text), path
    axel = stand.visitor("axel")
    page = axel.get("/payouts").text
    assert 'name="withdraw"' in page
    form = {"typed": "test", "reason": "worse", "withdraw": "yes"}
    assert axel.act("/payouts", "/payouts/halt", form).status == 303
    for language in ("en", "zh"):
        for path in ("/", "/payouts", "/payments"):
            text = unescape(stand.visitor("carla", language).get(path).text)
            assert STOPPED[language] in text, path
    assert 'name="withdraw"' not in axel.get("/payouts").text
    found = switch.halted(stand.opened)
    assert found is not None
    assert found.withdraws
    opened = replace(stand.opened, by="carla", approve_as=("anna", "ben"))
    assert switch.resume(opened)
    carla = stand.visitor("carla")
    carla.act("/payouts", "/payouts/resume", {"typed": "test"})  # the console looks anew
    assert 'class="banner halted"' not in carla.get("/payments").text
    assert "Payments go out." in carla.get("/payouts").text
