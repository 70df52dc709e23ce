-- The first round is millions of rows in random order of their people. Keys that are made when they
-- are all there cost an eighth of keys that take them in one by one. Whoever loads may put them off
-- while nobody is awarded, in this way alone: they are there again when the transaction is
-- committed, or the transaction is not.
SET lock_timeout = '5s';

-- The round's currency is held to its form; that of a row is seen without looking at each letter.
ALTER TABLE awards.award
    DROP CONSTRAINT award_currency_form,
    ADD CONSTRAINT award_currency_form CHECK (
        octet_length(currency) = 3 AND currency COLLATE "C" BETWEEN 'AAA' AND 'ZZZ'
    );

CREATE TABLE awards.put_off (
    of_table text NOT NULL,
    name text NOT NULL,
    definition text NOT NULL,
    made_after_keys boolean NOT NULL,
    CONSTRAINT put_off_pkey PRIMARY KEY (of_table, name)
);

COMMENT ON TABLE awards.put_off IS
    'The keys of awards, and what refers to them, while a transaction has put them off; else empty.';

CREATE FUNCTION awards.put_off_keys() RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
    one awards.put_off;
BEGIN
    IF EXISTS (SELECT FROM awards.put_off) OR EXISTS (SELECT FROM awards.award) THEN
        RETURN FALSE;
    END IF;
    LOCK TABLE awards.award IN ACCESS EXCLUSIVE MODE NOWAIT;
    IF EXISTS (SELECT FROM awards.award) THEN
        RETURN FALSE;
    END IF;
    INSERT INTO awards.put_off (of_table, name, definition, made_after_keys)
    SELECT
        known.conrelid::regclass::text,
        known.conname,
        pg_get_constraintdef(known.oid),
        known.contype = 'f'
    FROM pg_constraint AS known
    WHERE
        (known.conrelid = 'awards.award'::regclass AND known.contype IN ('p', 'u'))
        OR (known.confrelid = 'awards.award'::regclass AND known.contype = 'f');
    FOR one IN SELECT * FROM awards.put_off ORDER BY made_after_keys DESC, of_table, name LOOP
        EXECUTE format('LOCK TABLE %s IN ACCESS EXCLUSIVE MODE NOWAIT', one.of_table);
        EXECUTE format('ALTER TABLE %s DROP CONSTRAINT %I', one.of_table, one.name);
    END LOOP;
    RETURN TRUE;
EXCEPTION
    WHEN lock_not_available THEN
        RETURN FALSE;
END
$$;

COMMENT ON FUNCTION awards.put_off_keys() IS
    'Whether the keys are put off: not where somebody is awarded, or one of the tables is in use.';

CREATE FUNCTION awards.make_keys() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog SET maintenance_work_mem = '256MB' AS $$
DECLARE
    one awards.put_off;
BEGIN
    FOR one IN SELECT * FROM awards.put_off ORDER BY made_after_keys ASC, of_table, name LOOP
        EXECUTE format(
            'ALTER TABLE %s ADD CONSTRAINT %I %s', one.of_table, one.name, one.definition
        );
    END LOOP;
    DELETE FROM awards.put_off;
    RETURN NULL;
END
$$;

-- The first row makes them all; for the others nothing is left.
CREATE CONSTRAINT TRIGGER keys_made AFTER INSERT ON awards.put_off
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION awards.make_keys();

REVOKE ALL ON FUNCTION awards.put_off_keys() FROM PUBLIC;
REVOKE ALL ON FUNCTION awards.make_keys() FROM PUBLIC;
GRANT SELECT ON awards.put_off TO amends_app;
GRANT EXECUTE ON FUNCTION awards.put_off_keys() TO amends_app;
