-- Who is affected: the outcome of every determination. Leaked rows and accounts stay in the evidence
-- room; here are person ids, which mean nothing outside the case, codes of categories, and counts.
SET lock_timeout = '5s';

CREATE SCHEMA linkage;

CREATE TABLE linkage.run (
    run_no integer NOT NULL,
    input_digest text NOT NULL,
    settings jsonb NOT NULL,
    model jsonb NOT NULL DEFAULT '{}',
    result_digest text NOT NULL,
    counts jsonb NOT NULL,
    finished_at timestamptz NOT NULL,
    CONSTRAINT run_pkey PRIMARY KEY (run_no),
    CONSTRAINT run_number_positive CHECK (run_no > 0),
    CONSTRAINT run_input_digest_form CHECK (input_digest ~ '^[0-9a-f]{64}$'),
    CONSTRAINT run_result_digest_form CHECK (result_digest ~ '^[0-9a-f]{64}$')
);

COMMENT ON TABLE linkage.run IS
    'One finished determination: what it was made from, by which settings, and what came out.';
COMMENT ON COLUMN linkage.run.model IS
    'What was learnt from the data of the case: shares of levels of agreement. No values of anybody.';

CREATE TABLE linkage.person (
    run_no integer NOT NULL,
    person_id text NOT NULL,
    categories text NOT NULL,
    products text NOT NULL,
    leaked_rows integer NOT NULL,
    method text NOT NULL,
    probability double precision NOT NULL,
    tranche integer NOT NULL,
    CONSTRAINT person_pkey PRIMARY KEY (run_no, person_id),
    CONSTRAINT person_run_fkey FOREIGN KEY (run_no) REFERENCES linkage.run (run_no),
    CONSTRAINT person_id_form CHECK (person_id ~ '^[0-9a-z]{26}$'),
    CONSTRAINT person_has_rows CHECK (leaked_rows > 0),
    CONSTRAINT person_method_known CHECK (method IN ('exact', 'probabilistic', 'clerical')),
    CONSTRAINT person_probability_range CHECK (probability BETWEEN 0 AND 1),
    CONSTRAINT person_tranche_positive CHECK (tranche > 0)
);

COMMENT ON TABLE linkage.person IS 'The affected people of a run: an account, and a matched row.';

CREATE VIEW linkage.affected AS
SELECT
    person_id,
    categories,
    products,
    leaked_rows,
    method,
    probability,
    tranche
FROM linkage.person
WHERE run_no = (SELECT max(run_no) FROM linkage.run);

GRANT USAGE ON SCHEMA linkage TO amends_app;
GRANT SELECT, INSERT ON linkage.run TO amends_app;
GRANT SELECT, INSERT ON linkage.person TO amends_app;
GRANT SELECT ON linkage.affected TO amends_app;
