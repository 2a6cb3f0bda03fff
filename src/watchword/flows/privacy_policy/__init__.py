"""Privacy policy: what is done with people's data, and whom they can ask, in three languages.

    GET /privacy    seven headings: who is responsible, which data, what for, on which basis, how long, which
                    rights, whom to ask

Names, addresses and numbers are the settings' (`CLINIC_*`, `PRIVACY_EMAIL`, `DPO_EMAIL`, `DPO_PHONE_E164`),
and so are the times (`RETENTION_*`); what is not set is not told; nor are
linked sign-ins, where nobody can sign in with others. A clinic (`APP_PROFILE=nova`) speaks of
patients and their appointments; the others of accounts.

Source: GDPR, articles 12 to 14.
"""
