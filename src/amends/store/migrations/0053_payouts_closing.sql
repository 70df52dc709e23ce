-- Days that are closed, what was found about money in suspense, and the end of a case's books.
SET lock_timeout = '5s';

INSERT INTO ledger.account (account, side, meaning) VALUES
    ('written_off', 'debit', 'left a rail for nobody who is owed it: borne by the company')
ON CONFLICT ON CONSTRAINT account_pkey DO NOTHING;

-- Every payment in exactly one class, by ledger state, answers and bills.
CREATE VIEW payouts.instruction_class AS
SELECT
    instruction.instruction_id,
    instruction.rail,
    instruction.amount_minor,
    CASE
        WHEN instruction.state IN ('planned', 'approved') THEN 'not_sent'
        WHEN odd.amount_differs THEN 'amount_differs'
        WHEN odd.state_differs THEN 'state_differs'
        WHEN odd.duplicate THEN 'paid_twice'
        WHEN instruction.state IN ('refused', 'superseded') AND instruction.settled_at IS NULL
            THEN 'refused'
        WHEN instruction.state IN ('sending', 'unknown', 'accepted') THEN 'open'
        WHEN
            newest.day IS NULL
            OR (instruction.sent_at AT TIME ZONE rail.bill_zone)::date > newest.day
            THEN 'no_bill_yet'
        WHEN
            awaited.since IS NOT NULL
            AND (instruction.settled_at AT TIME ZONE rail.bill_zone)::date < newest.day
            THEN 'missing_at_provider'
        WHEN awaited.since IS NOT NULL THEN 'no_bill_yet'
        WHEN instruction.returned_at IS NULL THEN 'proved'
        WHEN odd.returned THEN 'proved_returned'
        ELSE 'return_not_proved'
    END AS class
FROM payouts.instruction AS instruction
INNER JOIN payouts.rail AS rail ON rail.rail = instruction.rail
LEFT JOIN (SELECT rail, max(day) AS day FROM payouts.bill GROUP BY rail) AS newest
    ON newest.rail = instruction.rail
LEFT JOIN payouts.awaited AS awaited
    ON awaited.instruction_id = instruction.instruction_id AND awaited.found_on IS NULL
LEFT JOIN (
    SELECT
        rail,
        instruction_id,
        bool_or(class = 'amount_differs') AS amount_differs,
        bool_or(class = 'state_differs') AS state_differs,
        bool_or(class = 'duplicate_at_provider') AS duplicate,
        bool_or(class = 'returned') AS returned
    FROM payouts.odd_line WHERE instruction_id IS NOT NULL GROUP BY rail, instruction_id
) AS odd ON odd.rail = instruction.rail AND odd.instruction_id = instruction.instruction_id;

CREATE TABLE payouts.explanation (
    exception_id text NOT NULL,
    what text NOT NULL,
    explained_at timestamptz NOT NULL,
    CONSTRAINT explanation_once PRIMARY KEY (exception_id),
    CONSTRAINT explanation_of_an_exception FOREIGN KEY (exception_id)
        REFERENCES payouts.exception (exception_id),
    CONSTRAINT explanation_known CHECK (
        what IN ('paid', 'fee', 'top_up', 'written_off', 'checked')
    )
);

COMMENT ON TABLE payouts.explanation IS
    'What two people found an exception to be. The line stays as it was read.';

CREATE TABLE payouts.closed_day (
    rail text NOT NULL,
    day date NOT NULL,
    opening_minor bigint NOT NULL,
    moved_minor bigint NOT NULL,
    closing_minor bigint NOT NULL,
    books_minor bigint NOT NULL,
    closed_by text NOT NULL,
    closed_at timestamptz NOT NULL,
    CONSTRAINT closed_day_once PRIMARY KEY (rail, day),
    CONSTRAINT closed_day_has_its_bill FOREIGN KEY (rail, day, closing_minor)
        REFERENCES payouts.bill (rail, day, closing_minor),
    CONSTRAINT closed_day_adds_up CHECK (opening_minor + moved_minor = closing_minor),
    CONSTRAINT closed_day_is_that_of_the_books CHECK (books_minor = closing_minor),
    CONSTRAINT closed_day_by_somebody CHECK (closed_by <> '')
);

-- A day closes after all before it, and when all that is unexplained in it has an owner.
CREATE FUNCTION payouts.refuse_closing() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT FROM payouts.bill WHERE bill.rail = NEW.rail AND bill.day < NEW.day
        AND NOT EXISTS (
            SELECT FROM payouts.closed_day AS closed
            WHERE closed.rail = bill.rail AND closed.day = bill.day
        )
    ) THEN
        RAISE EXCEPTION 'a day before % of % is open', NEW.day, NEW.rail
            USING ERRCODE = 'check_violation', CONSTRAINT = 'closed_day_in_order',
            SCHEMA = 'payouts';
    END IF;
    IF EXISTS (
        SELECT FROM payouts.exception AS found
        WHERE found.rail = NEW.rail AND found.day <= NEW.day
        AND found.cleared_at IS NULL AND found.owner IS NULL
    ) THEN
        RAISE EXCEPTION 'something of % of % is unexplained and has no owner', NEW.day, NEW.rail
            USING ERRCODE = 'check_violation', CONSTRAINT = 'closed_day_all_owned',
            SCHEMA = 'payouts';
    END IF;
    RETURN NEW;
END
$$;

CREATE TRIGGER closed_day_is_ready BEFORE INSERT ON payouts.closed_day FOR EACH ROW
EXECUTE FUNCTION payouts.refuse_closing();

CREATE TABLE payouts.closed_case (
    closed_no integer NOT NULL,
    approval text NOT NULL,
    figures jsonb NOT NULL,
    closed_at timestamptz NOT NULL,
    CONSTRAINT closed_case_pkey PRIMARY KEY (closed_no),
    CONSTRAINT closed_case_number_positive CHECK (closed_no > 0)
);

COMMENT ON TABLE payouts.closed_case IS
    'That nothing was open, in the figures that two people signed; anew after later movements.';

GRANT SELECT, INSERT ON
    payouts.explanation, payouts.closed_day, payouts.closed_case
TO amends_app;
GRANT SELECT ON payouts.instruction_class TO amends_app;
