-- Claim codes: kept sealed in pages, given out, revoked and told of; publications of claim buckets.
SET lock_timeout = '5s';

ALTER TABLE roster.entry
    DROP CONSTRAINT entry_length_of_its_type,
    ADD CONSTRAINT entry_length_of_its_type CHECK (
        length(body) = CASE get_byte(body, 0)
            WHEN 0 THEN 33 WHEN 1 THEN 46 WHEN 2 THEN 45 WHEN 3 THEN 50 WHEN 4 THEN 165 WHEN 5 THEN 47
            WHEN 6 THEN 41
        END
    );

CREATE TABLE roster.code_page (
    page_no integer NOT NULL,
    first_award integer,
    codes integer NOT NULL,
    sealed bytea NOT NULL,
    issued_at timestamptz NOT NULL,
    CONSTRAINT code_page_pkey PRIMARY KEY (page_no),
    CONSTRAINT code_page_first_once UNIQUE (first_award),
    CONSTRAINT code_page_not_empty CHECK (page_no > 0 AND codes > 0 AND first_award >= 0)
);

COMMENT ON TABLE roster.code_page IS
    'What follows from the claim codes of consecutive awards, sealed; it does not lead back to them. '
    'Without a first award: codes that were issued again, whose awards are in code_again.';

CREATE TABLE roster.code_waiting (
    page_no integer NOT NULL,
    sealed bytea,
    CONSTRAINT code_waiting_pkey PRIMARY KEY (page_no),
    CONSTRAINT code_waiting_page_exists FOREIGN KEY (page_no) REFERENCES roster.code_page (page_no)
);

COMMENT ON TABLE roster.code_waiting IS
    'The codes themselves, sealed, until they are given out; NULL: they are forgotten.';

CREATE TABLE roster.code_given (
    page_no integer NOT NULL,
    channel text NOT NULL,
    given_by text NOT NULL,
    given_at timestamptz NOT NULL,
    CONSTRAINT code_given_once UNIQUE (page_no, channel, given_at),
    CONSTRAINT code_given_page_exists FOREIGN KEY (page_no) REFERENCES roster.code_page (page_no)
);

CREATE TABLE roster.code_revoked (
    revocation_no integer NOT NULL,
    award_index integer NOT NULL,
    page_no integer NOT NULL,
    reason text NOT NULL,
    proposal_sha256 text NOT NULL,
    revoked_at timestamptz NOT NULL,
    CONSTRAINT code_revoked_pkey PRIMARY KEY (revocation_no),
    CONSTRAINT code_revoked_once UNIQUE (award_index, page_no),
    CONSTRAINT code_revoked_page_exists FOREIGN KEY (page_no)
        REFERENCES roster.code_page (page_no),
    CONSTRAINT code_revoked_number_positive CHECK (revocation_no > 0),
    CONSTRAINT code_revoked_reason_known CHECK (
        reason IN ('lost', 'not_delivered', 'misprinted', 'seen_by_others', 'stolen', 'asked')
    ),
    CONSTRAINT code_revoked_digest_form CHECK (proposal_sha256 ~ '^[0-9a-f]{64}$')
);

CREATE TABLE roster.code_again (
    page_no integer NOT NULL,
    place integer NOT NULL,
    award_index integer NOT NULL,
    CONSTRAINT code_again_pkey PRIMARY KEY (page_no, place),
    CONSTRAINT code_again_award_once UNIQUE (award_index, page_no),
    CONSTRAINT code_again_page_exists FOREIGN KEY (page_no) REFERENCES roster.code_page (page_no)
);

CREATE TABLE roster.code_told (
    revocation_no integer NOT NULL,
    channel text NOT NULL,
    told_by text NOT NULL,
    told_at timestamptz NOT NULL,
    CONSTRAINT code_told_pkey PRIMARY KEY (revocation_no, channel),
    CONSTRAINT code_told_known FOREIGN KEY (revocation_no)
        REFERENCES roster.code_revoked (revocation_no),
    CONSTRAINT code_told_channel_known CHECK (
        channel IN ('letter', 'sms', 'app', 'email', 'phone', 'in_person')
    )
);

CREATE TABLE roster.claims (
    publication integer NOT NULL,
    entry_index bigint NOT NULL,
    awards integer NOT NULL,
    newest_page integer NOT NULL,
    newest_revocation integer NOT NULL,
    about bytea NOT NULL,
    manifest bytea NOT NULL,
    published_at timestamptz NOT NULL,
    CONSTRAINT claims_pkey PRIMARY KEY (publication),
    CONSTRAINT claims_entry_exists FOREIGN KEY (entry_index) REFERENCES roster.entry (entry_index),
    CONSTRAINT claims_from_one CHECK (publication > 0),
    CONSTRAINT claims_manifest_of_hashes CHECK (length(manifest) % 32 = 0 AND manifest <> '')
);

COMMENT ON TABLE roster.claims IS
    'Publications of claim buckets: of which pages, without which revoked codes, and their hashes.';

-- Awards below this number have a claim code: pages follow each other without a gap.
CREATE VIEW roster.coded AS
SELECT COALESCE(max(first_award + codes), 0) AS awards FROM roster.code_page;

GRANT SELECT, INSERT ON roster.code_page, roster.code_given, roster.code_revoked TO amends_app;
GRANT SELECT, INSERT ON roster.code_again, roster.code_told, roster.claims TO amends_app;
GRANT SELECT, INSERT ON roster.code_waiting TO amends_app;
GRANT UPDATE (sealed) ON roster.code_waiting TO amends_app;
GRANT SELECT ON roster.coded TO amends_app;
