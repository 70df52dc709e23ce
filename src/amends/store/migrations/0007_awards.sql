-- What each affected person is owed: once per person, in an order drawn by lot. Append-only.
SET lock_timeout = '5s';

CREATE SCHEMA awards;

CREATE TABLE awards.promise_restatement (
    restatement_no integer NOT NULL,
    people bigint NOT NULL,
    per_person_minor bigint NOT NULL,
    total_minor bigint NOT NULL,
    currency text NOT NULL,
    restated_at timestamptz NOT NULL,
    CONSTRAINT promise_restatement_pkey PRIMARY KEY (restatement_no),
    CONSTRAINT promise_restatement_number_positive CHECK (restatement_no > 0),
    CONSTRAINT promise_restatement_adds_up CHECK (
        people > 0 AND per_person_minor > 0 AND total_minor = people * per_person_minor
    ),
    CONSTRAINT promise_restatement_currency_form CHECK (currency ~ '^[A-Z]{3}$')
);

CREATE TABLE awards.round (
    round_no integer NOT NULL,
    first_index integer NOT NULL,
    people integer NOT NULL,
    total_minor bigint NOT NULL,
    currency text NOT NULL,
    funding_minor bigint NOT NULL,
    people_sha256 text NOT NULL,
    awarded_at timestamptz NOT NULL,
    CONSTRAINT round_pkey PRIMARY KEY (round_no),
    CONSTRAINT round_first_index_once UNIQUE (first_index),
    CONSTRAINT round_not_empty CHECK (round_no > 0 AND first_index >= 0 AND people > 0),
    CONSTRAINT round_currency_form CHECK (currency ~ '^[A-Z]{3}$'),
    CONSTRAINT round_digest_form CHECK (people_sha256 ~ '^[0-9a-f]{64}$')
);

COMMENT ON TABLE awards.round IS
    'One decision by two people: who was added, and how much money stood behind it then.';

CREATE TABLE awards.award (
    award_index integer NOT NULL,
    person_id text NOT NULL,
    class smallint NOT NULL,
    amount_minor bigint NOT NULL,
    currency text NOT NULL,
    tranche integer NOT NULL,
    awarded_at timestamptz NOT NULL,
    CONSTRAINT award_pkey PRIMARY KEY (award_index),
    CONSTRAINT award_once_per_person UNIQUE (person_id),
    CONSTRAINT award_index_not_negative CHECK (award_index >= 0),
    CONSTRAINT award_class_not_negative CHECK (class >= 0),
    CONSTRAINT award_amount_positive CHECK (amount_minor > 0),
    CONSTRAINT award_currency_form CHECK (currency ~ '^[A-Z]{3}$')
);

CREATE VIEW awards.owed AS
SELECT
    award_index,
    person_id,
    class,
    amount_minor,
    currency,
    tranche
FROM awards.award;

GRANT USAGE ON SCHEMA awards TO amends_app;
GRANT SELECT, INSERT ON awards.promise_restatement TO amends_app;
GRANT SELECT, INSERT ON awards.round TO amends_app;
GRANT SELECT, INSERT ON awards.award TO amends_app;
GRANT SELECT ON awards.owed TO amends_app;
