"""The nouns: frozen, validated types that cross the walls between rooms.

Takes: values. Gives: immutable records with their uncertainty, canonical bytes and content ids.
Never: does I/O, reads a clock, or knows any verb.
"""
