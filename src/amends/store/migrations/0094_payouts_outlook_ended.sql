-- A promise is not kept to whoever's payment was refused or came back while no other is under way.
SET lock_timeout = '5s';

ALTER TABLE payouts.outlook
ADD COLUMN ended_unpaid integer NOT NULL DEFAULT 0,
ADD CONSTRAINT outlook_ended_unpaid_not_negative CHECK (ended_unpaid >= 0),
DROP CONSTRAINT outlook_kept_when_nobody_is_late;

ALTER TABLE payouts.outlook
ADD CONSTRAINT outlook_kept_when_nobody_is_late CHECK (
    kept = (late = 0 AND by_refused = 0 AND ended_unpaid = 0)
);

COMMENT ON COLUMN payouts.outlook.ended_unpaid IS
'Besides people: whose payment was refused or came back, and who have no other under way.';

SELECT store.let_stay('payouts', 'outlook');
