-- Clerical review, stated error, provenance, and who keeps which name from run to run. Questions and
-- answers are history: rows are added and read, never changed. No value of a person in clear.
SET lock_timeout = '5s';

ALTER TABLE linkage.run
    ADD COLUMN provenance jsonb NOT NULL DEFAULT '{}',
    ADD COLUMN stated_error jsonb NOT NULL DEFAULT '{}',
    ADD COLUMN notes jsonb NOT NULL DEFAULT '[]';

COMMENT ON COLUMN linkage.run.provenance IS
    'Digest of the settings, versions of program and libraries, seed, threads, readers'' answers.';
COMMENT ON COLUMN linkage.run.stated_error IS
    'Strata, and precision, recall and number of people with intervals: by model, readers, planted.';

CREATE TABLE linkage.moved (
    run_no integer NOT NULL,
    earlier_id text NOT NULL,
    person_id text NOT NULL,
    change text NOT NULL,
    CONSTRAINT moved_pkey PRIMARY KEY (run_no, earlier_id, person_id, change),
    CONSTRAINT moved_run_fkey FOREIGN KEY (run_no) REFERENCES linkage.run (run_no),
    CONSTRAINT moved_change_known CHECK (change IN ('merged', 'split')),
    CONSTRAINT moved_ids_form CHECK (
        earlier_id ~ '^[0-9a-z]{26}$' AND person_id ~ '^[0-9a-z]{26}$' AND earlier_id <> person_id
    )
);

COMMENT ON TABLE linkage.moved IS
    'merged: who was earlier_id is person_id now. split: person_id came out of earlier_id.';

CREATE VIEW linkage.former AS
SELECT DISTINCT
    moved.earlier_id,
    moved.person_id
FROM linkage.moved AS moved
WHERE
    moved.change = 'merged'
    AND NOT EXISTS (
        SELECT 1 FROM linkage.affected AS affected WHERE affected.person_id = moved.earlier_id
    );

COMMENT ON VIEW linkage.former IS
    'Ids that people bore before they were found to be one with somebody: whoever was awarded under '
    'one of them was awarded.';

CREATE TABLE linkage.question (
    question_id text NOT NULL,
    kind text NOT NULL,
    evidence_sha256 text,
    row_no bigint,
    sealed bytea NOT NULL,
    CONSTRAINT question_pkey PRIMARY KEY (question_id),
    CONSTRAINT question_id_form CHECK (question_id ~ '^[0-9a-z]{26}$'),
    CONSTRAINT question_sha256_form CHECK (evidence_sha256 ~ '^[0-9a-f]{64}$'),
    CONSTRAINT question_of_a_kind CHECK (
        CASE kind
            WHEN 'row' THEN evidence_sha256 IS NOT NULL AND row_no > 0
            WHEN 'accounts' THEN evidence_sha256 IS NULL AND row_no IS NULL
            ELSE false
        END
    )
);

COMMENT ON COLUMN linkage.question.sealed IS
    'The account, or both accounts, encrypted with the key of the case for this question.';

CREATE TABLE linkage.answer (
    answer_no bigint GENERATED ALWAYS AS IDENTITY,
    question_id text NOT NULL,
    reader text NOT NULL,
    answer text NOT NULL,
    reason bytea NOT NULL,
    run_no integer NOT NULL,
    signature bytea NOT NULL,
    occurred_at timestamptz NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT answer_pkey PRIMARY KEY (answer_no),
    CONSTRAINT answer_once_per_reader UNIQUE (question_id, reader),
    CONSTRAINT answer_to_a_question FOREIGN KEY (question_id)
        REFERENCES linkage.question (question_id),
    CONSTRAINT answer_on_a_run FOREIGN KEY (run_no) REFERENCES linkage.run (run_no),
    CONSTRAINT answer_known CHECK (answer IN ('same', 'different', 'cannot_tell')),
    CONSTRAINT answer_signature_is_ed25519 CHECK (octet_length(signature) = 64)
);

COMMENT ON COLUMN linkage.answer.reason IS
    'Why, in the reader''s words, encrypted: they may name what was seen.';

CREATE TABLE linkage.sample (
    sample_no integer NOT NULL,
    run_no integer NOT NULL,
    seed bigint NOT NULL,
    size integer NOT NULL,
    drawn_at timestamptz NOT NULL,
    CONSTRAINT sample_pkey PRIMARY KEY (sample_no),
    CONSTRAINT sample_of_a_run FOREIGN KEY (run_no) REFERENCES linkage.run (run_no),
    CONSTRAINT sample_not_empty CHECK (sample_no > 0 AND size > 0)
);

CREATE TABLE linkage.sample_question (
    sample_no integer NOT NULL,
    place integer NOT NULL,
    question_id text NOT NULL,
    side text NOT NULL,
    stratum text NOT NULL,
    CONSTRAINT sample_question_pkey PRIMARY KEY (sample_no, place),
    CONSTRAINT sample_question_once UNIQUE (sample_no, question_id),
    CONSTRAINT sample_question_of_a_sample FOREIGN KEY (sample_no)
        REFERENCES linkage.sample (sample_no),
    CONSTRAINT sample_question_is_one FOREIGN KEY (question_id)
        REFERENCES linkage.question (question_id),
    CONSTRAINT sample_question_side_known CHECK (side IN ('found', 'missed', 'apart', 'joined'))
);

GRANT SELECT, INSERT ON
    linkage.moved,
    linkage.question,
    linkage.answer,
    linkage.sample,
    linkage.sample_question
TO amends_app;
GRANT SELECT ON linkage.former TO amends_app;
