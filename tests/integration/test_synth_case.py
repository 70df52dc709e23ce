"""The model case as files: what a company would have, and the truth beside it."""

import hashlib
import io
import json
import re
from dataclasses import asdict, fields
from pathlib import Path

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from amends.kernel.casefile import read_case
from amends.simulators.alipay.kinds import KINDS
from amends.simulators.faults import read_faults
from amends.synth.files import whole_directory
from amends.synth.leakfiles import LEAKS
from amends.synth.model import LIFE, Rates, SynthError, rates_of
from amends.synth.registries import PRODUCTS
from amends.synth.service import World, write_case

PEOPLE = 4000


@pytest.fixture(scope="module")
def case(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A case of 4,000 people in the middle world."""
    directory = tmp_path_factory.mktemp("synth") / "model"
    write_case(directory, people=PEOPLE, seed=5)
    return directory


@pytest.fixture(scope="module")
def harsh(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same people in a harsh world."""
    directory = tmp_path_factory.mktemp("synth") / "model"
    write_case(directory, people=PEOPLE, seed=5, world=World.HARSH)
    return directory


@pytest.fixture(scope="module")
def undamaged(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same people, every rate of damage at 0."""
    directory = tmp_path_factory.mktemp("synth") / "model"
    damage = {field.name: 0.0 for field in fields(Rates) if field.name not in LIFE}
    write_case(directory, people=PEOPLE, seed=5, rates=damage)
    return directory


def test_the_same_settings_write_the_same_bytes(case: Path, tmp_path: Path) -> None:
    """Every file of a second run is equal to the first; another seed's data are not."""
    write_case(tmp_path / "again", people=PEOPLE, seed=5)
    write_case(tmp_path / "other", people=PEOPLE, seed=6)
    assert _digests(tmp_path / "again") == _digests(case)
    other = _digests(tmp_path / "other")
    assert not set(other.values()) & set(_digests(case).values())


def test_exactly_as_many_are_affected_as_asked_for(case: Path) -> None:
    """The people who hold an account and whom a leaked row is about are 4,000."""
    assert len(_holders(case) & set(_truth_rows(case)["person"])) == PEOPLE


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    people=st.integers(1, 60),
    seed=st.integers(0, 2**63),
    world=st.sampled_from(list(World)),
    rates=st.dictionaries(
        st.sampled_from([field.name for field in fields(Rates) if field.name != "strangers"]),
        st.floats(0, 1),
        max_size=6,
    ),
)
def test_the_count_and_the_truth_hold_in_any_world(
    tmp_path: Path, people: int, seed: int, world: World, rates: dict[str, float]
) -> None:
    """At any size, seed, world and rate: that many affected, and truth for all that is there."""
    directory = tmp_path / f"{people}-{seed}"
    summary = write_case(directory, people=people, seed=seed, world=world, rates=rates)
    rows, accounts = _truth_rows(directory), _truth_accounts(directory)
    assert len(set(accounts["person"]) & set(rows["person"])) == people
    assert accounts.height == summary.counts["accounts"]
    assert rows.height == summary.counts["leaked_rows"] - summary.counts["malformed"]
    for product in PRODUCTS:
        ids = _registry(directory, product.name)["account_id"]
        assert ids.to_list() == accounts.filter(product=product.name)["account_id"].to_list()


def test_every_file_is_what_it_says(case: Path) -> None:
    """Four encodings and formats of leaks can be read once their malformed rows are taken out."""
    assert "姓名" in _line(case, "customers-export.csv", 0).decode("gb18030")
    assert (case / "evidence/members.csv").read_bytes().startswith(b"\xef\xbb\xbfname,email")
    record = json.loads(_line(case, "game-orders.jsonl", 0))
    assert set(record) <= {"username", "phone", "device_id", "order_no"}
    assert _line(case, "dump-07.txt", 0).count(b"----") == 3
    for leak in LEAKS:
        good, bad = _readable_rows(case, leak.file)
        assert len(good) + len(bad) > PEOPLE // 2
        assert bad, leak.file


def test_a_fifth_file_is_a_mysql_dump(tmp_path: Path) -> None:
    """All files together have as many rows as before; the truth counts those of the table."""
    case = tmp_path / "case"
    write_case(case, people=PEOPLE, seed=5, rates={"sql_dump": 0.6})
    text = (case / "evidence/shop-users.sql").read_bytes().decode("utf-8", "replace")
    assert text.startswith("-- MySQL dump")
    assert "CREATE TABLE `shop_users`" in text
    rows = re.findall(r"[(,]\((\d+),((?:'[^']*'|NULL)(?:,(?:'[^']*'|NULL))*)\)", "," + text)
    rows += re.findall(r"VALUES \((\d+),((?:'[^']*'|NULL)(?:,(?:'[^']*'|NULL))*)\)", text)
    numbers = {int(number): len(re.findall(r"'[^']*'|NULL", values)) for number, values in rows}
    truth = _truth_rows(case)
    known = truth.filter(evidence="evidence/shop-users.sql!shop_users")["row"].to_list()
    assert sorted(numbers) == list(range(1, max(numbers) + 1))
    assert {numbers[row] for row in known} == {5}
    assert set(numbers) - set(known)
    assert len(known) / PEOPLE == pytest.approx(0.6 * 1.05, abs=0.03)
    assert truth.height / PEOPLE == pytest.approx(3.35, abs=0.1)
    assert len(_holders(case) & set(truth["person"])) == PEOPLE
    assert "evidence/shop-users.sql" in (case / "case.toml").read_text(encoding="utf-8")


def test_the_truth_leaves_out_exactly_the_rows_that_nobody_can_read(case: Path) -> None:
    """The rows that are missing in truth-rows.csv are the malformed ones, by number."""
    rows = _truth_rows(case)
    for leak in LEAKS:
        good, bad = _readable_rows(case, leak.file)
        known = rows.filter(evidence=f"evidence/{leak.file}")["row"].to_list()
        assert known == sorted(good)
        assert not set(known) & bad


def test_nobody_is_affected_only_by_a_row_that_nobody_can_read(case: Path) -> None:
    """All affected people have a row in the truth, which has readable rows only."""
    affected = {f"P{number:09d}" for number in range(PEOPLE)}
    assert affected <= set(_truth_rows(case)["person"])
    assert affected <= _holders(case)


def test_strangers_hold_no_account(case: Path) -> None:
    """About 1.5 % of the leaked rows are about people who are in no registry."""
    rows = _truth_rows(case)
    strangers = rows.filter(~pl.col("person").is_in(sorted(_holders(case))))
    assert strangers.height / rows.height == pytest.approx(0.015, abs=0.003)


def test_people_have_four_accounts_and_three_rows(case: Path) -> None:
    """The size of the model case: 126,000 accounts and 100,000 rows for 30,000 people."""
    assert _truth_accounts(case).height / PEOPLE == pytest.approx(4.2, abs=0.15)
    assert _truth_rows(case).height / PEOPLE == pytest.approx(3.35, abs=0.1)


def test_account_ids_are_unique_and_marked(case: Path) -> None:
    """No product has an id twice, and every id says that it is made up."""
    accounts = _truth_accounts(case)
    assert accounts.select("product", "account_id").is_duplicated().sum() == 0
    assert accounts["account_id"].str.contains(r"^SYN-[A-Z]{2}-\d{9}$").all()


def test_some_people_hold_two_accounts_of_one_product(case: Path) -> None:
    """Second accounts exist, as often as their rate says."""
    accounts = _truth_accounts(case)
    second = accounts.height - accounts.select("product", "person").unique().height
    assert second / accounts.height == pytest.approx(0.015, abs=0.004)


def test_the_case_file_is_read_without_complaint(case: Path) -> None:
    """case.toml has the names, the simulated clock, the funding, and files that are there."""
    file = read_case(case).file
    assert (file.id, file.controller.zh, file.clock) == ("model", "智政集团", "simulated")
    assert str(file.funding) == "CNY 22000000.00"
    assert file.promise.people is None
    assert file.promise.total is None
    sources = [source.path for source in file.registries]
    sources += [source.path for source in file.evidence]
    sources += [source.path for source in file.people]
    assert len(sources) == 14
    assert all((case / path).is_file() for path in sources)


def test_the_case_says_that_it_is_made_up(case: Path) -> None:
    """case.toml, faults.toml and README.txt begin with it, and so does the title's end."""
    for name in ("case.toml", "faults.toml", "README.txt"):
        assert "Made up" in (case / name).read_text(encoding="utf-8").splitlines()[0]
    assert "（虚构）" in read_case(case).file.title.zh


def test_characters_beyond_the_basic_plane_are_in_registries_and_leaks(case: Path) -> None:
    """Names with 𠮷 and its like stand in Parquet, in GB18030 and in UTF-8."""
    texts = (
        "".join(_registry(case, "im")["name"].drop_nulls()),
        (case / "evidence/customers-export.csv").read_bytes().decode("gb18030", "replace"),
        (case / "evidence/members.csv").read_text(encoding="utf-8", errors="replace"),
    )
    for text in texts:
        assert any(0x20000 <= ord(character) < 0x32000 for character in text)


def test_nothing_is_damaged_in_a_world_without_damage(undamaged: Path) -> None:
    """All rows of the GB18030 file agree with the games registry on names, numbers and mobiles."""
    rows = _leak(undamaged, "customers-export.csv").with_columns(
        person=_truth_rows(undamaged).filter(evidence="evidence/customers-export.csv")["person"]
    )
    accounts = _registry(undamaged, "games").with_columns(
        person=_truth_accounts(undamaged).filter(product="games")["person"]
    )
    both = rows.join(
        accounts.filter(pl.col("person").is_first_distinct()), on="person", suffix="_registry"
    )
    assert both.height > PEOPLE // 4
    for word in ("name", "idno"):
        assert (both[word] == both[f"{word}_registry"]).all()
    first = both.filter(pl.col("phone").is_not_null())
    assert _share(first["phone"] == first["phone_registry"]) > 0.98  # some met a second account


def test_damage_is_as_frequent_as_its_rates(case: Path, undamaged: Path) -> None:
    """Lost fields, wrong digits and 15-digit numbers of the registries follow the rates."""
    rates = rates_of(World.MIDDLE)
    good, bad = _registry(undamaged, "games"), _registry(case, "games")
    assert bad["account_id"].to_list() == good["account_id"].to_list()
    lost = _share(bad["idno"].is_null())
    assert lost == pytest.approx(rates.registry_missing, abs=0.015)
    old = _share(bad["idno"].str.contains(r"^\d{15}\s*$"))
    assert old == pytest.approx(0.05 * 0.5, abs=0.02)
    numbers = pl.DataFrame({"good": good["phone"], "bad": bad["phone"]}).drop_nulls()
    plain = numbers["bad"].str.contains(r"^1\d{10}$")
    assert 1 - _share(plain) == pytest.approx(rates.format_noise, abs=0.02)


def test_four_percent_of_rows_have_damaged_keys(undamaged: Path, tmp_path: Path) -> None:
    """Mobile and national number of a row are damaged together, as often as the rate says."""
    struck = tmp_path / "struck"
    rates = dict.fromkeys(asdict(Rates()).keys() - LIFE, 0.0) | {"key_damage": 0.04}
    write_case(struck, people=PEOPLE, seed=5, rates=rates)
    good, bad = (_leak(directory, "customers-export.csv") for directory in (undamaged, struck))
    assert good["name"].equals(bad["name"])
    damaged = good["idno"] != bad["idno"]
    assert _share(damaged) == pytest.approx(0.04, abs=0.01)
    assert ((good["phone"] != bad["phone"]) == damaged).drop_nulls().all()


def test_a_harsh_world_has_more_damage(case: Path, harsh: Path) -> None:
    """More fields are lost, and more rows cannot be read, with the same people."""
    assert _holders(case) == _holders(harsh)
    counts = []
    for directory in (case, harsh):
        rows = _leak(directory, "customers-export.csv")
        bad = sum(len(_readable_rows(directory, leak.file)[1]) for leak in LEAKS)
        counts.append((_share(rows["phone"].is_null()), bad))
    assert counts[1][0] > 1.4 * counts[0][0]
    assert counts[1][1] > 2 * counts[0][1]


def test_duplicates_are_exact_and_near(undamaged: Path, case: Path) -> None:
    """2 % of the rows are copies; without damage no row is there twice."""
    assert _copies(case) == pytest.approx(0.02, abs=0.006)
    assert _copies(undamaged) == 0


def test_deaths_and_guardianships_name_people_of_the_registries(case: Path) -> None:
    """Every row's account or national number is in a registry, and is of the right person."""
    accounts = set(_truth_accounts(case).select("product", "account_id").iter_rows())
    numbers: set[str] = set()
    for product in ("im", "games", "video"):
        numbers |= set(_registry(case, product)["idno"].drop_nulls())
    shown = {number.strip().upper() for number in numbers}
    for name in ("deaths", "guardianships"):
        rows = pl.read_csv(case / f"people/{name}.csv", infer_schema=False)
        assert rows.height > PEOPLE // 200
        by_account = rows.filter(pl.col("account_id").is_not_null())
        assert set(by_account.select("product", "account_id").iter_rows()) <= accounts
        by_number = rows.filter(pl.col("account_id").is_null())["idno"].to_list()
        assert by_number
        assert all(number in shown or number[:6] + number[8:17] in shown for number in by_number)


def test_most_guardians_can_be_paid_and_some_cannot(case: Path) -> None:
    """About 5 % of the guardianships have no account; nobody's death is after the announcement."""
    wards = pl.read_csv(case / "people/guardianships.csv", infer_schema=False)
    assert _share(wards["guardian_account"].is_null()) == pytest.approx(0.05, abs=0.05)
    assert wards["guardian_name"].is_not_null().all()
    died = pl.read_csv(case / "people/deaths.csv", infer_schema=False)["died_on"]
    assert (died < "2026-11-21").all()


def test_six_percent_have_no_mobile_in_any_registry(undamaged: Path) -> None:
    """Of the affected, about 6 % hold accounts without any mobile; all others have one."""
    with_mobile: set[str] = set()
    for product in PRODUCTS:
        frame = _registry(undamaged, product.name)
        if "phone" in frame.columns:
            people = _truth_accounts(undamaged).filter(product=product.name)["person"]
            with_mobile |= set(people.filter(frame["phone"].is_not_null()))
    affected = {f"P{number:09d}" for number in range(PEOPLE)}
    assert len(affected - with_mobile) / PEOPLE == pytest.approx(0.06, abs=0.012)


def test_a_directory_that_is_no_made_up_case_is_left_alone(tmp_path: Path) -> None:
    """A folder with other files is refused, with what to do, and nothing in it changes."""
    (tmp_path / "photo.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(SynthError, match="new or empty"):
        write_case(tmp_path, people=3)
    assert [path.name for path in tmp_path.iterdir()] == ["photo.txt"]


def test_a_file_in_the_place_is_refused(tmp_path: Path) -> None:
    """A case is a directory."""
    (tmp_path / "case").write_text("mine", encoding="utf-8")
    with pytest.raises(SynthError, match="is a file"):
        write_case(tmp_path / "case", people=3)


def test_a_made_up_case_is_replaced_until_work_on_it_begins(tmp_path: Path) -> None:
    """It may be written again; with a folder amends/ in it, it may not."""
    write_case(tmp_path / "case", people=3, seed=1)
    write_case(tmp_path / "case", people=4, seed=1)
    assert "4 affected" in (tmp_path / "case/case.toml").read_text(encoding="utf-8")
    (tmp_path / "case/amends").mkdir()
    with pytest.raises(SynthError, match="begun to work"):
        write_case(tmp_path / "case", people=3, seed=1)


def test_an_interrupted_case_is_no_case_and_is_written_anew(tmp_path: Path) -> None:
    """What fails half-way leaves no case; the next attempt takes the place of what it left."""

    class PowerFailureError(Exception):
        """Stands for whatever stops a program."""

    directory = tmp_path / "case"

    def write_half() -> None:
        with whole_directory(directory) as root:
            (root / "half.csv").write_text("a,b", encoding="utf-8")
            raise PowerFailureError

    with pytest.raises(PowerFailureError):
        write_half()
    assert not directory.exists()
    write_case(directory, people=3)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["case"]
    assert not (directory / "half.csv").exists()


def test_progress_hears_of_all_that_is_written(tmp_path: Path) -> None:
    """Each piece of work that is announced is reported to its last unit."""
    heard: dict[str, list[int]] = {}

    class Listener:
        def start(self, label: str, total: int | None = None) -> None:
            self.label = label
            heard[label] = [total or 0, 0]

        def advance(self, units: int = 1) -> None:
            heard[self.label][1] += units

        def tell(self, message: str) -> None:
            raise AssertionError(message)

    write_case(tmp_path / "case", people=50, progress=Listener())
    assert sorted(heard) == ["accounts", "deaths", "guardianships", "leaked rows"]
    assert all(total == done > 0 for total, done in heard.values())


def test_the_faults_are_what_the_simulator_reads(case: Path) -> None:
    """faults.toml has no word that the simulated provider does not know."""
    faults = read_faults(case / "faults.toml", KINDS)
    assert {fault.value: rule.rate for fault, rule in faults.rules.items()} == {
        "lost_answer": 0.005,
        "lost_request": 0.002,
        "dealing": 0.01,
        "payee_unknown": 0.015,
        "name_mismatch": 0.007,
        "not_real_name": 0.005,
        "returned": 0.003,
        "callback_duplicate": 0.02,
    }


def test_the_reference_names_every_rate_and_its_default() -> None:
    """docs/reference/synth.md lists the rates as the program has them, life and damage apart."""
    text = (Path(__file__).parents[2] / "docs/reference/synth.md").read_text(encoding="utf-8")
    life, damage = text.split("### ")[1:3]
    for section, expected in (
        (life, {name for name in asdict(Rates()) if name in LIFE}),
        (damage, {name for name in asdict(Rates()) if name not in LIFE}),
    ):
        rows = dict(re.findall(r"^\| `(\w+)` \| ([\d.]+) \|", section, flags=re.MULTILINE))
        assert set(rows) == expected
        assert all(float(value) == getattr(Rates(), name) for name, value in rows.items())


def _digests(directory: Path) -> dict[str, str]:
    return {
        path.relative_to(directory).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(directory.rglob("*"))
        if path.is_file()
    }


def _truth_rows(directory: Path) -> pl.DataFrame:
    return pl.read_csv(directory / "truth-rows.csv", schema_overrides={"row": pl.Int64})


def _truth_accounts(directory: Path) -> pl.DataFrame:
    return pl.read_csv(directory / "truth-accounts.csv")


def _holders(directory: Path) -> set[str]:
    return set(_truth_accounts(directory)["person"])


def _registry(directory: Path, name: str) -> pl.DataFrame:
    """A product's table under field words."""
    product = next(product for product in PRODUCTS if product.name == name)
    path = directory / "registries" / product.file
    if path.suffix == ".parquet":
        frame = pl.read_parquet(path)
    else:
        text = path.read_bytes().decode(product.encoding)
        frame = pl.read_csv(io.StringIO(text), infer_schema=False)
    return frame.rename(product.columns)


def _leak(directory: Path, file: str) -> pl.DataFrame:
    """The readable rows of a leaked CSV under field words."""
    leak = next(leak for leak in LEAKS if leak.file == file)
    lines = (directory / "evidence" / file).read_bytes().splitlines(keepends=True)
    good, _ = _readable_rows(directory, file)
    text = b"".join([lines[0], *(lines[row] for row in sorted(good))]).decode(leak.encoding)
    return pl.read_csv(io.StringIO(text), infer_schema=False).rename(leak.columns)


def _readable_rows(directory: Path, file: str) -> tuple[set[int], set[int]]:
    """Numbers (from 1) of the rows that can be read, and of those that cannot."""
    leak = next(leak for leak in LEAKS if leak.file == file)
    lines = (directory / "evidence" / file).read_bytes().splitlines()
    first = 1 if file.endswith(".csv") else 0
    good: set[int] = set()
    bad: set[int] = set()
    for row, line in enumerate(lines[first:], start=1):
        (good if _readable(line, leak.encoding, file) else bad).add(row)
    return good, bad


def _readable(line: bytes, encoding: str, file: str) -> bool:
    try:
        text = line.decode(encoding)
        if file.endswith(".jsonl"):
            json.loads(text)
            return True
    except ValueError:
        return False
    if file.endswith(".txt"):
        return text.count("----") == 3
    plain = "".join(text.split('"')[::2])
    return plain.count(",") == 3


def _share(mask: pl.Series) -> float:
    """How much of a Boolean column is true; nothing counts as false."""
    return float(mask.fill_null(value=False).to_numpy().mean())


def _copies(directory: Path) -> float:
    """The share of rows of the text dump that are there before, byte for byte."""
    lines = (directory / "evidence/dump-07.txt").read_bytes().splitlines()
    return 1 - len(set(lines)) / len(lines)


def _line(directory: Path, file: str, number: int) -> bytes:
    return (directory / "evidence" / file).read_bytes().splitlines()[number]
