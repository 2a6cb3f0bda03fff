"""The web: how a request becomes a call, and how a result becomes an answer.

front      the outermost ASGI callable: request id, hot doors, security headers, metrics, log line
doors      a door: one route with its body, answers, problems, limits and who may enter
entry      opens a door: limits, who is calling, CSRF, body; renders problems
call       what a door's handler is given
shapes     msgspec in and out: unknown fields refused, every fault named
problems   RFC 9457 problem details
pages      Jinja2 pages in three languages
cookies, csrf, static, openapi
"""
