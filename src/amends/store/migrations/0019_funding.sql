-- Proof that the money is there: bank statements in custody, their lines once each; releases by two
-- people; alarms. Append-only.
SET lock_timeout = '5s';

CREATE SCHEMA funding;

CREATE TABLE funding.original (
    sha256 text NOT NULL,
    name text NOT NULL,
    size_bytes bigint NOT NULL,
    sealed bytea NOT NULL,
    taken_by text NOT NULL,
    taken_at timestamptz NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT original_pkey PRIMARY KEY (sha256),
    CONSTRAINT original_sha256_form CHECK (sha256 ~ '^[0-9a-f]{64}$'),
    CONSTRAINT original_not_empty CHECK (size_bytes > 0),
    CONSTRAINT original_taken_by_somebody CHECK (taken_by <> '')
);

COMMENT ON TABLE funding.original IS
    'Files as the bank gave them, sealed byte for byte. What a line says of people stays in them.';

CREATE TABLE funding.statement (
    statement_no integer NOT NULL,
    sha256 text NOT NULL,
    place integer NOT NULL,
    form text NOT NULL,
    identifier text NOT NULL,
    number bigint,
    account text NOT NULL,
    currency text NOT NULL,
    first_day date NOT NULL,
    last_day date NOT NULL,
    opening_minor bigint NOT NULL,
    closing_minor bigint NOT NULL,
    moved_minor bigint NOT NULL,
    lines integer NOT NULL,
    CONSTRAINT statement_pkey PRIMARY KEY (statement_no),
    CONSTRAINT statement_of_an_original FOREIGN KEY (sha256) REFERENCES funding.original (sha256),
    CONSTRAINT statement_once_in_its_file UNIQUE (sha256, place),
    CONSTRAINT statement_number_positive CHECK (statement_no > 0),
    CONSTRAINT statement_form_known CHECK (form IN ('camt.053', 'mt940', 'csv')),
    CONSTRAINT statement_currency_form CHECK (currency ~ '^[A-Z]{3}$'),
    CONSTRAINT statement_days_in_order CHECK (first_day <= last_day),
    CONSTRAINT statement_not_overdrawn CHECK (opening_minor >= 0 AND closing_minor >= 0),
    CONSTRAINT statement_adds_up CHECK (opening_minor + moved_minor = closing_minor)
);

CREATE TABLE funding.line (
    line_key text NOT NULL,
    statement_no integer NOT NULL,
    place integer NOT NULL,
    reference text,
    booked_on date NOT NULL,
    direction text NOT NULL,
    amount_minor bigint NOT NULL,
    class text NOT NULL,
    CONSTRAINT line_once PRIMARY KEY (line_key),
    CONSTRAINT line_of_a_statement FOREIGN KEY (statement_no)
        REFERENCES funding.statement (statement_no),
    CONSTRAINT line_place_once UNIQUE (statement_no, place),
    CONSTRAINT line_key_form CHECK (line_key ~ '^[0-9a-f]{64}$'),
    CONSTRAINT line_direction_known CHECK (direction IN ('in', 'out')),
    CONSTRAINT line_amount_positive CHECK (amount_minor > 0),
    CONSTRAINT line_class_known CHECK (class IN ('put_in', 'to_rail', 'fee', 'unexplained'))
);

COMMENT ON COLUMN funding.line.line_key IS
    'SHA-256 over the bank''s reference, direction, amount and day: a movement counts once.';

CREATE TABLE funding.explanation (
    statement_no integer NOT NULL,
    place integer NOT NULL,
    what text NOT NULL,
    explained_at timestamptz NOT NULL,
    CONSTRAINT explanation_once PRIMARY KEY (statement_no, place),
    CONSTRAINT explanation_of_a_line FOREIGN KEY (statement_no, place)
        REFERENCES funding.line (statement_no, place),
    CONSTRAINT explanation_known CHECK (what IN ('to_rail', 'fee', 'taken_back'))
);

COMMENT ON TABLE funding.explanation IS
    'What two people found an unexplained movement to be. The movement stays as it was read.';

CREATE TABLE funding.release (
    release_no integer NOT NULL,
    rail text NOT NULL,
    amount_minor bigint NOT NULL,
    currency text NOT NULL,
    released_at timestamptz NOT NULL,
    CONSTRAINT release_pkey PRIMARY KEY (release_no),
    CONSTRAINT release_number_positive CHECK (release_no > 0),
    CONSTRAINT release_amount_positive CHECK (amount_minor > 0),
    CONSTRAINT release_currency_form CHECK (currency ~ '^[A-Z]{3}$')
);

COMMENT ON TABLE funding.release IS
    'Parts of the earmarked money that two people have let out to a rail; `pay` uses no more.';

CREATE TABLE funding.alarm (
    alarm_no integer NOT NULL,
    level text NOT NULL,
    funds_minor bigint NOT NULL,
    obligations_minor bigint NOT NULL,
    raised_at timestamptz NOT NULL,
    CONSTRAINT alarm_pkey PRIMARY KEY (alarm_no),
    CONSTRAINT alarm_level_known CHECK (level IN ('ample', 'tight', 'short', 'unproved'))
);

COMMENT ON TABLE funding.alarm IS 'Each change of the level, when it was first seen.';

INSERT INTO ledger.account (account, side, meaning) VALUES
    ('earmarked', 'credit', 'of the company''s money: set aside for what is owed'),
    ('released', 'credit', 'of what was earmarked: let out to rails by two people'),
    ('in_transit', 'debit', 'left the bank for a rail, by one of their two statements only'),
    ('fees', 'debit', 'what the bank has charged');

GRANT USAGE ON SCHEMA funding TO amends_app;
GRANT SELECT, INSERT ON
    funding.original,
    funding.statement,
    funding.line,
    funding.explanation,
    funding.release,
    funding.alarm
TO amends_app;
