-- What was handed to a rail when, by chunk: quotas of a contract are counted by the rail's own day.
SET lock_timeout = '5s';

CREATE TABLE payouts.handed (
    chunk_no integer NOT NULL,
    rail text NOT NULL,
    amount_minor bigint NOT NULL,
    handed_at timestamptz NOT NULL,
    CONSTRAINT handed_pkey PRIMARY KEY (chunk_no),
    CONSTRAINT handed_chunk_known FOREIGN KEY (chunk_no) REFERENCES payouts.chunk (chunk_no),
    CONSTRAINT handed_amount_positive CHECK (amount_minor > 0)
);

COMMENT ON TABLE payouts.handed IS 'Only of rails whose contract has a quota.';

GRANT SELECT, INSERT ON payouts.handed TO amends_app;
