-- The outbox: what each awarded person is told. Texts are stored once; append-only.
SET lock_timeout = '5s';

CREATE SCHEMA notices;

CREATE TABLE notices.text (
    digest bytea NOT NULL,
    language text NOT NULL,
    body text NOT NULL,
    CONSTRAINT text_pkey PRIMARY KEY (digest),
    CONSTRAINT text_digest_is_of_body CHECK (digest = sha256(convert_to(body, 'UTF8'))),
    CONSTRAINT text_language_known CHECK (language IN ('zh', 'en'))
);

CREATE TABLE notices.notice (
    award_index integer NOT NULL,
    text_zh bytea NOT NULL,
    text_en bytea NOT NULL,
    queued_at timestamptz NOT NULL,
    CONSTRAINT notice_pkey PRIMARY KEY (award_index),
    CONSTRAINT notice_award_known FOREIGN KEY (award_index) REFERENCES awards.award (award_index),
    CONSTRAINT notice_text_zh_known FOREIGN KEY (text_zh) REFERENCES notices.text (digest),
    CONSTRAINT notice_text_en_known FOREIGN KEY (text_en) REFERENCES notices.text (digest)
);

GRANT USAGE ON SCHEMA notices TO amends_app;
GRANT SELECT, INSERT ON notices.text TO amends_app;
GRANT SELECT, INSERT ON notices.notice TO amends_app;
