"""USSD sessions: how far somebody is in the menu, kept here because a gateway only repeats what was typed.

    find     a session: how many inputs were taken, and what we answered
    begin    a session's first answer, once: one that is over does not begin anew for a day
    claim    take the next input: one conditional UPDATE, so that of two alike at once one acts
    answer   what we said to it, to be said again when the gateway asks again

A session is the gateway's id, the number and the service code together, known by their digest under the
pepper. What was typed is known by its digest alone: a code or a PIN is never in the table. What must be
remembered (the step, the language, the grant, the last answer) is sealed. It lasts five minutes; that there
was one, and nothing else of it, is known for a day more, so that a post that is played back begins none.
"""
