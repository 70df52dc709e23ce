-- The switch has two strengths: a halt, after which nothing new leaves, and a stop, which also takes
-- back what can still be taken back. It goes on only by what two people have signed about this halt.
SET lock_timeout = '5s';

-- What a proposal says, where it is of a kind and two people have signed it; else nothing.
CREATE FUNCTION governance.signed_body(wanted_digest text, wanted_kind text) RETURNS json
LANGUAGE sql STABLE AS $$
    SELECT proposal.body::json
    FROM governance.proposal
    WHERE
        proposal.digest = wanted_digest AND proposal.kind = wanted_kind
        AND (
            SELECT count(*) FROM governance.approval
            WHERE
                approval.digest = proposal.digest
                AND approval.operator <> proposal.proposed_by
                AND NOT EXISTS (
                    SELECT FROM governance.barred
                    WHERE barred.digest = approval.digest AND barred.operator = approval.operator
                )
        ) >= 2
$$;

COMMENT ON FUNCTION governance.signed_body(text, text) IS
    'That signatures hold is checked by the program: the database has no Ed25519.';

ALTER TABLE payouts.switch
    ADD COLUMN withdraws boolean NOT NULL DEFAULT false,
    DROP CONSTRAINT switch_goes_on_by_two_people,
    ADD CONSTRAINT switch_withdraws_while_halted CHECK (halted OR NOT withdraws);

COMMENT ON COLUMN payouts.switch.withdraws IS
    'A stop: what was handed over is taken back, where it can be.';

CREATE OR REPLACE FUNCTION payouts.refuse_switch() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    was payouts.switch%ROWTYPE;
BEGIN
    PERFORM pg_advisory_xact_lock(1937205859); -- the switch lock, docs/locking.md
    SELECT * INTO was FROM payouts.switch WHERE switch_no < NEW.switch_no
    ORDER BY switch_no DESC LIMIT 1;
    IF
        NEW.halted = COALESCE(was.halted, false)
        AND NOT (NEW.withdraws AND NOT COALESCE(was.withdraws, false))
    THEN
        RAISE EXCEPTION 'the switch is there already'
            USING ERRCODE = 'check_violation', CONSTRAINT = TG_NAME, SCHEMA = 'payouts';
    END IF;
    RETURN NULL;
END
$$;

CREATE FUNCTION payouts.refuse_going_on() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    signed integer;
BEGIN
    PERFORM pg_advisory_xact_lock(1937205859); -- the switch lock, docs/locking.md
    signed := (governance.signed_body(NEW.proposal_sha256, 'resume') ->> 'switch')::integer;
    IF
        signed IS NULL
        OR signed IS DISTINCT FROM
        (SELECT max(switch_no) FROM payouts.switch WHERE switch_no < NEW.switch_no)
    THEN
        RAISE EXCEPTION 'two people have not signed that payments go on after this halt'
            USING ERRCODE = 'check_violation', CONSTRAINT = TG_NAME, SCHEMA = 'payouts';
    END IF;
    RETURN NULL;
END
$$;

CREATE TRIGGER switch_goes_on_by_two_people AFTER INSERT ON payouts.switch FOR EACH ROW
WHEN (NOT NEW.halted)
EXECUTE FUNCTION payouts.refuse_going_on();

SELECT store.let_stay('payouts', 'switch');
