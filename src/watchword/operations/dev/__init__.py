"""Development, from the console: what the development mailbox got last, and a plain telephone.

    code   the newest code (--link: the link), of anybody, of one mailbox or of one number; a notice that
           asks for nothing hides none
    ussd   dials the USSD menu (docs/flows/ussd) and shows its screens; each line that is typed is sent

Exit 1 when there is no code, and for `ussd` outside of development. Production keeps no letters, so there is
never one.
"""
