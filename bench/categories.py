"""How well columns and identifiers in text are told, beside Presidio on the same values.

    python bench/categories.py [--rows 400] [--seeds 3] [--sentences 4000] [--every 1]

Columns: made-up files of many layouts (``corpora/``) as the detector sees them: headers, first
values, and what the table would be called, where somebody wrote that down; beside that what comes
of no names, and of names that changed places, which must do no harm. The layouts, and the found
files (FEBRL, pseudopeople, the practice case), were all looked at while it was written: what is
worth most for unseen layouts are the figures of first runs, printed beside the present ones. F1 is
per category of the law report's list, then their mean (macro). Presidio sees the same values with
the header as context, and a column is what most of its values are.

Text: sentences with known identifiers (``corpora/sentences.py``); a find counts if kind and value
are exactly right. Both run on one thread in this process; speed is CPU time over the same bytes.
"""

import argparse
import random
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import polars as pl

from amends.evidence.categories.bits import codes_of
from amends.evidence.categories.claims import Sample
from amends.evidence.categories.detect import decide
from amends.evidence.categories.identifiers import mentions
from amends.evidence.categories.placeholders import without_placeholders
from amends.evidence.masks import masks_of
from amends.evidence.model import ColumnDecision, How, Role
from amends.kernel.categories import CATEGORIES, code_of
from corpora import columns as made
from corpora import sentences as spoken
from corpora.by_domain import BY_DOMAIN
from corpora.counted import DOUBT, Score, scored
from corpora.eighth_held_out import EIGHTH
from corpora.eleventh_held_out import ELEVENTH
from corpora.eleventh_held_out import FIRST_RUN as ELEVENTH_FIRST
from corpora.fifteenth_held_out import COMMENTS, FIFTEENTH
from corpora.fifteenth_held_out import FIRST_RUN as FIFTEENTH_FIRST
from corpora.fifteenth_held_out import FIRST_RUN_WITH_COMMENTS as FIFTEENTH_COMMENTED
from corpora.fifth_held_out import ACCOUNTS
from corpora.found import found_files
from corpora.fourteenth_held_out import FIRST_RUN as FOURTEENTH_FIRST
from corpora.fourteenth_held_out import FIRST_RUN_DOUBTFUL as FOURTEENTH_DOUBTFUL
from corpora.fourteenth_held_out import FOURTEENTH
from corpora.looked_at import LOOKED_AT
from corpora.ninth_held_out import FIRST_RUN as NINTH_FIRST
from corpora.ninth_held_out import NINTH
from corpora.once_held_out import PRESS, SCHEMAS, TABLES
from corpora.presidio import KNOWS, Presidio
from corpora.published import PUBLISHED
from corpora.seventh_held_out import SEVENTH
from corpora.sixteenth_held_out import FIRST_RUN as SIXTEENTH_FIRST
from corpora.sixteenth_held_out import FIRST_RUN_WITH_COMMENTS as SIXTEENTH_COMMENTED
from corpora.sixteenth_held_out import SIXTEENTH, SIXTEENTH_COMMENTS
from corpora.sixth_held_out import SIXTH
from corpora.tenth_held_out import FIRST_RUN as TENTH_FIRST
from corpora.tenth_held_out import TENTH
from corpora.thirteenth_held_out import FIRST_RUN as THIRTEENTH_FIRST
from corpora.thirteenth_held_out import THIRTEENTH
from corpora.twelfth_held_out import FIRST_RUN as TWELFTH_FIRST
from corpora.twelfth_held_out import TWELFTH

_SEEN = LOOKED_AT | BY_DOMAIN | PUBLISHED | PRESS | SCHEMAS | TABLES | ACCOUNTS | SIXTH | SEVENTH
_NAMED = {
    "eighth": (EIGHTH, 100),
    "ninth": (NINTH, 200),
    "tenth": (TENTH, 300),
    "eleventh": (ELEVENTH, 400),
    "twelfth": (TWELFTH, 500),
    "thirteenth": (THIRTEENTH, 600),
    "fourteenth": (FOURTEENTH, 700),
    "fifteenth": (FIFTEENTH, 800),
    "sixteenth": (SIXTEENTH, 900),
}
"""Sets whose tables are called something, and their first seeds."""
_SAID = {"fifteenth": COMMENTS, "sixteenth": SIXTEENTH_COMMENTS}
"""What the columns' comments say, in sets that have some."""
HISTORICAL = Path(__file__).parents[1] / "tests" / "cases" / "historical"


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=400)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--every", type=int, default=1, help="of all files every nth")
    parser.add_argument("--sentences", type=int, default=4000)
    parser.add_argument(
        "--presidio-values", type=int, default=20, help="per column: it takes milliseconds for each"
    )
    parser.add_argument("--looked-at-only", action="store_true", help="leave the held-out ones")
    asked = parser.parse_args()
    presidio = Presidio()
    print("Presidio runs without a trained language model (none can be fetched here): its pattern")
    print("recognisers on a blank spaCy engine. It then knows no names, places and addresses;")
    print(f"'both know' compares on {', '.join(sorted(KNOWS))} alone.\n")
    sets: dict[str, list[made.File]] = {
        "looked at": list(
            made.files(
                _SEEN,
                range(asked.seeds),
                asked.rows,
            )
        ),
    }
    if not asked.looked_at_only:
        really = (*THIRTEENTH, *FOURTEENTH, *FIFTEENTH, *SIXTEENTH)
        real = {layout: layout.partition(" ")[2] for layout in really}
        names = made.table_names() | real
        for name, (layouts, seed) in _NAMED.items():
            seeds = range(seed, seed + asked.seeds)
            sets[name] = list(made.files(layouts, seeds, asked.rows, names, _SAID.get(name)))
        sets["found"] = list(found_files(HISTORICAL, asked.rows, libraries=asked.every == 1))
    print(
        "Macro F1 of first runs, the figure for unseen layouts: "
        f"ninth {NINTH_FIRST:.3f}, tenth {TENTH_FIRST:.3f}, "
        f"eleventh {ELEVENTH_FIRST:.3f},\ntwelfth {TWELFTH_FIRST:.3f}, "
        f"thirteenth, with its tables' real names, {THIRTEENTH_FIRST:.3f},\n"
        f"fourteenth, also so, {FOURTEENTH_FIRST:.3f} ({FOURTEENTH_DOUBTFUL:.3f} with its doubtful "
        f"columns),\nfifteenth {FIFTEENTH_FIRST:.3f}, with comments {FIFTEENTH_COMMENTED:.3f}, "
        f"sixteenth {SIXTEENTH_FIRST:.3f} and {SIXTEENTH_COMMENTED:.3f}.\n"
        "Below stands what they give now, as sets that have been looked at.\n"
    )
    for name, files in sets.items():
        _columns(name, files[:: asked.every], presidio, asked.presidio_values)
    texts = {"looked at": spoken.LOOKED_AT}
    if not asked.looked_at_only:
        texts["held out"] = spoken.HELD_OUT
    for at, (name, templates) in enumerate(texts.items()):
        _text(name, list(spoken.sentences(templates, asked.sentences, at)), presidio)
    _mask_cost(asked.rows * 500)


def _columns(
    name: str, files: Sequence[made.File], presidio: Presidio, presidio_values: int
) -> None:
    """Both on one set of files."""
    count = sum(len(file.truth) for file in files)
    ours, ours_s = scored(files, _ours)
    theirs, theirs_s = scored(files, lambda file: _theirs(file, presidio, presidio_values))
    both = {code_of(word) for word in KNOWS}
    print(f"# columns, {name}: {len(files)} files, {count} columns")
    print(f"  {'':<28}{'Amends':>10}{'Presidio':>10}")
    print(f"  {'macro F1, all categories':<28}{ours.macro():>10.4f}{theirs.macro():>10.4f}")
    print(f"  {'macro F1, both know':<28}{ours.macro(both):>10.4f}{theirs.macro(both):>10.4f}")
    print(f"  {'CPU ms a column':<28}{ours_s / count * 1e3:>10.1f}{theirs_s / count * 1e3:>10.1f}")
    _without_doubtful(files)
    if any(file.table for file in files):
        _names_beside(files)
    if any(file.comments for file in files):
        silent = [replace(file, comments=()) for file in files]
        print(f"  {'macro F1, no comments':<28}{scored(silent, _ours)[0].macro():>10.4f}")
    _not_perfect(ours)
    print()


def _without_doubtful(files: Sequence[made.File]) -> None:
    """What the columns give for which one code alone can be defended."""
    doubtful = sum(DOUBT in truth for file in files for truth in file.truth)
    if doubtful:
        sure = scored(files, _ours, doubtful=False)[0]
        print(f"  {f'macro F1, less {doubtful} doubtful':<28}{sure.macro():>10.4f}")


def _names_beside(files: Sequence[made.File]) -> None:
    """What the same tables give without their names, and with those of others."""
    names = [file.table for file in files]
    random.Random(len(files)).shuffle(names)  # noqa: S311  # an order, no secret
    for what, given in (("no names", [""] * len(files)), ("names of others", names)):
        renamed = [replace(file, table=name) for file, name in zip(files, given, strict=True)]
        print(f"  {'macro F1, ' + what:<28}{scored(renamed, _ours)[0].macro():>10.4f}")


def _not_perfect(score: Score) -> None:
    for name in score.classes():
        precision, recall, f1 = score.f1(name)
        if f1 < 1:
            print(f"    {name:<14} precision {precision:.3f}  recall {recall:.3f}  F1 {f1:.3f}")


def _ours(file: made.File) -> list[str]:
    """The category of each column, or OTHER; account ids are a class of their own."""
    return [category(decision) for decision in decisions_of(file)]


def decisions_of(file: made.File) -> tuple[ColumnDecision, ...]:
    """What intake would tell, without any registry to compare with."""
    samples = []
    comments = file.comments or ("",) * len(file.headers)
    columns = zip(file.headers, file.columns, comments, strict=True)
    for at, (header, values, comment) in enumerate(columns):
        cells = pl.Series(values, dtype=pl.String).str.strip_chars()
        there = without_placeholders(cells.filter(cells != ""))
        filled = len(there) / max(1, len(values))
        samples.append(
            Sample(
                position=at,
                header=header,
                values=tuple(there.to_list()),
                filled=filled,
                comment=comment,
            )
        )
    return decide(samples, {}, {}, Role.EVIDENCE, table=file.table)


def category(decision: ColumnDecision) -> str:
    """The class that a decision counts as."""
    code = code_of(decision.field)
    return code if code in CATEGORIES or code == "ACCOUNT_ID" else made.OTHER


def _theirs(file: made.File, presidio: Presidio, most: int) -> list[str]:
    """What most values of each column are to Presidio."""
    told = []
    for header, values in zip(file.headers, file.columns, strict=True):
        shown = [value for value in values if value][:most]
        context = [header.lower()] if header else []
        votes: Counter[str] = Counter()
        for value in shown:
            language = "zh" if any("\u4e00" <= one <= "\u9fff" for one in value) else "en"
            found = presidio.found(value, language, context)
            if found:
                votes[max(found, key=lambda one: (one[2], len(one[1])))[0]] += 1
        best = votes.most_common(1)
        sure = best and best[0][1] * 2 >= len(shown)
        told.append(code_of(best[0][0]) if sure else made.OTHER)
    return told


def _text(name: str, texts: Sequence[spoken.Sentence], presidio: Presidio) -> None:
    """Both on the same sentences; Presidio on the first tenth of them."""
    size = sum(len(text.text.encode()) for text in texts)
    began = time.process_time()
    found = mentions(pl.Series([text.text for text in texts]))
    ours_s = time.process_time() - began
    ours: list[set[tuple[str, str]]] = [set() for _ in texts]
    for at, word, value in found.select("text", "field", "value").iter_rows():
        ours[at].add((word, value))
    some = texts[: max(50, len(texts) // 10)]
    some_size = sum(len(text.text.encode()) for text in some)
    began = time.process_time()
    theirs = [
        {(word, value.strip()) for word, value, _ in presidio.found(text.text, text.language)}
        for text in some
    ]
    theirs_s = time.process_time() - began
    print(f"# text, {name}: {len(texts)} sentences (Presidio: {len(some)})")
    for language in ("zh", "en"):
        mine = _compared(texts, ours, language)
        other = _compared(some, theirs, language)
        head = f"{'kind':<12}{'Amends P':>9}{'R':>7}{'F1':>7}{'Presidio P':>12}{'R':>7}{'F1':>7}"
        print(f"  {language}: {head}")
        for word in mine.classes():
            one, two = mine.f1(word), other.f1(word)
            print(
                f"      {word:<12}{one[0]:>9.3f}{one[1]:>7.3f}{one[2]:>7.3f}"
                f"{two[0]:>12.3f}{two[1]:>7.3f}{two[2]:>7.3f}"
            )
        print(
            f"      {'macro F1':<12}{mine.macro():>23.3f}{other.macro():>26.3f}   "
            f"both know {mine.macro(KNOWS):.3f} and {other.macro(KNOWS):.3f}"
        )
    print(
        f"  speed: {size / 1e6 / ours_s:.2f} MB/s of CPU, Presidio "
        f"{some_size / 1e6 / theirs_s:.3f} MB/s, ratio "
        f"{size / ours_s / (some_size / theirs_s):.0f}\n"
    )


def _compared(
    texts: Sequence[spoken.Sentence], found: Sequence[set[tuple[str, str]]], language: str
) -> Score:
    score = Score()
    for text, told in zip(texts, found, strict=True):
        if text.language != language:
            continue
        truth = set(text.truth)
        score.hit.update(word for word, _ in truth & told)
        score.missed.update(word for word, _ in truth - told)
        score.wrong.update(word for word, _ in told - truth)
    return score


def _mask_cost(rows: int) -> None:
    """What the category masks cost per row, beside only asking for nulls."""
    fields = ("name", "phone", "idno", "email", "address")
    frame = pl.DataFrame(
        {f"c{at}": [f"{number:011d}" for number in range(rows)] for at in range(len(fields))}
    )
    table = frame.to_arrow(compat_level=pl.CompatLevel.oldest())
    decisions = [
        ColumnDecision(position=at, column=word, field=word, how=How.HEADER)
        for at, word in enumerate(fields)
    ]
    codes = codes_of(fields)
    costs: Mapping[str, float] = {
        "masks": _cpu_s(lambda: masks_of(table, decisions, codes)),
        "nulls alone": _cpu_s(lambda: frame.select(pl.all_horizontal(pl.all().is_not_null()))),
    }
    print(f"# masks of {rows:,} rows with five columns")
    for what, cpu_s in costs.items():
        print(f"  {what:<12} {rows / max(cpu_s, 1e-6) / 1e6:8.1f} million rows/s of CPU")


def _cpu_s(work: Callable[[], object]) -> float:
    began = time.process_time()
    work()
    return time.process_time() - began


if __name__ == "__main__":
    main()
