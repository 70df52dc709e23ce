-- Lines of bills by the pack: 8,192 in a row, a column each an array. A line that is plainly
-- a payment of ours has no row of its own; every odd one has, whole. Packs cover the places of a bill
-- one after the other, each place once, so that a line is in one pack, and odd or not.
SET lock_timeout = '5s';

CREATE TABLE payouts.line_pack (
    rail text NOT NULL,
    day date NOT NULL,
    first_place integer NOT NULL,
    lowest_line text NOT NULL,
    highest_line text NOT NULL,
    lowest_number text,
    highest_number text,
    line_ids text [] NOT NULL,
    numbers text [] NOT NULL,
    provider_references text [] NOT NULL,
    kinds "char" [] NOT NULL,
    moved_minor bigint [] NOT NULL,
    balances_minor bigint [] NOT NULL,
    occurred_at timestamptz [] NOT NULL,
    lines integer NOT NULL GENERATED ALWAYS AS (cardinality(line_ids)) STORED,
    CONSTRAINT line_pack_at_its_place PRIMARY KEY (rail, day, first_place),
    CONSTRAINT line_pack_in_steps CHECK (first_place > 0 AND first_place % 8192 = 1),
    CONSTRAINT line_pack_of_lines CHECK (
        cardinality(line_ids) BETWEEN 1 AND 8192
        AND cardinality(numbers) = cardinality(line_ids)
        AND cardinality(provider_references) = cardinality(line_ids)
        AND cardinality(kinds) = cardinality(line_ids)
        AND cardinality(moved_minor) = cardinality(line_ids)
        AND cardinality(balances_minor) = cardinality(line_ids)
        AND cardinality(occurred_at) = cardinality(line_ids)
    ),
    CONSTRAINT line_pack_kinds_known CHECK (
        kinds <@ ARRAY['t', 'r', 'u', 'f', 'o']::"char" []
    ),
    CONSTRAINT line_pack_whole CHECK (
        array_position(line_ids, NULL) IS NULL
        AND array_position(kinds, NULL) IS NULL
        AND array_position(moved_minor, NULL) IS NULL
        AND array_position(moved_minor, 0) IS NULL
        AND array_position(balances_minor, NULL) IS NULL
        AND array_position(occurred_at, NULL) IS NULL
    )
);

ALTER TABLE payouts.line_pack
    ALTER COLUMN line_ids SET STORAGE EXTERNAL,
    ALTER COLUMN numbers SET STORAGE EXTERNAL,
    ALTER COLUMN provider_references SET STORAGE EXTERNAL,
    ALTER COLUMN kinds SET STORAGE EXTERNAL,
    ALTER COLUMN moved_minor SET STORAGE EXTERNAL,
    ALTER COLUMN balances_minor SET STORAGE EXTERNAL,
    ALTER COLUMN occurred_at SET STORAGE EXTERNAL;

COMMENT ON TABLE payouts.line_pack IS
    'Lines of a bill in its order, 8,192 in a row; the view payouts.bill_line has each.';
COMMENT ON COLUMN payouts.line_pack.lowest_line IS
    'Numbers of lines (and below, of payments) stand between these two: a line is looked for in the '
    'packs that may have it.';
COMMENT ON COLUMN payouts.line_pack.numbers IS
    'Of payments: empty where a line has none.';
COMMENT ON COLUMN payouts.line_pack.kinds IS
    't: transfer, r: return, u: top_up, f: fee, o: other.';
COMMENT ON COLUMN payouts.line_pack.moved_minor IS
    'What a line adds to the balance: above zero came, below left.';

ALTER TABLE payouts.odd_line
    ADD COLUMN place integer,
    ADD COLUMN provider_reference text,
    ADD COLUMN kind text,
    ADD COLUMN balance_after_minor bigint,
    ADD COLUMN occurred_at timestamptz;

UPDATE payouts.odd_line SET
    place = line.place,
    provider_reference = line.provider_reference,
    kind = line.kind,
    balance_after_minor = line.balance_after_minor,
    occurred_at = line.occurred_at
FROM payouts.bill_line AS line
WHERE
    line.rail = odd_line.rail AND line.line_id = odd_line.line_id
    AND line.repeat = odd_line.repeat;

SET CONSTRAINTS ALL IMMEDIATE;

INSERT INTO payouts.line_pack (
    rail, day, first_place, lowest_line, highest_line, lowest_number, highest_number, line_ids,
    numbers, provider_references, kinds, moved_minor, balances_minor, occurred_at
)
SELECT
    rail,
    day,
    min(place) AS first_place,
    min(line_id) AS lowest_line,
    max(line_id) AS highest_line,
    min(instruction_id) AS lowest_number,
    max(instruction_id) AS highest_number,
    array_agg(line_id ORDER BY place) AS line_ids,
    array_agg(COALESCE(instruction_id, '') ORDER BY place) AS numbers,
    array_agg(provider_reference ORDER BY place) AS provider_references,
    array_agg(
        CASE kind
            WHEN 'transfer' THEN 't'
            WHEN 'return' THEN 'r'
            WHEN 'top_up' THEN 'u'
            WHEN 'fee' THEN 'f'
            ELSE 'o'
        END::"char" ORDER BY place
    ) AS kinds,
    array_agg(
        CASE direction WHEN 'in' THEN amount_minor ELSE -amount_minor END ORDER BY place
    ) AS moved_minor,
    array_agg(balance_after_minor ORDER BY place) AS balances_minor,
    array_agg(occurred_at ORDER BY place) AS occurred_at
FROM payouts.bill_line GROUP BY rail, day, (place - 1) / 8192;

DROP TRIGGER bill_line_counted ON payouts.bill_line;
ALTER TABLE payouts.odd_line
    ALTER COLUMN place SET NOT NULL,
    ALTER COLUMN kind SET NOT NULL,
    ALTER COLUMN balance_after_minor SET NOT NULL,
    ALTER COLUMN occurred_at SET NOT NULL,
    DROP CONSTRAINT odd_line_of_a_line,
    ADD CONSTRAINT odd_line_at_its_place UNIQUE (rail, day, place),
    ADD CONSTRAINT odd_line_moves_something CHECK (
        direction IN ('in', 'out') AND amount_minor > 0
    );
DROP TABLE payouts.bill_line;

-- Of a payment: what is odd about it.
CREATE INDEX odd_line_of_instruction ON payouts.odd_line USING hash (instruction_id);

CREATE VIEW payouts.bill_line AS
SELECT
    rail,
    day,
    place,
    line_id,
    NULLIF(number, '') AS instruction_id,
    provider_reference,
    CASE WHEN moved_minor > 0 THEN 'in' ELSE 'out' END AS direction,
    CASE kind
        WHEN 't' THEN 'transfer'
        WHEN 'r' THEN 'return'
        WHEN 'u' THEN 'top_up'
        WHEN 'f' THEN 'fee'
        ELSE 'other'
    END AS kind,
    abs(moved_minor) AS amount_minor,
    moved_minor,
    balance_after_minor,
    occurred_at
FROM (
    SELECT
        rail,
        day,
        generate_series(first_place, first_place + lines - 1) AS place,
        unnest(line_ids) AS line_id,
        unnest(numbers) AS number,
        unnest(provider_references) AS provider_reference,
        unnest(kinds) AS kind,
        unnest(moved_minor) AS moved_minor,
        unnest(balances_minor) AS balance_after_minor,
        unnest(occurred_at) AS occurred_at
    FROM payouts.line_pack
) AS line;

COMMENT ON VIEW payouts.bill_line IS
    'Every line of every bill. What is not in payouts.odd_line, too, is matched.';

-- Packs come all at once, each beginning where the one before ended, and are counted.
CREATE OR REPLACE FUNCTION payouts.count_lines() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    wrong integer;
BEGIN
    SELECT first_place INTO wrong FROM (
        SELECT
            first_place,
            1 + COALESCE(
                sum(lines) OVER (
                    PARTITION BY rail, day ORDER BY first_place
                    ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
                ), 0
            ) AS expected
        FROM new_packs
    ) AS placed
    WHERE first_place <> expected ORDER BY first_place LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'the pack at place % does not begin where the one before ends', wrong
            USING ERRCODE = 'check_violation', CONSTRAINT = 'line_pack_follows', SCHEMA = 'payouts',
            TABLE = 'line_pack';
    END IF;
    INSERT INTO payouts.bill_total (rail, day, lines, in_minor, out_minor)
    SELECT
        rail,
        day,
        count(*),
        COALESCE(sum(moved_minor) FILTER (WHERE moved_minor > 0), 0),
        COALESCE(-sum(moved_minor) FILTER (WHERE moved_minor < 0), 0)
    FROM (SELECT rail, day, unnest(moved_minor) AS moved_minor FROM new_packs) AS line
    GROUP BY rail, day;
    RETURN NULL;
END
$$;

CREATE TRIGGER line_pack_counted AFTER INSERT ON payouts.line_pack
REFERENCING NEW TABLE AS new_packs FOR EACH STATEMENT
EXECUTE FUNCTION payouts.count_lines();

-- Some lines of a bill, by their places. Each pack is opened once.
CREATE FUNCTION payouts.lines_at(of_rail text, of_day date, places integer [])
RETURNS TABLE (
    place integer,
    line_id text,
    number text,
    provider_reference text,
    kind "char",
    moved_minor bigint,
    balance_minor bigint,
    occurred_at timestamptz
) LANGUAGE plpgsql STABLE AS $$
#variable_conflict use_column
DECLARE
    begins integer;
    asked integer [];
    line_ids text [];
    numbers text [];
    provider_references text [];
    kinds "char" [];
    moved bigint [];
    balances bigint [];
    times timestamptz [];
BEGIN
    FOR begins, asked, line_ids, numbers, provider_references, kinds, moved, balances, times IN
        SELECT
            pack.first_place - 1,
            wanted.places,
            pack.line_ids,
            pack.numbers,
            pack.provider_references,
            pack.kinds,
            pack.moved_minor,
            pack.balances_minor,
            pack.occurred_at
        FROM (
            SELECT (each - 1) / 8192 * 8192 + 1 AS first_place, array_agg(each) AS places
            FROM unnest(places) AS each GROUP BY (each - 1) / 8192
        ) AS wanted
        INNER JOIN payouts.line_pack AS pack ON pack.first_place = wanted.first_place
        WHERE pack.rail = of_rail AND pack.day = of_day
    LOOP
        FOREACH place IN ARRAY asked LOOP
            CONTINUE WHEN place - begins > cardinality(line_ids);
            line_id := line_ids[place - begins];
            number := numbers[place - begins];
            provider_reference := provider_references[place - begins];
            kind := kinds[place - begins];
            moved_minor := moved[place - begins];
            balance_minor := balances[place - begins];
            occurred_at := times[place - begins];
            RETURN NEXT;
        END LOOP;
    END LOOP;
END
$$;

-- An odd line is a line of its bill, as it stands there, and comes before the bill does: what a day
-- came to stays.
CREATE FUNCTION payouts.refuse_odd_line() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    wrong text;
BEGIN
    SELECT odd.line_id INTO wrong FROM new_odd AS odd
    LEFT JOIN (
        SELECT bill.rail, bill.day, line.*
        FROM (
            SELECT rail, day, array_agg(place) AS places FROM new_odd GROUP BY rail, day
        ) AS bill
        CROSS JOIN LATERAL payouts.lines_at(bill.rail, bill.day, bill.places) AS line
    ) AS line ON line.rail = odd.rail AND line.day = odd.day AND line.place = odd.place
    WHERE
        line.line_id IS DISTINCT FROM odd.line_id
        OR line.number <> COALESCE(odd.instruction_id, '')
        OR line.moved_minor
        <> CASE odd.direction WHEN 'in' THEN odd.amount_minor ELSE -odd.amount_minor END
    ORDER BY odd.line_id LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'line % does not stand like this in its bill', wrong
            USING ERRCODE = 'foreign_key_violation', CONSTRAINT = 'odd_line_of_a_line',
            SCHEMA = 'payouts', TABLE = 'odd_line';
    END IF;
    IF EXISTS (
        SELECT FROM new_odd AS odd
        INNER JOIN payouts.bill ON bill.rail = odd.rail AND bill.day = odd.day
    ) THEN
        RAISE EXCEPTION 'a bill that is in gets no further odd line'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'odd_line_before_its_bill',
            SCHEMA = 'payouts', TABLE = 'odd_line';
    END IF;
    RETURN NULL;
END
$$;

CREATE TRIGGER odd_line_of_a_line AFTER INSERT ON payouts.odd_line
REFERENCING NEW TABLE AS new_odd FOR EACH STATEMENT
EXECUTE FUNCTION payouts.refuse_odd_line();

-- What came in is never plainly a payment: each such line is odd. Repeated ones are those of the bill.
CREATE FUNCTION payouts.refuse_bill() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    came bigint;
    again bigint;
BEGIN
    SELECT
        COALESCE(sum(amount_minor) FILTER (WHERE direction = 'in'), 0),
        COALESCE(
            sum(CASE direction WHEN 'in' THEN amount_minor ELSE -amount_minor END)
            FILTER (WHERE class = 'repeated'), 0
        )
    INTO came, again
    FROM payouts.odd_line WHERE rail = NEW.rail AND day = NEW.day;
    IF came <> NEW.in_minor OR again <> NEW.repeated_minor THEN
        RAISE EXCEPTION 'bill % of % has other sums than its odd lines', NEW.day, NEW.rail
            USING ERRCODE = 'check_violation', CONSTRAINT = 'bill_has_its_odd_lines',
            SCHEMA = 'payouts', TABLE = 'bill';
    END IF;
    RETURN NULL;
END
$$;

CREATE CONSTRAINT TRIGGER bill_has_its_odd_lines AFTER INSERT ON payouts.bill
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION payouts.refuse_bill();

GRANT SELECT, INSERT ON payouts.line_pack TO amends_app;
GRANT SELECT ON payouts.bill_line TO amends_app;

-- Bill, answers and books, held against each other payment by payment. Sums may agree where two
-- payments are off by the same; here each has to be what its own line and its own movements say.
CREATE VIEW payouts.apart AS
WITH matched AS (
    SELECT line.rail, line.day, line.place, line.instruction_id, line.moved_minor
    FROM payouts.bill_line AS line
    LEFT JOIN payouts.odd_line AS odd
        ON odd.rail = line.rail AND odd.day = line.day AND odd.place = line.place
    WHERE odd.place IS NULL
),
moved AS (
    SELECT
        transfer_id,
        move,
        unnest(awards) AS award_index,
        unnest(generations) AS generation
    FROM payouts.movement
),
held AS (
    SELECT
        award_index,
        generation,
        count(*) FILTER (WHERE move = 'send')
        - count(*) FILTER (WHERE move IN ('settle', 'refuse')) AS in_flight,
        count(*) FILTER (WHERE move = 'settle')
        - count(*) FILTER (WHERE move = 'return') AS settled,
        count(*) FILTER (WHERE move = 'return') AS returned
    FROM moved GROUP BY award_index, generation
)
SELECT
    'line_is_no_payment' AS kind,
    matched.rail || ' ' || matched.day || ' ' || matched.place AS what
FROM matched
LEFT JOIN payouts.payment AS payment
    ON payment.instruction_id = matched.instruction_id AND payment.rail = matched.rail
WHERE
    payment.instruction_id IS NULL OR payment.settled_at IS NULL
    OR -matched.moved_minor <> payment.amount_minor
UNION ALL
SELECT 'lines_of_one_payment' AS kind, instruction_id AS what
FROM matched GROUP BY rail, instruction_id HAVING count(*) > 1
UNION ALL
SELECT 'payment_has_no_line' AS kind, found.instruction_id AS what
FROM payouts.instruction_class AS found
LEFT JOIN matched
    ON matched.instruction_id = found.instruction_id AND matched.rail = found.rail
WHERE
    found.class IN ('proved', 'proved_returned', 'return_not_proved')
    AND matched.instruction_id IS NULL
UNION ALL
SELECT
    'books_say_otherwise' AS kind,
    COALESCE(payment.instruction_id, award_index || ' ' || generation) AS what
FROM payouts.instruction AS payment
FULL JOIN held USING (award_index, generation)
WHERE
    (
        COALESCE(held.in_flight, 0) <> (
            payment.state IS NOT NULL AND payment.state IN ('sending', 'unknown', 'accepted')
        )::integer
        OR COALESCE(held.settled, 0) <> (payment.state IS NOT DISTINCT FROM 'settled')::integer
        OR COALESCE(held.returned, 0) <> (
            payment.state IS NOT NULL AND (
                payment.state = 'returned'
                OR (payment.state = 'superseded' AND payment.returned_at IS NOT NULL)
            )
        )::integer
    )
    -- Before movements were kept, each payment had transfers of its own.
    AND NOT (
        held.in_flight IS NULL
        AND payment.instruction_id IN (SELECT subject FROM ledger.transfer)
    )
UNION ALL
SELECT 'transfer_is_not_its_payments' AS kind, transfer.transfer_id AS what
FROM moved
INNER JOIN ledger.transfer AS transfer ON transfer.transfer_id = moved.transfer_id
LEFT JOIN payouts.payment AS payment
    ON payment.award_index = moved.award_index AND payment.generation = moved.generation
GROUP BY transfer.transfer_id, transfer.amount_minor
HAVING transfer.amount_minor <> COALESCE(sum(payment.amount_minor), 0);

COMMENT ON VIEW payouts.apart IS
    'Whatever bill, answers and books do not say alike of one payment: nothing, in a sound case.';

GRANT SELECT ON payouts.apart TO amends_app;
