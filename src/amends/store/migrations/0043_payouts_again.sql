-- A second payment of an award follows one that was refused or came back, under a plan of its own.
SET lock_timeout = '5s';

ALTER TABLE payouts.plan ADD COLUMN again boolean NOT NULL DEFAULT false;

COMMENT ON COLUMN payouts.plan.again IS
    'Whether each of its instructions follows another of the same award, which ended unpaid.';

-- A later number stands on the provider's own final word about the one before.
CREATE FUNCTION payouts.refuse_generation() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM payouts.instruction AS before
        WHERE before.award_index = NEW.award_index AND before.generation = NEW.generation - 1
        AND before.state = 'superseded'
    ) THEN
        RAISE EXCEPTION 'instruction % follows none that was refused or came back',
            NEW.instruction_id
            USING ERRCODE = 'check_violation', CONSTRAINT = TG_NAME, SCHEMA = 'payouts';
    END IF;
    RETURN NULL;
END
$$;

CREATE TRIGGER instruction_follows_an_ended_one AFTER INSERT ON payouts.instruction FOR EACH ROW
WHEN (NEW.generation > 0)
EXECUTE FUNCTION payouts.refuse_generation();
