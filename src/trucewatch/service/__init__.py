"""The corridor: the only room that knows the order of the steps.

Takes: a mission, its inputs and the ports below. Gives: records in the register, a signed log, publications.
Never: opens a file, a socket or a database itself, reads a clock, or holds a rule of another room.
"""
