"""Dumps: a database as it was at one moment, out of it and into another one.

contents   what a database holds, in numbers: by these a restored one is compared
sqlite     the online backup of SQLite, and a file that takes another's place
postgres   pg_dump of a snapshot; pg_restore into a scratch database, or into ours, in one transaction
looking    what a role sees of a database of PostgreSQL, and whether others are connected
tenancy    what a database of PostgreSQL holds of all its tenants
libpq      how the programs of PostgreSQL are told where to go, and nobody else the password
piping     programs whose streams are ours, and whose ends are watched
rdb        the state of Redis, as a replica is given it
"""
