-- A plan is approved under its own proposal alone: exactly what it is, signed by as many as that
-- proposal needs. What all payments of the case come to with it is part of what is signed, so that a
-- sum that is planned in several plans needs the same signatures as in one. A chunk begins planned.
SET lock_timeout = '5s';

ALTER TABLE payouts.plan
    ADD COLUMN case_total_minor bigint,
    ADD COLUMN proposal_sha256 text,
    ADD CONSTRAINT plan_proposal_form CHECK (proposal_sha256 ~ '^[0-9a-f]{64}$'),
    ADD CONSTRAINT plan_proposal_once_approved CHECK (
        proposal_sha256 IS NULL OR approved_at IS NOT NULL
    );

COMMENT ON COLUMN payouts.plan.case_total_minor IS
    'What the payments of the case come to with this plan, but for those that ended unpaid; NULL: '
    'planned before this was written down.';
COMMENT ON COLUMN payouts.plan.proposal_sha256 IS
    'Under which proposal it was approved; NULL: not yet, or before this was written down.';

GRANT UPDATE (proposal_sha256) ON payouts.plan TO amends_app;

SELECT store.let_stay('payouts', 'plan');

-- Whose signatures under a proposal count. That they hold is checked by the program.
CREATE FUNCTION governance.signers(wanted_digest text) RETURNS text []
LANGUAGE sql STABLE AS $$
    SELECT COALESCE(array_agg(approval.operator), '{}')
    FROM governance.approval AS approval
    INNER JOIN governance.proposal AS proposal ON proposal.digest = approval.digest
    WHERE
        approval.digest = wanted_digest
        AND approval.operator <> proposal.proposed_by
        AND NOT EXISTS (
            SELECT FROM governance.barred
            WHERE barred.digest = approval.digest AND barred.operator = approval.operator
        )
$$;

CREATE FUNCTION payouts.note_case_total() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    SELECT NEW.total_minor + COALESCE(sum(payment.amount_minor), 0) INTO NEW.case_total_minor
    FROM payouts.payment AS payment
    WHERE
        payment.live AND payment.state NOT IN ('refused', 'returned')
        AND payment.chunk_no NOT IN (
            SELECT chunk.chunk_no FROM payouts.chunk WHERE chunk.plan_no = NEW.plan_no
        );
    RETURN NEW;
END
$$;

CREATE TRIGGER plan_notes_case_total BEFORE INSERT ON payouts.plan FOR EACH ROW
EXECUTE FUNCTION payouts.note_case_total();

CREATE FUNCTION payouts.refuse_unsigned_plan() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    body jsonb := governance.signed_body(NEW.proposal_sha256, 'pay')::jsonb;
    who text [] := governance.signers(NEW.proposal_sha256);
BEGIN
    IF
        body - ARRAY['signers', 'one_of'] IS DISTINCT FROM jsonb_strip_nulls(
            jsonb_build_object(
                'plan', NEW.plan_no,
                'rail', NEW.rail,
                'count', NEW.instructions,
                'total_minor', NEW.total_minor,
                'case_total_minor', NEW.case_total_minor,
                'currency', NEW.currency,
                'numbers_sha256', NEW.numbers_sha256,
                'sources_sha256', NEW.sources_sha256,
                'again', CASE WHEN NEW.again THEN 1 END,
                'on_top', CASE WHEN NEW.on_top THEN 1 END,
                'moved', CASE WHEN NEW.moved THEN 1 END
            )
        )
        OR cardinality(who) < COALESCE((body ->> 'signers')::integer, 2)
        OR (
            body ? 'one_of'
            AND NOT who && ARRAY(SELECT jsonb_array_elements_text(body -> 'one_of'))
        )
    THEN
        RAISE EXCEPTION 'not enough people have signed plan % as it is', NEW.plan_no
            USING ERRCODE = 'check_violation', CONSTRAINT = TG_NAME, SCHEMA = 'payouts';
    END IF;
    RETURN NULL;
END
$$;

-- Its name puts it behind plan_is_its_instructions.
CREATE TRIGGER plan_signed_as_it_is AFTER UPDATE ON payouts.plan FOR EACH ROW
WHEN (OLD.approved_at IS NULL AND NEW.approved_at IS NOT NULL)
EXECUTE FUNCTION payouts.refuse_unsigned_plan();

DROP TRIGGER plan_is_approved_once ON payouts.plan;
CREATE TRIGGER plan_is_approved_once BEFORE UPDATE ON payouts.plan FOR EACH ROW
WHEN (
    OLD.approved_at IS NOT NULL
    AND (
        NEW.approved_at IS DISTINCT FROM OLD.approved_at
        OR NEW.proposal_sha256 IS DISTINCT FROM OLD.proposal_sha256
    )
)
EXECUTE FUNCTION payouts.refuse_approved_again();

-- A chunk that came approved, or as one that was being sent, would go out without its plan.
CREATE FUNCTION payouts.refuse_begun_chunk() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'chunk % begins as planned', NEW.chunk_no
        USING ERRCODE = 'check_violation', CONSTRAINT = TG_NAME, SCHEMA = 'payouts';
END
$$;

CREATE TRIGGER chunk_begins_planned AFTER INSERT ON payouts.chunk FOR EACH ROW
WHEN (NEW.state <> 'planned')
EXECUTE FUNCTION payouts.refuse_begun_chunk();

-- What somebody says no to is signed no more; of a plan that nobody has approved the payments end
-- unsent, and are planned anew.
CREATE TABLE governance.rejected (
    digest text NOT NULL
        CONSTRAINT rejected_once PRIMARY KEY
        CONSTRAINT rejected_is_a_proposal REFERENCES governance.proposal (digest),
    rejected_by text NOT NULL CONSTRAINT rejected_by_somebody CHECK (rejected_by <> ''),
    occurred_at timestamptz NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT now()
);

COMMENT ON TABLE governance.rejected IS
    'Proposals that nobody signs any more. Why stands in the log of decisions.';

GRANT SELECT, INSERT ON governance.rejected TO amends_app;

CREATE FUNCTION governance.refuse_rejected() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM governance.rejected WHERE rejected.digest = NEW.digest) THEN
        RAISE EXCEPTION 'this proposal was rejected'
            USING ERRCODE = 'check_violation', CONSTRAINT = TG_NAME, SCHEMA = 'governance';
    END IF;
    RETURN NULL;
END
$$;

CREATE TRIGGER approval_not_of_a_rejected AFTER INSERT ON governance.approval FOR EACH ROW
EXECUTE FUNCTION governance.refuse_rejected();

ALTER TABLE payouts.plan
    ADD COLUMN rejected_at timestamptz,
    ADD CONSTRAINT plan_approved_or_rejected CHECK (approved_at IS NULL OR rejected_at IS NULL);

COMMENT ON COLUMN payouts.plan.rejected_at IS
    'When somebody said no to it; its payments ended unsent (plan_rejected).';

GRANT UPDATE (rejected_at) ON payouts.plan TO amends_app;

SELECT store.let_stay('payouts', 'plan');

CREATE FUNCTION payouts.refuse_rejecting() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.rejected_at IS NULL AND NOT EXISTS (
        SELECT FROM payouts.chunk AS chunk
        INNER JOIN payouts.payment AS payment ON payment.chunk_no = chunk.chunk_no
        WHERE chunk.plan_no = NEW.plan_no AND payment.state = 'planned'
    ) THEN
        RETURN NULL;
    END IF;
    RAISE EXCEPTION 'plan % is rejected once, with all that it pays', OLD.plan_no
        USING ERRCODE = 'check_violation', CONSTRAINT = TG_NAME, SCHEMA = 'payouts';
END
$$;

-- Put off to the end of the transaction, in which its payments end.
CREATE CONSTRAINT TRIGGER plan_rejected_as_a_whole AFTER UPDATE ON payouts.plan
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
WHEN (NEW.rejected_at IS DISTINCT FROM OLD.rejected_at)
EXECUTE FUNCTION payouts.refuse_rejecting();
