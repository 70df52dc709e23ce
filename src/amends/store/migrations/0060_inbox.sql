-- What the public sends, sealed to a key that the process which takes it does not have.
SET lock_timeout = '5s';

CREATE SCHEMA inbox;

CREATE TABLE inbox.message (
    message_no bigint GENERATED ALWAYS AS IDENTITY,
    submission_key bytea NOT NULL,
    content_mark bytea NOT NULL,
    secret_mark bytea NOT NULL,
    kind text NOT NULL,
    reference text NOT NULL,
    received_at timestamptz NOT NULL DEFAULT date_trunc('minute', now()),
    sealed bytea NOT NULL,
    CONSTRAINT message_pkey PRIMARY KEY (message_no),
    CONSTRAINT message_once UNIQUE (submission_key),
    CONSTRAINT message_submission_is_a_hash CHECK (octet_length(submission_key) = 32),
    CONSTRAINT message_mark_is_a_hash CHECK (octet_length(content_mark) = 32),
    CONSTRAINT message_secret_is_a_hash CHECK (octet_length(secret_mark) = 32),
    CONSTRAINT message_kind CHECK (kind IN ('loss', 'scam')),
    CONSTRAINT message_reference CHECK (reference ~ '^[0-9A-HJKMNP-TV-Z]{4}-[0-9A-HJKMNP-TV-Z]{4}$'),
    CONSTRAINT message_is_sealed CHECK (
        octet_length(sealed) BETWEEN 100 AND 131072
        AND substring(sealed FROM 1 FOR 21) = convert_to('age-encryption.org/v1', 'UTF8')
    )
);

COMMENT ON TABLE inbox.message IS 'Sealed with age; only who has amends/keys/inbox.key opens it.';
COMMENT ON COLUMN inbox.message.submission_key IS 'Hash of the number of the form it was sent from: the same form twice is one message.';
COMMENT ON COLUMN inbox.message.secret_mark IS 'Hash of the secret that the sender was shown: the way back to the message.';
COMMENT ON COLUMN inbox.message.content_mark IS 'Hash of number and content: tells a repetition from a change.';

CREATE TABLE inbox.attachment (
    attachment_id bytea NOT NULL,
    received_at timestamptz NOT NULL DEFAULT date_trunc('minute', now()),
    sealed bytea NOT NULL,
    CONSTRAINT attachment_pkey PRIMARY KEY (attachment_id),
    CONSTRAINT attachment_id_is_random CHECK (octet_length(attachment_id) = 16),
    CONSTRAINT attachment_is_sealed CHECK (
        octet_length(sealed) BETWEEN 100 AND 10100000
        AND substring(sealed FROM 1 FOR 21) = convert_to('age-encryption.org/v1', 'UTF8')
    )
);

COMMENT ON TABLE inbox.attachment IS 'A sealed file. Which message it belongs to stands in that message alone.';

ALTER TABLE inbox.message ALTER COLUMN sealed SET STORAGE EXTERNAL;
ALTER TABLE inbox.attachment ALTER COLUMN sealed SET STORAGE EXTERNAL;

GRANT USAGE ON SCHEMA inbox TO amends_app, amends_public;
GRANT SELECT, INSERT ON inbox.message, inbox.attachment TO amends_app;

-- The public process puts in, and sees whether a form was sent before. It reads nothing back.
GRANT INSERT (submission_key, content_mark, secret_mark, kind, reference, sealed) ON inbox.message TO amends_public;
GRANT SELECT (submission_key, content_mark) ON inbox.message TO amends_public;
GRANT INSERT (attachment_id, sealed) ON inbox.attachment TO amends_public;
