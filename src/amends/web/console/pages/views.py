"""Views of lists that an operator saved: kept at the list itself, seen and removed at *My work*."""

from amends.access import saved
from amends.access.model import Right, SavedView
from amends.kernel.saying import said
from amends.web.console import menus
from amends.web.console.desk import Desk
from amends.web.console.pages.registry import Action
from amends.web.console.parts import (
    Answer,
    Button,
    Column,
    Elsewhere,
    Field,
    Form,
    Part,
    Table,
    link,
)


def parts(desk: Desk) -> list[Part]:
    """What this operator saved; nothing while that is nothing."""
    views = desk.session.views
    if not views:
        return []
    names = menus.names(desk.language)
    return [
        Table(
            caption=desk.say(said("Your saved views")),
            columns=(
                Column(label=desk.say(said("View"))),
                Column(label=desk.say(said("Page"))),
            ),
            rows=[(link(_address(one), one.name), names.get(one.path, one.path)) for one in views],
            narrow=True,
        ),
        Form(
            title=desk.say(said("Remove a saved view")),
            action="/views/removed",
            fields=(
                Field(
                    name="view",
                    label=desk.say(said("View")),
                    choices=[(f"{one.path} {one.name}", one.name) for one in views],
                ),
            ),
            buttons=(Button(label=desk.say(said("Remove")), tone="plain"),),
        ),
    ]


def _address(view: SavedView) -> str:
    return f"{view.path}?{view.query}" if view.query else view.path


def save(desk: Desk) -> Answer:
    """Keep what is shown of a list under a name."""
    view = SavedView(
        path=desk.form.get("path", ""),
        name=desk.form.get("name", "").strip(),
        query=desk.form.get("query", ""),
    )
    if view.path not in menus.paths() or not view.query.isascii():
        raise saved.SavedViewError(said("a list of the console can be saved, nothing else"))
    saved.save(desk.opened, view)
    return Elsewhere(to=_address(view), told=desk.say(said("saved as {name}", name=view.name)))


def remove(desk: Desk) -> Answer:
    """Remove a view."""
    path, _, name = desk.form.get("view", "").partition(" ")
    saved.remove(desk.opened, path, name)
    return Elsewhere(to="/", told=desk.say(said("removed: {name}", name=name[:40])))


PAGES = ()
ACTIONS = (
    Action(path="/views", right=Right.HALT, act=save),
    Action(path="/views/removed", right=Right.HALT, act=remove),
)
