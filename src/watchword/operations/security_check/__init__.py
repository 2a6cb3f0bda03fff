"""The security check: what lies about in a folder, and what a live address tells strangers.

    files          `.env*`, `*.key` and `*.pem` with a private key are for their owner alone (mode 600)
    secrets        no secret is written into a file: keys and tokens known by their shape, private keys,
                   passwords in addresses, and values too unpredictable to be words beside names such as
                   `password`; told by file, line and kind, never by value
    dependencies   `pip-audit` knows of no fault in what is installed; a warning where there is none
    https          production refuses what did not come by TLS, and is known by an https address
    headers        the live address is reached by TLS that a stranger can verify, and answers with the
                   headers that keep browsers safe; --base, else PUBLIC_BASE_URL

Nothing is changed without --fix, which gives the files of the first check mode 600 and does no more. What
was looked at and is no secret goes into the baseline: a file of digests beside which the check is silent
(--write-baseline). Exit 0 when nothing is wrong, else 1.
Ledger: R-65, D-52.
"""
