"""Reference: what a program must know to talk to this service, as pages that people read.

    /docs              every operation by tag: fields, answers, problems, a curl line
    /problems          every problem this service can tell, by code
    /problems/{code}   one problem: what it means, what to do, who tells it

The pages read the OpenAPI document that the application gives at /openapi.json, which is assembled from
the doors themselves: what is not a door is not here, and no page can lie. A problem's `type` (RFC 9457)
leads to its page. What to do about a problem is told by its class' docstring, below the first line, or
by `templates/advice.toml`; else by its kind.

No script, no third party.  Problem: `not_found`.
"""
