"""What can be wrong with evidence: bytes in a wrong form, a proof that fails, a log that cannot be trusted to go on."""


class EvidenceError(Exception):
    """Anything this room refuses; callers that only need yes or no catch this one."""


class MalformedError(EvidenceError):
    """Bytes or values are not in the form their specification demands."""


class ProofError(EvidenceError):
    """A well-formed proof or signature does not hold."""


class LogError(EvidenceError):
    """The log on disk cannot be opened, or must not be written further."""
