-- Paying: plans that two people approve, instructions, what providers answered, their statements.
SET lock_timeout = '5s';

CREATE SCHEMA payouts;

CREATE TABLE payouts.rail (
    rail text NOT NULL,
    prefunded_minor bigint NOT NULL,
    currency text NOT NULL,
    bill_zone text NOT NULL,
    opened_at timestamptz NOT NULL,
    CONSTRAINT rail_pkey PRIMARY KEY (rail),
    CONSTRAINT rail_name_form CHECK (rail ~ '^[a-z][a-z0-9_]*$'),
    CONSTRAINT rail_prefunded_positive CHECK (prefunded_minor > 0)
);

CREATE TABLE payouts.plan (
    plan_no integer NOT NULL,
    rail text NOT NULL,
    instructions integer NOT NULL,
    total_minor bigint NOT NULL,
    currency text NOT NULL,
    numbers_sha256 text NOT NULL,
    planned_at timestamptz NOT NULL,
    approved_at timestamptz,
    CONSTRAINT plan_pkey PRIMARY KEY (plan_no),
    CONSTRAINT plan_not_empty CHECK (plan_no > 0 AND instructions > 0 AND total_minor > 0),
    CONSTRAINT plan_digest_form CHECK (numbers_sha256 ~ '^[0-9a-f]{64}$')
);

COMMENT ON COLUMN payouts.plan.numbers_sha256 IS
    'Over "number amount" of every instruction, a line each, sorted: what is approved.';

CREATE TABLE payouts.chunk (
    chunk_no integer NOT NULL,
    plan_no integer NOT NULL,
    instructions integer NOT NULL,
    state text NOT NULL,
    CONSTRAINT chunk_pkey PRIMARY KEY (chunk_no),
    CONSTRAINT chunk_plan_known FOREIGN KEY (plan_no) REFERENCES payouts.plan (plan_no)
        DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT chunk_of_at_most_a_thousand CHECK (instructions BETWEEN 1 AND 1000),
    CONSTRAINT chunk_state_known CHECK (state IN ('planned', 'approved', 'sending', 'sent'))
);

-- Room in each page for the new versions of its rows (HOT): states carry no index.
CREATE TABLE payouts.instruction (
    instruction_id text NOT NULL,
    award_index integer NOT NULL,
    generation smallint NOT NULL,
    chunk_no integer NOT NULL,
    rail text NOT NULL,
    amount_minor bigint NOT NULL,
    currency text NOT NULL,
    state text NOT NULL,
    live boolean NOT NULL DEFAULT true,
    reason text,
    advice text,
    provider_reference text,
    request_sha256 bytea,
    attempts integer NOT NULL DEFAULT 0,
    questions integer NOT NULL DEFAULT 0,
    sent_at timestamptz,
    last_sent_at timestamptz,
    settled_at timestamptz,
    returned_at timestamptz,
    CONSTRAINT instruction_pkey PRIMARY KEY (instruction_id),
    CONSTRAINT instruction_once_per_generation UNIQUE (award_index, generation),
    CONSTRAINT instruction_award_known FOREIGN KEY (award_index)
        REFERENCES awards.award (award_index),
    CONSTRAINT instruction_chunk_known FOREIGN KEY (chunk_no) REFERENCES payouts.chunk (chunk_no),
    CONSTRAINT instruction_number_form CHECK (instruction_id ~ '^[0-9A-Za-z]{1,32}$'),
    CONSTRAINT instruction_amount_positive CHECK (amount_minor > 0),
    CONSTRAINT instruction_generation_not_negative CHECK (generation >= 0),
    CONSTRAINT instruction_state_known CHECK (
        state IN (
            'planned', 'approved', 'sending', 'unknown', 'accepted',
            'settled', 'returned', 'refused', 'superseded'
        )
    ),
    CONSTRAINT instruction_advice_known CHECK (advice IN ('ask', 'stop_rail', 'alarm')),
    CONSTRAINT instruction_live_until_superseded CHECK (live = (state <> 'superseded')),
    CONSTRAINT instruction_nothing_sent_before_sending CHECK (
        state NOT IN ('planned', 'approved')
        OR (request_sha256 IS NULL AND sent_at IS NULL AND last_sent_at IS NULL AND attempts = 0)
    ),
    CONSTRAINT instruction_hash_before_sending CHECK (
        state NOT IN ('sending', 'unknown', 'accepted', 'settled', 'returned')
        OR (
            request_sha256 IS NOT NULL AND sent_at IS NOT NULL AND last_sent_at IS NOT NULL
            AND attempts > 0
        )
    ),
    CONSTRAINT instruction_request_hash_sized CHECK (length(request_sha256) = 32),
    CONSTRAINT instruction_settled_has_time CHECK (
        (state NOT IN ('settled', 'returned') OR settled_at IS NOT NULL)
        AND (state <> 'returned' OR returned_at IS NOT NULL)
    ),
    CONSTRAINT instruction_refused_has_reason CHECK (state <> 'refused' OR reason IS NOT NULL)
)
WITH (fillfactor = 50);

CREATE UNIQUE INDEX instruction_one_live_per_award ON payouts.instruction (award_index) WHERE live;
CREATE INDEX instruction_by_chunk ON payouts.instruction (chunk_no);

-- The protocol, kept by the database whatever the program does: states move only along its arrows,
-- and the request of a number never changes once it is written down.
CREATE FUNCTION payouts.refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'instruction % may not go from % to %, nor change its request',
        OLD.instruction_id, OLD.state, NEW.state
        USING ERRCODE = 'check_violation', CONSTRAINT = TG_NAME, SCHEMA = 'payouts';
END
$$;

CREATE TRIGGER instruction_protocol BEFORE UPDATE ON payouts.instruction FOR EACH ROW
WHEN (
    (
        OLD.state <> NEW.state
        AND (OLD.state || '>' || NEW.state) <> ALL (ARRAY[
            'planned>approved',
            'approved>sending', 'approved>refused',
            'sending>unknown', 'sending>accepted', 'sending>settled', 'sending>refused',
            'sending>returned',
            'unknown>sending', 'unknown>accepted', 'unknown>settled', 'unknown>refused',
            'unknown>returned',
            'accepted>settled', 'accepted>refused', 'accepted>returned',
            'settled>returned',
            'refused>superseded', 'returned>superseded'
        ])
    )
    OR (
        OLD.request_sha256 IS NOT NULL
        AND NEW.request_sha256 IS DISTINCT FROM OLD.request_sha256
    )
    OR NEW.attempts < OLD.attempts
)
EXECUTE FUNCTION payouts.refuse_change();

CREATE TABLE payouts.answer (
    answer_sha256 bytea NOT NULL,
    instruction_id text NOT NULL,
    kind text NOT NULL,
    outcome text NOT NULL,
    code text,
    sealed bytea NOT NULL,
    received_at timestamptz NOT NULL,
    CONSTRAINT answer_pkey PRIMARY KEY (answer_sha256),
    CONSTRAINT answer_hash_sized CHECK (length(answer_sha256) = 32),
    CONSTRAINT answer_kind_known CHECK (kind IN ('submission', 'question'))
);

COMMENT ON COLUMN payouts.answer.answer_sha256 IS 'Over number, kind and the raw bytes.';
COMMENT ON COLUMN payouts.answer.sealed IS 'The bytes as received, encrypted.';

CREATE TABLE payouts.callback (
    callback_sha256 bytea NOT NULL,
    rail text NOT NULL,
    instruction_id text NOT NULL,
    sealed bytea NOT NULL,
    received_at timestamptz NOT NULL,
    CONSTRAINT callback_pkey PRIMARY KEY (callback_sha256),
    CONSTRAINT callback_hash_sized CHECK (length(callback_sha256) = 32)
);

CREATE TABLE payouts.bill (
    rail text NOT NULL,
    day date NOT NULL,
    raw_sha256 bytea NOT NULL,
    opening_minor bigint NOT NULL,
    closing_minor bigint NOT NULL,
    lines integer NOT NULL,
    file text NOT NULL,
    imported_at timestamptz NOT NULL,
    CONSTRAINT bill_pkey PRIMARY KEY (rail, day),
    CONSTRAINT bill_hash_sized CHECK (length(raw_sha256) = 32)
);

CREATE TABLE payouts.bill_line (
    rail text NOT NULL,
    line_id text NOT NULL,
    day date NOT NULL,
    instruction_id text,
    provider_reference text,
    direction text NOT NULL,
    kind text NOT NULL,
    amount_minor bigint NOT NULL,
    balance_after_minor bigint NOT NULL,
    occurred_at timestamptz NOT NULL,
    class text NOT NULL,
    CONSTRAINT bill_line_pkey PRIMARY KEY (rail, line_id),
    CONSTRAINT bill_line_bill_known FOREIGN KEY (rail, day) REFERENCES payouts.bill (rail, day),
    CONSTRAINT bill_line_direction_known CHECK (direction IN ('out', 'in')),
    CONSTRAINT bill_line_amount_positive CHECK (amount_minor > 0),
    CONSTRAINT bill_line_class_known CHECK (
        class IN (
            'matched', 'returned', 'top_up', 'unknown_to_us', 'amount_differs',
            'duplicate_at_provider', 'state_differs'
        )
    )
);

CREATE INDEX bill_line_by_number ON payouts.bill_line (instruction_id);

CREATE TABLE payouts.exception (
    exception_id text NOT NULL,
    kind text NOT NULL,
    rail text NOT NULL,
    instruction_id text,
    line_id text,
    amount_minor bigint NOT NULL,
    found_at timestamptz NOT NULL,
    cleared_at timestamptz,
    CONSTRAINT exception_pkey PRIMARY KEY (exception_id),
    CONSTRAINT exception_kind_known CHECK (
        kind IN (
            'missing_at_provider', 'unknown_to_us', 'amount_differs', 'duplicate_at_provider',
            'state_differs'
        )
    )
);

COMMENT ON TABLE payouts.exception IS 'What a person has to explain; cleared when it explained itself.';

-- Where each award stands, by the state codes of the roster: 0 promised, 1 sent, 2 settled,
-- 3 returned, 4 needs the person.
CREATE VIEW payouts.award_standing AS
SELECT
    owed.award_index,
    (CASE
        WHEN instruction.state IN ('planned', 'approved') THEN 0
        WHEN instruction.state IN ('sending', 'unknown', 'accepted') THEN 1
        WHEN instruction.state = 'settled' THEN 2
        WHEN instruction.state = 'returned' THEN 3
        WHEN instruction.state = 'refused' THEN 4
        WHEN standing.state = 'payable' THEN 0
        ELSE 4
    END)::smallint AS state_code,
    COALESCE(instruction.reason, standing.reason) AS reason,
    instruction.rail,
    instruction.generation
FROM awards.owed AS owed
LEFT JOIN payouts.instruction AS instruction
    ON instruction.award_index = owed.award_index AND instruction.live
LEFT JOIN payees.standing AS standing ON standing.person_id = owed.person_id;

-- Everything that was given to a provider and not refused: what a batch of the roster is made of.
CREATE VIEW payouts.sent AS
SELECT
    instruction.award_index,
    instruction.generation,
    instruction.rail,
    instruction.instruction_id,
    (instruction.sent_at AT TIME ZONE rail.bill_zone)::date AS sent_day,
    (instruction.settled_at AT TIME ZONE rail.bill_zone)::date AS settled_day,
    instruction.amount_minor,
    instruction.currency,
    (CASE instruction.state
        WHEN 'settled' THEN 2
        WHEN 'returned' THEN 3
        WHEN 'superseded' THEN 3
        ELSE 1
    END)::smallint AS state_code
FROM payouts.instruction AS instruction
INNER JOIN payouts.rail AS rail ON rail.rail = instruction.rail
WHERE
    instruction.state IN ('sending', 'unknown', 'accepted', 'settled', 'returned')
    OR (instruction.state = 'superseded' AND instruction.returned_at IS NOT NULL);

-- The bills that are in, and the digest of each as received.
CREATE VIEW payouts.statement AS
SELECT
    rail,
    day,
    raw_sha256,
    opening_minor,
    closing_minor,
    lines
FROM payouts.bill;

GRANT USAGE ON SCHEMA payouts TO amends_app;
GRANT SELECT, INSERT ON payouts.rail TO amends_app;
GRANT SELECT, INSERT ON payouts.plan TO amends_app;
GRANT UPDATE (approved_at) ON payouts.plan TO amends_app;
GRANT SELECT, INSERT ON payouts.chunk TO amends_app;
GRANT UPDATE (state) ON payouts.chunk TO amends_app;
GRANT SELECT, INSERT ON payouts.instruction TO amends_app;
GRANT UPDATE (
    state, live, reason, advice, provider_reference, request_sha256, attempts, questions,
    sent_at, last_sent_at, settled_at, returned_at
) ON payouts.instruction TO amends_app;
GRANT SELECT, INSERT ON payouts.answer TO amends_app;
GRANT SELECT, INSERT ON payouts.callback TO amends_app;
GRANT SELECT, INSERT ON payouts.bill TO amends_app;
GRANT SELECT, INSERT ON payouts.bill_line TO amends_app;
GRANT SELECT, INSERT ON payouts.exception TO amends_app;
GRANT UPDATE (cleared_at) ON payouts.exception TO amends_app;
GRANT SELECT ON payouts.award_standing, payouts.sent, payouts.statement TO amends_app;
