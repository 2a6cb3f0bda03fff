"""Development, from the console: what the development mailbox got last.

    code   the newest code (--link: the link), of anybody or of one mailbox

Exit 1 when there is none. Production keeps no letters, so there is never one.
"""
