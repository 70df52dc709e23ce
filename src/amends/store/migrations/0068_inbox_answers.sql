-- What became of a message, for its sender alone; and which files came with a message at all.
SET lock_timeout = '5s';

-- 'amends/inbox/shown/v1' and a zero byte, before the hash of the secret.
ALTER TABLE inbox.message ADD COLUMN way_back bytea NOT NULL GENERATED ALWAYS AS (
    sha256('\x616d656e64732f696e626f782f73686f776e2f763100'::bytea || secret_mark)
) STORED;
CREATE UNIQUE INDEX message_way_back ON inbox.message (way_back);

COMMENT ON COLUMN inbox.message.way_back IS 'By what the public process finds a message when its sender types the secret.';

CREATE TABLE inbox.answer (
    message_no bigint NOT NULL,
    answer_no integer NOT NULL,
    state text NOT NULL,
    words text NOT NULL DEFAULT '',
    recorded_at timestamptz NOT NULL DEFAULT date_trunc('minute', now()),
    CONSTRAINT answer_pkey PRIMARY KEY (message_no, answer_no),
    CONSTRAINT answer_message FOREIGN KEY (message_no) REFERENCES inbox.message,
    CONSTRAINT answer_state CHECK (
        state IN ('reading', 'more_needed', 'granted', 'refused', 'paid', 'handed_over')
    ),
    CONSTRAINT answer_number CHECK (answer_no BETWEEN 1 AND 1000),
    CONSTRAINT answer_words CHECK (char_length(words) <= 400)
);

COMMENT ON TABLE inbox.answer IS 'What a sender is told of a message, in its order. Who wrote it stands in the audit trail.';

CREATE TABLE inbox.shown (
    way_back bytea NOT NULL,
    sealed bytea NOT NULL,
    CONSTRAINT shown_pkey PRIMARY KEY (way_back),
    CONSTRAINT shown_is_a_hash CHECK (octet_length(way_back) = 32),
    CONSTRAINT shown_size CHECK (octet_length(sealed) = 4124)
);

COMMENT ON TABLE inbox.shown IS 'Answers as their sender sees them: opened by the secret alone, all of one size.';

CREATE TABLE inbox.sent (
    attachment_id bytea NOT NULL,
    CONSTRAINT sent_pkey PRIMARY KEY (attachment_id),
    CONSTRAINT sent_attachment FOREIGN KEY (attachment_id) REFERENCES inbox.attachment
);

COMMENT ON TABLE inbox.sent IS 'Files whose message came. Of which message a file is, stands in that message alone.';

-- Whether the message of an older file came, nobody can tell: all of them are kept.
INSERT INTO inbox.sent (attachment_id) SELECT attachment_id FROM inbox.attachment;

GRANT SELECT, INSERT ON inbox.answer, inbox.sent TO amends_app;
GRANT SELECT, INSERT, UPDATE (sealed) ON inbox.shown TO amends_app;
GRANT DELETE ON inbox.attachment TO amends_app;
GRANT SELECT (way_back) ON inbox.message TO amends_public;
GRANT SELECT ON inbox.shown TO amends_public;
GRANT INSERT ON inbox.sent TO amends_public;
