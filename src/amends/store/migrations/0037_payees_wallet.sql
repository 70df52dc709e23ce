-- A file of accounts may say what a wallet can take: whose cannot take the award begins as too low.
SET lock_timeout = '5s';

ALTER TABLE payees.payee
    DROP CONSTRAINT payee_situation_known,
    ADD CONSTRAINT payee_situation_known CHECK (
        situation IN (
            'in_review', 'adult', 'aged_8_to_17', 'aged_8_to_17_guarded', 'under_8',
            'under_8_guarded', 'incapable', 'incapable_guarded', 'no_account', 'wallet_too_low',
            'died_after', 'died_before'
        )
    );
