-- Where the money of millions goes, some people to a page, sealed together. A row of payees.payee says
-- what is not said by standing in a page: an adult who is paid in person has no row.
SET lock_timeout = '5s';

CREATE TABLE payees.page (
    first_id text COLLATE "C" NOT NULL,
    members text [] NOT NULL,
    sealed bytea NOT NULL,
    mark bytea NOT NULL,
    settled_at timestamptz NOT NULL,
    CONSTRAINT page_pkey PRIMARY KEY (first_id),
    CONSTRAINT page_is_small CHECK (cardinality(members) <= 100),
    CONSTRAINT page_begins CHECK (first_id <= members[1])
);

ALTER TABLE payees.page
    ALTER COLUMN members SET STORAGE EXTERNAL,
    ALTER COLUMN sealed SET STORAGE EXTERNAL;

COMMENT ON TABLE payees.page IS
    'Payable people by id: those from first_id up to the next page. It opens for these people only.';
COMMENT ON COLUMN payees.page.sealed IS
    'account, account_kind and name of each of the members, encrypted with the key of the case.';
COMMENT ON COLUMN payees.page.mark IS
    'A keyed hash of members and details: tells whether anything changed, and nothing else.';

ALTER TABLE payees.payee
    DROP CONSTRAINT payee_details_or_reason,
    ADD CONSTRAINT payee_details_or_reason CHECK (
        CASE state
            WHEN 'payable' THEN
                reason IS NULL AND kind IS NOT NULL
                AND (sealed IS NULL) = (details_mark IS NULL)
            ELSE
                reason IS NOT NULL AND kind IS NULL
                AND sealed IS NULL AND details_mark IS NULL
        END
    );

COMMENT ON COLUMN payees.payee.sealed IS
    'account, account_kind and name, encrypted with the key of the case for this person''s row. '
    'NULL of somebody payable: they stand in a page.';

CREATE VIEW payees.ordinary AS
SELECT
    member.person_id,
    page.settled_at
FROM payees.page AS page
CROSS JOIN LATERAL unnest(page.members) AS member (person_id)
WHERE NOT EXISTS (SELECT FROM payees.payee AS payee WHERE payee.person_id = member.person_id);

COMMENT ON VIEW payees.ordinary IS 'Adults who are paid in person, into an account of their own.';

CREATE OR REPLACE VIEW payees.standing AS
SELECT
    person_id,
    state,
    reason,
    kind
FROM payees.payee
UNION ALL
SELECT
    person_id,
    'payable' AS state,
    NULL AS reason,
    'self' AS kind
FROM payees.ordinary;

-- The page that somebody stands in, if any: by the key, however many pages there are.
CREATE FUNCTION payees.page_of(wanted text) RETURNS SETOF payees.page
LANGUAGE sql STABLE ROWS 1 AS $$
    SELECT page.*
    FROM (
        SELECT nearest.*
        FROM payees.page AS nearest
        WHERE nearest.first_id <= wanted COLLATE "C"
        ORDER BY nearest.first_id DESC
        LIMIT 1
    ) AS page
    WHERE wanted = ANY(page.members)
$$;

-- What the views say, of one person: a condition on a view would be asked of everybody in pages.
CREATE FUNCTION payees.standing_of(wanted text)
RETURNS TABLE (person_id text, state text, reason text, kind text)
LANGUAGE sql STABLE ROWS 1 AS $$
    SELECT payee.person_id, payee.state, payee.reason, payee.kind
    FROM payees.payee AS payee
    WHERE payee.person_id = wanted
    UNION ALL
    SELECT wanted, 'payable', NULL, 'self'
    FROM payees.page_of(wanted)
    WHERE NOT EXISTS (SELECT FROM payees.payee AS payee WHERE payee.person_id = wanted)
$$;

ALTER VIEW payees.present RENAME TO present_by_row;

COMMENT ON VIEW payees.present_by_row IS 'The state that everybody with a row is in.';

CREATE VIEW payees.present AS
SELECT
    person_id,
    state,
    reason,
    kind,
    situation,
    since,
    move_no
FROM payees.present_by_row
UNION ALL
SELECT
    person_id,
    'payable' AS state,
    NULL AS reason,
    'self' AS kind,
    'adult' AS situation,
    (settled_at AT TIME ZONE 'UTC')::date AS since,
    NULL AS move_no
FROM payees.ordinary;

COMMENT ON VIEW payees.present IS 'The state that everybody is in now, and since when.';

GRANT SELECT, INSERT ON payees.page TO amends_app;
GRANT UPDATE (members, sealed, mark, settled_at) ON payees.page TO amends_app;
GRANT SELECT ON payees.ordinary, payees.present TO amends_app;
