-- Shares of heirs, and what is given away, that no rail pays: each payment by hand with its receipt.
-- Rows are added and never changed. Who was paid by hand, if only in part, is never payable again.
SET lock_timeout = '5s';

INSERT INTO ledger.account (account, side, meaning) VALUES
    ('paid_by_hand', 'credit', 'paid to heirs and donees by hand, by receipts that two people saw');

CREATE TABLE payees.hand_payment (
    payment_no bigint GENERATED ALWAYS AS IDENTITY,
    person_id text NOT NULL,
    award_index integer NOT NULL,
    share_no integer NOT NULL,
    amount_minor bigint NOT NULL,
    currency text NOT NULL,
    paid_on date NOT NULL,
    completes boolean NOT NULL,
    number text NOT NULL,
    evidence_no bigint NOT NULL,
    receipt_sha256 text NOT NULL,
    entered_by text NOT NULL,
    signature bytea NOT NULL,
    occurred_at timestamptz NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT hand_payment_pkey PRIMARY KEY (payment_no),
    CONSTRAINT hand_payment_of_a_payee FOREIGN KEY (person_id) REFERENCES payees.payee (person_id),
    CONSTRAINT hand_payment_receipt_seen FOREIGN KEY (evidence_no)
        REFERENCES payees.evidence (evidence_no),
    CONSTRAINT hand_payment_paper_once UNIQUE (evidence_no),
    CONSTRAINT hand_payment_receipt_once UNIQUE (receipt_sha256),
    CONSTRAINT hand_payment_number_once UNIQUE (number),
    CONSTRAINT hand_payment_share_from_one CHECK (share_no >= 1),
    CONSTRAINT hand_payment_amount_positive CHECK (amount_minor > 0),
    CONSTRAINT hand_payment_currency_form CHECK (currency ~ '^[A-Z]{3}$'),
    CONSTRAINT hand_payment_number_form CHECK (number ~ '^[0-9A-Z]{26}$'),
    CONSTRAINT hand_payment_receipt_form CHECK (receipt_sha256 ~ '^[0-9a-f]{64}$'),
    CONSTRAINT hand_payment_signature_is_ed25519 CHECK (octet_length(signature) = 64)
);

COMMENT ON TABLE payees.hand_payment IS
    'What was paid by hand, one share at a time; whose it is stands sealed in the move of the heirs.';
COMMENT ON COLUMN payees.hand_payment.completes IS 'Whether nothing was due any more after it.';

CREATE INDEX hand_payment_of_person ON payees.hand_payment (person_id, payment_no);
CREATE INDEX hand_payment_of_award ON payees.hand_payment (award_index);

CREATE VIEW payees.by_hand AS
SELECT
    award_index,
    sum(amount_minor)::bigint AS amount_minor,
    min(currency) AS currency,
    min(number) AS number,
    max(paid_on) AS paid_on,
    bool_or(completes) AS complete
FROM payees.hand_payment
GROUP BY award_index;

COMMENT ON VIEW payees.by_hand IS 'What was paid by hand of each award; complete: all that was due.';

-- The last word on paying twice, whatever the program checked: it waits for whoever plans payments.
CREATE FUNCTION payees.refuse_second_payment() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(1886151022); -- the plan lock, docs/locking.md
    IF EXISTS (
        SELECT FROM payouts.instruction
        WHERE instruction.award_index = NEW.award_index AND instruction.live
        AND instruction.state NOT IN ('refused', 'returned')
    ) OR EXISTS (
        SELECT FROM payees.payee
        WHERE payee.person_id = NEW.person_id AND payee.state = 'payable'
    ) THEN
        RAISE EXCEPTION 'award % is paid by a rail', NEW.award_index
            USING ERRCODE = 'check_violation', CONSTRAINT = TG_NAME, SCHEMA = 'payees';
    END IF;
    RETURN NEW;
END
$$;

CREATE TRIGGER hand_payment_is_the_only_one BEFORE INSERT ON payees.hand_payment
FOR EACH ROW EXECUTE FUNCTION payees.refuse_second_payment();

CREATE FUNCTION payees.refuse_payable() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM payees.hand_payment WHERE hand_payment.person_id = NEW.person_id) THEN
        RAISE EXCEPTION 'somebody was paid by hand for %', NEW.person_id
            USING ERRCODE = 'check_violation', CONSTRAINT = TG_NAME, SCHEMA = 'payees';
    END IF;
    RETURN NEW;
END
$$;

CREATE TRIGGER payee_paid_by_hand_stays BEFORE UPDATE ON payees.payee FOR EACH ROW
WHEN (OLD.state <> 'payable' AND NEW.state = 'payable')
EXECUTE FUNCTION payees.refuse_payable();

-- An award that was paid by hand is settled, like one that a provider paid.
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

-- What was paid by hand goes into a batch of the roster as over the counter, once all of it is paid.
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

ALTER TABLE funding.explanation
    DROP CONSTRAINT explanation_known,
    ADD CONSTRAINT explanation_known CHECK (
        what IN ('to_rail', 'fee', 'taken_back', 'to_notary', 'by_hand')
    );

GRANT SELECT, INSERT ON payees.hand_payment TO amends_app;
GRANT SELECT ON payees.by_hand TO amends_app;
