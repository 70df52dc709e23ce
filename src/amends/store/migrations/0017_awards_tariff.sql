-- By which tariff, for which group of people and by whose approval each award was made.
SET lock_timeout = '5s';

CREATE TABLE awards.tariff (
    tariff_no integer NOT NULL,
    tariff_id text NOT NULL,
    version text NOT NULL,
    content text NOT NULL,
    content_sha256 text NOT NULL,
    currency text NOT NULL,
    adopted_at timestamptz NOT NULL,
    CONSTRAINT tariff_pkey PRIMARY KEY (tariff_no),
    CONSTRAINT tariff_content_once UNIQUE (content_sha256),
    CONSTRAINT tariff_number_positive CHECK (tariff_no > 0),
    CONSTRAINT tariff_currency_form CHECK (currency ~ '^[A-Z]{3}$'),
    CONSTRAINT tariff_digest_is_of_content CHECK (
        content_sha256 = encode(sha256(convert_to(content, 'UTF8')), 'hex')
    )
);

COMMENT ON TABLE awards.tariff IS
    'Every text of a tariff by which somebody was awarded. The roster has one meaning of a class '
    'for the life of its log: an amount keeps its class when the tariff changes.';

CREATE TABLE awards.tariff_class (
    class smallint NOT NULL,
    amount_minor bigint NOT NULL,
    currency text NOT NULL,
    CONSTRAINT tariff_class_pkey PRIMARY KEY (class),
    CONSTRAINT tariff_class_amount_once UNIQUE (amount_minor, currency),
    CONSTRAINT tariff_class_range CHECK (class BETWEEN 0 AND 30),
    CONSTRAINT tariff_class_amount_positive CHECK (amount_minor > 0)
);

ALTER TABLE awards.round
    ADD COLUMN tariff_no integer,
    ADD COLUMN proposal_sha256 text,
    ADD COLUMN awards_sha256 text,
    ADD CONSTRAINT round_tariff_fkey FOREIGN KEY (tariff_no) REFERENCES awards.tariff (tariff_no),
    ADD CONSTRAINT round_proposal_form CHECK (proposal_sha256 ~ '^[0-9a-f]{64}$'),
    ADD CONSTRAINT round_awards_digest_form CHECK (awards_sha256 ~ '^[0-9a-f]{64}$');

COMMENT ON COLUMN awards.round.proposal_sha256 IS
    'What the approvals of the round were given to: it names the text of the tariff.';

COMMENT ON COLUMN awards.round.awards_sha256 IS
    'SHA-256 of the rows of the round''s awards in the binary form of COPY, by award_index. The '
    'transfers of the round carry it, so the chain of the books covers every award.';

CREATE TABLE awards.person_group (
    group_no integer NOT NULL,
    round_no integer NOT NULL,
    categories text NOT NULL,
    jurisdictions text NOT NULL,
    age text NOT NULL,
    tranche integer NOT NULL,
    scenario text NOT NULL,
    class smallint NOT NULL,
    amount_minor bigint NOT NULL,
    people integer NOT NULL,
    CONSTRAINT person_group_pkey PRIMARY KEY (group_no),
    CONSTRAINT person_group_round_fkey FOREIGN KEY (round_no) REFERENCES awards.round (round_no),
    CONSTRAINT person_group_class_fkey FOREIGN KEY (class) REFERENCES awards.tariff_class (class),
    CONSTRAINT person_group_not_empty CHECK (group_no > 0 AND people > 0 AND amount_minor > 0)
);

COMMENT ON TABLE awards.person_group IS
    'People whom the tariff of a round could not tell apart, and what each of them is owed.';

-- No foreign key: a check per row would cost a third of the bulk rate, and groups are written in
-- the transaction that writes their awards. The form of the currency stays; seen without a pattern.
ALTER TABLE awards.award
    ADD COLUMN group_no integer,
    DROP CONSTRAINT award_currency_form,
    ADD CONSTRAINT award_currency_form CHECK (
        octet_length(currency) = 3
        AND translate(currency, 'ABCDEFGHIJKLMNOPQRSTUVWXYZ', '') = ''
    );

-- A promise with different amounts has a total and no amount per person.
ALTER TABLE awards.promise_restatement
    ALTER COLUMN per_person_minor DROP NOT NULL,
    DROP CONSTRAINT promise_restatement_adds_up,
    ADD CONSTRAINT promise_restatement_adds_up CHECK (
        people > 0 AND total_minor > 0
        AND (
            per_person_minor IS NULL
            OR (per_person_minor > 0 AND total_minor = people * per_person_minor)
        )
    );

GRANT SELECT, INSERT ON awards.tariff TO amends_app;
GRANT SELECT, INSERT ON awards.tariff_class TO amends_app;
GRANT SELECT, INSERT ON awards.person_group TO amends_app;
