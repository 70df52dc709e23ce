-- What was foreseen of the promise while money went out: a row whenever it breaks, or can be kept again.
SET lock_timeout = '5s';

CREATE TABLE payouts.outlook (
    outlook_no integer NOT NULL,
    kept boolean NOT NULL,
    people integer NOT NULL,
    late integer NOT NULL,
    promised_at timestamptz NOT NULL,
    last_at timestamptz,
    looked_at timestamptz NOT NULL,
    CONSTRAINT outlook_pkey PRIMARY KEY (outlook_no),
    CONSTRAINT outlook_late_of_people CHECK (late BETWEEN 0 AND people),
    CONSTRAINT outlook_kept_when_nobody_is_late CHECK (kept = (late = 0))
);

COMMENT ON COLUMN payouts.outlook.last_at IS 'When the last person has the money; NULL: never.';

GRANT SELECT, INSERT ON payouts.outlook TO amends_app;
