-- Bills that add up: every line is kept, in exactly one class, and the sums of a bill are those of
-- its lines. Each bill opens with what the one before closed with.
SET lock_timeout = '5s';

ALTER TABLE payouts.bill
    ADD COLUMN in_minor bigint,
    ADD COLUMN out_minor bigint,
    ADD COLUMN repeated_minor bigint NOT NULL DEFAULT 0,
    ADD COLUMN gap_minor bigint NOT NULL DEFAULT 0,
    ADD COLUMN previous_day date;

COMMENT ON COLUMN payouts.bill.repeated_minor IS
    'What lines that stand there once more would have moved: in minus out.';
COMMENT ON COLUMN payouts.bill.gap_minor IS
    'What the closing balance has beside opening and lines; it is in suspense.';

UPDATE payouts.bill SET
    lines = kept.lines,
    in_minor = kept.in_minor,
    out_minor = kept.out_minor,
    gap_minor = closing_minor - opening_minor - kept.in_minor + kept.out_minor,
    previous_day = (
        SELECT before.day FROM payouts.bill AS before
        WHERE before.rail = bill.rail AND before.day = bill.day - 1
        AND before.closing_minor = bill.opening_minor
    )
FROM (
    SELECT
        bill.rail,
        bill.day,
        count(line.rail) AS lines,
        COALESCE(sum(line.amount_minor) FILTER (WHERE line.direction = 'in'), 0) AS in_minor,
        COALESCE(sum(line.amount_minor) FILTER (WHERE line.direction = 'out'), 0) AS out_minor
    FROM payouts.bill AS bill
    LEFT JOIN payouts.bill_line AS line ON line.rail = bill.rail AND line.day = bill.day
    GROUP BY bill.rail, bill.day
) AS kept
WHERE kept.rail = bill.rail AND kept.day = bill.day;

ALTER TABLE payouts.bill
    ALTER COLUMN in_minor SET NOT NULL,
    ALTER COLUMN out_minor SET NOT NULL,
    ADD CONSTRAINT bill_adds_up CHECK (
        opening_minor + in_minor - out_minor - repeated_minor + gap_minor = closing_minor
    ),
    ADD CONSTRAINT bill_sums_not_negative CHECK (
        lines >= 0 AND in_minor >= 0 AND out_minor >= 0
    ),
    ADD CONSTRAINT bill_closes_once UNIQUE (rail, day, closing_minor),
    ADD CONSTRAINT bill_sums_once UNIQUE (rail, day, lines, in_minor, out_minor),
    ADD CONSTRAINT bill_joins_the_one_before FOREIGN KEY (rail, previous_day, opening_minor)
        REFERENCES payouts.bill (rail, day, closing_minor),
    ADD CONSTRAINT bill_after_the_day_before CHECK (previous_day = day - 1);

CREATE UNIQUE INDEX bill_first_once ON payouts.bill (rail) WHERE previous_day IS NULL;

-- What lines came with a bill: all at once, and as many and as much as the bill has.
CREATE TABLE payouts.bill_total (
    rail text NOT NULL,
    day date NOT NULL,
    lines integer NOT NULL,
    in_minor bigint NOT NULL,
    out_minor bigint NOT NULL,
    CONSTRAINT bill_total_once PRIMARY KEY (rail, day),
    CONSTRAINT bill_total_is_that_of_the_bill FOREIGN KEY (rail, day, lines, in_minor, out_minor)
        REFERENCES payouts.bill (rail, day, lines, in_minor, out_minor)
        DEFERRABLE INITIALLY DEFERRED
);

INSERT INTO payouts.bill_total (rail, day, lines, in_minor, out_minor)
SELECT rail, day, lines, in_minor, out_minor FROM payouts.bill;

ALTER TABLE payouts.bill
    ADD CONSTRAINT bill_has_its_lines FOREIGN KEY (rail, day)
        REFERENCES payouts.bill_total (rail, day) DEFERRABLE INITIALLY DEFERRED;

-- Lines that are not plainly a payment of ours: one class each. All others are matched.
CREATE TABLE payouts.odd_line (
    rail text NOT NULL,
    line_id text NOT NULL,
    repeat smallint NOT NULL,
    day date NOT NULL,
    instruction_id text,
    direction text NOT NULL,
    amount_minor bigint NOT NULL,
    class text NOT NULL,
    CONSTRAINT odd_line_in_one_class PRIMARY KEY (rail, line_id, repeat),
    CONSTRAINT odd_line_class_known CHECK (
        class IN (
            'returned', 'top_up', 'fee', 'repeated', 'unknown_to_us', 'amount_differs',
            'duplicate_at_provider', 'state_differs', 'top_up_unreleased'
        )
    ),
    CONSTRAINT odd_line_repeated_is_a_repeat CHECK ((repeat > 0) = (class = 'repeated'))
);

INSERT INTO payouts.odd_line
    (rail, line_id, repeat, day, instruction_id, direction, amount_minor, class)
SELECT rail, line_id, 0, day, instruction_id, direction, amount_minor, class
FROM payouts.bill_line WHERE class <> 'matched';

ALTER TABLE payouts.bill_line
    ADD COLUMN place integer,
    ADD COLUMN repeat smallint NOT NULL DEFAULT 0;

UPDATE payouts.bill_line SET place = numbered.place
FROM (
    SELECT
        rail,
        line_id,
        row_number() OVER (PARTITION BY rail, day ORDER BY occurred_at, line_id) AS place
    FROM payouts.bill_line
) AS numbered
WHERE numbered.rail = bill_line.rail AND numbered.line_id = bill_line.line_id;

-- A number is found by joining whole bills, never one by one: an index of it would cost a bill of
-- three million lines as much as all the rest of keeping it, and a foreign key for each line, too.
DROP INDEX payouts.bill_line_by_number;
ALTER TABLE payouts.bill_line
    ALTER COLUMN place SET NOT NULL,
    DROP CONSTRAINT bill_line_pkey,
    DROP CONSTRAINT bill_line_bill_known,
    DROP CONSTRAINT bill_line_class_known,
    DROP COLUMN class,
    ADD CONSTRAINT bill_line_once PRIMARY KEY (rail, line_id, repeat),
    ADD CONSTRAINT bill_line_repeat_not_negative CHECK (repeat >= 0);

ALTER TABLE payouts.odd_line
    ADD CONSTRAINT odd_line_of_a_line FOREIGN KEY (rail, line_id, repeat)
        REFERENCES payouts.bill_line (rail, line_id, repeat);

CREATE FUNCTION payouts.count_lines() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO payouts.bill_total (rail, day, lines, in_minor, out_minor)
    SELECT
        rail,
        day,
        count(*),
        COALESCE(sum(amount_minor) FILTER (WHERE direction = 'in'), 0),
        COALESCE(sum(amount_minor) FILTER (WHERE direction = 'out'), 0)
    FROM new_lines GROUP BY rail, day;
    RETURN NULL;
END
$$;

CREATE TRIGGER bill_line_counted AFTER INSERT ON payouts.bill_line
REFERENCING NEW TABLE AS new_lines FOR EACH STATEMENT
EXECUTE FUNCTION payouts.count_lines();

-- Lines and sums of each class of each bill: with the matched ones, all that came.
CREATE VIEW payouts.line_class AS
WITH odd AS (
    SELECT rail, day, class, direction, count(*) AS lines, sum(amount_minor) AS amount_minor
    FROM payouts.odd_line GROUP BY rail, day, class, direction
),
odd_of_day AS (
    SELECT
        rail,
        day,
        sum(lines) AS lines,
        COALESCE(sum(amount_minor) FILTER (WHERE direction = 'out'), 0) AS out_minor
    FROM odd GROUP BY rail, day
)
SELECT rail, day, class, direction, lines::bigint AS lines, amount_minor::bigint AS amount_minor
FROM odd
UNION ALL
SELECT
    total.rail,
    total.day,
    'matched' AS class,
    'out' AS direction,
    (total.lines - COALESCE(odd_of_day.lines, 0))::bigint AS lines,
    (total.out_minor - COALESCE(odd_of_day.out_minor, 0))::bigint AS amount_minor
FROM payouts.bill_total AS total
LEFT JOIN odd_of_day ON odd_of_day.rail = total.rail AND odd_of_day.day = total.day
WHERE total.lines > COALESCE(odd_of_day.lines, 0);

-- A release arrives at its rail once, by one line.
CREATE TABLE payouts.arrival (
    release_no integer NOT NULL,
    rail text NOT NULL,
    line_id text NOT NULL,
    repeat smallint NOT NULL DEFAULT 0,
    CONSTRAINT arrival_once PRIMARY KEY (release_no),
    CONSTRAINT arrival_of_one_release UNIQUE (rail, line_id, repeat),
    CONSTRAINT arrival_release_known FOREIGN KEY (release_no)
        REFERENCES funding.release (release_no),
    CONSTRAINT arrival_is_a_line FOREIGN KEY (rail, line_id, repeat)
        REFERENCES payouts.odd_line (rail, line_id, repeat)
);

-- Payments that were given away by the end of a bill's day and that no bill has told of so far.
CREATE TABLE payouts.awaited (
    instruction_id text NOT NULL,
    rail text NOT NULL,
    since date NOT NULL,
    found_on date,
    CONSTRAINT awaited_pkey PRIMARY KEY (instruction_id),
    CONSTRAINT awaited_instruction_known FOREIGN KEY (instruction_id)
        REFERENCES payouts.payment (instruction_id),
    CONSTRAINT awaited_found_later CHECK (found_on > since)
);

INSERT INTO payouts.awaited (instruction_id, rail, since)
SELECT instruction.instruction_id, instruction.rail, newest.day
FROM payouts.instruction AS instruction
INNER JOIN payouts.rail AS rail ON rail.rail = instruction.rail
INNER JOIN (SELECT rail, max(day) AS day FROM payouts.bill GROUP BY rail) AS newest
    ON newest.rail = instruction.rail
WHERE
    (instruction.sent_at AT TIME ZONE rail.bill_zone)::date <= newest.day
    AND instruction.state IN ('sending', 'unknown', 'accepted', 'settled', 'returned')
    AND NOT EXISTS (
        SELECT FROM payouts.bill_line AS line
        WHERE
            line.instruction_id = instruction.instruction_id AND line.rail = instruction.rail
            AND line.direction = 'out'
    );

ALTER TABLE payouts.exception
    ADD COLUMN day date,
    ADD COLUMN owner text,
    ADD COLUMN owned_at timestamptz,
    DROP CONSTRAINT exception_kind_known,
    ADD CONSTRAINT exception_kind_known CHECK (
        kind IN (
            'missing_at_provider', 'unknown_to_us', 'amount_differs', 'duplicate_at_provider',
            'state_differs', 'repeated', 'does_not_add_up', 'top_up_unreleased'
        )
    ),
    ADD CONSTRAINT exception_owned_by_somebody CHECK (
        (owner IS NULL) = (owned_at IS NULL) AND owner <> ''
    );

UPDATE payouts.exception SET day = line.day
FROM payouts.bill_line AS line
WHERE line.rail = exception.rail AND line.line_id = exception.line_id;

GRANT SELECT, INSERT ON payouts.bill_total, payouts.odd_line, payouts.arrival, payouts.awaited
TO amends_app;
GRANT UPDATE (found_on) ON payouts.awaited TO amends_app;
GRANT UPDATE (owner, owned_at) ON payouts.exception TO amends_app;
GRANT SELECT ON payouts.line_class TO amends_app;
