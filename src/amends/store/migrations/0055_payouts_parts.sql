-- An award may be paid in parts: the first payment, and one more for each raise after it was paid.
-- Each part is a chain of numbers of its own; what follows a failed payment names it.
SET lock_timeout = '5s';

ALTER TABLE payouts.payment
    ADD COLUMN part smallint NOT NULL DEFAULT 0,
    ADD COLUMN follows text,
    ADD CONSTRAINT instruction_part_not_negative CHECK (part >= 0),
    ADD CONSTRAINT instruction_later_part_has_later_number CHECK (part = 0 OR generation > 0),
    ADD CONSTRAINT instruction_follows_known FOREIGN KEY (follows)
        REFERENCES payouts.payment (instruction_id);

COMMENT ON COLUMN payouts.payment.part IS
    '0: the first payment of the award; n: what the n-th raise after it was paid comes to.';
COMMENT ON COLUMN payouts.payment.follows IS
    'The number of the same part that was refused or came back, and that this one follows.';

-- A part has one live instruction: of first payments by instruction_once_per_generation, of what
-- follows one by instruction_follows_an_ended_one, and of later parts by this.
CREATE UNIQUE INDEX instruction_one_live_per_part
ON payouts.payment (award_index, part) WHERE live AND part > 0;

UPDATE payouts.payment AS later
SET follows = before.instruction_id
FROM payouts.payment AS before
WHERE
    later.generation > 0 AND before.award_index = later.award_index
    AND before.generation = later.generation - 1;

ALTER TABLE payouts.plan ADD COLUMN on_top boolean NOT NULL DEFAULT false;

COMMENT ON COLUMN payouts.plan.on_top IS
    'Whether each of its instructions pays a raise of an award that was paid before.';

-- A later number stands on the provider's own final word: of the one before that it follows, or of
-- all payments of the award, on top of which it pays. Together they are never more than is owed.
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
        SELECT FROM payouts.payment AS one
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

-- Raises of awards that are paid, and of which nothing else is under way.
CREATE VIEW payouts.raise_due AS
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
    FROM payouts.payment AS one
    WHERE one.award_index = owed.award_index
) AS paid
WHERE paid.settled AND paid.amount_minor < owed.amount_minor;

COMMENT ON VIEW payouts.raise_due IS 'What is owed on top of awards that were paid, by award.';

-- Which part says where an award of several stands: the first that is not settled, else the last.
CREATE VIEW payouts.telling_part AS
SELECT DISTINCT ON (one.award_index)
    one.award_index,
    one.part
FROM payouts.payment AS one
WHERE
    one.live
    AND one.award_index IN (SELECT later.award_index FROM payouts.payment AS later WHERE later.part > 0)
ORDER BY
    one.award_index,
    one.state = 'settled',
    CASE WHEN one.state = 'settled' THEN -one.part ELSE one.part END;

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
        WHEN chunk.state = 'sent' THEN 'sending'
        ELSE chunk.state
    END AS state,
    payment.live,
    payment.reason,
    payment.advice,
    payment.provider_reference,
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
    payment.settled_at,
    payment.returned_at,
    payment.place,
    payment.part,
    payment.follows
FROM payouts.payment AS payment
INNER JOIN payouts.chunk AS chunk ON chunk.chunk_no = payment.chunk_no;

CREATE OR REPLACE VIEW payouts.award_standing AS
SELECT
    owed.award_index,
    (CASE
        WHEN by_hand.complete THEN 2
        WHEN instruction.state IN ('planned', 'approved') THEN 0
        WHEN instruction.state IN ('sending', 'unknown', 'accepted') THEN 1
        WHEN instruction.state = 'settled' THEN 2
        WHEN instruction.state = 'returned' THEN 3
        WHEN instruction.state = 'refused' THEN 4
        WHEN standing.state = 'payable' THEN 0
        ELSE 4
    END)::smallint AS state_code,
    CASE
        WHEN by_hand.complete IS NOT TRUE THEN COALESCE(instruction.reason, standing.reason)
    END AS reason,
    CASE WHEN by_hand.complete IS NOT TRUE THEN instruction.rail END AS rail,
    CASE WHEN by_hand.complete IS NOT TRUE THEN instruction.generation END AS generation
FROM awards.owed AS owed
LEFT JOIN payouts.telling_part AS telling ON telling.award_index = owed.award_index
LEFT JOIN payouts.instruction AS instruction
    ON
        instruction.award_index = owed.award_index AND instruction.live
        AND instruction.part = COALESCE(telling.part, 0)
LEFT JOIN payees.standing AS standing ON standing.person_id = owed.person_id
LEFT JOIN payees.by_hand AS by_hand ON by_hand.award_index = owed.award_index;

CREATE OR REPLACE VIEW payouts.sent AS
SELECT
    instruction.award_index,
    instruction.generation,
    instruction.rail,
    instruction.instruction_id,
    (instruction.sent_at AT TIME ZONE rail.bill_zone)::date AS sent_day,
    (instruction.settled_at AT TIME ZONE rail.bill_zone)::date AS settled_day,
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

-- What of an award is planned, under way, paid or back, all parts together.
CREATE OR REPLACE VIEW payouts.held AS
SELECT
    instruction.award_index,
    instruction.amount_minor + COALESCE((
        SELECT sum(other.amount_minor) FROM payouts.payment AS other
        WHERE
            other.award_index = instruction.award_index AND other.part > instruction.part
            AND other.live AND other.state <> 'refused'
    ), 0)::bigint AS amount_minor,
    instruction.state
FROM payouts.instruction AS instruction
WHERE
    instruction.live AND instruction.state <> 'refused'
    AND (
        instruction.part = 0
        OR NOT EXISTS (
            SELECT FROM payouts.payment AS other
            WHERE
                other.award_index = instruction.award_index AND other.part < instruction.part
                AND other.live AND other.state <> 'refused'
        )
    )
    AND NOT EXISTS (
        SELECT FROM payees.hand_payment AS hand WHERE hand.award_index = instruction.award_index
    )
UNION ALL
SELECT
    by_hand.award_index,
    GREATEST(by_hand.amount_minor, COALESCE(instruction.amount_minor, 0)) AS amount_minor,
    'paid_by_hand' AS state
FROM payees.by_hand AS by_hand
LEFT JOIN payouts.instruction AS instruction
    ON
        instruction.award_index = by_hand.award_index AND instruction.part = 0
        AND instruction.live AND instruction.state <> 'refused';

-- Payments on top are published in batches of their own: they bring money to awards, no award.
ALTER TABLE roster.batch ADD COLUMN on_top boolean NOT NULL DEFAULT false;

COMMENT ON COLUMN roster.batch.on_top IS
    'Whether its payments are on top of others: their awards were counted with those.';

GRANT SELECT ON payouts.raise_due, payouts.telling_part TO amends_app;
