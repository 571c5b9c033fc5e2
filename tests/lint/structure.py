"""What no other tool knows about this tree: who may include whom, how big files and functions may be, what must not be called.

Usage: structure.py <check>...; prints `file:line: reason` for each breach and ends with 1 if there is one.
A function is what clang-format leaves: its `{` and its `}` stand alone in the first column.
"""

import pathlib
import re
import sys

FILE_LINES_MAX = 400
FUNCTION_LINES_MAX = 80
PARAMETERS_MAX = 5
# Outside lib/ there is no table: each vendor's header stays in the few files that are named for it.
VENDOR_FILES_MAX = 2
VENDORS = {
    "librdkafka": "librdkafka/", "libpq": "libpq-fe.h", "json-c": "json-c/", "libwebsockets": "libwebsockets.h",
    "libfcgi": "fcgi", "libcurl": "curl/", "libsystemd": "systemd/", "ini.h": "ini.h", "zlib": "zlib.h", "libzip": "zip.h", "zstd": "zstd.h",
    "libmicrohttpd": "microhttpd.h", "libcrypto": "openssl/",
}
BANNED = (
    "strcpy strcat sprintf vsprintf gets atoi atol atoll atof strtok scanf sscanf fscanf vscanf vsscanf vfscanf alloca system"
    " usleep sleep"
).split()

SOURCES = sorted(p for d in ("lib", "daemon", "cgi") for s in ("*.c", "*.h") for p in pathlib.Path(d).glob(s))
TESTS = sorted(p for d in ("tests/unit", "tests/fuzz", "tests/bench") for s in ("*.c", "*.h") for p in pathlib.Path(d).glob(s))
INCLUDE = re.compile(r'^\s*#\s*include\s+(["<])([^">]+)[">]', re.M)
ARROW = re.compile(r"^([a-z0-9]+_to_[a-z0-9]+)")


def code_of(path):
    """The text without comments and the contents of literals; the lines keep their numbers."""
    pattern = re.compile(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.S)
    return pattern.sub(lambda m: '""' + "\n" * m.group().count("\n"), path.read_text())


def includes(path):
    """(line, "own" or "system", name) of each #include."""
    text = path.read_text()
    for m in INCLUDE.finditer(text):
        yield text.count("\n", 0, m.start()) + 1, "own" if m.group(1) == '"' else "system", m.group(2)


def layers_table():
    """noun -> (place, vendors) of lib/LAYERS."""
    table = {}
    for line in pathlib.Path("lib/LAYERS").read_text().splitlines():
        if line and not line.startswith("#"):
            noun, _, vendors = line.partition(":")
            table[noun.strip()] = (len(table), vendors.split())
    return table


def folder_of(path, name):
    """The folder that an own header comes from: the includer's first, then lib/."""
    if "/" in name:
        return name.split("/")[0]
    return path.parent.name if (path.parent / name).exists() else "lib" if pathlib.Path("lib", name).exists() else "generated"


def check_layers():
    table = layers_table()
    for path in SOURCES:
        here = path.parent.name
        if here == "lib" and not path.stem.startswith("settings_") and path.stem not in table:
            yield path, 1, f"'{path.stem}' has no row in lib/LAYERS"
        for line, kind, name in includes(path):
            there = folder_of(path, name) if kind == "own" else None
            if kind == "system" or there == "generated":
                continue
            if here != there and there != "lib":
                yield path, line, f"{here}/ must not include {there}/ ('{name}')"
            if here == there == "lib":
                own = table.get(path.stem) or table.get(path.stem.split("_")[0], (len(table), []))
                other = table.get(pathlib.Path(name).stem)
                if other and other[0] > own[0]:
                    yield path, line, f"'{name}' stands below '{path.stem}' in lib/LAYERS"


def check_vendors():
    table = layers_table()
    users = {}
    for path in SOURCES:
        for line, kind, name in includes(path):
            for vendor, prefix in VENDORS.items():
                if kind == "system" and name.startswith(prefix):
                    if path.parent.name == "lib":
                        if vendor not in table.get(path.stem, (0, []))[1]:
                            yield path, line, f"lib/LAYERS does not let '{path.stem}' include {vendor}"
                    else:
                        users.setdefault((vendor, path.stem.split("_")[0]), {})[path] = line
    for (vendor, family), paths in users.items():
        if len(paths) > VENDOR_FILES_MAX:
            for path, line in paths.items():
                yield path, line, f"{vendor} is included by {len(paths)} files of {family}_*, at most {VENDOR_FILES_MAX} may"


def check_arrows():
    for path in SOURCES:
        own = ARROW.match(path.stem)
        for line, kind, name in includes(path):
            other = ARROW.match(pathlib.Path(name).stem)
            if kind == "own" and own and other and own.group(1) != other.group(1):
                yield path, line, f"an arrow must not include another ('{name}')"


def check_sizes():
    for path in SOURCES + TESTS:
        lines = path.read_text().count("\n")
        if lines > FILE_LINES_MAX:
            yield path, lines, f"{lines} lines, at most {FILE_LINES_MAX}"


# Calls that stand for one of a library, whose shape readers know.
PARAMETERS_KNOWN = ("on_request", "pg_query", "kafka_admin_watermarks", "kafka_consumer_watermarks")


def parameters(signature):
    """How many parameters the last parenthesis at depth 0 holds; where the reason of a failure goes is not counted."""
    if re.search(r"\b(" + "|".join(PARAMETERS_KNOWN) + r")\(", signature):
        return 0
    signature = re.sub(r", struct err \*\w+\)", ")", signature)
    depth = count = 0
    last = 0
    for c in signature:
        if c == "(":
            depth += 1
            if depth == 1:
                count = 1
        elif c == ")":
            depth -= 1
            if depth == 0:
                last = count
        elif c == "," and depth == 1:
            count += 1
    return last


def functions(path):
    """(line of the {, lines, signature) of each function."""
    lines = code_of(path).split("\n")
    start = None
    for i, text in enumerate(lines):
        if text == "{":
            start = i
        elif text == "}" and start is not None:
            head = start - 1
            while head >= 0 and lines[head].strip() and lines[head][-1] not in ";}" and not lines[head].startswith("#"):
                head -= 1
            yield start + 1, i - start + 1, " ".join(lines[head + 1:start])
            start = None


def check_functions():
    for path in SOURCES + TESTS:
        for line, length, signature in functions(path):
            if length > FUNCTION_LINES_MAX:
                yield path, line, f"function of {length} lines, at most {FUNCTION_LINES_MAX}"
            if parameters(signature) > PARAMETERS_MAX:
                yield path, line, f"{parameters(signature)} parameters, at most {PARAMETERS_MAX}: {signature.strip()[:60]}"


def check_banned():
    call = re.compile(r"(?<![\w.>])(" + "|".join(BANNED) + r")\s*\(")
    for path in SOURCES + TESTS:
        code = code_of(path)
        for m in call.finditer(code):
            yield path, code.count("\n", 0, m.start()) + 1, f"{m.group(1)}() is banned"
        for m in re.finditer(r"^\s*typedef\s+(struct|union)\b", code, re.M):
            yield path, code.count("\n", 0, m.start()) + 1, "no typedef of structs"


def main():
    breaches = 0
    for name in sys.argv[1:]:
        for path, line, reason in globals()["check_" + name]():
            print(f"{path}:{line}: {reason}")
            breaches += 1
    sys.exit(breaches > 0)


main()
