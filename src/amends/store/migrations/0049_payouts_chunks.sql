-- Millions are paid by the chunk. What goes out is written down once for a chunk, before it goes; a
-- row of an instruction is written when it is planned, and when its answer is there. Approval is a
-- row of the plan and of its chunks. What held each row to other tables holds each statement now.
SET lock_timeout = '5s';

ALTER TABLE payouts.instruction RENAME TO payment;

COMMENT ON TABLE payouts.payment IS
    'What is kept of each instruction. How it stands is told by the view payouts.instruction: '
    'a planned one is what its chunk is.';

-- What has no row of its own in the common case is not looked at for each row: see the triggers.
ALTER TABLE payouts.payment
    ADD COLUMN place smallint NOT NULL DEFAULT 0,
    DROP CONSTRAINT instruction_award_known,
    DROP CONSTRAINT instruction_chunk_known,
    DROP CONSTRAINT instruction_number_form,
    DROP CONSTRAINT instruction_nothing_sent_before_sending,
    SET (fillfactor = 35);

COMMENT ON COLUMN payouts.payment.place IS
    'Its place among the hashes of its chunk, from 0.';

-- An award has one live instruction: a first one by instruction_once_per_generation, a later one by
-- instruction_follows_an_ended_one, and what is superseded stays so by instruction_protocol.
DROP INDEX payouts.instruction_one_live_per_award;
DROP INDEX payouts.instruction_by_chunk;

ALTER TABLE payouts.chunk
    ADD COLUMN first_award integer NOT NULL DEFAULT 0,
    ADD COLUMN last_award integer NOT NULL DEFAULT 2147483647,
    ADD COLUMN sent_at timestamptz,
    ADD COLUMN request_sha256s bytea;

ALTER TABLE payouts.chunk ALTER COLUMN request_sha256s SET STORAGE EXTERNAL;

COMMENT ON COLUMN payouts.chunk.request_sha256s IS
    'The hashes of what goes out, 32 bytes for each place, written before it goes; zeros: nothing.';
COMMENT ON COLUMN payouts.chunk.first_award IS
    'Its instructions are of awards from this one to last_award.';

DROP TRIGGER instruction_protocol ON payouts.payment;

UPDATE payouts.chunk SET
    first_award = found.first_award,
    last_award = found.last_award,
    sent_at = found.sent_at
FROM (
    SELECT
        chunk_no,
        min(award_index) AS first_award,
        max(award_index) AS last_award,
        min(sent_at) AS sent_at
    FROM payouts.payment GROUP BY chunk_no
) AS found
WHERE found.chunk_no = chunk.chunk_no;

UPDATE payouts.chunk SET sent_at = now() WHERE state IN ('sending', 'sent') AND sent_at IS NULL;

-- Nobody works while the database is brought up to date: what was being sent is unknown.
UPDATE payouts.payment SET state = 'unknown', reason = 'no_answer', advice = 'ask'
FROM payouts.chunk
WHERE chunk.chunk_no = payment.chunk_no AND chunk.state = 'sending' AND payment.state = 'sending';

UPDATE payouts.chunk SET state = 'sent' WHERE state = 'sending';

UPDATE payouts.payment SET state = 'planned', place = placed.place
FROM (
    SELECT
        instruction_id,
        row_number() OVER (PARTITION BY chunk_no ORDER BY instruction_id) - 1 AS place
    FROM payouts.payment
) AS placed
WHERE placed.instruction_id = payment.instruction_id AND payment.state IN ('planned', 'approved');

SET CONSTRAINTS ALL IMMEDIATE;

ALTER TABLE payouts.payment
    DROP CONSTRAINT instruction_state_known,
    ADD CONSTRAINT instruction_state_known CHECK (
        state IN (
            'planned', 'sending', 'unknown', 'accepted',
            'settled', 'returned', 'refused', 'superseded'
        )
    ),
    ADD CONSTRAINT instruction_nothing_sent_before_sending CHECK (
        state <> 'planned'
        OR (request_sha256 IS NULL AND sent_at IS NULL AND last_sent_at IS NULL AND attempts = 0)
    ),
    ADD CONSTRAINT instruction_place_in_its_chunk CHECK (place BETWEEN 0 AND 999);

ALTER TABLE payouts.chunk
    ADD CONSTRAINT chunk_hashes_before_sending CHECK (
        state <> 'sending' OR (request_sha256s IS NOT NULL AND sent_at IS NOT NULL)
    ),
    ADD CONSTRAINT chunk_nothing_sent_before_sending CHECK (
        state NOT IN ('planned', 'approved') OR (request_sha256s IS NULL AND sent_at IS NULL)
    ),
    ADD CONSTRAINT chunk_hashes_sized CHECK (length(request_sha256s) = 32 * instructions);

-- A chunk moves one way, under a plan that is approved, and what is written down of it stays.
CREATE FUNCTION payouts.refuse_chunk() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'chunk % may not go from % to %, nor change what was sent',
        OLD.chunk_no, OLD.state, NEW.state
        USING ERRCODE = 'check_violation', CONSTRAINT = TG_NAME, SCHEMA = 'payouts';
END
$$;

CREATE TRIGGER chunk_protocol BEFORE UPDATE ON payouts.chunk FOR EACH ROW
WHEN (
    (
        OLD.state <> NEW.state
        AND (OLD.state || '>' || NEW.state) <> ALL (ARRAY[
            'planned>approved', 'approved>sending', 'sending>sent'
        ])
    )
    OR (OLD.sent_at IS NOT NULL AND NEW.sent_at IS DISTINCT FROM OLD.sent_at)
    OR (
        OLD.request_sha256s IS NOT NULL
        AND NEW.request_sha256s IS DISTINCT FROM OLD.request_sha256s
    )
)
EXECUTE FUNCTION payouts.refuse_chunk();

CREATE FUNCTION payouts.refuse_unapproved() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT FROM payouts.plan
        WHERE plan.plan_no = NEW.plan_no AND plan.approved_at IS NOT NULL
    ) THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'plan % of chunk % is not approved', NEW.plan_no, NEW.chunk_no
        USING ERRCODE = 'check_violation', CONSTRAINT = TG_NAME, SCHEMA = 'payouts';
END
$$;

CREATE TRIGGER chunk_plan_approved BEFORE UPDATE ON payouts.chunk FOR EACH ROW
WHEN (OLD.state = 'planned' AND NEW.state = 'approved')
EXECUTE FUNCTION payouts.refuse_unapproved();

CREATE TRIGGER instruction_protocol BEFORE UPDATE ON payouts.payment FOR EACH ROW
WHEN (
    (
        OLD.state <> NEW.state
        AND (OLD.state || '>' || NEW.state) <> ALL (ARRAY[
            'planned>refused', 'planned>unknown', 'planned>accepted', 'planned>settled',
            'planned>returned',
            'sending>unknown', 'sending>accepted', 'sending>settled', 'sending>refused',
            'sending>returned',
            'unknown>sending', 'unknown>accepted', 'unknown>settled', 'unknown>refused',
            'unknown>returned',
            'accepted>settled', 'accepted>refused', 'accepted>returned',
            'settled>returned',
            'refused>superseded', 'returned>superseded'
        ])
    )
    OR (
        OLD.request_sha256 IS NOT NULL
        AND NEW.request_sha256 IS DISTINCT FROM OLD.request_sha256
    )
    OR NEW.attempts < OLD.attempts
)
EXECUTE FUNCTION payouts.refuse_change();

-- An answer is to something that was sent: what its chunk wrote down is what the row says was sent.
-- A chunk that was sent before chunks wrote anything down has no hashes; its rows kept their own.
CREATE FUNCTION payouts.refuse_unsent() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    wrong text;
BEGIN
    WITH sent AS MATERIALIZED (
        SELECT chunk_no, state, substr(request_sha256s, 1) AS hashes
        FROM payouts.chunk
        WHERE chunk_no = ANY(ARRAY(SELECT DISTINCT chunk_no FROM later))
    )
    SELECT later.instruction_id INTO wrong
    FROM later INNER JOIN sent ON sent.chunk_no = later.chunk_no
    WHERE
        later.request_sha256 IS NOT NULL
        AND (
            sent.state NOT IN ('sending', 'sent')
            OR substr(sent.hashes, 32 * later.place + 1, 32) <> later.request_sha256
        )
    ORDER BY later.instruction_id
    LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'instruction % was not sent by its chunk as it says', wrong
            USING ERRCODE = 'check_violation', CONSTRAINT = TG_NAME, SCHEMA = 'payouts';
    END IF;
    RETURN NULL;
END
$$;

CREATE TRIGGER instruction_sent_by_its_chunk AFTER UPDATE ON payouts.payment
REFERENCING NEW TABLE AS later FOR EACH STATEMENT
EXECUTE FUNCTION payouts.refuse_unsent();

-- What a new instruction has to be, looked at for all rows of a statement at once.
CREATE FUNCTION payouts.refuse_payment() RETURNS trigger LANGUAGE plpgsql
SET enable_nestloop TO off AS $$
DECLARE
    wrong text;
    lowest integer;
    highest integer;
BEGIN
    SELECT
        min(used.lowest),
        max(used.highest),
        max(
            CASE
                WHEN used.letters ~ '[^0-9A-Za-z]' OR used.shortest < 1 OR used.longest > 32
                    THEN 'instruction_number_form'
                WHEN
                    chunk.chunk_no IS NULL
                    OR used.lowest < chunk.first_award OR used.highest > chunk.last_award
                    THEN 'instruction_chunk_known'
            END
        )
    INTO lowest, highest, wrong
    FROM (
        SELECT
            chunk_no,
            string_agg(instruction_id, '') AS letters,
            min(octet_length(instruction_id)) AS shortest,
            max(octet_length(instruction_id)) AS longest,
            min(award_index) AS lowest,
            max(award_index) AS highest
        FROM added GROUP BY chunk_no
    ) AS used
    LEFT JOIN payouts.chunk ON chunk.chunk_no = used.chunk_no;
    IF wrong IS NULL AND EXISTS (
        SELECT FROM added WHERE NOT EXISTS (
            SELECT FROM awards.award
            WHERE
                award.award_index BETWEEN lowest AND highest
                AND award.award_index = added.award_index AND award.currency = added.currency
        )
    ) THEN
        wrong := 'instruction_award_known';
    END IF;
    IF wrong IS NOT NULL THEN
        RAISE EXCEPTION 'new instructions violate %', wrong
            USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = wrong,
            SCHEMA = 'payouts', TABLE = 'payment';
    END IF;
    RETURN NULL;
END
$$;

CREATE TRIGGER instruction_is_whole AFTER INSERT ON payouts.payment
REFERENCING NEW TABLE AS added FOR EACH STATEMENT
EXECUTE FUNCTION payouts.refuse_payment();

-- The other side of what were foreign keys: an award or a chunk with an instruction stays.
CREATE FUNCTION payouts.refuse_removal() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM payouts.payment) THEN
        RAISE EXCEPTION '% may not lose rows: instructions stand on them', TG_TABLE_NAME
            USING ERRCODE = 'foreign_key_violation', CONSTRAINT = TG_NAME, SCHEMA = 'payouts';
    END IF;
    RETURN NULL;
END
$$;

CREATE TRIGGER instruction_keeps_its_award BEFORE DELETE OR TRUNCATE ON awards.award
FOR EACH STATEMENT EXECUTE FUNCTION payouts.refuse_removal();
CREATE TRIGGER instruction_keeps_its_chunk BEFORE DELETE OR TRUNCATE ON payouts.chunk
FOR EACH STATEMENT EXECUTE FUNCTION payouts.refuse_removal();

-- Which chunk is next.
CREATE INDEX chunk_to_send ON payouts.chunk (chunk_no) WHERE state = 'approved';

CREATE VIEW payouts.instruction AS
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
    payment.place
FROM payouts.payment AS payment
INNER JOIN payouts.chunk AS chunk ON chunk.chunk_no = payment.chunk_no;

COMMENT ON VIEW payouts.instruction IS
    'Every instruction as it stands: planned, approved and sending as its chunk, else by its row.';

-- What other rooms read, now of instructions as they stand.
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
LEFT JOIN payouts.instruction AS instruction
    ON instruction.award_index = owed.award_index AND instruction.live
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
    END)::smallint AS state_code
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
    2::smallint AS state_code
FROM payees.by_hand
WHERE complete;

CREATE OR REPLACE VIEW payouts.held AS
SELECT
    instruction.award_index,
    instruction.amount_minor,
    instruction.state
FROM payouts.instruction AS instruction
WHERE
    instruction.live AND instruction.state <> 'refused'
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
        instruction.award_index = by_hand.award_index
        AND instruction.live AND instruction.state <> 'refused';

-- What came back is kept by the chunk, sealed in one piece; later answers have rows of their own.
CREATE TABLE payouts.answer_pack (
    pack_sha256 bytea NOT NULL,
    chunk_no integer NOT NULL,
    answers integer NOT NULL,
    sealed bytea NOT NULL,
    received_at timestamptz NOT NULL,
    CONSTRAINT answer_pack_pkey PRIMARY KEY (pack_sha256),
    CONSTRAINT answer_pack_chunk_known FOREIGN KEY (chunk_no) REFERENCES payouts.chunk (chunk_no),
    CONSTRAINT answer_pack_not_empty CHECK (answers > 0),
    CONSTRAINT answer_pack_hash_sized CHECK (length(pack_sha256) = 32)
);

ALTER TABLE payouts.answer_pack ALTER COLUMN sealed SET STORAGE EXTERNAL;

CREATE INDEX answer_pack_by_chunk ON payouts.answer_pack (chunk_no);

COMMENT ON TABLE payouts.answer_pack IS
    'The answers to first submissions of a chunk, as received, encrypted together.';
COMMENT ON COLUMN payouts.answer_pack.pack_sha256 IS 'Over the pack before it was encrypted.';

-- A transfer of the books moves the money of many payments: of which ones is told here.
CREATE TABLE payouts.movement (
    transfer_id text NOT NULL,
    move text NOT NULL,
    awards integer [] NOT NULL,
    generations smallint [] NOT NULL,
    CONSTRAINT movement_pkey PRIMARY KEY (transfer_id),
    CONSTRAINT movement_transfer_known FOREIGN KEY (transfer_id)
        REFERENCES ledger.transfer (transfer_id) DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT movement_of_pairs CHECK (
        cardinality(awards) > 0 AND cardinality(awards) = cardinality(generations)
    )
);

ALTER TABLE payouts.movement
    ALTER COLUMN awards SET STORAGE EXTERNAL,
    ALTER COLUMN generations SET STORAGE EXTERNAL;

COMMENT ON TABLE payouts.movement IS
    'Which payments (award and generation) a transfer moves; its subject is their digest.';

GRANT SELECT ON payouts.instruction TO amends_app;
GRANT UPDATE (sent_at, request_sha256s) ON payouts.chunk TO amends_app;
GRANT SELECT, INSERT ON payouts.answer_pack TO amends_app;
GRANT SELECT, INSERT ON payouts.movement TO amends_app;
