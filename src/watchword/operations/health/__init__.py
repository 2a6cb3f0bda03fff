"""Health: is the process alive, may it take requests, and how are the parts it needs.

    /live               the process answers                               always 200
    /ready              database, migrations and what is required answer   200, or 503; 503 while it stops
    /health             the same, with every part named                    and the seeds' other paths
    /api/health/auth    can people sign in: the carriers of letters are required too
    /api/health/email   the carriers of letters alone, with the last letter each took, and the last it did not

One result model for all of them (K-02). What is optional and away makes `degraded`, still 200; what is
required and away makes 503. A reason is one word of ours: no error text, no address, no version goes
out. HEALTH_DETAIL=false leaves the status alone to strangers; METRICS_PORT tells the rest, and so does every
path to who sends METRICS_TOKEN (D-25).
"""
