"""Logs, for operators: another level without a restart, and what the files hold.

    level     an administrator sets it (PUT): a fact of the journal, so everybody knows who did; each process
              of the service hears of it and takes it, until it is started anew
    hangup    SIGHUP: this process and those it started take LOG_LEVEL as it is told now, by LOG_LEVEL_FILE
    read      `watchword logs` prints the lines of LOG_DIR: by level, time, category and words; follows them

Lines of audit and security ignore the level, whoever set it.

Problems: none of its own.
Ledger: R-73, K-38.
"""
