-- What the store itself keeps: whose database this is, and the simulated time of the case.

GRANT USAGE ON SCHEMA store TO amends_app;

-- One database is one case. The row is written once, by the first command that opens it.
CREATE TABLE store.case_identity (
    only_row boolean NOT NULL DEFAULT true
        CONSTRAINT case_identity_key PRIMARY KEY
        CONSTRAINT case_identity_has_one_row CHECK (only_row),
    case_id text NOT NULL CONSTRAINT case_identity_is_named CHECK (case_id <> ''),
    recorded_at timestamptz NOT NULL DEFAULT now()
);
GRANT SELECT, INSERT ON store.case_identity TO amends_app;

-- The time of a case with a simulated clock; cases on the real clock have no row.
CREATE TABLE store.clock (
    only_row boolean NOT NULL DEFAULT true
        CONSTRAINT clock_key PRIMARY KEY
        CONSTRAINT clock_has_one_row CHECK (only_row),
    simulated_now timestamptz NOT NULL
);
GRANT SELECT, INSERT, UPDATE (simulated_now) ON store.clock TO amends_app;
GRANT SELECT ON store.migration TO amends_app;
