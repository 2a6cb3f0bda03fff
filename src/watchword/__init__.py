"""Watchword: a self-hosted authentication and identity service.

Five floors; imports only look down (see ARCHITECTURE.md):

    app                            joins everything; decides nothing
    flows | provider | operations  what people, relying parties and operators do
    records                        what we remember
    plumbing | adapters            how bytes move here; how we speak to the world
    kernel                         words everyone shares
"""

__version__ = "0.1.0"
