"""Import of users: accounts of another system, from a file, a line each.

    import   CSV with a first line of names, or a JSON object a line
               -> each line is read, judged and taken for itself; the answer tells what became of each
                    taken      an account was made
                    known      the address has an account: it stays as it is, whoever has it
                    refused    why, field by field; the other lines go on, but not where a quotation of CSV
                               is wrong, for nobody knows where the next line begins (`rest_unread`)
             dry run -> the same answer, and nothing is written

Of a line `email` is needed; `name`, or `firstName` and `lastName`, `phone`, `country`, `language`, `role`
(user or vendor), `emailVerified` and `passwordHash` may be there. A password comes along as the hash
that the other system made (`plumbing/hashing/elsewhere`), and only to a mailbox that is known to be
theirs (`emailVerified`), for of others nobody knows who chose it. The first sign-in makes the hash anew,
under our pepper. Who comes without one chooses a password by "forgotten", which proves the mailbox too.

The same file once more changes nothing: who was taken is known. Nobody is written to, nobody becomes an
administrator, and no account that there is gets another name, password or status. Each account has its
fact that names who did it; so has the file, with its numbers, and whether it was read to its end.

By API a file is read whole, at most 1 MiB and 5000 lines, before its first line is taken, so that one
which breaks off on the way takes nothing; ten an hour of one network (`RATE_LIMIT_UPLOAD`). The command
reads as it goes, without a limit. What stops half way, by 503 or a signal, keeps what was taken: send the
file again. Until its first sign-in an account may be told from others by how long
a wrong password takes, where the other system's hash is quicker or slower than ours.

Problems: `invalid_input` for the file as a whole, `unsupported_media_type`, `body_too_large`.
Source: RFC 4180 (CSV), https://jsonlines.org (JSON lines).
"""
