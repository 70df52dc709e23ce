-- The first round is millions of rows in random order of their people. A key that is made when they
-- are all there costs a quarter of one that takes them in one by one. Whoever loads may put it off
-- while nobody is awarded, in this way alone: it is there again when the transaction is committed,
-- or the transaction is not.
SET lock_timeout = '5s';

-- The round's currency is held to its form; that of a row is seen without looking at each letter.
ALTER TABLE awards.award
    DROP CONSTRAINT award_currency_form,
    ADD CONSTRAINT award_currency_form CHECK (
        octet_length(currency) = 3 AND currency COLLATE "C" BETWEEN 'AAA' AND 'ZZZ'
    );

CREATE TABLE awards.unkeyed (
    put_off_at timestamptz NOT NULL
);

COMMENT ON TABLE awards.unkeyed IS
    'Empty but within a transaction that has put off the key of people: its row makes the key again.';

CREATE FUNCTION awards.put_off_key() RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
BEGIN
    IF EXISTS (SELECT FROM awards.unkeyed) OR EXISTS (SELECT FROM awards.award) THEN
        RETURN FALSE;
    END IF;
    LOCK TABLE awards.award IN ACCESS EXCLUSIVE MODE NOWAIT;
    IF EXISTS (SELECT FROM awards.award) THEN
        RETURN FALSE;
    END IF;
    INSERT INTO awards.unkeyed (put_off_at) VALUES (now());
    ALTER TABLE awards.award DROP CONSTRAINT award_once_per_person;
    RETURN TRUE;
EXCEPTION
    WHEN lock_not_available THEN
        RETURN FALSE;
END
$$;

COMMENT ON FUNCTION awards.put_off_key() IS
    'Whether the key of people is put off: not where somebody is awarded, or the table is in use.';

CREATE FUNCTION awards.make_key() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog SET maintenance_work_mem = '256MB' AS $$
BEGIN
    ALTER TABLE awards.award ADD CONSTRAINT award_once_per_person UNIQUE (person_id);
    DELETE FROM awards.unkeyed;
    RETURN NULL;
END
$$;

CREATE CONSTRAINT TRIGGER key_made AFTER INSERT ON awards.unkeyed
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION awards.make_key();

REVOKE ALL ON FUNCTION awards.put_off_key() FROM PUBLIC;
REVOKE ALL ON FUNCTION awards.make_key() FROM PUBLIC;
GRANT SELECT ON awards.unkeyed TO amends_app;
GRANT EXECUTE ON FUNCTION awards.put_off_key() TO amends_app;
