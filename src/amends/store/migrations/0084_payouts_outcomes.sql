-- What two people find to have become of a payment other than its answers say: it was never paid, it
-- never came back, it was paid after all, or paid less. Each is written down once, with what the
-- provider says of it now; states go along the arrows that this adds only where it is there.
SET lock_timeout = '5s';

ALTER TABLE payouts.exception
    DROP CONSTRAINT exception_kind_known,
    ADD CONSTRAINT exception_kind_known CHECK (
        kind IN (
            'missing_at_provider', 'unknown_to_us', 'amount_differs', 'duplicate_at_provider',
            'state_differs', 'repeated', 'top_up_unreleased', 'does_not_add_up',
            'return_not_proved'
        )
    );

ALTER TABLE payouts.explanation
    DROP CONSTRAINT explanation_known,
    ADD CONSTRAINT explanation_known CHECK (
        what IN (
            'paid', 'paid_short', 'not_paid', 'returned', 'not_returned', 'fee', 'top_up',
            'written_off', 'checked'
        )
    );

CREATE TABLE payouts.outcome (
    instruction_id text NOT NULL,
    what text NOT NULL,
    exception_id text NOT NULL,
    amount_minor bigint NOT NULL,
    provider_says text NOT NULL,
    proposal_sha256 text NOT NULL,
    found_at timestamptz NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT outcome_pkey PRIMARY KEY (instruction_id, what),
    CONSTRAINT outcome_once_per_exception UNIQUE (exception_id),
    CONSTRAINT outcome_of_a_payment FOREIGN KEY (instruction_id)
        REFERENCES payouts.payment (instruction_id),
    CONSTRAINT outcome_explains_an_exception FOREIGN KEY (exception_id)
        REFERENCES payouts.explanation (exception_id),
    CONSTRAINT outcome_known CHECK (
        what IN ('not_paid', 'not_returned', 'paid_after_all', 'paid_short')
    ),
    CONSTRAINT outcome_amount_positive CHECK (amount_minor > 0),
    CONSTRAINT outcome_of_an_answer CHECK (
        provider_says IN (
            'accepted', 'settled', 'refused', 'unknown', 'returned', 'not_found', 'its_bill'
        )
    )
);

COMMENT ON TABLE payouts.outcome IS
    'What two people found became of a payment, beside what its answers said.';
COMMENT ON COLUMN payouts.outcome.amount_minor IS
    'Of the payment; where it was paid short: what is missing of it.';
COMMENT ON COLUMN payouts.outcome.provider_says IS
    'The kind of its answer when it was asked for this; its_bill: a line says so.';

SELECT store.let_stay('payouts', 'outcome');

GRANT SELECT, INSERT ON payouts.outcome TO amends_app;

CREATE FUNCTION payouts.refuse_outcome() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    payment record;
    wrong text;
BEGIN
    SELECT
        one.state,
        one.amount_minor,
        one.live,
        rail.rail,
        (one.settled_at AT TIME ZONE rail.bill_zone)::date AS settled_on
    INTO payment
    FROM payouts.instruction AS one
    INNER JOIN payouts.rail AS rail ON rail.rail = one.rail
    WHERE one.instruction_id = NEW.instruction_id;
    IF payment.live IS NOT TRUE OR payment.state <> (
        CASE NEW.what
            WHEN 'not_returned' THEN 'returned'
            WHEN 'paid_after_all' THEN 'refused'
            ELSE 'settled'
        END
    ) OR (
        CASE NEW.what
            WHEN 'paid_short' THEN NEW.amount_minor >= payment.amount_minor
            ELSE NEW.amount_minor <> payment.amount_minor
        END
    ) THEN
        wrong := 'outcome_of_its_payment';
    ELSIF NEW.what = 'not_paid' AND (
        NEW.provider_says IN ('accepted', 'returned', 'its_bill')
        OR EXISTS (
            SELECT FROM payouts.odd_line AS odd
            WHERE odd.rail = payment.rail AND odd.instruction_id = NEW.instruction_id
        )
        OR NOT EXISTS (
            SELECT FROM payouts.awaited
            WHERE awaited.instruction_id = NEW.instruction_id AND awaited.found_on IS NULL
        )
    ) THEN
        wrong := 'outcome_not_paid_without_a_line';
    ELSIF NEW.what = 'not_paid' AND NOT EXISTS (
        SELECT FROM payouts.closed_day AS closed
        WHERE
            closed.rail = payment.rail AND closed.day >= payment.settled_on
            + CASE WHEN NEW.provider_says IN ('refused', 'not_found') THEN 5 ELSE 30 END
    ) THEN
        wrong := 'outcome_not_paid_after_its_days';
    ELSIF NEW.what = 'not_returned' AND NEW.provider_says <> 'settled' THEN
        wrong := 'outcome_not_returned_by_its_word';
    ELSIF NEW.what IN ('paid_after_all', 'paid_short') AND NOT EXISTS (
        SELECT FROM payouts.exception AS found
        INNER JOIN payouts.odd_line AS odd
            ON odd.rail = found.rail AND odd.day = found.day AND odd.line_id = found.line_id
        WHERE
            found.exception_id = NEW.exception_id AND odd.instruction_id = NEW.instruction_id
            AND odd.direction = 'out' AND odd.class = found.kind
            AND CASE NEW.what
                WHEN 'paid_after_all'
                    THEN odd.class = 'state_differs' AND odd.amount_minor = NEW.amount_minor
                ELSE
                    odd.class = 'amount_differs'
                    AND odd.amount_minor + NEW.amount_minor = payment.amount_minor
            END
    ) THEN
        wrong := 'outcome_by_its_line';
    ELSIF NOT EXISTS (
        SELECT FROM governance.proposal AS proposal
        INNER JOIN payouts.explanation AS made ON made.exception_id = NEW.exception_id
        INNER JOIN payouts.exception AS found ON found.exception_id = NEW.exception_id
        WHERE
            proposal.digest = NEW.proposal_sha256 AND proposal.kind = 'suspense'
            AND proposal.body::jsonb ->> 'exception' = NEW.exception_id
            AND proposal.body::jsonb ->> 'what' = made.what
            AND COALESCE(proposal.body::jsonb ->> 'provider_says', 'its_bill') = NEW.provider_says
            AND made.what = CASE NEW.what WHEN 'paid_after_all' THEN 'paid' ELSE NEW.what END
            AND found.instruction_id = NEW.instruction_id
            AND (
                SELECT count(DISTINCT operator.public_key) FROM governance.approval AS approval
                INNER JOIN governance.operator AS operator ON operator.name = approval.operator
                WHERE approval.digest = proposal.digest
            ) >= 2
    ) THEN
        wrong := 'outcome_signed';
    END IF;
    IF wrong IS NOT NULL THEN
        RAISE EXCEPTION 'that payment % is % cannot be written down', NEW.instruction_id, NEW.what
            USING ERRCODE = 'check_violation', CONSTRAINT = wrong, SCHEMA = 'payouts',
            TABLE = 'outcome';
    END IF;
    RETURN NULL;
END
$$;

CREATE TRIGGER outcome_is_so AFTER INSERT ON payouts.outcome FOR EACH ROW
EXECUTE FUNCTION payouts.refuse_outcome();

CREATE VIEW payouts.short AS
SELECT
    found.instruction_id,
    payment.award_index,
    found.amount_minor
FROM payouts.outcome AS found
INNER JOIN payouts.payment AS payment ON payment.instruction_id = found.instruction_id
WHERE
    found.what = 'paid_short'
    AND NOT EXISTS (
        SELECT FROM awards.correction AS raise
        WHERE
            raise.award_index = payment.award_index AND raise.corrected_at >= found.found_at
            AND raise.amount_minor - raise.amount_before_minor >= found.amount_minor
    );

COMMENT ON VIEW payouts.short IS
    'Payments that brought less than they say, of awards that were not raised by what is missing.';

GRANT SELECT ON payouts.short TO amends_app;

-- Three arrows more, each where an outcome is written down; the request of a number never changes.
CREATE OR REPLACE FUNCTION payouts.refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF
        (OLD.request_sha256 IS NULL OR NEW.request_sha256 = OLD.request_sha256)
        AND NEW.attempts >= OLD.attempts
        AND EXISTS (
            SELECT FROM payouts.outcome AS found
            WHERE
                found.instruction_id = OLD.instruction_id
                AND found.what = CASE OLD.state || '>' || NEW.state
                    WHEN 'settled>refused' THEN 'not_paid'
                    WHEN 'returned>settled' THEN 'not_returned'
                    WHEN 'refused>settled' THEN 'paid_after_all'
                END
        )
    THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'instruction % may not go from % to %, nor change its request',
        OLD.instruction_id, OLD.state, NEW.state
        USING ERRCODE = 'check_violation', CONSTRAINT = TG_NAME, SCHEMA = 'payouts';
END
$$;

-- Where a chunk says that a payment is settled it goes on from there, or was found never paid.
CREATE OR REPLACE FUNCTION payouts.refuse_unsent() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    wrong text;
    broken text;
BEGIN
    WITH sent AS MATERIALIZED (
        SELECT chunk_no, state, settled, substr(request_sha256s, 1) AS hashes
        FROM payouts.chunk
        WHERE chunk_no = ANY(ARRAY(SELECT DISTINCT chunk_no FROM later))
    )
    SELECT
        later.instruction_id,
        CASE
            WHEN get_bit(sent.settled, later.place) = 1
                AND later.state NOT IN ('planned', 'settled', 'returned', 'superseded')
                THEN 'instruction_protocol'
            ELSE TG_NAME
        END
    INTO wrong, broken
    FROM later INNER JOIN sent ON sent.chunk_no = later.chunk_no
    WHERE
        (
            later.request_sha256 IS NOT NULL
            AND (
                sent.state NOT IN ('sending', 'sent')
                OR substr(sent.hashes, 32 * later.place + 1, 32) <> later.request_sha256
            )
        )
        OR (
            get_bit(sent.settled, later.place) = 1
            AND later.state NOT IN ('planned', 'settled', 'returned', 'superseded')
            AND NOT EXISTS (
                SELECT FROM payouts.outcome AS found
                WHERE
                    found.instruction_id = later.instruction_id AND found.what = 'not_paid'
                    AND later.state = 'refused'
            )
        )
    ORDER BY later.instruction_id
    LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'instruction % was not sent by its chunk as it says', wrong
            USING ERRCODE = 'check_violation', CONSTRAINT = broken, SCHEMA = 'payouts';
    END IF;
    UPDATE payouts.chunk SET apart = COALESCE(chunk.apart, 0::bit(1000)) | told.places
    FROM (
        SELECT
            later.chunk_no,
            bit_or(set_bit(0::bit(1000), later.place, 1)) AS places
        FROM later WHERE later.state <> 'planned' GROUP BY later.chunk_no
    ) AS told
    WHERE
        told.chunk_no = chunk.chunk_no
        AND (chunk.apart IS NULL OR chunk.apart | told.places <> chunk.apart);
    RETURN NULL;
END
$$;

-- Nothing is paid again while something about the payment that failed is unexplained.
CREATE OR REPLACE FUNCTION payouts.refuse_generation() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    before payouts.payment;
    given bigint;
    most bigint;
BEGIN
    SELECT * INTO before FROM payouts.payment AS one
    WHERE
        one.award_index = NEW.award_index AND one.part = NEW.part
        AND one.instruction_id <> NEW.instruction_id
    ORDER BY one.generation DESC LIMIT 1;
    IF FOUND OR NEW.part = 0 THEN
        IF before.state IS DISTINCT FROM 'superseded'
            OR before.generation >= NEW.generation
            OR NEW.follows IS DISTINCT FROM before.instruction_id
        THEN
            RAISE EXCEPTION 'instruction % follows none that was refused or came back',
                NEW.instruction_id
                USING ERRCODE = 'check_violation', CONSTRAINT = TG_NAME, SCHEMA = 'payouts';
        END IF;
    ELSIF NEW.follows IS NOT NULL OR NOT EXISTS (
        SELECT FROM payouts.payment AS one
        WHERE one.award_index = NEW.award_index AND one.part = NEW.part - 1 AND one.live
    ) OR EXISTS (
        SELECT FROM payouts.instruction AS one
        WHERE
            one.award_index = NEW.award_index AND one.live AND one.state <> 'settled'
            AND one.instruction_id <> NEW.instruction_id
    ) THEN
        RAISE EXCEPTION 'instruction % pays on top of an award that is not paid',
            NEW.instruction_id
            USING ERRCODE = 'check_violation', CONSTRAINT = TG_NAME, SCHEMA = 'payouts';
    END IF;
    IF EXISTS (
        SELECT FROM payouts.exception AS found
        WHERE found.instruction_id = NEW.follows AND found.cleared_at IS NULL
    ) THEN
        RAISE EXCEPTION 'instruction % follows one of which something is unexplained',
            NEW.instruction_id
            USING
                ERRCODE = 'check_violation', CONSTRAINT = 'instruction_follows_an_explained_one',
                SCHEMA = 'payouts', TABLE = 'payment';
    END IF;
    SELECT COALESCE(sum(one.amount_minor), 0) INTO given FROM payouts.payment AS one
    WHERE one.award_index = NEW.award_index AND one.live AND one.state <> 'refused';
    SELECT owed.amount_minor INTO most FROM awards.owed WHERE owed.award_index = NEW.award_index;
    IF given > COALESCE(most, 0) THEN
        RAISE EXCEPTION 'instruction % would pay more of award % than is owed',
            NEW.instruction_id, NEW.award_index
            USING ERRCODE = 'check_violation', CONSTRAINT = TG_NAME, SCHEMA = 'payouts';
    END IF;
    RETURN NULL;
END
$$;

CREATE OR REPLACE VIEW payouts.apart AS
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
        count(*) FILTER (WHERE move IN ('settle', 'not_returned', 'paid_after_all'))
        - count(*) FILTER (WHERE move IN ('return', 'not_paid')) AS settled,
        count(*) FILTER (WHERE move = 'return')
        - count(*) FILTER (WHERE move = 'not_returned') AS returned
    FROM moved GROUP BY award_index, generation
)
SELECT
    'line_is_no_payment' AS kind,
    matched.rail || ' ' || matched.day || ' ' || matched.place AS what
FROM matched
LEFT JOIN payouts.instruction AS payment
    ON payment.instruction_id = matched.instruction_id AND payment.rail = matched.rail
WHERE
    payment.instruction_id IS NULL
    OR payment.settled_from IS NULL
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
