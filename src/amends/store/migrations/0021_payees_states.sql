-- The states of payees: what the files told, and everything that happened since. Moves, papers and
-- statements are history: rows are added and read, never changed. No value of a person in clear.
SET lock_timeout = '5s';

ALTER TABLE payees.payee
    ADD COLUMN situation text NOT NULL DEFAULT 'adult',
    DROP CONSTRAINT payee_kind_known,
    DROP CONSTRAINT payee_reason_known;

UPDATE payees.payee
SET situation = CASE
    WHEN reason = 'deceased' THEN 'died_after'
    WHEN reason = 'many_on_one_account' THEN 'in_review'
    WHEN reason = 'minor_without_guardian_account' THEN 'under_8'
    WHEN reason IS NOT NULL THEN 'no_account'
    ELSE 'under_8_guarded'
END
WHERE reason IS NOT NULL OR kind = 'guardian';

ALTER TABLE payees.payee
    ADD CONSTRAINT payee_kind_known CHECK (
        kind IN ('self', 'minor', 'guardian', 'administrator', 'relative', 'heir', 'custodian')
    ),
    ADD CONSTRAINT payee_reason_known CHECK (
        reason IN (
            'deceased', 'minor_without_guardian_account', 'no_account', 'no_name',
            'many_on_one_account', 'in_review', 'no_capacity', 'wallet_too_low', 'held', 'missing',
            'refused', 'donated', 'deposit'
        )
    ),
    ADD CONSTRAINT payee_situation_known CHECK (
        situation IN (
            'in_review', 'adult', 'aged_8_to_17', 'aged_8_to_17_guarded', 'under_8',
            'under_8_guarded', 'incapable', 'incapable_guarded', 'no_account', 'died_after',
            'died_before'
        )
    );

COMMENT ON COLUMN payees.payee.situation IS
    'The state that the files tell; what happened since is in payees.move.';

CREATE TABLE payees.evidence (
    evidence_no bigint GENERATED ALWAYS AS IDENTITY,
    person_id text NOT NULL,
    kind text NOT NULL,
    result text NOT NULL,
    seen_by text NOT NULL,
    seen_on date NOT NULL,
    expires_on date,
    image_sha256 text,
    image_destroyed_on date,
    signature bytea NOT NULL,
    occurred_at timestamptz NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT evidence_pkey PRIMARY KEY (evidence_no),
    CONSTRAINT evidence_of_a_payee FOREIGN KEY (person_id) REFERENCES payees.payee (person_id),
    CONSTRAINT evidence_kind_named CHECK (kind ~ '^[a-z_]+$'),
    CONSTRAINT evidence_result_known CHECK (result IN ('accepted', 'rejected')),
    CONSTRAINT evidence_lasts CHECK (expires_on >= seen_on),
    CONSTRAINT evidence_image_is_destroyed CHECK (
        (image_sha256 IS NULL) = (image_destroyed_on IS NULL)
        AND image_sha256 ~ '^[0-9a-f]{64}$'
        AND image_destroyed_on >= seen_on
    ),
    CONSTRAINT evidence_signature_is_ed25519 CHECK (octet_length(signature) = 64)
);

COMMENT ON TABLE payees.evidence IS
    'Papers that were seen: kind, result, who saw it. The image itself is never kept.';

CREATE TABLE payees.statement (
    statement_no bigint GENERATED ALWAYS AS IDENTITY,
    person_id text NOT NULL,
    kind text NOT NULL,
    stated_on date NOT NULL,
    taken_by text NOT NULL,
    sealed bytea NOT NULL,
    signature bytea NOT NULL,
    occurred_at timestamptz NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT statement_pkey PRIMARY KEY (statement_no),
    CONSTRAINT statement_of_a_payee FOREIGN KEY (person_id) REFERENCES payees.payee (person_id),
    CONSTRAINT statement_kind_named CHECK (kind ~ '^[a-z_]+$'),
    CONSTRAINT statement_signature_is_ed25519 CHECK (octet_length(signature) = 64)
);

COMMENT ON COLUMN payees.statement.sealed IS
    'Who states what, in their words, encrypted for this person.';

CREATE TABLE payees.move (
    move_no bigint GENERATED ALWAYS AS IDENTITY,
    person_id text NOT NULL,
    origin text NOT NULL,
    event text NOT NULL,
    target text NOT NULL,
    actor text NOT NULL,
    basis text NOT NULL,
    entered_by text NOT NULL,
    happened_on date NOT NULL,
    due_on date,
    left_kind text,
    left_sealed bytea,
    sealed bytea NOT NULL,
    signature bytea NOT NULL,
    occurred_at timestamptz NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT move_pkey PRIMARY KEY (move_no),
    CONSTRAINT move_of_a_payee FOREIGN KEY (person_id) REFERENCES payees.payee (person_id),
    CONSTRAINT move_words CHECK (
        origin ~ '^[a-z0-9_]+$' AND event ~ '^[a-z0-9_]+$' AND target ~ '^[a-z0-9_]+$'
    ),
    CONSTRAINT move_goes_somewhere CHECK (origin <> target),
    CONSTRAINT move_clock_runs_on CHECK (due_on >= happened_on),
    CONSTRAINT move_signature_is_ed25519 CHECK (octet_length(signature) = 64)
);

COMMENT ON COLUMN payees.move.sealed IS
    'The reason in words, and heirs with their shares, encrypted for this person.';
COMMENT ON COLUMN payees.move.left_sealed IS
    'The details that were in force before: whoever comes back is paid as before.';

CREATE INDEX move_of_person ON payees.move (person_id, move_no);

CREATE VIEW payees.present AS
SELECT
    payee.person_id,
    payee.state,
    payee.reason,
    payee.kind,
    COALESCE(latest.target, payee.situation) AS situation,
    COALESCE(latest.happened_on, (payee.settled_at AT TIME ZONE 'UTC')::date) AS since,
    latest.move_no
FROM payees.payee AS payee
LEFT JOIN LATERAL (
    SELECT
        move.move_no,
        move.target,
        move.happened_on
    FROM payees.move AS move
    WHERE move.person_id = payee.person_id
    ORDER BY move.move_no DESC
    LIMIT 1
) AS latest ON true;

COMMENT ON VIEW payees.present IS 'The state that everybody is in now, and since when.';

GRANT SELECT, INSERT ON payees.evidence, payees.statement, payees.move TO amends_app;
GRANT UPDATE (situation) ON payees.payee TO amends_app;
GRANT SELECT ON payees.present TO amends_app;
