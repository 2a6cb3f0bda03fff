"""Health: is the process alive, may it take requests, and how are the parts it needs.

    /live     the process answers                              always 200
    /ready    database, migrations and what is required answer  200, or 503; 503 while it stops
    /health   the same, with every part named                   and the seeds' other paths

One result model for all of them (K-02). What is optional and away makes `degraded`, still 200; what is
required and away makes 503. No error text, no address, no version goes out (D-25).
"""
