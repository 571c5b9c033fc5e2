"""Keeps the settings reference in README.md that of the programs.

Usage: pricegraphctl reference | reference.py --check|--write FILE
What stands between the lines <!-- settings --> and <!-- /settings --> in FILE is compared with standard input, or replaced by it.
"""

import pathlib
import sys

BEGIN, END = "<!-- settings -->\n", "<!-- /settings -->"


def main():
    mode, path, table = sys.argv[1], pathlib.Path(sys.argv[2]), sys.stdin.read()
    text = path.read_text()
    if not table.startswith("| setting |"):
        return "no reference on standard input"
    if text.count(BEGIN) != 1 or text.count(END) != 1 or text.index(BEGIN) > text.index(END):
        return f"{path}: not one pair of {BEGIN.strip()} and {END}"
    fresh = text[:text.index(BEGIN)] + BEGIN + "\n" + table + "\n" + text[text.index(END):]
    if mode == "--write":
        path.write_text(fresh)
    elif fresh != text:
        return f"{path}: the settings reference is out of date; `make docs` writes it"
    return None


if __name__ == "__main__":
    sys.exit(main())
