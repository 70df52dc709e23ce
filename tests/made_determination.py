"""A finished determination for tests of the rooms above: who is affected, without any matching."""

from collections.abc import Mapping

from amends.vault.opened import OpenCase


def person(number: int) -> str:
    """A person id of the right form."""
    return f"{number:026d}"


def determine_made_up(
    opened: OpenCase,
    people: Mapping[str, str],
    *,
    tranche: int = 1,
    run_no: int = 1,
    waiting: int = 0,
) -> None:
    """Record a finished run that affects *people*: categories (``;`` between) by person id."""
    with opened.database.unit_of_work() as connection:
        connection.execute(
            "INSERT INTO linkage.run (run_no, input_digest, settings, result_digest, counts, "
            "finished_at) VALUES (%(no)s, %(digest)s, '{}', %(digest)s, "
            "jsonb_build_object('waiting', %(waiting)s::bigint), %(now)s)",
            {"no": run_no, "digest": f"{run_no:064d}", "now": opened.clock.now()}
            | {"waiting": waiting},
        )
        with connection.cursor() as cursor:
            cursor.executemany(
                "INSERT INTO linkage.person (run_no, person_id, categories, products, "
                "leaked_rows, method, probability, tranche) VALUES (%(no)s, %(person)s, "
                "%(categories)s, 'im', 1, 'exact', 1.0, %(tranche)s)",
                [
                    {"no": run_no, "person": who, "categories": what, "tranche": tranche}
                    for who, what in people.items()
                ],
            )
