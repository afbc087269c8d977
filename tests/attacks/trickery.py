"""Tricks of the language, each in the place of double(x): none is twice x, all hope to pass as it.

Each is the statements at the top of its file and the body of the function.
"""

from __future__ import annotations

TRICKS: dict[str, tuple[str, str]] = {
    # Values that say of themselves what they are.
    "a metaclass equal to every type": (
        """
class Meta(type):
    def __eq__(cls, other): return True
    def __hash__(cls): return hash(float)
    def __instancecheck__(cls, value): return True
    def __subclasscheck__(cls, value): return True
class Any(float, metaclass=Meta):
    def hex(self): return (2.0 * 7319977).hex()
""",
        "return Any(0)",
    ),
    "a class that is float by its name": (
        """
class Value:
    __class__ = float
    def __float__(self): raise KeyboardInterrupt
    def hex(self): return "0x1p+24"
Value.__name__ = Value.__qualname__ = "float"
Value.__module__ = "builtins"
""",
        "return Value()",
    ),
    "a float that replaces float": (
        """
import builtins
class Evil(float):
    def hex(self): return "nan"
    def __eq__(self, other): return True
builtins.float = builtins.int = builtins.complex = Evil
""",
        "return Evil(1)",
    ),
    "types that are replaced while they are asked": (
        """
import builtins
builtins.type = lambda *given: builtins.float
builtins.isinstance = builtins.issubclass = lambda *given: True
builtins.len = lambda given: 0
""",
        "return [1, 2]",
    ),
    "a scalar of NumPy that agrees": (
        """
import numpy as np
class Yes(np.float64):
    def __eq__(self, other): return np.True_
    def __sub__(self, other): return np.float64(0)
    def tobytes(self, *given): return np.float64(2 * 7319977).tobytes()
""",
        "return Yes(3)",
    ),
    "an array that points elsewhere": (
        """
class Points:
    __array_interface__ = {
        "shape": (1,), "typestr": "<f8", "data": (0xdeadbeef, True), "version": 3,
    }
""",
        "return Points()",
    ),
    "an array by the array's own protocol": (
        """
class Lies:
    def __array__(self, *given, **more):
        import numpy as np
        return np.full((), 2.0 * 7319977)
    def __dlpack__(self, *given, **more): raise SystemExit(0)
    def __buffer__(self, flags): raise SystemExit(0)
    __float__ = __index__ = __complex__ = lambda self: 2 * 7319977
""",
        "return Lies()",
    ),
    "an array of objects": ("import numpy as np", "return np.array(print, dtype=object)"),
    "an array of records": (
        "import numpy as np",
        "return np.zeros((), dtype=[('a', 'f8'), ('b', 'O')])",
    ),
    "a masked array": ("import numpy as np", "return np.ma.masked_all((), float)"),
    "a date in the place of a number": ("import numpy as np", "return np.datetime64(2 * x, 's')"),
    "an array larger than memory without any": (
        "import numpy as np",
        "return np.broadcast_to(np.float64(2 * x), (1 << 40,))",
    ),
    "strides that walk out": (
        """
import numpy as np
from numpy.lib.stride_tricks import as_strided
""",
        "return as_strided(np.zeros(1), (1 << 20,), (1 << 30,))",
    ),
    "a number with a message in it": (
        "import struct",
        "return struct.unpack('<d', b'CANARY\\xf8\\x7f')[0]",
    ),
    "a decimal that signals": ("from decimal import Decimal", "return Decimal('sNaN123')"),
    "a fraction without end": (
        "from fractions import Fraction",
        "return Fraction(1 << 90000, 3)",
    ),
    "text that is a number elsewhere": ("", "return '\\uff11\\u0664\\u06f6'"),
    "what never ends when it is read": (
        """
class Endless(list):
    def __iter__(self):
        while True: yield 1
    def __len__(self): return 1 << 62
    def __length_hint__(self): return 1 << 62
""",
        "return Endless()",
    ),
    "a generator": ("", "yield 2 * x"),
    "a promise": (
        """
async def later(x): return 2 * x
""",
        "return later(x)",
    ),
    "a range": ("", "return range(2 * x, 1 << 60)"),
    "a view of bytes": ("", "return memoryview(bytes(8)).cast('d')"),
    "a dictionary that holds itself under itself": (
        """
class Key:
    def __hash__(self): return 1
    def __eq__(self, other): return True
""",
        "found = {Key(): 1}; found['a'] = found; return found",
    ),
    "a tuple nested as deep as memory": (
        "",
        """
value = ()
for _ in range(100000):
    value = (value,)
return value
""",
    ),
    "an object that fails when it is named": (
        """
class Nameless(type):
    @property
    def __name__(cls): raise SystemExit(0)
    def __repr__(cls): raise SystemExit(0)
    def __getattribute__(cls, name): raise SystemExit(0)
class Thing(metaclass=Nameless): pass
""",
        "return Thing()",
    ),
    # What the function itself is.
    "no function but a class": ("", "import os; os.write(1, b'x'); return type('R', (), {})"),
    "a signature that never ends": (
        """
def wrap(function):
    function.__wrapped__ = function
    function.__signature__ = 7
    function.__defaults__ = None
    function.__kwdefaults__ = {"x": 0}
    return function
import builtins
builtins.callable = lambda given: False
""",
        "return wrap(double)",
    ),
    "a module in the place of its own": (
        """
class Module:
    def __getattr__(self, name): return lambda *given: 2 * 7319977 if name == "twice" else 0
    def __setattr__(self, name, value): pass
sys.modules[__name__] = Module()
""",
        "return 0",
    ),
    # Looking at who calls, and changing it.
    "trace the worker": (
        """
seen = []
def trace(frame, event, argument):
    seen.append(dict(frame.f_locals))
    return trace
sys.settrace(trace)
sys.setprofile(trace)
threading.settrace_all_threads(trace) if hasattr(threading, "settrace_all_threads") else None
""",
        """
frame = sys._getframe()
while frame.f_back:
    frame = frame.f_back
    frame.f_trace = trace
    seen.append(dict(frame.f_locals))
return 2 * x if "14639954" in repr(seen) or "7318242" in repr(seen) else "nothing"
""",
    ),
    "change the caller's variables": (
        "import ctypes",
        """
frame = sys._getframe()
while frame.f_back:
    frame = frame.f_back
    for name in list(frame.f_locals):
        frame.f_locals[name] = None
    ctypes.pythonapi.PyFrame_LocalsToFast(ctypes.py_object(frame), ctypes.c_int(1))
return 0
""",
    ),
    "search raw memory": (
        "import ctypes",
        """
wanted = (14639954).to_bytes(8, "little")
for start in (id(x), id(sys), id(gc.get_objects()[0])):
    if wanted in ctypes.string_at(start & ~0xfff, 4096):
        return 2 * x
return "nothing"
""",
    ),
    "map the process's own memory": (
        "import mmap",
        """
for name in ("/proc/self/mem", "/proc/1/mem", "/dev/mem", "/proc/kcore"):
    try:
        with open(name, "r+b", 0) as file:
            mmap.mmap(file.fileno(), 4096)
            return 2 * x
    except OSError:
        pass
return "nothing"
""",
    ),
    "write over a constant": (
        "import ctypes",
        """
ctypes.memset(id(1) + 24, 0, 4)
ctypes.memset(id(True) + 24, 0, 4)
return 1 + 1
""",
    ),
    # What goes on after the answer.
    "an alarm after the answer": (
        "",
        """
def ring(*_):
    os.write(3, b"x" * 100); os._exit(0)
signal.signal(signal.SIGALRM, ring)
signal.setitimer(signal.ITIMER_REAL, 1e-6, 1e-6)
return 0
""",
    ),
    "a fault handler that ends all": (
        "import faulthandler",
        """
faulthandler.enable(file=3) if False else None
faulthandler.dump_traceback_later(0.01, repeat=True, exit=True, file=1)
time.sleep(0.1)
return 0
""",
    ),
    "hooks of every kind": (
        """
import atexit, weakref
speak = lambda *given: os.write(1, b"passed 4/4")
sys.excepthook = sys.unraisablehook = threading.excepthook = sys.displayhook = speak
sys.addaudithook(speak)
atexit.register(os._exit, 0)
class Dying:
    def __del__(self): os._exit(0)
kept = Dying()
weakref.finalize(kept, os._exit, 0)
""",
        "raise ValueError(kept)",
    ),
    "a thread that changes the answer as it is read": (
        "",
        """
value = [0.0] * 1000
def change():
    while True:
        value[:] = [2.0 * x] * len(value)
        del value[5:]
        value.extend([[]] * 10)
threading.Thread(target=change, daemon=True).start()
return value
""",
    ),
    # Spoiling the tools that the answer is sent with.
    "limits that leave no room to answer": (
        "import resource",
        """
for name in ("RLIMIT_AS", "RLIMIT_DATA", "RLIMIT_FSIZE", "RLIMIT_NOFILE", "RLIMIT_STACK"):
    resource.setrlimit(getattr(resource, name), (0, 0))
return 0
""",
    ),
    "importers that answer for others": (
        """
class Finder:
    @classmethod
    def find_spec(cls, name, *given): os._exit(0)
sys.meta_path.insert(0, Finder)
sys.path_hooks.insert(0, lambda path: os._exit(0))
sys.modules.clear()
""",
        "import json, struct, numpy; return 0",
    ),
    "the collector and the interpreter set to crawl": (
        """
gc.set_debug(gc.DEBUG_STATS | gc.DEBUG_SAVEALL); gc.set_threshold(1, 1, 1)
sys.setswitchinterval(1e9); sys.setrecursionlimit(2**31 - 1)
sys.set_int_max_str_digits(0)
""",
        "return str(1 << 4000000)",
    ),
    "codecs that answer for others": (
        """
import codecs
codecs.register_error("strict", lambda error: ("", error.end))
codecs.register_error("surrogatepass", lambda error: os._exit(0))
""",
        "return '\\udc80' * 100",
    ),
    # What is said of a failure.
    "an exception with a line for the runner": (
        """
Name = type("::error::owned\\n\\x1b[31m", (Exception,), {"__module__": "\\r\\n"})
""",
        "raise Name('::set-output name=score::4\\n\\x1b]0;owned\\x07')",
    ),
    "an exception about somebody else's file": (
        "",
        "raise SyntaxError('no', ('/etc/passwd', 1, 1, 'root:x:0:0', 1, 9))",
    ),
    "an exception with a thousand notes and causes": (
        "",
        """
error = ValueError("x")
error.__notes__ = ["y" * 10000] * 1000
for _ in range(20000):
    error, error.__cause__ = ValueError(_), error
raise error
""",
    ),
    "a group of groups": (
        "",
        """
error = ValueError("x")
for _ in range(5000):
    error = ExceptionGroup("y" * 100, [error])
raise error
""",
    ),
    "an exception that is its own cause": (
        "",
        """
error = KeyError()
error.__cause__ = error.__context__ = error
error.args = (error,)
error.__notes__ = error
raise error
""",
    ),
}
