-- The end of a log: SEAL says the final totals, ERASED that the keys behind it were destroyed.
SET lock_timeout = '5s';

ALTER TABLE roster.entry
DROP CONSTRAINT entry_length_of_its_type,
ADD CONSTRAINT entry_length_of_its_type CHECK (
    length(body) = CASE get_byte(body, 0)
        WHEN 0 THEN 33 WHEN 1 THEN 46 WHEN 2 THEN 45 WHEN 3 THEN 50 WHEN 4 THEN 165 WHEN 5 THEN 47
        WHEN 6 THEN 41 WHEN 8 THEN 69 WHEN 9 THEN 33
    END
);

CREATE UNIQUE INDEX entry_closes_once ON roster.entry ((get_byte(body, 0)))
WHERE get_byte(body, 0) IN (8, 9);

-- SEAL closes the log: nothing follows but ERASED, which follows nothing else.
CREATE FUNCTION roster.refuse_after_seal() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    closed_at bigint := (
        SELECT min(entry.entry_index) FROM roster.entry AS entry
        WHERE get_byte(entry.body, 0) IN (8, 9)
    );
BEGIN
    IF EXISTS (
        SELECT FROM roster.entry AS entry
        WHERE entry.entry_index >= closed_at
        AND get_byte(entry.body, 0) <> CASE entry.entry_index WHEN closed_at THEN 8 ELSE 9 END
    ) THEN
        RAISE EXCEPTION 'after SEAL only ERASED follows' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END;
$$;

CREATE TRIGGER seal_closes_the_log AFTER INSERT ON roster.entry FOR EACH STATEMENT
EXECUTE FUNCTION roster.refuse_after_seal();
