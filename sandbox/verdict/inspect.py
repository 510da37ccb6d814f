"""Facts about Python source, from its syntax tree alone: nothing of it is run.

Standard input: JSON {"source", "entry"}, and {"build", "args"} of a large input as "large". Standard output: JSON, see
SourceFacts in inspect.ts. Values are given as Python writes them. What no reading of readings.py can parse has remarks only.
"""
import ast
import io
import json
import sys
import tokenize

MOST = 200
ENDING = {"os._exit", "os.abort", "os.kill", "sys.exit", "exit", "quit", "signal.raise_signal"}
STACK = {
    "sys._getframe", "sys._current_frames", "sys.settrace", "sys.setprofile", "inspect.stack", "inspect.currentframe",
    "inspect.getouterframes", "inspect.getinnerframes", "traceback.extract_stack", "traceback.format_stack", "traceback.walk_stack",
    "gc.get_objects", "gc.get_referrers", "threading.settrace",
}
HASHES = {"hash", "hashlib.md5", "hashlib.sha1", "hashlib.sha256", "hashlib.sha512", "hashlib.blake2b", "zlib.crc32", "zlib.adler32"}
SKIPPING = {"unittest.skip", "unittest.SkipTest", "pytest.skip"}
GROUPS = (
    "comparisons", "tables", "answers", "literals", "overrides", "imports", "calls", "patches", "state", "said",
)
COMPARING = {"__eq__", "__ne__", "__lt__", "__gt__", "__le__", "__ge__", "__hash__", "__class__", "__instancecheck__"}


def main():
    job = json.loads(sys.stdin.read())
    source = job["source"]
    facts = {**empty(), "syntaxError": None, "readAs": "file", "functions": []}
    text = source
    try:
        tree = ast.parse(source)
    except UNREADABLE as error:
        facts["syntaxError"] = told_error(error)
        facts["readAs"], text, tree = first_reading(source)
    facts["remarks"] = remarks(text)
    try:
        if tree is not None:
            facts.update(Reader(source, tree, job["entry"], job.get("large")).facts)
            functions = (ast.FunctionDef, ast.AsyncFunctionDef)
            facts["functions"] = [node.name for node in tree.body if isinstance(node, functions)]
    except UNREADABLE as error:
        facts["syntaxError"] = facts["syntaxError"] or told_error(error)
    print(json.dumps(facts))


def told_error(error):
    return {"line": getattr(error, "lineno", None) or 1, "message": type(error).__name__ + ": " + str(error)[:200]}


def empty():
    return {name: [] for name in GROUPS}


def remarks(source):
    """Comments, also of source that does not parse in any way."""
    found = []
    try:
        for token in tokenize.generate_tokens(io.StringIO(source).readline):
            if token.type == tokenize.COMMENT:
                found.append({"line": token.start[0], "text": token.string.lstrip("#").strip()[:500]})
    except (tokenize.TokenError, IndentationError, SyntaxError):
        pass
    return found[:MOST]


class Reader:
    def __init__(self, source, tree, entry, large):
        self.lines = source.split("\n")
        self.facts = empty()
        self.aliases = {}
        self.modules = set()
        self.globals = {target.id for node in tree.body for target in targets_of(node) if isinstance(target, ast.Name)}
        self.parameters = set()
        for node in ast.walk(tree):
            self.read_import(node)
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)):
                self.parameters |= {argument.arg for argument in node.args.args + node.args.posonlyargs + node.args.kwonlyargs}
        self.functions = {node.name for node in ast.walk(tree) if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))}
        reached = reached_from(entry, tree)
        branches = branches_for(large, tree, entry)
        for statement in tree.body:
            self.reached = reached is None or bool(names_bound(statement) & reached)
            self.walk(statement, None, True)
            if branches is not None and self.reached:
                for node, fact in branches.of(statement):
                    self.add("answers", node, **fact)

    def walk(self, node, function, outside):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            self.read_function(node)
            function, outside = node.name, False
        elif isinstance(node, ast.Lambda):
            outside = False
        elif isinstance(node, ast.If) and is_main_guard(node):
            return
        self.read(node, function, outside)
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            return
        for child in ast.iter_child_nodes(node):
            self.walk(child, function, outside)

    def read(self, node, function, outside):
        if isinstance(node, (ast.If, ast.IfExp)):
            self.read_branch(node)
        elif isinstance(node, ast.Assert):
            pass
        elif isinstance(node, getattr(ast, "Match", ())):
            self.read_match(node)
        elif isinstance(node, ast.Compare):
            self.read_compare(node)
        elif isinstance(node, (ast.Dict, ast.List, ast.Tuple)):
            self.read_table(node)
            self.read_literal(node)
        elif isinstance(node, ast.ClassDef):
            self.read_class(node)
        elif isinstance(node, ast.Call):
            self.read_call(node, outside)
        elif isinstance(node, (ast.Assign, ast.AugAssign, ast.AnnAssign, ast.Delete)):
            self.read_assignment(node, function)
        elif isinstance(node, (ast.Global, ast.Nonlocal)):
            self.add("state", node, name=",".join(node.names), how="global" if isinstance(node, ast.Global) else "nonlocal")
        elif isinstance(node, ast.Raise) and node.exc is not None:
            self.read_raise(node)
        elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
            self.add("said", node, how="docstring", text=node.value.value[:2000])
        elif isinstance(node, ast.Return) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
            self.add("said", node, how="return", text=node.value.value[:500])
        elif isinstance(node, (ast.Constant, ast.UnaryOp)):
            self.read_literal(node)

    def add(self, group, node, **fact):
        # What the function never comes to, such as tests written below it, answers nothing.
        if len(self.facts[group]) >= MOST or (group in ("comparisons", "tables", "literals") and not self.reached):
            return
        line = getattr(node, "lineno", 1)
        text = self.lines[line - 1].strip()[:160] if line <= len(self.lines) else ""
        self.facts[group].append({"line": line, "source": text, **fact})

    # What is compared with a literal, and what is answered then:

    def read_branch(self, node):
        body = node.body if isinstance(node.body, list) else [node.body]
        answer = first_literal(body)
        self.compared(node.test, answer)

    def compared(self, test, answer):
        for compare in (inner for inner in ast.walk(test) if isinstance(inner, ast.Compare)):
            compare.of_branch = True
            self.read_compare(compare, answer, seen=False)

    def read_compare(self, node, answer=None, seen=True):
        if seen and getattr(node, "of_branch", False):
            return
        sides = [node.left, *node.comparators]
        for position, side in enumerate(sides):
            value = written(side)
            if value is None:
                continue
            others = [other for other in sides if other is not side]
            operator = type(node.ops[max(0, position - 1)]).__name__
            self.add("comparisons", node, value=value, operator=operator, subject=plain(others), answer=answer, hashed=self.hashes(others))

    def read_match(self, node):
        for case in node.cases:
            value = pattern_value(case.pattern)
            if value is not None:
                self.add("comparisons", case.pattern, value=value, operator="Match", subject=plain([node.subject]),
                         answer=first_literal(case.body), hashed=self.hashes([node.subject]))

    def hashes(self, nodes):
        return any(isinstance(inner, ast.Call) and self.name_of(inner.func) in HASHES for node in nodes for inner in ast.walk(node))

    def read_table(self, node):
        if isinstance(node, ast.Dict):
            pairs = list(zip(node.keys, node.values))
        else:
            pairs = [tuple(item.elts) for item in node.elts if isinstance(item, (ast.Tuple, ast.List)) and len(item.elts) == 2]
        entries = [{"key": written(key), "value": written(value)} for key, value in pairs[:MOST] if key is not None]
        entries = [entry for entry in entries if entry["key"] is not None and entry["value"] is not None]
        if entries:
            self.add("tables", node, entries=entries)

    def read_literal(self, node):
        value = written(node)
        if value is not None and all(fact["value"] != value for fact in self.facts["literals"]):
            self.add("literals", node, value=value[:500])

    # What reaches beyond the answer:

    def read_function(self, node):
        for default in [*node.args.defaults, *node.args.kw_defaults]:
            if isinstance(default, (ast.List, ast.Dict, ast.Set)):
                self.add("state", default, name=node.name, how="default")

    def read_class(self, node):
        for item in node.body:
            names = [item.name] if isinstance(item, (ast.FunctionDef, ast.AsyncFunctionDef)) else [
                target.id for target in targets_of(item) if isinstance(target, ast.Name)]
            for name in names:
                if name in COMPARING:
                    self.add("overrides", item, type=node.name, method=name, bases=[plain([base]) for base in node.bases])

    def read_import(self, node):
        if isinstance(node, ast.Import):
            for alias in node.names:
                self.aliases[alias.asname or alias.name.split(".")[0]] = alias.name if alias.asname else alias.name.split(".")[0]
                self.modules.add(alias.asname or alias.name.split(".")[0])
                self.add("imports", node, module=alias.name)
        elif isinstance(node, ast.ImportFrom):
            for alias in node.names:
                self.aliases[alias.asname or alias.name] = (node.module or "") + "." + alias.name
            self.add("imports", node, module=node.module or ".")

    def name_of(self, node):
        if isinstance(node, ast.Name):
            return self.aliases.get(node.id, node.id)
        if isinstance(node, ast.Attribute):
            inner = self.name_of(node.value)
            return None if inner is None else inner + "." + node.attr
        if isinstance(node, ast.Call) and self.name_of(node.func) in ("__import__", "importlib.import_module") and node.args:
            return node.args[0].value if isinstance(node.args[0], ast.Constant) else None
        return None

    def read_call(self, node, outside):
        name = self.name_of(node.func)
        handed = next((found for argument in node.args for found in [self.name_of(argument)] if found in ENDING), None)
        if handed is not None:
            self.add("calls", node, name=handed, kind="ending", outside=outside, status=None)
        if name is None:
            return
        if name in ENDING:
            status = written(node.args[0]) if node.args else None
            self.add("calls", node, name=name, kind="ending", outside=outside, status=status)
            for argument in node.args:
                if isinstance(argument, ast.Constant) and isinstance(argument.value, str):
                    self.add("said", node, how="exit", text=argument.value[:500])
        elif name in STACK:
            self.add("calls", node, name=name, kind="stack", outside=outside, status=None)
        elif name in HASHES:
            self.add("calls", node, name=name, kind="hash", outside=outside, status=None)
        elif name in SKIPPING:
            self.add("calls", node, name=name, kind="skip", outside=outside, status=None)
        elif name in ("open", "io.open", "os.open", "pathlib.Path") and node.args:
            self.add("calls", node, name=name, kind="file", outside=outside, status=written(node.args[0]) or plain([node.args[0]]))
        elif name in ("setattr", "delattr") and node.args and self.is_foreign(node.args[0]):
            self.add("patches", node, name=self.name_of(node.args[0]) or "?", outside=outside)
        elif name.endswith("sys.modules.update") or name in ("ctypes.pythonapi", "unittest.mock.patch", "mock.patch"):
            self.add("patches", node, name=name, outside=outside)
        elif name == "print":
            text = " ".join(part.value for argument in node.args for part in ast.walk(argument)
                            if isinstance(part, ast.Constant) and isinstance(part.value, str))
            if text:
                self.add("said", node, how="print", text=text[:500])

    def read_raise(self, node):
        name = self.name_of(node.exc.func if isinstance(node.exc, ast.Call) else node.exc)
        if name in SKIPPING:
            self.add("calls", node, name=name, kind="skip", outside=False, status=None)
        text = " ".join(part.value for part in ast.walk(node.exc) if isinstance(part, ast.Constant) and isinstance(part.value, str))
        if text:
            self.add("said", node, how="raise", text=text[:500])

    def read_assignment(self, node, function):
        for target in targets_of(node):
            base = target
            while isinstance(base, (ast.Subscript, ast.Starred)):
                base = base.value
            if isinstance(base, ast.Attribute):
                if self.is_foreign(base.value):
                    self.add("patches", node, name=self.name_of(base) or "?", outside=function is None)
                elif isinstance(base.value, ast.Name) and base.value.id in self.functions:
                    self.add("state", node, name=base.value.id + "." + base.attr, how="attribute")
            elif base is not target and isinstance(base, ast.Name) and base.id in self.globals and function is not None and base.id not in self.parameters:
                self.add("state", node, name=base.id, how="item")

    def is_foreign(self, node):
        """Something of another module: unittest.TestCase, builtins, sys.modules['unittest']."""
        while isinstance(node, (ast.Attribute, ast.Subscript, ast.Call)):
            if isinstance(node, ast.Call):
                return self.name_of(node) is not None
            node = node.value
        return isinstance(node, ast.Name) and (node.id in self.aliases or node.id in ("__builtins__",))


def branches_for(large, tree, entry):
    """Reads answers to the large input; None without one. What builds it comes from the task, not from the source."""
    if large is None:
        return None
    try:
        data = eval(large["build"], {})
        given = ast.parse("f(" + large["args"] + ")", mode="eval").body.args
        places = [data if isinstance(value, ast.Name) else ast.literal_eval(value) for value in given]
    except Exception:
        return None
    return Branches(tree, entry, data, places)


def targets_of(node):
    if isinstance(node, (ast.Assign, ast.Delete)):
        return [inner for target in node.targets for inner in (target.elts if isinstance(target, (ast.Tuple, ast.List)) else [target])]
    return [node.target] if isinstance(node, (ast.AugAssign, ast.AnnAssign)) else []


def reached_from(entry, tree):
    """Outermost names that the function can come to, itself among them; None if there is no such function."""
    mentions = {}
    for statement in tree.body:
        loaded = {inner.id for inner in ast.walk(statement) if isinstance(inner, ast.Name)}
        for name in names_bound(statement):
            mentions.setdefault(name, set()).update(loaded)
    if entry not in mentions:
        return None
    reached, todo = set(), [entry]
    while todo:
        name = todo.pop()
        if name not in reached:
            reached.add(name)
            todo.extend(mentions.get(name, ()))
    return reached


def names_bound(statement):
    """What a statement of the module defines, or changes: TABLE['x'] = 1 is about TABLE."""
    names = set()
    for node in [statement] if isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)) else ast.walk(statement):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            names.add(node.name)
        for target in targets_of(node):
            names |= {inner.id for inner in ast.walk(target) if isinstance(inner, ast.Name)}
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            names |= {inner.id for inner in ast.walk(node.func) if isinstance(inner, ast.Name)}
    return names


def is_main_guard(node):
    return "__name__" in {inner.id for inner in ast.walk(node.test) if isinstance(inner, ast.Name)}


def pattern_value(pattern):
    if type(pattern).__name__ == "MatchValue":
        return written(pattern.value)
    if type(pattern).__name__ == "MatchSingleton":
        return repr(pattern.value)
    if type(pattern).__name__ == "MatchSequence":
        parts = [pattern_value(inner) for inner in pattern.patterns]
        return None if None in parts else "[" + ", ".join(parts) + "]"
    return None


def first_literal(body):
    """What a branch answers, if it is written there: its first return or assignment of a literal."""
    for node in body:
        if isinstance(node, ast.expr):
            return written(node)
        if isinstance(node, (ast.Return, ast.Assign)) and node.value is not None and written(node.value) is not None:
            return written(node.value)
        if isinstance(node, (ast.Return, ast.If, ast.For, ast.While)):
            return None
    return None


def written(node):
    """The value of a literal as repr writes it, a set as a list; None for anything else."""
    try:
        value = ast.literal_eval(node)
        return repr(sorted(value, key=repr) if isinstance(value, set) else value)
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        return None


def plain(nodes):
    try:
        return ", ".join(ast.unparse(node) for node in nodes)[:160]
    except (AttributeError, RecursionError, ValueError):
        return ""


main()
