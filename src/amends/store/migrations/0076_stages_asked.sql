-- Stages that operators ask for at the console; a process of its own takes them, one after the other.
SET lock_timeout = '5s';

CREATE SCHEMA stages;

CREATE TABLE stages.asked (
    ask_no integer GENERATED ALWAYS AS IDENTITY,
    stage text NOT NULL,
    asked_by text NOT NULL,
    asked_at timestamptz NOT NULL DEFAULT now(),
    state text NOT NULL DEFAULT 'waiting',
    taken_at timestamptz,
    ended_at timestamptz,
    factor text,
    factor_nonce bytea,
    factor_evidence text NOT NULL DEFAULT '',
    doing jsonb,
    outcome jsonb,
    CONSTRAINT asked_pkey PRIMARY KEY (ask_no),
    CONSTRAINT asked_by_an_operator FOREIGN KEY (asked_by) REFERENCES governance.operator (name),
    CONSTRAINT asked_stage CHECK (
        stage IN ('intake', 'determine', 'award', 'publish', 'notify', 'pay', 'reconcile')
    ),
    CONSTRAINT asked_with_a_second_factor CHECK (
        factor IS NOT NULL OR stage IN ('intake', 'determine', 'reconcile')
    ),
    CONSTRAINT asked_state CHECK (
        state IN ('waiting', 'running', 'done', 'signatures', 'refused', 'broken', 'withdrawn')
    ),
    CONSTRAINT asked_taken CHECK (state IN ('waiting', 'withdrawn') OR taken_at IS NOT NULL),
    CONSTRAINT asked_ended CHECK ((state IN ('waiting', 'running')) = (ended_at IS NULL))
);

-- One at a time: whoever asks for a second one is refused.
CREATE UNIQUE INDEX asked_one_at_a_time ON stages.asked ((true)) WHERE ended_at IS NULL;

COMMENT ON TABLE stages.asked IS 'Who asked for which stage, how far it is, and how it ended. What has ended stays as it is.';
COMMENT ON COLUMN stages.asked.factor IS 'By what the operator showed who they are, for what pays, publishes or writes to people.';
COMMENT ON COLUMN stages.asked.doing IS 'The piece of work at present, in both languages, and how much of it is done.';
COMMENT ON COLUMN stages.asked.outcome IS 'Counts, notes or why not, in both languages; no value of a person.';

CREATE FUNCTION stages.ended_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'run % of a stage has ended', OLD.ask_no
        USING ERRCODE = 'check_violation', CONSTRAINT = TG_NAME, SCHEMA = 'stages';
END
$$;

CREATE TRIGGER asked_ended_stays BEFORE UPDATE ON stages.asked FOR EACH ROW
WHEN (OLD.ended_at IS NOT NULL)
EXECUTE FUNCTION stages.ended_stays();

GRANT USAGE ON SCHEMA stages TO amends_app;
GRANT SELECT, INSERT (stage, asked_by, factor, factor_nonce, factor_evidence) ON stages.asked TO amends_app;
GRANT UPDATE (state, taken_at, ended_at, doing, outcome) ON stages.asked TO amends_app;
