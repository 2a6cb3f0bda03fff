"""Dispatches: letters and texts that a carrier took, and what it tells of them later.

    note      when a carrier has taken one: which, by what name of its own, from which template
    settle    when the carrier reports: delivered, bounced, complained of; never backwards
    tell      when a carrier last took something, and when and why it last did not
    rates     what share of a carrier's letters bounced, or was complained of, in the last week

    state     sent -> delivery | failure -> soft_bounce -> bounce -> complaint

To whom a letter went is kept as a digest: enough to count the soft bounces of one address. Rows stay for
`EMAIL_FEEDBACK_DAYS`.
"""
