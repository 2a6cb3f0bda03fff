"""Data export: everything that we know of somebody, given to them.

    at once      GET /me/export?format=json|csv   -> the document, if it is not too large for that
    prepare      a worker writes it, and tells how far it is
                                                  -> a letter with a link, for EXPORT_TTL_HOURS
    download     the link, by whom it is about, signed in; once
                                                  -> a zip of both forms with their schemas; then it is gone
    schema       anyone: JSON Schema of the JSON, and the table (CSVW) of the CSV

What belongs in it is what the tables say of themselves (`plumbing/db/personal`), and only the caller's rows
are asked for. JSON has a list for each kind of record (an object where there is one at most); CSV has a line
for each field of each record, so that one table holds them all. A value that a spreadsheet would take for a
formula is preceded by an apostrophe in the CSV.

Until it is taken, the prepared document is sealed in its row. Whoever got hold of the link alone has
nothing: it opens in the session of whom it is about.

Problems: `export_too_large`, `token_invalid|used|expired`, `rate_limited`, `invalid_input`.
Source: GDPR, articles 15 and 20; JSON Schema 2020-12; CSV on the Web (W3C).
"""
