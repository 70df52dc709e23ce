-- The public log: its entries in order, and what is needed to write its files again. Append-only.
SET lock_timeout = '5s';

CREATE SCHEMA roster;

CREATE TABLE roster.entry (
    entry_index bigint NOT NULL,
    body bytea NOT NULL,
    CONSTRAINT entry_pkey PRIMARY KEY (entry_index),
    CONSTRAINT entry_index_not_negative CHECK (entry_index >= 0),
    CONSTRAINT entry_case_first CHECK ((get_byte(body, 0) = 0) = (entry_index = 0)),
    CONSTRAINT entry_length_of_its_type CHECK (
        length(body) = CASE get_byte(body, 0)
            WHEN 0 THEN 33 WHEN 1 THEN 46 WHEN 2 THEN 45 WHEN 3 THEN 50 WHEN 4 THEN 165 WHEN 5 THEN 46
        END
    )
);

COMMENT ON TABLE roster.entry IS
    'The log as published, byte for byte (docs/formats/roster.md). Nothing here is about a person.';

CREATE TABLE roster.opening (
    award_index integer NOT NULL,
    entry_index bigint NOT NULL,
    sealed bytea NOT NULL,
    CONSTRAINT opening_pkey PRIMARY KEY (award_index),
    CONSTRAINT opening_entry_once UNIQUE (entry_index),
    CONSTRAINT opening_entry_exists FOREIGN KEY (entry_index) REFERENCES roster.entry (entry_index)
);

COMMENT ON TABLE roster.opening IS
    'Seed, categories and closed digests behind each AWARD entry, sealed by the vault.';

CREATE TABLE roster.file (
    path text NOT NULL,
    content bytea NOT NULL,
    CONSTRAINT file_pkey PRIMARY KEY (path)
);

COMMENT ON TABLE roster.file IS
    'Published files that are covered by a hash in an entry, as stored.';

CREATE TABLE roster.checkpoint (
    size bigint NOT NULL,
    root bytea NOT NULL,
    note text NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT checkpoint_pkey PRIMARY KEY (size),
    CONSTRAINT checkpoint_size_positive CHECK (size > 0),
    CONSTRAINT checkpoint_root_length CHECK (length(root) = 32)
);

CREATE TABLE roster.batch (
    batch_no integer NOT NULL,
    rail text NOT NULL,
    payments integer NOT NULL,
    amount_minor bigint NOT NULL,
    nonce bytea NOT NULL,
    CONSTRAINT batch_pkey PRIMARY KEY (batch_no),
    CONSTRAINT batch_not_empty CHECK (batch_no > 0 AND payments > 0 AND amount_minor > 0),
    CONSTRAINT batch_nonce_length CHECK (length(nonce) = 32)
);

CREATE TABLE roster.batched (
    instruction_id text NOT NULL,
    batch_no integer NOT NULL,
    award_index integer NOT NULL,
    amount_minor bigint NOT NULL,
    CONSTRAINT batched_pkey PRIMARY KEY (instruction_id),
    CONSTRAINT batched_batch_exists FOREIGN KEY (batch_no) REFERENCES roster.batch (batch_no),
    CONSTRAINT batched_amount_positive CHECK (amount_minor > 0)
);

COMMENT ON TABLE roster.batched IS 'Which payment was published in which batch: in one, ever.';

CREATE TABLE roster.epoch (
    epoch integer NOT NULL,
    released bytea NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT epoch_pkey PRIMARY KEY (epoch),
    CONSTRAINT epoch_from_one CHECK (epoch > 0)
);

COMMENT ON TABLE roster.epoch IS
    'The states that were let out, one byte per award, before small groups were shown as open.';

GRANT USAGE ON SCHEMA roster TO amends_app;
GRANT SELECT, INSERT ON roster.entry TO amends_app;
GRANT SELECT, INSERT ON roster.opening TO amends_app;
GRANT SELECT, INSERT ON roster.file TO amends_app;
GRANT SELECT, INSERT ON roster.checkpoint TO amends_app;
GRANT SELECT, INSERT ON roster.batch TO amends_app;
GRANT SELECT, INSERT ON roster.batched TO amends_app;
GRANT SELECT, INSERT ON roster.epoch TO amends_app;
