"""Discovery: the public halves of our signing keys, as a JSON Web Key Set (RFC 7517).

GET /.well-known/jwks.json   active and retired keys, each with its one algorithm
"""
