-- The announcement: what it says, who signed exactly that, and which versions went out. Append-only:
-- a later change is a new version, never another text under an old number.
SET lock_timeout = '5s';

CREATE SCHEMA announcement;

CREATE TABLE announcement.document (
    document_sha256 bytea NOT NULL,
    version integer NOT NULL,
    body text NOT NULL,
    drafted_at timestamptz NOT NULL,
    CONSTRAINT document_pkey PRIMARY KEY (document_sha256),
    CONSTRAINT document_digest_is_of_body CHECK (
        document_sha256 = sha256(convert_to(body, 'UTF8'))
    ),
    CONSTRAINT document_version_positive CHECK (version >= 1),
    CONSTRAINT document_of_one_version UNIQUE (document_sha256, version)
);

COMMENT ON TABLE announcement.document IS
'What signatories saw, as canonical JSON with both texts; several may be drafted for one version.';

CREATE TABLE announcement.signature (
    document_sha256 bytea NOT NULL,
    operator text NOT NULL,
    public_key bytea NOT NULL,
    signature bytea NOT NULL,
    signed_at timestamptz NOT NULL,
    CONSTRAINT signature_pkey PRIMARY KEY (document_sha256, operator),
    CONSTRAINT signature_document_known FOREIGN KEY (document_sha256)
    REFERENCES announcement.document (document_sha256),
    CONSTRAINT signature_of_a_key UNIQUE (document_sha256, public_key),
    CONSTRAINT signature_public_key_length CHECK (length(public_key) = 32),
    CONSTRAINT signature_length CHECK (length(signature) = 64)
);

CREATE TABLE announcement.published (
    version integer NOT NULL,
    document_sha256 bytea NOT NULL,
    published_at timestamptz NOT NULL,
    CONSTRAINT published_pkey PRIMARY KEY (version),
    CONSTRAINT published_document_known FOREIGN KEY (document_sha256, version)
    REFERENCES announcement.document (document_sha256, version)
);

COMMENT ON TABLE announcement.published IS 'What went out, one document for each version.';

GRANT USAGE ON SCHEMA announcement TO amends_app;
GRANT SELECT, INSERT ON announcement.document TO amends_app;
GRANT SELECT, INSERT ON announcement.signature TO amends_app;
GRANT SELECT, INSERT ON announcement.published TO amends_app;
