"""Pickles that would run code, point elsewhere or claim the impossible, written operation by operation."""

import struct

NAMED = b"\x8c"  # SHORT_BINUNICODE


def text(value):
    return NAMED + bytes([len(value)]) + value.encode()


def line(module, name):
    return b"c" + f"{module}\n{name}\n".encode()


def on_stack(module, name):
    return text(module) + text(name) + b"\x93"


def pickled(body, protocol=2):
    return b"\x80" + bytes([protocol]) + body + b"."


def storage(key="0", numel=4, kind="FloatStorage"):
    place = text("storage") + line("torch", kind) + text(key) + text("cpu") + b"\x8a\x08" + struct.pack("<q", numel)
    return b"(" + place + b"tQ"


def rebuilt(stored, size, stride, offset=0):
    def numbers(values):
        return b"(" + b"".join(b"\x8a\x08" + struct.pack("<q", value) for value in values) + b"t"

    arguments = (
        stored
        + b"\x8a\x08"
        + struct.pack("<q", offset)
        + numbers(size)
        + numbers(stride)
        + b"\x89"
        + line("collections", "OrderedDict")
        + b")R"
    )
    return line("torch._utils", "_rebuild_tensor_v2") + b"(" + arguments + b"tR"


def module(parameters=b"}", modules=b"}", extra=b"", kind=("module", "Solomon")):
    state = text("_parameters") + parameters + text("_buffers") + b"}" + text("_modules") + modules + extra
    return line(*kind) + b")\x81}(" + state + b"ub"


class Evil:
    """What a real attack looks like: unpickled, it runs."""

    def __init__(self, command):
        self.command = command

    def __reduce__(self):
        import os

        return os.system, (self.command,)


def command(canary):
    return f"touch {canary}"


def bodies(canary):
    """Pickles by name, each with what its error must speak of."""
    run = text(command(canary))
    call = b"\x85R"  # one argument, called
    yield "os.system", line("posix", "system") + run + call, "posix.system"
    yield "os by another name", line("os", "system") + run + call, "os.system"
    yield "subprocess", line("subprocess", "Popen") + b"(" + run + b"tR", "subprocess.Popen"
    yield "eval", line("builtins", "eval") + text("1+1") + call, "builtins.eval"
    yield "eval of Python 2", line("__builtin__", "eval") + text("1+1") + call, "__builtin__.eval"
    yield "getattr", line("builtins", "getattr") + b"(" + line("torch", "device") + text("x") + b"tR", "builtins.getattr"
    yield "a way through torch", line("torch.serialization", "os.system") + run + call, "os.system"
    yield "a dotted name on the stack", on_stack("torch", "nn.modules.os.system") + run + call, "not a class"
    yield (
        "a name from pieces",
        text("posix") + b"\x94" + text("system") + b"\x94" + b"00h\x00h\x01\x93" + run + call,
        "posix.system",
    )
    yield "no text as a name", text("posix") + b"K\x01\x93", "not a class"
    yield "a loader of torch", line("torch", "load") + run + call, "torch.load"
    yield "a loader of torch.hub", line("torch.hub", "load") + run + call, "torch.hub.load"
    yield (
        "a function of a known home",
        line("torch.nn.modules.module", "register_module_forward_hook") + run + call,
        "calls torch.nn.modules",
    )
    yield "a function of transformers", line("transformers.utils", "cached_file") + run + call, "calls transformers.utils"
    yield "the released name, called", line("os", "Solomon") + run + call, "calls os.Solomon"
    yield "an inner class", on_stack("module", "Solomon.__init__") + run + call, "not a class"
    yield "a class that runs", line("webbrowser", "open") + run + call, "webbrowser.open"
    yield "runpy", line("runpy", "run_path") + run + call, "runpy.run_path"
    yield "INST", b"(" + run + b"iposix\nsystem\n", "INST"
    yield "OBJ", b"(" + line("posix", "system") + run + b"o", "posix.system"
    yield "OBJ of a known class", b"(" + line("module", "Solomon") + run + b"o", "OBJ"
    yield "NEWOBJ_EX", line("module", "Solomon") + b")}\x92", "NEWOBJ_EX"
    yield "EXT1", b"\x82\x01", "EXT1"
    yield "EXT2", b"\x83\x01\x00", "EXT2"
    yield "EXT4", b"\x84\x01\x00\x00\x00", "EXT4"
    yield "PERSID", b"P../../etc/passwd\n", "PERSID"
    yield "buffers", b"\x97", "NEXT_BUFFER"
    yield "BUILD of a name", line("module", "Solomon") + b"}b", "fills something"
    yield "BUILD with slots", line("module", "Solomon") + b")\x81" + b"}}\x86b", "fills something"
    yield (
        "BUILD of a function's dict",
        line("torch._utils", "_rebuild_tensor_v2") + b"}(" + text("__code__") + run + b"ub",
        "fills something",
    )
    yield "BUILD twice", line("module", "Solomon") + b")\x81}b}b", "fills it twice"
    yield "BUILD with a setstate that is no table", line("module", "Solomon") + b")\x81" + run + b"b", "fills something"
    yield "a storage outside", storage("../../../etc/passwd"), "impossible storage"
    yield "a storage by an absolute path", storage("/etc/passwd"), "impossible storage"
    yield (
        "a storage of another kind",
        b"(" + text("storage") + line("module", "Solomon") + text("0") + text("cpu") + b"K\x04tQ",
        "impossible storage",
    )
    yield "a pointer elsewhere", b"(" + text("file") + text("/etc/passwd") + b"tQ", "not a storage"
    yield "a pointer that is a list", b"](" + text("storage") + b"eQ", "not a storage"
    yield "a storage of less than nothing", storage(numel=-1), "impossible storage"
    digits = (10**5000).to_bytes(2077, "little")  # more than Python prints
    claimed = (
        text("storage") + line("torch", "FloatStorage") + text("0") + text("cpu") + b"\x8b" + struct.pack("<i", 2077) + digits
    )
    yield "a storage of a number of 5,000 digits", b"(" + claimed + b"tQ", "impossible storage"
    yield "a storage that changes", b"(" + storage("0", 4) + storage("0", 8) + b"t", "first"
    yield "a tensor of less than nothing", rebuilt(storage(), [-4], [1]), "impossible sizes"
    yield "a tensor of 2**62", rebuilt(storage(), [2**62], [1]), "impossible sizes"
    yield "a key that is a list", b"}]K\x01s", "neither text nor number"
    yield "an entry of a text", text("x") + text("y") + text("z") + b"s", "not a table"
    yield "nothing", b"", "more or less than one"
    yield "an empty stack", b"0", "broken"
    yield "a memo that is not there", b"h\x07", "broken"
    yield "marks left over", b"((N", "more or less than one"
    yield "two objects", b"NN", "more or less than one"
    yield "unknown operation", b"\xff", "broken"
    yield "protocol 9", b"\x80\x09N", "protocol 9"
    yield "a text of 2**62 bytes", b"\x8d" + struct.pack("<Q", 2**62), "cut off"
    yield "bytes of 2**62", b"\x8e" + struct.pack("<Q", 2**62), "cut off"
    yield "a number of 2**31 bytes", b"\x8b" + struct.pack("<i", 2**31 - 1), "cut off"
    yield "a number of many digits", b"I" + b"9" * 3000 + b"\n", "INT"
    yield "a name without end", b"c" + b"a" * 10_000, "without an end"
    yield "deep lists", b"]" * 200_000 + b"a" * 199_999, "no Solomon"
    yield "deep tuples in an error", line("module", "Solomon") + b")" + b"\x85" * 200_000 + b"Q", "points to a"
    yield "a list of itself", b"]\x94" + b"h\x00a", "no Solomon"
    doubled = b"]\x94" + b"".join(
        b"]" + b"q" + bytes([n]) + b"(" + b"h" + bytes([n - 1]) + b"h" + bytes([n - 1]) + b"e" for n in range(1, 200)
    )
    yield "lists of lists, doubled 200 times", b"(" + doubled + b"t", "no Solomon"
    yield "a memo place of 2**32", b"Nr\xff\xff\xff\xff", "no Solomon"
    yield (
        "a module of itself",
        line("module", "Solomon")
        + b")\x81q\x00}("
        + text("prompts_per_task")
        + b"K\x03"
        + text("_parameters")
        + b"}"
        + text("_buffers")
        + b"}"
        + text("_modules")
        + b"}"
        + text("a")
        + b"h\x00sub",
        "deeper nesting",
    )
    twice = b"".join(
        module(modules=b"}(" + text("a") + b"h" + bytes([n]) + text("b") + b"h" + bytes([n]) + b"u") + b"q" + bytes([n + 1])
        for n in range(30)
    )
    yield "modules doubled 30 times", b"(" + module() + b"q\x00" + twice + b"t0h\x1e", "deeper nesting"
    yield "no module", b"}", "no Solomon"
    yield "another class", module(kind=("torch.nn.modules.linear", "Linear")), "no Solomon"
    yield "a module without state", line("module", "Solomon") + b")\x81", "no Solomon"
    yield "a part that is neither", module(modules=b"}" + text("a") + b"K\x01s"), "neither a tensor nor a module"
