-- What somebody has to look at is listed by age and by amount, and narrowed by rail and cause: it is
-- kept beside the payments with what that takes, so that a list reads nothing else.
SET lock_timeout = '5s';

ALTER TABLE payouts.attention
    ADD COLUMN rail text,
    ADD COLUMN reason text,
    ADD COLUMN amount_minor bigint,
    ADD COLUMN since timestamptz;

COMMENT ON COLUMN payouts.attention.since IS
    'When it came back; else when it was last sent, at the time when it was refused or unknown.';

UPDATE payouts.attention SET
    rail = payment.rail,
    reason = payment.reason,
    amount_minor = payment.amount_minor,
    since = COALESCE(payment.returned_at, payment.last_sent_at, 'epoch')
FROM payouts.payment AS payment
WHERE
    payment.award_index = attention.award_index AND payment.generation = attention.generation;

ALTER TABLE payouts.attention
    ALTER COLUMN rail SET NOT NULL,
    ALTER COLUMN amount_minor SET NOT NULL,
    ALTER COLUMN since SET NOT NULL;

CREATE INDEX attention_by_age ON payouts.attention (state, since, award_index, generation);
CREATE INDEX attention_by_amount
ON payouts.attention (state, amount_minor, award_index, generation);

CREATE OR REPLACE FUNCTION payouts.keep_attention() RETURNS trigger LANGUAGE plpgsql
SECURITY DEFINER SET search_path = pg_catalog AS $$
BEGIN
    IF NEW.state IN ('unknown', 'returned', 'refused', 'superseded') THEN
        INSERT INTO payouts.attention
            (award_index, generation, state, rail, reason, amount_minor, since)
        VALUES (
            NEW.award_index, NEW.generation, NEW.state, NEW.rail, NEW.reason, NEW.amount_minor,
            COALESCE(NEW.returned_at, NEW.last_sent_at, 'epoch')
        )
        ON CONFLICT ON CONSTRAINT attention_pkey
        DO UPDATE SET state = EXCLUDED.state, reason = EXCLUDED.reason, since = EXCLUDED.since;
    ELSE
        DELETE FROM payouts.attention
        WHERE award_index = NEW.award_index AND generation = NEW.generation;
    END IF;
    RETURN NULL;
END
$$;

DROP TRIGGER instruction_wants_attention ON payouts.payment;
CREATE TRIGGER instruction_wants_attention AFTER UPDATE ON payouts.payment FOR EACH ROW
WHEN (
    (
        NEW.state IN ('unknown', 'returned', 'refused', 'superseded')
        AND (NEW.state <> OLD.state OR NEW.reason IS DISTINCT FROM OLD.reason)
    )
    OR (
        OLD.state IN ('unknown', 'returned', 'refused', 'superseded')
        AND NEW.state <> OLD.state
    )
)
EXECUTE FUNCTION payouts.keep_attention();
