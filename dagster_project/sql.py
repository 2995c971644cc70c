"""How values are written in SQL where they cannot be given as parameters."""


def sql_text(text: object) -> str:
    """The text as a value in SQL."""
    return "'" + str(text).replace("'", "''") + "'"
