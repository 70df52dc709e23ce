-- Before the chunks of a plan go out, the pages of its payees are opened once, in their order, and what
-- each chunk needs of them is sealed together: a chunk opens one pack instead of a page for each payee.
SET lock_timeout = '5s';

CREATE TABLE payees.change (
    change_no bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
    changed_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT change_pkey PRIMARY KEY (change_no)
);

COMMENT ON TABLE payees.change IS
    'A row for each statement that wrote pages or rows of payees. As many as there were when details '
    'were copied: the copy is still true. They are counted, so that one that commits late counts.';

CREATE FUNCTION payees.note_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO payees.change DEFAULT VALUES;
    RETURN NULL;
END
$$;

CREATE TRIGGER page_changes_are_counted
AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON payees.page
FOR EACH STATEMENT EXECUTE FUNCTION payees.note_change();
CREATE TRIGGER payee_changes_are_counted
AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON payees.payee
FOR EACH STATEMENT EXECUTE FUNCTION payees.note_change();

CREATE TABLE payouts.payee_pack (
    chunk_no integer NOT NULL,
    changes bigint NOT NULL,
    sealed bytea NOT NULL,
    CONSTRAINT payee_pack_pkey PRIMARY KEY (chunk_no),
    CONSTRAINT payee_pack_chunk_known FOREIGN KEY (chunk_no) REFERENCES payouts.chunk (chunk_no)
);

ALTER TABLE payouts.payee_pack ALTER COLUMN sealed SET STORAGE EXTERNAL;

COMMENT ON TABLE payouts.payee_pack IS
    'Where the money of a chunk goes, a line for each place, encrypted in one piece. Until it is sent.';
COMMENT ON COLUMN payouts.payee_pack.changes IS
    'How many rows payees.change had: with more of them the pack is not used.';

GRANT SELECT, INSERT ON payees.change TO amends_app;
GRANT SELECT, INSERT, DELETE ON payouts.payee_pack TO amends_app;

SELECT store.let_stay('payees', 'change');
