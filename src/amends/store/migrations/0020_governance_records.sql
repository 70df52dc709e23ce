-- What the law wants written down before personal data is decided on, published or handed over:
-- impact assessments, decisions with reasons, and of every file that leaves what it weighs.
SET lock_timeout = '5s';

ALTER TABLE governance.approval
    ADD COLUMN reason text NOT NULL DEFAULT '';

CREATE TABLE governance.assessment (
    version_no integer NOT NULL,
    purposes text NOT NULL,
    facts text NOT NULL,
    content text NOT NULL,
    content_sha256 text NOT NULL,
    proposal text NOT NULL,
    assessed_on date NOT NULL,
    keep_until date NOT NULL,
    occurred_at timestamptz NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT assessment_key PRIMARY KEY (version_no),
    CONSTRAINT assessment_begins_at_one CHECK (version_no > 0),
    CONSTRAINT assessment_has_a_purpose CHECK (purposes <> ''),
    CONSTRAINT assessment_content_is_sha256 CHECK (content_sha256 ~ '^[0-9a-f]{64}$'),
    CONSTRAINT assessment_is_approved FOREIGN KEY (proposal)
        REFERENCES governance.proposal (digest),
    CONSTRAINT assessment_approval_counts_once UNIQUE (proposal),
    CONSTRAINT assessment_is_kept_three_years CHECK (
        keep_until >= assessed_on + interval '3 years'
    )
);

COMMENT ON COLUMN governance.assessment.keep_until IS
    'PIPL article 56: the report is kept for at least three years.';

CREATE TABLE governance.decision (
    decision_no bigint GENERATED ALWAYS AS IDENTITY,
    kind text NOT NULL,
    what text NOT NULL,
    reason text NOT NULL,
    details text NOT NULL DEFAULT '{}',
    decided_by text NOT NULL,
    decided_on date NOT NULL,
    proposal text,
    actor text NOT NULL,
    occurred_at timestamptz NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT decision_key PRIMARY KEY (decision_no),
    CONSTRAINT decision_kind_known CHECK (kind IN ('decision', 'tax_position')),
    CONSTRAINT decision_says_what_and_why CHECK (
        what <> '' AND reason <> '' AND decided_by <> '' AND actor <> ''
    ),
    CONSTRAINT decision_of_a_proposal FOREIGN KEY (proposal)
        REFERENCES governance.proposal (digest),
    CONSTRAINT decision_of_a_proposal_once UNIQUE (proposal)
);

ALTER TABLE governance.export
    ADD COLUMN categories text NOT NULL DEFAULT '',
    ADD COLUMN weight_millionths bigint NOT NULL DEFAULT 0,
    ADD COLUMN recipient text NOT NULL DEFAULT '',
    ADD COLUMN purpose text NOT NULL DEFAULT '',
    ADD COLUMN proposal text,
    ADD CONSTRAINT export_weight_not_negative CHECK (weight_millionths >= 0),
    ADD CONSTRAINT export_of_a_proposal FOREIGN KEY (proposal)
        REFERENCES governance.proposal (digest),
    ADD CONSTRAINT export_uses_an_approval_once UNIQUE (proposal);

COMMENT ON COLUMN governance.export.weight_millionths IS
    'Rows by the threshold of their gravest kind of data (50, 500 or 5,000 records are one).';

CREATE INDEX export_by_actor ON governance.export (actor, occurred_at);

GRANT SELECT, INSERT ON governance.assessment, governance.decision TO amends_app;
