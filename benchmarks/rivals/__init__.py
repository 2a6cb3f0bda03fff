"""Those we are compared with: the least an ASGI application can do, and two Python services.

Each is written as its own documentation writes it, in production mode: uvicorn with uvloop and
httptools, one worker, no access log, a pool of twenty connections, and nothing else on the way.
"""
