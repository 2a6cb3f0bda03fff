"""The database, from the console: demo accounts to try things with, and where its time goes.

    db seed      an administrator, a vendor and a user, their mailboxes proven; one drawn password for all,
                 printed once; accounts that are there already stay as they are. Never in production
    db slow      the statements that take longest on average, by pg_stat_statements
    db indexes   every index of ours with its size and how often it was used, the least used first

The last two ask PostgreSQL 13 or newer (`mean_exec_time` was `mean_time` before). Statements are told as
PostgreSQL keeps them, without their parameters.
"""
