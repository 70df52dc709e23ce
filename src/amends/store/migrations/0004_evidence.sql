-- Files in custody: what came in, byte for byte, how it was read, and the rows that wait in
-- quarantine. No value of a person: the rows themselves lie encrypted in the evidence room.
SET lock_timeout = '5s';

CREATE SCHEMA evidence;

CREATE TABLE evidence.custody (
    custody_no bigint GENERATED ALWAYS AS IDENTITY,
    path text NOT NULL,
    role text NOT NULL,
    sha256 text NOT NULL,
    size_bytes bigint NOT NULL,
    settings text NOT NULL,
    encoding text NOT NULL,
    format text NOT NULL,
    columns jsonb NOT NULL,
    codes text[] NOT NULL,
    kept bigint NOT NULL,
    quarantined bigint NOT NULL,
    records bigint NOT NULL,
    short_rows bigint NOT NULL,
    undecodable_bytes bigint NOT NULL,
    stored_as text NOT NULL,
    taken_at timestamptz NOT NULL,
    CONSTRAINT custody_pkey PRIMARY KEY (custody_no),
    CONSTRAINT custody_stored_once UNIQUE (stored_as),
    CONSTRAINT custody_role_known CHECK (role IN ('registry', 'evidence', 'people')),
    CONSTRAINT custody_format_known CHECK (format IN ('delimited', 'json_lines', 'parquet')),
    CONSTRAINT custody_sha256_form CHECK (sha256 ~ '^[0-9a-f]{64}$'),
    CONSTRAINT custody_settings_form CHECK (settings ~ '^[0-9a-f]{64}$'),
    CONSTRAINT custody_not_empty CHECK (size_bytes > 0),
    CONSTRAINT custody_counts_not_negative CHECK (
        kept >= 0 AND quarantined >= 0 AND short_rows >= 0 AND undecodable_bytes >= 0
    ),
    CONSTRAINT custody_no_row_is_lost CHECK (records = kept + quarantined)
);

COMMENT ON COLUMN evidence.custody.settings IS
    'Digest of everything but the bytes that decided how the file was read.';
COMMENT ON COLUMN evidence.custody.columns IS
    'Per column: its place from 1, its header, the field it is, and what told that.';

CREATE TABLE evidence.quarantined_row (
    custody_no bigint NOT NULL,
    row_no bigint NOT NULL,
    byte_offset bigint,
    reason text NOT NULL,
    CONSTRAINT quarantined_row_pkey PRIMARY KEY (custody_no, row_no),
    CONSTRAINT quarantined_row_of_a_file FOREIGN KEY (custody_no)
        REFERENCES evidence.custody (custody_no),
    CONSTRAINT quarantined_row_counts_from_1 CHECK (row_no > 0),
    CONSTRAINT quarantined_row_offset_in_file CHECK (byte_offset >= 0),
    CONSTRAINT quarantined_row_reason_known CHECK (
        reason IN (
            'too_many_fields',
            'broken_quotes',
            'undecodable_bytes',
            'not_json',
            'not_an_object',
            'missing_account_id',
            'duplicate_account_id',
            'missing_key'
        )
    )
);

CREATE TABLE evidence.intake (
    intake_no integer NOT NULL,
    input_digest text NOT NULL,
    finished_at timestamptz NOT NULL,
    CONSTRAINT intake_pkey PRIMARY KEY (intake_no),
    CONSTRAINT intake_number_positive CHECK (intake_no > 0),
    CONSTRAINT intake_digest_form CHECK (input_digest ~ '^[0-9a-f]{64}$')
);

COMMENT ON TABLE evidence.intake IS
    'Each finished taking-in of all files that case.toml names; the newest one counts.';

CREATE TABLE evidence.intake_file (
    intake_no integer NOT NULL,
    file_no integer NOT NULL,
    custody_no bigint NOT NULL,
    product text,
    kind text,
    tranche integer NOT NULL,
    received_at timestamptz,
    CONSTRAINT intake_file_pkey PRIMARY KEY (intake_no, file_no),
    CONSTRAINT intake_file_of_an_intake FOREIGN KEY (intake_no)
        REFERENCES evidence.intake (intake_no),
    CONSTRAINT intake_file_in_custody FOREIGN KEY (custody_no)
        REFERENCES evidence.custody (custody_no),
    CONSTRAINT intake_file_counts_from_1 CHECK (file_no > 0),
    CONSTRAINT intake_file_kind_known CHECK (
        kind IN ('death', 'guardianship', 'payout_account', 'contact')
    )
);

CREATE VIEW evidence.file AS
SELECT
    intake_file.file_no,
    custody.role,
    custody.path,
    intake_file.product,
    intake_file.kind,
    custody.sha256,
    custody.size_bytes,
    custody.encoding,
    custody.format,
    custody.columns,
    custody.records,
    custody.kept,
    custody.quarantined,
    custody.short_rows,
    custody.undecodable_bytes,
    intake_file.received_at,
    intake_file.tranche,
    custody.taken_at,
    custody.custody_no
FROM evidence.intake_file AS intake_file
JOIN evidence.custody AS custody ON custody.custody_no = intake_file.custody_no
WHERE intake_file.intake_no = (SELECT max(intake_no) FROM evidence.intake);

CREATE VIEW evidence.quarantine AS
SELECT
    file.file_no,
    quarantined_row.row_no,
    quarantined_row.byte_offset,
    quarantined_row.reason
FROM evidence.file AS file
JOIN evidence.quarantined_row AS quarantined_row
    ON quarantined_row.custody_no = file.custody_no;

GRANT USAGE ON SCHEMA evidence TO amends_app;
GRANT SELECT, INSERT ON evidence.custody TO amends_app;
GRANT SELECT, INSERT ON evidence.quarantined_row TO amends_app;
GRANT SELECT, INSERT ON evidence.intake TO amends_app;
GRANT SELECT, INSERT ON evidence.intake_file TO amends_app;
GRANT SELECT ON evidence.file TO amends_app;
GRANT SELECT ON evidence.quarantine TO amends_app;
