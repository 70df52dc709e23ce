-- Custody on entry: every file as it came in, by whom and from where, with its sealed copy; tables
-- are read from it, and members that hold no table are noted.
SET lock_timeout = '5s';

CREATE TABLE evidence.original (
    original_no bigint GENERATED ALWAYS AS IDENTITY,
    path text NOT NULL,
    role text NOT NULL,
    sha256 text NOT NULL,
    size_bytes bigint NOT NULL,
    sealed_as text,
    taken_by text NOT NULL,
    taken_at timestamptz NOT NULL,
    CONSTRAINT original_pkey PRIMARY KEY (original_no),
    CONSTRAINT original_sealed_once UNIQUE (sealed_as),
    CONSTRAINT original_role_known CHECK (role IN ('registry', 'evidence', 'people')),
    CONSTRAINT original_sha256_form CHECK (sha256 ~ '^[0-9a-f]{64}$'),
    CONSTRAINT original_not_empty CHECK (size_bytes > 0),
    CONSTRAINT original_taken_by_somebody CHECK (taken_by <> '')
);

COMMENT ON TABLE evidence.original IS
    'Each receipt of a file that case.toml names: its bytes are the ones of this digest.';

CREATE TABLE evidence.unread_member (
    original_no bigint NOT NULL,
    name text NOT NULL,
    sha256 text NOT NULL,
    size_bytes bigint NOT NULL,
    reason text NOT NULL,
    CONSTRAINT unread_member_pkey PRIMARY KEY (original_no, name),
    CONSTRAINT unread_member_of_an_original FOREIGN KEY (original_no)
        REFERENCES evidence.original (original_no),
    CONSTRAINT unread_member_sha256_form CHECK (sha256 ~ '^[0-9a-f]{64}$'),
    CONSTRAINT unread_member_size_not_negative CHECK (size_bytes >= 0),
    CONSTRAINT unread_member_reason_known CHECK (
        reason IN ('empty', 'not_a_table', 'no_rows', 'no_key')
    )
);

-- Files that were read before receipts were kept get theirs: nobody is named, nothing was sealed.
ALTER TABLE evidence.original ADD COLUMN custody_no bigint;
INSERT INTO evidence.original
    (path, role, sha256, size_bytes, taken_by, taken_at, custody_no)
SELECT path, role, sha256, size_bytes, 'system', taken_at, custody_no
FROM evidence.custody
ORDER BY custody_no;
ALTER TABLE evidence.custody ADD COLUMN original_no bigint;
UPDATE evidence.custody AS custody
SET original_no = original.original_no
FROM evidence.original AS original
WHERE original.custody_no = custody.custody_no;
ALTER TABLE evidence.original DROP COLUMN custody_no;
ALTER TABLE evidence.custody ALTER COLUMN original_no SET NOT NULL;
ALTER TABLE evidence.custody ADD CONSTRAINT custody_of_an_original FOREIGN KEY (original_no)
    REFERENCES evidence.original (original_no);
COMMENT ON COLUMN evidence.custody.original_no IS 'The receipt that the table was read from.';

ALTER TABLE evidence.custody DROP CONSTRAINT custody_format_known;
ALTER TABLE evidence.custody ADD CONSTRAINT custody_format_known CHECK (
    format IN (
        'delimited', 'json_lines', 'json_array', 'parquet', 'workbook', 'sqlite', 'sql', 'mail',
        'text'
    )
);

ALTER TABLE evidence.quarantined_row DROP CONSTRAINT quarantined_row_reason_known;
ALTER TABLE evidence.quarantined_row ADD CONSTRAINT quarantined_row_reason_known CHECK (
    reason IN (
        'before_header',
        'too_many_fields',
        'broken_quotes',
        'undecodable_bytes',
        'not_json',
        'not_an_object',
        'not_sql',
        'not_a_message',
        'missing_account_id',
        'duplicate_account_id',
        'missing_key'
    )
);

ALTER TABLE evidence.intake_file ADD COLUMN came_from text;

GRANT SELECT, INSERT ON evidence.original TO amends_app;
GRANT SELECT, INSERT ON evidence.unread_member TO amends_app;
