-- How often a number was reported: under a key that the database does not hold.
SET lock_timeout = '5s';

CREATE TABLE inbox.reported (
    report_no bigint GENERATED ALWAYS AS IDENTITY,
    mark bytea NOT NULL,
    CONSTRAINT reported_pkey PRIMARY KEY (report_no),
    CONSTRAINT reported_mark_is_a_hash CHECK (octet_length(mark) = 32)
);
CREATE INDEX reported_mark ON inbox.reported (mark);

COMMENT ON TABLE inbox.reported IS 'A row for each report that names a number. Which message it is of stands nowhere.';

GRANT SELECT ON inbox.reported TO amends_app;
GRANT INSERT (mark), SELECT (mark) ON inbox.reported TO amends_public;
