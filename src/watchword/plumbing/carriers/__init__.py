"""Carriers: whom a letter or a text is given to.

carrier     one of them, asked once: what it answered, how it is
breaker     leave alone for a while who fails again and again
latest      when each last took something, and why it last did not
failover    one after another, until one takes it
mailing     the carriers of letters
texting     the carriers of texts, and the countries that texts may go to
"""
