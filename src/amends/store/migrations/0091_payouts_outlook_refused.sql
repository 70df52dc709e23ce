-- A promise is not kept to whom the providers' checks refuse, either.
SET lock_timeout = '5s';

ALTER TABLE payouts.outlook
ADD COLUMN by_refused integer NOT NULL DEFAULT 0,
ADD CONSTRAINT outlook_refused_of_people CHECK (by_refused BETWEEN 0 AND people),
DROP CONSTRAINT outlook_kept_when_nobody_is_late;

ALTER TABLE payouts.outlook
ADD CONSTRAINT outlook_kept_when_nobody_is_late CHECK (kept = (late = 0 AND by_refused = 0));

COMMENT ON COLUMN payouts.outlook.by_refused IS
'About how many the providers'' checks of payees will refuse, whether late or not.';

SELECT store.let_stay('payouts', 'outlook');
