-- Who may sign in at the console, by which factor, in which roles; sessions; looks at people.
SET lock_timeout = '5s';

CREATE SCHEMA access;
GRANT USAGE ON SCHEMA access TO amends_app;

-- Roles are history: the newest line of an operator and a role counts.
CREATE TABLE access.role_line (
    line_no bigint GENERATED ALWAYS AS IDENTITY,
    operator text NOT NULL,
    role text NOT NULL,
    granted boolean NOT NULL,
    entered_by text NOT NULL,
    occurred_at timestamptz NOT NULL,
    CONSTRAINT role_line_pkey PRIMARY KEY (line_no),
    CONSTRAINT role_line_of_an_operator FOREIGN KEY (operator)
        REFERENCES governance.operator (name),
    CONSTRAINT role_line_role_known CHECK (
        role IN ('administrator', 'caseworker', 'approver', 'reader', 'auditor')
    ),
    CONSTRAINT role_line_not_by_oneself CHECK (entered_by <> operator)
);

CREATE VIEW access.role AS
SELECT
    newest.operator,
    newest.role
FROM (
    SELECT DISTINCT ON (operator, role)
        operator,
        role,
        granted
    FROM access.role_line
    ORDER BY operator, role, line_no DESC
) AS newest
WHERE newest.granted;

CREATE FUNCTION access.refuse_roles() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('access.role ' || NEW.operator));
    IF EXISTS (
        SELECT FROM access.role AS one
        INNER JOIN access.role AS other ON other.operator = one.operator
        INNER JOIN (VALUES
            ('administrator', 'caseworker'), ('administrator', 'approver'),
            ('administrator', 'reader'), ('administrator', 'auditor'),
            ('caseworker', 'approver'), ('auditor', 'caseworker'), ('auditor', 'approver'),
            ('auditor', 'reader')
        ) AS pair (one_role, other_role)
            ON pair.one_role = one.role AND pair.other_role = other.role
        WHERE one.operator = NEW.operator
    ) THEN
        RAISE EXCEPTION '% may not hold % beside another role', NEW.operator, NEW.role
            USING ERRCODE = 'check_violation', CONSTRAINT = TG_NAME, SCHEMA = 'access';
    END IF;
    RETURN NULL;
END
$$;

CREATE TRIGGER roles_exclude_each_other AFTER INSERT ON access.role_line FOR EACH ROW
EXECUTE FUNCTION access.refuse_roles();

CREATE TABLE access.invitation (
    token_sha256 bytea NOT NULL,
    operator text NOT NULL,
    made_by text NOT NULL,
    expires_at timestamptz NOT NULL,
    used_at timestamptz,
    CONSTRAINT invitation_pkey PRIMARY KEY (token_sha256),
    CONSTRAINT invitation_token_sized CHECK (length(token_sha256) = 32),
    CONSTRAINT invitation_of_an_operator FOREIGN KEY (operator)
        REFERENCES governance.operator (name)
);

CREATE TABLE access.credential (
    credential_no bigint GENERATED ALWAYS AS IDENTITY,
    operator text NOT NULL,
    kind text NOT NULL,
    credential_id bytea NOT NULL,
    public_key bytea,
    sign_count bigint NOT NULL DEFAULT 0,
    sealed bytea,
    last_step bigint NOT NULL DEFAULT 0,
    added_at timestamptz NOT NULL,
    revoked_at timestamptz,
    CONSTRAINT credential_pkey PRIMARY KEY (credential_no),
    CONSTRAINT credential_id_is_own UNIQUE (credential_id),
    CONSTRAINT credential_of_an_operator FOREIGN KEY (operator)
        REFERENCES governance.operator (name),
    CONSTRAINT credential_kind_known CHECK (kind IN ('passkey', 'totp')),
    CONSTRAINT credential_has_what_it_needs CHECK (
        CASE kind WHEN 'passkey' THEN public_key IS NOT NULL ELSE sealed IS NOT NULL END
    )
);

COMMENT ON COLUMN access.credential.sealed IS 'The secret of TOTP, encrypted with the case''s key.';
COMMENT ON COLUMN access.credential.last_step IS 'The newest time step a code was taken of: once each.';

CREATE TABLE access.challenge (
    challenge bytea NOT NULL,
    purpose text NOT NULL,
    operator text,
    nonce bytea NOT NULL,
    about text NOT NULL DEFAULT '',
    expires_at timestamptz NOT NULL,
    used_at timestamptz,
    CONSTRAINT challenge_pkey PRIMARY KEY (challenge),
    CONSTRAINT challenge_purpose_known CHECK (purpose IN ('enrol', 'sign_in', 'step_up'))
);

CREATE TABLE access.session (
    session_id text NOT NULL,
    token_sha256 bytea NOT NULL,
    former_sha256 bytea,
    former_until timestamptz,
    operator text NOT NULL,
    method text NOT NULL,
    begun_at timestamptz NOT NULL,
    rotated_at timestamptz NOT NULL,
    seen_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    ended_at timestamptz,
    CONSTRAINT session_pkey PRIMARY KEY (session_id),
    CONSTRAINT session_token_is_own UNIQUE (token_sha256),
    CONSTRAINT session_of_an_operator FOREIGN KEY (operator)
        REFERENCES governance.operator (name),
    CONSTRAINT session_method_known CHECK (
        method IN ('passkey', 'totp', 'development', 'token')
    )
);

CREATE INDEX session_by_former ON access.session (former_sha256) WHERE former_sha256 IS NOT NULL;

CREATE TABLE access.attempt (
    attempt_no bigint GENERATED ALWAYS AS IDENTITY,
    operator text NOT NULL,
    failed boolean NOT NULL,
    occurred_at timestamptz NOT NULL,
    CONSTRAINT attempt_pkey PRIMARY KEY (attempt_no)
);

CREATE INDEX attempt_of_operator ON access.attempt (operator, occurred_at);

-- The second factor that stands behind an approval.
CREATE TABLE access.step_up (
    digest text NOT NULL,
    operator text NOT NULL,
    method text NOT NULL,
    nonce bytea,
    evidence text NOT NULL,
    occurred_at timestamptz NOT NULL,
    CONSTRAINT step_up_pkey PRIMARY KEY (digest, operator, occurred_at),
    CONSTRAINT step_up_of_a_proposal FOREIGN KEY (digest) REFERENCES governance.proposal (digest)
);

COMMENT ON COLUMN access.step_up.evidence IS
    'The passkey''s assertion as JSON; its challenge is SHA-256 over nonce and digest.';

-- Who looked at what of a person, and why; the person''s page reads it.
CREATE TABLE access.reveal (
    reveal_no bigint GENERATED ALWAYS AS IDENTITY,
    person_id text NOT NULL,
    operator text NOT NULL,
    fields text NOT NULL,
    ground text NOT NULL,
    reason text NOT NULL,
    occurred_at timestamptz NOT NULL,
    CONSTRAINT reveal_pkey PRIMARY KEY (reveal_no),
    CONSTRAINT reveal_by_an_operator FOREIGN KEY (operator)
        REFERENCES governance.operator (name),
    CONSTRAINT reveal_ground_known CHECK (
        ground IN ('person_asked', 'payment_failed', 'claim', 'correction', 'audit')
    ),
    CONSTRAINT reveal_has_a_reason CHECK (length(btrim(reason)) BETWEEN 3 AND 500)
);

CREATE INDEX reveal_of_person ON access.reveal (person_id, reveal_no);

-- What a person may see of it: not who, and not the words of the reason.
CREATE VIEW access.looked_at AS
SELECT
    person_id,
    fields,
    ground,
    occurred_at
FROM access.reveal;

-- Posts of the API, each done once under its key.
CREATE TABLE access.idempotency (
    operator text NOT NULL,
    key text NOT NULL,
    request_sha256 bytea NOT NULL,
    status smallint,
    answer bytea,
    occurred_at timestamptz NOT NULL,
    CONSTRAINT idempotency_pkey PRIMARY KEY (operator, key),
    CONSTRAINT idempotency_key_sized CHECK (length(key) BETWEEN 8 AND 200)
);

GRANT SELECT, INSERT ON
    access.role_line, access.step_up, access.reveal, access.attempt
TO amends_app;
GRANT SELECT ON access.role, access.looked_at TO amends_app;
GRANT SELECT, INSERT ON access.invitation, access.credential, access.session TO amends_app;
GRANT UPDATE (used_at) ON access.invitation TO amends_app;
GRANT UPDATE (sign_count, last_step, revoked_at) ON access.credential TO amends_app;
GRANT UPDATE (
    token_sha256, former_sha256, former_until, rotated_at, seen_at, ended_at
) ON access.session TO amends_app;
GRANT SELECT, INSERT ON access.challenge, access.idempotency TO amends_app;
GRANT UPDATE (used_at) ON access.challenge TO amends_app;
GRANT UPDATE (status, answer) ON access.idempotency TO amends_app;
