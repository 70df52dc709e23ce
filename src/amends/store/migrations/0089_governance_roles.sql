-- Roles exclude each other at the command line, too: an operator to whom roles were given signs only
-- as an approver, and proposes only as a caseworker (an auditor: what is to be taken away). Who holds
-- no role, as in a case that nobody serves, is bound by what they did alone.
SET lock_timeout = '5s';

CREATE FUNCTION governance.holds_none_of(who text, roles text []) RETURNS boolean
LANGUAGE sql STABLE AS $$
    SELECT count(*) > 0 AND NOT bool_or(role = ANY(roles)) FROM access.role WHERE operator = who
$$;

CREATE FUNCTION governance.refuse_other_roles() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF governance.holds_none_of(NEW.operator, '{approver}') THEN
        RAISE EXCEPTION '% holds roles, and none that signs', NEW.operator
            USING ERRCODE = 'check_violation', CONSTRAINT = TG_NAME, SCHEMA = 'governance';
    END IF;
    RETURN NULL;
END
$$;

CREATE TRIGGER approval_by_an_approver AFTER INSERT ON governance.approval FOR EACH ROW
EXECUTE FUNCTION governance.refuse_other_roles();

CREATE FUNCTION governance.refuse_other_makers() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF governance.holds_none_of(
        NEW.proposed_by,
        CASE WHEN NEW.kind = 'export' THEN '{caseworker,auditor}' ELSE '{caseworker}' END::text []
    ) THEN
        RAISE EXCEPTION '% holds roles, and none that proposes', NEW.proposed_by
            USING ERRCODE = 'check_violation', CONSTRAINT = TG_NAME, SCHEMA = 'governance';
    END IF;
    RETURN NULL;
END
$$;

CREATE TRIGGER proposal_by_a_caseworker AFTER INSERT ON governance.proposal FOR EACH ROW
EXECUTE FUNCTION governance.refuse_other_makers();
