-- What was paid at once is written down by the chunk: which of its places, and of each the provider's
-- reference and time, in one row. The row of a payment stays planned then; it is written for whatever
-- else is told of it. How each stands is told by payouts.instruction, as before.
SET lock_timeout = '5s';

CREATE TABLE payouts.settlement (
    chunk_no integer NOT NULL,
    places bit(1000) NOT NULL,
    settled_from timestamptz NOT NULL,
    settled_to timestamptz NOT NULL,
    provider_references text [] NOT NULL,
    settled_at timestamptz [] NOT NULL,
    CONSTRAINT settlement_pkey PRIMARY KEY (chunk_no, places),
    CONSTRAINT settlement_chunk_known FOREIGN KEY (chunk_no) REFERENCES payouts.chunk (chunk_no),
    CONSTRAINT settlement_of_places CHECK (
        bit_count(places) > 0
        AND cardinality(provider_references) = bit_count(places)
        AND cardinality(settled_at) = bit_count(places)
    ),
    CONSTRAINT settlement_has_times CHECK (
        array_position(settled_at, NULL) IS NULL
        AND settled_from <= ALL(settled_at) AND settled_to >= ALL(settled_at)
    )
);

ALTER TABLE payouts.settlement
    ALTER COLUMN provider_references SET STORAGE EXTERNAL,
    ALTER COLUMN settled_at SET STORAGE EXTERNAL;

COMMENT ON TABLE payouts.settlement IS
    'Payments of a chunk of which the first answer was that they are paid, in the order of places.';
COMMENT ON COLUMN payouts.settlement.places IS 'The first bit is place 0.';
COMMENT ON COLUMN payouts.settlement.settled_from IS 'The earliest of its times; settled_to the last.';

ALTER TABLE payouts.chunk
    ADD COLUMN settled bit(1000),
    ADD COLUMN apart bit(1000),
    ADD COLUMN settled_from timestamptz,
    ADD COLUMN settled_to timestamptz,
    ADD CONSTRAINT chunk_settled_has_times CHECK (
        (settled IS NULL) = (settled_from IS NULL) AND (settled IS NULL) = (settled_to IS NULL)
    ),
    ADD CONSTRAINT chunk_settled_was_sent CHECK (
        settled IS NULL OR state IN ('sending', 'sent')
    );

COMMENT ON COLUMN payouts.chunk.settled IS 'The places of its settlements.';
COMMENT ON COLUMN payouts.chunk.apart IS
    'Places of which the row of the payment says more than that it is planned.';

-- Rows are written once now, and moved where something special is told of them.
ALTER TABLE payouts.payment RESET (fillfactor);

UPDATE payouts.chunk SET apart = told.places
FROM (
    SELECT
        payment.chunk_no,
        bit_or(set_bit(0::bit(1000), payment.place, 1)) AS places
    FROM payouts.payment AS payment
    WHERE payment.state <> 'planned' GROUP BY payment.chunk_no
) AS told
WHERE told.chunk_no = chunk.chunk_no AND chunk.state <> 'sent';

SET CONSTRAINTS ALL IMMEDIATE;

-- Bits are set where what they stand for is written, never otherwise, and never taken back.
CREATE FUNCTION payouts.refuse_bits() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF
        pg_trigger_depth() > 1
        AND (OLD.settled IS NULL OR OLD.settled & NEW.settled = OLD.settled)
        AND (OLD.apart IS NULL OR OLD.apart & NEW.apart = OLD.apart)
    THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'what is settled of chunk % is what its settlements and payments say',
        OLD.chunk_no
        USING ERRCODE = 'check_violation', CONSTRAINT = TG_NAME, SCHEMA = 'payouts',
        TABLE = 'chunk';
END
$$;

CREATE TRIGGER chunk_says_what_was_written BEFORE UPDATE ON payouts.chunk FOR EACH ROW
WHEN (
    NEW.settled IS DISTINCT FROM OLD.settled
    OR NEW.apart IS DISTINCT FROM OLD.apart
    OR NEW.settled_from IS DISTINCT FROM OLD.settled_from
    OR NEW.settled_to IS DISTINCT FROM OLD.settled_to
)
EXECUTE FUNCTION payouts.refuse_bits();

-- A settlement is of what its chunk sent and nothing was told of yet: once, and before all else.
CREATE FUNCTION payouts.settle_places() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE payouts.chunk SET
        settled = COALESCE(settled, 0::bit(1000)) | NEW.places,
        settled_from = LEAST(settled_from, NEW.settled_from),
        settled_to = GREATEST(settled_to, NEW.settled_to)
    WHERE
        chunk.chunk_no = NEW.chunk_no AND chunk.state = 'sending'
        AND bit_count(substring(NEW.places FROM chunk.instructions + 1)) = 0
        AND (chunk.settled IS NULL OR bit_count(chunk.settled & NEW.places) = 0)
        AND (chunk.apart IS NULL OR bit_count(chunk.apart & NEW.places) = 0);
    IF FOUND THEN
        RETURN NULL;
    END IF;
    RAISE EXCEPTION 'a settlement of chunk % is of places that were not sent, or told of before',
        NEW.chunk_no
        USING ERRCODE = 'check_violation', CONSTRAINT = TG_NAME, SCHEMA = 'payouts',
        TABLE = 'settlement';
END
$$;

CREATE TRIGGER settlement_once_per_place AFTER INSERT ON payouts.settlement
FOR EACH ROW EXECUTE FUNCTION payouts.settle_places();

-- What a place was paid by, and when. Lists of many read payouts.settled_place.
CREATE FUNCTION payouts.settled_reference(of_chunk integer, of_place smallint) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT NULLIF(
        one.provider_references[bit_count(substring(one.places FROM 1 FOR of_place))::integer + 1], ''
    )
    FROM payouts.settlement AS one
    WHERE one.chunk_no = of_chunk AND get_bit(one.places, of_place) = 1
$$;

CREATE FUNCTION payouts.settled_at(of_chunk integer, of_place smallint) RETURNS timestamptz
LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT one.settled_at[bit_count(substring(one.places FROM 1 FOR of_place))::integer + 1]
    FROM payouts.settlement AS one
    WHERE one.chunk_no = of_chunk AND get_bit(one.places, of_place) = 1
$$;

CREATE VIEW payouts.settled_place AS
SELECT
    one.chunk_no,
    places.place,
    NULLIF(one.provider_references[places.nth], '') AS provider_reference,
    one.settled_at[places.nth] AS settled_at
FROM payouts.settlement AS one
CROSS JOIN LATERAL (
    SELECT
        at::smallint AS place,
        (row_number() OVER (ORDER BY at))::integer AS nth
    FROM generate_series(0, 999) AS at
    WHERE get_bit(one.places, at) = 1
) AS places;

COMMENT ON VIEW payouts.settled_place IS
    'Each place of each settlement. Of a payment whose row says more, the row is what counts.';

GRANT SELECT, INSERT ON payouts.settlement TO amends_app;
GRANT SELECT ON payouts.settled_place TO amends_app;
GRANT UPDATE (settled, apart, settled_from, settled_to) ON payouts.chunk TO amends_app;

SELECT store.let_stay('payouts', 'settlement'), store.let_stay('payouts', 'chunk');

-- An answer is to something that was sent, as its chunk wrote it down. A row that says more than that
-- it is planned says so in its chunk, too; where the chunk says that it is settled it goes on from
-- there.
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


CREATE OR REPLACE VIEW payouts.instruction AS
SELECT
    payment.instruction_id,
    payment.award_index,
    payment.generation,
    payment.chunk_no,
    payment.rail,
    payment.amount_minor,
    payment.currency,
    CASE
        WHEN payment.state <> 'planned' THEN payment.state
        WHEN get_bit(chunk.settled, payment.place) = 1 THEN 'settled'
        WHEN chunk.state = 'sent' THEN 'sending'
        ELSE chunk.state
    END AS state,
    payment.live,
    payment.reason,
    payment.advice,
    CASE
        WHEN payment.state = 'planned' AND get_bit(chunk.settled, payment.place) = 1
            THEN payouts.settled_reference(payment.chunk_no, payment.place)
        ELSE payment.provider_reference
    END AS provider_reference,
    CASE
        WHEN payment.state = 'planned'
            THEN substr(chunk.request_sha256s, 32 * payment.place + 1, 32)
        ELSE payment.request_sha256
    END AS request_sha256,
    CASE
        WHEN payment.state = 'planned' AND chunk.sent_at IS NOT NULL THEN 1
        ELSE payment.attempts
    END AS attempts,
    payment.questions,
    CASE WHEN payment.state = 'planned' THEN chunk.sent_at ELSE payment.sent_at END AS sent_at,
    CASE WHEN payment.state = 'planned' THEN chunk.sent_at ELSE payment.last_sent_at END
        AS last_sent_at,
    CASE
        WHEN payment.state = 'planned' AND get_bit(chunk.settled, payment.place) = 1
            THEN payouts.settled_at(payment.chunk_no, payment.place)
        ELSE payment.settled_at
    END AS settled_at,
    payment.returned_at,
    payment.place,
    payment.part,
    payment.follows,
    CASE
        WHEN payment.state = 'planned' AND get_bit(chunk.settled, payment.place) = 1
            THEN chunk.settled_from
        ELSE payment.settled_at
    END AS settled_from,
    CASE
        WHEN payment.state = 'planned' AND get_bit(chunk.settled, payment.place) = 1
            THEN chunk.settled_to
        ELSE payment.settled_at
    END AS settled_to
FROM payouts.payment AS payment
INNER JOIN payouts.chunk AS chunk ON chunk.chunk_no = payment.chunk_no;

CREATE OR REPLACE VIEW payouts.sent AS
SELECT
    instruction.award_index,
    instruction.generation,
    instruction.rail,
    instruction.instruction_id,
    (instruction.sent_at AT TIME ZONE rail.bill_zone)::date AS sent_day,
    CASE
        WHEN
            (instruction.settled_from AT TIME ZONE rail.bill_zone)::date
            = (instruction.settled_to AT TIME ZONE rail.bill_zone)::date
            THEN (instruction.settled_from AT TIME ZONE rail.bill_zone)::date
        ELSE (instruction.settled_at AT TIME ZONE rail.bill_zone)::date
    END AS settled_day,
    instruction.amount_minor,
    instruction.currency,
    (CASE instruction.state
        WHEN 'settled' THEN 2
        WHEN 'returned' THEN 3
        WHEN 'superseded' THEN 3
        ELSE 1
    END)::smallint AS state_code,
    instruction.part
FROM payouts.instruction AS instruction
INNER JOIN payouts.rail AS rail ON rail.rail = instruction.rail
WHERE
    instruction.state IN ('sending', 'unknown', 'accepted', 'settled', 'returned')
    OR (instruction.state = 'superseded' AND instruction.returned_at IS NOT NULL)
UNION ALL
SELECT
    award_index,
    NULL AS generation,
    'counter' AS rail,
    number AS instruction_id,
    paid_on AS sent_day,
    paid_on AS settled_day,
    amount_minor,
    currency,
    2::smallint AS state_code,
    0::smallint AS part
FROM payees.by_hand
WHERE complete;

CREATE OR REPLACE VIEW payouts.raise_due AS
SELECT
    owed.award_index,
    owed.person_id,
    (owed.amount_minor - paid.amount_minor)::bigint AS amount_minor,
    owed.currency,
    paid.part + 1 AS part,
    paid.generation + 1 AS generation
FROM (SELECT DISTINCT award_index FROM awards.correction) AS changed
INNER JOIN awards.owed AS owed ON owed.award_index = changed.award_index
CROSS JOIN LATERAL (
    SELECT
        sum(one.amount_minor) FILTER (WHERE one.live) AS amount_minor,
        bool_and(one.state IN ('settled', 'superseded')) AS settled,
        max(one.part) AS part,
        max(one.generation) AS generation
    FROM payouts.instruction AS one
    WHERE one.award_index = owed.award_index
) AS paid
WHERE paid.settled AND paid.amount_minor < owed.amount_minor;

CREATE OR REPLACE VIEW payouts.telling_part AS
SELECT DISTINCT ON (one.award_index)
    one.award_index,
    one.part
FROM payouts.instruction AS one
WHERE
    one.live
    AND one.award_index IN (SELECT later.award_index FROM payouts.payment AS later WHERE later.part > 0)
ORDER BY
    one.award_index,
    one.state = 'settled',
    CASE WHEN one.state = 'settled' THEN -one.part ELSE one.part END;

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
        count(*) FILTER (WHERE move = 'settle')
        - count(*) FILTER (WHERE move = 'return') AS settled,
        count(*) FILTER (WHERE move = 'return') AS returned
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
