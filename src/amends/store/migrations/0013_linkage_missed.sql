-- People who say that they were missed, and the rows that fit what they show: asked like any other
-- question of clerical review. History: rows are added and read. No value of a person in clear.
SET lock_timeout = '5s';

CREATE TABLE linkage.missed (
    item_id text NOT NULL,
    run_no integer NOT NULL,
    taken_by text NOT NULL,
    sealed bytea NOT NULL,
    occurred_at timestamptz NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT missed_pkey PRIMARY KEY (item_id),
    CONSTRAINT missed_id_form CHECK (item_id ~ '^[0-9a-z]{26}$'),
    CONSTRAINT missed_in_a_run FOREIGN KEY (run_no) REFERENCES linkage.run (run_no)
);

COMMENT ON COLUMN linkage.missed.sealed IS
    'What the person has shown, encrypted with the key of the case for this item.';

CREATE TABLE linkage.missed_question (
    item_id text NOT NULL,
    place integer NOT NULL,
    question_id text NOT NULL,
    CONSTRAINT missed_question_pkey PRIMARY KEY (item_id, place),
    CONSTRAINT missed_question_once UNIQUE (item_id, question_id),
    CONSTRAINT missed_question_of_somebody FOREIGN KEY (item_id)
        REFERENCES linkage.missed (item_id),
    CONSTRAINT missed_question_is_one FOREIGN KEY (question_id)
        REFERENCES linkage.question (question_id)
);

GRANT SELECT, INSERT ON linkage.missed, linkage.missed_question TO amends_app;
