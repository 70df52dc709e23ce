-- From which folder a rail hands files over, and how far that folder's memory has to reach.
SET lock_timeout = '5s';

CREATE TABLE payouts.drop_mark (
    rail text NOT NULL,
    mark_no integer NOT NULL,
    mark bytea NOT NULL,
    occurred_at timestamptz NOT NULL,
    CONSTRAINT drop_mark_pkey PRIMARY KEY (rail, mark_no),
    CONSTRAINT drop_mark_once UNIQUE (mark),
    CONSTRAINT drop_mark_number_not_negative CHECK (mark_no >= 0),
    CONSTRAINT drop_mark_sized CHECK (length(mark) = 16)
);

COMMENT ON TABLE payouts.drop_mark IS
    'Random signs, each of which stands in the memory of a rail''s folder too: 0 of the folder itself, one more before files leave it.';

CREATE FUNCTION payouts.refuse_drop_mark() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.mark_no > 0 AND NOT EXISTS (
        SELECT FROM payouts.drop_mark
        WHERE drop_mark.rail = NEW.rail AND drop_mark.mark_no = NEW.mark_no - 1
    ) THEN
        RAISE EXCEPTION 'mark % of % follows none', NEW.mark_no, NEW.rail
            USING ERRCODE = 'check_violation', CONSTRAINT = TG_NAME, SCHEMA = 'payouts';
    END IF;
    RETURN NULL;
END
$$;

CREATE TRIGGER drop_mark_follows AFTER INSERT ON payouts.drop_mark FOR EACH ROW
EXECUTE FUNCTION payouts.refuse_drop_mark();

GRANT SELECT, INSERT ON payouts.drop_mark TO amends_app;

SELECT store.let_stay('payouts', 'drop_mark');
