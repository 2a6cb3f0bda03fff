"""Storage: where objects are kept for long, under names that may have folders.

folder   files in a folder, each with its checksum beside it
s3       objects of Amazon S3, or of whatever speaks like it
"""
