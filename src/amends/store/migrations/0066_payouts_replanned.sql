-- What a follow-up plan follows is part of what two people sign, and whether it moves payments that
-- had not left to another rail.
SET lock_timeout = '5s';

ALTER TABLE payouts.plan
    ADD COLUMN sources_sha256 text,
    ADD COLUMN moved boolean NOT NULL DEFAULT false,
    ADD CONSTRAINT plan_sources_form CHECK (sources_sha256 ~ '^[0-9a-f]{64}$'),
    ADD CONSTRAINT plan_moved_from_somewhere CHECK (NOT moved OR sources_sha256 IS NOT NULL);

COMMENT ON COLUMN payouts.plan.sources_sha256 IS
    'Over "old new" of its instructions, a line each, in the order of awards; NULL: it follows none.';
COMMENT ON COLUMN payouts.plan.moved IS
    'Whether what its instructions follow had not left, and goes by another rail instead.';

SELECT store.let_stay('payouts', 'plan');

-- Payments that wait for their payee and that two people take back: written down before the provider
-- is asked to. How each ended is what the provider answers, in its row.
CREATE TABLE payouts.revocation (
    revocation_no integer NOT NULL,
    rail text NOT NULL,
    payments integer NOT NULL,
    total_minor bigint NOT NULL,
    currency text NOT NULL,
    numbers_sha256 text NOT NULL,
    reason text NOT NULL,
    proposal_sha256 text NOT NULL,
    ordered_at timestamptz NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT revocation_pkey PRIMARY KEY (revocation_no),
    CONSTRAINT revocation_once UNIQUE (proposal_sha256),
    CONSTRAINT revocation_not_empty CHECK (
        revocation_no > 0 AND payments > 0 AND total_minor > 0
    ),
    CONSTRAINT revocation_has_a_reason CHECK (length(btrim(reason)) BETWEEN 1 AND 500),
    CONSTRAINT revocation_digest_form CHECK (
        numbers_sha256 ~ '^[0-9a-f]{64}$' AND proposal_sha256 ~ '^[0-9a-f]{64}$'
    )
);

CREATE TABLE payouts.revoked (
    instruction_id text NOT NULL,
    revocation_no integer NOT NULL,
    CONSTRAINT revoked_pkey PRIMARY KEY (instruction_id),
    CONSTRAINT revoked_by_one FOREIGN KEY (revocation_no)
        REFERENCES payouts.revocation (revocation_no),
    CONSTRAINT revoked_instruction_known FOREIGN KEY (instruction_id)
        REFERENCES payouts.payment (instruction_id)
);

CREATE FUNCTION payouts.refuse_revoked() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT FROM added
        INNER JOIN payouts.revocation AS made ON made.revocation_no = added.revocation_no
        LEFT JOIN payouts.payment AS payment
            ON
                payment.instruction_id = added.instruction_id AND payment.rail = made.rail
                AND payment.state = 'accepted' AND payment.currency = made.currency
        WHERE payment.instruction_id IS NULL
    ) THEN
        RAISE EXCEPTION 'only what a provider has taken and not paid is taken back'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'revoked_while_it_waits',
            SCHEMA = 'payouts';
    END IF;
    IF EXISTS (
        SELECT FROM payouts.revocation AS made
        INNER JOIN payouts.revoked AS one ON one.revocation_no = made.revocation_no
        INNER JOIN payouts.payment AS payment ON payment.instruction_id = one.instruction_id
        WHERE made.revocation_no = ANY(ARRAY(SELECT DISTINCT added.revocation_no FROM added))
        GROUP BY made.revocation_no
        HAVING count(*) <> made.payments OR sum(payment.amount_minor) <> made.total_minor
    ) THEN
        RAISE EXCEPTION 'what is taken back is not what two people signed'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'revocation_adds_up',
            SCHEMA = 'payouts';
    END IF;
    RETURN NULL;
END
$$;

CREATE TRIGGER revoked_is_whole AFTER INSERT ON payouts.revoked
REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION payouts.refuse_revoked();

SELECT store.let_stay('payouts', 'revocation'), store.let_stay('payouts', 'revoked');

GRANT SELECT, INSERT ON payouts.revocation, payouts.revoked TO amends_app;

-- Why money was let go is kept, sealed. Of what was let go before it was kept nothing is known.
ALTER TABLE payouts.recovery_event
    ADD COLUMN because bytea,
    ADD CONSTRAINT recovery_waived_for_a_reason CHECK (
        (kind = 'waived') = (because IS NOT NULL)
    ) NOT VALID;

COMMENT ON COLUMN payouts.recovery_event.because IS
    'Why it was let go, in words of people: sealed by the vault.';

SELECT store.let_stay('payouts', 'recovery_event');

-- A case is not closed while money is asked back.
CREATE FUNCTION payouts.refuse_closed_case() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT FROM payouts.recovery_standing AS standing
        WHERE standing.repaid_minor + standing.waived_minor < standing.amount_minor
    ) THEN
        RAISE EXCEPTION 'money is still asked back'
            USING ERRCODE = 'check_violation', CONSTRAINT = TG_NAME, SCHEMA = 'payouts';
    END IF;
    RETURN NULL;
END
$$;

CREATE TRIGGER closed_case_nothing_asked_back AFTER INSERT ON payouts.closed_case
FOR EACH ROW EXECUTE FUNCTION payouts.refuse_closed_case();
