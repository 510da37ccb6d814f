"""What an expression of a source comes to for an input, by a small grammar of our own. Nothing of the source is run.

What the grammar does not cover raises Unknown. Large sequences are never built: [0] * 10 ** 12 costs as little as [0].
Part of inspect.py, which stands below it when it runs.
"""
import ast
import builtins

STEPS = 500_000
PASS_STEPS = 10_000
MOST_BITS = 4096
MOST_ITEMS = 2000
# What Python itself would raise on the way.
FAULTS = (ArithmeticError, ValueError, TypeError, IndexError, AttributeError, RecursionError, MemoryError)


class Unknown(Exception):
    """The grammar does not cover it, or it would take too long."""


class Lazy:
    """A sequence by its length and a function from places to items."""

    def __init__(self, kind, size, item):
        self.kind, self.size, self.item = kind, size, item


class Scope:
    """The names of a function or of the module. `inputs`: values of parameters.

    `free`: the value of every name that nothing binds, in a list; empty without one.
    """

    def __init__(self, statements, outer=None, inputs=None, parameters=(), free=()):
        self.outer, self.inputs, self.free = outer, inputs or {}, free
        self.bound = {name: [None] for name in parameters}
        for statement in statements:
            self.bind(statement)

    def bind(self, node):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            self.note(node.name, None)
            return
        if isinstance(node, (ast.Lambda, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)):
            return
        if isinstance(node, ast.Assign):
            for target in node.targets:
                self.bind_target(target, node.value)
        elif isinstance(node, (ast.AnnAssign, ast.NamedExpr)) and node.value is not None:
            self.bind_target(node.target, node.value)
        elif isinstance(node, (ast.AugAssign, ast.For, ast.AsyncFor)):
            self.bind_target(node.target, None)
        elif isinstance(node, ast.withitem) and node.optional_vars is not None:
            self.bind_target(node.optional_vars, None)
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            for alias in node.names:
                self.note((alias.asname or alias.name).split(".")[0], None)
        for child in ast.iter_child_nodes(node):
            self.bind(child)

    def bind_target(self, target, value):
        if isinstance(target, ast.Name):
            self.note(target.id, value)
        elif isinstance(target, (ast.Tuple, ast.List)):
            pairs = isinstance(value, (ast.Tuple, ast.List)) and len(value.elts) == len(target.elts)
            for index, inner in enumerate(target.elts):
                self.bind_target(inner, value.elts[index] if pairs else None)
        elif isinstance(target, ast.Starred):
            self.bind_target(target.value, None)

    def note(self, name, value):
        self.bound.setdefault(name, []).append(value)


class Worth:
    def __init__(self):
        self.steps = STEPS

    def constant(self, node, scope):
        """The value without any input."""
        return self.value(node, scope, sees=False, passes=True)

    def value(self, node, scope, sees=True, passes=True):
        """`sees`: with the inputs. `passes`: also by looking at all of them, as sum does."""
        self.sees, self.passes = sees, passes
        try:
            return self.of(node, scope)
        except FAULTS:
            raise Unknown from None

    def spend(self, steps):
        self.steps -= steps
        if self.steps < 0:
            raise Unknown

    def built(self, lazy):
        """Built where that costs little."""
        if lazy.size > MOST_ITEMS or lazy.kind == "range":
            return lazy
        self.spend(lazy.size)
        items = [lazy.item(place) for place in range(lazy.size)]
        return items if lazy.kind == "list" else tuple(items) if lazy.kind == "tuple" else "".join(items)

    def of(self, node, scope):
        self.spend(1)
        read = getattr(self, "of_" + type(node).__name__, None)
        if read is None:
            raise Unknown
        return read(node, scope)

    def of_Constant(self, node, scope):
        if node.value is None or type(node.value) in (bool, int, float, str):
            return node.value
        raise Unknown

    def of_Name(self, node, scope):
        name = node.id
        while scope is not None:
            if name in scope.inputs and name not in scope.bound:
                if self.sees:
                    return scope.inputs[name]
                raise Unknown
            if name in scope.bound:
                values = scope.bound[name]
                if len(values) != 1 or values[0] is None:
                    raise Unknown
                return self.of(values[0], scope)
            if scope.free and self.sees and not hasattr(builtins, name):
                return scope.free[0]
            scope = scope.outer
        raise Unknown

    def of_NamedExpr(self, node, scope):
        return self.of(node.value, scope)

    def of_List(self, node, scope, kind="list"):
        if len(node.elts) == 1 and isinstance(node.elts[0], ast.Starred):
            return self.as_kind(kind, self.of(node.elts[0].value, scope))
        items = [self.of(item, scope) for item in node.elts]
        return items if kind == "list" else tuple(items)

    def of_Tuple(self, node, scope):
        return self.of_List(node, scope, "tuple")

    def of_ListComp(self, node, scope):
        [loop] = node.generators
        if loop.ifs or not isinstance(loop.target, ast.Name):
            raise Unknown
        items = view(self.of(loop.iter, scope))

        def item(place):
            inner = Scope([], scope)
            inner.bound[loop.target.id] = [ast.Constant(items.item(place))]
            return self.of(node.elt, inner)

        if items.size > 0:
            # Whether it can be known at all, and without the inputs.
            item(0)
        return self.built(Lazy("list", items.size, item))

    of_GeneratorExp = of_ListComp

    def of_UnaryOp(self, node, scope):
        value = self.of(node.operand, scope)
        if isinstance(node.op, ast.Not):
            return not self.truth(value)
        number(value)
        return -value if isinstance(node.op, ast.USub) else +value if isinstance(node.op, ast.UAdd) else ~value

    def of_BinOp(self, node, scope):
        left, right = self.of(node.left, scope), self.of(node.right, scope)
        kind = type(node.op).__name__
        if is_sequence(left) or is_sequence(right):
            both = joined(left, right) if kind == "Add" else repeated(left, right) if kind == "Mult" else unknown()
            return self.built(both)
        return arithmetic(kind, number(left), number(right))

    def of_BoolOp(self, node, scope):
        """Both may hold without all being known: False and anything is False."""
        decides = isinstance(node.op, ast.Or)
        missing = False
        value = None
        for operand in node.values:
            try:
                value = self.of(operand, scope)
                if self.truth(value) == decides:
                    return value
            except Unknown:
                missing = True
        return unknown() if missing else value

    def of_Compare(self, node, scope):
        left = self.of(node.left, scope)
        for operator, comparator in zip(node.ops, node.comparators):
            right = self.of(comparator, scope)
            if not self.holds(type(operator).__name__, left, right):
                return False
            left = right
        return True

    def holds(self, operator, left, right):
        if operator in ("Eq", "Is", "NotEq", "IsNot"):
            return self.same(left, right) == (operator in ("Eq", "Is"))
        if operator in ("In", "NotIn"):
            items = view(right)
            if items.kind == "str" or items.size > MOST_ITEMS:
                raise Unknown
            return any(self.same(left, items.item(place)) for place in range(items.size)) == (operator == "In")
        if not (type(left) is str and type(right) is str):
            number(left), number(right)
        return {"Lt": left < right, "LtE": left <= right, "Gt": left > right, "GtE": left >= right}[operator]

    def same(self, left, right):
        """Of long sequences the two ends are compared, and items spread between them."""
        if not (is_sequence(left) and is_sequence(right)):
            return left == right
        if isinstance(left, str) and isinstance(right, str):
            return left == right
        left, right = view(left), view(right)
        if left.kind != right.kind or left.size != right.size:
            return False
        self.spend(min(left.size, MOST_ITEMS))
        return all(self.same(left.item(place), right.item(place)) for place in places(left.size))

    def truth(self, value):
        return view(value).size > 0 if is_sequence(value) else bool(value)

    def of_IfExp(self, node, scope):
        return self.of(node.body if self.truth(self.of(node.test, scope)) else node.orelse, scope)

    def of_Subscript(self, node, scope):
        items = view(self.of(node.value, scope))
        index = node.slice.value if type(node.slice).__name__ == "Index" else node.slice
        if isinstance(index, ast.Slice):
            ends = [None if part is None else self.of(part, scope) for part in (index.lower, index.upper, index.step)]
            chosen = range(items.size)[slice(*ends)]
            return self.built(Lazy(items.kind, len(chosen), lambda place: items.item(chosen[place])))
        return items.item(range(items.size)[self.of(index, scope)])

    def of_Call(self, node, scope):
        if node.keywords:
            raise Unknown
        if isinstance(node.func, ast.Attribute) and node.func.attr == "count" and len(node.args) == 1:
            wanted = number(self.of(node.args[0], scope))
            return self.passed(lambda items: items.count(wanted), self.of(node.func.value, scope))
        if not isinstance(node.func, ast.Name):
            raise Unknown
        name = node.func.id
        given = [self.of(argument, scope) for argument in node.args]
        if name == "range":
            return range(*given)
        if name in ("list", "tuple"):
            return self.as_kind(name, given[0]) if given else [] if name == "list" else ()
        if name == "len":
            return view(given[0]).size
        if name in ("sum", "min", "max") and len(given) == 1:
            return self.passed({"sum": sum, "min": min, "max": max}[name], given[0])
        if name in ("abs", "int", "bool", "min", "max"):
            return getattr(builtins, name)(*map(number, given))
        raise Unknown

    def as_kind(self, kind, value):
        items = view(value)
        return self.built(Lazy(kind, items.size, items.item))

    def passed(self, action, value):
        items = view(value)
        if items.size > MOST_ITEMS:
            if not self.passes or not isinstance(value, (list, tuple)):
                raise Unknown
            self.spend(PASS_STEPS)
            return action(value)
        self.spend(items.size)
        return action([number(items.item(place)) for place in range(items.size)])


def unknown():
    raise Unknown


def number(value):
    if type(value) not in (bool, int, float):
        raise Unknown
    return value


def arithmetic(kind, left, right):
    bits = [value.bit_length() if isinstance(value, int) else 64 for value in (left, right)]
    if kind == "Pow":
        if not 0 <= right <= MOST_BITS or bits[0] * right > MOST_BITS:
            raise Unknown
        return left ** right
    if sum(bits) > MOST_BITS:
        raise Unknown
    actions = {
        "Add": lambda: left + right,
        "Sub": lambda: left - right,
        "Mult": lambda: left * right,
        "Div": lambda: left / right,
        "FloorDiv": lambda: left // right,
        "Mod": lambda: left % right,
        "BitAnd": lambda: left & right,
        "RShift": lambda: left >> right,
    }
    return actions[kind]() if kind in actions else unknown()


def is_sequence(value):
    return isinstance(value, (list, tuple, str, range, Lazy))


def view(value):
    if isinstance(value, Lazy):
        return value
    if not is_sequence(value):
        raise Unknown
    return Lazy(type(value).__name__, len(value), value.__getitem__)


def joined(left, right):
    left, right = view(left), view(right)
    if left.kind != right.kind or left.kind == "range":
        raise Unknown
    items = lambda place: left.item(place) if place < left.size else right.item(place - left.size)
    return Lazy(left.kind, left.size + right.size, items)


def repeated(left, right):
    items, times = (left, right) if is_sequence(left) else (right, left)
    items = view(items)
    if items.kind == "range" or type(times) is not int:
        raise Unknown
    return Lazy(items.kind, items.size * max(0, times), lambda place: items.item(place % items.size))


def places(size):
    """Places to compare of a sequence: all of a short one."""
    if size <= MOST_ITEMS:
        return range(size)
    ends = MOST_ITEMS // 4
    return [*range(ends), *range(ends, size - ends, size // (2 * ends)), *range(size - ends, size)]
