"""Hashing: hashes that are slow on purpose, and the threads they run in.

password_hash    argon2id and bcrypt, under the pepper
elsewhere        those that other systems made: read and verified, never made
pool             one thread a core, a short queue, and an honest no
"""
