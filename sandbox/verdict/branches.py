"""Where a source answers a large input, and under which condition. Part of inspect.py, which stands below it."""
import ast

# A number of this size is found by looking at the tests; smaller ones come by themselves.
LEAST_TELLING = 1000
EQUALITIES = (ast.Eq, ast.NotEq, ast.In, ast.NotIn, ast.Is, ast.IsNot)
ENDS = (ast.Return, ast.Raise, ast.Continue, ast.Break)


class Branches:
    """Answers of a statement of the module: literals, and what is worked out without looking at all of the input.

    `data` is the input, `places` are the arguments of the call with it. A helper may get it as its first parameter.
    """

    def __init__(self, tree, entry, data, places):
        self.worth = Worth()
        self.data, self.places, self.entry = data, places, entry
        defines = any(getattr(node, "name", None) == entry for node in tree.body)
        # Lines without their function: what they do not define may be its input.
        self.module = Scope(tree.body, free=() if defines else (data,))
        self.is_fragment = not defines

    def of(self, statement):
        self.found = []
        if self.is_fragment:
            self.read([statement], [], self.module)
        self.enter(statement, self.module)
        return self.found

    def enter(self, node, scope):
        """Into the functions that stand inside a statement."""
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            inner = self.scope_of(node, node.body, scope)
            self.read(node.body, [], inner, node.name == self.entry and is_one_answer(node.body))
            for child in node.body:
                self.enter(child, inner)
        elif isinstance(node, ast.Lambda):
            inner = self.scope_of(node, [], scope)
            self.answer(node.body, [], inner)
            self.enter(node.body, inner)
        else:
            for child in ast.iter_child_nodes(node):
                self.enter(child, scope)

    def scope_of(self, node, body, outer):
        names = [argument.arg for argument in [*getattr(node.args, "posonlyargs", []), *node.args.args]]
        values = self.places if getattr(node, "name", self.entry) == self.entry else [self.data]
        inputs = dict(zip(names, values))
        others = names + [argument.arg for argument in node.args.kwonlyargs]
        return Scope(body, outer, inputs, [name for name in others if name not in inputs])

    def read(self, statements, conditions, scope, alone=False):
        conditions = list(conditions)
        for node in statements:
            if isinstance(node, ast.If) and is_main_guard(node):
                continue
            if isinstance(node, ast.If):
                self.read(node.body, [*conditions, (node.test, True)], scope)
                self.read(node.orelse, [*conditions, (node.test, False)], scope)
                # What stands below a branch that ends belongs to the other one.
                if isinstance(node.body[-1], ENDS):
                    conditions.append((node.test, False))
                elif node.orelse and isinstance(node.orelse[-1], ENDS):
                    conditions.append((node.test, True))
            elif isinstance(node, getattr(ast, "Match", ())):
                for case in node.cases:
                    value = getattr(case.pattern, "value", None)
                    test = isinstance(value, ast.expr) and equals(node.subject, value)
                    self.read(case.body, [*conditions, *([(test, True)] if test else [])], scope)
            elif isinstance(node, ast.Assert):
                conditions.append((node.test, True))
            elif isinstance(node, ast.Return) and node.value is not None:
                self.answer(node.value, conditions, scope, alone)
            elif isinstance(node, (ast.Assign, ast.AnnAssign)) and node.value is not None:
                self.answer(node.value, conditions, scope, is_kept=True)
            elif not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
                for name in ("body", "orelse", "finalbody"):
                    self.read(getattr(node, name, []), conditions, scope)
                for handler in getattr(node, "handlers", []):
                    self.read(handler.body, conditions, scope)

    def answer(self, node, conditions, scope, alone=False, is_kept=False):
        """`is_kept`: put under a name, which answers only where a condition has chosen it."""
        if isinstance(node, ast.IfExp):
            self.answer(node.body, [*conditions, (node.test, True)], scope, is_kept=is_kept)
            self.answer(node.orelse, [*conditions, (node.test, False)], scope, is_kept=is_kept)
            return
        if isinstance(node, ast.BoolOp):
            goes_on = isinstance(node.op, ast.And)
            for index, operand in enumerate(node.values):
                before = [(test, goes_on) for test in node.values[:index]]
                self.answer(operand, [*conditions, *before], scope, is_kept=is_kept)
            return
        for key, value, subject in self.looked_up(node, scope):
            self.answer(value, [*conditions, (equals(subject, key), True)], scope, is_kept=is_kept)
        if conditions or not is_kept:
            self.note(node, conditions, scope, alone)

    def note(self, node, conditions, scope, alone):
        value = self.known(node, scope, constant=True)
        is_computed = value is None
        if is_computed:
            value = self.known(node, scope, passes=False)
        names_input = self.are_met(conditions, scope) and any(self.names_input(test, scope) for test, _ in conditions)
        if not is_plain(value) or is_computed and not names_input:
            return
        test = [("" if wanted else "not ") + unparsed(test) for test, wanted in conditions]
        fact = {"value": repr(value)[:500], "computed": is_computed, "condition": " and ".join(test)[:160]}
        self.found.append((node, {**fact, "namesInput": names_input, "alone": alone}))

    def known(self, node, scope, constant=False, passes=True):
        try:
            return self.worth.constant(node, scope) if constant else self.worth.value(node, scope, passes=passes)
        except Unknown:
            return None

    def looked_up(self, node, scope):
        """Keys and values of a table that is asked here: {…}[len(x)], TABLE.get(len(x))."""
        table = subject = None
        if isinstance(node, ast.Subscript):
            table = node.value
            subject = node.slice.value if type(node.slice).__name__ == "Index" else node.slice
        elif isinstance(node, ast.Call) and getattr(node.func, "attr", None) == "get" and node.args:
            table, subject = node.func.value, node.args[0]
        table = self.meant(table, scope) if isinstance(table, ast.Name) else table
        if not isinstance(table, ast.Dict):
            return []
        return [(key, value, subject) for key, value in zip(table.keys, table.values) if key is not None]

    def meant(self, name, scope):
        """What stands behind a name that is bound once."""
        while scope is not None:
            if name.id in scope.bound:
                values = scope.bound[name.id]
                return values[0] if len(values) == 1 else None
            scope = scope.outer
        return None

    def are_met(self, conditions, scope):
        """Whether the large input may come here."""
        for test, wanted in conditions:
            try:
                if self.worth.truth(self.worth.value(test, scope)) != wanted:
                    return False
            except Unknown:
                pass
        return True

    def names_input(self, test, scope):
        """A constant of it is the large input, its length, or a large number found in it. Names are followed."""
        todo, seen = [test], set()
        while todo:
            for node in ast.walk(todo.pop()):
                if isinstance(node, ast.Compare) and self.compares_with_input(node, scope):
                    return True
                if isinstance(node, ast.Name) and node.id not in seen:
                    seen.add(node.id)
                    value = self.meant(node, scope)
                    todo.extend([] if value is None else [value])
        return False

    def compares_with_input(self, node, scope):
        sides = [node.left, *node.comparators]
        for operator, left, right in zip(node.ops, sides, sides[1:]):
            if isinstance(operator, EQUALITIES) and (
                    self.is_named(left, right, scope) or self.is_named(right, left, scope)):
                return True
        return False

    def is_named(self, constant, other, scope):
        """Whether the one side is a constant and what the other is for the large input."""
        value = self.known(constant, scope, constant=True)
        if value is None or self.known(other, scope, constant=True) is not None:
            return False
        seen = self.known(other, scope)
        if seen is None:
            return False
        options = value if isinstance(value, (list, tuple)) and not is_sequence(seen) else [value]
        return any(self.known_same(option, seen) and is_telling(option) for option in options[:MOST_ITEMS])

    def known_same(self, left, right):
        try:
            return self.worth.same(left, right)
        except (Unknown, *FAULTS):
            return False


def is_telling(value):
    if is_sequence(value):
        items = view(value)
        return items.size >= LEAST_TELLING or not isinstance(value, str) and any(
            not is_sequence(items.item(place)) and is_telling(items.item(place)) for place in range(items.size))
    return type(value) in (int, float) and abs(value) >= LEAST_TELLING


def is_plain(value):
    """Something that a literal can be, and a short one."""
    todo, left = [value], MOST_ITEMS
    while todo and left > 0:
        left -= 1
        value = todo.pop()
        if isinstance(value, (list, tuple)) and len(value) <= left:
            todo.extend(value)
        elif type(value) not in (bool, int, float, str):
            return False
    return not todo


def is_one_answer(body):
    """Nothing but an answer, with what it is made of."""
    return all(isinstance(node, (ast.Return, ast.Assign, ast.AnnAssign)) or
               isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) for node in body)


def equals(left, right):
    return ast.Compare(left, [ast.Eq()], [right])


def unparsed(node):
    try:
        return ast.unparse(ast.fix_missing_locations(node))
    except (AttributeError, RecursionError, ValueError):
        return "…"
