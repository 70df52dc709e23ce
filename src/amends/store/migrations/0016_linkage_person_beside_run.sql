-- People go in while their run is still being described: whether it is there is seen when both are
-- committed. Which runs have people is noted once per statement, in a table that refers to the runs
-- with an ordinary foreign key. What lasts is the same as before: no people without their run.
SET lock_timeout = '5s';

DROP TRIGGER person_of_a_run ON linkage.person;
DROP TRIGGER run_of_people ON linkage.run;
DROP FUNCTION linkage.refuse_people_without_run();

CREATE TABLE linkage.peopled (
    run_no integer NOT NULL,
    CONSTRAINT peopled_pkey PRIMARY KEY (run_no),
    CONSTRAINT people_of_a_run FOREIGN KEY (run_no) REFERENCES linkage.run (run_no)
        DEFERRABLE INITIALLY DEFERRED
);

COMMENT ON TABLE linkage.peopled IS 'The runs that have people, so that each of them stays.';

GRANT SELECT, INSERT ON linkage.peopled TO amends_app;

-- Looks at one person of each run, by the primary key.
CREATE FUNCTION linkage.note_runs_of_people() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    WITH RECURSIVE held (run_no) AS (
        SELECT min(person.run_no) FROM linkage.person AS person
        UNION ALL
        SELECT (
            SELECT min(person.run_no) FROM linkage.person AS person
            WHERE person.run_no > held.run_no
        )
        FROM held
        WHERE held.run_no IS NOT NULL
    )
    INSERT INTO linkage.peopled (run_no)
    SELECT held.run_no FROM held WHERE held.run_no IS NOT NULL
    ON CONFLICT DO NOTHING;
    IF TG_OP <> 'INSERT' THEN
        DELETE FROM linkage.peopled AS peopled
        WHERE NOT EXISTS (
            SELECT 1 FROM linkage.person AS person WHERE person.run_no = peopled.run_no
        );
    END IF;
    RETURN NULL;
END
$$;

CREATE TRIGGER runs_of_people AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON linkage.person
FOR EACH STATEMENT EXECUTE FUNCTION linkage.note_runs_of_people();

UPDATE linkage.person SET tranche = tranche WHERE FALSE;  -- notes the runs that there are
