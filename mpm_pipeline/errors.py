"""What can go wrong, sorted by what one does about it.

Every error that reaches a person is one of these; the class decides the exit status of `mpm`, the message says what
happened, to which table, source or setting, and what to do next. No message carries a secret or personal data.
"""


class MpmError(Exception):
    """Base of all errors that a person is meant to read; `exit_code` is the status of the command."""

    exit_code = 1


class ConfigError(MpmError):
    """A setting, an argument, a partition key or a port is wrong: mend it and run the same command again."""

    exit_code = 2


class WorldError(ConfigError):
    """A world folder cannot be served: the message names the file and the line."""


class SourceUnavailable(MpmError):
    """A source, a file or the database cannot be reached or refuses: nothing is lost, run again later."""

    exit_code = 3


class CredentialsRefused(SourceUnavailable):
    """A source refuses our credentials: never retried, a person has to mend them."""


class DiskRefuses(SourceUnavailable):
    """The disk under the home is full, read-only or failing: make room or mend it, then run the same command again."""


class ContractBroken(MpmError):
    """Rows broke a contract: they are quarantined, the rest goes on."""


class Halt(MpmError):
    """A contract or an identity check is broken beyond its limit: nothing is published, what is served stays."""

    exit_code = 4


class Busy(MpmError):
    """Another run holds what this one needs: wait for it, then run again."""

    exit_code = 5
