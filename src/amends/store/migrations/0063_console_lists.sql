-- What the console's lists need where millions of payments lie.
SET lock_timeout = '5s';

-- Answers and callbacks of one payment. Numbers are drawn evenly, and only equality is asked for.
CREATE INDEX answer_of_instruction ON payouts.answer USING hash (instruction_id);
CREATE INDEX callback_of_instruction ON payouts.callback USING hash (instruction_id);

-- Rows of payouts.instruction carry no index over their states, so that a change of state stays
-- cheap. The few that somebody has to look at are kept beside it.
CREATE TABLE payouts.attention (
    award_index integer NOT NULL,
    generation smallint NOT NULL,
    state text NOT NULL,
    CONSTRAINT attention_pkey PRIMARY KEY (award_index, generation),
    CONSTRAINT attention_state_known CHECK (
        state IN ('unknown', 'returned', 'refused', 'superseded')
    )
);

CREATE INDEX attention_by_state ON payouts.attention (state, award_index, generation);

INSERT INTO payouts.attention (award_index, generation, state)
SELECT award_index, generation, state FROM payouts.instruction
WHERE state IN ('unknown', 'returned', 'refused', 'superseded');

CREATE FUNCTION payouts.keep_attention() RETURNS trigger LANGUAGE plpgsql
SECURITY DEFINER SET search_path = pg_catalog AS $$
BEGIN
    IF NEW.state IN ('unknown', 'returned', 'refused', 'superseded') THEN
        INSERT INTO payouts.attention (award_index, generation, state)
        VALUES (NEW.award_index, NEW.generation, NEW.state)
        ON CONFLICT ON CONSTRAINT attention_pkey DO UPDATE SET state = EXCLUDED.state;
    ELSE
        DELETE FROM payouts.attention
        WHERE award_index = NEW.award_index AND generation = NEW.generation;
    END IF;
    RETURN NULL;
END
$$;

CREATE TRIGGER instruction_wants_attention AFTER UPDATE ON payouts.instruction FOR EACH ROW
WHEN (
    NEW.state <> OLD.state AND (
        NEW.state IN ('unknown', 'returned', 'refused', 'superseded')
        OR OLD.state IN ('unknown', 'returned', 'refused', 'superseded')
    )
)
EXECUTE FUNCTION payouts.keep_attention();

CREATE TRIGGER instruction_begins_wanting_it AFTER INSERT ON payouts.instruction FOR EACH ROW
WHEN (NEW.state IN ('unknown', 'returned', 'refused', 'superseded'))
EXECUTE FUNCTION payouts.keep_attention();

GRANT SELECT ON payouts.attention TO amends_app;

CREATE INDEX exception_by_time ON payouts.exception (found_at, exception_id);
