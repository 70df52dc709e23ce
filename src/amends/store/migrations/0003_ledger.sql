-- The books: accounts, one-row transfers, and the chain of postings. Append-only.
SET lock_timeout = '5s';

CREATE SCHEMA ledger;

CREATE TABLE ledger.account (
    account text NOT NULL,
    side text NOT NULL,
    meaning text NOT NULL,
    CONSTRAINT account_pkey PRIMARY KEY (account),
    CONSTRAINT account_name_form CHECK (account ~ '^[a-z][a-z0-9_]*(:[a-z0-9_]+)?$'),
    CONSTRAINT account_side_known CHECK (side IN ('debit', 'credit'))
);

COMMENT ON COLUMN ledger.account.side IS
    'The side on which the account grows: its balance is that side''s sum minus the other''s.';

INSERT INTO ledger.account (account, side, meaning) VALUES
    ('bank', 'debit', 'money of the company set aside for the case'),
    ('company:funds', 'credit', 'what the company has put in'),
    ('compensation', 'debit', 'what the promise costs: the sum of all awards'),
    ('owed', 'credit', 'owed to people and not under way'),
    ('settled', 'credit', 'paid, by the answer of a provider'),
    ('returned', 'credit', 'came back from the payee''s side: owed again, but not by itself'),
    ('paid_out', 'debit', 'left a rail for people, by the provider''s statement'),
    ('suspense', 'debit', 'moved on a statement and unknown to us: to be explained'),
    ('deposited', 'credit', 'deposited for people who cannot be paid (提存)'),
    ('claims_reserve', 'credit', 'kept for later fraud losses');

CREATE TABLE ledger.posting (
    posting_no bigint NOT NULL,
    transfers integer NOT NULL,
    rows_sha256 bytea NOT NULL,
    previous_sha256 bytea NOT NULL,
    chain_sha256 bytea NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT posting_pkey PRIMARY KEY (posting_no),
    CONSTRAINT posting_number_positive CHECK (posting_no > 0),
    CONSTRAINT posting_not_empty CHECK (transfers > 0),
    CONSTRAINT posting_hashes_sized CHECK (
        length(rows_sha256) = 32 AND length(previous_sha256) = 32 AND length(chain_sha256) = 32
    ),
    CONSTRAINT posting_one_successor UNIQUE (previous_sha256)
);

-- posting_no has no foreign key: a third check per row would cost a sixth of the bulk rate, and the
-- chain (verify_chain) finds a transfer whose posting does not exist as surely.
CREATE TABLE ledger.transfer (
    transfer_id text NOT NULL,
    debit text NOT NULL,
    credit text NOT NULL,
    amount_minor bigint NOT NULL,
    currency text NOT NULL,
    reason text NOT NULL,
    subject text NOT NULL,
    occurred_at timestamptz NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT now(),
    posting_no bigint NOT NULL,
    CONSTRAINT transfer_pkey PRIMARY KEY (transfer_id),
    CONSTRAINT transfer_debit_known FOREIGN KEY (debit) REFERENCES ledger.account (account),
    CONSTRAINT transfer_credit_known FOREIGN KEY (credit) REFERENCES ledger.account (account),
    CONSTRAINT transfer_amount_positive CHECK (amount_minor > 0),
    CONSTRAINT transfer_two_accounts CHECK (debit <> credit),
    CONSTRAINT transfer_currency_form CHECK (currency ~ '^[A-Z]{3}$'),
    CONSTRAINT transfer_id_short CHECK (length(transfer_id) BETWEEN 1 AND 80),
    CONSTRAINT transfer_reason_given CHECK (reason <> '')
);

CREATE VIEW ledger.balance AS
SELECT
    account.account,
    account.side,
    COALESCE(moved.currency, '') AS currency,
    (CASE account.side WHEN 'debit' THEN 1 ELSE -1 END * COALESCE(moved.net_debit, 0))::bigint
        AS amount_minor
FROM ledger.account AS account
LEFT JOIN (
    SELECT
        side.account,
        side.currency,
        sum(side.net_debit) AS net_debit
    FROM (
        SELECT debit AS account, currency, sum(amount_minor) AS net_debit
        FROM ledger.transfer GROUP BY debit, currency
        UNION ALL
        SELECT credit AS account, currency, -sum(amount_minor) AS net_debit
        FROM ledger.transfer GROUP BY credit, currency
    ) AS side
    GROUP BY side.account, side.currency
) AS moved ON moved.account = account.account;

GRANT USAGE ON SCHEMA ledger TO amends_app;
GRANT SELECT, INSERT ON ledger.account TO amends_app;
GRANT SELECT, INSERT ON ledger.posting TO amends_app;
GRANT SELECT, INSERT ON ledger.transfer TO amends_app;
GRANT SELECT ON ledger.balance TO amends_app;
