-- Claims of loss, time and costs: what was taken in, what two people decided, and what was awarded
-- of it. Append-only; no claim counts twice.
SET lock_timeout = '5s';

-- What is owed on top of the tariff, and by which award it is owed once it was awarded.
CREATE TABLE awards.granted (
    grant_no integer NOT NULL,
    person_id text NOT NULL,
    amount_minor bigint NOT NULL,
    currency text NOT NULL,
    granted_at timestamptz NOT NULL,
    CONSTRAINT granted_pkey PRIMARY KEY (grant_no),
    CONSTRAINT granted_positive CHECK (grant_no > 0 AND amount_minor > 0),
    CONSTRAINT granted_currency_form CHECK (currency ~ '^[A-Z]{3}$')
);

COMMENT ON COLUMN awards.granted.grant_no IS 'The number of the claim.';

CREATE TABLE awards.granted_award (
    grant_no integer NOT NULL,
    award_index integer NOT NULL,
    correction_no integer,
    CONSTRAINT granted_award_pkey PRIMARY KEY (grant_no),
    CONSTRAINT granted_award_granted FOREIGN KEY (grant_no) REFERENCES awards.granted (grant_no),
    CONSTRAINT granted_award_known FOREIGN KEY (award_index)
        REFERENCES awards.award (award_index),
    CONSTRAINT granted_award_correction_known FOREIGN KEY (correction_no)
        REFERENCES awards.correction (correction_no)
);

COMMENT ON TABLE awards.granted_award IS
    'The award that holds a grant: once. correction_no: NULL where it held it from the beginning.';

CREATE VIEW awards.grant_standing AS
SELECT
    granted.grant_no,
    COALESCE(former.person_id, granted.person_id) AS person_id,
    granted.amount_minor,
    granted.currency,
    held.award_index,
    held.correction_no
FROM awards.granted AS granted
LEFT JOIN awards.granted_award AS held ON granted.grant_no = held.grant_no
LEFT JOIN linkage.former AS former
    ON
        granted.person_id = former.earlier_id
        AND NOT EXISTS (
            SELECT FROM linkage.merged AS merged WHERE merged.earlier_id = former.person_id
        );

COMMENT ON VIEW awards.grant_standing IS
    'Each grant, whose it is by now, and the award that holds it; NULL while none does.';

CREATE VIEW awards.award_granted AS
SELECT
    held.award_index,
    SUM(granted.amount_minor)::bigint AS amount_minor
FROM awards.granted_award AS held
INNER JOIN awards.granted AS granted ON held.grant_no = granted.grant_no
GROUP BY held.award_index;

COMMENT ON VIEW awards.award_granted IS 'What of each award was granted on top of the tariff.';

-- An amount that no class stands for is its award's own: class 30. Awards and corrections hold it.
ALTER TABLE awards.tariff_class
    DROP CONSTRAINT tariff_class_range,
    ADD CONSTRAINT tariff_class_range CHECK (class BETWEEN 0 AND 29) NOT VALID;

-- Groups are written with the classes that they have, in one transaction.
ALTER TABLE awards.person_group
    DROP CONSTRAINT person_group_class_fkey,
    ADD CONSTRAINT person_group_class_range CHECK (class BETWEEN 0 AND 30);

ALTER TABLE awards.correction
    DROP CONSTRAINT correction_class_range,
    ADD CONSTRAINT correction_class_range CHECK (
        class BETWEEN 0 AND 31 AND class_before BETWEEN 0 AND 31
        AND (class <> class_before OR (class = 30 AND amount_minor <> amount_before_minor))
    );

CREATE SCHEMA claims;

CREATE TABLE claims.intake (
    intake_no integer NOT NULL,
    file text NOT NULL,
    file_sha256 text NOT NULL,
    row_count integer NOT NULL,
    taken_at timestamptz NOT NULL,
    CONSTRAINT intake_pkey PRIMARY KEY (intake_no),
    CONSTRAINT intake_digest_form CHECK (file_sha256 ~ '^[0-9a-f]{64}$'),
    CONSTRAINT intake_number_positive CHECK (intake_no > 0 AND row_count >= 0)
);

CREATE TABLE claims.quarantined (
    intake_no integer NOT NULL,
    row_no integer NOT NULL,
    reason text NOT NULL,
    CONSTRAINT quarantined_pkey PRIMARY KEY (intake_no, row_no),
    CONSTRAINT quarantined_intake_known FOREIGN KEY (intake_no)
        REFERENCES claims.intake (intake_no)
);

COMMENT ON TABLE claims.quarantined IS
    'Rows that could not be taken for a claim: where they stand and why, no value of them.';

CREATE TABLE claims.claim (
    claim_no integer NOT NULL,
    intake_no integer NOT NULL,
    row_no integer NOT NULL,
    person_id text NOT NULL,
    kind text NOT NULL,
    claimed_minor bigint,
    minutes integer,
    currency text NOT NULL,
    occurred_on date NOT NULL,
    accepted boolean NOT NULL,
    evidence_sha256 text,
    taken_at timestamptz NOT NULL,
    CONSTRAINT claim_pkey PRIMARY KEY (claim_no),
    CONSTRAINT claim_intake_known FOREIGN KEY (intake_no) REFERENCES claims.intake (intake_no),
    CONSTRAINT claim_kind_known CHECK (kind IN ('loss', 'time', 'costs')),
    CONSTRAINT claim_of_money_or_time CHECK (
        CASE kind
            WHEN 'time' THEN minutes > 0 AND claimed_minor IS NULL
            ELSE claimed_minor > 0 AND minutes IS NULL
        END
    ),
    CONSTRAINT claim_evidence_form CHECK (evidence_sha256 ~ '^[0-9a-f]{64}$'),
    CONSTRAINT claim_currency_form CHECK (currency ~ '^[A-Z]{3}$')
);

CREATE UNIQUE INDEX claim_evidence_once ON claims.claim (evidence_sha256)
WHERE evidence_sha256 IS NOT NULL;
CREATE UNIQUE INDEX claim_day_once ON claims.claim (person_id, kind, occurred_on)
WHERE evidence_sha256 IS NULL;

COMMENT ON COLUMN claims.claim.accepted IS
    'What came of looking at the evidence. Its image was destroyed; its digest is kept.';

CREATE TABLE claims.decision (
    claim_no integer NOT NULL,
    granted_minor bigint NOT NULL,
    because bytea NOT NULL,
    tariff_sha256 text NOT NULL,
    proposal_sha256 text,
    decided_by text NOT NULL,
    decided_at timestamptz NOT NULL,
    CONSTRAINT decision_pkey PRIMARY KEY (claim_no),
    CONSTRAINT decision_claim_known FOREIGN KEY (claim_no) REFERENCES claims.claim (claim_no),
    CONSTRAINT decision_not_negative CHECK (granted_minor >= 0),
    CONSTRAINT decision_refused_by_two CHECK (granted_minor > 0 OR proposal_sha256 IS NOT NULL),
    CONSTRAINT decision_digest_form CHECK (
        tariff_sha256 ~ '^[0-9a-f]{64}$' AND proposal_sha256 ~ '^[0-9a-f]{64}$'
    )
);

COMMENT ON COLUMN claims.decision.because IS 'Why, in words of people: sealed by the vault.';
COMMENT ON COLUMN claims.decision.proposal_sha256 IS
    'What two people approved; NULL where the tariff lets one person grant so little.';

CREATE VIEW claims.standing AS
SELECT
    claim.claim_no,
    COALESCE(former.person_id, claim.person_id) AS person_id,
    claim.kind,
    claim.claimed_minor,
    claim.minutes,
    claim.currency,
    claim.occurred_on,
    claim.accepted,
    intake.file,
    claim.row_no,
    decision.granted_minor,
    grants.award_index,
    grants.correction_no
FROM claims.claim AS claim
INNER JOIN claims.intake AS intake ON claim.intake_no = intake.intake_no
LEFT JOIN claims.decision AS decision ON claim.claim_no = decision.claim_no
LEFT JOIN awards.grant_standing AS grants ON claim.claim_no = grants.grant_no
LEFT JOIN linkage.former AS former
    ON
        claim.person_id = former.earlier_id
        AND NOT EXISTS (
            SELECT FROM linkage.merged AS merged WHERE merged.earlier_id = former.person_id
        );

COMMENT ON VIEW claims.standing IS
    'Each claim, whose it is by now, what was decided (NULL: not yet) and which award holds it.';

GRANT SELECT, INSERT ON awards.granted, awards.granted_award TO amends_app;
GRANT SELECT ON awards.grant_standing, awards.award_granted TO amends_app;
GRANT USAGE ON SCHEMA claims TO amends_app;
GRANT SELECT, INSERT ON
claims.intake, claims.quarantined, claims.claim, claims.decision
TO amends_app;
GRANT SELECT ON claims.standing TO amends_app;
