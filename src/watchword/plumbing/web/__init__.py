"""The web: how a request becomes a call, and how a result becomes an answer.

wire       the server's protocol, with bounds; answers leave in one piece
front      the outermost ASGI callable: request id, hot doors, metrics, log line
outgoing   an answer on its way: security headers, head and body together
cors       what other origins may read
doors      a door: one route with its body, answers, problems, limits and who may enter
entry      opens a door: limits, who is calling, CSRF, body; renders problems
call       what a door's handler is given
link_page  the page behind a link of a letter
code_page  the page where a code is typed
contact    where somebody says that they are reached
bodies     of requests: JSON and forms, with bounds
problems   RFC 9457 problem details
pages      Jinja2 pages in three languages
openapi    the OpenAPI document, assembled from the doors and their shapes
described  the same, made once and served
parting    leaving a connection on which somebody still sends
cookies, csrf, static
"""
