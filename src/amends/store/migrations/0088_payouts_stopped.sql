-- Payments that wait for their payees are taken back by a stop, too: one person is enough for it, as
-- for a halt, and two let payments go on.
SET lock_timeout = '5s';

ALTER TABLE payouts.revocation
    ALTER COLUMN proposal_sha256 DROP NOT NULL,
    ADD COLUMN switch_no integer CONSTRAINT revocation_by_a_turn REFERENCES payouts.switch (switch_no),
    ADD CONSTRAINT revocation_by_two_people_or_a_stop CHECK (
        (proposal_sha256 IS NULL) = (switch_no IS NOT NULL)
    );

COMMENT ON COLUMN payouts.revocation.switch_no IS 'The stop that took them back.';

CREATE FUNCTION payouts.refuse_without_stop() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM payouts.switch
        WHERE
            switch.switch_no = NEW.switch_no AND switch.withdraws
            AND switch.switch_no = (SELECT max(newest.switch_no) FROM payouts.switch AS newest)
    ) THEN
        RAISE EXCEPTION 'payments are not stopped by turn % of the switch', NEW.switch_no
            USING ERRCODE = 'check_violation', CONSTRAINT = TG_NAME, SCHEMA = 'payouts';
    END IF;
    RETURN NULL;
END
$$;

CREATE TRIGGER revocation_while_stopped AFTER INSERT ON payouts.revocation FOR EACH ROW
WHEN (NEW.switch_no IS NOT NULL)
EXECUTE FUNCTION payouts.refuse_without_stop();

SELECT store.let_stay('payouts', 'revocation');
