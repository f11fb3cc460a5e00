"""What every stand-in provider plugin is made with."""


def words(text: str) -> tuple[str, ...]:
    """The words of a text: a long list of names is read, and compared, more easily as one."""
    return tuple(text.split())
