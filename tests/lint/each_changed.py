"""Runs a command for each C file that has changed, or includes one that has, since the command last succeeded on it.

Usage: each_changed.py <name> <command, words separated by blanks> <file>...; the command gets the file as its last word, or in place
of {}. Stamps are named by a hash of all that the result depends on and lie in build/lint/<name>/.
"""

import concurrent.futures
import functools
import hashlib
import os
import pathlib
import re
import subprocess
import sys
import time

INCLUDE = re.compile(r'^\s*#\s*include\s+"([^"]+)"', re.M)
# As the compiler looks for them: the folders of -I in the command.
FOLDERS = [pathlib.Path(p) for p in re.findall(r"-I(\S+)", sys.argv[2]) if not p.startswith("/")]


@functools.lru_cache(None)
def included(path):
    """The files of this tree that `path` includes directly."""
    found = set()
    for name in INCLUDE.findall(path.read_text()):
        for folder in [path.parent, *FOLDERS]:
            if (folder / name).exists():
                found.add(pathlib.Path(os.path.normpath(folder / name)))
                break
    return found


def closure(path):
    seen, todo = {path}, [path]
    while todo:
        for other in included(todo.pop()) - seen:
            seen.add(other)
            todo.append(other)
    return sorted(seen)


def key(command, path):
    # The same for every variant: what a build generates is the same in each.
    h = hashlib.sha256(re.sub(r"build/[^/ ]+/gen", "gen", command).encode())
    for p in [pathlib.Path(".clang-tidy"), *closure(path)]:
        h.update(p.name.encode() + b"\0" + p.read_bytes())
    return h.hexdigest()


def run(command, path):
    words = command.split()
    words = [w.replace("{}", str(path)) for w in words] if "{}" in command else [*words, str(path)]
    done = subprocess.run(words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    return done.returncode, done.stdout


def main():
    name, command, files = sys.argv[1], sys.argv[2], [pathlib.Path(f) for f in sys.argv[3:]]
    stamps = pathlib.Path("build/lint", name)
    stamps.mkdir(parents=True, exist_ok=True)
    keys = {f: key(command, f) for f in files}
    changed = [f for f in files if not (stamps / keys[f]).exists()]
    failed = 0
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for path, (status, output) in zip(changed, pool.map(functools.partial(run, command), changed)):
            if status == 0:
                (stamps / keys[path]).touch()
            else:
                failed += 1
                print(output, end="")
    # Stamps of former states serve nobody; another run may still need a young one.
    for stamp in set(os.listdir(stamps)) - set(keys.values()):
        path = stamps / stamp
        if time.time() - path.stat().st_mtime > 86400:
            path.unlink(missing_ok=True)
    sys.exit(failed > 0)


main()
