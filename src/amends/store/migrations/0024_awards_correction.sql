-- Awards that two people corrected, who was told of it, and what is owed after it. Append-only.
SET lock_timeout = '5s';

CREATE TABLE awards.correction_decision (
    decision_no integer NOT NULL,
    proposal_sha256 text NOT NULL,
    corrections integer NOT NULL,
    change_minor bigint NOT NULL,
    currency text NOT NULL,
    decided_at timestamptz NOT NULL,
    CONSTRAINT correction_decision_pkey PRIMARY KEY (decision_no),
    CONSTRAINT correction_decision_once UNIQUE (proposal_sha256),
    CONSTRAINT correction_decision_not_empty CHECK (decision_no > 0 AND corrections > 0),
    CONSTRAINT correction_decision_digest_form CHECK (proposal_sha256 ~ '^[0-9a-f]{64}$'),
    CONSTRAINT correction_decision_currency_form CHECK (currency ~ '^[A-Z]{3}$')
);

COMMENT ON COLUMN awards.correction_decision.proposal_sha256 IS
    'What the approvals of two people were given to: it covers the exact list.';

CREATE TABLE awards.correction (
    correction_no integer NOT NULL,
    decision_no integer NOT NULL,
    award_index integer NOT NULL,
    step integer NOT NULL,
    class_before smallint NOT NULL,
    amount_before_minor bigint NOT NULL,
    class smallint NOT NULL,
    amount_minor bigint NOT NULL,
    currency text NOT NULL,
    reason text NOT NULL,
    because bytea NOT NULL,
    corrected_at timestamptz NOT NULL,
    CONSTRAINT correction_pkey PRIMARY KEY (correction_no),
    CONSTRAINT correction_once_per_step UNIQUE (award_index, step),
    CONSTRAINT correction_award_known FOREIGN KEY (award_index)
        REFERENCES awards.award (award_index),
    CONSTRAINT correction_decision_known FOREIGN KEY (decision_no)
        REFERENCES awards.correction_decision (decision_no),
    CONSTRAINT correction_number_positive CHECK (correction_no > 0 AND step > 0),
    CONSTRAINT correction_class_range CHECK (
        class BETWEEN 0 AND 31 AND class_before BETWEEN 0 AND 31 AND class <> class_before
    ),
    CONSTRAINT correction_annulled_is_nothing CHECK (
        amount_minor >= 0 AND (class = 31) = (amount_minor = 0)
        AND amount_before_minor >= 0 AND (class_before = 31) = (amount_before_minor = 0)
    ),
    CONSTRAINT correction_reason_known CHECK (
        reason IN (
            'amount_wrong', 'two_were_one', 'one_was_two', 'tariff_error', 'court_decision',
            'agreed', 'not_affected'
        )
    ),
    CONSTRAINT correction_currency_form CHECK (currency ~ '^[A-Z]{3}$')
);

COMMENT ON COLUMN awards.correction.step IS
    'The how-manieth correction of this award: two at the same time cannot both be the next one.';
COMMENT ON COLUMN awards.correction.because IS 'Why, in words of people: sealed by the vault.';

CREATE TABLE awards.correction_told (
    correction_no integer NOT NULL,
    channel text NOT NULL,
    told_at timestamptz NOT NULL,
    told_by text NOT NULL,
    CONSTRAINT correction_told_pkey PRIMARY KEY (correction_no, channel),
    CONSTRAINT correction_told_known FOREIGN KEY (correction_no)
        REFERENCES awards.correction (correction_no),
    CONSTRAINT correction_told_channel_known CHECK (
        channel IN ('letter', 'sms', 'app', 'email', 'phone', 'in_person')
    )
);

CREATE VIEW awards.corrected AS
SELECT DISTINCT ON (correction.award_index)
    correction.award_index,
    correction.correction_no,
    correction.class,
    correction.amount_minor,
    correction.reason
FROM awards.correction AS correction
ORDER BY correction.award_index ASC, correction.step DESC;

COMMENT ON VIEW awards.corrected IS 'What the newest correction of each corrected award says.';

CREATE VIEW awards.as_awarded AS
SELECT
    award_index,
    person_id,
    class,
    amount_minor,
    currency,
    tranche
FROM awards.award;

COMMENT ON VIEW awards.as_awarded IS 'Every award as it was made, whatever was corrected since.';

CREATE OR REPLACE VIEW awards.owed AS
SELECT
    award.award_index,
    award.person_id,
    COALESCE(corrected.class, award.class) AS class,
    COALESCE(corrected.amount_minor, award.amount_minor) AS amount_minor,
    award.currency,
    award.tranche
FROM awards.award AS award
LEFT JOIN awards.corrected AS corrected ON corrected.award_index = award.award_index
WHERE corrected.award_index IS NULL OR corrected.amount_minor > 0;

COMMENT ON VIEW awards.owed IS 'What is owed now; an annulled award is not in it.';

-- What of an award is planned, under way, paid or back: it cannot be less than this.
CREATE VIEW payouts.held AS
SELECT
    instruction.award_index,
    instruction.amount_minor,
    instruction.state
FROM payouts.instruction AS instruction
WHERE instruction.live AND instruction.state <> 'refused';

-- The last word on a correction, whatever the program checked: it waits for whoever plans payments.
CREATE FUNCTION payouts.refuse_correction() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(1886151022); -- the plan lock, docs/locking.md
    IF EXISTS (
        SELECT FROM payouts.held
        WHERE held.award_index = NEW.award_index AND held.amount_minor > NEW.amount_minor
    ) THEN
        RAISE EXCEPTION 'award % has a payment of more than its corrected amount', NEW.award_index
            USING ERRCODE = 'check_violation', CONSTRAINT = TG_NAME, SCHEMA = 'payouts';
    END IF;
    RETURN NEW;
END
$$;

CREATE TRIGGER correction_keeps_what_was_sent BEFORE INSERT ON awards.correction
FOR EACH ROW EXECUTE FUNCTION payouts.refuse_correction();

-- CORRECTION entries of the log: which correction each of them says.
ALTER TABLE roster.entry
    DROP CONSTRAINT entry_length_of_its_type,
    ADD CONSTRAINT entry_length_of_its_type CHECK (
        length(body) = CASE get_byte(body, 0)
            WHEN 0 THEN 33 WHEN 1 THEN 46 WHEN 2 THEN 45 WHEN 3 THEN 50 WHEN 4 THEN 165 WHEN 5 THEN 47
        END
    );

CREATE TABLE roster.correction (
    correction_no integer NOT NULL,
    award_index integer NOT NULL,
    entry_index bigint NOT NULL,
    CONSTRAINT correction_pkey PRIMARY KEY (correction_no),
    CONSTRAINT correction_entry_once UNIQUE (entry_index),
    CONSTRAINT correction_entry_exists FOREIGN KEY (entry_index)
        REFERENCES roster.entry (entry_index)
);

GRANT SELECT, INSERT ON awards.correction_decision TO amends_app;
GRANT SELECT, INSERT ON awards.correction TO amends_app;
GRANT SELECT, INSERT ON awards.correction_told TO amends_app;
GRANT SELECT ON awards.corrected, awards.as_awarded, payouts.held TO amends_app;
GRANT SELECT, INSERT ON roster.correction TO amends_app;
