-- Who is paid for an affected person, or why nobody can be paid yet. No value of a person in clear.
SET lock_timeout = '5s';

CREATE SCHEMA payees;

CREATE TABLE payees.payee (
    person_id text NOT NULL,
    state text NOT NULL,
    reason text,
    kind text,
    sealed bytea,
    details_mark bytea,
    settled_at timestamptz NOT NULL,
    CONSTRAINT payee_pkey PRIMARY KEY (person_id),
    CONSTRAINT payee_state_known CHECK (state IN ('payable', 'needs_person')),
    CONSTRAINT payee_kind_known CHECK (kind IN ('self', 'guardian')),
    CONSTRAINT payee_reason_known CHECK (
        reason IN (
            'deceased',
            'minor_without_guardian_account',
            'no_account',
            'no_name',
            'many_on_one_account'
        )
    ),
    CONSTRAINT payee_details_or_reason CHECK (
        CASE state
            WHEN 'payable' THEN
                reason IS NULL AND kind IS NOT NULL
                AND sealed IS NOT NULL AND details_mark IS NOT NULL
            ELSE
                reason IS NOT NULL AND kind IS NULL
                AND sealed IS NULL AND details_mark IS NULL
        END
    )
);

COMMENT ON COLUMN payees.payee.sealed IS
    'account, account_kind and name, encrypted with the key of the case for this person''s row.';
COMMENT ON COLUMN payees.payee.details_mark IS
    'A keyed hash of person and details: tells whether the details changed, and nothing else.';

CREATE VIEW payees.standing AS
SELECT
    person_id,
    state,
    reason,
    kind
FROM payees.payee;

GRANT USAGE ON SCHEMA payees TO amends_app;
GRANT SELECT, INSERT ON payees.payee TO amends_app;
GRANT UPDATE (state, reason, kind, sealed, details_mark, settled_at) ON payees.payee TO amends_app;
GRANT SELECT ON payees.standing TO amends_app;
