-- The switch of paying: halted by anybody at once, let go on by two people.
SET lock_timeout = '5s';

CREATE TABLE payouts.switch (
    switch_no integer GENERATED ALWAYS AS IDENTITY,
    halted boolean NOT NULL,
    reason text NOT NULL,
    entered_by text NOT NULL,
    proposal_sha256 text,
    occurred_at timestamptz NOT NULL,
    CONSTRAINT switch_pkey PRIMARY KEY (switch_no),
    CONSTRAINT switch_has_a_reason CHECK (length(btrim(reason)) BETWEEN 1 AND 500),
    CONSTRAINT switch_goes_on_by_two_people CHECK (halted OR COALESCE(proposal_sha256, '') ~ '^[0-9a-f]{64}$')
);

COMMENT ON TABLE payouts.switch IS 'The newest row counts; without one, payments go out.';
COMMENT ON COLUMN payouts.switch.proposal_sha256 IS 'What two people signed so that it goes on.';

-- It is turned, and never stays: of two who halt at once one is enough.
CREATE FUNCTION payouts.refuse_switch() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(1937205859); -- the switch lock, docs/locking.md
    IF NEW.halted = COALESCE(
        (
            SELECT halted FROM payouts.switch WHERE switch_no < NEW.switch_no
            ORDER BY switch_no DESC LIMIT 1
        ),
        false
    ) THEN
        RAISE EXCEPTION 'the switch is there already'
            USING ERRCODE = 'check_violation', CONSTRAINT = TG_NAME, SCHEMA = 'payouts';
    END IF;
    RETURN NULL;
END
$$;

CREATE TRIGGER switch_is_turned AFTER INSERT ON payouts.switch FOR EACH ROW
EXECUTE FUNCTION payouts.refuse_switch();

GRANT SELECT, INSERT ON payouts.switch TO amends_app;
