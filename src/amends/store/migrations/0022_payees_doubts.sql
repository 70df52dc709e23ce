-- What the files of people tell that a person has to look at, and ways to reach people. Doubts are
-- history: one is raised by settling, and withdrawn by settling when the files no longer tell it.
SET lock_timeout = '5s';

CREATE TABLE payees.doubt (
    doubt_no bigint GENERATED ALWAYS AS IDENTITY,
    change text NOT NULL,
    doubt text NOT NULL,
    person_id text NOT NULL,
    file text NOT NULL,
    path text NOT NULL,
    row_no bigint NOT NULL,
    occurred_at timestamptz NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT doubt_pkey PRIMARY KEY (doubt_no),
    CONSTRAINT doubt_change_known CHECK (change IN ('raised', 'withdrawn')),
    CONSTRAINT doubt_named CHECK (doubt ~ '^[a-z_]+$'),
    CONSTRAINT doubt_file_known CHECK (
        file IN ('death', 'guardianship', 'payout_account', 'contact', 'heirs')
    )
);

COMMENT ON COLUMN payees.doubt.row_no IS '0 where no single row tells it.';

CREATE VIEW payees.open_doubt AS
SELECT
    latest.doubt,
    latest.person_id,
    latest.file,
    latest.path,
    latest.row_no,
    latest.occurred_at
FROM (
    SELECT DISTINCT ON (doubt, person_id, file, path, row_no)
        change,
        doubt,
        person_id,
        file,
        path,
        row_no,
        occurred_at
    FROM payees.doubt
    ORDER BY doubt, person_id, file, path, row_no, doubt_no DESC
) AS latest
WHERE latest.change = 'raised';

CREATE TABLE payees.contact (
    contact_no bigint GENERATED ALWAYS AS IDENTITY,
    person_id text NOT NULL,
    mark bytea NOT NULL,
    sealed bytea NOT NULL,
    occurred_at timestamptz NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT contact_pkey PRIMARY KEY (contact_no),
    CONSTRAINT contact_once UNIQUE (person_id, mark)
);

COMMENT ON COLUMN payees.contact.sealed IS
    'A way to reach the person, from a contact file, encrypted for this person.';

GRANT SELECT, INSERT ON payees.doubt, payees.contact TO amends_app;
GRANT SELECT ON payees.open_doubt TO amends_app;
