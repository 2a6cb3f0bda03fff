"""What all who speak to AWS have in common, whatever they want there: letters, storage, secrets.

sigv4    our signature on a request
"""
