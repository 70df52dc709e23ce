-- Who is excluded from signing what; money paid too much, until it is back or let go; orders for
-- deposits with a notary; files that are sent again. History: rows are added and read.
SET lock_timeout = '5s';

CREATE TABLE governance.barred (
    digest text NOT NULL
        CONSTRAINT barred_from_a_proposal REFERENCES governance.proposal (digest),
    operator text NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT barred_once PRIMARY KEY (digest, operator)
);

COMMENT ON TABLE governance.barred IS
    'Who may not sign a proposal, because of what they did before: entered an account it pays to.';

CREATE FUNCTION governance.refuse_barred() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT FROM governance.barred
        WHERE barred.digest = NEW.digest AND barred.operator = NEW.operator
    ) THEN
        RAISE EXCEPTION '% is excluded from signing this', NEW.operator
            USING ERRCODE = 'check_violation', CONSTRAINT = TG_NAME, SCHEMA = 'governance';
    END IF;
    RETURN NULL;
END
$$;

CREATE TRIGGER approval_not_by_who_is_barred AFTER INSERT ON governance.approval FOR EACH ROW
EXECUTE FUNCTION governance.refuse_barred();

-- Whoever has signed a plan that has not left does not say afterwards where its money goes.
CREATE FUNCTION payees.refuse_who_signed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT FROM awards.award AS award
        INNER JOIN payouts.instruction AS one ON one.award_index = award.award_index
        INNER JOIN payouts.chunk AS chunk ON chunk.chunk_no = one.chunk_no
        INNER JOIN payouts.plan AS plan ON plan.plan_no = chunk.plan_no
        INNER JOIN governance.proposal AS proposal
            ON
                proposal.kind = 'pay'
                AND proposal.body::json ->> 'numbers_sha256' = plan.numbers_sha256
        INNER JOIN governance.approval AS approval ON approval.digest = proposal.digest
        WHERE
            award.person_id = NEW.person_id AND one.state IN ('planned', 'approved')
            AND approval.operator = NEW.entered_by
            AND EXISTS (
                SELECT FROM payees.payee
                WHERE payee.person_id = NEW.person_id AND payee.state = 'payable'
            )
    ) THEN
        RAISE EXCEPTION '% has signed a plan that pays this person', NEW.entered_by
            USING ERRCODE = 'check_violation', CONSTRAINT = TG_NAME, SCHEMA = 'payees';
    END IF;
    RETURN NULL;
END
$$;

CREATE CONSTRAINT TRIGGER account_not_by_who_signed AFTER INSERT ON payees.move
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION payees.refuse_who_signed();

GRANT SELECT, INSERT ON governance.barred TO amends_app;

-- Money that was paid too much or to the wrong person: beside the award, which stays as it was paid,
-- until it is back or let go. Nothing else that is owed to the person is ever less for it.
INSERT INTO ledger.account (account, side, meaning) VALUES
    ('receivable', 'debit', 'paid too much or to the wrong person, and asked back'),
    ('to_recover', 'credit', 'what is asked back, until it is back or let go'),
    ('recovered', 'credit', 'came back of what was paid too much');

CREATE TABLE payouts.recovery (
    recovery_no integer NOT NULL,
    instruction_id text NOT NULL,
    award_index integer NOT NULL,
    amount_minor bigint NOT NULL,
    currency text NOT NULL,
    ground text NOT NULL,
    because bytea NOT NULL,
    proposal_sha256 text NOT NULL,
    opened_at timestamptz NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT recovery_pkey PRIMARY KEY (recovery_no),
    CONSTRAINT recovery_once UNIQUE (proposal_sha256),
    CONSTRAINT recovery_of_a_payment FOREIGN KEY (instruction_id)
        REFERENCES payouts.payment (instruction_id),
    CONSTRAINT recovery_number_positive CHECK (recovery_no > 0),
    CONSTRAINT recovery_amount_positive CHECK (amount_minor > 0),
    CONSTRAINT recovery_ground_known CHECK (ground IN ('too_much', 'wrong_person', 'not_owed')),
    CONSTRAINT recovery_digest_form CHECK (proposal_sha256 ~ '^[0-9a-f]{64}$')
);

COMMENT ON COLUMN payouts.recovery.because IS 'Why, in words of people: sealed by the vault.';

CREATE TABLE payouts.recovery_event (
    recovery_no integer NOT NULL,
    step integer NOT NULL,
    kind text NOT NULL,
    amount_minor bigint NOT NULL,
    mark bytea,
    entered_by text NOT NULL,
    proposal_sha256 text,
    occurred_at timestamptz NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT recovery_event_pkey PRIMARY KEY (recovery_no, step),
    CONSTRAINT recovery_event_of_one FOREIGN KEY (recovery_no)
        REFERENCES payouts.recovery (recovery_no),
    CONSTRAINT recovery_event_step_from_one CHECK (step > 0),
    CONSTRAINT recovery_event_kind_known CHECK (kind IN ('told', 'repaid', 'waived')),
    CONSTRAINT recovery_event_moves_money CHECK ((kind = 'told') = (amount_minor = 0)),
    CONSTRAINT recovery_event_by_two_people CHECK (
        kind = 'told' OR COALESCE(proposal_sha256, '') ~ '^[0-9a-f]{64}$'
    ),
    CONSTRAINT recovery_repaid_by_a_movement CHECK ((kind = 'repaid') = (mark IS NOT NULL)),
    CONSTRAINT recovery_movement_once UNIQUE (mark)
);

COMMENT ON COLUMN payouts.recovery_event.mark IS
    'A keyed hash of the bank''s movement by which it came back: one movement is matched once.';

CREATE VIEW payouts.recovery_standing AS
SELECT
    recovery.recovery_no,
    recovery.instruction_id,
    recovery.award_index,
    recovery.amount_minor,
    recovery.currency,
    recovery.ground,
    recovery.because,
    recovery.opened_at,
    COALESCE(sum(event.amount_minor) FILTER (WHERE event.kind = 'repaid'), 0)::bigint
        AS repaid_minor,
    COALESCE(sum(event.amount_minor) FILTER (WHERE event.kind = 'waived'), 0)::bigint
        AS waived_minor,
    COALESCE(bool_or(event.kind = 'told'), false) AS told,
    COALESCE(max(event.step), 0) AS steps
FROM payouts.recovery AS recovery
LEFT JOIN payouts.recovery_event AS event ON event.recovery_no = recovery.recovery_no
GROUP BY recovery.recovery_no;

CREATE FUNCTION payouts.refuse_recovery() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    paid bigint;
    asked bigint;
BEGIN
    PERFORM pg_advisory_xact_lock(1919121010); -- the recovery lock, docs/locking.md
    SELECT one.amount_minor INTO paid FROM payouts.instruction AS one
    WHERE
        one.instruction_id = NEW.instruction_id AND one.award_index = NEW.award_index
        AND one.currency = NEW.currency AND one.state = 'settled';
    SELECT sum(standing.amount_minor - standing.waived_minor) INTO asked
    FROM payouts.recovery_standing AS standing
    WHERE standing.instruction_id = NEW.instruction_id;
    IF paid IS NULL OR asked > paid THEN
        RAISE EXCEPTION 'more is asked back than payment % brought', NEW.instruction_id
            USING ERRCODE = 'check_violation', CONSTRAINT = TG_NAME, SCHEMA = 'payouts';
    END IF;
    RETURN NULL;
END
$$;

CREATE TRIGGER recovery_of_what_was_paid AFTER INSERT ON payouts.recovery FOR EACH ROW
EXECUTE FUNCTION payouts.refuse_recovery();

CREATE FUNCTION payouts.refuse_recovery_event() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(1919121010); -- the recovery lock, docs/locking.md
    IF EXISTS (
        SELECT FROM payouts.recovery_standing AS standing
        WHERE
            standing.recovery_no = NEW.recovery_no
            AND standing.repaid_minor + standing.waived_minor > standing.amount_minor
    ) THEN
        RAISE EXCEPTION 'more came back or was let go of recovery % than was asked',
            NEW.recovery_no
            USING ERRCODE = 'check_violation', CONSTRAINT = TG_NAME, SCHEMA = 'payouts';
    END IF;
    RETURN NULL;
END
$$;

CREATE TRIGGER recovery_ends_once AFTER INSERT ON payouts.recovery_event FOR EACH ROW
EXECUTE FUNCTION payouts.refuse_recovery_event();

GRANT SELECT, INSERT ON payouts.recovery, payouts.recovery_event TO amends_app;
GRANT SELECT ON payouts.recovery_standing TO amends_app;

-- Orders to a notary to take money in deposit for people who cannot be paid (Civil Code 570), and the
-- certificates that show that it lies there. What happens to each person is in payees.move.
CREATE TABLE payouts.deposit_order (
    order_no integer NOT NULL,
    notary text NOT NULL,
    people integer NOT NULL,
    total_minor bigint NOT NULL,
    currency text NOT NULL,
    list_sha256 text NOT NULL,
    proposal_sha256 text NOT NULL,
    ordered_at timestamptz NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT deposit_order_pkey PRIMARY KEY (order_no),
    CONSTRAINT deposit_order_once UNIQUE (proposal_sha256),
    CONSTRAINT deposit_order_not_empty CHECK (order_no > 0 AND people > 0 AND total_minor > 0),
    CONSTRAINT deposit_order_of_a_notary CHECK (length(btrim(notary)) BETWEEN 1 AND 200),
    CONSTRAINT deposit_order_digest_form CHECK (list_sha256 ~ '^[0-9a-f]{64}$')
);

CREATE TABLE payouts.deposit_ordered (
    order_no integer NOT NULL,
    award_index integer NOT NULL,
    person_id text NOT NULL,
    amount_minor bigint NOT NULL,
    ground text NOT NULL,
    CONSTRAINT deposit_ordered_pkey PRIMARY KEY (order_no, award_index),
    CONSTRAINT deposit_ordered_by_one FOREIGN KEY (order_no)
        REFERENCES payouts.deposit_order (order_no),
    CONSTRAINT deposit_ordered_award_known FOREIGN KEY (award_index)
        REFERENCES awards.award (award_index),
    CONSTRAINT deposit_ordered_amount_positive CHECK (amount_minor > 0)
);

CREATE INDEX deposit_ordered_by_award ON payouts.deposit_ordered (award_index);

CREATE TABLE payouts.deposit_proof (
    order_no integer NOT NULL,
    certificate text NOT NULL,
    image_sha256 text NOT NULL,
    seen_by text NOT NULL,
    signature bytea NOT NULL,
    seen_at timestamptz NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT deposit_proof_pkey PRIMARY KEY (order_no),
    CONSTRAINT deposit_proof_of_an_order FOREIGN KEY (order_no)
        REFERENCES payouts.deposit_order (order_no),
    CONSTRAINT deposit_proof_digest_form CHECK (image_sha256 ~ '^[0-9a-f]{64}$'),
    CONSTRAINT deposit_proof_image_once UNIQUE (image_sha256),
    CONSTRAINT deposit_proof_signature_is_ed25519 CHECK (octet_length(signature) = 64)
);

COMMENT ON TABLE payouts.deposit_proof IS
    'The certificate of an order that an operator has seen; its image is kept with the notary.';

GRANT SELECT, INSERT ON
payouts.deposit_order, payouts.deposit_ordered, payouts.deposit_proof
TO amends_app;
