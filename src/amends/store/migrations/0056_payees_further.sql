-- Further accounts of people, in order: where the next payment goes when one has failed for good.
-- History: rows are added and read, never changed. At rest account and name exist only sealed.
SET lock_timeout = '5s';

CREATE TABLE payees.further (
    further_no bigint GENERATED ALWAYS AS IDENTITY,
    person_id text NOT NULL,
    change text NOT NULL,
    place smallint NOT NULL,
    account_kind text NOT NULL,
    mark bytea NOT NULL,
    sealed bytea NOT NULL,
    entered_by text,
    signature bytea,
    occurred_at timestamptz NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT further_pkey PRIMARY KEY (further_no),
    CONSTRAINT further_change_known CHECK (change IN ('named', 'withdrawn')),
    CONSTRAINT further_place_from_one CHECK (place BETWEEN 1 AND 99),
    CONSTRAINT further_kind_named CHECK (account_kind ~ '^[a-z]+$'),
    CONSTRAINT further_mark_sized CHECK (length(mark) = 16),
    CONSTRAINT further_by_an_operator_is_signed CHECK (
        (entered_by IS NULL) = (signature IS NULL) AND octet_length(signature) = 64
    )
);

COMMENT ON TABLE payees.further IS
    'Accounts of a person after the one in force: named by a file or an operator, or withdrawn.';
COMMENT ON COLUMN payees.further.mark IS
    'A keyed hash of person and details: tells whether it is the same account, and nothing else.';

CREATE INDEX further_of_person ON payees.further (person_id, mark, further_no);

CREATE TABLE payees.turn (
    person_id text NOT NULL,
    after_number text NOT NULL,
    left_mark bytea NOT NULL,
    mark bytea NOT NULL,
    occurred_at timestamptz NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT turn_pkey PRIMARY KEY (person_id, mark),
    CONSTRAINT turn_once_after_a_payment UNIQUE (person_id, after_number),
    CONSTRAINT turn_marks_sized CHECK (length(mark) = 16 AND length(left_mark) = 16),
    CONSTRAINT turn_goes_somewhere CHECK (mark <> left_mark)
);

COMMENT ON TABLE payees.turn IS
    'Which further account came in force, after which payment had failed for good: each once.';

CREATE VIEW payees.further_named AS
SELECT newest.*
FROM (
    SELECT DISTINCT ON (further.person_id, further.mark)
        further.person_id,
        further.mark,
        further.change,
        further.place,
        further.account_kind,
        further.sealed,
        further.entered_by,
        further.further_no
    FROM payees.further AS further
    ORDER BY further.person_id, further.mark, further.further_no DESC
) AS newest
WHERE newest.change = 'named';

CREATE VIEW payees.untried AS
SELECT named.*
FROM payees.further_named AS named
WHERE
    NOT EXISTS (
        SELECT FROM payees.turn AS turn
        WHERE turn.person_id = named.person_id AND named.mark IN (turn.mark, turn.left_mark)
    )
    AND NOT EXISTS (
        SELECT FROM payees.payee AS payee
        WHERE payee.person_id = named.person_id AND payee.details_mark = named.mark
    );

COMMENT ON VIEW payees.untried IS 'Further accounts that no payment has gone to yet.';

GRANT SELECT, INSERT ON payees.further, payees.turn TO amends_app;
GRANT SELECT ON payees.further_named, payees.untried TO amends_app;
