"""How source that is no file can be read all the same. Part of inspect.py, which stands below it when it runs."""
import ast
import re
import textwrap

UNREADABLE = (SyntaxError, ValueError, RecursionError, MemoryError)


def first_reading(source):
    """The kind of the first reading that parses, with its text and tree; None where there is none."""
    for kind, text in readings(source):
        try:
            tree = ast.parse(text)
        except UNREADABLE:
            continue
        if tree.body:
            return kind, text, tree
    return None, source, None


def readings(source):
    """Some lines of a function, or of a diff without what it takes away. Every line keeps its number."""
    yield from (("fragment", text) for text in fragments(source))
    lines = source.split("\n")
    if not any(re.match(r"[+-]|@@ ", line) for line in lines):
        return
    # In a diff every line begins with a sign; many models put none before lines that stay, and some put it over a blank
    # of the indentation.
    for added, same in ((1, 1), (1, 0), (0, 0)):
        yield from (("diff", text) for text in fragments("\n".join(after(line, added, same) for line in lines)))
    yield from (("diff", text) for text in fragments("\n".join(line[1:] if is_added(line) else "" for line in lines)))


def after(line, added, same):
    """A line of a diff as it stands afterwards. `added`, `same`: how many characters are the sign of such a line."""
    if is_added(line):
        return line[1:] if added else " " + line[1:]
    if re.match(r"-|@@ |\+\+\+ |diff |index |\\ No newline", line):
        return ""
    return line[1:] if same and line.startswith(" ") else line


def is_added(line):
    return line.startswith("+") and not line.startswith("+++ ")


def fragments(text):
    """At the margin, also where the first line alone has lost its blanks; elif begins a branch of its own."""
    rest = text.lstrip("\n")
    above = "\n" * (len(text) - len(rest))
    margin = min(re.findall(r"\n([ \t]*)[^\s#]", rest), key=len, default="")
    for body in dict.fromkeys((rest, margin + rest)):
        yield above + re.sub(r"\Aelif\b", "if", textwrap.dedent(body))
