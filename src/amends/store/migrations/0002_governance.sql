-- Who decided what: operators, proposals, their approvals; the audit trail; the register of exports.
-- Everything here is history: no table may be updated, deleted from or truncated by ordinary work.

CREATE SCHEMA governance;
GRANT USAGE ON SCHEMA governance TO amends_app;

CREATE TABLE governance.operator (
    name text NOT NULL
        CONSTRAINT operator_key PRIMARY KEY
        CONSTRAINT operator_name_is_plain CHECK (name ~ '^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$'),
    public_key bytea NOT NULL
        CONSTRAINT operator_public_key_is_own UNIQUE
        CONSTRAINT operator_public_key_is_ed25519 CHECK (octet_length(public_key) = 32),
    occurred_at timestamptz NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE governance.proposal (
    digest text NOT NULL
        CONSTRAINT proposal_key PRIMARY KEY
        CONSTRAINT proposal_digest_is_sha256 CHECK (digest ~ '^[0-9a-f]{64}$'),
    kind text NOT NULL CONSTRAINT proposal_kind_is_named CHECK (kind <> ''),
    body text NOT NULL,
    occurred_at timestamptz NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE governance.approval (
    digest text NOT NULL
        CONSTRAINT approval_is_of_a_proposal REFERENCES governance.proposal (digest),
    operator text NOT NULL
        CONSTRAINT approval_is_by_an_operator REFERENCES governance.operator (name),
    signature bytea NOT NULL
        CONSTRAINT approval_signature_is_ed25519 CHECK (octet_length(signature) = 64),
    occurred_at timestamptz NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT approval_counts_once PRIMARY KEY (digest, operator)
);

CREATE TABLE governance.audit (
    entry_no bigint NOT NULL
        CONSTRAINT audit_key PRIMARY KEY
        CONSTRAINT audit_begins_at_one CHECK (entry_no > 0),
    occurred_at timestamptz NOT NULL,
    actor text NOT NULL CONSTRAINT audit_has_an_actor CHECK (actor <> ''),
    action text NOT NULL CONSTRAINT audit_has_an_action CHECK (action <> ''),
    details text NOT NULL,
    previous bytea NOT NULL
        CONSTRAINT audit_does_not_fork UNIQUE
        CONSTRAINT audit_previous_is_sha256 CHECK (octet_length(previous) = 32),
    hash bytea NOT NULL
        CONSTRAINT audit_hash_is_own UNIQUE
        CONSTRAINT audit_hash_is_sha256 CHECK (octet_length(hash) = 32),
    recorded_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE governance.export (
    export_no bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT export_key PRIMARY KEY,
    what text NOT NULL CONSTRAINT export_is_of_something CHECK (what <> ''),
    file_sha256 text NOT NULL
        CONSTRAINT export_file_is_sha256 CHECK (file_sha256 ~ '^[0-9a-f]{64}$'),
    rows bigint NOT NULL CONSTRAINT export_rows_not_negative CHECK (rows >= 0),
    actor text NOT NULL CONSTRAINT export_has_an_actor CHECK (actor <> ''),
    occurred_at timestamptz NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT now()
);

GRANT SELECT, INSERT ON
    governance.operator,
    governance.proposal,
    governance.approval,
    governance.audit,
    governance.export
TO amends_app;
