-- How many people stand in a page is kept beside it: counting people by state reads no list of ids.
SET lock_timeout = '5s';

ALTER TABLE payees.page
    ADD COLUMN people smallint NOT NULL GENERATED ALWAYS AS (cardinality(members)) STORED;

COMMENT ON COLUMN payees.page.people IS 'How many members it has; without it each list is read.';

-- The people of a state, longest first, and how many they are: without looking at everybody's row.
CREATE INDEX payee_in_state ON payees.payee (
    situation, ((settled_at AT TIME ZONE 'UTC')::date), person_id COLLATE "C"
);
CREATE INDEX move_into_state ON payees.move (target, person_id);
