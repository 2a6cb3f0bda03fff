"""Migration: the schema, from the console (see watchword/migrations for how it grows).

    up       apply what is pending           status   list both; exit 2 when something is pending, 1 when the
                                                      database is newer than the program
    sql      print the schema as a script    resolve  mark a revision, touching nothing else
    reset    destroy everything; never in production

A release: `migrate up --half before`, start the new program, stop the old one, `migrate up`.
"""
