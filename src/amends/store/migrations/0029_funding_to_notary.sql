-- Money that left the escrow account for a notary (提存) is money that left for people.
SET lock_timeout = '5s';

ALTER TABLE funding.explanation
    DROP CONSTRAINT explanation_known,
    ADD CONSTRAINT explanation_known CHECK (what IN ('to_rail', 'fee', 'taken_back', 'to_notary'));
