-- Cosignatures of witnesses under the log's checkpoints (C2SP tlog-cosignature). Append-only.
SET lock_timeout = '5s';

CREATE TABLE roster.cosignature (
    size bigint NOT NULL,
    witness text NOT NULL,
    signed_s bigint NOT NULL,
    line text NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT cosignature_pkey PRIMARY KEY (size, witness, signed_s),
    CONSTRAINT cosignature_checkpoint_exists FOREIGN KEY (size) REFERENCES roster.checkpoint (size),
    CONSTRAINT cosignature_time_not_negative CHECK (signed_s >= 0)
);

COMMENT ON TABLE roster.cosignature IS
    'Which witness (its verifier key) cosigned the checkpoint of which size, by its own clock.';

GRANT SELECT, INSERT ON roster.cosignature TO amends_app;
