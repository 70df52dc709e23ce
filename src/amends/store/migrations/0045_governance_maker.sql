-- Who proposes something does not sign it.
SET lock_timeout = '5s';

ALTER TABLE governance.proposal ADD COLUMN proposed_by text NOT NULL DEFAULT 'system';

CREATE FUNCTION governance.refuse_own_approval() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT FROM governance.proposal
        WHERE proposal.digest = NEW.digest AND proposal.proposed_by = NEW.operator
    ) THEN
        RAISE EXCEPTION '% has proposed this and may not sign it', NEW.operator
            USING ERRCODE = 'check_violation', CONSTRAINT = TG_NAME, SCHEMA = 'governance';
    END IF;
    RETURN NULL;
END
$$;

CREATE TRIGGER approval_not_by_its_maker AFTER INSERT ON governance.approval FOR EACH ROW
EXECUTE FUNCTION governance.refuse_own_approval();
